"""Which numbers an issue feeds: of which objective, which of its numbers, and where that stands now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from connectors.store.numbers import objectives
from mappings.rollup.rows.ledger import Contribution, Disposition
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, question

FedNumber = Literal["Progress", "Delivery", "Outcome"]
IN_IT = (Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN)


@dataclass(frozen=True, slots=True)
class FedFigure:
    """A number of an objective that one issue is part of, as a share of 1 (None: unknown).

    `left_out` says why the issue does not count in it, empty where it does.
    """

    objective: str
    title: str
    number: FedNumber
    value: Fraction | None
    left_out: str = ""


@question(VIEWER)
def fed_numbers(connector: Connector, _actor: Actor, site: str) -> Mapping[str, tuple[FedFigure, ...]]:
    """By the id of each issue that is part of a number: the numbers it feeds."""
    found: dict[str, list[FedFigure]] = defaultdict(list)
    with connector.store.read() as conn:
        for saved in objectives.load_objectives(conn, site):
            for id_, fed in fed_by(saved.state):
                found[id_].append(fed)
    return {id_: tuple(fed) for id_, fed in found.items()}


def fed_by(state: ObjectiveState) -> Iterator[tuple[str, FedFigure]]:
    """The issues behind an objective, each with the number that it feeds first: its progress, or one beside that."""
    known: dict[str, FedFigure] = {}
    for one in sorted(state.key_results, key=lambda one: not one.contributing):
        number, value = _number(state, one)
        if one.issue_id:
            known.setdefault(one.issue_id, _fed(state, number, value))
        for row in one.measurement.ledger.rows:
            known.setdefault(row.id, _fed(state, number, value, row))
    yield from known.items()


def _number(state: ObjectiveState, one: KeyResultState) -> tuple[FedNumber, Fraction | None]:
    if one.contributing:
        return "Progress", state.progress
    return ("Delivery", state.delivery) if one.nature == "delivery" else ("Outcome", state.outcome)


def _fed(
    state: ObjectiveState, number: FedNumber, value: Fraction | None, row: Contribution | None = None
) -> FedFigure:
    left_out = "" if row is None or row.disposition in IN_IT else row.reason
    return FedFigure(
        objective=state.key or state.id, title=state.title, number=number, value=value, left_out=left_out
    )
