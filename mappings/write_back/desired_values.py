"""What the places that are written shall hold for one objective and its key results, by the `write_back` rules.

One issue may be a key result of several objectives. What is written to it then depends on the objective (expected progress,
pace), so one of them has to speak for it: the first in id order. `owners` says which that is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cache

from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.forest import issue_order
from mappings.facts.issue import Issue
from mappings.forecast.objective import ObjectiveForecast, forecast, issues_of
from mappings.numbers import WHOLE, count_of, percent
from mappings.rollup.cycles.cycle import cycle_in_span
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.sums import ENTERING
from mappings.rollup.state import HealthLevel, KeyResultState, ObjectiveState
from mappings.write_back.target import Aim, Place, WriteBasis
from mappings.write_back.targets import aims_of
from mappings.write_back.values import LABELS, Figures

Lookup = Callable[[str], Issue | None]
"""Gives the mirrored issue of an id, None where the mirror does not hold it: `Forest.issue`, `dict.get`."""


@dataclass(frozen=True, slots=True)
class DesiredValue:
    """One place of one issue and the JSON value it shall hold; None clears. `value` names what it shows (`progress_percent`)."""

    issue_id: str
    issue_key: str
    place: Place
    raw: object
    value: str
    stays: bool = False
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Owners:
    """Who speaks for an issue: `themselves` are those that are objectives or plain parents, with the id of the rule; `key_results` and `rows`
    say whose such an issue is.
    """

    themselves: Mapping[str, str] = field(default_factory=dict)
    key_results: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)


def owners(mapping: BoundMapping, states: Iterable[ObjectiveState], today: date | None = None) -> Owners:
    """Ownership among these objectives: the issue of a key result or a row belongs to the first objective in id order that has it.

    Whoever's cycle has ended by `today` comes after all others: what goes on elsewhere shows how it stands there.
    """

    def order(state: ObjectiveState) -> tuple[bool, object]:
        cycle = mapping.cycles.get(state.cycle_id)
        return bool(cycle and today and cycle.end < today), issue_order(state.id)

    ordered = sorted(states, key=order)
    claimed: dict[str, str] = {}
    counted: dict[str, str] = {}
    of_row = writes_to(mapping, "row")
    for state in ordered:
        for key_result in state.key_results:
            if key_result.issue_id is not None:
                claimed.setdefault(key_result.issue_id, state.id)
        for issue_id in counting_rows(state) if of_row else ():
            counted.setdefault(issue_id, state.id)
    own = {state.issue_id: state.rule_id for state in ordered if state.issue_id is not None}
    return Owners(own, claimed, counted)


def writes_to(mapping: BoundMapping, target: str) -> bool:
    """Whether a rule writes to such issues."""
    return any(rule.target == target for rule in mapping.document.write_back)


def counting_rows(state: ObjectiveState) -> tuple[str, ...]:
    """The issues that count for an objective and are neither itself nor a key result of it, each once; a plain parent has no such."""
    if state.plain:
        return ()
    own = {state.issue_id, *(one.issue_id for one in state.key_results)}
    rows = (row for one in state.key_results for row in one.measurement.ledger.rows)
    ids = (row.id for row in rows if row.disposition in ENTERING and row.id.isdigit())
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ not in own))


def desired_values(
    mapping: BoundMapping,
    state: ObjectiveState,
    actual: Lookup,
    basis: WriteBasis = WriteBasis(),  # noqa: B008
    owned: Owners | None = None,
) -> tuple[DesiredValue, ...]:
    """What is desired for one objective, each (issue, place) once: the rule written first wins, objective before key result.

    Nothing where nothing of it is to be written. Left out: issues that the mirror does not hold (`actual`), archived ones, which Jira lets nobody edit, key results whose issue another objective speaks for, and what a place leaves as it is (`Aim.make`).
    """
    found: dict[tuple[str, str], DesiredValue] = {}
    if state.unwritten:
        return ()
    cycle = cycle_in_span(mapping.cycles.get(state.cycle_id), state.span)
    until = cycle.end if cycle is not None else None
    outlook = _outlook(mapping, state, actual, basis)
    for issue_id, plain, aims in subjects(mapping, state, owned or Owners()):
        issue = actual(issue_id)
        figures = replace(plain, issue=issue, outlook=outlook)
        for aim in aims:
            if issue is None or issue.archived or (issue_id, aim.place.id) in found:
                continue
            made = aim.make(figures, basis)
            if made is not None:
                found[issue_id, aim.place.id] = DesiredValue(
                    issue_id=issue_id,
                    issue_key=issue.key,
                    place=aim.place,
                    raw=made.raw,
                    value=aim.value,
                    stays=aim.stays,
                    until=until,
                )
    return tuple(found.values())


def _outlook(
    mapping: BoundMapping, state: ObjectiveState, actual: Lookup, basis: WriteBasis
) -> Callable[[], ObjectiveForecast | None]:
    """Makes the forecast of an objective, once, and only where somebody asks for it."""
    moment = basis.moment

    @cache
    def made() -> ObjectiveForecast | None:
        if moment is None:
            return None
        found = ((id_, actual(id_)) for id_ in issues_of(state))
        return forecast(mapping, state, {id_: issue for id_, issue in found if issue is not None}, moment)

    return made


Subject = tuple[str, Figures, Sequence[Aim]]


def subjects(mapping: BoundMapping, state: ObjectiveState, owned: Owners) -> Iterator[Subject]:
    """Every issue this objective speaks for: its id, figures, and what is set on it."""
    zone = mapping.zone
    for id_, key_result, free in _spoken_for(mapping, state, owned):
        if key_result is not None:
            yield id_, replace(key_result_figures(key_result, state), zone=zone), free
        elif id_ == state.issue_id:
            yield id_, replace(objective_figures(state), zone=zone), free
        else:
            yield id_, row_figures(id_, state), free


def _spoken_for(
    mapping: BoundMapping, state: ObjectiveState, owned: Owners
) -> Iterator[tuple[str, KeyResultState | None, Sequence[Aim]]]:
    """Every issue it speaks for, itself first: the key result it is, where it is one, and what is set on it."""
    if state.issue_id is not None:
        yield state.issue_id, None, own_aims(mapping, state.rule_id)
    of_key_result = aims(mapping, "key_result")
    for key_result in state.key_results:
        id_ = key_result.issue_id
        if id_ is None or owned.key_results.get(id_, state.id) != state.id:
            continue
        itself = owned.themselves.get(id_)
        reserved: Collection[str] = () if itself is None else own_places(mapping, itself)
        yield id_, key_result, [aim for aim in of_key_result if aim.place.id not in reserved]
    of_row = aims(mapping, "row")
    for id_ in counting_rows(state) if of_row else ():
        if owned.rows.get(id_, state.id) == state.id:
            yield id_, None, of_row


def places(mapping: BoundMapping, state: ObjectiveState, owned: Owners) -> frozenset[tuple[str, str]]:
    """Issue and place id of everything this objective speaks for, whether there is a value for it or not."""
    return frozenset(
        (issue_id, aim.place.id) for issue_id, _, aims in _spoken_for(mapping, state, owned) for aim in aims
    )


def own_aims(mapping: BoundMapping, rule_id: str) -> Sequence[Aim]:
    """What the rules want of an issue that the rule of this id selects: an objective, or a plain parent."""
    rule = mapping.parent_rule(rule_id)
    if rule is None or rule.sums is None:
        return aims(mapping, "objective")
    return list(aims_of(rule.sums, mapping.fields))


def own_places(mapping: BoundMapping, rule_id: str) -> frozenset[str]:
    """The ids of the places of these."""
    return frozenset(aim.place.id for aim in own_aims(mapping, rule_id))


def aims(mapping: BoundMapping, target: str) -> Sequence[Aim]:
    """What the rules want of this kind of issue, in the order they are written."""
    return mapping.aims(target)


def objective_figures(state: ObjectiveState) -> Figures:
    """An objective has no raw progress of its own: over-achievement is shown per key result."""
    return Figures(
        progress=state.progress,
        raw=state.progress,
        delivery=state.delivery,
        outcome=state.outcome,
        expected=state.expected,
        pace=state.pace,
        health=state.health.level,
        summary=summary(
            state.progress, state.health.level, state.expected, state.key_results, state.commitment
        ),
        achieved_at=ACHIEVED_AT[state.commitment],
        objective=state,
        issue_id=state.issue_id,
    )


def key_result_figures(key_result: KeyResultState, state: ObjectiveState) -> Figures:
    """A key result runs on its objective's clock, and has the number of its own nature alone."""
    progress, expected = key_result.measurement.progress, state.expected
    return Figures(
        progress=progress,
        raw=key_result.measurement.raw,
        delivery=progress if key_result.nature == "delivery" else None,
        outcome=progress if key_result.nature == "outcome" else None,
        expected=expected,
        pace=progress / expected if progress is not None and expected else None,
        health=key_result.health.level,
        summary=summary(progress, key_result.health.level, expected, commitment=key_result.commitment),
        achieved_at=ACHIEVED_AT[key_result.commitment],
        objective=state,
        key_result=key_result,
        issue_id=key_result.issue_id,
    )


def row_figures(issue_id: str, state: ObjectiveState) -> Figures:
    """A row has no figures of its own: what is said of it is what it counts for."""
    return Figures(
        progress=None,
        raw=None,
        delivery=None,
        outcome=None,
        expected=None,
        pace=None,
        health=HealthLevel.UNKNOWN,
        summary="",
        objective=state,
        issue_id=issue_id,
    )


def summary(
    progress: Fraction | None,
    health: HealthLevel,
    expected: Fraction | None,
    key_results: tuple[KeyResultState, ...] = (),
    commitment: str = "committed",
) -> str:
    """One line for people: `62 % · at risk · expected 71 % · 3 key results (1 unknown)`."""
    parts = ["progress unknown" if progress is None else shown_percent(progress, ACHIEVED_AT[commitment])]
    if not (progress is None and health is HealthLevel.UNKNOWN):
        parts.append(LABELS[health].lower())
    if expected is not None:
        parts.append(f"expected {shown_percent(expected)}")
    if key_results:
        parts.append(count_key_results(key_results))
    return " · ".join(parts)


def count_key_results(key_results: tuple[KeyResultState, ...]) -> str:
    """`3 key results (1 unknown)`."""
    unknown = sum(1 for key_result in key_results if key_result.measurement.progress is None)
    return count_of(len(key_results), "key result") + (f" ({unknown} unknown)" if unknown else "")


def shown_percent(share: Fraction, achieved_at: Fraction = WHOLE) -> str:
    """A share as people read it: `62 %`."""
    return f"{percent(share, 0, achieved_at)} %"
