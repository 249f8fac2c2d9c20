"""Commands about the practice of OKRs: advice, shares team by team, the balanced scorecard, the brief of a meeting."""
