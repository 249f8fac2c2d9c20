"""Advice on the objectives of a company that was read: the same by command and API, and a cycle that nobody has is refused by both."""

from __future__ import annotations

import json


def test_command_and_api_tell_the_same_advice(company):
    given = company.api("GET", "/advice").json["items"]
    said = company.command("advice", "--json")
    assert (said.exit_code, json.loads(said.stdout)) == (0, given)
    about = {(one["code"], one["about"]) for one in given}
    assert {code for code, _ in about} <= {
        "few-objectives",
        "many-objectives",
        "few-key-results",
        "many-key-results",
        "not-measurable",
        "not-time-bound",
        "not-owned",
        "only-outputs",
        "no-reading",
    }
    for one in company.api("GET", "/objectives?limit=200").json["items"]:
        expected = 0 < len(one["key_results"]) < 3
        assert (("few-key-results", one["key"]) in about) == expected, one["key"]
    assert len(given) > 5
    shown = company.command("advice").stdout
    assert "few-key-results" in shown


def test_advice_of_one_cycle_is_of_its_objectives(company):
    (cycle, *_) = {one["cycle"] for one in company.api("GET", "/objectives?limit=200").json["items"]} - {None}
    given = company.api("GET", f"/advice?cycle={cycle}").json["items"]
    assert [one for one in given if one["code"] == "not-time-bound"] == []
    assert json.loads(company.command("advice", "--cycle", cycle, "--json").stdout) == given
    assert company.api("GET", "/advice?cycle=1066-Q4").status_code == 404
    refused = company.command("advice", "--cycle", "1066-Q4")
    assert "There is no cycle 1066-Q4" in str(refused.exception)
