"""What Jira keeps of the JQL function: brought up to date as the app, where another answer stands by now, and nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import AnyHttpUrl

from connectors.jira.http.errors import AuthFailure
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.credentials_vault import vault
from plugin.use_cases.forge.contributions import bring_up_to_date, clause
from plugin.use_cases.objectives.objectives import list_all
from tests.forge import APP_ID
from tests.forge_company import NORTH, World

TOKEN = "an-opaque-token-of-the-app"
COMPUTATION = f"/ex/jira/{NORTH}/rest/api/3/jql/function/computation"


class Keeper:
    """Jira's side: the answers it keeps, by their ids, which the app alone may read and change."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.changes: list[list[str]] = []
        self.url = ""

    def add(self, id_: str, value: str, *arguments: str, operator: str = "in") -> None:
        self.kept[id_] = {
            "id": id_, "value": value, "operator": operator, "arguments": list(arguments), "functionName": "contributesTo",
        }  # fmt: skip


@contextmanager
def keeping() -> Iterator[Keeper]:
    keeper = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: int(value[0]) for name, value in parse_qs(address.query).items()}
            start, most = asked["startAt"], min(asked["maxResults"], 2)
            values = list(keeper.kept.values())[start : start + most]
            self._answer({"values": values, "isLast": start + most >= len(keeper.kept)})

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert "skipNotFoundPrecomputations=true" in self.path
            keeper.changes.append([one["id"] for one in said["values"]])
            for one in said["values"]:
                keeper.kept[one["id"]]["value"] = one["value"]
            self._answer({"notFoundPrecomputationIDs": []})

        def _answer(self, said: Any) -> None:
            mine = self.headers["Authorization"] == f"Bearer {TOKEN}" and self.path.startswith(COMPUTATION)
            text = json.dumps(said if mine else {}).encode()
            self.send_response_only(200 if mine else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    keeper.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield keeper
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def keeper(world: World) -> Iterator[Keeper]:
    """Where the app's token goes."""
    settings = world.connector.settings
    with keeping() as made:
        world.connector.settings = settings.model_copy(update={"gateway_url": AnyHttpUrl(made.url)})
        yield made
        world.connector.settings = settings


def with_token(world: World) -> None:
    assert (
        world.post("/lifecycle", "app-lifecycle", {}, tokens={"x-forge-oauth-system": TOKEN}).status_code
        == 204
    )


def test_what_is_another_by_now_is_brought_and_nothing_else(world: World, keeper: Keeper) -> None:
    with_token(world)
    first, second = (one.state.key for one in list_all(world.connector, COMMAND_LINE, "main")[:2])
    right = clause(world.connector, COMMAND_LINE, "main", second, "not in").jql
    keeper.add("1", "id in (7)", first)
    keeper.add("2", right, second, operator="not in")
    keeper.add("3", "id in (7)", "GONE-1")
    keeper.add("4", "id in (7)", first, second)
    keeper.add("5", "id = 7", first, operator="=")
    assert bring_up_to_date(world.connector, "main") == 1
    assert keeper.changes == [["1"]]
    assert keeper.kept["1"]["value"] == clause(world.connector, COMMAND_LINE, "main", first, "in").jql
    assert bring_up_to_date(world.connector, "main") == 0
    assert keeper.changes == [["1"]], "nothing is told twice"


def test_an_installation_whose_token_fails_keeps_no_other_from_it(world: World, keeper: Keeper) -> None:
    with_token(world)
    spoilt, now = InstallationKey(APP_ID, "a-copy", NORTH), world.now
    with world.connector.store.write() as conn:
        before = now - timedelta(days=1)
        installations.pair(conn, spoilt, "DEVELOPMENT", "x", "main", before, url=world.sandbox.url)
        sealed = vault(world.connector.settings).seal({"token": "revoked"})
        installations.keep_token(conn, spoilt, sealed, now + timedelta(hours=1))
    first = list_all(world.connector, COMMAND_LINE, "main")[0].state.key
    keeper.add("1", "id in (7)", first)
    try:
        with pytest.raises(AuthFailure):
            bring_up_to_date(world.connector, "main")
    finally:
        with world.connector.store.write() as conn:
            installations.forget(conn, "main")
    assert keeper.changes == [["1"]]


def test_without_a_token_nothing_is_asked(world: World, keeper: Keeper) -> None:
    keeper.add("1", "id in (7)", "PLAT-2")
    assert bring_up_to_date(world.connector, "main") == 0
    assert bring_up_to_date(world.connector, "south") == 0
    assert keeper.changes == []
