"""Will we make it? The same answer at the API, on the page and by command, from what Jira holds, without asking it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli import cli
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.objectives.forecast import forecast_view


@pytest.fixture(scope="module")
def told(api: Any) -> dict[str, Any]:
    """The forecast of every objective, by key."""
    return {one["key"]: api.get(f"/objectives/{one['key']}/forecast") for one in api.all("/objectives")}


def issue_of(api: Any, id_: str) -> dict[str, Any]:
    """The facts of an issue as Jira tells them."""
    address = f"{api.sandbox.url}/rest/api/3/issue/{id_}"
    answer = requests.get(address, auth=(CONNECTOR.email, CONNECTOR.token), timeout=10)
    fields: dict[str, Any] = answer.json()["fields"]
    return fields


def test_the_weeks_are_those_of_the_issues_in_jira(api: Any, told: dict[str, Any]) -> None:
    """Counted anew from Jira's answers: what is done now, when its category last changed, when each was created."""
    key, delivery = next(
        (key, one)
        for key, found in told.items()
        for one in found["key_results"]
        if one["work"] and one["probability"] is not None and not one["reached"]
    )
    ledgers = api.get(f"/objectives/{key}/ledger")["key_results"]
    rows = next(one["rows"] for one in ledgers if one["id"] == delivery["id"])
    issues = [issue_of(api, row["id"]) for row in rows if row["disposition"] == "counted"]
    done = [one for one in issues if one["status"]["statusCategory"]["key"] == "done"]
    work = delivery["work"]
    assert (work["rows"], work["finished"], work["goal"]) == (len(issues), len(done), len(issues))
    zone = api.connector.context("main").mapping.zone
    finished = [
        datetime.fromisoformat(one["statuscategorychangedate"]).astimezone(zone).date() for one in done
    ]
    for week in work["weeks"]:
        first = datetime.fromisoformat(week["first_day"]).date()
        assert week["done"] == sum(first <= day < first + timedelta(days=7) for day in finished)
    last = datetime.fromisoformat(told[key]["last_day"]).date()
    assert work["days_left"] == (last - datetime.fromisoformat(told[key]["day"]).date()).days + 1


def test_an_objective_is_as_likely_as_its_least_likely_contributing_key_result(told: dict[str, Any]) -> None:
    running = [found for found in told.values() if found["probability"] is not None]
    assert len(running) > 3
    for found in running:
        chances = {
            one["id"]: Fraction(one["probability_exact"])
            for one in found["key_results"]
            if one["contributing"] and one["probability_exact"] is not None
        }
        assert Fraction(found["probability_exact"]) == min(chances.values()) == chances[found["deciding"]]
        assert found["forecast"] == len(chances)


def test_where_nothing_can_be_said_it_says_why(told: dict[str, Any]) -> None:
    ended = [found for found in told.values() if found["sentence"].startswith("its cycle ended on ")]
    lacking = [one for found in told.values() for one in found["key_results"] if one["missing"]]
    assert ended
    assert all(one["key_results"] == [] and one["probability"] is None for one in ended)
    assert lacking
    for one in lacking:
        assert one["probability"] is None
        assert one["sentence"].startswith("not enough data: ")
        assert all(lack["missing"] == lack["wanted"] - lack["have"] > 0 for lack in one["missing"])


def test_page_and_command_say_the_same(api: Any, told: dict[str, Any]) -> None:
    key, found = next((key, one) for key, one in told.items() if one["probability"] is not None)
    sources = StoredSources(api.connector, lambda: COMMAND_LINE)
    on_page = sources.forecast(sources.located(key)[0].saved.state.id, "main")
    assert on_page is not None
    assert on_page.sentence == found["sentence"]
    view = forecast_view(on_page)
    assert [row.anchor for row in view.rows] == [f"kr-{n + 1}" for n in range(len(found["key_results"]))]
    settings = {
        "JIRA_OKR_DATABASE_URL": api.connector.settings.database_url,
        "JIRA_OKR_JIRA__URL": api.sandbox.url,
        "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
        "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
    }
    as_json = CliRunner().invoke(cli, ["forecast", key, "--json"], env=settings)
    plain = CliRunner().invoke(cli, ["forecast", key], env=settings)
    assert json.loads(as_json.stdout) == found
    assert found["sentence"] in plain.output


def test_it_asks_jira_nothing_and_moves_nothing(api: Any) -> None:
    before, calls = api.all("/objectives"), api.sandbox.site.calls.shown()
    for one in before:
        api.get(f"/objectives/{one['key']}/forecast")
    assert api.sandbox.site.calls.shown() == calls
    assert api.all("/objectives") == before


def test_an_objective_that_is_none_is_a_problem(api: Any, problem_of: Any) -> None:
    assert problem_of(api.call("GET", "/objectives/NONE-1/forecast"))["status"] == 404
