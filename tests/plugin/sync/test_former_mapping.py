"""A worker that took up its work under one mapping, while another one came into force."""

from __future__ import annotations

from typing import Any

from connectors.store.numbers import objectives
from connectors.store.work import due
from plugin.sync.work import reconcile_one, turn


def revisions_of(company: Any) -> set[str]:
    with company.connector.store.read() as conn:
        return {saved.mapping_revision for saved in objectives.all(conn, "main")}


def waiting(company: Any) -> list[tuple[str, int]]:
    """What is due, each with how often it was tried."""
    with company.connector.store.write() as conn:
        claims = due.claim(conn, "look", company.clock(), company.context.lease, 100, site="main")
        due.release(conn, "look", begun=False)
    return sorted((one.objective_id, one.attempts - 1) for one in claims)


def test_what_an_activation_made_due_is_not_served_by_the_former_mapping(firm: Any) -> None:
    former = firm.context
    firm.remap("indeterminate: 0.5", "indeterminate: 0.25")
    firm.clock.pass_by(minutes=5)
    due_now = waiting(firm)
    assert len(due_now) == 6

    assert turn(former, "slow").reconciled == 0
    assert reconcile_one(former, "slow", due_now[0][0]) is None
    assert waiting(firm) == due_now, "no attempt, and nothing held"
    assert revisions_of(firm) == {former.mapping.revision}

    firm.work_off()
    assert revisions_of(firm) == {firm.context.mapping.revision} != {former.mapping.revision}
    assert waiting(firm) == []
