"""The commands for dead letters and webhooks, `status` and `explain`."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from connectors.jira.http.errors import JiraRefusal
from connectors.store.numbers import objectives
from connectors.store.work import due
from connectors.store.writes import refusals
from mappings import presets
from mappings.document.text.source import read_document
from mappings.write_back.plan import Change
from mappings.write_back.targets import entity_property
from plugin.use_cases.mappings.mapping_life import activate
from tests.actors import TESTER

KEY = re.compile(r"[A-Z]+-[0-9]+")


def bury(quiet: Any, objective_id: str) -> None:
    """An objective fails for good."""
    context = quiet.context
    with context.store.write() as conn:
        due.mark(conn, "main", [objective_id], context.clock(), "a test")
        (claim,) = due.claim(conn, "w", context.clock(), context.lease, 1, "main", objective_id)
        due.bury(conn, claim, str(JiraRefusal(400, ("no",))), "Mend it.", context.clock())


def refuse(quiet: Any, objective_id: str) -> None:
    """A field is refused for good."""
    context = quiet.context
    change = Change(objective_id, "PLAT-1", "customfield_10062", "OKR summary", None, "x", "")
    with context.store.write() as conn:
        refusals.put(
            conn,
            "main",
            objective_id,
            change,
            "not on screen",
            "Add it.",
            context.mapping.revision,
            context.clock(),
        )


def test_dead_letters_are_listed_by_objective_and_field_with_error_and_remedy(
    quiet: Any, command: Any
) -> None:
    assert command("dead-letters", "list") == (0, "No failed items.\n")
    first, second, *_ = quiet.objectives()
    bury(quiet, first)
    refuse(quiet, second)

    code, said = command("dead-letters", "list", "--json")

    assert code == 1
    whole, field = json.loads(said)
    assert (whole["objective_id"], whole["field"], whole["remedy"]) == (first, None, "Mend it.")
    assert "no" in whole["error"]
    assert (field["objective_id"], field["field"], field["remedy"]) == (
        second,
        "customfield_10062",
        "Add it.",
    )
    code, text = command("dead-letters", "list")
    assert code == 1
    assert "Mend it." in text
    assert "Add it." in text


def test_retry_makes_them_due_again(quiet: Any, command: Any) -> None:
    first, second, *_ = quiet.objectives()
    bury(quiet, first)
    refuse(quiet, second)

    assert command("dead-letters", "retry", first)[0] == 0
    assert command("dead-letters", "retry", second, "--field", "customfield_10062", "--json")[0] == 0

    with quiet.connector.store.read() as conn:
        assert due.dead(conn, "main") == []
        assert [one.probing for one in refusals.load_all(conn, "main")] == [True], (
            "it stands until Jira takes it"
        )
        assert due.pending_count(conn, "main") == 2


def test_discard_forgets_them(quiet: Any, command: Any) -> None:
    first, second, *_ = quiet.objectives()
    bury(quiet, first)
    refuse(quiet, second)

    assert command("dead-letters", "discard", "--all")[0] == 0

    assert command("dead-letters", "list")[0] == 0
    with quiet.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 0


def test_naming_nothing_is_wrong_usage_and_a_wrong_name_says_what_there_is(quiet: Any, command: Any) -> None:
    assert command("dead-letters", "retry")[0] == 2
    assert command("dead-letters", "retry", "NOPE-1")[0] == 1


def test_webhooks_are_registered_once_listed_and_deleted(quiet: Any, command: Any) -> None:
    for _ in range(2):
        code, said = command("webhook", "register", "--json")
        assert code == 0, said
    made = json.loads(said)
    assert made["url"] == "https://okr.example.com/webhooks/jira/main"
    assert "jira:issue_updated" in made["events"]

    listed = json.loads(command("webhook", "list", "--json")[1])
    assert [one["id"] for one in listed] == [made["id"]]
    assert quiet.connector.site("main").webhook_secret not in json.dumps(listed)

    assert "issue_property_set" not in made["events"]
    text = presets.text("epics-as-objectives")
    activate(quiet.connector, TESTER, "main", text.replace("    set:\n", "    property: okr\n    set:\n", 1))
    assert "issue_property_set" in command("webhook", "list")[1].split("lacks events", 1)[1]
    assert json.loads(command("status", "--json")[1])["webhook"]["lacking"] == list(
        entity_property.TARGET.events
    )
    assert "jira-okr webhook register" in command("status")[1]
    told = json.loads(command("webhook", "register", "--json")[1])
    assert {"issue_property_set", "issue_property_deleted"} <= set(told["events"])
    assert "lacks events" not in command("webhook", "list")[1] + command("status")[1]

    assert command("webhook", "delete", made["id"])[0] == 0
    assert json.loads(command("webhook", "list", "--json")[1]) == []
    assert "jira-okr webhook register" in command("webhook", "list")[1]


def test_explain_says_of_any_issue_whose_number_it_is_part_of_and_how_much(quiet: Any, command: Any) -> None:
    with quiet.connector.store.read() as conn:
        states = [saved.state for saved in objectives.load_all(conn, "main")]
    state, key_result, row = next(
        (state, key_result, row)
        for state in states
        for key_result in state.key_results
        for row in key_result.measurement.ledger.rows
        if row.share and row.key and key_result.id.endswith("/delivery")
    )
    code, said = command("explain", row.key)
    assert code == 0
    assert f"{row.key} is part of {state.key} {state.title}" in said
    assert f"  Delivery: {float(row.share * 100):.2f}".rstrip("0").rstrip(".") in said
    told = json.loads(command("explain", row.key, "--json")[1])
    mine = next(one for one in told["feeds"] if one["objective"]["id"] == state.id)
    assert [(one["key_result"]["id"], Fraction(one["share"])) for one in mine["rows"]] == [
        (key_result.id, row.share)
    ]


def test_status_lists_the_objectives_when_asked_and_says_first_what_is_wrong(
    quiet: Any, command: Any
) -> None:
    _, said = command("status")
    assert "PLAT-" not in said
    assert said.splitlines()[0].startswith("Nobody works")
    assert "objectives" not in json.loads(command("status", "--json")[1])
    _, said = command("status", "--objectives")
    listed = json.loads(command("status", "--objectives", "--json")[1])["objectives"]
    assert {one["key"] for one in listed if one["key"]} == {
        word for word in said.split() if KEY.fullmatch(word)
    }


def test_a_preset_says_what_is_invented_and_is_fitted_to_a_site(quiet: Any, command: Any) -> None:
    """As it stands it names projects of nobody; with a site it names those there are, and nothing but YAML is printed."""
    code, said = command("mapping", "presets", "epics-as-objectives")
    assert code == 0
    first = said.splitlines()[0]
    assert first.startswith("# Invented")
    assert "PLAT, CORE, GROW" in first
    assert read_document(said).require().name == "epics-as-objectives"
    code, said = command("mapping", "presets", "epics-as-objectives", "--site", "main", "--project", "CORE")
    assert (code, "Invented" in said) == (0, False)
    assert read_document(said).require().scope == "project in (CORE)"
    assert command("mapping", "presets", "--site", "main")[0] == 2
    assert command("mapping", "presets", "epics-as-objectives", "--project", "CORE")[0] == 2
