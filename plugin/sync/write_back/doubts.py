"""The rows that a brake doubts: what they said when they were believed last, and what explains that they say something else by now.

An explanation reaches back to that, however often such a row was seen since: its history has an entry for each field that differs, it says
what it said, or Jira's own word is that it is deleted. That it was edited proves nothing by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.writes import brakes
from connectors.store.writes.brakes import DoubtedRow, Doubts
from mappings.facts.issue import Issue
from mappings.write_back.evidence import UnheardEdit, entrances, moved_since
from plugin.sync.context import Context
from plugin.sync.write_back.edits import fact_names, unproven

EXPLAINED = "what was doubted is explained"


def doubts_about(
    context: Context,
    conn: Connection,
    rows: Mapping[str, Iterable[str]],
    edited: Mapping[str, UnheardEdit],
) -> Doubts:
    """These rows as they are doubted from now on. `edited` says what they said before, of those of which that is known."""
    now = mirror.get(conn, context.site, {row for those in rows.values() for row in those})
    return {
        issue_id: {row: _doubted(context, now.get(row), edited.get(row)) for row in sorted(those)}
        for issue_id, those in rows.items()
    }


def _doubted(context: Context, issue: Issue | None, edit: UnheardEdit | None) -> DoubtedRow:
    known, former = (None, {}) if edit is None else (edit.known, edit.former)
    if issue is None:
        at = context.clock() if edit is None else edit.updated
        return DoubtedRow(at=at, left=True, known=known, base=former)
    came = edit.moved if edit is not None and edit.came else frozenset[str]()
    # What moved without a field that tells of it (the day of a resolution) is not seen to be back either: a person looks.
    base = {**fact_names(context, issue), **former} if former or came else {}
    return DoubtedRow(at=issue.updated, known=known or issue.updated, base=base, came=came)


NOTHING_SEEN: Mapping[str, datetime] = {}


def settle_doubts(context: Context, objective_id: str, seen: Mapping[str, datetime] = NOTHING_SEEN) -> None:
    """Ask the histories of what was edited since, and let go of what is explained. Asks nothing twice.

    `seen` says when rows were edited last that left and that Jira shows outside. Raises a JiraError where Jira cannot be asked for a passing reason.
    """
    with context.store.read() as conn:
        noted = brakes.doubts_of(conn, context.site, objective_id) or {}
        rows = {row: one for those in noted.values() for row, one in those.items()}
        now = mirror.get(conn, context.site, rows)
    explained: set[str] = set()
    asked: dict[str, DoubtedRow] = {}
    edits: list[dict[str, UnheardEdit]] = [{}, {}]
    for row, one in rows.items():
        issue = now.get(row)
        if issue is None:
            outside = seen.get(row, one.at)
            if not one.left or outside > one.at:
                edits[0][row] = _way_out(context, one)
                asked[row] = replace(one, at=outside, left=True)
            continue
        moved = moved_since(one.base, fact_names(context, issue))
        if one.base and not moved and not one.came:
            explained.add(row)
        elif one.base and (one.left or issue.updated > one.at):
            known = one.known or one.at
            if moved:
                edits[0][row] = UnheardEdit(known, issue.updated, moved)
            if one.came:
                edits[1][row] = UnheardEdit(known, issue.updated, one.came, came=True)
            asked[row] = replace(one, at=issue.updated, left=False)
    untold = frozenset[str]().union(*(unproven(context, some) for some in edits if some))
    explained |= asked.keys() - untold
    if not explained and not asked:
        return
    with context.store.write() as conn:
        others = brakes.doubters(conn, context.site, explained) - {objective_id}
        context.mark(conn, others, EXPLAINED)
        brakes.note_asked(conn, context.site, objective_id, explained, asked)


def _way_out(context: Context, one: DoubtedRow) -> UnheardEdit:
    """A row that is outside of what is looked at: an entry of one of these fields brought it there."""
    return UnheardEdit(one.known or one.at, context.clock(), entrances(context.mapping.scope), came=True)


def explain_gone(context: Context, conn: Connection, ids: Collection[str]) -> None:
    """These issues are deleted, which is believed: that explains their rows, whoever doubts them, and that objectives among them have no number any more."""
    found = brakes.explain(conn, context.site, ids)
    if found:
        context.mark(conn, found, EXPLAINED)
