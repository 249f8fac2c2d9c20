"""A full resync that is interrupted goes on where it stopped, and ends as if it had read everything at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage, RateLimitError
from connectors.sandbox import CONNECTOR, Fault
from connectors.sandbox.site_state import scheme
from connectors.store.reads import read_requests, resyncs
from connectors.store.work import due
from plugin.sync.resync.checkpoint import LONGEST_REST, load_place, progress
from plugin.sync.resync.full_read import resync
from plugin.sync.work import turn

PAGES = 8
KILLED = """
import os, signal
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.sync.resync.full_read import resync
from plugin.sync.work import turn

def told(done, _total):
    if done >= 300:
        os.kill(os.getpid(), signal.SIGKILL)

connector = build_connector(read_settings(env_file=None))
resync(connector.context("main"), told)
"""
BOTH = pytest.mark.parametrize("company", ["cloud", "datacenter"], indirect=True)


class StoppedError(Exception):
    """The process is told to stop."""


def stop_at(issues: int) -> Callable[[int, int | None], None]:
    def told(done: int, _total: int | None) -> None:
        if done >= issues:
            raise StoppedError

    return told


def interrupted(company: Any, at: int = 300) -> None:
    with pytest.raises(StoppedError):
        resync(company.context, stop_at(at))
    company.calls()


def kept(company: Any) -> object:
    with company.connector.store.read() as conn:
        return resyncs.load_unfinished(conn, "main")


def test_a_killed_process_leaves_the_rest_of_the_pages_to_the_next(company: Any) -> None:
    environment = {
        "JIRA_OKR_DATABASE_URL": company.connector.settings.database_url,
        "JIRA_OKR_JIRA__URL": company.sandbox.url,
        "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
        "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
        "JIRA_OKR_JIRA__WEBHOOK_SECRET": "a secret",
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env={**os.environ, **environment}, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(company.mirror()) == 300
    company.calls()

    told: list[tuple[int, int | None]] = []
    found = resync(company.context, lambda done, total: told.append((done, total)))

    # The other pages, all ids once, and what changed since the read began.
    assert company.calls("search/jql") == PAGES - 3 + 1 + 1
    assert (found.resumed, found.first, found.read, found.drift) == (True, True, 800, 0)
    assert told[0] == (300, 800)
    assert [done for done, _ in told[1:]] == [400, 500, 600, 700, 800]
    assert len(found.objectives) == 40
    assert company.mirror() == company.afresh()
    assert kept(company) is None


@BOTH
def test_it_goes_on_with_the_pages_that_are_left(company: Any) -> None:
    interrupted(company)

    found = resync(company.context)

    ids = 1
    # That nothing changed is believed only where the count says so too; on Data Center a count is a search.
    counts = 1 if company.deployment == "datacenter" else 0
    assert company.calls(company.search) == PAGES - 3 + ids + 1 + counts
    assert (found.resumed, found.read, len(found.objectives)) == (True, 800, 40)
    assert company.mirror() == company.afresh()


@BOTH
def test_what_happens_while_it_rests_is_not_missed(company: Any) -> None:
    resync(company.context)
    epics, stories = company.records(scheme.EPIC), company.records()
    interrupted(company)
    company.clock.pass_by(hours=2)
    for story in (stories[0], stories[1], stories[350]):
        company.delete(story)  # the pages that follow begin earlier now
    company.edit(stories[5], summary="Changed after its page was read")
    company.edit(epics[30], summary="Changed before its page is read")

    found = resync(company.context)

    assert found.resumed
    assert found.removed == 3
    assert company.mirror() == company.afresh()


@BOTH
def test_a_first_read_that_rests_misses_nothing_either(company: Any) -> None:
    interrupted(company)
    company.clock.pass_by(hours=2)
    stories = company.records()
    company.delete(stories[0])
    company.delete(stories[10])
    company.edit(stories[5], summary="Changed after its page was read")

    found = resync(company.context)

    assert found.first
    assert found.drift == 0
    assert company.mirror() == company.afresh()


def test_two_interruptions_in_a_row(company: Any) -> None:
    interrupted(company, 200)
    interrupted(company, 600)
    found = resync(company.context)
    assert company.calls("search/jql") == PAGES - 6 + 2
    assert found.read == 800
    assert company.mirror() == company.afresh()


@pytest.mark.parametrize("why", ["too old", "asked for", "another mapping", "anew"])
def test_it_begins_anew_where_it_must(company: Any, why: str) -> None:
    interrupted(company)
    if why == "too old":
        company.clock.pass_by(seconds=LONGEST_REST.total_seconds() + 1)
    if why == "asked for":
        with company.connector.store.write() as conn:
            read_requests.ask(conn, "main", company.clock())
    if why == "another mapping":
        company.remap("scope: project in (PLAT, CORE, GROW)", "scope: project in (PLAT, GROW, CORE)")
        company.calls("search/jql")  # what the activation itself has read

    found = resync(company.context, anew=why == "anew")

    assert not found.resumed
    assert company.calls("search/jql") == PAGES
    assert not company.wants_full_read()


def test_it_begins_anew_where_jira_no_longer_knows_the_page(company: Any) -> None:
    interrupted(company)
    company.sandbox.site.searcher.expire_tokens = True

    found = resync(company.context)

    assert not found.resumed
    assert found.read == 800
    assert company.mirror() == company.afresh()


def test_a_fault_in_the_middle_is_gone_on_with(company: Any) -> None:
    company.sandbox.faults.add(Fault("status", "POST", "search/jql", times=40, skip=4, status=500))
    with pytest.raises(JiraOutage):
        resync(company.context)
    company.sandbox.faults.clear()
    company.calls()

    found = resync(company.context)

    assert found.resumed
    assert company.calls("search/jql") == PAGES - 4 + 2


def test_a_page_that_leads_in_a_circle_each_time_is_not_insisted_on(company: Any) -> None:
    interrupted(company)
    company.sandbox.faults.add(Fault("duplicate_token", "POST", "search/jql", times=1))
    found = resync(company.context)
    assert not found.resumed
    assert company.mirror() == company.afresh()


def test_a_wish_that_comes_while_it_runs_outlives_it(company: Any) -> None:
    with company.connector.store.write() as conn:
        read_requests.ask(conn, "main", company.clock())

    def wish(done: int, _total: int | None) -> None:
        if done == 300:
            with company.connector.store.write() as conn:
                read_requests.ask(conn, "main", company.clock())

    resync(company.context, wish)
    assert company.wants_full_read()
    resync(company.context)
    assert not company.wants_full_read()


def test_a_read_that_holds_a_loss_ends_and_the_next_one_finds_it_again(company: Any) -> None:
    resync(company.context)
    records, gone = company.sandbox.sandbox.index, {}
    for id_ in list(records)[100:]:
        gone[id_] = records.pop(id_)
    company.sandbox.sandbox.index_version += 1
    visible = company.sandbox.sandbox.records
    hidden = {id_: visible.pop(id_) for id_ in gone}
    found = resync(company.context)
    assert (found.removed, found.losses) == (0, 700)
    assert load_place(company.context) is None
    assert len(company.mirror()) == 800
    records.update(gone)
    visible.update(hidden)
    company.sandbox.sandbox.index_version += 1
    found = resync(company.context)
    assert (found.removed, found.losses) == (0, 0)
    assert len(company.mirror()) == 800


def test_a_process_that_was_thought_dead_does_not_disturb_the_one_that_went_on(company: Any) -> None:
    rest: list[Any] = []

    def overtaken(done: int, _total: int | None) -> None:
        if done == 300 and not rest:
            rest.append(resync(company.context))

    sleeper = resync(company.context, overtaken)

    assert rest[0].resumed
    assert sleeper.read == rest[0].read == 800
    assert kept(company) is None
    assert company.mirror() == company.afresh()


def test_a_quota_that_ends_it_is_waited_out_by_the_next(company: Any) -> None:
    company.sandbox.faults.add(
        Fault("rate_limit", "POST", "search/jql", seconds=3600, skip=5, reason="jira-quota-global-based")
    )
    with pytest.raises(RateLimitError):
        resync(company.context)
    company.sandbox.faults.clear()
    begun = load_place(company.context)
    assert begun is not None
    assert begun.read == 500
    assert timedelta(0) <= company.clock() - begun.began


@BOTH
def test_who_only_looks_sees_how_far_it_is_until_it_is_whole(company: Any) -> None:
    def seen() -> Any:
        with company.connector.store.read() as conn:
            return progress(conn, "main")

    assert seen() is None
    interrupted(company)
    found = seen()
    assert (found.read, found.total, found.at) == (300, 800, company.clock())
    resync(company.context)
    assert seen() is None


@pytest.mark.parametrize("company", ["datacenter"], indirect=True)
def test_what_is_gone_and_still_shown_by_a_search_that_lags_goes(company: Any) -> None:
    """It slipped off the pages while the read rested, and was deleted then."""
    resync(company.context)
    interrupted(company)
    first, slipped = company.records()[0], sorted(company.sandbox.sandbox.records, key=int)[300]
    company.delete(first)
    company.sandbox.sandbox.search_lag = timedelta(minutes=5)
    company.delete(company.sandbox.sandbox.records[slipped])

    resync(company.context)

    assert slipped not in company.mirror()
    assert first.id not in company.mirror()


def test_no_number_is_written_while_the_first_read_is_half_done(company: Any) -> None:
    """An event tells of an objective whose issues are not all read yet."""
    interrupted(company, at=300)
    known = set(company.mirror())
    assert len(known) == 300
    written = company.sandbox.site.calls.edits.total()
    with company.connector.store.write() as conn:
        due.mark(conn, "main", [one.id for one in company.records(scheme.EPIC)], company.clock(), "test")

    assert turn(company.context, "worker").idle
    assert company.sandbox.site.calls.edits.total() == written

    resync(company.context)
    company.work_off()
    assert company.due() == set()
    assert all(company.in_jira(one.id) is not None for one in company.records(scheme.EPIC)[:3])
