"""Who may do what: the person behind a request, roles and scopes, and the guard at every route."""
