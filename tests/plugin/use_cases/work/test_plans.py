"""A plan, shown and applied at each door: the same changes, the same writes, the same entry in the audit log."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.check_ins.check_ins import Statement
from plugin.use_cases.objectives.objectives import RowSelection, every_objective
from plugin.use_cases.work import plans
from plugin.use_cases.work.plans import RecordSearch

WRITTEN = ("issue", "field_name", "before", "after", "reason")
EDITS = ("issue", "field", "field_name", "before", "after", "reason")


@pytest.fixture
def changed(company):
    """An objective of which Jira has another number than it should, for somebody checked in a key result."""
    for saved in every_objective(company.connector, COMMAND_LINE, RowSelection(sites=("main",))):
        for key_result in saved.state.key_results:
            if key_result.kind == "delivery" and key_result.contributing:
                said = Statement(key_result.id, Fraction(1, 50))
                check_ins.check_in(company.connector, COMMAND_LINE, "main", saved.state.id, said)
                return saved.state
    raise LookupError("no delivery in the demo")


def plan_by_api(doors, key):
    (one,) = doors.api("GET", f"/plan?objective={key}").json["items"]
    assert (one["held"], one["refused"]) == ([], [])
    return one["changes"]


def plan_by_command(doors, key):
    return [
        {name: one[name] for name in EDITS} for one in json.loads(doors.command("plan", key, "--json").stdout)
    ]


def apply_by_api(doors, key):
    done = doors.api("POST", "/plan/apply", {"objectives": [key]}).json
    assert (done["refused"], done["waiting"]) == ([], [])
    return done["written"]


def apply_by_command(doors, key):
    done = json.loads(doors.command("apply", key, "--json").stdout)
    assert (done["refused"], done["waiting"]) == ([], [])
    return done["written"]


def writes(doors):
    found = plans.list_writes(doors.connector, COMMAND_LINE, RecordSearch((), "main", None, None), 200)
    return [(one.issue_key, one.field_name, one.before, one.after, one.reason) for one in found]


@pytest.mark.parametrize("apply", [apply_by_api, apply_by_command])
def test_what_is_planned_is_told_and_written_alike_at_each_door(company, changed, apply):
    planned, before = plan_by_api(company, changed.key), writes(company)
    assert planned, "the check-in changes nothing"
    assert plan_by_command(company, changed.key) == planned
    assert writes(company) == before
    entries = len(company.audited())
    assert apply(company, changed.key) == planned
    made = writes(company)[: len(planned)]
    assert sorted(made, key=str) == sorted((tuple(one[name] for name in WRITTEN) for one in planned), key=str)
    assert company.audited()[entries:] == [("plan applied", {"objectives": 1, "release_held": False}, "main")]
    assert plan_by_api(company, changed.key) == plan_by_command(company, changed.key) == []
