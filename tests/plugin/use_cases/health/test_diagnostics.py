"""A support bundle says how an installation stands, and nothing that is anybody's business."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.reads.failures import ReadFailure
from mappings import presets
from mappings.document.text.canonical import plain
from mappings.document.text.source import read_document
from plugin.cli import cli
from plugin.runtime.settings import read_settings
from plugin.use_cases.health import diagnostics
from plugin.use_cases.health.budget import Budget
from plugin.use_cases.health.delivery_health import DeliveryHealth
from plugin.use_cases.health.diagnostics import (
    Pseudonyms,
    calls_shown,
    format_words,
    settings_shown,
    shape,
    site_shown,
)
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.health.webhook_state import WebhookState

SALT = b"salt of one bundle"
SECRETS = {
    "database_url": "postgresql://planted-user:planted-password@planted-host.example/planted-db",
    "secret_key": "planted-key-of-32-characters-here",
    "base_url": "https://planted-pages.example",
    "mapping": "planted-folder/planted.yaml",
    "mcp_token": "okr_planted-token",
    "jira": {
        "url": "https://planted-jira.example",
        "email": "planted-person@planted.example",
        "token": "planted-jira-token",
        "webhook_secret": "planted-webhook-secret",
        "name": "planted-site",
    },
    "oidc": {
        "issuer": "https://planted-login.example",
        "client_id": "planted-client",
        "client_secret": "planted-client-secret",
        "roles": {"planted-role": "admin"},
    },
    "notify": {"slack": {"planted-channel": "https://hooks.example/planted"}},
    "metrics": {"http_hosts": ["planted-metrics.example"]},
}


def texts(value: object) -> Iterator[str]:
    """Every text in a document, keys of its own included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def members_of(file: bytes) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(file))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_bundle_holds_nothing_that_is_anybodys_business(company: Any, tmp_path: Path) -> None:
    connector = company.connector
    with connector.store.write() as conn:
        counted = ProcessCounts(calls={"main|GET|search/PLAT/planted.name/field|ok": 3})
        signs.put(conn, SignOfLife("1", "planted-machine", 7, "serve", connector.clock(), 2, 2, counted))
        audit.note(conn, "planted-person", "said planted words", connector.clock(), {"about": "planted"})
        issues = list(mirror.every(conn, "main"))
        mapping = read_document(revisions.active(conn, "main").text).require()
    answer = company.browser.get("/health/diagnostics.zip")
    assert answer.status_code == 200
    members = members_of(answer.data)
    private = {issue.key for issue in issues} | {issue.summary for issue in issues}
    private |= {one for one in texts(plain(mapping)) if len(one) > 4} - format_words()
    private |= {"planted", "127.0.0.1", str(tmp_path), "acme", *company.environment.values()}
    told = "\n".join(members.values()) + company.api("GET", "/diagnostics").get_data(as_text=True)
    assert len(private) > 400
    assert [one for one in sorted(private) if one in told] == []

    (site,) = json.loads(members["sites.json"]).values()
    assert site["issues"] == len(issues)
    assert sum(site["objectives_by_health"].values()) > 10
    assert json.loads(members["database.json"])["rows"]["issue"] == len(issues)
    (process,) = json.loads(members["processes.json"])
    assert (process["role"], process["workers"]) == ("serve", 2)
    assert {"endpoint": "search/*/*/field", "calls": 3}.items() <= json.loads(members["calls.json"])[
        0
    ].items()
    (shown,) = json.loads(members["mappings.json"]).values()
    assert shown["version"] == "number"
    assert sum(next(iter(json.loads(members["fields.json"]).values())).values()) > 10
    assert json.loads(members["versions.json"])["jira-okr"]


def test_every_door_gives_the_same_bundle_and_it_is_on_record(company: Any, tmp_path: Path) -> None:
    page = members_of(company.browser.get("/health/diagnostics.zip").data)
    program = company.api("GET", "/diagnostics").get_json()
    done = company.command("diagnostics", "-o", str(tmp_path / "bundle.zip"))
    assert done.exit_code == 0, done.output
    command = members_of((tmp_path / "bundle.zip").read_bytes())
    assert page.keys() == command.keys()
    assert {f"{name}.json" for name in program if name != "made"} | {"README.txt"} == page.keys()
    assert json.loads(page["settings.json"]) == program["settings"]
    assert page["versions.json"] == command["versions.json"]
    assert company.audited()[-3:] == [("diagnostics made", {}, "")] * 3


def test_nobody_but_an_admin_gets_one(doors: Any) -> None:
    assert doors.browser.get("/health/diagnostics.zip").status_code == 403
    assert doors.api("GET", "/diagnostics").status_code == 403
    assert "Support bundle" not in doors.look("/health")


def test_settings_are_told_without_what_is_secret_or_names_a_place() -> None:
    settings = read_settings(None, **SECRETS, workers=3, http_processes=2, mcp="on", trusted_proxies=1)
    shown = settings_shown(settings)
    assert "planted" not in json.dumps(shown)
    assert shown["JIRA_OKR_WORKERS"] == 3
    assert shown["JIRA_OKR_MCP"] == "on"
    assert shown["JIRA_OKR_SECRET_KEY"] == shown["JIRA_OKR_JIRA__URL"] == "given"
    assert shown["JIRA_OKR_FORGE"] is None
    assert shown["JIRA_OKR_NOTIFY__SLACK"] == "1 given"
    assert shown["JIRA_OKR_OIDC__DEFAULT_ROLE"] == "viewer"


@pytest.mark.parametrize("preset", presets.names())
def test_a_mapping_keeps_its_form_and_loses_its_words(preset: str) -> None:
    document = plain(read_document(presets.text(preset)).require())
    shown = shape(document, Pseudonyms(SALT), format_words())
    told = set(texts(shown))
    assert not {one for one in texts(document) if one not in format_words()} & told
    assert list(shown) == list(document)
    assert shown["scope"] == f"text of {len(document['scope'])}"


def test_what_the_format_says_itself_stays() -> None:
    recurring = {"cycles": {"every": "quarter", "listed": [True, 3.5, None]}}
    assert shape(recurring, Pseudonyms(SALT), format_words()) == {
        "cycles": {"every": "quarter", "listed": [True, "number", None]}
    }


def test_equal_names_have_one_pseudonym_in_a_bundle_and_another_in_the_next() -> None:
    here, there = Pseudonyms(SALT), Pseudonyms(b"another salt")
    assert here.of("a") == Pseudonyms(SALT).of("a")
    assert len({here.of("a"), here.of("b"), there.of("a")}) == 3


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [("issue/*/editmeta", "issue/*/editmeta"), ("project/PLAT", "project/*"), ("a/planted-name", "a/*")],
)
def test_an_address_of_jira_keeps_the_words_of_its_api(endpoint: str, shown: str) -> None:
    (found,) = calls_shown({f"main|GET|{endpoint}|ok": 2}, Pseudonyms(SALT))
    assert found["endpoint"] == shown
    assert found["site"] != "main"


def test_each_figure_of_a_site_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two of them are alike, and what is not known is null and no zero."""
    monkeypatch.setattr(
        diagnostics, "concerns", lambda _found: [SimpleNamespace(kind="late", level="warning")]
    )
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def ago(seconds: int) -> datetime:
        return now - timedelta(seconds=seconds)

    def of(number: int) -> Any:
        return tuple(range(number))

    whole = SiteStatus(
        *("main", now),
        issues=101,
        due=102,
        deliveries={"done": 103},
        writes={"written": 104},
        last_delivery=ago(1),
        last_resync=ago(2),
        last_recent=ago(3),
        last_reconcile=ago(4),
        waiting_since=ago(5),
        outage=SimpleNamespace(kind="limited", since=ago(6)),
        dead=of(1),
        retried=of(2),
        refused=of(3),
        held=of(4),
        gaps=of(5),
        losses=of(6),
        activating=SimpleNamespace(),
        budget=Budget(105, 106),
        drift=Drift(107, 108, now, recent=109),
        failing=(ReadFailure("recent", ago(900), now, 7, "", ""),),
        webhook=WebhookState(registered=True, enabled=False, at=now, lacking=("a", "b")),
        sources=(DeliveryHealth("webhook", now, former=False),),
    )
    assert site_shown(whole, {("2026-Q4", "at_risk"): 2, ("2026-H2", "at_risk"): 1, ("", "on_track"): 4}) == {
        "troubles": [{"kind": "late", "level": "warning"}],
        "seconds_since": {
            "delivery": 1,
            "full_read": 2,
            "recent_read": 3,
            "reconcile": 4,
            "first_unserved_event": 5,
        },
        "issues": 101,
        "objectives_by_health": {"at_risk": 3, "on_track": 4},
        "deliveries": {"done": 103},
        "writes": {"written": 104},
        "due": 102,
        "failed_for_good": 1,
        "tried_again": 2,
        "refused_fields": 3,
        "held": 4,
        "gaps": 5,
        "missing_issues": 6,
        "activating": True,
        "outage": {"kind": "limited", "seconds": 6},
        "failing_reads": [{"kind": "recent", "tries": 7}],
        "corrected": {"last_full_read": 107, "of": 108, "since": 109},
        "webhook": {"registered": True, "enabled": False, "lacking_events": 2},
        "heard_from": ["webhook"],
        "calls_of_the_last_hour": 105,
    }
    bare = site_shown(SiteStatus("main", now), {})
    assert set(bare["seconds_since"].values()) == {None}
    unknown = ("issues", "outage", "corrected", "webhook", "calls_of_the_last_hour")
    assert [bare[name] for name in unknown] == [None] * 5
    assert (bare["activating"], bare["heard_from"], bare["held"]) == (False, [], 0)


def test_the_command_works_where_no_database_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "planted.sqlite3"
    broken.write_bytes(b"this is no database, and long enough to be looked at as one" * 20)
    environment = {
        "JIRA_OKR_DATABASE_URL": f"sqlite:///{broken}",
        "JIRA_OKR_SECRET_KEY": "invented-key-of-32-characters",
    }
    done = CliRunner().invoke(cli, ["diagnostics", "-o", "bundle.zip"], env=environment)
    assert done.exit_code == 0, done.output
    archive = zipfile.ZipFile(tmp_path / "bundle.zip")
    assert json.loads(archive.read("database.json"))["failed"] == "StoreError"
    assert json.loads(archive.read("versions.json"))["python"]
    assert "planted" not in "".join(archive.read(name).decode() for name in archive.namelist())
