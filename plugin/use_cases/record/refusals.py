"""What was refused at a door, for the audit log: a token that is none, somebody who may not, too many attempts.

Anybody can be refused as often as they like, so of one kind and one place a few are noted in a quarter of an hour; and a database
that takes no writes makes no refusal anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import structlog

from connectors.store import StoreError
from connectors.store.people import audit
from plugin.access.authentication import throttle
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import PUBLIC, act

Kind = Literal["token refused", "not allowed", "sign-in held off"]
NOTED = 5
"""Of each kind, from one place, in a quarter of an hour."""

log = structlog.get_logger("jira_okr.access")


@act(PUBLIC)
def note_refusal(
    connector: Connector, actor: Actor, kind: Kind, address: str, detail: Mapping[str, str]
) -> None:
    """Note that something was refused to somebody from this address of the network, unless it was noted often of late."""
    now = connector.clock()
    try:
        if throttle.noteworthy(connector.store, address, now, kind, NOTED):
            with connector.store.write() as conn:
                audit.note(conn, actor.label, kind, now, {"from": address, **detail})
    except StoreError as error:
        log.warning("a refusal could not be noted", kind=kind, error=str(error))
