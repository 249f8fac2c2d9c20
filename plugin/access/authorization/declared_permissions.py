"""What routes ask for that do not say it where they are defined, by endpoint. `signed`: see `plugin.access.authorization.permission.Rule`."""

from __future__ import annotations

DECLARED: dict[str, str] = {
    # Style sheets, scripts and fonts; the sign-in page needs them too.
    "pages.static": "public",
    # For load balancers and monitoring; they show counts, never an issue.
    "operations.healthz": "public",
    "operations.readyz": "public",
    "operations.metrics": "public",
    # Jira proves itself by the signature of the body, or by the unguessable end of the path.
    "webhooks.receive": "signed public",
    # Whoever has the link of a mail may stop that mail; its end is signed.
    "unsubscribe.page": "public",
    "unsubscribe.stop": "signed public",
    # Numbers that an admin made public, by an unguessable address that can be revoked.
    "badges.badge": "public",
    "badges.card": "public",
    "pages.objectives": "viewer",
    "pages.objective": "viewer",
    "pages.why": "viewer",
    "pages.sync_health": "viewer",
    "api.list_objectives": "viewer",
    "api.one_objective": "viewer",
    "api.ledger": "viewer",
    "api.history": "viewer",
}
