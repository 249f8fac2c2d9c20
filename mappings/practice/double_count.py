"""What counts more than once: issues under several objectives of a cycle, key results of several, readings that two share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mappings.rollup.rows.ledger import CLOSING, DERIVED, Contribution
from mappings.rollup.rows.weights import COUNTING
from mappings.rollup.state import ObjectiveState


@dataclass(frozen=True, slots=True)
class CountedIssue:
    """An issue and the objectives under which it is a counted row, each once, in their order."""

    id: str
    key: str
    title: str
    objectives: tuple[ObjectiveState, ...]

    @property
    def excess(self) -> int:
        """How often it counts beside the one time that it should."""
        return len(self.objectives) - 1


def work_rows(state: ObjectiveState) -> Iterator[Contribution]:
    """The rows of its key results that stand for issues, whatever became of them."""
    for one in state.key_results:
        yield from (row for row in one.measurement.ledger.rows if row.id not in (DERIVED, CLOSING))


def counted_issues(states: Iterable[ObjectiveState]) -> tuple[CountedIssue, ...]:
    """Every issue that is a counted row, in the order in which the objectives name them."""
    under: dict[str, dict[str, ObjectiveState]] = defaultdict(dict)
    rows: dict[str, Contribution] = {}
    for state in states:
        for row in work_rows(state):
            if row.disposition in COUNTING:
                under[row.id].setdefault(state.id, state)
                rows.setdefault(row.id, row)
    return tuple(
        CountedIssue(id_, rows[id_].key, rows[id_].title, tuple(found.values()))
        for id_, found in under.items()
    )


def excess(counted: Iterable[CountedIssue]) -> int:
    """Of all of them, how many counts are too many."""
    return sum(one.excess for one in counted)


def shared_key_results(states: Iterable[ObjectiveState]) -> dict[str, tuple[ObjectiveState, ...]]:
    """The issues that are key results of several objectives, by id."""
    of: dict[str, dict[str, ObjectiveState]] = defaultdict(dict)
    for state in states:
        for one in state.key_results:
            if one.issue_id is not None:
                of[one.issue_id].setdefault(state.id, state)
    return {id_: tuple(found.values()) for id_, found in of.items() if len(found) > 1}


def counted_below(
    states: Sequence[ObjectiveState],
) -> tuple[tuple[ObjectiveState, ObjectiveState, tuple[str, ...]], ...]:
    """An objective, one that contributes to it, and the keys of the issues that reach it by both ways."""
    by_id = {state.id: state for state in states}
    keys = {
        state.id: {row.id: row.key for row in work_rows(state) if row.disposition in COUNTING}
        for state in states
    }
    found = []
    for above in states:
        for row in above.ledger.rows:
            below = by_id.get(row.id)
            if below is None or row.disposition not in COUNTING or below is above:
                continue
            both = keys[above.id].keys() & keys[below.id].keys()
            if both:
                found.append((above, below, tuple(key for id_, key in keys[above.id].items() if id_ in both)))
    return tuple(found)


def same_readings(
    states: Iterable[ObjectiveState], read: Mapping[tuple[str, str], str]
) -> tuple[tuple[ObjectiveState, str, str], ...]:
    """An objective and two of its key results that read one field of one issue; `read` is the field by rule and rule of the key result."""
    found = []
    for state in states:
        outcomes = [(one, read.get((state.rule_id, one.rule_id))) for one in state.key_results]
        for (one, field), (other, another) in combinations(outcomes, 2):
            if field is not None and field == another and one.issue_id == other.issue_id is not None:
                found.append((state, one.title, other.title))
    return tuple(found)
