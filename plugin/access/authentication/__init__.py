"""Who somebody is: passwords, the provider, sessions, tokens, and the throttle on guessing."""
