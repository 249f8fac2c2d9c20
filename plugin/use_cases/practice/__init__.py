"""How OKRs are practised: advice, shares team by team, the balanced scorecard."""
