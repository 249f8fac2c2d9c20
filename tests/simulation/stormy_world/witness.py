"""Sees every state of the mirror, and holds each value that is written or kept against them: it must be right for one of them.

A number may be late, as Jira moves on while it is worked out. It may not be made of halves: of a parent from now and its child from
before, or of two mapping revisions. So whatever is written to Jira, or told by the history, is what a full computation says of some
state of the mirror since the last time; or, as issues are read in portions, of one version of each issue since then, under one revision
that ruled since then. Where nothing moved in between, no movement can be told: that would be right for no state either.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial

from sqlalchemy import Connection, bindparam, select
from stormy_world.clock import NEW_QUARTER
from stormy_world.judged import SITE, Judged
from stormy_world.verdict import standing_still

from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.schema import numbers
from connectors.store.writes import written_values
from mappings.facts.issue import Issue
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired_values import desired_values, owners
from plugin.sync.context import Context

MOST_BLENDS = 300
"""So many blends of versions are tried; where more are possible the value is taken as right, and counted."""
NO_TIME = datetime.min.replace(tzinfo=UTC)
NOTHING = object()
UNKNOWN = (None, None, None, "unknown")
"""What an objective stands at that never had a number, while an issue below it cannot be read."""

_MIRROR = "SELECT id, updated, content FROM issue"
_LAST = (
    "SELECT (SELECT activation.revision || ':' || coalesce(binding.version, 0) FROM activation"
    " LEFT JOIN binding ON binding.revision = activation.revision ORDER BY activation.id DESC LIMIT 1), (SELECT max(id) FROM history),"
    " (SELECT count(*) FROM objective)"
)
"""Asked after every transaction: as text, which costs least. There is one site."""
_HISTORY = (
    select(numbers.history).where(numbers.history.c.id > bindparam("last")).order_by(numbers.history.c.id)
)

Issues = Mapping[str, Issue]
States = Mapping[str, ObjectiveState]


@dataclass(frozen=True, slots=True)
class Sight:
    """The mirror on one day, and which revision ruled, with the version of what its names were bound to."""

    issues: Issues
    revision: str
    at: datetime = NO_TIME


class Witness:
    """Everything the mirror was, in order."""

    def __init__(self, world: Judged) -> None:
        self.world = world
        self.findings: list[str] = []
        self.checked = 0
        self.unchecked = 0
        self._seen: list[Sight] = []
        self._texts: dict[str, tuple[int, str]] = {}
        self._states: dict[int, States] = {}
        self._contexts: dict[str, Context] = {}
        self._written_at: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[str, str], object] = {}
        self._told: dict[str, tuple[int, object]] = {}
        self._last_row = 0
        self._objectives = 0
        self.look()

    def saw(self, issue_id: str) -> bool:
        """Whether the mirror held this issue at any time."""
        return any(issue_id in sight.issues for sight in self._seen)

    def look(self) -> None:
        """After each transaction: what the mirror is now, and what the history says."""
        with self.world.tables.read() as conn:
            texts = {id_: (at, text) for id_, at, text in conn.exec_driver_sql(_MIRROR).all()}
            revision, last_row, objectives = conn.exec_driver_sql(_LAST).one()
            self._look_at_mirror(conn, texts, revision)
            if objectives < self._objectives:
                self._forget_removed(conn)
            self._objectives = objectives
            if last_row is not None and last_row > self._last_row:
                self._look_at_history(conn)

    def _look_at_mirror(self, conn: Connection, texts: dict[str, tuple[int, str]], revision: str) -> None:
        last, now = self._seen[-1] if self._seen else Sight({}, ""), self.world.context().clock()
        if texts == self._texts and revision == last.revision and now.date() == last.at.date():
            return
        self._context(revision)
        changed = [id_ for id_, text in texts.items() if self._texts.get(id_) != text]
        kept = {id_: issue for id_, issue in last.issues.items() if id_ in texts}
        self._seen.append(Sight(kept | mirror.get(conn, SITE, changed), revision, now))
        self._texts = texts

    def _forget_removed(self, conn: Connection) -> None:
        """An objective that is none any more begins anew where it becomes one again: it never had a number then."""
        there = set(conn.execute(select(numbers.objective.c.id)).scalars())
        self._told = {id_: (at, told if id_ in there else NOTHING) for id_, (at, told) in self._told.items()}

    def _look_at_history(self, conn: Connection) -> None:
        for row in conn.execute(_HISTORY, {"last": self._last_row}).all():
            self._last_row = row.id
            numbers_ = (row.progress, row.delivery, row.outcome)
            told = (*(None if one is None else Fraction(one) for one in numbers_), row.health)
            since, before = self._told.get(row.objective_id, (0, NOTHING))
            self._told[row.objective_id] = (self._now, told)
            if told == before or (before is NOTHING and told == UNKNOWN and gaps.open_gaps(conn, SITE)):
                continue
            is_told = partial(_stands, objective_id=row.objective_id, told=told)
            if not self._right(since, row.objective_id, is_told):
                self.findings.append(
                    f"history tells {_said(told)} of objective {row.objective_id}, which is right for no state of the mirror"
                    f" since {_said(before)}"
                )

    def wrote(self, issue_id: str, field_id: str, value: object) -> None:
        """Jira took a value of ours."""
        place = (issue_id, field_id)
        since, self._written_at[place] = self._written_at.get(place, 0), self._now
        self._last[place] = value
        if not self._right(since, issue_id, lambda of: self._wants(of, place, value)):
            self.findings.append(
                f"issue {issue_id} was written {value} in {field_id}, which is right for no state of the mirror since the last write"
            )

    def left_behind(self, holds: Callable[[str, str], object]) -> Iterator[str]:
        """What Jira `holds` of ours in a place that nothing is wanted for any more, of issues that the mirror has.

        What was written for a cycle that has ended since, or for an objective that runs in one, stays.
        """
        issues, states, context = self._at(self._now)
        owned = owners(context.mapping, states.values(), context.instant.today)
        wanted = {
            (one.issue_id, one.place.id)
            for state in states.values()
            for one in desired_values(context.mapping, state, issues.get, context.basis, owned)
        }
        with self.world.tables.read() as conn:
            known = written_values.of_objectives(conn, SITE, (), {issue_id for issue_id, _ in self._last})
        today, cycles = context.instant.today, context.mapping.cycles
        stays = set()
        for one in known:
            state = states.get(one.objective_id)
            cycle = cycles.get(state.cycle_id) if state is not None else None
            until = one.until or (cycle.end if cycle is not None else None)
            if until is not None and until < today:
                stays.add((one.issue_id, one.field_id))
        for (issue_id, field_id), value in self._last.items():
            issue = issues.get(issue_id)
            if value is None or issue is None or issue.archived or (issue_id, field_id) in wanted:
                continue
            if (issue_id, field_id) in stays:
                continue
            if holds(issue_id, field_id) == value:
                yield f"{issue.key} holds {value!r} of ours in {field_id}, and is nothing any more that has it"

    # -- what is right

    @property
    def _now(self) -> int:
        return len(self._seen) - 1

    def _right(self, since: int, about: str, is_right: object) -> bool:
        if self._seen[-1].at >= NEW_QUARTER:
            self.unchecked += 1  # an end is told by histories, of which no sight of the mirror says anything
            return True
        self.checked += 1
        if any(is_right(self._at(place)) for place in range(self._now, since - 1, -1)):  # type: ignore[operator]
            return True
        varying = self._versions(since, self._concerned(since, about))
        if math.prod(len(one) for one in varying.values()) > MOST_BLENDS:
            self.unchecked += 1
            return True
        ruled = dict.fromkeys((sight.revision, _noon(sight.at)) for sight in self._seen[since:])
        return any(
            is_right((issues, self._assessed(issues, revision, day), self._context(revision)))  # type: ignore[operator]
            for issues in self._blends(varying)
            for revision, day in ruled
        )

    def _at(self, place: int) -> _Assessed:
        sight = self._seen[place]
        if place not in self._states:
            self._states[place] = self._assessed(sight.issues, sight.revision, sight.at)
        return sight.issues, self._states[place], self._context(sight.revision)

    def _context(self, revision: str) -> Context:
        """The context under this revision, as it was when it ruled first with its names bound so."""
        found = self._contexts.get(revision)
        if found is None:
            ruling = self.world.context()
            found = self._contexts[revision] = ruling
        return found

    def _assessed(self, issues: Issues, revision: str, at: datetime) -> States:
        """What everything stands at on the day of a sight: a cycle may have ended since."""
        context = self._context(revision)
        today = context.clock()
        on_its_day = context if today.date() == at.date() else replace(context, clock=lambda: at)
        return standing_still(on_its_day, dict(issues))

    def _concerned(self, since: int, about: str) -> frozenset[str]:
        """Every issue on which what is said about this one may have depended since then."""
        found = {about}
        for place in range(since, self._now + 1):
            states = self._at(place)[1]
            waiting = [id_ for id_, state in states.items() if about == id_ or about in state.touched]
            met = set(waiting)
            while waiting:
                touched = states[waiting.pop()].touched
                found |= touched
                waiting += [id_ for id_ in touched & states.keys() if id_ not in met]
                met |= touched
        return frozenset(found)

    def _versions(self, since: int, concerned: Iterable[str]) -> dict[str, list[Issue | None]]:
        """Issues of which there were several versions since then, each version once: the time of an edit, and what we wrote, make none."""
        ours = frozenset[str]().union(*(one.written_places for one in self._contexts.values()))
        found: dict[str, list[Issue | None]] = {}
        for id_ in concerned:
            versions: dict[object, Issue | None] = {}
            for before, sight in itertools.pairwise([None, *self._seen[since:]]):
                issue = sight.issues.get(id_)
                if before is None or before.issues.get(id_) is not issue:
                    versions.setdefault(_essence(issue, ours), issue)
            if len(versions) > 1:
                found[id_] = list(versions.values())
        return found

    def _blends(self, varying: Mapping[str, list[Issue | None]]) -> Iterator[Issues]:
        for versions in itertools.product(*varying.values()):
            blend = dict(self._seen[-1].issues)
            for id_, version in zip(varying, versions, strict=True):
                if version is None:
                    blend.pop(id_, None)
                else:
                    blend[id_] = version
            yield blend

    def _wants(self, of: _Assessed, place: tuple[str, str], value: object) -> bool:
        """Whether this is what the field of an issue should hold: nothing where the issue is neither objective nor key result."""
        issues, states, context = of
        owned = owners(context.mapping, states.values(), context.instant.today)
        for state in states.values():
            for one in desired_values(context.mapping, state, issues.get, context.basis, owned):
                if (one.issue_id, one.place.id) == place:
                    return one.place.equal(value, one.raw)
        return value is None


_Assessed = tuple[Issues, States, Context]


def _noon(at: datetime) -> datetime:
    return at.replace(hour=12, minute=0, second=0, microsecond=0)


def _essence(issue: Issue | None, ours: frozenset[str]) -> object:
    if issue is None:
        return None
    fields = {name: value for name, value in issue.fields.items() if name not in ours}
    return repr(replace(issue, updated=NO_TIME, fields=fields))


def _stands(of: _Assessed, objective_id: str, told: object) -> bool:
    state = of[1].get(objective_id)
    return (
        state is not None
        and (state.progress, state.delivery, state.outcome, state.health.level.value) == told
    )


def _said(told: object) -> str:
    return "the beginning" if told is NOTHING else str(told)
