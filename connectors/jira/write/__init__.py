"""Writing to issues: what targets ask and tell, and the edit screen."""
