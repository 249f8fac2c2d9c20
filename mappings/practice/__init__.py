"""How OKRs are practised: advice on the craft, coverage, what counts twice, and the balanced scorecard."""
