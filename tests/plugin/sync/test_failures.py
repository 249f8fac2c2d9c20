"""What follows from each kind of failure, and how long a retry waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira.http.errors import AuthFailure, IncompleteRead, JiraOutage, JiraRefusal, RateLimitError
from connectors.store import StoreError
from plugin.sync.reconcile.failures import (
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    MOST_REFUSALS,
    Burial,
    Postponement,
    after_failure,
)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "attempts", "decision"),
    [
        (JiraOutage("away"), 1, Postponement),
        (JiraOutage("away"), MOST_ATTEMPTS - 1, Postponement),
        (JiraOutage("away"), MOST_ATTEMPTS, Burial),
        (IncompleteRead("half a page"), 1, Postponement),
        (AuthFailure("who are you"), 1, Postponement),
        (StoreError("busy", "here", "wait", passing=True), 1, Postponement),
        (StoreError("broken", "here", "mend it"), 1, Burial),
        (AuthFailure("who are you"), MOST_ATTEMPTS, Burial),
        (RateLimitError("jira-burst-based", 3.0, NOW + timedelta(seconds=3)), 1, Postponement),
        (RateLimitError("jira-burst-based", None, None), MOST_ATTEMPTS + 5, Postponement),
        *((JiraRefusal(status, ("no",)), 1, Postponement) for status in (400, 403, 404)),
        (JiraRefusal(403, ("no",)), MOST_REFUSALS - 1, Postponement),
        (JiraRefusal(403, ("no",)), MOST_REFUSALS, Burial),
        (ValueError("a fault of ours"), 1, Burial),
    ],
)
def test_passing_trouble_waits_and_lasting_trouble_goes_to_a_person(
    error: Exception, attempts: int, decision: type
) -> None:
    assert isinstance(after_failure(error, attempts, NOW, 0.5), decision)


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS))
@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_waits_double_within_a_jitter_of_a_third_and_stay_below_the_longest(
    attempts: int, chance: float
) -> None:
    decision = after_failure(JiraOutage("away"), attempts, NOW, chance)
    assert isinstance(decision, Postponement)
    seconds = (decision.until - NOW).total_seconds()
    middle = min(2.0**attempts, LONGEST_WAIT.total_seconds())
    assert 0.7 * middle - 1e-6 <= seconds <= 1.3 * middle + 1e-6


def test_a_rate_limit_waits_exactly_as_long_as_jira_says() -> None:
    until = NOW + timedelta(minutes=40)
    assert after_failure(RateLimitError("jira-quota-global-based", 2400, until), 3, NOW, 0.9) == Postponement(
        until, str(RateLimitError("jira-quota-global-based", 2400, until))
    )


def test_a_dead_letter_says_what_to_do() -> None:
    refused = after_failure(JiraRefusal(403, ("no",), remedy="Give the permission."), MOST_REFUSALS, NOW, 0)
    ours = after_failure(KeyError("x"), 1, NOW, 0)
    tired = after_failure(JiraOutage("away", "Look at the network."), MOST_ATTEMPTS, NOW, 0)

    assert isinstance(refused, Burial)
    assert refused.remedy == "Tried 8 times. Give the permission."
    assert isinstance(ours, Burial)
    assert "report it" in ours.remedy
    assert "KeyError" in ours.error
    assert isinstance(tired, Burial)
    assert str(MOST_ATTEMPTS) in tired.remedy
    assert "Look at the network." in tired.remedy


@pytest.mark.parametrize(
    ("error", "attempts", "chance", "seconds"),
    [
        (JiraOutage("away"), 1, 0.0, 1.4),
        (JiraOutage("away"), 1, 0.5, 2),
        (JiraOutage("away"), 1, 1.0, 2.6),
        (JiraOutage("away"), 9, 0.5, 512),
        (JiraOutage("away"), 10, 0.5, 900),
        (JiraOutage("away"), 11, 1.0, 1170),
        (JiraRefusal(403, ("no",)), 7, 0.0, 89.6),
        (RateLimitError("jira-burst-based", None, None), 3, 0.5, 8),
        (RateLimitError("jira-burst-based", None, None), 99, 0.5, 900),
    ],
)
def test_so_many_seconds_are_waited(error: Exception, attempts: int, chance: float, seconds: float) -> None:
    decision = after_failure(error, attempts, NOW, chance)
    assert decision == Postponement(NOW + timedelta(seconds=seconds), str(error))


def test_what_is_given_up_says_which_error_and_what_to_do_about_it() -> None:
    found = [
        after_failure(StoreError("broken", "here", "mend it"), 1, NOW, 0),
        after_failure(ValueError("a fault of ours"), 1, NOW, 0),
        after_failure(JiraRefusal(403, ("no",)), 8, NOW, 0),
    ]
    ours = (
        "This is a fault of the connector: please report it with the log lines of this objective, then retry."
    )
    assert found == [
        Burial(f"StoreError: {StoreError('broken', 'here', 'mend it')}", "mend it"),
        Burial("ValueError: a fault of ours", ours),
        Burial(str(JiraRefusal(403, ("no",))), "Tried 8 times."),
    ]
