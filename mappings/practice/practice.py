"""How well a team keeps to the craft of OKRs in a cycle: a few shares, what is behind each, what to do, and who says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mappings.numbers import count_of
from mappings.practice.double_count import CountedIssue, counted_issues
from mappings.practice.lint import MOST
from mappings.rollup.state import Cause, HealthLevel, KeyResultState, ObjectiveState


class Aspect(StrEnum):
    """What of the craft is looked at."""

    MEASURABLE = "measurable"
    OWNED = "owned"
    OUTCOME = "outcome"
    FRESH = "fresh"
    FEW_OBJECTIVES = "few_objectives"
    FEW_KEY_RESULTS = "few_key_results"
    ALIGNED = "aligned"
    COUNTED_ONCE = "counted_once"


@dataclass(frozen=True, slots=True)
class PracticeGap:
    """One thing that does not meet an aspect: what it is (an objective, a key result, an issue), and why it does not."""

    id: str
    key: str
    title: str
    why: str
    objective: str
    """The id of the objective that it belongs to."""


@dataclass(frozen=True, slots=True)
class PracticeMeasure:
    """How many meet an aspect, of how many; `behind` are those that do not. `share` is unknown where there is nothing to look at."""

    aspect: Aspect
    met: int
    of: int
    behind: tuple[PracticeGap, ...] = ()

    @property
    def share(self) -> Fraction | None:
        """From 0 to 1."""
        return Fraction(self.met, self.of) if self.of else None

    @property
    def kept(self) -> bool:
        """Whether there is nothing to advise. Work may stand beside outcomes: their share need not be the whole."""
        return not self.behind


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice of one team (its project where the mapping knows no teams; empty for objectives without either) in one cycle."""

    team: str
    objectives: int
    key_results: int
    measures: tuple[PracticeMeasure, ...]


@dataclass(frozen=True, slots=True)
class AspectWords:
    """What an aspect asks, what to do where it is not met, and the source of that."""

    label: str
    asks: str
    advice: str
    source: str


DOERR = "John Doerr, Measure What Matters"
PLAYBOOK = "Google's OKR playbook, whatmatters.com/resources/google-okr-playbook"
OWN = "our own measure"

COUNSEL: Mapping[Aspect, AspectWords] = {
    Aspect.MEASURABLE: AspectWords(
        "Measurable",
        "Can every key result be computed?",
        "give each key result what it lacks: a start, a target, a field that holds a number",
        PLAYBOOK,
    ),
    Aspect.OWNED: AspectWords(
        "Owned",
        "Does every objective and every key result have a person?",
        "assign each to one person, who answers for it",
        DOERR,
    ),
    Aspect.OUTCOME: AspectWords(
        "Outcomes",
        "Do key results measure what the work achieves, not the work?",
        "give each objective a key result that measures an outcome",
        PLAYBOOK,
    ),
    Aspect.FRESH: AspectWords(
        "Fresh",
        "Has every metric been read lately?",
        "read the metrics, or check in, at least every two weeks",
        DOERR,
    ),
    Aspect.FEW_OBJECTIVES: AspectWords(
        "Few objectives",
        "Are there at most five objectives?",
        "choose the three to five that matter most",
        DOERR,
    ),
    Aspect.FEW_KEY_RESULTS: AspectWords(
        "Few key results",
        "Has no objective more than five key results?",
        "keep the three to five that matter most",
        DOERR,
    ),
    Aspect.ALIGNED: AspectWords(
        "Aligned",
        "Does every objective serve another, or is it served?",
        "say which objective each one serves, or leave it out",
        DOERR,
    ),
    Aspect.COUNTED_ONCE: AspectWords(
        "Counted once",
        "Does no issue count under two objectives?",
        "let each issue count under the objective that it serves first",
        OWN,
    ),
}
"""What each aspect asks, in the order in which they are shown."""


def team_name(state: ObjectiveState) -> str:
    """Who an objective belongs to: its team, else its project."""
    return state.team or state.project_key


def practices(states: Iterable[ObjectiveState], served: Collection[str] = ()) -> tuple[Practice, ...]:
    """The practice of every team that has objectives among these, which are all of one cycle, by name.

    `served` are the ids of all objectives of the site that others are aligned to, whichever cycle those run in.
    """
    every = [state for state in states if not state.plain]
    teams: dict[str, list[ObjectiveState]] = defaultdict(list)
    for state in every:
        teams[team_name(state)].append(state)
    counted = counted_issues(every)
    above = {target for state in every for target in state.aligned_to} | set(served)
    return tuple(_practice(team, teams[team], above, counted) for team in sorted(teams))


def _practice(
    team: str, states: Sequence[ObjectiveState], served: Collection[str], counted: Sequence[CountedIssue]
) -> Practice:
    pairs = [(state, one) for state in states for one in standing_key_results(state)]
    return Practice(
        team,
        len(states),
        len(pairs),
        (
            _measurable(states, pairs),
            _owned(states, pairs),
            _outcome(states, pairs),
            _fresh(pairs),
            _few_objectives(states),
            _of_objectives(Aspect.FEW_KEY_RESULTS, states, _many),
            _of_objectives(Aspect.ALIGNED, states, lambda one: _alone(one, served)),
            _counted_once(states, counted),
        ),
    )


def standing_key_results(state: ObjectiveState) -> tuple[KeyResultState, ...]:
    """Its key results but for those that were closed and left out."""
    return tuple(one for one in state.key_results if one.health.rule != "excluded")


Pairs = Sequence[tuple[ObjectiveState, KeyResultState]]


def _measurable(states: Sequence[ObjectiveState], pairs: Pairs) -> PracticeMeasure:
    bare = [state for state in states if not standing_key_results(state) and state.progress is None]
    behind = [_objective(one, "it has no key results, and nothing contributes to it") for one in bare]
    failed = [(state, one) for state, one in pairs if one.measurement.cause is Cause.UNKNOWN]
    behind += [_key_result(state, one, one.measurement.reason) for state, one in failed]
    of = len(pairs) + len(bare)
    return PracticeMeasure(Aspect.MEASURABLE, of - len(behind), of, tuple(behind))


def _owned(states: Sequence[ObjectiveState], pairs: Pairs) -> PracticeMeasure:
    issues = [(state, one) for state, one in pairs if one.issue_id is not None]
    behind = [_objective(state, "nobody owns it") for state in states if state.owner is None]
    behind += [_key_result(state, one, "nobody owns it") for state, one in issues if one.owner is None]
    of = len(states) + len(issues)
    return PracticeMeasure(Aspect.OWNED, of - len(behind), of, tuple(behind))


def _outcome(states: Sequence[ObjectiveState], pairs: Pairs) -> PracticeMeasure:
    """By key results; behind it are the objectives that have no outcome at all."""
    met = sum(one.nature == "outcome" for _, one in pairs)
    work = [
        one
        for one in states
        if standing_key_results(one) and all(kr.nature != "outcome" for kr in standing_key_results(one))
    ]
    behind = tuple(_objective(one, "its work alone is measured") for one in work)
    return PracticeMeasure(Aspect.OUTCOME, met, len(pairs), behind)


def _fresh(pairs: Pairs) -> PracticeMeasure:
    """Of the outcomes that can be computed: those that were read, and lately enough for their cycle."""
    read = [
        (state, one)
        for state, one in pairs
        if one.nature == "outcome" and one.measurement.cause is not Cause.UNKNOWN
    ]
    behind = tuple(
        _key_result(state, one, one.health.sentence)
        for state, one in read
        if one.health.level is HealthLevel.PENDING
    )
    return PracticeMeasure(Aspect.FRESH, len(read) - len(behind), len(read), behind)


def _few_objectives(states: Sequence[ObjectiveState]) -> PracticeMeasure:
    """At most five meet it; the share falls with each that is beyond."""
    number = len(states)
    why = f"one of {count_of(number, 'objective')}"
    behind = tuple(_objective(one, why) for one in states) if number > MOST else ()
    return PracticeMeasure(Aspect.FEW_OBJECTIVES, min(number, MOST), number, behind)


def _of_objectives(
    aspect: Aspect, states: Sequence[ObjectiveState], fault: Callable[[ObjectiveState], str]
) -> PracticeMeasure:
    behind = tuple(_objective(one, why) for one in states if (why := fault(one)))
    return PracticeMeasure(aspect, len(states) - len(behind), len(states), behind)


def _many(state: ObjectiveState) -> str:
    number = len(standing_key_results(state))
    return f"it has {count_of(number, 'key result')}" if number > MOST else ""


def _alone(state: ObjectiveState, served: Collection[str]) -> str:
    return "" if state.aligned_to or state.id in served else "it serves no objective, and none serves it"


def _counted_once(states: Sequence[ObjectiveState], counted: Sequence[CountedIssue]) -> PracticeMeasure:
    """Of the issues that count under these objectives; one that counts under two of the cycle is behind it, whosever the other is."""
    ids = {state.id for state in states}
    mine = [one for one in counted if any(each.id in ids for each in one.objectives)]
    behind = tuple(
        PracticeGap(id=one.id, key=one.key, title=one.title, why=_counts(one), objective=one.objectives[0].id)
        for one in mine
        if one.excess
    )
    return PracticeMeasure(Aspect.COUNTED_ONCE, len(mine) - len(behind), len(mine), behind)


def _counts(one: CountedIssue) -> str:
    return f"it counts under {' and '.join(each.key or each.id for each in one.objectives)}"


def _objective(state: ObjectiveState, why: str) -> PracticeGap:
    return PracticeGap(id=state.id, key=state.key, title=state.title, why=why, objective=state.id)


def _key_result(state: ObjectiveState, one: KeyResultState, why: str) -> PracticeGap:
    return PracticeGap(id=one.id, key=one.key, title=one.title, why=why, objective=state.id)
