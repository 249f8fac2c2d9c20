"""Who may do what: accounts, sessions, API tokens, sign-in by password and by OIDC, and the guard before every route."""
