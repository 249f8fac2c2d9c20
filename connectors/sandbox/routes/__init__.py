"""Jira's routes as the sandbox serves them, and its own controls."""
