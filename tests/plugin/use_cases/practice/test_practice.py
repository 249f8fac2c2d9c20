"""The practice of a company that was read: the same at page, API and command, and as counted from the objectives themselves."""

from __future__ import annotations

import json
from fractions import Fraction

from bs4 import BeautifulSoup


def test_page_api_and_command_tell_the_same(company):
    given = company.api("GET", "/practice").json
    said = company.command("practice", "--json")
    assert (said.exit_code, json.loads(said.stdout)) == (0, given)
    every = company.api("GET", "/objectives?limit=200").json["items"]
    cycle = max(one["cycle"] for one in every)
    assert (given["cycle"], given["ended"]) == (cycle, False)
    mine = [one for one in every if one["cycle"] == cycle]
    assert [one["team"] for one in given["teams"]] == ["CORE", "GROW", "PLAT"]
    for team in given["teams"]:
        of_team = [one for one in mine if one["project"] == team["team"]]
        measures = {one["aspect"]: one for one in team["measures"]}
        assert team["objectives"] == len(of_team)
        key_results = [kr for one in of_team for kr in one["key_results"]]
        outcomes = sum(kr["nature"] == "outcome" for kr in key_results)
        assert (measures["outcome"]["met"], measures["outcome"]["of"]) == (outcomes, len(key_results))
        alone = {one["id"] for one in of_team if not one["aligned_to"]}
        assert {one["id"] for one in measures["aligned"]["behind"]} <= alone
        assert all(one["advice"] and one["source"] for one in measures.values())
    page = BeautifulSoup(company.look("/practice"), "html.parser")
    for team in given["teams"]:
        table = page.select_one(f'table[aria-label="The practice of {team["team"]}"]')
        shown = [one.text for one in table.select(".c-progress .under")][: len(team["measures"])]
        assert shown == [
            f"{one['met']} of {one['of']}" if one["of"] else "nothing to look at" for one in team["measures"]
        ]


def test_coverage_is_of_all_work_and_its_orphans_are_found_by_their_jql(company):
    given = company.api("GET", "/practice").json
    whole, parts = given["coverage"], [one["coverage"] for one in given["teams"]]
    for name in ("candidates", "serving"):
        assert whole[name] == sum(part[name] for part in parts)
    assert Fraction(whole["share_exact"]) == Fraction(whole["serving"], whole["candidates"])
    assert 0 < whole["serving"] <= whole["candidates"]
    orphans = sum(one["count"] for one in whole["orphans"])
    assert orphans == whole["candidates"] - whole["serving"]


def test_one_team_an_ended_cycle_and_one_that_nobody_has(company):
    every = company.api("GET", "/objectives?limit=200").json["items"]
    ended = min(one["cycle"] for one in every)
    given = company.api("GET", f"/practice?cycle={ended}&team=plat").json
    assert ([one["team"] for one in given["teams"]], given["ended"], given["coverage"]) == (
        ["PLAT"],
        True,
        None,
    )
    assert "is not told of a cycle that has ended" in company.look(f"/practice?cycle={ended}")
    assert company.api("GET", "/practice?cycle=1066-Q4").status_code == 404
    assert company.command("practice", "--cycle", "1066-Q4").exit_code != 0
    assert "Nothing to look at yet" in company.look("/practice?cycle=1066-Q4")
