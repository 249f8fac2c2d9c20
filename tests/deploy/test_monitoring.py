"""What is shipped for Prometheus and Grafana asks for metrics and labels that there are, and tells of everything that troubles somebody."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.store.jobs.counts import ProcessCounts
from plugin.runtime.processes.metrics import StateCollector
from plugin.use_cases.health.concerns import CONCERNS
from plugin.use_cases.health.status import Installation, SiteStatus

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/alerts.yml"
BOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
PROMTOOL = shutil.which("promtool")
ASKED_OTHERWISE = {
    "outage": {"OkrJiraRefusesSignIn", "OkrJiraUnreachable", "OkrJiraLimits"},
    "nobody_works": {"OkrNobodyWorks"},
    "credential": {"OkrTokenExpires"},
}
"""Kinds of concerns that have alerts by a figure of their own, and which."""
NEVER_WRONG = {"no_webhook", "renamed", "drift"}


def alerts() -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load(RULES)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """Everything that is asked of Prometheus, with where it stands."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def labels() -> dict[str, set[str]]:
    """The labels of every series that `/metrics` has, by its name."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    counted = ProcessCounts(calls={"main|GET|field|ok": 1})
    found: dict[str, set[str]] = {"up": {"job"}}
    for family in StateCollector(Installation(at, (SiteStatus("main", at),), (), counted)).collect():
        names = set(family._labelnames)  # type: ignore[attr-defined]
        if family.type == "histogram":
            found |= {f"{family.name}_{part}": names | {"le"} for part in ("bucket", "sum", "count")}
        else:
            found[f"{family.name}_total" if family.type == "counter" else family.name] = names
    return found


def test_what_is_asked_for_is_there() -> None:
    known = labels()
    asked = list(expressions())
    assert len(asked) > 40
    for place, expression in asked:
        series = re.findall(r"\b(jira_okr_\w+|up\b)(?:\{([^}]*)\})?", expression)
        assert series, place
        for name, matchers in series:
            assert name in known, place
            assert set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers)) <= known[name], place
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            assert {one.strip() for one in grouped.split(",")} <= set.union(
                *(known[one] for one, _ in series)
            )


def test_each_kind_of_concern_that_is_wrong_has_its_alert() -> None:
    kinds = set(re.findall(r'kind="(\w+)"', (ROOT / "plugin/use_cases/health/concerns.py").read_text()))
    assert len(kinds) >= len(CONCERNS)
    told = [kind for rule in alerts() for kind in re.findall(r'jira_okr_concern\{kind="(\w+)"', rule["expr"])]
    assert len(told) == len(set(told))
    assert set(told) | ASKED_OTHERWISE.keys() | NEVER_WRONG | {"fresh"} == kinds
    assert set.union(*ASKED_OTHERWISE.values()) <= {rule["alert"] for rule in alerts()}


def test_each_alert_says_what_to_do_and_how_soon() -> None:
    sections = re.findall(r"^### (\w+)$", (ROOT / "docs/alarms.md").read_text(), re.MULTILINE)
    assert sections == [rule["alert"] for rule in alerts()]
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
        assert rule["annotations"]["runbook"] == f"docs/alarms.md#{rule['alert'].lower()}"


def test_the_dashboard_can_be_imported_anywhere_and_explains_itself() -> None:
    panels = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    for panel in panels:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert {one["datasource"]["uid"] for one in panel["targets"]} == {"${datasource}"}
    assert BOARD["time"]["to"] == "now"
    places = [
        (panel["gridPos"]["x"] + step, panel["gridPos"]["y"] + line)
        for panel in BOARD["panels"]
        for step in range(panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: Debian's package prometheus has it")
def test_prometheus_takes_the_rules_and_they_ring_when_they_should(tmp_path: Path) -> None:
    variables = {"$site": ".*", "$cycle": ".*"}
    asked = tmp_path / "asked.yml"
    rules: list[dict[str, str]] = []
    for number, (_, expression) in enumerate(expressions()):
        for name, value in variables.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"asked:{number}", "expr": expression})
    with asked.open("w") as file:
        YAML(typ="safe").dump({"groups": [{"name": "asked", "rules": rules}]}, file)
    for command in (
        ["check", "config", "prometheus.yml"],
        ["check", "rules", str(asked)],
        ["test", "rules", "alerts.test.yml"],
    ):
        done = subprocess.run(
            [str(PROMTOOL), *command], cwd=RULES.parent, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_trial_of_the_alerts_rings_every_one() -> None:
    trial = YAML(typ="safe").load(ROOT / "deploy/prometheus/alerts.test.yml")
    rung = re.findall(r'alertname="(\w+)"', json.dumps(trial["tests"][0]).replace('\\"', '"'))
    assert sorted(rung) == sorted(rule["alert"] for rule in alerts())
