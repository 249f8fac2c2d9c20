"""Every captured webhook body, signed: accepted, read rightly, and the state is the same however often and in whatever order it comes."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.store.work import inbox

FOLDER = Path(os.environ.get("JIRA_PAYLOADS_DIR") or Path(__file__).parents[3] / "shared" / "payloads")
BODIES = sorted(FOLDER.glob("webhook-*.json")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(
    not BODIES, reason="no captured webhook bodies: set JIRA_PAYLOADS_DIR to their folder"
)


def deliver(world: Any, body: bytes, identifier: str | None = None) -> int:
    signature = hmac.new(world.secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={signature}"}
    if identifier:
        headers["X-Atlassian-Webhook-Identifier"] = identifier
    return requests.post(
        f"{world.url}/webhooks/jira/main", data=body, headers=headers, timeout=10
    ).status_code


def test_every_body_is_accepted_and_worked_off(world: Any, eventually: Any) -> None:
    edits = dict(world.sandbox.site.calls.edits)
    answers = [deliver(world, path.read_bytes(), path.stem) for path in BODIES]

    assert set(answers) <= {200, 204}
    eventually(lambda: world.idle())
    with world.connector.store.read() as conn:
        taken = {one.identifier: (one.status, one.note) for one in inbox.recent(conn, "main", 100)}
    for path in BODIES:
        status, note = taken[path.stem]
        assert status in ("done", "ignored"), (path.name, note)
        if status == "done":
            assert note == json.loads(path.read_bytes())["webhookEvent"]
    assert dict(world.sandbox.site.calls.edits) == edits, "bodies of other sites move nothing here"


def test_replayed_and_shuffled_bodies_leave_the_same_state(world: Any, eventually: Any) -> None:
    bodies = [path.read_bytes() for path in BODIES]
    for body in bodies:
        deliver(world, body)
    eventually(lambda: world.idle())
    before = world.states()

    again = bodies * 2
    random.Random(7).shuffle(again)
    for number, body in enumerate(again):
        deliver(world, body, f"again-{number}")
    eventually(lambda: world.idle())

    assert world.states() == before
