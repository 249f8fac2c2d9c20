"""A Data Center that grants few calls at a time: what does not fit into one batch is worked off in smaller ones."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from connectors.sandbox.traffic.limits import CallGrant, UserLimit
from connectors.store.work import inbox
from plugin.sync.resync.full_read import resync
from plugin.sync.work import work_off_inbox


def waiting(company: Any) -> int:
    with company.connector.store.read() as conn:
        return inbox.counts(conn, "main")["pending"]


@pytest.mark.parametrize("company", ["datacenter"], indirect=True)
def test_a_batch_that_needs_more_calls_than_are_granted_at_once_comes_to_its_end(company: Any) -> None:
    resync(company.context)
    told = company.records()[:6]
    with company.connector.store.write() as conn:
        for number, record in enumerate(told):
            # No time of the edit: each is read by a call of its own.
            body = {"webhookEvent": "jira:issue_updated", "issue": {"id": record.id}}
            inbox.store(conn, "main", f"d-{number}", json.dumps(body).encode(), company.clock())
    company.sandbox.site.users = UserLimit(CallGrant(fill=8, seconds=1, most=8))
    context = company.context
    context.jira.transport._patience = 0.1

    for _ in range(40):
        work_off_inbox(context, "worker")
        if not waiting(company):
            break
        time.sleep(1.0)

    assert waiting(company) == 0
