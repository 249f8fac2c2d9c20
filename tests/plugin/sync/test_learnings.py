"""What was learnt from the objectives of a cycle: by API and by command, of a cycle that runs, has ended and is closed, and as whom it is told to."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connectors.store.people import audit
from mappings.explain.check_in import LONGEST_NOTE
from plugin.cli import cli
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle
from plugin.use_cases.cycles.learnings import list_learnings, write_learning
from tests.actors import TESTER
from tests.plugin.sync.test_cycle_doors import Door

OVER = "2026-Q4"


def test_it_is_written_at_any_time_and_outlives_closing_and_opening_again(quarter):
    hand, epic, _, _ = quarter
    connector, key = hand.connector, hand.sandbox.sandbox.records[epic].key

    def told():
        return [
            (one.key, one.learning.said, one.learning.by)
            for one in list_learnings(connector, TESTER, "main", OVER)
        ]

    assert told() == []
    write_learning(connector, TESTER, "main", OVER, key.lower(), " The depots work. ")
    assert told() == [(key, "The depots work.", TESTER.label)]
    close_cycle(connector, TESTER, "main", OVER, reason="the last mile was long")
    assert told() == [(key, "The depots work.", TESTER.label)]
    write_learning(connector, TESTER, "main", OVER, epic, "The stops went on.")
    reopen_cycle(connector, TESTER, "main", OVER, "a late bill")
    assert told() == [(key, "The stops went on.", TESTER.label)]
    assert list_learnings(connector, TESTER, "main", "2027-Q1") == ()
    assert write_learning(connector, TESTER, "main", OVER, key, "  ") is None
    assert told() == []
    with connector.store.read() as conn:
        acts = [one.what for one in audit.recent(conn, 50)]
    assert [one for one in acts if "learnt" in one] == [
        "what was learnt taken away",
        "what was learnt written",
        "what was learnt written",
    ]


@pytest.mark.parametrize(
    ("objective", "said", "refusal"),
    [
        ("NOPE-1", "x", "“NOPE-1” is no objective of 2026-Q4."),
        ("", "x", "“” is no objective of 2026-Q4."),
        (None, "x" * (LONGEST_NOTE + 1), f"has at most {LONGEST_NOTE} characters"),
    ],
)
def test_what_cannot_be_kept_is_refused(quarter, objective, said, refusal):
    hand, epic, _, _ = quarter
    with pytest.raises(CycleRefusal, match=refusal):
        write_learning(hand.connector, TESTER, "main", OVER, epic if objective is None else objective, said)
    assert list_learnings(hand.connector, TESTER, "main", OVER) == ()


def test_the_api_and_the_commands_say_the_same(quarter, monkeypatch):
    hand, epic, _, _ = quarter
    key = hand.sandbox.sandbox.records[epic].key
    call = Door(hand.connector)
    address = f"/cycles/{OVER}/learnings/{key}"
    put = {"method": "PUT", "path": f"/api/v1{address}", "json": {"said": "Rubber is the limit."}}
    headers = {role: {"Authorization": f"Bearer {token}"} for role, token in call.tokens.items()}
    assert call.client.open(**put, headers=headers["viewer"]).status_code == 403
    answer = call.client.open(**put, headers=headers["editor"])
    assert answer.status_code == 200, answer.json
    status, found = call("GET", f"/cycles/{OVER}/learnings")
    assert (status, found) == (200, answer.json)
    (one,) = found["items"]
    assert (one["objective"], one["key"], one["said"]) == (epic, key, "Rubber is the limit.")
    assert one["cycle"] == OVER
    assert call("GET", f"/objectives/{key}/learnings") == (200, answer.json)
    missing = call.client.open(
        **{**put, "path": "/api/v1/cycles/2026-Q4/learnings/NOPE-1"}, headers=headers["editor"]
    )
    assert (missing.status_code, missing.json["title"]) == (409, "Not kept")
    monkeypatch.setattr("plugin.cli.objectives.cycle.open_connector", lambda **_: _Open(hand.connector))
    run = CliRunner().invoke
    told = run(cli, ["cycle", "learnings", OVER, "--json"])
    assert [one["said"] for one in json.loads(told.output)] == ["Rubber is the limit."]
    assert [list(one) for one in json.loads(told.output)] == [list(one) for one in found["items"]]
    alone = run(cli, ["cycle", "learnings", "--objective", key, "--json"])
    assert json.loads(alone.output) == json.loads(told.output)
    assert json.loads(run(cli, ["cycle", "learnings", "2027-Q1", "--objective", key, "--json"]).output) == []
    assert run(cli, ["cycle", "learnings"]).exit_code == 2
    assert "kept" in run(cli, ["cycle", "learn", OVER, key, "Two suppliers are tested."]).output
    assert "Two suppliers" in run(cli, ["cycle", "learnings", OVER]).output
    assert "any more" in run(cli, ["cycle", "learn", OVER, key, ""]).output
    assert call("GET", f"/cycles/{OVER}/learnings")[1]["items"] == []
    assert call("GET", "/cycles/2026-H9/learnings")[0] == 404
    unknown = run(cli, ["cycle", "learnings", "2026-H9"])
    assert isinstance(unknown.exception, UnknownCycle)


class _Open:
    """A connector that is open already."""

    def __init__(self, connector):
        self.connector = connector

    def __enter__(self):
        return self.connector

    def __exit__(self, *_):
        return None
