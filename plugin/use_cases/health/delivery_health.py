"""How each way by which changes come in is: heard when, still by a former secret, or turned away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.work import delivery_sources
from plugin.next_steps import WEBHOOK_FORM, Door

NAMES = {
    "webhook": "Webhooks of Jira and of workflows",
    "app": "Webhooks of the OAuth app",
    "rule": "Automation rules",
    "forge": "The Forge app",
    "address": "Webhooks without a signature",
    "refused": "Turned away",
}
SHOW = WEBHOOK_FORM.at(Door.PAGE)


@dataclass(frozen=True, slots=True)
class DeliveryHealth:
    """One source: when it was heard last, to some seconds; `former` where that was by a secret that was changed since."""

    source: str
    heard: datetime
    former: bool
    remedy: str = ""

    @property
    def name(self) -> str:
        """As people read it."""
        return NAMES[self.source]


def health_of(conn: Connection, site: str) -> tuple[DeliveryHealth, ...]:
    """Every source that was heard, in the order of NAMES."""
    found = {one.source: one for one in delivery_sources.all_of(conn, site)}
    heard = [_health(found[name]) for name in NAMES if name in found and name != "refused"]
    refused = found.get("refused")
    if refused is None or refused.at is None:
        return tuple(heard)
    newer = all(one.heard < refused.at for one in heard)
    remedy = (
        f"Compare the secret in Jira's webhook form, and the header of automation rules, with ours. {SHOW}"
        if newer
        else ""
    )
    return (*heard, DeliveryHealth("refused", refused.at, False, remedy))


def _health(one: delivery_sources.HeardSource) -> DeliveryHealth:
    moments = [at for at in (one.at, one.former_at) if at is not None]
    former = one.former_at is not None and (one.at is None or one.former_at > one.at)
    remedy = f"It still uses the former secret: give it the new one. {SHOW}" if former else ""
    return DeliveryHealth(one.source, max(moments), former, remedy)
