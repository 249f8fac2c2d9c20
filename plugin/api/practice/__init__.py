"""Operations on the practice of OKRs: advice, shares team by team, the balanced scorecard."""
