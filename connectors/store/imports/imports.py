"""Plans of imports, and which issue stands for which row of a tool. A row is one by site, tool and its identity there: it is made once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy import delete as delete_from

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.schema import import_plan as plans
from connectors.store.schema import import_row as rows
from mappings.facts.issue import IssueType, Project
from mappings.imports.issue import ImportedIssue
from mappings.imports.plan import ImportPlan, KnownRow, PlannedRow


class ImportState(StrEnum):
    """`planned`: nothing is done yet. `applying`: it goes on, or waits to be gone on with. `done`: every issue of it stands.

    `given_up`: it was begun, and somebody decided that it never becomes whole; what stands of it is left to another import.
    """

    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"
    GIVEN_UP = "given_up"


ENDED = (ImportState.DONE, ImportState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class ImportContent:
    """What is kept of a plan: where and as what it goes, by which rule it is read, the plan, and the issue of each row that is made, those above first."""

    project: Project
    rule_id: str
    objective_type: IssueType
    key_result_type: IssueType
    plan: ImportPlan
    issues: tuple[ImportedIssue, ...]


@dataclass(frozen=True, slots=True)
class KeptImport:
    """A plan with its number, of which file, by whom and when, by which revision of the mapping, and how far it is; `note` says what it waits for."""

    id: int
    file: str
    by: str
    at: datetime
    state: ImportState
    note: str
    revision: str
    content: ImportContent


@dataclass(frozen=True, slots=True)
class MadeRow:
    """How far a row is: since when Jira is asked without an answer (`tried_at`), the issue that stands, whether it is linked (`joined`), what is against it, and which plan had it last."""

    identity: str
    tried_at: datetime | None = None
    issue_id: str = ""
    issue_key: str = ""
    joined: bool = False
    note: str = ""
    plan_id: int = 0


def add(conn: Connection, site: str, one: KeptImport) -> KeptImport:
    """Keep a plan; it comes back with its number."""
    values = {
        "site": site,
        "tool": one.content.plan.tool,
        "file": one.file,
        "by": one.by,
        "state": one.state.value,
        "note": one.note,
        "revision": one.revision,
        "content": json_text.encode(one.content),
        "at": to_ms(one.at),
    }
    id_ = conn.execute(insert(plans).values(values).returning(plans.c.id)).scalar_one()
    return _kept(conn.execute(select(plans).where(plans.c.id == id_)).one())


def get(conn: Connection, site: str, id_: int) -> KeptImport | None:
    """The plan of this number, None where there is none."""
    row = conn.execute(select(plans).where(plans.c.site == site, plans.c.id == id_)).one_or_none()
    return None if row is None else _kept(row)


def recent(conn: Connection, site: str, most: int) -> list[KeptImport]:
    """The plans of a site, the latest first."""
    found = select(plans).where(plans.c.site == site).order_by(plans.c.at.desc(), plans.c.id.desc())
    return [_kept(row) for row in conn.execute(found.limit(most))]


def half_applied(conn: Connection, site: str) -> int | None:
    """The number of an import that was begun and is not whole yet; None where there is none."""
    begun = (plans.c.site == site, plans.c.state == ImportState.APPLYING.value)
    return conn.execute(select(plans.c.id).where(*begun).order_by(plans.c.id).limit(1)).scalar()


def claim(conn: Connection, site: str, id_: int, worker: str, now: datetime, until: datetime) -> bool:
    """Be the one who applies it until then; False where somebody else does, or it has ended."""
    free = or_(plans.c.worker.is_(None), plans.c.worker == worker, plans.c.lease_until < to_ms(now))
    goes_on = plans.c.state.not_in([one.value for one in ENDED])
    mine = (plans.c.site == site, plans.c.id == id_, goes_on, free)
    news = {"worker": worker, "lease_until": to_ms(until), "state": ImportState.APPLYING.value, "note": ""}
    return conn.execute(update(plans).where(*mine).values(news)).rowcount > 0


def let_go(conn: Connection, site: str, id_: int, worker: str, state: ImportState, note: str) -> None:
    """It is applied by this one no more, and so far; nothing where another took it over."""
    news = {"worker": None, "lease_until": None, "state": state.value, "note": note}
    mine = (plans.c.site == site, plans.c.id == id_, plans.c.worker == worker)
    conn.execute(update(plans).where(*mine).values(news))


def give_up(conn: Connection, site: str, id_: int, now: datetime) -> bool:
    """It is gone on with no more; False where it was not begun, has ended, or somebody applies it just now."""
    idle = or_(plans.c.worker.is_(None), plans.c.lease_until < to_ms(now))
    mine = (plans.c.site == site, plans.c.id == id_, plans.c.state == ImportState.APPLYING.value, idle)
    news = {"worker": None, "lease_until": None, "state": ImportState.GIVEN_UP.value, "note": ""}
    return conn.execute(update(plans).where(*mine).values(news)).rowcount > 0


def load_whole(conn: Connection, site: str, tool: str) -> dict[str, KnownRow]:
    """By identity the rows of a tool that are whole: their issues stand, and are linked. What was left half is made whole by whichever import has it next."""
    mine = (rows.c.site == site, rows.c.tool == tool, rows.c.issue_id != "", rows.c.joined != 0)
    return {
        row.identity: KnownRow(row.issue_id, row.issue_key, json_text.decode(row.content, PlannedRow))
        for row in conn.execute(select(rows).where(*mine))
    }


def load_made(conn: Connection, site: str, tool: str, identities: Iterable[str]) -> dict[str, MadeRow]:
    """By identity how far these rows of a tool are."""
    wanted = set(identities)
    found = conn.execute(select(rows).where(rows.c.site == site, rows.c.tool == tool))
    return {row.identity: _made(row) for row in found if row.identity in wanted}


def put(conn: Connection, site: str, tool: str, plan_id: int, one: MadeRow, row: PlannedRow) -> None:
    """Keep how far a row is."""
    values = {
        "site": site,
        "tool": tool,
        "identity": one.identity,
        "plan_id": plan_id,
        "tried_at": None if one.tried_at is None else to_ms(one.tried_at),
        "issue_id": one.issue_id,
        "issue_key": one.issue_key,
        "joined": int(one.joined),
        "note": one.note,
        "content": json_text.encode(row),
    }
    statement = insert_into(conn, rows)
    key = [rows.c.site, rows.c.tool, rows.c.identity]
    news = {name: statement.excluded[name] for name in values if name not in ("site", "tool", "identity")}
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), values)


def prune(conn: Connection, site: str, before: datetime) -> None:
    """Forget plans that nobody applied; which issue stands for which row is kept for ever: it is never made twice."""
    old = (plans.c.site == site, plans.c.at < to_ms(before), plans.c.state != ImportState.APPLYING.value)
    conn.execute(delete_from(plans).where(*old))


def _kept(row: StoredRow) -> KeptImport:
    return KeptImport(
        id=row.id,
        file=row.file,
        by=row.by,
        at=from_ms(row.at),
        state=ImportState(row.state),
        note=row.note,
        revision=row.revision,
        content=json_text.decode(row.content, ImportContent),
    )


def _made(row: StoredRow) -> MadeRow:
    return MadeRow(
        identity=row.identity,
        tried_at=maybe_from_ms(row.tried_at),
        issue_id=row.issue_id,
        issue_key=row.issue_key,
        joined=bool(row.joined),
        note=row.note,
        plan_id=row.plan_id,
    )
