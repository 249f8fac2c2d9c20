"""The incremental resync: one call where nothing changed, nothing lost where the search lags, and drift by objective."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.jira.http.errors import JiraError
from connectors.sandbox import Fault
from connectors.sandbox.site_state import scheme
from connectors.store.jobs import pace_days, schedules
from connectors.store.reads import recent_reads, watermarks
from connectors.store.reads.watermarks import Watermark
from connectors.store.work import drift
from mappings import presets
from plugin.jobs.schedules import Schedules
from plugin.sync.resync import watermark
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.mirror_update import MirrorUpdate, ResyncResult
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.resync.search_pages import OVERLAP
from plugin.use_cases.work.site_read import read_ahead
from tests.plugin.sync.conftest import read_back

BOTH = pytest.mark.parametrize("dozen", ["cloud", "datacenter"], indirect=True)


def synced(company: Any) -> Any:
    """As `settled` is."""
    read_back(company)
    company.calls()
    return company


def mark(company: Any) -> Any:
    with company.connector.store.read() as conn:
        return watermark.usable(conn, company.context)


@BOTH
def test_an_unchanged_one_is_one_call_and_marks_nothing(dozen: Any) -> None:
    synced(dozen)
    found = resync_recent(dozen.context)
    assert dozen.calls("") == 1
    assert (found.changed, found.drift, found.marked) == (0, 0, set())
    assert dozen.due() == set()


def test_a_look_at_recent_changes_counts_for_the_schedule_whoever_asked_for_it(dozen: Any) -> None:
    synced(dozen)
    dozen.clock.pass_by(minutes=10)
    resync_recent(dozen.context)
    with dozen.connector.store.read() as conn:
        assert schedules.last(conn, "main", "recent") == dozen.clock()


def test_a_page_that_brought_nothing_adds_nothing() -> None:
    found = ResyncResult(read=3, changed=2, on_their_way=1, objectives={"1"}, marked={"2"}, silent={"3"})
    found.add(MirrorUpdate())
    assert found == ResyncResult(
        read=3, changed=2, on_their_way=1, objectives={"1"}, marked={"2"}, silent={"3"}
    )
    assert (ResyncResult().drift, found.drift) == (0, 1)


@BOTH
def test_it_finds_what_changed_and_marks_only_what_that_concerns(dozen: Any) -> None:
    synced(dozen)
    story = dozen.records()[100]
    dozen.edit(story, **{scheme.POINTS: 21})
    dozen.clock.pass_by(minutes=10)

    found = resync_recent(dozen.context)

    assert dozen.calls("") == 1
    assert (found.changed, found.drift) == (1, 1)
    assert dozen.due() == {story.parent_id}
    assert found.drifted == {story.parent_id: 1}
    assert dozen.mirror()[story.id].fields[scheme.POINTS] == 21
    assert dozen.mirror() == dozen.afresh()


def test_what_changed_a_moment_ago_is_landed_and_no_drift(settled: Any) -> None:
    settled.edit(settled.records()[100], summary="A moment ago")
    found = resync_recent(settled.context)
    assert (found.changed, found.drift, dict(found.drifted)) == (1, 0, {})


def test_before_a_full_read_of_the_same_there_is_nothing_to_begin_from(dozen: Any) -> None:
    assert resync_recent(dozen.context) is None
    synced(dozen)
    with dozen.connector.store.write() as conn:
        watermarks.put(conn, "main", Watermark(dozen.clock(), "something else"))
    assert resync_recent(dozen.context) is None
    resync(dozen.context)
    assert resync_recent(dozen.context) is not None


def test_what_an_activation_has_read_is_a_beginning(settled: Any) -> None:
    settled.remap("scope: project in (PLAT, CORE, GROW)", "scope: project in (PLAT, CORE)")
    assert resync_recent(settled.context) is not None


def test_a_failed_one_leaves_the_watermark_and_serves_what_it_landed(company: Any) -> None:
    synced(company)
    before = mark(company)
    stories = company.records()
    for story in stories[:150]:
        company.edit(story, **{scheme.POINTS: 21})
    company.sandbox.faults.add(Fault("status", "POST", "search/jql", times=40, skip=1, status=500))
    with pytest.raises(JiraError):
        resync_recent(company.context)
    assert mark(company) == before
    assert company.due()
    company.sandbox.faults.clear()

    again = resync_recent(company.context)
    assert 50 <= again.changed < 150
    assert mark(company).at > before.at
    assert company.mirror() == company.afresh()


@pytest.mark.parametrize("seed", range(6))
def test_a_search_that_lags_loses_nothing(settled: Any, seed: int) -> None:
    """Edits at any time, reads at any time, an index up to nearly the overlap behind: in the end the mirror is right."""
    chance = random.Random(seed)
    settled.sandbox.sandbox.search_lag = chance.choice(
        (timedelta(seconds=20), timedelta(minutes=3), OVERLAP - timedelta(seconds=1))
    )
    for _ in range(40):
        settled.clock.pass_by(seconds=chance.choice((1, 20, 90, 400)))
        if chance.random() < 0.7:
            settled.edit(chance.choice(settled.records()), **{scheme.POINTS: chance.randrange(1, 99)})
        if chance.random() < 0.4:
            resync_recent(settled.context)
    settled.clock.pass_by(seconds=OVERLAP.total_seconds())
    resync_recent(settled.context)
    assert settled.mirror() == settled.afresh()


def test_an_issue_from_the_future_does_not_hide_the_present(settled: Any) -> None:
    first, second = settled.records()[:2]
    settled.clock.pass_by(days=300)
    settled.edit(first, summary="Imported with a date of its own")
    settled.clock.pass_by(days=-300)
    resync_recent(settled.context)
    settled.clock.pass_by(minutes=1)
    settled.edit(second, summary="Edited today")
    settled.clock.pass_by(minutes=1)
    assert resync_recent(settled.context).changed == 1


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_time_zone_of_the_account_does_not_matter(dozen: Any, zone: str) -> None:
    accounts = dozen.sandbox.sandbox.accounts
    for id_, account in list(accounts.items()):
        accounts[id_] = type(account)(
            **{name: (zone if name == "time_zone" else getattr(account, name)) for name in account.__slots__}
        )
    synced(dozen)
    dozen.edit(dozen.records()[7], summary="Changed")
    found = resync_recent(dozen.context)
    assert (found.read, found.changed) == (1 + len(dozen.records(scheme.EPIC)), 1)


def test_the_brake_holds_what_a_recent_one_would_change_too_much(company: Any) -> None:
    synced(company)
    epics = company.records(scheme.EPIC)
    written = [epic for epic in epics if company.in_jira(epic.id) is not None]
    assert len(written) > 25
    for epic in written:
        company.edit(epic, customfield_10060=1)

    found = resync_recent(company.context)

    assert found.held is not None
    assert found.held.objectives <= {epic.id for epic in written}


def test_drift_is_counted_by_objective_until_the_next_full_read(settled: Any) -> None:
    stories = settled.records()
    with_siblings = [story for story in stories if story.parent_id == stories[0].parent_id]
    for story in with_siblings[:3]:
        settled.edit(story, summary="Nobody told")
    settled.clock.pass_by(minutes=5)
    resync_recent(settled.context)
    settled.edit(with_siblings[4], summary="Nobody told")
    settled.clock.pass_by(minutes=5)
    resync_recent(settled.context)

    with settled.connector.store.read() as conn:
        (one,) = drift.worst(conn, "main")
        assert (one.objective_id, one.issues) == (stories[0].parent_id, 4)
        assert recent_reads.load_reads(conn, "main").wrong == 4

    settled.delete(with_siblings[5])
    assert resync(settled.context).drift == 1
    with settled.connector.store.read() as conn:
        (one,) = drift.worst(conn, "main")
        assert (one.objective_id, one.issues) == (stories[0].parent_id, 1)
        assert recent_reads.load_reads(conn, "main").wrong == 0


def test_the_schedule_runs_both_and_wants_a_full_one_after_another_scope(dozen: Any) -> None:
    schedules = Schedules(dozen.connector)
    schedules.run_due()
    assert len(dozen.mirror()) == 240
    dozen.calls()
    dozen.edit(dozen.records()[3], summary="Changed")
    dozen.clock.pass_by(minutes=4)
    schedules.run_due()
    assert dozen.calls("search/jql") == 0
    dozen.clock.pass_by(minutes=2)
    schedules.run_due()
    assert dozen.calls("search/jql") == 1
    assert dozen.mirror() == dozen.afresh()

    dozen.remap("scope: project in (PLAT, CORE, GROW)", "scope: project in (PLAT, CORE)")
    assert dozen.wants_full_read(), "what the scope leaves out is still there"
    dozen.clock.pass_by(minutes=6)
    schedules.run_due()
    assert not dozen.wants_full_read()
    assert {issue.project.key for issue in dozen.mirror().values()} == {"PLAT", "CORE"}


def test_zero_switches_each_of_them_off(dozen: Any) -> None:
    with dozen.connector.store.write() as conn:
        pace_days.turn(conn, "main", date(2026, 11, 9))
    settings = dozen.connector.settings.model_copy(update={"resync_minutes": 0, "recent_minutes": 0})
    dozen.connector.settings = settings
    dozen.calls()
    Schedules(dozen.connector).run_due()
    assert dozen.calls("") == 0


def test_what_another_mapping_reads_besides_is_no_drift(dozen: Any) -> None:
    """Another field of points than before: every issue differs from what the mirror held, which its activation read, and no webhook is to blame."""
    dozen.remap("points: {name: Story point estimate}", "points: {name: Story Points}")
    synced(dozen)
    points = {id_: issue.fields.get(scheme.POINTS) for id_, issue in dozen.mirror().items()}
    dozen.remap("name: epics-as-objectives", "name: the-usual-points")
    assert any(issue.fields.get(scheme.POINTS) != points[id_] for id_, issue in dozen.mirror().items())

    found = resync(dozen.context)

    assert (found.drift, dict(found.drifted)) == (0, {})
    dozen.work_off()
    dozen.edit(dozen.records()[100], **{scheme.POINTS: 21})
    assert resync(dozen.context).drift == 1


def test_what_a_preview_read_besides_is_no_drift(dozen: Any) -> None:
    dozen.remap("points: {name: Story point estimate}", "points: {name: Story Points}")
    synced(dozen)
    read_ahead(dozen.connector, "main", presets.text("epics-as-objectives"), lambda _done, _total: None)
    assert resync(dozen.context).drift == 0
