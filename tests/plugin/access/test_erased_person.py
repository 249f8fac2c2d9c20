"""Whoever acted at every door of a connector that runs, and was erased, stands nowhere: in no table, no export, no page and no line of a log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import select

from connectors.sandbox.site_state.scheme import VIEWER
from connectors.store import open_store, upgrade
from connectors.store.numbers import objectives
from connectors.store.personal.packed_texts import PACKED
from connectors.store.personal.personal_data import NOT_OURS
from connectors.store.schema import metadata
from plugin.access.authentication import passwords, tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.api import operations
from plugin.mcp.tools import TOOLS
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.visibility.account_people import tie
from tests import asked
from tests.asked import arguments_of_tools, asked_of_api, rules_of_pages
from tests.sight import WATCHED

if TYPE_CHECKING:
    from connectors.store import Store
    from plugin.runtime.connector import Connector
    from tests.plugin.conftest import Commands, Running

NAME, EMAIL = "Zuri Quillfeather", "zuri.quillfeather@acme.example"
PASSWORD = "correct horse battery staple"
SPELLINGS = (NAME, NAME.upper(), EMAIL, EMAIL.title(), "Zuri.Quillfeather@ACME.example", f"{NAME} <{EMAIL}>")
TRACE = re.compile(r"quillfeather|zuri\.", re.IGNORECASE)
"""What is left of them wherever they stand; nobody else here is called so."""
SAID = (
    "said",
    "reason",
    "note",
    "words",
    "answer",
    "text",
    "q",
    "owner",
    "name",
    "title",
    "content",
    "mapping_reason",
)
"""What is said in words: the person names themselves there, in each spelling in turn."""
NEVER = {
    "erase_person",
    "change_secret",
    "renew_credential",
    "remove_site",
    "change_site_visibility",
    "add_site",
    "start_reconstruction",
    "sign_out_everywhere",
    "change_own_password",
}
"""What would end the walk, or takes minutes and has nothing of a person in it."""


PATIENCE = 10
"""So often is asked again what a busy database did not take."""


def personal(connector: Connector) -> dict[str, list[Any]]:
    """What is said for each name, with the person in it wherever it is in words."""
    known = plain_words(connector)
    drafted = known["drafted"][0]
    own = {
        name: [f"{spelling} says so" for spelling in SPELLINGS[:3]]
        for name in SAID
        if name in known or name == "title"
    }
    return {
        **known,
        **own,
        "owner": list(SPELLINGS[:2]),
        "email": [EMAIL.title()],
        "out-email": [EMAIL],
        "recipient": [f"mail:{EMAIL.title()}"],
        "drafted": [f"{drafted}\n# {NAME} <{EMAIL}> asked for it\n"],
        "person": [EMAIL],
        "name": [f"of {NAME}", *known["name"]],
        "address": [f"/?owner={NAME.replace(' ', '+')}&text={EMAIL}"],
    }


plain_words = asked.words


@dataclass
class House:
    """A connector that runs as a process, and the person in it."""

    commands: Commands
    served: Running
    connector: Connector
    tokens: dict[str, str]

    def another_token(self) -> str:
        person = members.find(self.connector, EMAIL)
        assert person is not None
        return tokens.issue(self.connector, person, f"of {NAME}", ["admin"], 30, EMAIL)

    def call(self, method: str, path: str, token: str = "admin", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens[token]}", **more.pop("headers", {})}
        return requests.request(
            method, self.served.url + path, headers=headers, timeout=60, allow_redirects=False, **more
        )


@contextmanager
def house(commands: Commands, eventually: Callable[..., float]) -> Iterator[House]:
    words = {"JIRA_OKR_MCP": "on", "JIRA_OKR_ACCESS_LOG": "on", "JIRA_OKR_LOG_LEVEL": "debug"}
    commands.environment |= words
    with (commands.folder / "mapping.yaml").open("a") as file:
        file.write(WATCHED)
    served = commands.serve("--workers", "1")
    settings = read_settings(
        env_file=None,
        database_url=commands.environment["JIRA_OKR_DATABASE_URL"],
        secret_key=commands.environment["JIRA_OKR_SECRET_KEY"],
        mcp="on",
        jira={
            "url": commands.environment["JIRA_OKR_JIRA__URL"],
            "email": commands.environment["JIRA_OKR_JIRA__EMAIL"],
            "token": commands.environment["JIRA_OKR_JIRA__TOKEN"],
        },
    )
    connector = build_connector(settings)
    try:
        eventually(lambda: len(saved(connector)) > 12, 120)
        kept = passwords.hash_password(PASSWORD)
        members.add(connector, "other@acme.example", "Other", "admin", kept, "tests")
        person = members.add(connector, EMAIL.title(), NAME, "admin", kept, "tests")
        tie(connector, COMMAND_LINE, person, "main", VIEWER.id)
        made = {
            scope: tokens.issue(connector, person, f"of {NAME}", [scope], 30, EMAIL)
            for scope in ("admin", "people")
        }
        yield House(commands, served, connector, made)
    finally:
        connector.store.close()


def saved(connector: Connector) -> list[Any]:
    with connector.store.read() as conn:
        return objectives.load_objectives(conn, "main")


# -- what the person does


def at_the_api(house: House) -> set[int]:
    known = {one.name: one for one in operations()}
    told = set()
    for one in asked_of_api(house.connector):
        if one.door in NEVER or (known[one.door].method == "GET" and not one.query):
            continue
        scope = "people" if known[one.door].scope == "people" else "admin"
        headers = {"If-None-Match": "*"} if known[one.door].matched else {}
        more = {} if one.body is None else {"json": one.body}
        for _ in range(PATIENCE):
            answer = house.call(one.method, one.address, scope, params=one.query, headers=headers, **more)
            if answer.status_code != 503:
                break
            time.sleep(1)
        assert answer.status_code < 500, (one.said, answer.text)
        told.add(answer.status_code)
    return told


def at_the_pages(house: House) -> set[int]:
    """Each form, filled in with all that anything is called; first they sign in, wrongly too, in other spellings."""
    desk = requests.Session()
    desk.headers["Accept"] = "text/html"
    url = house.served.url
    for spelling, password in ((EMAIL.upper(), "wrong"), (NAME, "wrong"), (EMAIL.title(), PASSWORD)):
        token = csrf(desk.get(f"{url}/sign-in", timeout=30).text)
        desk.post(
            f"{url}/sign-in", data={"csrf_token": token, "email": spelling, "password": password}, timeout=30
        )
    token = csrf(desk.get(f"{url}/account", timeout=30).text)
    known = asked.words(house.connector)
    form = {
        name: [str(part) for part in values[:1]]
        for name, values in known.items()
        if values and not isinstance(values[0], list)
    }
    told = set()
    for method, rule in sorted(
        rules_of_pages(create_app(house.connector)), key=lambda one: one[1] in asked.LAST
    ):
        if rule in (
            "/sign-in",
            "/sign-out",
            "/account/sign-out-everywhere",
            "/account/password",
            "/people/erase",
            "/setup",
        ):
            continue
        for address in list(asked.addresses_of(f"{method} {rule}", rule, known))[:2]:
            sent = (
                {"data": {**form, "csrf_token": token}}
                if method == "POST"
                else {"params": {"q": NAME, "owner": EMAIL}}
            )
            answer = desk.request(method, url + address, allow_redirects=False, timeout=60, **sent)
            assert answer.status_code < 500, (method, address, answer.text[:300])
            told.add(answer.status_code)
    return told


def csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page[:500]
    return found[1]


def with_tools(house: House) -> dict[str, str]:
    """By tool: what was done, or why not."""
    headers = {"Accept": "application/json, text/event-stream"}
    told: dict[str, str] = {}
    house.tokens["tools"] = house.another_token()
    called = [*arguments_of_tools(house.connector, [one for one in TOOLS if one.acts])]
    of_each = {tool.name: [given for one, given in called if one is tool] for tool, _ in called}
    for tool, first in called:
        known = of_each[tool.name]
        if told.get(tool.name) == "done" or first not in (known[0], known[-1]):
            continue
        given = first
        for _ in range(2):
            params = {"name": tool.name, "arguments": given}
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            answer = house.call("POST", "/mcp", "tools", headers=headers, json=call)
            assert answer.status_code == 200, answer.text
            state = (answer.json().get("result", {}).get("structuredContent") or {}).get("state")
            if told.get(tool.name) != "done":
                told[tool.name] = state or answer.text[:300]
            if state != "to_confirm":
                break
            given = {**first, "confirm": answer.json()["result"]["structuredContent"]["confirm"]}
    return told


def by_commands(house: House) -> None:
    state = saved(house.connector)[0].state
    part = state.key_results[0].id
    run = house.commands.run
    run("check-in", "add", state.id, part, "1", "--by", NAME, "--note", f"{NAME} says so")
    run("user", "role", EMAIL.upper(), "admin")
    run("token", "create", EMAIL.title(), "--name", f"of {NAME}")
    run("status", "--owner", NAME)


# -- what is left of them


def in_tables(store: Store) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with store.read() as conn:
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)).mappings():
                for name, value in row.items():
                    place = f"{table.name}.{name}"
                    if place not in NOT_OURS and isinstance(value, str) and names_them(value):
                        found.setdefault(place, []).append(value[:200])
        for packing in PACKED:
            for one in packing.texts(conn):
                if names_them(one.text):
                    found.setdefault(f"{one.table}, packed", []).append(one.text[:200])
    return found


def names_them(text: str) -> bool:
    return TRACE.search(text) is not None or VIEWER.id in text


def told_afterwards(house: House, token: str) -> dict[str, int]:
    """Every address that can be read, by another admin."""
    found = {}
    headers = {"Authorization": f"Bearer {token}"}
    client = create_app(house.connector).test_client()
    known = plain_words(house.connector)
    for rule in client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/assets/", "/forge/", "/mcp")):
            continue
        for address in asked.addresses_of(f"GET {rule.rule}", rule.rule, known):
            body = client.get(address, headers=headers).get_data().decode(errors="replace")
            if TRACE.search(body):
                found[address] = len(body)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_whoever_acted_at_every_door_and_was_erased_stands_nowhere(
    commands: Commands,
    eventually: Callable[..., float],
    database: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked, "words", personal)
    with ExitStack() as held:
        if database == "PostgreSQL":
            copy = request.getfixturevalue("postgres_copy")
            commands.environment["JIRA_OKR_DATABASE_URL"] = held.enter_context(copy(upgrade))
        it = held.enter_context(house(commands, eventually))
        assert {200, 201, 404, 409, 422} <= at_the_api(it)
        assert {200, 302} <= at_the_pages(it)
        acted = with_tools(it)
        assert list(acted.values()).count("done") >= 3, acted
        by_commands(it)
        store = held.enter_context(closing(open_store(commands.environment["JIRA_OKR_DATABASE_URL"])))
        before = in_tables(store)
        assert {"account.name", "audit.who", "audit.detail", "check_in.note"} <= before.keys(), sorted(before)

        done = commands.run("erase", EMAIL.title(), "--yes")
        assert done.returncode == 0, done.stderr
        assert in_tables(store) == {}
        verified = commands.run("audit", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        other = members.find(it.connector, "other@acme.example")
        assert other is not None
        assert told_afterwards(it, tokens.issue(it.connector, other, "tests", ["admin"], 30, "tests")) == {}
        export = commands.run("export", "audit", "--format", "jsonl")
        assert export.returncode == 0, export.stderr
        assert len(export.stdout) > 10_000
        assert not names_them(export.stdout)
        assert it.served.stop() == 0
        logged = it.served.out.read_text() + it.served.err.read_text()
        assert (
            len([line for line in logged.splitlines() if '"request"' in line or "/api/v1/" in line]) > 100
        ), logged[-2000:]
        assert [line[:300] for line in logged.splitlines() if names_them(line)] == []


@contextmanager
def closing(store: Store) -> Iterator[Store]:
    try:
        yield store
    finally:
        store.close()
