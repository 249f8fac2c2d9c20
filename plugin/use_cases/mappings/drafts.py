"""What somebody has typed of a mapping and not activated yet: one text per account and site, kept at every pause of typing.

A draft changes nothing of the connector, so the audit log has when it was begun and dropped, not each pause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256

from sqlalchemy import Connection

from connectors.store.mappings import drafts
from connectors.store.mappings.drafts import Draft
from connectors.store.people import audit
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = ["NO_DRAFT", "Draft", "OutdatedDraft", "drop", "keep", "own_draft", "own_drafts", "version_of"]

NO_DRAFT = ""
"""The version of a draft that is not there."""


class OutdatedDraft(Refusal):
    """The draft is no longer the one that was seen."""

    def __init__(self, site: str, now: Draft | None) -> None:
        self.site = site
        self.now = now
        seen = "is gone" if now is None else f"was kept otherwise at {now.at:%Y-%m-%d %H:%M:%S} UTC"
        super().__init__(f"Your draft for {site} {seen}, perhaps from another window.")


def version_of(draft: Draft | None) -> str:
    """What names exactly what a draft holds."""
    if draft is None:
        return NO_DRAFT
    return sha256(f"{draft.base}\n{draft.text}".encode()).hexdigest()[:32]


@question(VIEWER)
def own_draft(connector: Connector, actor: Actor, site: str) -> Draft | None:
    """The actor's own draft for this site, or None."""
    with connector.store.read() as conn:
        return drafts.get(conn, site, actor.account_id)


@question(VIEWER)
def own_drafts(connector: Connector, actor: Actor) -> Mapping[str, Draft]:
    """All drafts of the actor by site."""
    with connector.store.read() as conn:
        return drafts.of_account(conn, actor.account_id)


@act(ADMIN)
def keep(
    connector: Connector,
    actor: Actor,
    site: str,
    text: str,
    base: str | None = None,
    expected: Collection[str] | None = None,
) -> Draft:
    """Keep a text; a `base` of None leaves what it was begun from. Raises OutdatedDraft where neither one of the `expected` versions nor this text is kept now."""
    now, _ = connector.clock(), connector.site(site)  # one draft for each site that there is, and no more
    text = text.replace("\r\n", "\n")
    with connector.store.write() as conn:
        before = _seen(conn, site, actor, expected, text)
        draft = drafts.put(conn, site, actor.account_id, text, now, base)
        if before is None:
            audit.note(conn, actor.label, "mapping draft begun", now, {"base": draft.base}, site)
    return draft


@act(ADMIN)
def drop(connector: Connector, actor: Actor, site: str, expected: Collection[str] | None = None) -> None:
    """Forget the draft. Raises OutdatedDraft where none of the `expected` versions is kept now."""
    with connector.store.write() as conn:
        _seen(conn, site, actor, expected)
        if drafts.remove(conn, site, actor.account_id):
            audit.note(conn, actor.label, "mapping draft dropped", connector.clock(), {}, site)


def _seen(
    conn: Connection, site: str, actor: Actor, expected: Collection[str] | None, text: str | None = None
) -> Draft | None:
    """The draft as it is until the transaction ends, which has to be as somebody saw it, or to hold this text already."""
    drafts.hold(conn, site, actor.account_id)
    found = drafts.get(conn, site, actor.account_id)
    same = found is not None and found.text == text
    if expected is not None and version_of(found) not in expected and not same:
        raise OutdatedDraft(site, found)
    return found
