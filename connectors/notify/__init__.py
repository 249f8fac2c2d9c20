"""Sending what is told: mail by SMTP, chat and programs by a webhook. What it says is decided in `mappings.digest`.

A new kind of webhook is one file here, its words in `mappings/digest`, its name in `mappings.digest.recipient`, and one line in WEBHOOKS.
"""

from __future__ import annotations

from connectors.notify import google_chat, slack, standard_webhook, teams
from connectors.notify.webhook import WebhookKind

WEBHOOKS: tuple[WebhookKind, ...] = (
    slack.CHANNEL,
    teams.CHANNEL,
    google_chat.CHANNEL,
    standard_webhook.CHANNEL,
)
