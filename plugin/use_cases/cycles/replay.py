"""A whole cycle under another mapping: what each objective would have read at its end, beside what it read. Nothing is written by looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from connectors.store.cycles import closings, cycle_ends
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CyclePart
from mappings.explain.as_of import missing_histories
from mappings.explain.certainty import Certainty, NamedDoubt, certainty, sentences
from mappings.facts.local_time import MILLISECOND, day_end
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from mappings.numbers import figure_of, percent
from mappings.rollup.cycles.closing_preview import ObjectiveScore, mark_of
from mappings.rollup.cycles.cycle_end import end_of, has_ended
from mappings.rollup.cycles.score import Score, ScoreMean, means
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.sync.context import Context
from plugin.use_cases.cycles.cycles import (
    CycleRefusal,
    UnknownCycle,
    derived_score,
    in_order,
    is_closed,
    mean_values,
    scored_at_end,
)
from plugin.use_cases.objectives.as_of import (
    HistoryReads,
    Lookback,
    Rules,
    Standings,
    current_rules,
    read_some,
    rules_at,
    rules_of,
)
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import ADMIN, EDITOR, VIEWER, act, question

MOST_WEEKS = 14
"""Moments of a course: each costs as much as measuring the site once. Of a longer cycle they lie further apart."""


@dataclass(frozen=True, slots=True)
class ObjectiveReplay:
    """One objective: where it stood by the mapping that rules, and where it would have stood; None where it was none of the cycle.

    `doubts` are about its own issues, `elsewhere` about issues that may have been part of it: the same for all, so that they are told of all.
    `course` is what it would have read at each moment of the replay, None where that is unknown.
    """

    before: ObjectiveState | None
    after: ObjectiveState | None
    doubts: tuple[NamedDoubt, ...] = ()
    elsewhere: tuple[NamedDoubt, ...] = ()
    course: tuple[Fraction | None, ...] = ()

    @property
    def shown(self) -> ObjectiveState:
        """What says who it is."""
        found = self.after or self.before
        if found is None:
            raise ValueError("an objective of neither mapping")
        return found

    @property
    def moved(self) -> Fraction | None:
        """How much more it would have read; None where one of the two is not known."""
        before = None if self.before is None else self.before.progress
        after = None if self.after is None else self.after.progress
        return None if before is None or after is None else after - before

    @property
    def certainty(self) -> Certainty:
        """How sure what it would have read is."""
        return certainty(self.doubts or self.elsewhere, None if self.after is None else self.after.progress)


def doubts_of(found: Sequence[ObjectiveReplay]) -> tuple[NamedDoubt, ...]:
    """Why they are not surer, of all of them together."""
    elsewhere = next((one.elsewhere for one in found if one.elsewhere), ())
    return tuple(sorted({*elsewhere, *(doubt for one in found for doubt in one.doubts)}))


@dataclass(frozen=True, slots=True)
class Replay:
    """A cycle under another mapping, as of its last millisecond or, while it runs, of now. `untold` are the ids of issues whose histories would make it surer.

    `preview` is the mark to close the cycle by under this mapping; empty where it cannot be closed under it.
    """

    site: str
    cycle: CyclePart
    at: datetime
    revision: str
    ruling: str
    objectives: tuple[ObjectiveReplay, ...]
    moments: tuple[datetime, ...] = ()
    untold: tuple[str, ...] = ()
    preview: str = ""

    @property
    def doubts(self) -> tuple[NamedDoubt, ...]:
        """Why it is not surer, of all of it."""
        return doubts_of(self.objectives)

    @property
    def means_before(self) -> tuple[ScoreMean, ...]:
        """The mean scores as they are."""
        return _means(one.before for one in self.objectives)

    @property
    def means_after(self) -> tuple[ScoreMean, ...]:
        """The mean scores as they would have been."""
        return _means(one.after for one in self.objectives)


@question(VIEWER)
def replay(
    connector: Connector,
    _actor: Actor,
    site: str,
    cycle_id: str,
    revision: str | None = None,
    *,
    course: bool = False,
) -> Replay:
    """A cycle under a revision (its id, or its beginning; None: the one that rules). Raises CycleRefusal, Refusal."""
    context = connector.context(site)
    at = _moment(context, _cycle(context.mapping, cycle_id))
    return _replayed(context, cycle_id, rules_at(connector, context, at, revision), course=course)


@question(ADMIN)
def replay_draft(
    connector: Connector,
    _actor: Actor,
    site: str,
    cycle_id: str,
    text: str,
    file: str = "",
    *,
    course: bool = False,
) -> Replay:
    """The same under a mapping that never ruled. Raises MappingError for a text with errors, CycleRefusal."""
    context = connector.context(site)
    return _replayed(context, cycle_id, rules_of(connector, context, text, file), course=course)


@act(EDITOR)
def read_lacking_of_cycle(connector: Connector, actor: Actor, site: str, cycle_id: str) -> HistoryReads:
    """Read of the histories that a replay lacks so many as somebody can wait for; raises CycleRefusal, or a JiraError."""
    context = connector.context(site)
    at = _moment(context, _cycle(context.mapping, cycle_id))
    return read_some(connector, actor, site, Lookback(context).retrospect.untold(at))


def _cycle(mapping: BoundMapping, cycle_id: str) -> CyclePart:
    found = mapping.cycles.get(cycle_id)
    if found is None:
        raise UnknownCycle(cycle_id)
    return found


def _moment(context: Context, cycle: CyclePart) -> datetime:
    """As of when it is looked at: its last millisecond, or now while it runs."""
    now = context.clock()
    if cycle.start > context.instant.today:
        raise CycleRefusal(f"{cycle.id} begins on {cycle.start}: there is nothing to replay yet.")
    return min(now, end_of(cycle, context.mapping.zone))


def _replayed(context: Context, cycle_id: str, rules: Rules, *, course: bool) -> Replay:
    mapping = context.mapping
    cycle = mapping.cycles.get(cycle_id) or _cycle(rules.mapping, cycle_id)
    at = _moment(context, cycle)
    lookback = Lookback(context)
    before = _standing(lookback, current_rules(context), cycle_id, at)
    ends = _ends(context, cycle_id)
    if rules.ruling and ends and ends != {rules.mapping.revision}:
        rules = replace(rules, ruling=False)  # it took over after the end: what was noted then is not its own
    after = _standing(lookback, rules, cycle_id, at)
    untold = tuple(sorted(lookback.retrospect.untold(at)))
    moments = _moments(cycle, at, rules.mapping) if course else ()
    courses = _courses(lookback, rules, moments)
    missing = missing_histories(lookback.retrospect, at)
    found = [
        ObjectiveReplay(
            before=before[id_].states[id_] if id_ in before else None,
            after=after[id_].states[id_] if id_ in after else None,
            doubts=after[id_].own_doubts(id_) if id_ in after else (),
            elsewhere=missing if id_ in after and after[id_].end_of(id_) is None else (),
            course=courses.get(id_, ()),
        )
        for id_ in {**before, **after}
    ]
    return Replay(
        site=context.site,
        cycle=cycle,
        at=at,
        revision=rules.mapping.revision,
        ruling=mapping.revision,
        objectives=in_reading_order(found),
        moments=moments,
        untold=untold,
        preview=_preview(lookback, rules, cycle_id, at, after) if ends else "",
    )


def in_reading_order(found: Iterable[ObjectiveReplay]) -> tuple[ObjectiveReplay, ...]:
    """By project, team and number."""
    return tuple(
        sorted(found, key=lambda one: (one.shown.project_key, one.shown.team or "", _name(one.shown)))
    )


def _preview(
    lookback: Lookback, rules: Rules, cycle_id: str, at: datetime, after: Mapping[str, Standings]
) -> str:
    """The mark of what the cycle would be closed with under these rules: of the very numbers that closing it takes."""
    context, revision = lookback.context, rules.mapping.revision
    cycle = rules.mapping.cycles.get(cycle_id)
    if cycle is None or not has_ended(cycle, Moment(context.clock(), rules.mapping.zone)):
        return ""
    if _ends(context, cycle_id) == {revision}:
        with context.store.read() as conn:
            return mark_of(revision, scored_at_end(conn, context.site, context.mapping, cycle_id))
    return mark_of(revision, _scored(lookback, rules, cycle, at, after))


def _ends(context: Context, cycle_id: str) -> set[str]:
    """The revisions under which the ends of a cycle were noted that waits to be closed; none where it does not wait."""
    with context.store.read() as conn:
        if is_closed(closings.acts(conn, context.site, cycle_id)):
            return set()
        return {end.mapping_revision for end in cycle_ends.of_cycle(conn, context.site, cycle_id)}


def _standing(lookback: Lookback, rules: Rules, cycle_id: str, at: datetime) -> dict[str, Standings]:
    """By objective of a cycle where it stood, judged as those of a cycle that is over where it is."""
    over = at + MILLISECOND
    asked = (
        [at] if over > lookback.context.clock() else [over, at]
    )  # the latest first: the past is undone once
    found: dict[str, Standings] = {}
    for instant in asked:
        standings = lookback.states(instant, rules)
        mine = (id_ for id_, one in standings.states.items() if one.cycle_id == cycle_id and not one.plain)
        found |= {id_: standings for id_ in mine if id_ not in found}
    return found


def scored_under(context: Context, rules: Rules, cycle_id: str) -> tuple[ObjectiveScore, ...]:
    """The objectives of a cycle that has ended as they would have been scored under these rules, from the facts of its end, with their doubts.

    Raises CycleRefusal where these rules have no such cycle, or it has not ended by them.
    """
    mapping = rules.mapping
    cycle = mapping.cycles.get(cycle_id)
    if cycle is None:
        raise CycleRefusal(f"Revision {mapping.revision[:8]} has no cycle {cycle_id}: name another one.")
    if not has_ended(cycle, Moment(context.clock(), mapping.zone)):
        raise CycleRefusal(f"By revision {mapping.revision[:8]} {cycle_id} runs until {cycle.end}.")
    lookback = Lookback(context)
    at = _moment(context, cycle)
    return _scored(
        lookback, rules, cycle, at, _standing(lookback, replace(rules, ruling=False), cycle_id, at)
    )


def _scored(
    lookback: Lookback, rules: Rules, cycle: CyclePart, at: datetime, found: Mapping[str, Standings]
) -> tuple[ObjectiveScore, ...]:
    return in_order(
        ObjectiveScore(
            one.states[id_],
            derived_score(rules.mapping, cycle, lookback.retrospect.forest(at), one.states[id_]),
            tuple((doubt.doubt.value, doubt.about) for doubt in one.stood(id_).doubts),
        )
        for id_, one in found.items()
    )


def _moments(cycle: CyclePart, at: datetime, mapping: BoundMapping) -> tuple[datetime, ...]:
    """The ends of weeks from the start of the cycle on, and where it is looked at; every so many weeks in a long one."""
    weeks = -(-((cycle.end - cycle.start).days + 1) // 7)
    step = timedelta(weeks=-(-weeks // MOST_WEEKS))
    found = []
    day = cycle.start - timedelta(days=1) + step
    while (end := day_end(day, mapping.zone)) < at:
        found.append(end)
        day += step
    return (*found, at)


def _courses(
    lookback: Lookback, rules: Rules, moments: tuple[datetime, ...]
) -> Mapping[str, tuple[Fraction | None, ...]]:
    found: dict[str, list[Fraction | None]] = {}
    for number_, instant in enumerate(reversed(moments)):
        for id_, state in lookback.states(instant, rules).states.items():
            course = found.setdefault(id_, [])
            course += [None] * (number_ - len(course))
            course.append(state.progress)
    return {
        id_: tuple(reversed([*course, *[None] * (len(moments) - len(course))]))
        for id_, course in found.items()
    }


def _name(state: ObjectiveState) -> tuple[int, str]:
    digits = state.key.rpartition("-")[2]
    return (int(digits) if digits.isdecimal() and digits.isascii() else 0), state.key or state.id


def _means(states: Iterable[ObjectiveState | None]) -> tuple[ScoreMean, ...]:
    return means(Score(one.progress, one.commitment) for one in states if one is not None)


def moved_text(moved: Fraction | None) -> str:
    """`+12.5 points`; empty where it is not known."""
    if moved is None:
        return ""
    sign = "+" if moved > 0 else "−" if moved < 0 else "±"
    return figure_of(f"{sign}{percent(abs(moved), 1)}", "point")


def replay_values(one: Replay) -> PlainValues:
    """The same for programs."""
    return {
        "site": one.site,
        "cycle": one.cycle.id,
        "at": one.at.isoformat(),
        "mapping_revision": one.revision,
        "ruling_revision": one.ruling,
        "objectives": [objective_replay_values(each) for each in one.objectives],
        "means": [mean_values(mean) for mean in one.means_before],
        "means_replayed": [mean_values(mean) for mean in one.means_after],
        "moments": [moment.isoformat() for moment in one.moments],
        "said": list(sentences(one.doubts)),
        "histories_missing": len(one.untold),
        "preview": one.preview,
    }


def objective_replay_values(one: ObjectiveReplay) -> PlainValues:
    """One objective of a replay, for programs."""
    before, after = one.before, one.after
    return {
        "objective": one.shown.id,
        "key": one.shown.key,
        "title": one.shown.title,
        "team": one.shown.team,
        "before": None if before is None else _state_values(before),
        "after": None if after is None else _state_values(after),
        "moved": number(one.moved),
        "moved_exact": exact_text(one.moved),
        "certainty": one.certainty.value,
        "doubts": [{"doubt": each.doubt.value, "about": each.about} for each in one.doubts],
        "course": [number(each) for each in one.course],
    }


def _state_values(one: ObjectiveState) -> PlainValues:
    return {
        "progress": number(one.progress),
        "progress_exact": exact_text(one.progress),
        "health": one.health.level.value,
        "rule": one.health.rule,
        "sentence": one.health.sentence,
    }
