"""What a key result came to by each part of its movement, where it moved as a whole: by what it is measured against, by its reading,
by what was said of it, by the clock. A cause is taken from what the number depends on: a status moves no metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from mappings.explain.check_in import Ruling, ShownSource
from mappings.numbers import percent, plain
from mappings.progress import RULE_OF_KIND
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import KeyResultState, Measurement


class MovementPart(StrEnum):
    """The parts of a movement, in the order in which they are computed."""

    REMAPPED = "re-mapped"
    RETARGETED = "re-targeted"
    REMOVED = "removed"
    RE_ESTIMATED = "re-estimated"
    PROGRESSED = "progressed"
    ADDED = "added"
    SAID = "said"
    TIME = "time"


class Stage(NamedTuple):
    """The progress a key result has after one part of its movement, and why."""

    part: MovementPart
    progress: Fraction
    why: str = ""


def shown_check_in(state: KeyResultState) -> Ruling | None:
    """The check-in that a key result shows, or None where it shows what is derived."""
    ruling = state.check_in
    return None if ruling is None or ruling.shows is ShownSource.DERIVED else ruling


def derived_ledger(state: KeyResultState) -> Ledger:
    """The ledger of what is derived, without what was said in its place."""
    ledger, ruling = state.measurement.ledger, shown_check_in(state)
    if ruling is None:
        return ledger
    rows = tuple(row for row in ledger.rows if row.disposition is not Disposition.CHECKED_IN)
    return replace(ledger, rows=rows, total=ruling.derived)


def stages(
    old: KeyResultState, new: KeyResultState, before: Contribution, after: Contribution, *, by_rows: bool
) -> Iterator[Stage]:
    """The stages of a key result that has a progress at both moments; `by_rows` where its rows tell what was derived."""
    progress = after.progress or Fraction(0)
    was, is_now = shown_check_in(old), shown_check_in(new)
    if Disposition.NOT_ACHIEVED in (before.disposition, after.disposition):
        yield Stage(MovementPart.PROGRESSED, progress, closed_words(before, after))
    elif was is not None and is_now is not None and was.check_in == is_now.check_in:
        if is_retargeted(old.measurement, new.measurement):
            yield Stage(MovementPart.RETARGETED, progress, aim_words(old.measurement, new.measurement))
        else:
            yield Stage(MovementPart.TIME if new.measurement.clocked else MovementPart.SAID, progress, CLOCK)
    else:
        if was is None and not by_rows:
            yield from _measured(old, new, progress if is_now is None else is_now.derived)
        if was is not None or is_now is not None:
            yield Stage(MovementPart.SAID, progress, said_words(old, new))


CLOCK = "the time in its band"


def _measured(old: KeyResultState, new: KeyResultState, progress: Fraction | None) -> Iterator[Stage]:
    """From the derived progress before to the one after."""
    if progress is None:
        return
    before, after, rule = old.measurement, new.measurement, RULE_OF_KIND.get(new.kind)
    if is_retargeted(before, after):
        read = before.current
        known = None if read is None or rule is None else rule.at_reading(after, read)
        yield Stage(MovementPart.RETARGETED, progress if known is None else known, aim_words(before, after))
        if known is None:
            return
    if before.clocked and after.clocked:
        yield Stage(MovementPart.TIME, progress, CLOCK)
    else:
        yield Stage(MovementPart.PROGRESSED, progress, reading_words(old, new))


def is_retargeted(before: Measurement, after: Measurement) -> bool:
    """Whether a key result is measured against something else. What was kept before bands were tells of none."""
    if before.progress is not None and (before.at_least, before.at_most, before.target) == (None, None, None):
        band = after.at_least is not None or after.at_most is not None
        if band:
            return False
    return _aim(before) != _aim(after)


def _aim(measurement: Measurement) -> dict[str, Fraction | None]:
    return {
        "start": measurement.start,
        "target": measurement.target,
        "at least": measurement.at_least,
        "at most": measurement.at_most,
        "tolerance": measurement.tolerance,
    }


def aim_words(before: Measurement, after: Measurement) -> str:
    """What it is measured against now: `target 100 → 120`."""
    old, new = _aim(before), _aim(after)
    told = (_changed(name, old[name], new[name]) for name in old if old[name] != new[name])
    return ", ".join(told)


def _changed(name: str, before: Fraction | None, after: Fraction | None) -> str:
    if before is None and after is not None:
        return f"{name} set to {plain(after)}"
    return f"{name} {_figure(before)} → {_figure(after)}"


def _figure(value: Fraction | None) -> str:
    return "none" if value is None else plain(value)


def reading_words(old: KeyResultState, new: KeyResultState) -> str:
    """What its number was taken from: a status where its rule asks for one, else its reading; empty where neither tells."""
    rule = RULE_OF_KIND.get(new.kind)
    if rule is not None and rule.by_status:
        return f"moved to {new.status}" if new.status and old.status != new.status else ""
    ruling = shown_check_in(new)
    if ruling is not None:
        return derived_words(old.measurement.progress, ruling.derived)
    before, after = old.measurement.current, new.measurement.current
    if before == after:
        return ""
    return _changed("reading", before, after)


def derived_words(before: Fraction | None, after: Fraction | None) -> str:
    """How far what is derived went while a check-in stands in its place: the row itself shows what was said."""
    if before is None or after is None or before == after:
        return ""
    return f"derived progress {percent(before)} % → {percent(after)} %"


def said_words(old: KeyResultState, new: KeyResultState) -> str:
    """Who said what, or whose word no longer stands."""
    was, is_now = shown_check_in(old), shown_check_in(new)
    if is_now is not None:
        return f"{is_now.check_in.by} checked in {is_now.check_in.said}"
    if was is not None:
        return f"{was.check_in.by}’s check-in of {was.check_in.said} no longer stands"
    return ""


def closed_words(before: Contribution, after: Contribution) -> str:
    """How a key result was closed as not achieved, or that it was opened again."""
    if after.disposition is Disposition.NOT_ACHIEVED:
        return after.reason
    return f"no longer {before.reason}"
