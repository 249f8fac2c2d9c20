"""`jira-okr setup` on a site that nobody prepared: other projects, other names of types, fields of the demo gone. Steps and seconds are counted."""

from __future__ import annotations

import re
import time

import pytest
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR, SandboxServer, administration
from mappings.document.text.source import read_document
from plugin.cli import cli

PROJECTS = {"PLAT": "SEA", "CORE": "ORE", "GROW": "TIN"}
TYPES = {"10000": "Epik", "10001": "Aufgabe", "10004": "Fehler"}
GONE = ("customfield_10051", "customfield_10052", "customfield_10053", "customfield_10054")


@pytest.fixture
def other_company():
    with SandboxServer(seed=1) as server:
        for key, other in PROJECTS.items():
            administration.rename_project(server.sandbox, key, other)
        for id_, name in TYPES.items():
            administration.rename_type(server.sandbox, id_, name)
        for field in GONE:
            administration.delete_field(server.sandbox, field)
        yield server


@pytest.mark.slow
def test_seven_steps_lead_from_nothing_to_the_first_number(other_company, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    began = time.monotonic()
    before = {id_: one.updated for id_, one in other_company.sandbox.records.items()}
    words = ["setup", "--url", f"{other_company.url}/browse/SEA-3?focused=1", "--email", CONNECTOR.email]
    # the token with its line's end, wrong once; a project by its name, then which; yes, create the fields; yes, activate
    typed = f"wrong\n{CONNECTOR.token}\ngrowth\nSEA TIN\ny\n\n"
    done = CliRunner().invoke(cli, words, input=typed)
    assert done.exit_code == 0, done.output
    assert re.findall(r"^\[(\d)/7\]", done.output, re.MULTILINE) == list("1234567")
    assert time.monotonic() - began < 600
    assert "The call was GET" in done.output  # of the token that was wrong
    assert re.search(r"Your first number: (SEA|TIN)-\d+ .+, \d+ %, from \d+ issues", done.output)
    made = {one.name for one in other_company.sandbox.fields.values()}
    assert {"KR start", "KR current", "KR target"} <= made
    assert re.search(r"KR target is created \(customfield_\d+\)\.$", done.output, re.MULTILINE)
    assert re.search(r"^  TIN .*Growth$", done.output, re.MULTILINE)
    assert oct((tmp_path / ".env").stat().st_mode)[-3:] == "600"
    text = (tmp_path / "my-mapping.yaml").read_text(encoding="utf-8")
    assert read_document(text).require().scope == "project in (SEA, TIN)"
    assert not [word for word in PROJECTS if word in text]
    touched = [one for id_, one in other_company.sandbox.records.items() if one.updated != before[id_]]
    assert any(one.customs.get("customfield_10060") is not None for one in touched)
    assert {one.project.key for one in touched} <= {"SEA", "TIN"}
    # once more: what is known is taken as it is
    again = CliRunner().invoke(cli, ["setup", "--yes"])
    assert again.exit_code == 0, again.output
    assert "is known:" in again.output
    assert "takes its place" not in again.output
    # from another preset beside it: what rules is not replaced unasked
    anew = CliRunner().invoke(cli, ["setup", "--yes", "--project", "TIN", "--mapping", "anew.yaml"])
    assert anew.exit_code == 1
    assert "not activated unasked" in str(anew.exception)
    mistyped = CliRunner().invoke(cli, ["setup", "--yes", "--project", "TON"])
    assert mistyped.exit_code == 2
    assert "SEA" in mistyped.output


@pytest.mark.slow
def test_the_same_seven_steps_on_data_center_below_its_context_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIRA_OKR_BASE_URL", "https://okr.acme.example")
    with SandboxServer(deployment="datacenter", version=(9, 12, 5), context="/jira") as jira:
        words = ["setup", "--yes", "--data-center", "--url", f"{jira.url}/secure/Dashboard.jspa"]
        done = CliRunner().invoke(cli, words, input=f"{CONNECTOR.token}\n")
        assert done.exit_code == 0, done.output
        epics = [
            one for one in jira.sandbox.records.values() if one.type.name == "Epic" and "okr" in one.labels
        ]
        assert all(one.customs.get("customfield_10060") is not None for one in epics)
    assert re.findall(r"^\[(\d)/7\]", done.output, re.MULTILINE) == list("1234567")
    assert "Northwind Robotics 9.12.5 (datacenter) lets us in" in done.output
    assert re.search(
        r"Jira will call https://okr\.acme\.example/webhooks/jira/main/[0-9a-f]{40}", done.output
    )
    assert re.search(r"Your first number: \S+-\d+ .+, \d+ %, from \d+ issues", done.output)
