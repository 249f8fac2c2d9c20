"""Personal data: all that is kept of somebody, to be handed to them; and erasing them without breaking the record."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, or_

from connectors.store.people import accounts, audit, audit_chain
from connectors.store.people.accounts import Account
from connectors.store.personal import personal_data
from connectors.store.personal.personal_data import PersonalRow
from connectors.store.personal.spellings import PersonSpellings
from connectors.store.schema import audit as record_table
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, act
from plugin.use_cases.record import chain as record

__all__ = ["ErasureResult", "PersonalRow", "erase_person", "hand_out_data"]

HIDDEN = frozenset(
    {"password_hash", "token_hash", "hash", "nonce", "commitment", "chain", "position", "sealed"}
)
"""Columns that say nothing of a person, and open something or bind the record."""

NOBODY = "nobody who is named here"
"""Stands in the record for somebody of whom nothing was kept."""


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """What stands in the place of the address now, in how many entries of the audit log and how many rows elsewhere."""

    stand_in: str
    entries: int
    rows: int


@act(ADMIN)
def hand_out_data(connector: Connector, actor: Actor, email: str) -> tuple[PersonalRow, ...]:
    """Every row that names somebody, whether they have an account or not. That it was given out is noted."""
    address = members.good_email(email).casefold()
    with connector.store.read() as conn:
        account = accounts.by_email(conn, address)
        known = personal_data.known_as(conn, address, account)
        found = tuple(personal_data.rows(conn, known, None if account is None else account.id, HIDDEN))
    with connector.store.write() as conn:
        # who is not named here must not be so by the question
        told = {"account": address if found else NOBODY, "rows": len(found)}
        audit.note(conn, actor.label, "personal data exported", connector.clock(), told)
    return found


@act(ADMIN)
def erase_person(
    connector: Connector,
    actor: Actor,
    email: str,
    going_on: Callable[[int, int], None] = lambda _done, _of: None,
) -> ErasureResult:
    """Remove the account, and put a stand-in wherever the person stood, in each spelling that is theirs alone.

    Refused for the only admin, for oneself, where nothing names them, and where something works by a spelling of theirs. The states that are kept
    of objectives are gone through first, one objective after the other, of which `going_on` is told; the rest is one transaction. Whoever
    erases again after that was broken off goes on with what is left: until then the account stands.
    """
    address = members.good_email(email).casefold()
    stand_in = f"erased person {secrets.token_hex(4)}"
    record.seal(connector)
    with connector.store.read() as conn:
        _, spelt = _require_erasable(conn, actor, address)
    ahead = personal_data.reword_ahead(connector.store, spelt, stand_in, going_on)
    with connector.store.write() as conn:
        account, known = _require_erasable(conn, actor, address)
        if account is not None:
            accounts.remove(conn, account.id)
        if known != spelt:
            ahead = replace(ahead, done={})
        record.bind_waiting(conn)
        entries, unbound = _reword(conn, personal_data.known_in_record(conn, known), stand_in)
        rows = personal_data.erase(conn, known, stand_in, connector.clock(), ahead)
        if account is None and not entries and not rows:
            raise AccessRefusal(f"Nothing here names {address}.")
        told = {"stand-in": stand_in, "entries": entries, "rows": rows, **unbound.detail()}
        audit.note(conn, actor.label, record.ERASED, connector.clock(), told)
    record.seal(connector)
    return ErasureResult(stand_in=stand_in, entries=entries, rows=rows)


def _require_erasable(conn: Connection, actor: Actor, address: str) -> tuple[Account | None, PersonSpellings]:
    """The account and all spellings of whoever is to be erased; AccessRefusal where that may not be."""
    account = accounts.by_email(conn, address)
    if account is not None and account.id == actor.account_id:
        raise AccessRefusal("Nobody erases themselves: another admin does, or an operator by command.")
    known = personal_data.known_as(conn, address, account)
    if working := personal_data.working_places(conn, known):
        raise AccessRefusal(
            f"Nothing was erased: {' and '.join(working)} would work no more, for it names them. Name somebody else there first."
        )
    if account is not None:
        members.require_other_admin(conn, account)
    return account, known


def _reword(conn: Connection, known: PersonSpellings, stand_in: str) -> tuple[int, record.UnboundWords]:
    """How many entries have other words now; and which stand unbound by that: those that were bound until now, and
    those that an erasure told of which is unbound now itself, so that its word counts no longer."""
    entries, unbound = 0, record.UnboundWords()
    table = record_table.c
    naming = or_(personal_data.may_name(table.who, known), personal_data.may_name(table.detail, known))
    for link in audit_chain.load_where(conn, naming):
        who, detail = (known.reword(text, stand_in) for text in (link.who, link.detail))
        if (who, detail) != (link.who, link.detail):
            audit_chain.reword(conn, link, who, detail)
            entries += 1
            if link.nonce is not None:
                unbound |= record.UnboundWords(frozenset({link.position}))
            unbound |= record.told_as_erased(link)
    return entries, unbound
