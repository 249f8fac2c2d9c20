"""The work behind an objective as squares: how many, filled how, and the words beside them."""

from __future__ import annotations

import pytest

from plugin.pages.views.cycles.row_page import page_of
from plugin.pages.views.meeting.work import KEY, Work


@pytest.mark.parametrize(
    ("work", "each", "squares"),
    [
        (Work(0, 0, 0), 1, ""),
        (Work(2, 1, 1), 1, "ddbw"),
        (Work(18, 0, 0), 1, "d" * 18),
        (Work(18, 0, 1), 2, "d" * 9 + "w"),
        (Work(3, 0, 16), 2, "db" + "w" * 8),
        (Work(0, 1, 36), 3, "b" + "w" * 12),
        (Work(36, 0, 1), 3, "d" * 12 + "w"),
    ],
)
def test_no_more_squares_than_there_is_room_for(work, each, squares):
    assert (work.each, "".join(one[0] for one in work.squares)) == (each, squares)
    assert work.wide == 11 * len(squares)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (Work(1, 0, 0), "1 of 1 issue done"),
        (Work(0, 1, 0), "0 of 1 issue done, 1 begun"),
        (Work(6, 2, 1), "6 of 9 issues done, 2 begun, 1 to do"),
        (Work(2, 0, 3), "2 of 5 issues done, 3 to do"),
    ],
)
def test_the_words_beside_them(work, words):
    assert work.words == words


def test_hidden_issues_are_said_to_be_left_out():
    assert Work(2, 0, 0, hidden=1).words.startswith("2 of 2 issues done; without ")
    assert Work(2, 0, 0).words == "2 of 2 issues done"


def test_done_is_filled_begun_to_the_half_and_waiting_is_empty():
    assert (KEY["done"].filled, KEY["done"].outline) == ("M0.5 .5h8v8h-8z", "")
    assert (KEY["begun"].filled, KEY["begun"].outline) == ("M0.5 4.5h8v4h-8z", "M0.5 .5h8v8h-8z")
    assert (KEY["waiting"].filled, KEY["waiting"].outline) == ("", "M0.5 .5h8v8h-8z")
    several = Work(1, 1, 1)
    assert several.filled == "M0.5 .5h8v8h-8zM11.5 4.5h8v4h-8z"
    assert several.outline == "M11.5 .5h8v8h-8zM22.5 .5h8v8h-8z"


@pytest.mark.parametrize(
    ("count", "number", "place"),
    [
        (0, None, (1, 1, 1, 0)),
        (50, None, (1, 1, 1, 50)),
        (51, None, (1, 2, 1, 50)),
        (51, 2, (2, 2, 51, 51)),
        (51, 3, (2, 2, 51, 51)),
        (51, 0, (1, 2, 1, 50)),
        (51, -4, (1, 2, 1, 50)),
        (101, 2, (2, 3, 51, 100)),
    ],
)
def test_a_page_of_rows_is_the_nearest_there_is(count, number, place):
    page = page_of(range(count), number)
    assert (page.number, page.pages, page.first, page.last) == place
    assert page.rows == tuple(range(page.first - 1, page.last))
    assert page.total == count
