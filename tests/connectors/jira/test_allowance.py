"""Data Center limits each account where its admin wants that, and says with every answer how many calls are left."""

from __future__ import annotations

import pytest

from connectors.jira.http.allowance import Allowance, interval_of, read_allowance
from connectors.jira.http.call import call_of
from connectors.jira.http.governor import CallPermit, LimitState, Rates, Wait, data_center, decide, learn

NOW = 1_793_000_000.0
READ = call_of("GET", "/rest/api/2/search")
WRITE = call_of("PUT", "/rest/api/2/issue/10001")
RESYNC = call_of("GET", "/rest/api/2/search", background=True)
FREE = data_center()


def says(left: int, fill: int = 5, seconds: int = 10, most: int = 20, **more: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-FillRate": str(fill),
        "X-RateLimit-Interval-Seconds": str(seconds),
        **more,
    }


def after(left: int, status: int = 200, **more: str) -> LimitState:
    return learn(LimitState(), READ, status, says(left, **more), NOW)


def taken(state: LimitState, rates: Rates, now: float, call: object = READ) -> int:
    number = 0
    while number < 1000:
        decision, state = decide(state, call, now, rates)  # type: ignore[arg-type]
        if not isinstance(decision, CallPermit):
            return number
        number += 1
    return number


def test_no_more_calls_are_made_than_are_left() -> None:
    assert taken(after(7), FREE, NOW) == 7
    assert taken(after(0), FREE, NOW) == 0
    assert taken(after(0), FREE, NOW + 10) == 5
    assert taken(after(0), FREE, NOW + 1000) == 20


def test_the_wait_is_until_the_next_batch_at_the_latest() -> None:
    assert decide(after(0), READ, NOW + 4, FREE)[0] == Wait(pytest.approx(6.0))
    assert decide(after(0), READ, NOW + 10.5, FREE)[0] == CallPermit()


def test_background_work_leaves_some_for_fresh_events() -> None:
    assert taken(after(8), FREE, NOW, RESYNC) == 3
    assert isinstance(decide(after(3), RESYNC, NOW, FREE)[0], Wait)
    assert decide(after(3), RESYNC, NOW + 10, FREE)[0] == CallPermit(), "it does not starve"


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [({"Retry-After": "4"}, 4.0), ({"Retry-After": "0"}, 10.0), ({}, 10.0)]
)
def test_a_refusal_stops_every_call_for_as_long_as_is_said(
    retry_after: dict[str, str], seconds: float
) -> None:
    state = after(0, 429, **retry_after)
    for call in (READ, WRITE, RESYNC):
        decision = decide(state, call, NOW, FREE)[0]
        assert isinstance(decision, Wait)
        assert decision.seconds >= seconds
    assert decide(state, READ, NOW + 10.001, FREE)[0] == CallPermit()


def test_an_answer_that_says_nothing_lifts_the_limit() -> None:
    state = learn(after(0), READ, 200, {}, NOW)
    assert taken(state, FREE, NOW) == 1000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {
            "X-RateLimit-Limit": "350",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "2026-11-22T11:00:00Z",
        },
        says(1, fill=0),
        says(1, seconds=0),
        {**says(1), "X-RateLimit-FillRate": "many"},
        {**says(1), "X-RateLimit-Interval-Seconds": "-5"},
    ],
)
def test_what_is_no_allowance_limits_nothing(headers: dict[str, str]) -> None:
    assert read_allowance(headers, NOW) is None


def test_what_is_left_is_never_more_than_the_most() -> None:
    assert read_allowance(says(500), NOW) == Allowance(20, NOW, 5, 10, 20)


def test_without_a_limit_of_its_own_data_center_gets_a_steady_rate_over_all_calls() -> None:
    rates = data_center(20.0)
    state, number = LimitState(), 0
    for step in range(1000):
        for call in (READ, WRITE):
            decision, state = decide(state, call, NOW + step * 0.01, rates)
            number += isinstance(decision, CallPermit)
    assert 200 <= number <= 221
    assert taken(LimitState(), data_center(0.5), NOW) == 1


def test_writes_to_one_issue_of_data_center_are_not_spaced() -> None:
    assert taken(LimitState(), FREE, NOW, WRITE) == 1000


def test_a_wait_may_be_shorter_than_a_second() -> None:
    assert Allowance(0, NOW, 5, 1, 20).wait(NOW + 0.75) == 0.25
    assert Allowance(0, NOW, 5, 1, 20).wait(NOW + 1) == 0.0


def test_an_interval_is_believed_up_to_the_longest() -> None:
    said = {name: interval_of({"X-RateLimit-Interval-Seconds": name}) for name in ("0", "1", "60")}
    assert said == {"0": None, "1": 1.0, "60": 60.0}
    assert interval_of({}) is None
