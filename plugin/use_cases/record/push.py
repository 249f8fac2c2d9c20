"""The audit log for what collects logs elsewhere: every bound entry once it is bound, in order, at least once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection

from connectors.notify.failure import SendingFailure
from connectors.notify.log_receiver import LogLine, LogReceiver, send_lines
from connectors.store.database import json_text
from connectors.store.people import audit_chain
from connectors.store.people.audit_chain import BoundEntry
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import ADMIN, act
from plugin.use_cases.record import chain

BATCH = 500
LATE = timedelta(minutes=15)
"""It is sent each minute: what waits for longer is not taken."""


@dataclass(frozen=True, slots=True)
class UnsentRecord:
    """Entries of the audit log that a receiver has not got: how many, of when the oldest is, and whose they are to be."""

    entries: int
    since: datetime
    receiver: str


log = structlog.get_logger("jira_okr.record")


def push_record(connector: Connector) -> None:
    """Send what was bound since the last time; what the receiver does not take is sent again the next time."""
    receiver = _receiver(connector)
    if receiver is None:
        return
    try:
        _sent(connector, receiver)
    except SendingFailure as error:
        log.warning("the audit log was not pushed", receiver=receiver.host, error=error.reason)


def unsent(connector: Connector, conn: Connection) -> UnsentRecord | None:
    """What waits to be sent; None where nothing does, or nobody collects it."""
    receiver = _receiver(connector)
    found = audit_chain.unsent(conn, receiver.url) if receiver is not None else None
    return None if found is None or receiver is None else UnsentRecord(*found, receiver.host)


@act(ADMIN)
def push_now(connector: Connector, _actor: Actor) -> int:
    """The same when somebody asks; how many entries. Raises Refusal where there is nobody to send to, or they do not take it."""
    receiver = _receiver(connector)
    if receiver is None:
        raise Refusal("Nothing collects the audit log. Set JIRA_OKR_AUDIT_PUSH_URL.")
    chain.seal(connector)
    try:
        return _sent(connector, receiver)
    except SendingFailure as error:
        raise Refusal(f"The audit log was not pushed: {error.reason}.") from None


def _receiver(connector: Connector) -> LogReceiver | None:
    settings = connector.settings
    token = settings.audit_push_token
    if settings.audit_push_url is None:
        return None
    return LogReceiver(settings.audit_push_url, token.get_secret_value() if token else "")


def _sent(connector: Connector, receiver: LogReceiver) -> int:
    count = 0
    while True:
        with connector.store.read() as conn:
            found = list(
                islice(audit_chain.links(conn, audit_chain.pushed_position(conn, receiver.url)), BATCH)
            )
        if not found:
            return count
        send_lines(receiver, [_line(entry) for entry in found])
        count += len(found)
        with connector.store.write() as conn:
            if found[-1].position > audit_chain.pushed_position(
                conn, receiver.url
            ):  # another process may be further
                audit_chain.put_pushed(conn, receiver.url, found[-1].position)


def _line(entry: BoundEntry) -> LogLine:
    """As the export has it, with the place in the chain, so that what is collected can be held against what is here."""
    at = entry.at.isoformat().replace("+00:00", "Z")
    told = {
        "id": entry.id,
        "at": at,
        "site": entry.site,
        "who": entry.who,
        "what": entry.what,
        "detail": json_text.decode(entry.detail, dict[str, object]),
        "position": entry.position,
        "chain": entry.chain,
    }
    return LogLine(at, json.dumps(told, ensure_ascii=False))
