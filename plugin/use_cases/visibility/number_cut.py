"""An objective without its numbers, for whoever may not see all that counts in it: its health is left. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mappings.explain.movement import Effect, Movement
from mappings.explain.week import WeekMove
from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.state import Cause, Health, Measurement

RESTRICTED = "Its numbers are not shown to you: it counts issues that you may not see."
NUMBERS = (
    "progress",
    "delivery",
    "outcome",
    "expected",
    "pace",
    "stands",
    "wanted",
    "before",
    "after",
    "value",
    "score",
    "shown",
)
"""What parts that hold a number are called where it may be a text."""
LISTS = ("key_results", "history", "changes", "causes", "rows", "check_ins")
"""The parts that are lists of what only numbers are made of."""
SAID = ("sentence", "text", "said", "note", "reason", "why", "words")
HELD = ("state", "saved", "place", "check_in", "objective")
"""The parts that hold the objective of which something is told."""
OF_OBJECTIVE = ("objective_id", "issue_id", "id", "key", "issue_key", "objective")
ONLY_NUMBERS = (Movement, WeekMove, Contribution, Effect)
UNTOLD = Measurement(None, None, Cause.UNKNOWN, RESTRICTED)


def objective_in(
    value: object, names: Iterable[str], part: Callable[[object, str], object], ids: Mapping[str, str]
) -> str | None:
    """The objective without numbers that a value is of; None where it is of none. `ids` are theirs by id and key."""
    names = list(names)
    for name in OF_OBJECTIVE:
        said = part(value, name) if name in names else None
        if isinstance(said, str) and said in ids:
            return ids[said]
    return None


def bare_part(name: str, value: object) -> object:
    """One part of what is told of such an objective. Whole numbers count things: they stay, but for the points of a line."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (Fraction, Decimal, float, *ONLY_NUMBERS)):
        return None
    if isinstance(value, Ledger):
        return Ledger()
    if isinstance(value, Measurement):
        return UNTOLD
    if isinstance(value, Health):
        return replace(value, rule="restricted", sentence=RESTRICTED, pace=None, row="", row_rule="")
    if name in LISTS and isinstance(value, Sequence) and not isinstance(value, str):
        return type(value)()
    if name == "flags" and isinstance(value, tuple):
        return (RESTRICTED,)
    if name == "points" and isinstance(value, int):
        return 0
    if name == "forecast":
        return None
    if name in SAID and isinstance(value, str):
        return RESTRICTED if any(one.isdigit() for one in value) else value
    if is_dataclass(value) and not isinstance(value, type):
        return bare(value)
    return _bare_text(name, value)


def bare(value: object) -> object:
    """All that is told of such an objective in one value, without what is a number."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {one.name: bare_part(one.name, getattr(value, one.name)) for one in fields(value) if one.init}
    return replace(value, **parts)


def _bare_text(name: str, value: object) -> object:
    if name.endswith(("_text", "_exact")):
        return None
    if name.removesuffix("_before") in NUMBERS and not isinstance(value, Mapping):
        return "" if name in ("stands", "wanted", "before", "after") and isinstance(value, str) else None
    return value
