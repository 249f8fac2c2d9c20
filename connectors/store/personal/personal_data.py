"""What is kept of a person in any of their spellings, wherever it is: to be given out, and to be erased.

Every text of every table is looked at, so that no table can be forgotten, but for what `NOT_OURS` names with a reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, and_, delete, func, or_, select, update

from connectors.store.database.engine import Store
from connectors.store.mappings import revisions
from connectors.store.numbers import snapshots
from connectors.store.numbers.snapshots import Standing
from connectors.store.people.accounts import Account
from connectors.store.personal.packed_texts import PACKED, SNAPSHOTS
from connectors.store.personal.spellings import PersonSpellings, holds_name, is_full_name
from connectors.store.schema import (
    account,
    account_person,
    audit,
    departed_sight,
    issue_sight,
    metadata,
    oauth_grant,
    objective,
    opt_out,
    outbox,
    project_sight,
    site,
    told_level,
)
from connectors.store.work import due
from mappings.digest.recipient import mailbox

MIRROR = "a copy of what Jira says, made anew by the next read: Jira is the place to erase it"
WORKING = "what works by it: to erase is refused until another stands there"
SEALED = "sealed: nobody reads it, and it goes with what it belongs to"
HELD = "held against what stands in Jira: another word would count as a person's change there"
NOT_OURS = {
    "issue.content": MIRROR,
    "issue_history.content": MIRROR,
    "former_title.title": MIRROR,
    "catalogue.content": MIRROR,
    "resync_run.content": MIRROR,
    "resync_page.content": MIRROR,
    "site.settings": WORKING,
    "oauth_grant.account": WORKING,
    "oauth_grant.account_name": WORKING,
    "written_value.after": HELD,
    "site.credentials": SEALED,
    "oauth_grant.tokens": SEALED,
    "oauth_consent.tokens": SEALED,
    "second_factor.sealed": SEALED,
    "subscription.secret": SEALED,
    "forge_installation.token": SEALED,
}
"""Columns that are not looked at, each with the reason."""
OF_RECIPIENT = (outbox, opt_out, told_level)
"""Rows that are of one recipient, who is gone."""
OF_JIRA_PERSON = (issue_sight, project_sight, departed_sight)
"""Rows on what one person may see in Jira; asked anew where somebody else is that person."""
RECOUNTED = "a person was erased"


@dataclass(frozen=True, slots=True)
class RewordingResult:
    """Of which objectives the kept states name the person no more, as they stood then; how many were changed."""

    done: Standing
    changed: int


NOTHING_AHEAD = RewordingResult({}, 0)


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """One row that names a person."""

    table: str
    values: dict[str, object]


def known_as(conn: Connection, address: str, known: Account | None) -> PersonSpellings:
    """All spellings of a person that are nobody else's: name and ids of the account, and of who it is in Jira."""
    if known is None:
        return PersonSpellings(address)
    ties = conn.execute(select(account_person)).all()
    mine = [tie for tie in ties if tie.account_id == known.id]
    shared = {tie.person for tie in ties if tie.account_id != known.id}
    others = select(account.c.name).where(account.c.id != known.id)
    taken = [*conn.execute(others).scalars(), *(tie.name for tie in ties if tie.account_id != known.id)]
    names = {name.strip() for name in (known.name, *(tie.name for tie in mine)) if is_full_name(name)}
    subject = () if known.identity is None else (known.identity[1],)
    return PersonSpellings(
        address,
        tuple(sorted(name for name in names if not any(holds_name(other, name) for other in taken))),
        tuple(sorted({*subject, *(tie.person for tie in mine)} - shared)),
    )


def known_in_record(conn: Connection, known: PersonSpellings) -> PersonSpellings:
    """With the ids that the audit log says were theirs: there alone, for who was named wrongly once is somebody else."""
    ids = set(known.ids)
    for text in conn.execute(select(audit.c.detail).where(may_name(audit.c.detail, known))).scalars():
        detail: dict[str, object] = json.loads(text)
        if str(detail.get("account", "")).casefold() == known.address:
            ids |= {
                said for key in ("subject", "person") if isinstance(said := detail.get(key), str) and said
            }
    return replace(known, ids=tuple(sorted(ids)))


def working_places(conn: Connection, known: PersonSpellings) -> list[str]:
    """What works by a spelling of the person, as a sentence says it: the account Jira is asked as, and the mapping that rules."""
    found: list[str] = []
    for name, settings in conn.execute(select(site.c.name, site.c.settings)).all():
        if known.name_in(settings):
            found.append(f"the settings of {name}")
        rules = revisions.active(conn, name)
        if rules is not None and known.name_in(rules.text):
            found.append(f"the mapping of {name}")
    grants = conn.execute(select(oauth_grant.c.site, oauth_grant.c.account, oauth_grant.c.account_name)).all()
    return found + [
        f"the consent by which {name} is asked"
        for name, id_, shown in grants
        if id_ in known.ids or known.name_in(shown)
    ]


def rows(
    conn: Connection, known: PersonSpellings, account_id: int | None, hidden: frozenset[str]
) -> Iterator[PersonalRow]:
    """Every row that names the person or is of the account, without the columns that are nobody's to see (hashes and sealed secrets)."""
    record = known_in_record(conn, known)
    for table in metadata.sorted_tables:
        spelt = record if table is audit else known
        for row in conn.execute(select(table).where(_concerns(table, spelt, account_id))).mappings():
            texts = [row[column.name] for column in looked_at(table)]
            of_account = account_id is not None and account_id in _account_of(table, dict(row))
            if (
                of_account
                or _of_theirs(table, known, dict(row))
                or any(spelt.name_in(one or "") for one in texts)
            ):
                kept = {str(name): value for name, value in row.items() if name not in hidden}
                yield PersonalRow(table.name, {k: v for k, v in kept.items() if not isinstance(v, bytes)})
    for packing in PACKED:
        for one in packing.texts(conn):
            if said := list(known.sentences(one.text)):
                yield PersonalRow(one.table, {**one.row, "names them in": said})


def reword_ahead(
    store: Store, known: PersonSpellings, stand_in: str, going_on: Callable[[int, int], None]
) -> RewordingResult:
    """Put the stand-in into the states that are kept of each objective, one objective after the other, each in a short transaction and none that writes
    where they are not named: to read them all takes minutes where there are many. What comes meanwhile is left to `erase`. Killed, it is begun anew.
    `going_on` is told how many objectives of how many are done.
    """

    def reword(text: str) -> str:
        return known.reword(text, stand_in)

    with store.read() as conn:
        waiting = list(snapshots.load_standing(conn))
    done: dict[tuple[str, str], tuple[int, int, int]] = {}
    changed = 0
    for number, (site_name, objective_id) in enumerate(waiting, 1):
        with store.read() as conn:
            stands = snapshots.load_standing(conn, site_name, objective_id)
            named = snapshots.would_be_reworded(conn, site_name, objective_id, reword)
        if named:
            with store.write() as conn:
                stands = snapshots.load_standing(conn, site_name, objective_id)
                changed += snapshots.reword_of(conn, site_name, objective_id, reword)
        done |= stands
        going_on(number, len(waiting))
    return RewordingResult(done, changed)


def erase(
    conn: Connection,
    known: PersonSpellings,
    stand_in: str,
    now: datetime,
    ahead: RewordingResult = NOTHING_AHEAD,
) -> int:
    """Put the stand-in wherever the person stood, but for the audit log and what was done `ahead`; how many rows, with those. The account is gone already."""
    changed = 0
    for table in OF_RECIPIENT:
        theirs = func.lower(table.c.recipient).in_(_mailboxes(known))
        changed += conn.execute(delete(table).where(theirs)).rowcount
    for table in OF_JIRA_PERSON:
        changed += conn.execute(delete(table).where(table.c.person.in_(known.ids))).rowcount
    for table in metadata.sorted_tables:
        if table is not audit:
            changed += _reword(conn, table, known, stand_in, now)

    def reword(text: str) -> str:
        return known.reword(text, stand_in)

    changed += ahead.changed + snapshots.reword(conn, reword, ahead.done)
    return changed + sum(packing.reword(conn, reword) for packing in PACKED if packing is not SNAPSHOTS)


def may_name(column: ColumnElement[str], known: PersonSpellings) -> ColumnElement[bool]:
    """Whether a text may name the person: what the database can say of it, before it is looked at closely."""
    return or_(*(func.lower(column).like(probe) for probe in known.probes()))


def looked_at(table: Table) -> list[Column[str]]:
    """The texts of a table in which a person is looked for."""
    texts = [column for column in table.columns if isinstance(column.type, Text)]
    return [column for column in texts if f"{table.name}.{column.name}" not in NOT_OURS]


def _reword(conn: Connection, table: Table, known: PersonSpellings, stand_in: str, now: datetime) -> int:
    columns, keys = looked_at(table), list(table.primary_key.columns)
    if not columns:
        return 0
    changed = 0
    found = (
        conn.execute(select(table).where(or_(*(may_name(column, known) for column in columns))))
        .mappings()
        .all()
    )
    for row in found:
        said = {column.name: row[column.name] for column in columns if row[column.name]}
        made = {name: known.reword(text, stand_in) for name, text in said.items()}
        news = {name: text for name, text in made.items() if text != said[name]}
        if news:
            mine = and_(*(column == row[column.name] for column in keys))
            conn.execute(update(table).where(mine).values(news))
            changed += 1
            if table is objective:  # what Jira says of it is computed anew
                due.mark(conn, row["site"], [row["id"]], now, RECOUNTED, bulk=True)
    return changed


def _concerns(table: Table, known: PersonSpellings, account_id: int | None) -> ColumnElement[bool]:
    found = [may_name(column, known) for column in looked_at(table)]
    if account_id is not None:
        found += [column == account_id for column in _account_columns(table)]
    if table in OF_JIRA_PERSON:
        found.append(table.c.person.in_(known.ids))
    return or_(False, *found)


def _of_theirs(table: Table, known: PersonSpellings, row: dict[str, object]) -> bool:
    return table in OF_JIRA_PERSON and row["person"] in known.ids


def _account_columns(table: Table) -> Iterable[Column[int]]:
    own = [table.c.id] if table is account else []
    return [*own, *(column for column in table.columns if column.name == "account_id")]


def _account_of(table: Table, row: dict[str, object]) -> list[object]:
    return [row[column.name] for column in _account_columns(table)]


def _mailboxes(known: PersonSpellings) -> tuple[str, str]:
    return known.address, mailbox(known.address)
