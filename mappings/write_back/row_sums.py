"""Sums over the rows of an objective or key result: how many issues are in its number, how many of them are done, and what they weigh.

What people script by hand for epics, with the dispositions of the ledger: excluded issues, gaps and parents that are measured by their
children are in no sum; what was closed as not achieved is, and is not done. None where no row is an issue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mappings.numbers import plain
from mappings.rollup.rows.ledger import Contribution, Disposition
from mappings.rollup.rows.sums import ENTERING
from mappings.rollup.state import KeyResultState, ObjectiveState

ONE = Fraction(1)
GAPS = frozenset({Disposition.UNKNOWN, Disposition.GAP})


@dataclass(frozen=True, slots=True)
class Sums:
    """`issues` and their `weight`, and how much of both is done."""

    issues: Fraction
    issues_done: Fraction
    weight: Fraction
    weight_done: Fraction


def sums(objective: ObjectiveState | None, key_result: KeyResultState | None) -> Sums | None:
    """Those of a key result, else of all key results of the objective; an issue that several have is one."""
    rows = [row for row in _rows(objective, key_result) if row.disposition in ENTERING]
    if not rows:
        return None
    done = [row for row in rows if row.progress is not None and row.progress >= ONE]
    return Sums(_issues(rows), _issues(done), _weight(rows), _weight(done))


def describe_sums(found: Sums | None) -> str:
    """Sums as people read them: `2 of 3 issues done, weighing 8 of 10`; the weight only where it says something else."""
    if found is None:
        return "no row is an issue that can be counted"
    issues = f"{plain(found.issues_done)} of {plain(found.issues)} {'issue' if found.issues == ONE else 'issues'} done"
    if (found.weight, found.weight_done) == (found.issues, found.issues_done):
        return issues
    return f"{issues}, weighing {plain(found.weight_done)} of {plain(found.weight)}"


def gap_count(objective: ObjectiveState | None, key_result: KeyResultState | None) -> Fraction:
    """Rows whose progress nobody knows."""
    return Fraction(sum(1 for row in _rows(objective, key_result) if row.disposition in GAPS))


def _rows(objective: ObjectiveState | None, key_result: KeyResultState | None) -> Iterator[Contribution]:
    """The rows that are issues; what stands for a key result itself is none."""
    results = (key_result,) if key_result is not None else objective.key_results if objective else ()
    for one in results:
        yield from (row for row in one.measurement.ledger.rows if row.id.isdigit() and row.id != one.issue_id)


def _issues(rows: list[Contribution]) -> Fraction:
    return Fraction(len({row.id for row in rows}))


def _weight(rows: list[Contribution]) -> Fraction:
    return sum((row.weight or Fraction(0) for row in rows), Fraction(0))
