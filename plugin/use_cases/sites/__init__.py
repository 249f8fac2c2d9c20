"""Sites, their credentials and webhooks, and the database behind them."""
