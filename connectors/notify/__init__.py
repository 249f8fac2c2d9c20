"""Sending what is told: mail by SMTP, chat by a webhook. What it says is decided in `mappings.digest`."""
