"""Objectives with days of their own that reach into a cycle and end in another, which scores them: as of its end where it has ended, else as of now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection

from connectors.store.mirror import browse, mirror
from mappings.document.mapping import Mapping
from mappings.document.schema import CyclePart, DatesSource
from mappings.explain.past import PastIssues
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.cycles.closing_record import Overlap
from mappings.rollup.cycles.cycle import cycle_of, span_of
from mappings.rollup.cycles.cycle_end import end_of, has_ended
from plugin.sync.context import Context
from plugin.sync.refresh.issue_steps import load_histories
from plugin.use_cases.objectives.objective_list import headlines


class Days(Protocol):
    """A cycle; both ends are days that count."""

    @property
    def id(self) -> str: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


class SpannedObjective(Protocol):
    """An objective with the days of its own, None where they are those of its cycle."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def span(self) -> tuple[date, date] | None: ...
    @property
    def cycle_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class FormerSpan:
    """An objective as its issue stood at the end of a cycle."""

    id: str
    key: str
    title: str
    span: tuple[date, date] | None
    cycle_id: str | None


def overlaps(conn: Connection, context: Context, cycle: CyclePart) -> tuple[Overlap, ...]:
    """Those of a cycle that is not closed; none are looked for where no rule has such days.

    Of one that has ended an issue that was touched since counts as its history has it; where that is not kept, as it is now.
    """
    mapping, now = context.mapping, Moment(context.clock(), context.mapping.zone)
    if not any(isinstance(rule.part.cycle, DatesSource) for rule in mapping.objectives):
        return ()
    heads: Sequence[SpannedObjective] = [saved.state for saved in headlines(conn, context.site)]
    if has_ended(cycle, now):
        return reaching_into(cycle, _stood(conn, context, end_of(cycle, mapping.zone), heads))
    return reaching_into(cycle, heads)


def reaching_into(cycle: Days, objectives: Iterable[SpannedObjective]) -> tuple[Overlap, ...]:
    """Those with days of their own in a cycle that are scored in another, in the order of their keys."""
    found = (
        Overlap(id=one.id, key=one.key, title=one.title, span=one.span, cycle_id=one.cycle_id)
        for one in objectives
        if one.span is not None
        and one.cycle_id != cycle.id
        and one.span[0] <= cycle.end
        and one.span[1] >= cycle.start
    )
    return tuple(sorted(found, key=lambda one: (one.key, one.id)))


def _stood(
    conn: Connection, context: Context, end: datetime, heads: Sequence[SpannedObjective]
) -> Iterator[SpannedObjective]:
    """The objectives that there were, each with the days that its issue had."""
    issues = mirror.get(conn, context.site, [one.id for one in heads])
    later = {one.id: one.updated for one in issues.values() if one.created <= end < one.updated}
    known = load_histories(context, conn, later)
    past = PastIssues([issues[id_] for id_ in known], known, context.catalogue)
    stood = {one.id: one for one in past.at(end)}
    rules = {
        id_: saved.state.rule_id for id_, saved in browse.objectives_of(conn, context.site, stood).items()
    }
    for head in heads:
        issue = issues.get(head.id)
        if issue is not None and issue.created > end:
            continue
        yield _span(context.mapping, rules[head.id], stood[head.id], end) if head.id in rules else head


def _span(mapping: Mapping, rule_id: str, issue: Issue, end: datetime) -> FormerSpan:
    rule = next((one for one in mapping.objectives if one.part.id == rule_id), None)
    source = rule.part.cycle if rule is not None else None
    cycle = cycle_of(mapping, source, issue, Moment(end, mapping.zone).today)
    return FormerSpan(
        id=issue.id,
        key=issue.key,
        title=issue.summary,
        span=span_of(mapping, source, issue, cycle),
        cycle_id=None if cycle is None else cycle.id,
    )
