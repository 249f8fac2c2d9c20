"""Who sees what at every door, on Cloud beside PostgreSQL and on Data Center: no key and no title of an issue that Jira does not show.

What programs and pages read by GET on Cloud beside SQLite is in `tests/plugin/api/test_visibility.py`; the same addresses are walked here on
the other two, and with every parameter, body and form in `test_sight_whatever_is_asked.py`. Commands are not among the doors: whoever runs them
sees everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.site_state.scheme import PEOPLE, VIEWER, Account
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.numbers import objectives
from connectors.store.reads import failures
from connectors.store.work import outbox
from mappings import presets
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.cli.work.sync import sync_site
from plugin.mcp.hosts.prompts import PROMPTS
from plugin.mcp.hosts.resources import RESOURCES
from plugin.mcp.protocol.server import mcp_server
from plugin.mcp.tools import TOOLS
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.digests.digests import preview_digest, send_digest
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.mappings.revisions import active
from plugin.use_cases.visibility import sights
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility
from tests.asked import arguments_of_tools
from tests.event_loop import run_apart
from tests.forge import APP_ID, PRODUCTION
from tests.forge_company import NORTH, company_with_forge
from tests.sight import HIDDEN, PROJECTS, WATCHED, addresses, be, leaks, planted, samples, talk, unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from tests.forge_company import World

INSTALLATION = "ari:cloud:ecosystem::installation/0a3a"
MODES = (Visibility.TITLES, Visibility.ROWS, Visibility.NUMBERS)


@dataclass
class Company:
    """One deployment on one database; `forge` where Jira has apps."""

    connector: Connector
    app: Flask
    name_of: Callable[[Account], str]
    """What its Jira calls a person."""
    tokens: dict[str, str]
    forge: World | None = None


@contextmanager
def on_cloud(synced_on_postgres: Callable[..., Any], folder: Path) -> Iterator[Company]:
    with company_with_forge(synced_on_postgres, folder) as world:
        key = InstallationKey(APP_ID, PRODUCTION, NORTH)
        with world.connector.store.write() as conn:
            installations.pair(
                conn, key, "PRODUCTION", INSTALLATION, "main", world.now, url=world.sandbox.url
            )
        yield Company(world.connector, world.app, lambda one: one.id, entered(world.connector), world)


@contextmanager
def on_datacenter(folder: Path) -> Iterator[Company]:
    with SandboxServer(deployment="datacenter") as sandbox:
        settings = read_settings(
            env_file=None,
            database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
            secret_key="a key that only this test knows, and nobody else",
            quiet_seconds=0,
            recent_minutes=0,
            jira={"url": sandbox.url, "pat": CONNECTOR.token},
        )
        connector = build_connector(settings)
        try:
            activate(connector, COMMAND_LINE, "main", presets.text("epics-as-objectives"), file="okr.yaml")
            sync_site(connector, "main")
            name_of: Callable[[Account], str] = lambda one: one.email.partition("@")[0]  # noqa: E731
            yield Company(connector, create_app(connector), name_of, entered(connector))
        finally:
            connector.store.close()


def entered(connector: Connector) -> dict[str, str]:
    """An account of each role, and its token."""
    made = {}
    for role, scope in (("viewer", "read"), ("admin", "admin")):
        account = members.add(connector, f"{role}@acme.example", role.title(), role, None, "tests")
        made[role] = tokens.issue(connector, account, "tests", [scope], 30, "tests")
    return made


@pytest.fixture(params=["cloud on PostgreSQL", "Data Center"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    made = (
        on_datacenter(tmp_path)
        if request.param == "Data Center"
        else on_cloud(request.getfixturevalue("synced_on_postgres"), tmp_path)
    )
    with made as found:
        watched(found.connector)
        yield found


def watched(connector: Connector) -> None:
    """With a figure of hidden issues, and somebody who is told."""
    revision = active(connector, COMMAND_LINE, "main")
    assert revision is not None
    activate(connector, COMMAND_LINE, "main", revision.text + WATCHED, large=True)
    sync_site(connector, "main")
    talk(connector)


# -- doors: what each tells to whoever asks, by what was asked


Told = Iterator[tuple[str, str]]


def by_http(company: Company, role: str, _actor: Actor, _person: str | None) -> Told:
    client = company.app.test_client()
    for address in addresses(company.connector, company.app):
        answer = client.get(address, headers={"Authorization": f"Bearer {company.tokens[role]}"})
        assert answer.status_code < 500, (address, answer.status_code)
        yield address, f"{answer.headers}{unpacked(answer.data).decode(errors='replace')}"


def arguments(company: Company) -> dict[str, list[dict[str, Any]]]:
    """By tool: what it is asked, of hidden and of seen objectives. A new tool needs a line."""
    known = samples(company.connector)
    text = active(company.connector, COMMAND_LINE, "main")
    assert text is not None
    of_each = [{"objective_key": one} for one in known["objective"]]
    with company.connector.store.read() as conn:
        states = [one.state for one in objectives.load_objectives(conn, "main")]
    parts = [(one.id, part.id) for one in states for part in one.key_results][:3]
    csv = {"file": "g.csv", "content": "Goal,Kind\nFerries on time,Objective\n"}
    cycles = [{"cycle": one} for one in known["cycle"]]
    return {
        "okr_meeting": [{}],
        "okr_list": [{}, {"key_results": True, "limit": 3}],
        "okr_get": of_each,
        "okr_explain": of_each,
        "okr_moved": [{}, *of_each],
        "okr_forecast": of_each,
        "okr_kpis": [{}, {"kpi": known["kpi"][0]}],
        "okr_departed_kpis": [{}],
        "okr_cycle": [{}, *cycles],
        "okr_closings": cycles,
        "okr_learnings": [{}, *cycles, *of_each],
        "okr_gaps": [{}, *of_each],
        "okr_freshness": [{}],
        "okr_mapping": [{}],
        "okr_imports": [{}],
        "okr_import": [{"number": 1}],
        "okr_subscriptions": [{}],
        "okr_mapping_then": [{"text": text.text, "at": "2026-11-01T00:00:00Z"}],
        "okr_draft": [{"text": text.text}],
        "okr_import_plan": [csv],
        "okr_check_in": [{"objective_key": one, "key_result": part, "note": "so"} for one, part in parts],
        "okr_reply": [{**one, "check_in": 1, "said": "What changed?"} for one in of_each],
        "okr_learn": [{**one, "said": "Fewer, sooner."} for one in of_each],
        "okr_carry_forward": cycles,
        "okr_undo_carry": [{**cycles[0], "objectives": known["objective"][:1]}],
        "okr_retry": of_each,
        "okr_sync_now": [{}],
    }


def goes_on(given: dict[str, Any], told: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is asked after that: the same with the yes of a person, or the next page; None after one of these."""
    if not told or {"confirm", "cursor"} & given.keys():
        return None
    if told.get("state") == "to_confirm":
        return {**given, "confirm": told["confirm"]}
    following = (told.get("counted") or {}).get("next")
    return {**given, "cursor": following} if following else None


def by_assistants(company: Company, _role: str, actor: Actor, _person: str | None) -> Told:
    asked = arguments(company)
    assert asked.keys() == {tool.name for tool in TOOLS}
    for tool, given in arguments_of_tools(company.connector, TOOLS):
        asked[tool.name].append(given)
    known = samples(company.connector)
    names = {"site": "main", "objective_key": known["objective"][1], "cycle": known["cycle"][0]}
    server = mcp_server(company.connector, lambda _: actor)

    async def every() -> list[tuple[str, str]]:
        told = []
        async with Client(server, mode="2026-07-28") as client:
            for tool in TOOLS:
                for first in asked[tool.name] if actor.may(tool.permission) else ():
                    given: dict[str, Any] | None = first
                    while given is not None:
                        answer = await client.call_tool(tool.name, given)
                        told.append((f"{tool.name} {json.dumps(given)}", answer.model_dump_json()))
                        given = goes_on(given, answer.structured_content)
            for prompt in PROMPTS:
                values = {one.name: names.get(one.name, "Ada") for one in prompt.values}
                got = await client.get_prompt(prompt.name, values)
                told.append((f"{prompt.name} {values}", got.model_dump_json()))
            for kind in RESOURCES:
                wanted = {name: one for name, one in names.items() if f"{{{name}}}" in kind.address}
                address = kind.address_of(**wanted)
                try:
                    whole = await client.read_resource(address)
                except Exception as error:  # whatever it says is told
                    told.append((address, str(error)))
                else:
                    told.append((address, whole.model_dump_json()))
        return told

    yield from run_apart(every())


OF_NOBODY = {
    "/events": "issue-events",
    "/lifecycle": "app-lifecycle",
    "/heartbeat": "hourly",
    "/uninstall": "goodbye",
}
"""What Forge calls without a person, the end of the app last, each with its module."""


def by_forge(company: Company, _role: str, _actor: Actor, person: str | None) -> Told:
    """Every address that Forge calls for somebody."""
    world = company.forge
    assert world is not None
    who = {"principal": person or "nobody-here", "context__accountId": person or "nobody-here"}
    known = samples(company.connector)
    called = set[str]()

    def told(
        method: str, path: str, module: str, body: object = None, said: str = "", **more: Any
    ) -> tuple[str, str]:
        called.add(path.partition("?")[0])
        answer = world.call(method, path, module, body, **who, **more)
        assert answer.status_code < 500, (path, answer.status_code)
        return f"{path} {said} {body}", f"{answer.headers}{answer.text}"

    for name in (*known["objective"][:3], *known["issue"][::2]):
        issue = {"context__extension": {"issue": {"id": name}}}
        for path in ("/api/issue", "/api/what-if"):
            yield told("GET", path, "okr-context", said=name, **issue)
    yield told("GET", "/api/status", "okr-admin")
    yield told("POST", "/api/pair", "okr-admin", {"code": "none"})
    for query in ("", "?team=", "?team=Harbour", "?cursor=none"):
        yield told("GET", f"/api/objectives{query}", "okr-objectives")
    for name in known["objective"]:
        clause = {"field": "key", "type": ["issue"], "operator": "in", "functionName": "contributesTo"}
        body = {"precomputationId": "8", "clause": {**clause, "arguments": [name]}}
        yield told("POST", "/jql", "okr-contributes", body)
    routed = {
        one.rule.removeprefix("/forge")
        for one in company.app.url_map.iter_rules()
        if one.rule.startswith("/forge/")
    }
    assert called | OF_NOBODY.keys() == routed, "a new address of Forge is asked here, too"


def by_digest(company: Company, _role: str, actor: Actor, _person: str | None) -> Told:
    """What is sent goes to people of whom nobody knows who they are in Jira."""
    yield "preview", repr(preview_digest(company.connector, actor, "main", "weekly"))
    send_digest(company.connector, COMMAND_LINE, "main", "weekly")
    with company.connector.store.read() as conn:
        sent = outbox.recent(conn, "main", 20)
    assert sent
    yield "outbox", repr(sent)


@pytest.mark.slow
def test_what_forge_calls_without_a_person_is_answered_with_nothing(
    tmp_path: Path, synced_on_postgres: Callable[..., Any]
) -> None:
    with on_cloud(synced_on_postgres, tmp_path) as company:
        assert company.forge is not None
        for path, module in OF_NOBODY.items():
            answer = company.forge.post(path, module, {"eventType": "avi:jira:updated:issue"})
            assert (answer.status_code, answer.data) == (204, b""), path


DOORS = {"http": by_http, "assistants": by_assistants, "Forge": by_forge, "digests": by_digest}


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_nothing_that_is_hidden_is_told(company: Company, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if door == "Forge" and company.forge is None:
        pytest.skip("Data Center has no Forge")
    monkeypatch.setattr(sights, "PATIENCE_S", 30.0)
    viewers = [("viewer", VIEWER, (HIDDEN,)), ("admin", None, PROJECTS)]
    modes = MODES if door != "http" else MODES[::2]
    told: dict[str, list[str]] = {}
    for mode, (role, account, hidden) in ((mode, one) for mode in modes for one in viewers):
        change_visibility(company.connector, COMMAND_LINE, "main", mode)
        person = None if account is None else company.name_of(account)
        actor = be(company.connector, role, person)
        keys, titles = planted(company.connector, hidden)
        assert keys
        assert titles
        for asked, answer in DOORS[door](company, role, actor, person):
            # what is sent is for strangers, also where somebody who sees more looks at it
            found = leaks(answer, keys, titles) - leaks(asked, keys, titles)
            if found:
                told[f"{mode.value}, {role}: {asked}"] = sorted(found)[:5]
    with company.connector.store.read() as conn:
        assert failures.load_standing(conn, "main") == (), "Jira was asked and said it"
    assert told == {}


@pytest.mark.slow
def test_whoever_sees_all_is_told_titles_at_each_door(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the walk above would prove nothing."""
    monkeypatch.setattr(sights, "PATIENCE_S", 30.0)
    change_visibility(company.connector, COMMAND_LINE, "main", Visibility.NUMBERS)
    person = company.name_of(PEOPLE[0])
    actor = be(company.connector, "admin", person)
    keys, titles = planted(company.connector, (HIDDEN,))
    for door in (by_http, by_assistants):
        told = [leaks(text, keys, titles) for _, text in door(company, "admin", actor, person)]
        assert len(set().union(*told)) > 10, door
