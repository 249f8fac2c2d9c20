"""Gaps on their way through a sync: what a read could not make out is kept, and the numbers that need it stand as they were.

An accepted gap makes its issue unknown in the mirror: left out of every number and listed there with the reason, until it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.absence.gaps import KeptGap
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from mappings.facts.gap import Gap
from mappings.facts.issue import WHOLE, Issue
from mappings.progress.rule import unknown
from mappings.rollup.rows.ledger import Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState
from plugin.sync.context import Context

States = Mapping[str, ObjectiveState]
SHAPE = "Look at the field in Jira and report its value, or take it out of the mapping, or accept the gap."


def land(
    context: Context,
    conn: Connection,
    read: Iterable[Issue],
    gone: Iterable[str],
    found: Iterable[Gap],
) -> frozenset[str]:
    """Keep what could not be read, and forget what could now; ids of the objectives that have a number to make up for.

    What Jira lists nowhere, says nothing of, and the mirror does not know was never ours: it is out of sight, and no gap.
    """
    new = [one for one in found if one.issue_id or one.issue_key or one.field]
    still = {one.issue_id for one in new}  # read but for a field of it: that gap goes on
    issues = [issue for issue in read if issue.id not in still]
    over = gaps.clear(
        conn, context.site, [*(issue.id for issue in issues), *gone], [issue.key for issue in issues]
    )
    known = mirror.get(conn, context.site, [one.issue_id for one in new]) if new else {}
    ours = [
        replace(one, issue_key=one.issue_key or known[one.issue_id].key) if one.issue_id in known else one
        for one in new
        if one.issue_key or one.listed or one.issue_id in known or not one.issue_id
    ]
    gaps.put(conn, context.site, ours, context.clock())
    return objectives_needing(conn, context.site, over)


def sift(context: Context, issues: Iterable[Issue]) -> tuple[list[Issue], tuple[Gap, ...]]:
    """The issues whose mapped fields can all be taken for something, and the others as gaps: a shape that nobody knows is not empty."""
    refusals = context.refusals
    sound: list[Issue] = []
    refused: list[Gap] = []
    for issue in issues:
        gap = next(
            (
                Gap(
                    issue_id=issue.id,
                    issue_key=issue.key,
                    reason=f"Its {field_id}: {why}.",
                    remedy=SHAPE,
                    field=field_id,
                    parent=issue.parent_id or "",
                )
                for field_id, refusal in refusals
                if (why := refusal(issue.fields.get(field_id)))
            ),
            None,
        )
        if gap is None:
            sound.append(issue)
        else:
            refused.append(gap)
    return sound, tuple(refused)


def settle_full_read(context: Context, conn: Connection, began: datetime) -> None:
    """Everything was read: a gap that nothing showed is none of ours any more."""
    over = gaps.clear_unseen(conn, context.site, began)
    context.mark(conn, objectives_needing(conn, context.site, over), "a gap is over")


def objectives_needing(conn: Connection, site: str, found: Iterable[KeptGap]) -> frozenset[str]:
    """Objectives that were computed from these issues, or from what they hang under."""
    ids = frozenset(id_ for one in found for id_ in _ids(conn, site, one.gap))
    return objectives.depending_on(conn, site, ids) if ids else frozenset()


def needed_by(conn: Connection, site: str, found: Sequence[KeptGap], objective_id: str) -> list[KeptGap]:
    """Those of the gaps that this objective was computed from, or that hang where it was."""
    ids = {one.issue: _ids(conn, site, one.gap) for one in found}
    hanging = objectives.hanging_on(conn, site, frozenset().union(*ids.values()))
    return [one for one in found if any(objective_id in hanging.get(id_, ()) for id_ in ids[one.issue])]


def are_open(conn: Connection, site: str, found: Iterable[KeptGap]) -> bool:
    """Whether all of these still are gaps that wait for a person."""
    return {one.issue for one in found} <= {one.issue for one in gaps.open_gaps(conn, site)}


def behind(
    context: Context, conn: Connection, state: ObjectiveState | None, below: States
) -> tuple[KeptGap, ...]:
    """The gaps that wait for a person and that the number of this objective needs, its own or that of one that contributes to it."""
    waiting = gaps.open_gaps(conn, context.site)
    if state is None or not waiting:
        return ()
    needed = set(needs(state, below))
    saved = objectives.load(conn, context.site, state.id)
    if saved is not None:
        needed |= saved.state.touched - set(saved.state.aligned_to)
    return tuple(one for one in waiting if needed.intersection(_ids(conn, context.site, one.gap)))


def concern(
    context: Context, conn: Connection, objective_id: str, state: ObjectiveState, found: Iterable[KeptGap]
) -> None:
    """An objective stands as it was for these gaps: their end, and whatever else it would have been computed from, is news to it."""
    issues = state.touched.union(*(_ids(conn, context.site, one.gap) for one in found))
    objectives.concern(conn, context.site, objective_id, issues)


def accept_in_mirror(conn: Connection, site: str, found: KeptGap, sentence: str) -> None:
    """The issue is unknown from now on, with this reason, where the mirror has it."""
    _say(conn, site, found.gap.issue_id, {WHOLE: sentence})


def reopen_in_mirror(conn: Connection, site: str, found: KeptGap) -> None:
    """The issue counts again as it was read last."""
    _say(conn, site, found.gap.issue_id, {})


def unread(state: ObjectiveState, found: Iterable[KeptGap]) -> ObjectiveState:
    """An objective that never had a number, while a gap lies behind it: unknown, and why."""
    sentence = " ".join(f"{_called(one.gap)} could not be read: {one.gap.reason}" for one in found)
    health = Health(HealthLevel.UNKNOWN, "gap", sentence)
    key_results = tuple(
        replace(one, measurement=unknown(sentence), health=health, check_in=None) for one in state.key_results
    )
    return replace(
        state,
        progress=None,
        delivery=None,
        outcome=None,
        pace=None,
        health=health,
        ledger=_unknown(state.ledger, sentence),
        beside=_unknown(state.beside, sentence),
        flags=(),
        key_results=key_results,
    )


def _called(gap: Gap) -> str:
    return gap.issue_key or f"issue {gap.issue_id}"


def _unknown(ledger: Ledger, sentence: str) -> Ledger:
    rows = (
        replace(row, disposition=Disposition.UNKNOWN, reason=sentence, progress=None, share=row.share * 0)
        for row in ledger.rows
    )
    return Ledger(tuple(rows), None)


def needs(state: ObjectiveState, below: States) -> Iterable[str]:
    """Every issue behind the number: an objective that is aligned counts where it has a row that is more than shown."""
    return _needs(state, below, set())


def _needs(state: ObjectiveState, below: States, walked: set[str]) -> Iterable[str]:
    walked.add(state.id)
    yield from state.touched - set(state.aligned_to)
    for row in state.ledger.rows:
        other = below.get(row.id)
        if other is not None and row.disposition is not Disposition.BESIDE and row.id not in walked:
            yield from _needs(other, below, walked)


def _ids(conn: Connection, site: str, gap: Gap) -> frozenset[str]:
    """Ids of the issue and of what it hangs under."""
    named = (gap.issue_id or gap.issue_key, gap.parent)
    found = (name if name.isdecimal() else mirror.id_of_key(conn, site, name) for name in named if name)
    return frozenset(id_ for id_ in found if id_)


def _say(conn: Connection, site: str, issue_id: str, said: Mapping[str, str]) -> None:
    def with_it(known: Issue) -> Issue:
        others = {name: reason for name, reason in known.unknowns.items() if name != WHOLE}
        return replace(known, unknowns={**others, **said})

    mirror.change(conn, site, issue_id, with_it)
