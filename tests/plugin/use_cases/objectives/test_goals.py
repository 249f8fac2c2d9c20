"""The goals of Atlassian Goals, at each door: the same goals, and the same word on whether they can be worked with."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import requests

from connectors.sandbox.goals.goal import CLOUD_ID


@pytest.fixture
def address(company):
    return company.environment["JIRA_OKR_JIRA__URL"]


def test_goals_are_listed_and_checked_alike_at_each_door(company, address):
    form = {"status": "at_risk", "score": "45", "summary": "Slower than we hoped"}
    assert requests.post(f"{address}/goals/NORTH-2/update", data=form, timeout=10).status_code == 200
    form = {"status": "paused", "score": "", "summary": "Later"}
    assert requests.post(f"{address}/goals/NORTH-3/update", data=form, timeout=10).status_code == 200
    listed = json.loads(company.command("goals", "list", "--json").output)
    given = company.api("GET", "/goals?limit=200").get_json()["items"]
    assert [one["key"] for one in listed][:3] == ["NORTH-1", "NORTH-2", "NORTH-3"]
    assert [{**one, "posted_at": None} for one in listed] == [{**one, "posted_at": None} for one in given]
    second = listed[1]
    assert second["name"] == "Be the safest arm on the factory floor"
    assert (second["status"], second["score"], second["summary"]) == ("at_risk", 45, "Slower than we hoped")
    assert (second["posted_by"], second["may_post"], second["metrics"]) == ("Ada Brandt", True, 0)
    assert (listed[2]["status"], listed[2]["score"]) == ("paused", None), "no score is none, and not 0"
    assert listed[0]["posted_at"] is None
    shown = company.command("goals", "list").output
    assert "NORTH-2" in shown
    assert "at_risk" in shown

    count = len(listed)
    told = {"cloud_id": CLOUD_ID, "scoring": "OKR", "goals": count, "posting": count, "findings": []}
    checked = company.command("goals", "check", "--json")
    assert (checked.exit_code, json.loads(checked.output)) == (0, {**told, "tried": None})
    assert company.api("GET", "/goals/check").get_json() == told
    assert f"sees {count} goals and may post to {count} of them" in company.command("goals", "check").output


def test_what_a_command_asked_is_told_when_it_ends(company):
    def lately():
        return json.loads(company.command("status", "--json").output)["budget"]["calls_last_hour"]

    before = lately()
    assert company.command("goals", "check").exit_code == 0
    asked = lately() - before
    assert asked >= 4, "by what the site is known, how it scores, which goals there are, and how they stand"
    assert company.command("goals", "check").exit_code == 0
    assert lately() - before == 2 * asked


def test_a_site_without_goals_is_said_so_with_what_to_do(company, address):
    fault = {"kind": "status", "path": "/gateway/", "status": 403, "shape": "jira", "message": "No Goals here.", "times": 2}  # fmt: skip
    assert requests.post(f"{address}/_sandbox/faults", json=fault, timeout=10).status_code == 204
    checked = company.command("goals", "check")
    assert checked.exit_code == 1
    assert checked.output.startswith("No Goals here. ")
    assert "docs/goals.md" in checked.output
    [finding] = company.api("GET", "/goals/check").get_json()["findings"]
    assert finding["message"] == "No Goals here."


def test_a_trial_says_what_the_site_made_of_it_and_leaves_nothing(company, address):
    before = requests.get(f"{address}/goals", timeout=10).text
    tried = json.loads(company.command("goals", "check", "--json", "--write", "NORTH-2").output)["tried"]
    assert tried == {
        "goal": "NORTH-2",
        "sent": ["at_risk", 42],
        "held": ["at_risk", 42],
        "taken_back": True,
        "findings": [],
    }
    given = company.api("POST", "/goals/try", {"goal": "NORTH-2"}).get_json()
    assert (given["status"], given["score"], given["taken_back"]) == ("at_risk", 42, True)
    told = company.command("goals", "check", "--write", "NORTH-2").output
    assert "NORTH-2 was told at_risk 42, holds it as at_risk 42, and was taken back." in told
    assert requests.get(f"{address}/goals", timeout=10).text == before
    assert [one[0] for one in company.audited()].count("goal tried out") == 3
    assert company.command("goals", "check", "--write", "NORTH-99").exit_code == 1


COMMENT = re.compile(r"\s{2,}#.*")


def shown_commands():
    """What `docs/goals.md` shows in its blocks, without the name of the program."""
    blocks = re.findall(
        r"^```\n(.*?)^```",
        (Path(__file__).parents[4] / "docs/goals.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    return [shlex.split(COMMENT.sub("", line))[1:] for block in blocks for line in block.splitlines()]


def test_the_commands_of_the_page_work_as_printed(company, address):
    """With the issue, the goal and the name of this site in the place of those of the page."""
    goal = json.loads(company.command("goals", "list", "--json").output)[0]["key"]
    objective = company.api("GET", "/objectives?limit=1").get_json()["items"][0]["key"]
    ended = {}
    for words in shown_commands():
        here = [{"PLAT-12": objective, "HELLO-123": goal, "acme": "main"}.get(word, word) for word in words]
        ended[" ".join(words)] = company.command(*here)
    codes = {line: one.exit_code for line, one in ended.items()}
    assert codes == {
        "goals account okr-goals@acme.example --site acme": 1,
        "goals account --site acme": 0,
        "goals check": 0,
        "goals list": 0,
        "goals link PLAT-12 HELLO-123": 1,
        "held list": 0,
        "held release PLAT-12": 1,
    }
    # nobody typed the token that is asked for
    asked = ended["goals account okr-goals@acme.example --site acme"].output
    assert "API token without scopes" in asked
    # this mapping reads no goal from a field, and nothing is held here: both are said, and nothing else is wrong with the commands
    assert "names no field that says which goal" in str(ended["goals link PLAT-12 HELLO-123"].exception)
    assert f"Nothing is held of {objective}." in str(ended["held release PLAT-12"].exception)
