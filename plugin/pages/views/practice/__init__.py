"""The practice of OKRs as pages show it: shares team by team, and the balanced scorecard."""
