"""Whether a search showed everything: its own words, Jira's count, and what is made of a read that fell short."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jira.http.errors import IncompleteRead
from connectors.sandbox.traffic.faults import Fault
from connectors.store.reads import failures as failures_of
from connectors.store.reads.failures import ReadFailure
from mappings import presets
from plugin.access.authorization.actor import MONITORING
from plugin.jobs.schedules import Schedules
from plugin.sync.resync.completeness import LOOK, WAIT
from plugin.sync.resync.double_check import falls_short, list_scope
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.missing_issues import UNSHOWN
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.health.concerns import read_failures
from plugin.use_cases.health.status import vitals
from plugin.use_cases.work.gaps import GapRow, accept_gaps, list_gaps
from plugin.use_cases.work.site_read import read_ahead
from tests.actors import TESTER


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


@pytest.fixture
def seam(dozen: Any) -> Any:
    """202 issues that nobody has read: pages of 100, 100 and 2."""
    for story in dozen.records()[:38]:
        dozen.delete(story)
    dozen.clock.pass_by(minutes=30)
    assert len(dozen.sandbox.sandbox.records) == 202
    return dozen


def test_a_list_of_ids_that_is_empty_does_not_prove_a_short_first_read_complete(seam: Any) -> None:
    """The count says 202, and two fewer are few enough to be asked for by id; but the list of ids is torn as well."""
    seam.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", times=2, skip=2))
    with pytest.raises(IncompleteRead, match="listed 0 issues in the scope, showed 200 and counts 202"):
        resync(seam.context)
    assert len(seam.mirror()) == 200
    assert seam.due() == set()

    resync(seam.context)
    assert len(seam.mirror()) == 202


def test_what_is_listed_and_not_shown_by_its_id_is_a_gap_and_never_passed_over(seam: Any) -> None:
    """The last page is torn, and the reads by id of what it lacked are empty, twice each."""
    seam.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", skip=2))
    seam.sandbox.faults.add(Fault("empty_page", "POST", "bulkfetch", times=2))
    resync(seam.context)
    lacking = set(seam.sandbox.sandbox.records) - seam.mirror().keys()
    assert {one.issue_id for one in listed_gaps(seam)} == lacking
    assert {one.reason for one in listed_gaps(seam)} == {UNSHOWN}
    assert len(lacking) == 2

    seam.clock.pass_by(minutes=30)
    resync(seam.context)
    assert (listed_gaps(seam), len(seam.mirror())) == ((), 202)


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
def test_what_is_counted_and_never_shown_is_a_gap_without_a_name(firm: Any) -> None:
    """Few enough to go on; silence would be a number that lacks something."""
    firm.sandbox.faults.add(Fault("miscount", path="search", times=99))
    resync(firm.context)
    if firm.context.api == 3:  # Cloud counts only roughly: once is no alarm
        (found,) = listed_gaps(firm)
        assert (found.doubted, found.waits, found.remedy) == (True, False, WAIT)
        assert (found.accepted, found.accepted_at, found.accepted_by) == (False, None, "")
        firm.clock.pass_by(minutes=30)
        resync(firm.context)
    (found,) = listed_gaps(firm)
    assert (found.accepted, found.doubted, found.waits, found.remedy) == (False, False, True, LOOK)
    assert found.reason == "Jira counts 62 issues in the scope and shows 60 of them, in two searches."
    (accepted,) = accept_gaps(firm.connector, TESTER, "main", ["count"])
    assert (accepted.name, accepted.accepted) == ("issues that are only counted", True)

    firm.clock.pass_by(minutes=30)
    resync(firm.context)
    assert [one.accepted for one in listed_gaps(firm)] == [True]
    firm.sandbox.faults.clear()
    firm.clock.pass_by(minutes=30)
    resync(firm.context)
    assert listed_gaps(firm) == ()


def listed_gaps(company: Any) -> tuple[GapRow, ...]:
    found: tuple[GapRow, ...] = list_gaps(company.connector, TESTER, "main")
    return found


def test_an_activation_does_not_begin_on_a_read_whose_last_page_was_torn(seam: Any) -> None:
    def ahead() -> int:
        return read_ahead(
            seam.connector, "main", presets.text("epics-as-objectives"), lambda _done, _total: None
        )

    seam.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", times=2, skip=2))
    with pytest.raises(IncompleteRead, match="listed 0 issues in the scope, showed 200 and counts 202"):
        ahead()
    seam.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", skip=2))
    assert ahead() == 202
    assert len(seam.mirror()) == 202


@pytest.mark.parametrize(
    ("shown", "counted", "hidden", "said"),
    [
        (12, 12, 0, None),
        (0, 12, 0, None),
        (12, 240, 0, None),
        (240, 243, 0, None),
        (240, 267, 0, "listed 240 issues in the scope, showed 240 and counts 267"),
        (240, 240, 1, "listed 239 issues in the scope without PLAT-"),
        (240, 240, 24, "listed 216 issues in the scope without "),
        (240, None, 25, "listed 215 issues in the scope, showed 240 and counts as many"),
    ],
)
def test_what_a_list_of_ids_proves(
    settled: Any, shown: int, counted: int | None, hidden: int, said: str | None
) -> None:
    """`hidden` issues are there, and the index of the search has lost them."""
    sandbox = settled.sandbox.sandbox
    ids = sorted(settled.mirror(), key=int)
    for id_ in ids[:hidden]:
        del sandbox.index[id_]
    sandbox.index_version += 1
    if said is None:
        assert list_scope(settled.context, set(ids[:shown]), counted) == set(ids)
    else:
        with pytest.raises(IncompleteRead, match=said):
            list_scope(settled.context, set(ids[:shown]), counted)


def test_what_left_the_scope_meanwhile_is_no_fault_of_the_list(settled: Any) -> None:
    ids = set(settled.mirror())
    gone = settled.records()[0]
    settled.delete(gone)
    assert list_scope(settled.context, ids, 240) == ids - {gone.id}


@pytest.mark.parametrize(
    ("skip", "said"),
    [
        (0, "counts 113 issues that changed of late and showed none"),
        (1, "counts 113 issues that changed of late and showed 100"),
    ],
)
def test_what_changed_of_late_ends_with_an_empty_page_only_where_the_count_says_so_too(
    settled: Any, skip: int, said: str
) -> None:
    """101 stories, beside the 12 objectives that were written since the read before."""
    for story in settled.records()[:101]:
        settled.edit(story, summary="News")
    settled.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", skip=skip))
    with pytest.raises(IncompleteRead, match=said):
        resync_recent(settled.context)
    found = resync_recent(settled.context)
    assert found is not None
    assert found.read == 113


@pytest.mark.parametrize(
    ("skip", "said"),
    [
        (1, "listed 0 issues in the scope, showed 202 and counts as many"),
        (2, "counts 1 issue that changed of late and showed none"),
    ],
)
def test_a_read_that_is_gone_on_with_believes_no_empty_answer(seam: Any, skip: int, said: str) -> None:
    def stop(done: int, _total: int | None) -> None:
        if done == 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resync(seam.context, stop)
    seam.edit(seam.records()[0], summary="News")
    seam.sandbox.faults.add(Fault("empty_page", "POST", "search/jql", skip=skip))
    with pytest.raises(IncompleteRead, match=said):
        resync(seam.context)
    assert seam.due() == set()

    assert resync(seam.context).read == 202
    assert seam.mirror() == seam.afresh()


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
        assert (read_failures(status) is not None) is (number >= 3)

    settled.sandbox.faults.clear()
    assert resync_recent(settled.context) is not None
    assert failures(settled) == ()


def failures(company: Any) -> tuple[ReadFailure, ...]:
    with company.connector.store.read() as conn:
        return failures_of.load_standing(conn, "main")


@pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)
def test_what_cannot_be_read_was_shown_all_the_same(small: Any) -> None:
    """Nine of 63 are more than a count may be wrong by; the read is whole, and each of them is named."""
    spoilt = [one for one in small.records() if one.parent_id is not None][:9]
    for one in spoilt:
        small.sandbox.sandbox.spoil(one.id, status=None)
    small.clock.pass_by(hours=1)
    resync(small.context)
    assert sorted(row.key for row in list_gaps(small.connector, TESTER, "main")) == sorted(
        one.key for one in spoilt
    )


def test_a_full_read_ends_the_failures_of_goals_that_nobody_feeds_any_more(small: Any) -> None:
    with small.connector.store.write() as conn:
        for kind in ("full", "goals", "recent"):
            failures_of.note(conn, "main", kind, small.clock(), "It failed.", "Wait.")
    resync(small.context)
    with small.connector.store.read() as conn:
        assert [one.kind for one in failures_of.load_standing(conn, "main")] == ["recent"]
