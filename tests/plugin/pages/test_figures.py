"""Numbers, instants and ledgers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.numbers import percent
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from plugin.pages.views.objectives.ledger import ledger_table
from plugin.pages.views.words.figures import length, number_text, percent_text, points
from plugin.pages.views.words.moments import ago, when

rows = st.lists(
    st.tuples(st.integers(0, 500), st.fractions(0, 1, max_denominator=97)), min_size=1, max_size=60
)


def shares_of(pairs):
    whole = sum(weight for weight, _ in pairs) or 1
    return [weight * progress / whole for weight, progress in pairs]


@given(rows)
def test_displayed_points_sum_to_the_displayed_number(pairs):
    shares = shares_of(pairs)
    total = sum(shares, Fraction(0))
    shown = points(shares, total)
    assert sum(shown) == percent(total, 2)
    assert all(
        abs(Fraction(one) - share * 100) < Fraction(1, 100) for one, share in zip(shown, shares, strict=True)
    )
    assert all(one == 0 for one, share in zip(shown, shares, strict=True) if share == 0)


@given(rows, st.integers(1, 70))
def test_a_shortened_ledger_still_adds_up(pairs, shown):
    shares = shares_of(pairs)
    ledger = Ledger(
        tuple(
            Contribution(str(i), f"X-{i}", "x", Disposition.COUNTED, "", share=share)
            for i, share in enumerate(shares)
        ),
        sum(shares, Fraction(0)),
    )
    table = ledger_table(ledger, lambda key: None, shown)
    texts = [row.points for row in table.rows] + ([table.hidden_points] if table.hidden else [])
    assert sum(Decimal(text) for text in texts if text != "—") == percent(ledger.total, 2)
    assert len(table.rows) + table.hidden == len(pairs)


def test_rows_left_out_stand_after_the_counted_and_say_why():
    table = ledger_table(
        Ledger(
            (
                Contribution("1", "X-1", "dropped", Disposition.EXCLUDED, "resolution “Won't Do”"),
                Contribution(
                    "2", "X-2", "done", Disposition.COUNTED, "", Fraction(1), Fraction(1), Fraction(1)
                ),
            ),
            Fraction(1),
        ),
        lambda key: f"https://jira.example.com/browse/{key}",
    )
    assert [row.key for row in table.rows] == ["X-2", "X-1"]
    assert table.rows[1].word == "Excluded"
    assert table.rows[1].points == "—"
    assert table.rows[0].url == "https://jira.example.com/browse/X-2"
    assert table.summary == "1 counted, 1 left out"


def test_a_ledger_that_does_not_add_up_is_not_made_to():
    row = Contribution("1", "X-1", "x", Disposition.COUNTED, "", share=Fraction(1, 4))
    assert not ledger_table(Ledger((row,), Fraction(1, 2)), lambda key: None).adds_up


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"), (Fraction(0), "0\u202f%"), (Fraction(625, 1000), "63\u202f%"), (Fraction(13), "1\u202f300\u202f%"),
        (Fraction(-1, 8), "\u221213\u202f%"),
    ],
)  # fmt: skip
def test_percent(value, text):
    assert percent_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (Fraction(1, 3), "0.33"),
        (Fraction(5, 2), "2.5"),
        (Fraction(12345), "12\u202f345"),
        (Fraction(1, 16), "0.0625"),
    ],
)
def test_number(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(3, 2), "100.00%"), (Fraction(-1), "0.00%"), (None, "0%"), (Fraction(1, 3), "33.33%")],
)
def test_length(value, text):
    assert length(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"), (12, "12 s ago"), (89, "89 s ago"), (90, "1 min ago"), (5400, "1 h ago"), (172799, "47 h ago"), (172800, "2 days ago"), (-300, "in 5 min"),
    ],
)  # fmt: skip
def test_ago(seconds, text):
    assert ago(timedelta(seconds=seconds)) == text


def test_an_instant_names_the_zone_it_is_shown_in():
    now = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
    shown = when(now - timedelta(seconds=30), now, ZoneInfo("Europe/Berlin"))
    assert (shown.text, shown.ago) == ("1 Jul 2026, 14:00 Europe/Berlin", "30 s ago")
    assert shown.iso == "2026-07-01T12:00:00+00:00"


@given(rows)
def test_the_pieces_of_a_bar_are_as_wide_as_the_weights_and_filled_as_far_as_they_have_come(pairs):
    shares = shares_of(pairs)
    total = sum(shares, Fraction(0))
    contributions = [
        Contribution(str(at), "", f"Row {at}", Disposition.COUNTED, "", weight=Fraction(weight), progress=progress, share=share)
        for at, ((weight, progress), share) in enumerate(zip(pairs, shares, strict=True))
    ]  # fmt: skip
    parts = ledger_table(Ledger(tuple(contributions), total), lambda _: None).parts
    weighed = [(weight, progress) for weight, progress in pairs if weight]
    assert len(parts) == (len(weighed) if 1 < len(weighed) <= 40 else 0)
    whole = sum(weight for weight, _ in weighed)
    for part, (weight, progress) in zip(parts, weighed, strict=False):
        width, filled = float(part.width[:-1]), float(part.filled[:-1])
        assert width <= 100 * weight / whole + 0.01
        assert abs(filled - width * progress) <= 0.01


def test_no_bar_is_drawn_of_rows_whose_shares_are_not_of_their_weight():
    row = Contribution(
        "1",
        "",
        "One",
        Disposition.COUNTED,
        "",
        weight=Fraction(1),
        progress=Fraction(1),
        share=Fraction(1, 4),
    )
    other = Contribution("2", "", "Two", Disposition.COUNTED, "", weight=Fraction(1), progress=Fraction(0))
    table = ledger_table(Ledger((row, other), Fraction(1, 4)), lambda _: None)
    assert (table.parts, table.story) == ((), "")


def test_a_ledger_says_where_most_is_missing():
    half, none = (
        Contribution(name, "", name, Disposition.COUNTED, "", weight=Fraction(weight), progress=progress, share=share)
        for name, weight, progress, share in (
            ("Small", 1, Fraction(1, 2), Fraction(1, 8)), ("Big", 3, Fraction(0), Fraction(0))
        )
    )  # fmt: skip
    table = ledger_table(Ledger((half, none), Fraction(1, 8)), lambda _: None)
    assert table.story == (
        "It counts 2 rows. Most is missing at “Big”, 75\u202f% of the weight: 75.00 of the 87.50 points to 100."
    )


@pytest.mark.parametrize(("count", "told"), [(150, True), (151, False)])
def test_of_more_rows_than_are_shown_none_is_named_for_what_is_missing(count, told):
    rows = [
        Contribution(str(at), "", f"Row {at}", Disposition.COUNTED, "", weight=Fraction(1), progress=Fraction(0))
        for at in range(count)
    ]  # fmt: skip
    table = ledger_table(Ledger(tuple(rows), Fraction(0)), lambda _: None)
    assert bool(table.story) is told
