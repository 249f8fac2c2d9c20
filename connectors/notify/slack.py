"""Slack, by an incoming webhook. It has no key of its own against repetition: the key of a message stands in its last line."""

from __future__ import annotations

from connectors.notify.webhook import Webhook
from mappings.digest.slack import slack

CHANNEL = Webhook("slack", "Slack", ("hooks.slack.com",), slack)
