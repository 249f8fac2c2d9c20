"""The limits of a site: what waits, for how long, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.http.call import Call, call_of
from connectors.jira.http.estimate import (
    CallEstimate,
    Estimate,
    estimate,
    estimate_searching,
    estimate_single_reads,
)
from connectors.jira.http.governor import (
    CLOUD,
    DATA_CENTER,
    CallPermit,
    Governor,
    LimitState,
    Rates,
    Wait,
    decide,
    learn,
)
from connectors.jira.http.limit import read_limit

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC).timestamp()
READ = call_of("POST", "/rest/api/3/issue/bulkfetch")
WRITE = call_of("PUT", "/rest/api/3/issue/10001")
SLOW = Rates({"GET": 10.0, "POST": 10.0, "PUT": 1000.0})


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "issue"),
    [
        ("PUT", "/rest/api/3/issue/10001", "issue/*", "10001"),
        ("GET", "/rest/api/2/issue/PLAT-1", "issue/*", None),
        ("GET", "/rest/api/3/issue/10001/editmeta", "issue/*/editmeta", None),
        ("POST", "/rest/api/3/issue/10001/remotelink", "issue/*/remotelink", "10001"),
        ("PUT", "/rest/api/3/issue/10001/properties/okr.sync", "issue/*/properties/*", "10001"),
        ("POST", "/rest/api/3/issue/bulkfetch", "issue/bulkfetch", None),
        ("POST", "/rest/api/3/search/jql", "search/jql", None),
        ("POST", "/rest/api/3/issue", "issue", None),
    ],
)
def test_calls_are_counted_by_kind_of_endpoint(method, path, endpoint, issue):
    assert call_of(method, path) == Call(method, endpoint, issue)


def granted(call, seconds, rates=SLOW, step=0.01):
    """How many calls get through in so many seconds."""
    state, count = LimitState(), 0
    for tick in range(round(seconds / step)):
        while True:
            decision, state = decide(state, call, NOW + tick * step, rates)
            if not isinstance(decision, CallPermit):
                break
            count += 1
    return count


def test_a_bucket_grants_its_rate_after_a_seconds_worth_at_once():
    assert granted(READ, 1.0) in range(18, 21)
    assert granted(READ, 5.0) in range(57, 61)


def test_a_wait_is_just_long_enough():
    state = LimitState()
    decision = CallPermit()
    while isinstance(decision, CallPermit):
        decision, state = decide(state, READ, NOW, SLOW)
    assert isinstance(decide(state, READ, NOW + decision.seconds + 1e-6, SLOW)[0], CallPermit)
    assert isinstance(decide(state, READ, NOW + decision.seconds / 2, SLOW)[0], Wait)


def test_endpoints_and_methods_have_buckets_of_their_own():
    state = LimitState()
    for _ in range(10):
        _, state = decide(state, READ, NOW, SLOW)
    assert isinstance(decide(state, READ, NOW, SLOW)[0], Wait)
    assert isinstance(decide(state, call_of("POST", "/rest/api/3/search/jql"), NOW, SLOW)[0], CallPermit)


def test_background_work_leaves_room_for_fresh_events():
    background = call_of("POST", "/rest/api/3/issue/bulkfetch", background=True)
    state = LimitState()
    for _ in range(5):
        decision, state = decide(state, background, NOW, SLOW)
        assert isinstance(decision, CallPermit)
    assert isinstance(decide(state, background, NOW, SLOW)[0], Wait)
    assert isinstance(decide(state, READ, NOW, SLOW)[0], CallPermit)


def test_background_work_goes_on_even_at_the_slowest_rate():
    background = Call("GET", "field", background=True)
    assert granted(background, 30.0, Rates({"GET": 1.0}), step=0.1) >= 29


def test_writes_to_one_issue_keep_to_20_in_2_seconds_and_100_in_30():
    assert granted(WRITE, 2.0) == 20
    assert granted(WRITE, 29.0) == 100
    assert granted(call_of("PUT", "/rest/api/3/issue/10002"), 2.0) == 20


@given(st.lists(st.tuples(st.floats(0, 0.5), st.sampled_from(["1", "2", "3"])), max_size=300))
def test_no_issue_is_ever_written_too_often(attempts):
    state, now, written = LimitState(), NOW, {}
    for step, issue in attempts:
        now += step
        decision, state = decide(state, Call("PUT", "issue/*", issue), now, SLOW)
        if isinstance(decision, CallPermit):
            written.setdefault(issue, []).append(now)
    for times in written.values():
        assert all(later - earlier >= 2.0 - 1e-6 for earlier, later in zip(times, times[20:], strict=False))
        assert all(later - earlier >= 30.0 - 1e-6 for earlier, later in zip(times, times[100:], strict=False))


OTHER_ISSUE = call_of("PUT", "/rest/api/3/issue/10002")
OTHER_ENDPOINT = call_of("GET", "/rest/api/3/field")


@pytest.mark.parametrize(
    ("headers", "seconds", "same_endpoint", "elsewhere"),
    [
        ({"RateLimit-Reason": "jira-per-issue-on-write", "Retry-After": "3"}, 3.0, False, False),
        ({"RateLimit-Reason": "jira-burst-based", "Retry-After": "1"}, 1.0, True, False),
        ({"RateLimit-Reason": "jira-quota-tenant-based", "Retry-After": "1847"}, 1847.0, True, True),
        (
            {"RateLimit-Reason": "jira-quota-global-based", "X-RateLimit-Reset": "2026-11-22T11:00:00Z"},
            1800.0,
            True,
            True,
        ),
        ({"RateLimit-Reason": "jira-quota-global-based"}, 1800.0, True, True),
        ({"Retry-After": "Sun, 22 Nov 2026 10:31:00 GMT"}, 60.0, True, True),
        (
            {
                "X-Failure-Category": "x",
                "X-Ratelimit-Remaining": "0",
                "X-Ratelimit-Reset": "2026-11-22T10:30:05Z",
            },
            5.0,
            True,
            True,
        ),
        ({}, 2.0, True, True),
        ({"Retry-After": "soon"}, 2.0, True, True),
        ({"RateLimit-Reason": "jira-per-issue-on-write", "Retry-After": "0"}, 2.0, False, False),
        ({"RateLimit-Reason": "jira-quota-global-based", "Retry-After": "0"}, 2.0, True, True),
    ],
)
def test_a_refusal_stops_what_it_is_about_and_no_more(headers, seconds, same_endpoint, elsewhere):
    state = learn(LimitState(), WRITE, 429, headers, NOW)
    decision, _ = decide(state, WRITE, NOW)
    assert isinstance(decision, Wait)
    assert decision.seconds == pytest.approx(seconds)
    assert isinstance(decide(state, OTHER_ISSUE, NOW)[0], Wait) == same_endpoint
    assert isinstance(decide(state, OTHER_ENDPOINT, NOW)[0], Wait) == elsewhere
    assert isinstance(decide(state, WRITE, NOW + seconds + 0.001)[0], CallPermit)


def test_refusals_without_a_time_wait_longer_each_time_and_a_success_forgets_them():
    state, now, waits = LimitState(), NOW, []
    for _ in range(5):
        state = learn(state, READ, 429, {"RateLimit-Reason": "jira-burst-based"}, now)
        waits.append(decide(state, READ, now)[0].seconds)
        now += waits[-1] + 0.001
    assert waits == pytest.approx([2, 4, 8, 16, 16])
    state = learn(state, READ, 200, {}, now)
    state = learn(state, READ, 429, {"RateLimit-Reason": "jira-burst-based"}, now)
    assert decide(state, READ, now)[0].seconds == pytest.approx(2)


def test_a_shorter_refusal_does_not_end_a_longer_pause():
    quota = {"RateLimit-Reason": "jira-quota-tenant-based"}
    state = learn(LimitState(), READ, 429, {**quota, "Retry-After": "100"}, NOW)
    state = learn(state, READ, 429, {**quota, "Retry-After": "1"}, NOW)
    assert decide(state, READ, NOW)[0].seconds == pytest.approx(100)


def test_jitter_only_lengthens():
    state = learn(LimitState(), READ, 429, {"Retry-After": "10"}, NOW, jitter=0.3)
    assert decide(state, READ, NOW)[0].seconds == pytest.approx(13)


def test_maintenance_pauses_the_site_and_a_plain_503_does_not():
    assert isinstance(
        decide(learn(LimitState(), READ, 503, {"Retry-After": "7"}, NOW), OTHER_ENDPOINT, NOW)[0], Wait
    )
    assert isinstance(decide(learn(LimitState(), READ, 503, {}, NOW), READ, NOW)[0], CallPermit)


def test_data_center_is_not_paced_until_it_refuses():
    governor = Governor(DATA_CENTER, jitter=lambda: 0.0)
    assert all(isinstance(governor.before(READ, NOW), CallPermit) for _ in range(1000))
    governor.after(READ, 429, {"X-RateLimit-FillRate": "10", "Retry-After": "4"}, NOW)
    assert governor.before(READ, NOW) == Wait(4.0, "user-rate")


def test_a_governor_uses_its_share_alone():
    governor = Governor(CLOUD, share=0.5)
    assert sum(isinstance(governor.before(READ, NOW), CallPermit) for _ in range(200)) == 50


def test_memory_of_writes_does_not_grow_for_ever():
    state = LimitState()
    for number in range(5000):
        _, state = decide(state, Call("PUT", "issue/*", str(number)), NOW + number, CLOUD)
    assert len(state.writes) <= 1001


@pytest.mark.parametrize("text", ["-1", "1e9", "nan", "inf", "", "١", "Thu, 99 Foo 2026 99:99:99 GMT"])
def test_strange_waits_are_not_believed(text):
    assert read_limit({"Retry-After": text}, datetime.fromtimestamp(NOW, UTC)).retry_after is None


def test_an_estimate_counts_calls_points_and_time():
    assert estimate(estimate_searching(1000)) == Estimate(10, 1010, 1.5)
    assert estimate(CallEstimate("PUT issue/*", 100_000), workers=1000).seconds == 2000.0
    assert estimate(estimate_single_reads(100), CallEstimate("GET field", 1)) == Estimate(101, 201, 15.1)


def test_a_date_that_has_just_passed_is_an_answer_and_not_silence():
    now = datetime(2026, 11, 2, 9, 15, 7, 300_000, tzinfo=UTC)
    headers = {
        "RateLimit-Reason": "jira-quota-tenant-based",
        "Retry-After": "Mon, 02 Nov 2026 09:15:07 GMT",
    }
    assert read_limit(headers, now).retry_after == 0


def test_a_wait_is_a_day_at_the_most():
    later = {"Retry-After": "Thu, 05 Nov 2026 09:15:07 GMT"}
    assert read_limit(later, datetime(2026, 11, 2, 9, 15, 7, tzinfo=UTC)).retry_after == 86_400.0
    assert read_limit({"Retry-After": "90000"}, datetime(2026, 11, 2, tzinfo=UTC)).retry_after == 86_400.0


@pytest.mark.parametrize("rates", [SLOW, Rates({}, total=2.0)])
def test_a_clock_that_was_ahead_holds_up_no_call(rates):
    later, state = NOW + 365 * 86_400.0, LimitState()
    for _ in range(200):
        _, state = decide(state, WRITE, later, rates)
        _, state = decide(state, READ, later, rates)
    state = learn(state, READ, 429, {"Retry-After": "60"}, later)
    assert isinstance(decide(state, READ, later, rates)[0], Wait)
    for call in (READ, WRITE):
        decision, state = decide(state, call, NOW, rates)
        assert isinstance(decision, CallPermit)
    limited = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-FillRate": "1",
        "X-RateLimit-Interval-Seconds": "60",
        "X-RateLimit-Limit": "10",
    }
    state = learn(LimitState(), READ, 200, limited, later)
    assert isinstance(decide(state, READ, later, rates)[0], Wait)
    assert isinstance(decide(state, READ, NOW, rates)[0], CallPermit)


def test_a_page_of_a_search_is_a_hundred_issues():
    assert [estimate_searching(number).calls for number in (0, 100, 101, 200)] == [1, 1, 2, 2]
