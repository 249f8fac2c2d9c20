"""What Jira does not have right is one thing at every door: sync, status, API, pages, metrics and assistants, and exit codes say it.

One company in which everything of it is so at once: a field that Jira refuses and one that it refuses to clear, an objective whose
attempts fail, held changes, issues that are missing, one that cannot be read, one of which a person accepted that, a dead letter, a name
that is gone, and drift.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, PEOPLE, Fault, Sandbox
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import edit
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.work import due
from plugin.use_cases.health.concerns import CONCERNS, concerns
from plugin.use_cases.health.status import SiteStatus
from tests.plugin.mcp.conftest import Assistant
from tests.plugin.use_cases.conftest import Doors, opened

ADA = person(PEOPLE[0])
GHOST = "99999"
WRONG = ["held", "losses", "given_up", "retried", "refused", "gaps", "gone"]
"""In the order in which they are told."""


@dataclass
class Trouble:
    """The doors of that company, and which issue is in which trouble."""

    doors: Doors
    sandbox: Sandbox
    synced: dict[str, Any] = field(default_factory=dict)
    sync_code: int = 0
    said: str = ""
    refused: str = ""
    left: str = ""
    limited: str = ""
    spoilt: str = ""
    accepted: str = ""
    hidden: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[Trouble]:
    folder: Path = tmp_path_factory.mktemp("trouble")
    key = "an invented key that is long enough to sign"
    with synced_demo(folder, secret_key=key) as demo:
        environment = {
            "JIRA_OKR_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
            "JIRA_OKR_JIRA__URL": demo.sandbox.url,
            "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
            "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
            "JIRA_OKR_SECRET_KEY": key,
        }
        made = Trouble(opened(demo.connector, environment, "admin"), demo.sandbox.sandbox)
        befall(made, demo.sandbox)
        yield made


def befall(made: Trouble, server: Any) -> None:
    sandbox = made.sandbox
    epics = [
        one
        for one in sorted(sandbox.records.values(), key=lambda one: int(one.id))
        if one.type == scheme.EPIC and one.customs.get(scheme.OKR_PROGRESS) is not None
    ]
    family = {one.id: sorted(sandbox.children.get(one.id, ())) for one in epics}
    quarter = max(label for one in epics for label in one.labels if label[:2] == "20")
    large = [one for one in epics if len(family[one.id]) >= 3 and quarter in one.labels]
    refused, left, limited, spoilt, hidden = large[:5]
    others = [one for one in epics if one not in (refused, left, limited, spoilt, hidden)]
    made.refused, made.left, made.limited = refused.id, left.id, limited.id

    # What one sync finds and cannot mend.
    for epic, fault in (
        (refused, Fault("status", "PUT", f"issue/{refused.id}", 1000, 400, shape="jira")),
        (left, Fault("status", "PUT", f"issue/{left.id}", 1000, 400, shape="jira")),
        (limited, Fault("rate_limit", "PUT", f"issue/{limited.id}", 1000, reason="jira-per-issue-on-write", seconds=3000)),
    ):  # fmt: skip
        server.faults.add(fault)
        if epic is left:
            edit(sandbox, sandbox.records[epic.id], {"fields": {"labels": []}}, "3", ADA)
        else:
            finish(sandbox, family[epic.id])
    made.spoilt, made.hidden = family[spoilt.id][0], frozenset(family[hidden.id])
    made.accepted = family[spoilt.id][1]
    for one in (made.spoilt, made.accepted):
        sandbox.spoil(one, status=None)
    for one in made.hidden:
        sandbox.forbid(one)
    sandbox.resolutions = tuple(one for one in sandbox.resolutions if one.name != "Declined")
    store, clock = made.doors.connector.store, made.doors.connector.clock
    with store.write() as conn:
        due.mark(conn, "main", [GHOST], clock(), "event")
        (claimed,) = due.claim(conn, "w", clock(), timedelta(minutes=1), 1, objective_id=GHOST)
        due.bury(conn, claimed, "It was not to be", "Look at it", clock())
    assert made.doors.command("sync", "--json").exit_code == 1
    key = sandbox.records[made.accepted].key
    assert made.doors.api("POST", "/gaps/accept", {"issue": key}).status_code == 200

    # And what another hand did to most of our fields waits for a person.
    for epic in others:
        values = {"summary": "Nobody told", scheme.OKR_PROGRESS: 1, scheme.OKR_HEALTH: {"value": "Pending"}}
        edit(sandbox, sandbox.records[epic.id], {"fields": values}, "3", ADA)
    done = made.doors.command("sync", "--json")
    made.sync_code, made.synced, made.said = done.exit_code, json.loads(done.stdout), done.stderr


def finish(sandbox: Sandbox, ids: list[str]) -> None:
    """Somebody does the work below an objective, and reaches its key results."""
    for record in (sandbox.records[id_] for id_ in ids):
        if record.type == scheme.KEY_RESULT:
            reached = record.customs[scheme.KR_TARGET]
            edit(sandbox, record, {"fields": {scheme.KR_CURRENT: reached}}, "3", ADA)
        elif record.status.category != "done":
            to_status(sandbox, record, scheme.DONE, ADA)


def test_each_trouble_is_there(trouble: Trouble) -> None:
    found = json.loads(trouble.doors.command("status", "--json").stdout)
    keys = {id_: trouble.sandbox.records[id_].key for id_ in (trouble.refused, trouble.left)}
    assert {one["issue"] for one in found["refused"]} == set(keys.values())
    assert {one["issue_id"] for one in found["losses"]} == trouble.hidden
    assert [one["issue_id"] for one in found["gaps"]] == [trouble.spoilt, trouble.accepted]
    assert [bool(one["accepted_by"]) for one in found["gaps"]] == [False, True]
    assert [one["objective"] for one in found["dead_letters"]] == [GHOST]
    assert len(found["held"]) > 10
    assert found["drift"]["issues"] > 0


def test_sync_and_status_say_the_same_and_exit_with_1(trouble: Trouble) -> None:
    told = trouble.doors.command("status", "--json")
    found = json.loads(told.stdout)
    assert (trouble.sync_code, told.exit_code) == (1, 1)
    assert trouble.synced["concerns"] == WRONG
    assert [one["kind"] for one in found["concerns"] if one["wrong"]] == ["nobody_works", *WRONG]
    for one in found["concerns"]:
        if one["kind"] in WRONG:
            assert f"{one['word']}: {one['sentence']}" in trouble.said
    waiting = {**found, "gaps": [one for one in found["gaps"] if not one["accepted_by"]]}
    counted = {name: len(waiting[name]) for name in ("refused", "held", "losses", "gaps")}
    assert counted | {"dead": len(found["dead_letters"])} == {
        name: trouble.synced[name] for name in (*counted, "dead")
    }
    assert trouble.synced["gone"] == ['resolution "Declined" (10006) is no longer in Jira']


def test_api_pages_metrics_and_assistants_say_so_too(trouble: Trouble) -> None:
    doors = trouble.doors
    found = json.loads(doors.command("status", "--json").stdout)
    given = doors.api("GET", "/sites/main/status").json
    said = [[{**one, "to_do": ""} for one in door["concerns"]] for door in (given, found)]
    assert said[0] == said[1], "but for what to do, which each says as its own"
    assert "jira-okr" not in next(one["to_do"] for one in given["concerns"] if one["kind"] == "held")
    numbers = {
        "refused": "refused",
        "held": "held",
        "losses": "losses",
        "gaps": "gaps",
        "dead_letters": "dead",
    }
    assert {name: given[name] for name in numbers} == {
        name: trouble.synced[counted] for name, counted in numbers.items()
    }
    shown = doors.look("/health")
    metrics = doors.browser.get("/metrics").get_data(as_text=True)
    for one in found["concerns"]:
        assert escaped(one["sentence"]) in shown, one["kind"]
        assert (f'jira_okr_concern{{kind="{one["kind"]}",site="main"}} 1.0' in metrics) is one["wrong"]
    stands = Assistant(doors.connector, doors.app, "", "2026-07-28").ask("okr_freshness")
    assert [(one["kind"], one["wrong"]) for one in stands["concerns"]] == [
        (one["kind"], one["wrong"]) for one in found["concerns"]
    ]
    assert {name: stands[name] for name in numbers} == {name: given[name] for name in numbers}
    for name, counted in (("refused_fields", "refused"), ("held_writes", "held"), ("gaps", "gaps"), ("losses", "losses"), ("dead_letters", "dead")):  # fmt: skip
        assert f'jira_okr_{name}{{site="main"}} {trouble.synced[counted]}.0' in metrics, name


@pytest.mark.parametrize(
    ("words", "path", "counted"),
    [
        (("held", "list"), "/held", "held"),
        (("losses", "list"), "/losses", "losses"),
        (("gaps", "list"), "/gaps", "gaps"),
    ],
)
def test_each_list_has_as_many_at_every_door_and_its_command_exits_with_1(
    trouble: Trouble, words: tuple[str, ...], path: str, counted: str
) -> None:
    listed = trouble.doors.command(*words, "--json")
    items = trouble.doors.api("GET", f"{path}?limit=200").json["items"]
    count = trouble.synced[counted] + (
        counted == "gaps"
    )  # what somebody accepted is listed, and does not wait
    assert (len(json.loads(listed.stdout)), len(items)) == (count, count)
    assert listed.exit_code == 1


def test_dead_letters_and_refused_fields_are_listed_together_by_the_command(trouble: Trouble) -> None:
    listed = trouble.doors.command("dead-letters", "list", "--json")
    dead, refused = (
        trouble.doors.api("GET", f"{path}?limit=200").json["items"] for path in ("/dead-letters", "/refusals")
    )
    assert (len(dead), len(refused)) == (trouble.synced["dead"], trouble.synced["refused"]) == (1, 4)
    assert (listed.exit_code, len(json.loads(listed.stdout))) == (1, 5)


def test_a_plan_says_of_what_waits_why(trouble: Trouble) -> None:
    planned = json.loads(trouble.doors.command("plan", "--json").stdout)
    waits = [one["waits"] for one in planned]
    assert waits.count("refused") == trouble.synced["refused"]
    assert waits.count("held") == trouble.synced["held"]
    left = trouble.sandbox.records[trouble.left].key
    of_left = json.loads(trouble.doors.command("plan", left, "--json").stdout)
    assert [(one["waits"], one["after"]) for one in of_left] == [("refused", None)] * 2
    given = trouble.doors.api("GET", f"/plan?objective={left}").json["items"]
    assert [len(one["refused"]) for one in given] == [2]


def test_every_wrong_concern_about_numbers_was_brought_about_here_or_ends_a_sync_before(
    trouble: Trouble,
) -> None:
    """A new one belongs into this company."""
    elsewhere = {"unwritable", "jira_out", "read_failures", "standing_still", "coming_mapping"}
    names = {one.__name__: one for one in CONCERNS}
    called = {
        "held_changes": "held", "missing_issues": "losses", "failed_attempts": "retried", "refused_fields": "refused", "unread": "gaps", "gone_names": "gone",
    }  # fmt: skip
    about_numbers = {called.get(name, name) for name in names} - {
        "never_read", "nobody_works", "credential", "webhook_lapse", "crashes", "unsent", "stale", "no_webhook", "new_names", "corrections", *elsewhere,
    }  # fmt: skip
    assert about_numbers == set(WRONG)
    assert concerns(SiteStatus("main", trouble.doors.connector.clock()))[0].numbers is False


def escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace('"', "&#34;")
        .replace("'", "&#39;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
