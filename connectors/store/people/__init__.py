"""Accounts, tokens, ended sessions and the audit log."""
