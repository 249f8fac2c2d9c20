"""Microsoft Teams, by the webhook of a workflow ("Post to a channel when a webhook request is received").

What it answers with (202) says that the workflow took it; one that fails later tells nobody but its owner.
"""

from __future__ import annotations

from connectors.notify.webhook import WebhookKind
from mappings.digest.teams import teams

HOSTS = ("*.environment.api.powerplatform.com", "*.api.powerautomate.com", "api.powerautomate.com")
CHANNEL = WebhookKind("teams", "Microsoft Teams", HOSTS, teams)
