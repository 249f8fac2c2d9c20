"""Pages of the practice of OKRs: shares team by team, and the balanced scorecard."""
