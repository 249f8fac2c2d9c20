"""Teams of a company that was read: the same at every door, once a mapping says who they are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest
from bs4 import BeautifulSoup

from mappings import presets
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.sync.drain import drain
from plugin.use_cases.mappings.mapping_life import activate

TEAMS = "team: {names: {PLAT: Platform, GROW: Growth}}\n"


@pytest.fixture
def teams(company):
    """The doors, with a mapping that names two of three teams; the third is called by its key."""
    activate(company.connector, COMMAND_LINE, "main", presets.text("epics-as-objectives") + TEAMS)
    drain(lambda: company.connector.context("main"))
    return company


def test_every_door_narrows_to_a_team(teams):
    every = teams.api("GET", "/objectives?limit=200").json["items"]
    running = max(one["cycle"] for one in every)
    assert {(one["project"], one["team"]) for one in every if one["cycle"] == running} == {
        ("PLAT", "Platform"),
        ("CORE", "CORE"),
        ("GROW", "Growth"),
    }
    assert {one["team"] for one in every if one["cycle"] != running} == {None}  # what has ended stands still
    mine = {one["key"] for one in every if one["team"] == "Platform"}
    given = teams.api("GET", "/objectives?limit=200&team=Platform").json["items"]
    assert {one["key"] for one in given} == mine
    assert 0 < len(mine) < len(every)
    said = teams.command("export", "objectives", "--team", "Platform").stdout
    rows = list(csv.DictReader(io.StringIO(said)))
    assert ({one["key"] for one in rows}, {one["team"] for one in rows}) == (mine, {"Platform"})
    page = BeautifulSoup(teams.look("/?team=Platform"), "html.parser")
    assert {one.text for one in page.select("table.list .key")} == mine
    assert [one.text for one in page.select("select[name=team] option")] == [
        "All teams",
        "CORE",
        "Growth",
        "Platform",
        "No team",
    ]
    (one, *_) = sorted(mine)
    assert "<span>Platform</span>" in teams.look(f"/objectives/{one}")


def test_advice_counts_by_team(teams):
    objectives = teams.api("GET", "/objectives?limit=200").json["items"]
    cycle = max(one["cycle"] for one in objectives)
    running = Counter(one["team"] for one in objectives if one["cycle"] == cycle)
    said = json.loads(teams.command("advice", "--cycle", cycle, "--json").stdout)
    few = {one["about"] for one in said if one["code"] == "few-objectives"}
    assert few == {team for team, count in running.items() if count < 3}
