"""Calls to one Jira site: the address, who asks, the transport with its limits, and what can go wrong."""
