"""The records of closed cycles, chained per site. Rows are added, and changed only where a person is erased; nothing deletes them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from connectors.store.cycles import cycle_ends
from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, hold, insert_into
from connectors.store.lists import cycle_lines
from connectors.store.schema import closing as table
from connectors.store.schema import last_write
from mappings.rollup.cycles.closing_record import (
    BEGINNING,
    ChainLink,
    ClosingRecord,
    LinkKind,
    Overlap,
    hash_of,
)
from mappings.rollup.state import HealthLevel

CYCLES_KEPT = 256
"""Of so many closings a process remembers how key results ended."""


@dataclass(frozen=True, slots=True)
class ClosingAct:
    """That a cycle was closed, or opened again: by whom, when, and why; and which objectives reached into it then, where it was closed.

    `overlaps` None: it was closed by a version that did not keep them.
    """

    cycle_id: str
    version: int
    kind: LinkKind
    at: datetime
    by: str
    note: str
    hash: str
    overlaps: tuple[Overlap, ...] | None = None


def lock_site(conn: Connection, site: str) -> None:
    """Others who close or open a cycle of this site wait here until the transaction ends: what is done to it is done once."""
    hold(conn, f"{site}:closings")


def add(
    conn: Connection,
    site: str,
    act: ClosingAct,
    records: Sequence[ClosingRecord] = (),
) -> str:
    """Add the records, and then the act, to the chain of the site; the hash of the act. The list of the cycle follows it."""
    last = conn.execute(
        select(table.c.number, table.c.hash)
        .where(table.c.site == site)
        .order_by(table.c.number.desc())
        .limit(1)
    ).one_or_none()
    number, former = (0, BEGINNING) if last is None else last
    said = json_text.encode(_Act(act.by, act.note, len(records), act.overlaps))
    parts = [(LinkKind.OBJECTIVE, one.state.id, _text(one)) for one in records] + [(act.kind, "", said)]
    for kind, objective_id, content in parts:
        number += 1
        link = ChainLink(
            number=number,
            cycle_id=act.cycle_id,
            version=act.version,
            kind=kind,
            objective_id=objective_id,
            at=to_ms(act.at),
            content=content,
            former=former,
        )
        former = hash_of(link)
        conn.execute(insert(table), _row(site, replace(link, hash=former)))
    if act.kind is LinkKind.REOPENED:
        cycle_lines.reopen(conn, site, act.cycle_id, cycle_ends.lines(conn, site, act.cycle_id))
    else:
        cycle_lines.close(conn, site, act.cycle_id, act.version, [one.state for one in records], act.at)
    return former


def acts(conn: Connection, site: str, cycle_id: str | None = None) -> list[ClosingAct]:
    """Every closing and reopening, of one cycle or of all, the oldest first."""
    wanted = [table.c.site == site, table.c.kind != LinkKind.OBJECTIVE.value]
    if cycle_id is not None:
        wanted.append(table.c.cycle_id == cycle_id)
    return [_act(row) for row in conn.execute(select(table).where(*wanted).order_by(table.c.number))]


def load_closed(conn: Connection, site: str) -> dict[str, ClosingAct]:
    """The cycles that are closed now, each with the act that closed it."""
    last = {one.cycle_id: one for one in acts(conn, site)}
    return {id_: one for id_, one in last.items() if one.kind is LinkKind.CLOSED}


def records(conn: Connection, site: str, cycle_id: str, version: int) -> list[ClosingRecord]:
    """What one version of a closing froze, in the order in which it was written."""
    mine = (
        table.c.site == site,
        table.c.cycle_id == cycle_id,
        table.c.version == version,
        table.c.kind == LinkKind.OBJECTIVE.value,
    )
    return [_record(row) for row in conn.execute(select(table).where(*mine).order_by(table.c.number))]


def states(
    conn: Connection, site: str, cycle_id: str, version: int, ids: Iterable[str]
) -> dict[str, ClosingRecord]:
    """Of these objectives what one version of a closing froze, by id."""
    mine = (
        table.c.site == site,
        table.c.cycle_id == cycle_id,
        table.c.version == version,
        table.c.kind == LinkKind.OBJECTIVE.value,
        among(conn, table.c.objective_id, ids),
    )
    return {row.objective_id: _record(row) for row in conn.execute(select(table).where(*mine))}


@dataclass(frozen=True, slots=True)
class KeyResultEnd:
    """How one key result of an objective ended in a closed cycle."""

    objective_id: str
    key_result_id: str
    level: HealthLevel


def ends(conn: Connection, site: str, act: ClosingAct) -> tuple[KeyResultEnd, ...]:
    """How the key results of a closing ended, in the order in which they were written. Read once by a process: what was frozen stays."""
    found = _ENDS.get((site, act.hash))
    if found is None:
        mine = (
            table.c.site == site,
            table.c.cycle_id == act.cycle_id,
            table.c.version == act.version,
            table.c.kind == LinkKind.OBJECTIVE.value,
        )
        decoder = json_text.decoder(_EndRecord)
        found = tuple(
            KeyResultEnd(row.objective_id, one.id, one.health.level)
            for row in conn.execute(
                select(table.c.objective_id, table.c.content).where(*mine).order_by(table.c.number)
            )
            for one in decoder.decode(zlib.decompress(row.content)).state.key_results
        )
        for former in list(_ENDS)[: max(len(_ENDS) - CYCLES_KEPT + 1, 0)]:
            _ENDS.pop(former, None)
        _ENDS[site, act.hash] = found
    return found


def of_objectives(
    conn: Connection, site: str, ids: Iterable[str]
) -> dict[tuple[str, int], list[ClosingRecord]]:
    """What closings froze of these objectives, by cycle and version, in the order in which it was written."""
    mine = (
        table.c.site == site,
        table.c.kind == LinkKind.OBJECTIVE.value,
        among(conn, table.c.objective_id, list(ids)),
    )
    found: dict[tuple[str, int], list[ClosingRecord]] = {}
    for row in conn.execute(select(table).where(*mine).order_by(table.c.number)):
        found.setdefault((row.cycle_id, row.version), []).append(_record(row))
    return found


def load_standing(
    conn: Connection, site: str, ids: Iterable[str], before: date | None = None
) -> dict[str, ClosingRecord]:
    """Of each of these objectives the record of the latest cycle that is closed now and whose last day lies before that day."""
    ids = list(ids)
    if not ids or conn.execute(select(func.count()).where(table.c.site == site)).scalar_one() == 0:
        return {}
    valid = {(one.cycle_id, one.version) for one in load_closed(conn, site).values()}
    mine = (
        table.c.site == site,
        table.c.kind == LinkKind.OBJECTIVE.value,
        among(conn, table.c.objective_id, ids),
    )
    found: dict[str, ClosingRecord] = {}
    for row in conn.execute(select(table).where(*mine).order_by(table.c.number)):
        if (row.cycle_id, row.version) in valid:
            one = _record(row)
            if before is not None and one.end >= before:
                continue
            if row.objective_id not in found or found[row.objective_id].end <= one.end:
                found[row.objective_id] = one
    return found


def wrote_last(conn: Connection, site: str, objective_id: str) -> tuple[str, int] | None:
    """The cycle and version whose closing an objective had its last write for."""
    mine = (last_write.c.site == site, last_write.c.objective_id == objective_id)
    row = conn.execute(select(last_write).where(*mine)).one_or_none()
    return None if row is None else (row.cycle_id, row.version)


def note_last_write(conn: Connection, site: str, objective_id: str, cycle_id: str, version: int) -> None:
    """From here on nothing is written for it, unless the cycle is opened again or it runs in another."""
    statement = insert_into(conn, last_write)
    row = {"site": site, "objective_id": objective_id, "cycle_id": cycle_id, "version": version}
    news = {name: statement.excluded[name] for name in ("cycle_id", "version")}
    key = [last_write.c.site, last_write.c.objective_id]
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), row)


def links(conn: Connection, site: str) -> Iterator[ChainLink]:
    """The whole chain of a site, the oldest link first."""
    for row in conn.execute(select(table).where(table.c.site == site).order_by(table.c.number)):
        yield ChainLink(
            number=row.number,
            cycle_id=row.cycle_id,
            version=row.version,
            kind=LinkKind(row.kind),
            objective_id=row.objective_id,
            at=row.at,
            content=zlib.decompress(row.content).decode(),
            former=row.former,
            hash=row.hash,
        )


def chained_sites(conn: Connection) -> list[str]:
    """The sites that closed a cycle."""
    return list(conn.execute(select(table.c.site).distinct().order_by(table.c.site)).scalars())


def reword(conn: Connection, rewording: Callable[[str], str]) -> int:
    """Put other words in, and chain anew what follows: only to erase a person, who may not stay for the sake of the chain. How many records."""
    changed = 0
    for site in chained_sites(conn):
        former = BEGINNING
        for link in links(conn, site):
            content = rewording(link.content)
            changed += content != link.content
            if content != link.content or former != link.former:
                made = replace(link, content=content, former=former)
                made = replace(made, hash=hash_of(made))
                mine = (table.c.site == site, table.c.number == link.number)
                conn.execute(update(table).where(*mine).values(_row(site, made)))
                former = made.hash
            else:
                former = link.hash
    return changed


class _EndHealth(msgspec.Struct, gc=False):
    level: HealthLevel


class _EndKeyResult(msgspec.Struct, gc=False):
    id: str
    health: _EndHealth


class _EndState(msgspec.Struct, gc=False):
    key_results: tuple[_EndKeyResult, ...] = ()


class _EndRecord(msgspec.Struct, gc=False):
    """Of a record what `ends` tells: the ledgers of thousands of objectives are not made for it."""

    state: _EndState


_ENDS: dict[tuple[str, str], tuple[KeyResultEnd, ...]] = {}


@dataclass(frozen=True, slots=True)
class _Act:
    by: str
    note: str
    records: int
    overlaps: tuple[Overlap, ...] | None = None


def _text(record: ClosingRecord) -> str:
    return json_text.encode(replace(record, state=replace(record.state, touched=frozenset())))


def _row(site: str, link: ChainLink) -> dict[str, object]:
    return {
        "site": site,
        "number": link.number,
        "cycle_id": link.cycle_id,
        "version": link.version,
        "kind": link.kind.value,
        "objective_id": link.objective_id,
        "at": link.at,
        "content": zlib.compress(link.content.encode()),
        "former": link.former,
        "hash": link.hash,
    }


def _act(row: StoredRow) -> ClosingAct:
    said = json_text.decode(zlib.decompress(row.content).decode(), _Act)
    kind = LinkKind(row.kind)
    return ClosingAct(
        cycle_id=row.cycle_id,
        version=row.version,
        kind=kind,
        at=from_ms(row.at),
        by=said.by,
        note=said.note,
        hash=row.hash,
        overlaps=said.overlaps,
    )


def _record(row: StoredRow) -> ClosingRecord:
    return json_text.decode(zlib.decompress(row.content).decode(), ClosingRecord)
