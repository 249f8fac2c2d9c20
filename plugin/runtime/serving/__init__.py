"""Serving over HTTP: the address, the server, and limits on bodies that come in."""
