"""Slack, by an incoming webhook. It has no key of its own against repetition: the key of a message stands in its last line."""

from __future__ import annotations

from connectors.notify.webhook import WebhookKind
from mappings.digest.slack import slack

CHANNEL = WebhookKind("slack", "Slack", ("hooks.slack.com",), slack)
