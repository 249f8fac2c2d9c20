"""What a site still grants: calls by the minute, what Jira asked to leave alone, and what it says is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira.http.call import Call
from connectors.jira.http.limit import RemainingCalls, read_left
from connectors.store import Store
from connectors.store.limits import quotas
from connectors.store.limits.quotas import Quota
from plugin.runtime.processes.governors import PRESENT_SECONDS, SharedGovernor
from plugin.use_cases.health.budget import Budget, budget, in_words, spend

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
SEARCH = Call("POST", "search/jql")
RESET = NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("headers", "remaining", "most", "until"),
    [
        ({"RateLimit": '"global-app-quota";r=11000;t=600'}, 11_000, None, NOW + timedelta(minutes=10)),
        (
            {"Beta-RateLimit": '"a";r=7', "Beta-RateLimit-Policy": '"a";q=65000;w=3600'},
            7,
            65_000,
            None,
        ),
        (
            {
                "X-RateLimit-Remaining": "12",
                "X-RateLimit-Limit": "350",
                "X-RateLimit-Reset": RESET.isoformat(),
            },
            12,
            350,
            RESET,
        ),
        (
            {"RateLimit": '"hour";r=5;t=60', "X-RateLimit-Remaining": "300"},
            5,
            None,
            NOW + timedelta(minutes=1),
        ),
    ],
)
def test_what_jira_says_is_left_is_read(
    headers: dict[str, str], remaining: int, most: int | None, until: datetime | None
) -> None:
    assert read_left(headers, NOW) == RemainingCalls(remaining, most, until, NOW)


@pytest.mark.parametrize(
    "headers", [{}, {"RateLimit": "what?"}, {"RateLimit": '"a";t=60'}, {"X-RateLimit-Remaining": "many"}]
)
def test_an_answer_that_says_nothing_of_it_is_no_zero(headers: dict[str, str]) -> None:
    assert read_left(headers, NOW) is None


def test_the_calls_of_all_processes_come_together(store: Store) -> None:
    with store.write() as conn:
        spend(conn, "main", 1000, NOW - timedelta(minutes=60))
        spend(conn, "main", 30, NOW - timedelta(minutes=59))
        spend(conn, "main", 7, NOW - timedelta(minutes=1))
        spend(conn, "main", 2, NOW - timedelta(minutes=1))
        spend(conn, "main", 1, NOW)
        spend(conn, "other", 100, NOW)
        found = budget(conn, "main", NOW)
    assert (found.hour, found.minute) == (40, 9)


def test_what_jira_refused_and_said_shows_to_every_process(store: Store) -> None:
    governor, now = SharedGovernor(store, "main", jitter=lambda: 0.0), NOW.timestamp()
    governor.before(SEARCH, now)
    governor.after(SEARCH, 200, {"X-RateLimit-Remaining": "40", "X-RateLimit-Limit": "350"}, now)
    governor.before(SEARCH, now + PRESENT_SECONDS)
    governor.after(
        SEARCH, 429, {"RateLimit-Reason": "jira-burst-based", "Retry-After": "20"}, now + PRESENT_SECONDS
    )
    with store.read() as conn:
        waiting = budget(conn, "main", NOW + timedelta(seconds=PRESENT_SECONDS))
        over = budget(conn, "main", NOW + timedelta(minutes=1))
    (held,) = waiting.held
    assert (held.what, held.reason) == ("POST search/jql", "jira-burst-based")
    assert waiting.left is not None
    assert (waiting.left.remaining, waiting.left.most) == (40, 350)
    assert over.held == ()
    figure, sentence = in_words(waiting, NOW + timedelta(seconds=PRESENT_SECONDS))
    assert figure == "0 calls in the last hour"
    assert "wait 20 s with POST search/jql (jira-burst-based)" in sentence


def test_what_is_not_known_is_not_said() -> None:
    assert in_words(Budget(1, 0), NOW) == (
        "1 call in the last hour",
        "Jira holds nothing back and tells of no quota",
    )


@pytest.mark.parametrize(
    ("most", "until", "said"),
    [
        (350, RESET, "40 of 350 left until 12:30 UTC"),
        (350, None, "40 of 350 left"),
        (None, RESET, "40 left until 12:30 UTC"),
        (None, None, "40 left"),
    ],
)
def test_of_what_is_left_only_what_jira_said_is_told(
    most: int | None, until: datetime | None, said: str
) -> None:
    left = Quota(40, most, until, NOW)
    assert in_words(Budget(1234, 0, left=left), NOW) == (
        "1\u202f234 calls in the last hour",
        f"Jira holds nothing back; by its last word {said}",
    )


@pytest.mark.parametrize(
    ("until", "holds"),
    [(None, True), (NOW + timedelta(milliseconds=1), True), (NOW, False)],
)
def test_what_was_left_is_told_until_it_starts_anew(
    store: Store, until: datetime | None, holds: bool
) -> None:
    left = Quota(40, 350, until, NOW - timedelta(minutes=1))
    with store.write() as conn:
        quotas.put(conn, "main", left)
        assert budget(conn, "main", NOW).left == (left if holds else None)
