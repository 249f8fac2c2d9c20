"""Trend lines read little of a history, and nothing that could be seen is missing."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from sqlalchemy import insert

from connectors.store.database.instant import from_ms
from connectors.store.numbers import trends
from connectors.store.schema import history


def fill(store, site, id_, moments):
    rows = [
        {
            "site": site,
            "objective_id": id_,
            "at": at,
            "progress": progress,
            "health": "pending",
            "mapping_revision": "r",
        }
        for at, progress in moments
    ]
    with store.write() as conn:
        conn.execute(insert(history), rows)


def read(store, sites=("main",), ids=("1",)):
    with store.read() as conn:
        return trends.trends(conn, sites, ids)


@pytest.mark.parametrize(
    "moments", [[(7, None)], [(7, "1/2"), (7, "1/3")], [(i * 5, f"{i}/9") for i in range(9)]]
)
def test_a_short_history_is_read_as_it_is(store, moments):
    fill(store, "main", "1", moments)
    (trend,) = read(store).values()
    told = [(step.at, step.progress) for step in trend.steps]
    whole = [(from_ms(at), None if text is None else Fraction(text)) for at, text in moments]
    assert trend.points == len(moments)
    assert told == whole
    assert read(store, ids=("2",)) == {}


def test_a_long_history_keeps_its_ends_and_the_last_point_of_each_part(store):
    dice = random.Random(7)
    moments = sorted((dice.randrange(10**9), f"{dice.randrange(100)}/100") for _ in range(700))
    fill(store, "main", "1", moments)
    fill(store, "other", "1", moments[:2])
    found = read(store, ("main", "other"))
    trend = found["main", "1"]
    assert (trend.points, found["other", "1"].points) == (700, 2)
    first, last = moments[0][0], moments[-1][0]
    parts = {(at - first) * trends.FINEST // (last - first + 1): (at, text) for at, text in moments}
    expected = sorted({moments[0], *parts.values()})
    assert [(step.at, step.progress) for step in trend.steps] == [
        (from_ms(at), Fraction(text)) for at, text in expected
    ]
    assert len(trend.steps) <= trends.FINEST + 1
