"""Whether a search showed everything: its own words, Jira's count, and what is made of a read that fell short."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jira.http.errors import IncompleteRead
from connectors.sandbox.traffic.faults import Fault
from connectors.store.reads import failures as failures_of
from connectors.store.reads.failures import ReadFailure
from plugin.access.authorization.actor import MONITORING
from plugin.jobs.schedules import Schedules
from plugin.sync.resync.completeness import falls_short
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.health.concerns import failing
from plugin.use_cases.health.status import vitals


@pytest.mark.parametrize(
    ("read", "counted", "short"),
    [
        (0, 0, False), (0, 1, True), (1, 2, False), (2, 4, False), (1, 4, True), (17, 20, True), (18, 20, False),
        (90, 100, False), (89, 100, True), (53, 53, False), (10, 53, True), (60, 53, False),
    ],
)  # fmt: skip
def test_a_read_is_held_against_the_count(read: int, counted: int, short: bool) -> None:
    assert falls_short(read, counted) is short


def test_a_first_read_that_is_empty_although_issues_are_counted_writes_nothing(company: Any) -> None:
    company.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", times=50))
    with pytest.raises(IncompleteRead, match="counts 800 issues in the scope and showed 0"):
        resync(company.context)
    assert company.mirror() == {}
    assert company.due() == set()

    company.sandbox.faults.clear()
    assert resync(company.context).read == 800


@pytest.mark.parametrize("company", ["datacenter"], indirect=True)
@pytest.mark.parametrize(
    ("lies", "said"),
    [
        (2, "counts 800 issues in the scope and showed 100"),
        (3, "showed 100 issues in the scope and counts 0"),
    ],
)
def test_a_count_below_what_was_read_proves_nothing(company: Any, lies: int, said: str) -> None:
    """The total of Data Center is count and end of the pages in one: where it is lost, both agree that little is all."""
    company.sandbox.faults.add(Fault("lost_token", path="search", times=lies))
    with pytest.raises(IncompleteRead, match=said):
        resync(company.context)
    assert company.due() == set()

    company.sandbox.faults.clear()
    assert resync(company.context).read == 800
    assert len(company.mirror()) == 800


def test_nothing_new_is_believed_only_where_the_count_says_so_too(settled: Any) -> None:
    story = settled.records()[100]
    settled.edit(story, summary="News")
    settled.clock.pass_by(minutes=10)
    settled.sandbox.faults.add(Fault("empty_page", "POST", "search/jql"))
    with pytest.raises(IncompleteRead, match="changed of late and showed none"):
        resync_recent(settled.context)
    found = resync_recent(settled.context)
    assert found is not None
    assert found.changed == 1


def test_a_jira_that_takes_no_milliseconds_is_asked_in_minutes(settled: Any) -> None:
    settled.edit(settled.records()[100], summary="News")
    settled.clock.pass_by(minutes=10)
    settled.sandbox.faults.add(
        Fault("status", "POST", "search/jql", status=400, shape="jira", message="Date value is invalid.")
    )
    found = resync_recent(settled.context)
    assert found is not None
    assert found.changed == 1


def test_a_read_that_is_refused_again_and_again_is_said_until_one_comes_to_its_end(settled: Any) -> None:
    settled.sandbox.faults.add(
        Fault("status", "POST", "search/jql", times=1_000, status=400, shape="jira", message="No.")
    )
    schedules = Schedules(settled.connector)
    for number in range(1, 5):
        settled.clock.pass_by(minutes=6)
        schedules.run_due()
        (bad,) = failures(settled)
        assert (bad.kind, bad.tries) == ("recent", number)
        assert "No." in bad.error
        (status,) = vitals(settled.connector, MONITORING)
        assert (failing(status) is not None) is (number >= 3)

    settled.sandbox.faults.clear()
    assert resync_recent(settled.context) is not None
    assert failures(settled) == ()


def failures(company: Any) -> tuple[ReadFailure, ...]:
    with company.connector.store.read() as conn:
        return failures_of.standing(conn, "main")
