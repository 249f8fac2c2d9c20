"""The mark of what was looked at before a cycle is closed: it holds while every number holds, and tells which do not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.cycles.closing_preview import ObjectiveScore, describe_change, mark_of
from mappings.rollup.cycles.score import Score
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState


def one(key: str, progress: str | None, level: str = "on_track", row: str = "1/2") -> ObjectiveScore:
    value = None if progress is None else Fraction(progress)
    rows = (Contribution("9", "PLAT-9", "A story", Disposition.COUNTED, "", Fraction(1), Fraction(row)),)
    health = Health(HealthLevel(level), "progress", f"It is {level}.")
    state = ObjectiveState(key[-2:], "epics", "Faster", value, health, Ledger(rows, value), key=key)
    return ObjectiveScore(state, Score(value, "committed"))


SEEN = (one("PLAT-12", "9/20"), one("PLAT-13", "1"))


@pytest.mark.parametrize(
    ("now", "revision", "said"),
    [
        (SEEN, "4f1c", ""),
        (SEEN[::-1], "4f1c", ""),
        ((one("PLAT-12", "1/2"), SEEN[1]), "4f1c", "PLAT-12 is another: it scores 0.50 now, on track"),
        (
            (one("PLAT-12", "9/20", "off_track"), SEEN[1]),
            "4f1c",
            "PLAT-12 is another: it scores 0.45 now, off track",
        ),
        (
            (one("PLAT-12", "9/20", row="1/3"), SEEN[1]),
            "4f1c",
            "PLAT-12 is another: it scores 0.45 now, on track",
        ),
        ((one("PLAT-12", None), SEEN[1]), "4f1c", "PLAT-12 is another: it scores unscored now, on track"),
        (SEEN[:1], "4f1c", "1 that belonged to it does no longer"),
        ((*SEEN, one("PLAT-14", "0")), "4f1c", "PLAT-14 was none of it, and scores 0.00"),
        (SEEN, "77aa", "the mapping is another"),
    ],
)
def test_what_moved_since_it_was_looked_at_is_named(now, revision, said):
    agreed = mark_of("4f1c", SEEN)
    assert describe_change(agreed, revision, now) == said
    short = agreed.partition(".")[0]
    assert describe_change(short, revision, now) == (said and "its numbers are others by now")


def test_a_mark_that_is_none_agrees_to_nothing_and_many_changes_are_counted():
    assert describe_change("x.%%%", "4f1c", SEEN) == "its numbers are others by now"
    many = [one(f"PLAT-{number}", "0") for number in range(20, 33)]
    assert describe_change(mark_of("4f1c", []), "4f1c", many) == "its numbers are others by now"
    told = describe_change(mark_of("4f1c", SEEN), "4f1c", [*SEEN, *many]).split("; ")
    assert (len(told), told[-1]) == (11, "and 3 more")
