"""A mapping that counts the issues of running sprints: a sprint that ends changes none of its issues, and the number follows."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.issue_json import sprint_text
from connectors.sandbox.site_state import scheme
from connectors.store.numbers import objectives
from plugin.sync.resync.full_read import resync

SPRINT = {"id": 7, "name": "Week 45", "boardId": 1, "goal": ""}


def of_delivery(company: Any, objective_id: str) -> list[str]:
    """Keys of the rows that count for what is delivered."""
    with company.connector.store.read() as conn:
        state = objectives.load(conn, "main", objective_id).state
    (delivery,) = [one for one in state.key_results if one.kind == "delivery"]
    return sorted(row.key for row in delivery.measurement.ledger.rows)


def written(company: Any, **sprint: Any) -> Any:
    """As the deployment writes it: an object, or the text that Java makes of one."""
    made = SPRINT | sprint
    return made if company.sandbox.sandbox.deployment == "cloud" else sprint_text(made)


def turn(company: Any, story: Any, sprint: Any) -> None:
    """The sprint of an issue is in another state: nothing of the issue is new, its time of change least of all."""
    sandbox = company.sandbox.sandbox
    sandbox.garbage[story.id] = {scheme.SPRINT: [sprint]}
    sandbox.records[story.id].cache.clear()


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
def test_what_is_in_a_running_sprint_counts_until_the_sprint_ends(firm: Any) -> None:
    epic = firm.records(scheme.EPIC)[0]
    one, other = [story for story in firm.records() if story.parent_id == epic.id][:2]
    spoil = firm.sandbox.sandbox.spoil
    spoil(one.id, **{scheme.SPRINT: [written(firm, state="active")]})
    spoil(other.id, **{scheme.SPRINT: [written(firm, id=8, state="future")]})
    firm.remap(
        "select: issuetype in (Story, Task, Bug)",
        "select: issuetype in (Story, Task, Bug) AND Sprint in openSprints()",
    )
    resync(firm.context)
    firm.work_off()
    assert of_delivery(firm, epic.id) == [one.key]
    touched = firm.mirror()[one.id].updated

    turn(firm, one, written(firm, state="closed"))
    turn(firm, other, written(firm, id=8, state="active"))
    firm.clock.pass_by(minutes=5)
    resync(firm.context)
    firm.work_off()
    assert of_delivery(firm, epic.id) == [other.key]
    assert firm.mirror()[one.id].updated == touched
