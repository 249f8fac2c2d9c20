"""Accounts, tokens and the audit log as pages show them."""
