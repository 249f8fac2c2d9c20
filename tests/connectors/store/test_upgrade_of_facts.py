"""What former releases kept as JSON by name is in tables of its own after the upgrade: nothing of it is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from connectors.store import Store, open_store, upgrade
from connectors.store.absence import tombstones
from connectors.store.database import schema_upgrade
from connectors.store.jobs import background_jobs, counts, engine_versions, pace_days, processes, schedules
from connectors.store.jobs.background_jobs import BackgroundJob
from connectors.store.jobs.counts import Lag, ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from connectors.store.limits import callers, calls, pauses, quotas
from connectors.store.limits.pauses import KeptPause
from connectors.store.limits.quotas import Quota
from connectors.store.mappings import activation_runs, coming_mappings, drafts, name_comparisons
from connectors.store.mappings.activation_runs import ActivationRun
from connectors.store.mappings.coming_mappings import ComingMapping
from connectors.store.mappings.drafts import Draft
from connectors.store.mappings.name_comparisons import NameComparison
from connectors.store.numbers import backfills
from connectors.store.numbers.backfills import Backfill
from connectors.store.people import set_up_links, sign_in_attempts
from connectors.store.people.set_up_links import SetUpLink
from connectors.store.people.sign_in_attempts import Attempts
from connectors.store.reads import failures, full_reads, read_requests, recent_reads, resyncs, watermarks
from connectors.store.reads.failures import ReadFailure
from connectors.store.reads.full_reads import FullRead
from connectors.store.reads.recent_reads import RecentReads
from connectors.store.reads.watermarks import Watermark
from connectors.store.sites import api_versions, catalogues, webhook_states
from connectors.store.sites.webhook_states import WebhookAnswer
from connectors.store.work import batch_sizes, candidates, last_reconcile, outages
from connectors.store.work.outages import Outage
from connectors.store.writes import brakes, permits
from connectors.store.writes.brakes import Brake, DoubtedRow
from mappings.facts.catalogue import Catalogue, Field

AT = datetime(2026, 11, 28, 13, 47, 7, 584000, UTC)
MAIN = {
    "last_resync": '"2026-11-28T13:47:07.584768+00:00"',
    "resynced_revision": '"b381b0b8f1764beb"',
    "drift": '{"at":"2026-11-28T13:47:07.584768+00:00","issues":2,"read":323}',
    "drift_recent": '{"issues":3,"at":"2026-11-28T13:47:07.584Z"}',
    "last_recent": '"2026-11-28T13:47:07.584Z"',
    "resync_wanted": '"2026-11-28T13:47:07.584001+00:00"',
    "watermark": '{"at":"2026-11-28T13:47:07.584000Z","under":"dbd87cc9"}',
    "watermark_ahead": '{"at":"2026-11-28T13:47:07.584000Z","under":"aaaa"}',
    "read_failure:recent": '{"kind":"recent","since":"2026-11-28T13:47:07.584Z","at":"2026-11-28T13:47:07.584Z",'
    '"tries":4,"error":"Jira answered 500","remedy":"Look there"}',
    "read_failure:full": "null",
    "last_reconcile": '"2026-11-28T13:47:07.584450+00:00"',
    "portion": "62",
    "forgotten": '{"10007":"2026-11-28T13:47:07.583000+00:00"}',
    "brake": '{"reason":"Too much","at":"2026-11-28T13:47:07.584Z","count":7,"objectives":["1","2"],'
    '"rows":{"1":{"10":{"11":"2026-11-28T13:47:07.584000+00:00"}}}}',
    "may_edit": '{"GROW":false,"PLAT":true}',
    "candidates": '{"queries":["project = PLAT","type = Story"],"revision":"b381b0b8f1764beb"}',
}
MAIN |= {
    "catalogue": '{"account_id":"5f0a","fields":[{"id":"summary","name":"Summary","type":"string"}]}',
    "catalogue_at": '"2026-11-28T13:47:07.584008+00:00"',
    "api": "3",
    "webhook_state": '{"registered":false,"enabled":false,"at":"2026-11-28T13:47:07.584183Z","events":["a"],'
    '"lacking":[],"filters":["project = PLAT"]}',
    "draft:3": '{"text":"version: 1","base":"r1","at":"2026-11-28T13:47:07.584183Z"}',
    "draft:0": '{"text":"version: 2","base":"","at":"2026-11-28T13:47:07.584183Z"}',
    "names": '{"revision":"r1","at":"2026-11-28T13:47:07.584281Z","renames":[],"absences":[]}',
    "activating": '{"revision":"r2","text":"version: 2","file":"f","by":"ada","large":true,'
    '"began":"2026-11-28T13:47:07.584Z","seen":"2026-11-28T13:47:07.584Z","done":3,"total":null,"failed":"","held":true}',
    "coming": '{"text":"version: 2","revision":"r2","scope":"project in (1)","fields":["b","a"],"metrics":[],'
    '"began":"2026-11-28T13:47:07.584Z","complete":true}',
    "backfilled": '{"at":"2026-11-28T13:47:07.584622+00:00","points":291,"revision":"r1"}',
    "errand:sync": '{"name":"sync","by":"ada","began":"2026-11-28T13:47:07.584Z","seen":"2026-11-28T13:47:07.584Z",'
    '"state":"done","done":7,"total":9,"said":"Read 7 issues.","todo":"","at_first":1,"counting":"2026-11-28T13:47:07.584Z"}',
}
MAIN |= {
    "schedule:resync": '"2026-11-28T13:47:07.584768+00:00"',
    "schedule:pace": '"2026-11-28T13:47:07.584099+00:00"',
    "running:resync": '{"holder":"host/7/clock","until":"2026-11-28T13:47:07.584Z"}',
    "running:pace": "null",
    "pace_day": '"2026-11-28"',
}
OTHER = {
    "last_resync": '"2026-11-28T13:47:07.584+00:00"',
    "resync_wanted": "null",
    "brake": "null",
    "draft:3": "null",
    "errand:sync": "null",
}
EVERYWHERE = {
    "procrastinate": '"3.10.0"',
    "process:237fe44e": '{"host":"vm","pid":3626,"role":"serve","at":"2026-11-28T13:47:07.584710Z","wanted":2,"workers":1,'
    '"counted":{"calls":{"main|GET|field|ok":3},"lags":{"main":{"classes":[0,1,0,0,0,0,0,0,0,0,0],"seconds":0.75}}},'
    '"place":"boot 1","began":"77"}',
    "counted by former processes": '{"calls":{"main|GET|field|ok":5,"main|PUT|issue/*|ok":1},'
    '"lags":{"main":{"classes":[2,0,0,0,0,0,0,0,0,0,0],"seconds":0.5}}}',
    "set_up_link": '{"hash":"abc","until":1795873627584}',
}
LIMITS = {
    "pauses": '{"site":{"until":1795873627.584,"strikes":2,"reason":"jira-burst-based"}}',
    "callers": '{"a1b2":1795873627.584}',
    "spent": '{"29931227":5,"29931226":7}',
    "left": '{"remaining":12,"most":null,"until":"2026-11-28T13:47:07.584Z","at":"2026-11-28T13:47:07.584123Z"}',
    "outage": '{"kind":"sign_in","since":"2026-11-28T13:47:07.584Z","tries":3,"next_try":"2026-11-28T13:47:07.584Z",'
    '"whole":true,"error":"Jira answered 401","remedy":"Renew it."}',
}
ATTEMPTS = {"sign-in-from:10.0.0.7": '{"count":4,"since":1795873627584}', "sign-in:abc": "null"}
READ = {"under": "x y", "first": False, "total": 9, "began": "2026-11-28T13:47:07.584Z"}


def brought_up(store: Store) -> None:
    """A database of the revision before the homes, with what that release left in it, brought up to this one."""
    fact = text("INSERT INTO fact (site, name, content) VALUES (:site, :name, :content)")
    run = text("INSERT INTO resync_run VALUES (:site, 'r1', 'holder', :content, 0)")
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0017")
        for site, values in (("main", MAIN), ("other", OTHER), ("", EVERYWHERE)):
            for name, content in values.items():
                conn.execute(fact, {"site": site, "name": name, "content": content})
        for site, values in (("main", MAIN), ("other", OTHER)):
            wanted = json.loads(values["resync_wanted"])
            conn.execute(run, {"site": site, "content": json.dumps({**READ, "wanted": wanted})})
        limit = text("INSERT INTO rate_limit VALUES (:site, :key, :content, 0)")
        for site, values in (("main", LIMITS), ("other", dict.fromkeys(LIMITS, "null")), ("", ATTEMPTS)):
            for key, content in values.items():
                conn.execute(limit, {"site": site, "key": key, "content": content})
    upgrade(store)
    store.check()


@pytest.fixture(scope="module")
def sqlite_brought_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("facts") / "okr.sqlite3"
    store = open_store(f"sqlite:///{path}")
    brought_up(store)
    store.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A copy of that database."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_copy")(brought_up))
        else:
            url = f"sqlite:///{tmp_path}/okr.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_brought_up"), tmp_path / "okr.sqlite3")
        store = open_store(url)
        stack.callback(store.close)
        yield store


def test_what_is_known_of_reads_is_still_known(upgraded: Store) -> None:
    with upgraded.read() as conn:
        assert full_reads.load_latest(conn, "main") == FullRead(AT, "b381b0b8f1764beb", 323, 2)
        assert full_reads.load_latest(conn, "other") == FullRead(AT)
        assert recent_reads.load_reads(conn, "main") == RecentReads(AT, 3, AT)
        assert recent_reads.load_reads(conn, "other") == RecentReads()
        assert watermarks.load_mark(conn, "main") == Watermark(AT, "dbd87cc9")
        assert watermarks.load_mark(conn, "main", "coming") == Watermark(AT, "aaaa")
        assert watermarks.load_mark(conn, "other") is None
        failing = ReadFailure("recent", AT, AT, 4, "Jira answered 500", "Look there")
        assert failures.load_standing(conn, "main") == (failing,)


def test_a_wish_is_still_open_and_the_read_under_way_serves_it(upgraded: Store) -> None:
    with upgraded.read() as conn:
        assert (read_requests.is_open(conn, "main"), read_requests.is_open(conn, "other")) == (True, False)
        served = {
            site: json.loads(kept.content)["wanted"]
            for site in ("main", "other")
            if (kept := resyncs.load_unfinished(conn, site))
        }
    assert served == {"main": 1, "other": 0}


def test_what_is_held_is_still_held(upgraded: Store) -> None:
    with upgraded.read() as conn:
        assert brakes.load_standing(conn, "main") == Brake("Too much", AT, 7, frozenset({"1", "2"}))
        assert brakes.doubts_of(conn, "main", "1") == {"10": {"11": DoubtedRow(AT)}}
        assert brakes.doubts_of(conn, "main", "2") == {}
        assert brakes.load_standing(conn, "other") is None
        assert permits.load_all(conn, "main") == {
            ("GROW", "EDIT_ISSUES"): False,
            ("PLAT", "EDIT_ISSUES"): True,
        }
        assert batch_sizes.get(conn, "main") == 62
        assert last_reconcile.load_instant(conn, "main") == AT
        assert tombstones.among_these(conn, "main", ["10007", "1"], AT.replace(hour=12)) == {"10007": AT}
        known = candidates.queries(conn, "main", "b381b0b8f1764beb")
    assert known == {"project = PLAT", "type = Story"}


def test_what_a_site_is_set_up_with_stays(upgraded: Store) -> None:
    with upgraded.read() as conn:
        fields = (Field("summary", "Summary", type="string"),)
        assert catalogues.get(conn, "main") == Catalogue(fields=fields, account_id="5f0a")
        assert (catalogues.read_at(conn, "main"), catalogues.read_at(conn, "other")) == (AT, None)
        assert (api_versions.get(conn, "main"), api_versions.get(conn, "other")) == (3, None)
        answer = WebhookAnswer(False, False, AT, ("a",), ("project = PLAT",))
        assert webhook_states.get(conn, "main") == answer
        assert drafts.get(conn, "main", 3) == Draft("version: 1", "r1", AT)
        assert drafts.get(conn, "main", 0) == Draft("version: 2", "", AT)
        assert drafts.get(conn, "other", 3) is None
        assert name_comparisons.load_latest(conn, "main") == NameComparison("r1", AT)
        run = ActivationRun("r2", "version: 2", "f", "ada", True, AT, AT, 3, held=True)
        assert activation_runs.get(conn, "main") == run
        coming = ComingMapping("version: 2", "r2", "project in (1)", frozenset("ab"), frozenset(), AT, True)
        assert coming_mappings.get(conn, "main") == coming
        assert backfills.load_latest(conn, "main") == Backfill("r1", AT, 291)


def test_what_a_person_asked_for_stays(upgraded: Store) -> None:
    with upgraded.read() as conn:
        assert set_up_links.get(conn) == SetUpLink("abc", AT)
        job = BackgroundJob("sync", "ada", AT, AT, "done", 7, 9, "Read 7 issues.", "", 1, AT)
        assert background_jobs.load_latest(conn, "main", "sync") == job
        assert background_jobs.load_latest(conn, "other", "sync") is None


def test_what_runs_by_the_clock_and_who_lives_stays(upgraded: Store) -> None:
    counted = ProcessCounts({"main|GET|field|ok": 3}, {"main": Lag((0, 1, *[0] * 9), 0.75)})
    with upgraded.write() as conn:
        assert (schedules.last(conn, "main", "resync"), schedules.last(conn, "main", "pace")) == (AT, AT)
        assert schedules.holders(conn) == {"host/7/clock"}
        assert not pace_days.turn(conn, "main", AT.date())
        assert engine_versions.get(conn, "procrastinate") == "3.10.0"
        sign = SignOfLife("237fe44e", "vm", 3626, "serve", AT, 2, 1, counted, "boot 1", "77")
        assert processes.load_all(conn) == [sign]
        former = ProcessCounts(
            {"main|GET|field|ok": 5, "main|PUT|issue/*|ok": 1}, {"main": Lag((2, *[0] * 10), 0.5)}
        )
        assert counts.load_former(conn) == former


def test_what_processes_share_of_limits_stays(upgraded: Store) -> None:
    with upgraded.write() as conn:
        assert pauses.load_all(conn, "main") == [KeptPause("site", AT, 2, "jira-burst-based")]
        assert callers.count_with(conn, "main", "c3", AT, AT - timedelta(seconds=1)) == 2
        assert calls.by_minute(conn, "main", 0) == {29931227: 5, 29931226: 7}
        assert quotas.get(conn, "main") == Quota(12, None, AT, AT)
        out = Outage("sign_in", AT, 3, AT, True, "Jira answered 401", "Renew it.")
        assert (outages.load_standing(conn, "main"), outages.load_standing(conn, "other")) == (out, None)
        window = timedelta(minutes=15)
        assert sign_in_attempts.count(conn, "sign-in-from:10.0.0.7", AT, window) == Attempts(5, AT)
        assert sign_in_attempts.count(conn, "sign-in:abc", AT, window) == Attempts(1, AT)


def test_the_old_tables_are_gone(upgraded: Store) -> None:
    with upgraded.read() as conn:
        assert not inspect(conn).has_table("fact")
        assert not inspect(conn).has_table("rate_limit")
