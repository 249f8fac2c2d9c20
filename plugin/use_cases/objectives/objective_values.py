"""Objectives in plain values, for the command line and the API: exact where programs read, rounded where people do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Protocol

from mappings.explain.as_of import PastStanding
from mappings.explain.certainty import sentences
from mappings.explain.check_in import Ruling
from mappings.explain.confidence import SpokenConfidence
from mappings.json_value import PlainValues
from mappings.numbers import WHOLE, percent
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.state import Health, KeyResultState, ObjectiveState
from mappings.write_back.row_sums import describe_sums, sums


def exact_text(value: Fraction | None) -> str | None:
    """`5/8`: the number to its last digit."""
    return None if value is None else str(value)


def percent_text(value: Fraction | None, digits: int = 0, achieved_at: Fraction = WHOLE) -> str:
    """`63 %`, or `unknown`."""
    rounded = percent(value, digits, achieved_at)
    return "unknown" if rounded is None else f"{rounded} %"


class JudgedProgress(Protocol):
    """What has a progress, and a commitment that says from where on it is achieved."""

    @property
    def progress(self) -> Fraction | None: ...
    @property
    def commitment(self) -> str: ...


def progress_text(one: JudgedProgress) -> str:
    """`63 %`, cut where rounding would carry it over what its commitment asks for; or `unknown`."""
    return percent_text(one.progress, 0, ACHIEVED_AT[one.commitment])


def number(value: Fraction | None) -> float | None:
    """For programs that want a float; the exact value stands beside it. What no float can hold is None.

    No float comes out as a whole that is not reached.
    """
    if value is None:
        return None
    try:
        near = float(value)
    except OverflowError:
        return None
    return math.nextafter(near, -math.inf) if value < near and near in (1, 100) else near


def sums_text(state: ObjectiveState) -> str:
    """What is done of all its rows, in words: `2 of 3 issues done, weighing 8 of 10`."""
    return describe_sums(sums(state, None))


def health_values(health: Health) -> dict[str, str]:
    """Health with the rule that fired."""
    return {"level": health.level.value, "rule": health.rule, "sentence": health.sentence}


def key_result_values(key_result: KeyResultState) -> PlainValues:
    """One key result."""
    measured = key_result.measurement
    return {
        "id": key_result.id,
        "key": key_result.key,
        "title": key_result.title,
        "rule": key_result.rule_id,
        "kind": key_result.kind,
        "nature": key_result.nature,
        "contributing": key_result.contributing,
        "weight": exact_text(key_result.weight),
        "progress": number(measured.progress),
        "progress_exact": exact_text(measured.progress),
        "raw": number(measured.raw),
        "start": number(measured.start),
        "current": number(measured.current),
        "target": number(measured.target),
        "measured_at": measured.measured_at.isoformat() if measured.measured_at else None,
        "reason": measured.reason,
        "health": health_values(key_result.health),
        "check_in": None if key_result.check_in is None else ruling_values(key_result.check_in),
        "confidence": None if key_result.confidence is None else confidence_values(key_result.confidence),
    }


def confidence_values(spoken: SpokenConfidence) -> PlainValues:
    """How sure somebody said to be; `points` None where a word was said."""
    told = spoken.confidence
    return {
        "level": told.level.value,
        "points": told.points,
        "by": spoken.by,
        "at": spoken.at.isoformat(),
    }


def ruling_values(ruling: Ruling) -> PlainValues:
    """What was ruled about the check-in of a key result."""
    return {
        "id": ruling.check_in.id,
        "by": ruling.check_in.by,
        "at": ruling.check_in.at.isoformat(),
        "value": number(ruling.check_in.value),
        "note": ruling.check_in.note,
        "shows": ruling.shows.value,
        "asks": ruling.asks,
        "rule": ruling.rule,
        "sentence": ruling.sentence,
        "derived": number(ruling.derived),
    }


def ledger_values(ledger: Ledger) -> PlainValues:
    """A ledger; `exact` is true when its rows sum to its total, as they always must."""
    return {
        "total": exact_text(ledger.total),
        "percent": number(ledger.total * 100) if ledger.total is not None else None,
        "exact": ledger.exact,
        "unseen": ledger.hidden,
        "rows": [contribution_values(row) for row in ledger.rows],
    }


def ledgers_of(state: ObjectiveState) -> PlainValues:
    """The headline's ledger, the one beside it, and one per key result."""
    return {
        "objective": {"id": state.id, "key": state.key, "title": state.title},
        "headline": ledger_values(state.ledger),
        "beside": ledger_values(state.beside),
        "key_results": [
            {"id": one.id, "key": one.key, "title": one.title, **ledger_values(one.measurement.ledger)}
            for one in state.key_results
        ],
    }


def rows_of(state: ObjectiveState, issue: str) -> list[tuple[KeyResultState | None, Contribution]]:
    """The rows of an issue (id or key) behind a number, each with the key result it is a row of; None for the headline itself."""
    ledgers: list[tuple[KeyResultState | None, Ledger]] = [(None, state.ledger), (None, state.beside)]
    ledgers += [(one, one.measurement.ledger) for one in state.key_results]
    named = issue.upper()
    return [(of, row) for of, ledger in ledgers for row in ledger.rows if named in (row.id, row.key.upper())]


def feeds_values(issue: str, states: Iterable[ObjectiveState]) -> PlainValues:
    """Whose numbers an issue is part of, and by which rows."""
    return {
        "issue": issue,
        "feeds": [
            {
                "objective": {"id": state.id, "key": state.key, "title": state.title},
                "progress": exact_text(state.progress),
                "rows": [
                    {
                        "key_result": None if of is None else {"id": of.id, "key": of.key, "title": of.title},
                        **contribution_values(row),
                    }
                    for of, row in rows_of(state, issue)
                ],
            }
            for state in states
        ],
    }


def contribution_values(row: Contribution) -> PlainValues:
    """One row of a ledger."""
    return {
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "status": row.status,
        "disposition": row.disposition.value,
        "weight": exact_text(row.weight),
        "progress": exact_text(row.progress),
        "share": exact_text(row.share),
        "percent_points": number(row.share * 100),
        "reason": row.reason,
    }


def as_of_values(at: datetime, revision: str, stood: PastStanding) -> PlainValues:
    """Of what moment and mapping an answer is, how sure it is, and why it is not surer."""
    return {
        "at": at.isoformat(),
        "mapping_revision": revision,
        "certainty": stood.certainty.value,
        "doubts": [{"doubt": one.doubt.value, "about": one.about} for one in stood.doubts],
        "said": list(sentences(stood.doubts)),
    }
