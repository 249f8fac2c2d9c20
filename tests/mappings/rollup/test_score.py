"""How a frozen progress reads, and what a cycle comes to. The table of the rules, number by number."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.rollup.cycles.closing_record import BEGINNING, ChainLink, LinkKind, Verdict, hash_of, verify
from mappings.rollup.cycles.score import COLOURS, TOO_LOW, Score, meaning_of_score, means, shown_score


@pytest.mark.parametrize(
    ("score", "aspirational", "committed"),
    [
        ("1", ("delivered", "green"), ("delivered", "green")),
        ("0.9999", ("delivered", "green"), ("short", "yellow")),
        ("0.7", ("delivered", "green"), ("short", "yellow")),
        ("0.6999", ("progressed", "yellow"), ("missed", "red")),
        ("0.4", ("progressed", "yellow"), ("missed", "red")),
        ("0.3999", ("missed", "red"), ("missed", "red")),
        ("0", ("missed", "red"), ("missed", "red")),
        (None, ("unscored", "none"), ("unscored", "none")),
    ],
)
def test_what_a_score_reads_as(score, aspirational, committed):
    value = None if score is None else Fraction(score)
    found = [meaning_of_score(value, commitment) for commitment in ("aspirational", "committed")]
    assert [(one.value, COLOURS[one]) for one in found] == [aspirational, committed]


@pytest.mark.parametrize(
    ("score", "shown"),
    [("0.6999", "0.6999"), ("0.7", "0.70"), ("2/3", "0.67"), ("0.9996", "0.9996"), ("0.39999", "0.39999"), ("0", "0.00")],
)  # fmt: skip
def test_a_score_is_shown_on_its_side_of_a_bound(score, shown):
    assert shown_score(Fraction(score)) == shown


def test_unscored_is_shown_as_such():
    assert shown_score(None) == "unscored"


def test_means_are_of_the_scored_alone_and_of_each_commitment_apart():
    found = means(
        [
            Score(Fraction(1), "committed"),
            Score(Fraction(1, 2), "committed", said=Fraction(7, 10), reason="the vendor slipped"),
            Score(None, "committed"),
            Score(Fraction(1, 3), "committed", cancelled=True),
            Score(Fraction(19, 20), "aspirational"),
            Score(None, "aspirational", cancelled=True),
        ]
    )
    told = [(one.commitment, one.value, one.scored, one.unscored, one.cancelled) for one in found]
    assert told == [
        ("committed", Fraction(17, 20), 2, 1, 1),
        ("aspirational", Fraction(19, 20), 1, 0, 1),
    ]
    assert [one.advice for one in found] == [
        "commitments scored 0.85 on average: promise less, or look into why",
        "aspirations scored 0.95 on average: they may have been too easy",
    ]


@pytest.mark.parametrize(
    ("commitment", "scores", "advised"),
    [
        ("aspirational", ["1", "0.8"], False),  # 0.9 is the bound, and inside
        ("aspirational", ["1", "0.801"], True),
        ("committed", ["1", "0.8"], False),
        ("committed", ["1", "0.799"], True),
        ("aspirational", ["0.1"], False),
        ("committed", ["1"], False),
    ],
)
def test_a_mean_is_advised_on_beyond_nine_tenths(commitment, scores, advised):
    (found,) = means(Score(Fraction(one), commitment) for one in scores)
    assert bool(found.advice) is advised


@pytest.mark.parametrize(
    ("score", "wants"),
    [
        (Score(Fraction(99, 100), "committed"), True),
        (Score(Fraction(1), "committed"), False),
        (Score(Fraction(1, 10), "aspirational"), False),
        (Score(Fraction(1, 10), "aspirational", said=Fraction(1, 2)), True),
        (Score(None, "committed"), False),
        (Score(Fraction(1, 2), "committed", cancelled=True), False),
    ],
)
def test_what_wants_a_reason(score, wants):
    assert score.wants_reason is wants


def chain(*contents: str) -> list[ChainLink]:
    links, former = [], BEGINNING
    for number, content in enumerate(contents, start=1):
        bare = ChainLink(
            number, "2026-Q4", 1, LinkKind.OBJECTIVE, str(number), 1_798_761_600_000, content, former
        )
        former = hash_of(bare)
        links.append(ChainLink(*[getattr(bare, name) for name in list(ChainLink.__slots__)[:-1]], former))  # type: ignore[arg-type]
    return links


def test_a_chain_that_nobody_touched_is_whole_and_its_head_is_a_literal():
    found = verify(chain("a", "b", "c"))
    assert found.whole
    assert found.links == 3
    assert found.head == "311dbc3eb9fd1cb5ba9144a9a4f8459146224f24a3e9973716af84c593e5c834"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_or_missing_link_is_noticed(place):
    links = chain("a", "b", "c")
    changed = [*links]
    changed[place] = replace(links[place], content="x")
    assert verify(changed).faults[0] == f"2026-Q4 version 1, {place + 1}: it is not what was closed"
    if place < 2:
        del links[place]
        assert "is missing" in verify(links).faults[0]


LINKED = "what stands before it was changed, or is missing"


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("former", ["", "0", "f" * 64, "z"])
def test_a_link_to_something_else_is_noticed_whatever_it_is(place, former):
    """Also where the link itself was hashed anew."""
    links = [*chain("a", "b", "c")]
    links[place] = replace(links[place], former=former, hash="")
    links[place] = replace(links[place], hash=hash_of(links[place]))
    told = [f"2026-Q4 version 1, {place + 1}: {LINKED}"]
    told += [f"2026-Q4 version 1, {place + 2}: {LINKED}"] if place < 2 else []
    assert list(verify(links).faults) == told


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_number_out_of_turn_is_noticed(number):
    links = [*chain("a", "b", "c")]
    links[1] = replace(links[1], number=number)
    assert f"2026-Q4 version 1, 2: {LINKED}" in verify(links).faults


def test_two_links_in_the_wrong_order_are_noticed():
    first, second, third = chain("a", "b", "c")
    assert verify([second, first, third]).faults[0] == f"2026-Q4 version 1, 2: {LINKED}"
    assert verify([]) == Verdict(0, BEGINNING)


@pytest.mark.parametrize(
    ("commitment", "scores", "said"),
    [
        ("aspirational", ("0.9",), ""),
        ("aspirational", ("0.91",), "aspirations scored 0.91 on average: they may have been too easy"),
        ("aspirational", ("0.1",), ""),
        ("committed", ("1",), ""),
        ("committed", (), ""),
    ],
)
def test_what_a_mean_lets_one_advise(commitment, scores, said):
    (mean,) = means([Score(None, commitment), *(Score(Fraction(one), commitment) for one in scores)])
    assert mean.advice == said


def test_commitments_that_were_kept_too_seldom_are_advised_on():
    low, bound = (means([Score(TOO_LOW - off, "committed")])[0] for off in (Fraction(1, 100), 0))
    assert low.advice.startswith("commitments scored ")
    assert bound.advice == ""


@pytest.mark.parametrize(
    ("score", "reading", "shown", "value", "wants"),
    [
        (Score(Fraction(1), "committed"), "delivered", "1.00", 1, False),
        (Score(Fraction(1, 2), "committed"), "missed", "0.50", Fraction(1, 2), True),
        (Score(None, "committed"), "unscored", "unscored", None, False),
        (Score(Fraction(1, 2), "aspirational"), "progressed", "0.50", Fraction(1, 2), False),
        (Score(Fraction(1), "aspirational", said=Fraction(0)), "missed", "0.00", 0, True),
        (Score(Fraction(0), "committed", said=Fraction(1)), "delivered", "1.00", 1, True),
        (Score(Fraction(1, 2), "committed", cancelled=True), "cancelled", "cancelled", None, False),
        (Score(None, "committed", said=Fraction(1), cancelled=True), "cancelled", "cancelled", None, False),
    ],
)
def test_what_was_said_of_a_score_goes_before_what_was_derived(score, reading, shown, value, wants):
    assert (score.reading.value, score.shown, score.value, score.wants_reason) == (
        *(reading, shown, value, wants),
    )
