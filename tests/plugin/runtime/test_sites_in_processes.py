"""A site is added, changed and removed while `serve` and `worker` run: they notice, and nobody starts anything again."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from connectors.jira import BasicCredentials, JiraAddress, connect
from connectors.sandbox import CONNECTOR
from connectors.store import Store, open_store
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from plugin.runtime.demonstration import register_webhook

pytestmark = pytest.mark.slow


POINTS, PROGRESS = "customfield_10016", "customfield_10060"
MAIN = [sys.executable, "-c", "from plugin.cli import main; main()"]


def delivered(url: str, secret: str, number: int) -> int:
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}, "n": number}).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return requests.post(
        f"{url}/webhooks/jira/acme", data=body, headers={"X-Hub-Signature": signature}, timeout=10
    ).status_code


def added(commands: Any, jira: str) -> str:
    """`jira-okr site add acme`, with the token typed; the webhook secret it made."""
    words = ["site", "add", "acme", jira, "--email", CONNECTOR.email]
    ended = subprocess.run(
        [*MAIN, *words],
        cwd=commands.folder,
        env=commands.environment,
        input=CONNECTOR.token + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert ended.returncode == 0, ended.stderr
    found = re.search(r"Secret +(\S+)", ended.stdout)
    assert found, ended.stdout
    return found.group(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, commands: Any) -> Iterator[tuple[Any, Any, str, Store]]:
    """`serve` (on PostgreSQL in two processes, and a `worker` beside) without any site; the address of a Jira, and the store."""
    jira = commands.environment["JIRA_OKR_JIRA__URL"]
    for name in [
        name for name in commands.environment if name.startswith(("JIRA_OKR_JIRA__", "JIRA_OKR_MAP"))
    ]:
        del commands.environment[name]
    commands.environment["JIRA_OKR_QUIET_SECONDS"] = "0"
    if request.param == "postgresql":
        commands.environment["JIRA_OKR_DATABASE_URL"] = request.getfixturevalue("postgres_url")
        served = commands.serve("--workers", "0", "--processes", "2")
        commands.start("worker")
    else:
        served = commands.serve("--workers", "2")
    with closing(open_store(commands.environment["JIRA_OKR_DATABASE_URL"])) as store:
        yield commands, served, jira, store


def test_a_site_added_by_command_is_served_and_worked_on_at_once(
    running: Any, eventually: Callable[..., float]
) -> None:
    commands, served, jira, store = running
    assert delivered(served.url, "no such site", 0) == 404
    secret = added(commands, jira)
    assert delivered(served.url, secret, 1) == 204, "no delivery is lost while the news travels"
    assert delivered(served.url, "another secret", 2) == 401
    activated = commands.run("mapping", "activate", "mapping.yaml", "--site", "acme")
    assert activated.returncode == 0, activated.stderr

    def at_rest() -> bool:
        with store.read() as conn:
            known = objectives.ids(conn, "acme")
            waiting = due.pending_count(conn, "acme") or inbox.load_pending(conn, 1)
        return bool(known) and not waiting

    eventually(at_rest, 180)
    register_webhook(jira, f"{served.url}/webhooks/jira/acme", secret)
    client = connect(
        JiraAddress(
            "test", jira, BasicCredentials(CONNECTOR.email, CONNECTOR.token), jira, deployment="cloud"
        )
    )
    objective, issue = measured(store)
    before = client.read([objective], [PROGRESS]).issues[0].fields[PROGRESS]
    client.edit(issue, {POINTS: 500})
    eventually(lambda: client.read([objective], [PROGRESS]).issues[0].fields[PROGRESS] != before, 30)

    renewed = added(commands, jira)
    assert renewed != secret
    assert delivered(served.url, renewed, 3) == 204, "a changed secret counts from its first delivery on"
    eventually(lambda: delivered(served.url, secret, int(time.monotonic() * 1000)) == 401)

    said = commands.run("site", "remove", "acme", "--yes")
    assert said.returncode == 0, said.stderr
    begun = time.monotonic()
    eventually(lambda: delivered(served.url, renewed, int(time.monotonic() * 1000)) == 404)
    assert time.monotonic() - begun < 5
    told = "".join(path.read_text() for path in commands.folder.glob("*.err"))
    assert not [one for one in (secret, renewed, CONNECTOR.token) if one in told]


def measured(store: Store) -> tuple[str, str]:
    """An objective whose progress comes from delivered issues, and one of these that is not done but weighs."""
    with store.read() as conn:
        states = [saved.state for saved in objectives.load_all(conn, "acme")]
    for state in states:
        for one in state.key_results:
            rows = [row for row in one.measurement.ledger.rows if row.weight and row.progress == 0]
            if one.kind == "delivery" and one.contributing and state.issue_id and state.progress and rows:
                return state.id, rows[0].id
    pytest.fail("no objective to try it with")
