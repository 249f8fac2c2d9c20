"""What two closings differ in, what a week did, and how sure a number of the past is: word by word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.explain.certainty import Certainty, NamedDoubt, Uncertainty, certainty, sentences
from mappings.explain.closing_difference import RecordDifference, closing_difference
from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.explain.week import WeekMove, unmoved_week, week_of
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score

HALF = Fraction(1, 2)


def record(
    state: Any, score: Score | None = None, revision: str = "aaaaaaaaaa", **more: Any
) -> ClosingRecord:
    days = date(2026, 10, 1), date(2026, 12, 31)
    return ClosingRecord("2026-Q4", 1, *days, state, score or Score(HALF, "committed"), revision, **more)


def test_versions_differ_in_words_and_in_the_rows_behind_them(make: SimpleNamespace) -> None:
    def state(progress: str, level: str, **more: Any) -> Any:
        ledger = make.ledger(make.row("7", progress=progress))
        return make.objective("1", progress=progress, level=level, ledger=ledger, **more)

    before = record(state("0.5", "at_risk", owner="Ada", team="Blue"))
    later = state("0.75", "on_track", owner="Bo", title="Renamed", status="Done", commitment="aspirational", perspective="customer", delivery=HALF)  # fmt: skip
    after = record(
        later,
        Score(HALF, "committed", said=Fraction(3, 4), cancelled=True),
        "bbbbbbbbbb",
        doubts=(("a", "b"),),
    )
    [found] = closing_difference([before], [after])
    assert found.said == (
        "health: at risk → on track",
        "title: Objective 1 → Renamed",
        "owner: Ada → Bo",
        "status: none → Done",
        "commitment: committed → aspirational",
        "team: Blue → none",
        "perspective: none → customer",
        "what was said of its score",
        "cancelled",
        "mapping: aaaaaaaa → bbbbbbbb",
        "delivery or outcome",
        "not certain: 0 → 1",
    )
    assert (found.moved, found.differs, found.shown) == (Fraction(1, 4), True, later)
    assert [(row.id, row.effect) for row in found.effects] == [("7", Fraction(1, 4))]
    [back] = closing_difference([after], [before])
    assert back.said[8] == "no longer cancelled"
    [outcome] = closing_difference([before], [replace(before, state=replace(before.state, outcome=HALF))])
    assert outcome.said == ("delivery or outcome",)
    [reason] = closing_difference([before], [replace(before, score=replace(before.score, reason="so"))])
    assert (reason.said, reason.moved, reason.effects, reason.differs, reason.stands_alike) == (
        *(("what was said of its score",), 0, (), True, True),
    )
    assert (found.stands_alike, outcome.stands_alike) == (False, True)
    for other in (
        replace(before, score=replace(before.score, said=Fraction(3, 4))),
        replace(before, score=replace(before.score, cancelled=True)),
        replace(before, state=state("0.5", "on_track", owner="Ada", team="Blue")),
    ):
        [score] = closing_difference([before], [other])
        assert (score.differs, score.stands_alike) == (True, False)


def test_what_one_version_lacks_comes_last_and_what_is_the_same_does_not_differ(
    make: SimpleNamespace,
) -> None:
    one, two, three = (record(make.objective(id_)) for id_ in "123")
    found = closing_difference([one, two], [three, two])
    assert [(each.before, each.after, each.differs) for each in found] == [
        *((None, three, True), (two, two, False), (one, None, True)),
    ]
    assert [each.shown.id for each in found] == ["3", "2", "1"]
    assert (found[0].moved, found[0].effects, found[2].said) == (None, (), ())
    assert [each.stands_alike for each in found] == [False, True, False]
    with pytest.raises(ValueError, match="an objective of neither version"):
        _ = RecordDifference(None, None).shown


def test_a_week_names_the_three_causes_that_did_most(make: SimpleNamespace) -> None:
    def effect(key: str, share: str | None, before: Any = None, after: Any = None) -> Effect:
        done = None if share is None else Fraction(share)
        return Effect(MovementPart.ADDED, key, key, "", before, after, done)

    row = make.row("7")
    rows = (
        effect("A", "1/10"),
        effect("B", "-3/10", row),
        effect("C", "0"),
        effect("D", "1/5"),
        effect("E", "1/20"),
    )
    assert week_of(Movement(HALF, Fraction(11, 20), rows)) == WeekMove(
        Fraction(1, 20), ("B counts again", "D added", "A added")
    )
    assert week_of(Movement(None, HALF, (effect("A", None),))) == WeekMove(None, ())
    assert (unmoved_week(HALF), unmoved_week(None)) == (WeekMove(Fraction(0), ()), WeekMove(None, ()))


def test_how_sure_a_number_is() -> None:
    doubts = [NamedDoubt(Uncertainty.NO_HISTORY, f"F-{number}") for number in range(7)]
    assert [
        certainty(some, number) for some, number in (((), HALF), ((), None), (doubts, HALF), (doubts, None))
    ] == [*(Certainty.EXACT, Certainty.EXACT, Certainty.APPROXIMATE, Certainty.UNKNOWN)]
    gone = NamedDoubt(Uncertainty.GONE_SINCE, "PLAT-1")
    assert sentences([*doubts, gone]) == (
        "PLAT-1: counted then, and has been deleted since or has left what is mirrored.",
        "F-0, F-1, F-2, F-3, F-4 and 2 more: counts as it is now, for nothing keeps what it held before.",
    )
    assert sentences(doubts[:5]) == (
        "F-0, F-1, F-2, F-3, F-4: counts as it is now, for nothing keeps what it held before.",
    )
