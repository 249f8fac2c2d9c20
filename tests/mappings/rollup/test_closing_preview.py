"""The mark of what was looked at before a cycle is closed: it holds while every number holds, and tells which do not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.rollup.cycles.closing_preview import ObjectiveScore, describe_change, mark_of, short_mark
from mappings.rollup.cycles.score import Score
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState


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


def changes(seen: ObjectiveScore) -> dict[str, ObjectiveScore]:
    """By what is another, the same objective with that alone changed."""
    state, score = seen.state, seen.score
    (row,) = state.ledger.rows
    (key_result,) = state.key_results
    half = replace(key_result, measurement=replace(key_result.measurement, progress=Fraction(1, 2)))
    others = {
        "title": replace(state, title="Calmer"),
        "health": replace(state, health=replace(state.health, level=HealthLevel.AT_RISK)),
        "rule of health": replace(state, health=replace(state.health, rule="pace")),
        "sentence": replace(state, health=replace(state.health, sentence="It is late.")),
        "key result": replace(state, key_results=(replace(key_result, id="8"),)),
        "progress of a key result": replace(state, key_results=(half,)),
        "no key result": replace(state, key_results=()),
    }
    rows = {
        "row": replace(row, id="10"),
        "progress of a row": replace(row, progress=None),
        "weight of a row": replace(row, weight=Fraction(2)),
        "disposition of a row": replace(row, disposition=Disposition.EXCLUDED),
    }
    others |= {name: replace(state, ledger=Ledger((each,), state.progress)) for name, each in rows.items()}
    return {
        **{name: replace(seen, state=other) for name, other in others.items()},
        "score": replace(seen, score=replace(score, derived=Fraction(1, 3))),
        "commitment": replace(seen, score=replace(score, commitment="aspirational")),
        "cancelled": replace(seen, score=replace(score, cancelled=True)),
        "doubts": replace(seen, doubts=(("links-as-now", "PLAT-3"),)),
    }


def whole_score() -> ObjectiveScore:
    found = one("PLAT-12", "9/20")
    measured = Measurement(Fraction(9, 20), Fraction(9, 20), Cause.MEASURED, "from its fields")
    key_result = KeyResultState(
        id="7",
        rule_id="metric",
        kind="transition",
        nature="outcome",
        title="Latency",
        measurement=measured,
        health=found.state.health,
        weight=Fraction(1),
        contributing=True,
    )
    return replace(found, state=replace(found.state, key_results=(key_result,)))


@pytest.mark.parametrize("name", list(changes(whole_score())))
def test_whatever_is_shown_of_an_objective_is_held_by_the_mark(name: str) -> None:
    seen = whole_score()
    assert describe_change(mark_of("4f1c", [seen]), "4f1c", [whole_score()]) == ""
    assert describe_change(mark_of("4f1c", [seen]), "4f1c", [changes(seen)[name]]).startswith(
        "PLAT-12 is another: it scores "
    )


def test_a_mark_that_is_typed_is_a_hash_of_128_bits() -> None:
    told = short_mark(mark_of("4f1c", SEEN))
    assert (len(told), int(told, 16) > 0) == (32, True)


def test_a_mark_that_is_none_agrees_to_nothing_and_many_changes_are_counted():
    assert describe_change("x.%%%", "4f1c", SEEN) == "its numbers are others by now"
    many = [one(f"PLAT-{number}", "0") for number in range(20, 33)]
    assert describe_change(mark_of("4f1c", []), "4f1c", many) == "its numbers are others by now"
    told = describe_change(mark_of("4f1c", SEEN), "4f1c", [*SEEN, *many]).split("; ")
    assert (len(told), told[-1]) == (11, "and 3 more")
