"""A whole life of the connector beside a sandbox Jira, with every call it makes written down, and the official contracts to hold them against."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Response, request

from connectors.clock import system_clock
from connectors.jira import BearerCredentials, Jira, JiraAddress, connect
from connectors.jira.sign_in.scopes import MANAGE_WEBHOOK
from connectors.jira.webhooks.app_webhooks import wish
from connectors.jira.write.custom_field import FieldWish
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.traffic.oauth import OAuthApp, TokenFamily
from mappings import presets
from mappings.fields import FieldPurpose
from mappings.write_back.plan import Change
from mappings.write_back.targets import remote_link, writings_of
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.mappings.mapping_life import activate, check_text
from tests.actors import TESTER

LINKED = (
    "\n  - {target: objective, remote_link: numbers}\n  - {target: key_result, property: jira-okr.rollup}\n"
)
FILES = {"cloud": "jira-cloud-platform-v3.json", "datacenter": "jira-data-center-10.3.json"}
PROPERTY = "okr.sync"
LAST_CENTURY = datetime(1999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as it came in, and how it was answered."""

    method: str
    path: str
    query: tuple[str, ...]
    body: object
    status: int
    answer: object


@dataclass
class Life:
    """What was asked until the first sync was over, and what by then and by every other way of asking."""

    deployment: str
    issues: int = 0
    key_results: int = 0
    ways: frozenset[str] = frozenset()
    first_sync: list[Asked] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


def folder() -> Path | None:
    """Where the official contracts are, or None."""
    named = os.environ.get("JIRA_OPENAPI_DIR")
    found = Path(named) if named else Path(__file__).parents[3] / "shared" / "contracts"
    return found if all((found / name).is_file() for name in FILES.values()) else None


def contract(place: Path, deployment: str) -> dict[str, Any]:
    """The official description of one deployment, its paths beginning with `/rest`."""
    read: dict[str, Any] = json.loads((place / FILES[deployment]).read_text(encoding="utf-8"))
    read["paths"] = {
        path if path.startswith("/rest") else f"/rest{path}": said for path, said in read["paths"].items()
    }
    return read


def lived(deployment: str, place: Path) -> Life:
    """Signing in, checking, activating, syncing, writing, and then everything a client of Jira can be asked for."""
    life = Life(deployment)
    with SandboxServer(seed=1, deployment=deployment) as server:  # type: ignore[arg-type]
        connector = connected(server, place)
        records = list(server.sandbox.records.values())
        life.issues = len(records)
        life.key_results = sum(one.type.name == "Key Result" for one in records)
        with written_down(server, life.asked):
            text = presets.text("epics-as-objectives") + LINKED
            check_text(connector, TESTER, "main", text)
            activate(connector, TESTER, "main", text)
            before = len(life.asked)
            sync_site(connector, "main")
            life.first_sync = life.asked[before:]
            every = ways(connector.site("main").jira, server)
            life.ways = frozenset(every)
            for ask in every.values():
                ask()
        connector.store.close()
    return life


def connected(server: SandboxServer, place: Path) -> Connector:
    """A connector with a database of its own, signed in as its deployment has it."""
    access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
    if server.sandbox.deployment == "datacenter":
        access = {"pat": CONNECTOR.token}
    settings = read_settings(
        env_file=None,
        database_url=f"sqlite:///{place / 'okr.sqlite3'}",
        base_url="https://okr.acme.example",
        jira={"url": server.url, "webhook_secret": "a secret", **access},
    )
    return build_connector(settings, system_clock)


@contextmanager
def written_down(server: SandboxServer, asked: list[Asked]) -> Iterator[None]:
    """Every call of the API from now on, in the order of the answers."""

    def note(response: Response) -> Response:
        if request.path.startswith("/rest/"):
            body = request.get_json(silent=True) if request.get_data() else None
            query = tuple(sorted(request.args))
            answer = response.get_json(silent=True)
            asked.append(Asked(request.method, request.path, query, body, response.status_code, answer))
        return response

    noting = server.app.after_request_funcs.setdefault(None, [])
    noting.append(note)
    try:
        yield
    finally:
        noting.remove(note)


def ways(jira: Jira, server: SandboxServer) -> dict[str, Callable[[], object]]:
    """By the name of the method: a test holds the names against those that there are."""
    records = list(server.sandbox.records.values())
    story = next(one for one in records if one.type.name == "Story" and one.parent_id)
    ids = [one.id for one in records[:3]]
    link = {"title": "OKR: 62 % — why?", "url": "https://okr.acme.example/why/10001", "summary": "At risk"}
    changes = [Change(story.id, story.key, "link:okr", "", None, after, "") for after in (link, None)]
    types: list[str] = []
    hooks = ("OKR connector", "https://okr.acme.example/webhooks/jira/main", "a secret of the form")

    def create_fields() -> None:
        types.extend(jira.create_types(story.project.id))
        jira.create_fields(story.project.id, types[0])

    def seen_by() -> None:
        asked = {story.id: story.key}
        list(jira.seen_by(CONNECTOR.id, asked))
        server.site.public = True  # no contract says what whoever is let in by nobody gets
        try:
            list(jira.seen_by("", asked))
        finally:
            server.site.public = False

    def make() -> None:
        jira.create(
            {
                "summary": "Open bugs",
                "project": {"id": story.project.id},
                "issuetype": {"id": story.type.id},
            },
            {"jira-okr.kpi": {"episode": 1}},
        )

    return {
        "server": jira.server,
        "myself": jira.myself,
        "time": jira.time,
        "permissions": lambda: (
            jira.permissions(story.project.key, ["EDIT_ISSUES"]),
            jira.permissions(None, ["EDIT_ISSUES"]),
        ),
        "missing_scopes": jira.missing_scopes,
        "token_end": jira.token_end,
        "search": lambda: list(jira.search("project = PLAT", ["customfield_10016"], page_size=50)),
        "search_ids": lambda: list(jira.search_ids("project = PLAT")),
        "count": lambda: jira.count("project = PLAT"),
        "jql_errors": lambda: jira.jql_errors("project = PLAT"),
        "read": lambda: (
            jira.read(ids, ["customfield_10016"]),
            jira.read(ids, (), dict.fromkeys(ids, LAST_CENTURY)),
        ),
        "readings": lambda: (
            jira.readings(ids[:1], ["customfield_10016"]),
            jira.readings(ids, ["customfield_10016"], edited=dict.fromkeys(ids, LAST_CENTURY)),
        ),
        "steps": lambda: jira.steps(ids, ["parent", "status"]),
        "step_calls": lambda: jira.step_calls(3),
        "catalogue": lambda: jira.catalogue(ids[:1]),
        "issue_of": lambda: jira.issue_of(story.key),
        "lacks_issue": lambda: [jira.lacks_issue(one) for one in (story.id, "99999999")],
        "lacks_person": lambda: [jira.lacks_person(one) for one in (CONNECTOR.id, "nobody")],
        "project_parts": lambda: jira.project_parts(story.project.id),
        "people": lambda: jira.people("Kim"),
        "person": lambda: [jira.person(one) for one in (CONNECTOR.id, "nobody")],
        "directory": lambda: jira.directory("Kim"),
        "seen_by": seen_by,
        "comments": lambda: jira.comments(story.id),
        "edit_fields": lambda: jira.edit_fields(story.id),
        "edit": lambda: (
            jira.edit(story.id, {"customfield_10016": 5, "summary": "Another title"}),
            jira.edit(story.id, {"customfield_10016": 8}, notify=True),
        ),
        "create_types": lambda: jira.create_types(story.project.id),
        "create_fields": create_fields,
        "create": make,
        "ways_on": lambda: jira.ways_on(story.id),
        "take": lambda: jira.take(story.id, jira.ways_on(story.id)[0]),
        "ask": lambda: [
            jira.ask(one)
            for one in remote_link.TARGET.readings({story.id: ["link:okr"]}, lambda _issue, _place: None)
        ],
        "tell": lambda: [jira.tell(writing.request) for _, writing in writings_of(changes)],
        "put_property": lambda: jira.put_property(story.id, PROPERTY, {"a": 1}),
        "get_property": lambda: jira.get_property(story.id, PROPERTY),
        "delete_property": lambda: jira.delete_property(story.id, PROPERTY),
        "webhooks": jira.webhooks,
        "register_webhook": lambda: (jira.register_webhook(*hooks), jira.register_webhook(*hooks)),
        "delete_webhook": lambda: [jira.delete_webhook(one.id) for one in jira.webhooks()],
        **of_an_app(server),
        **of_fields(jira, story.project.id),
    }


def of_fields(jira: Jira, project_id: str) -> dict[str, Callable[[], object]]:
    """A field that is made, put on screens and thrown away; Data Center takes the first two."""
    made: list[str] = []

    def create_fields() -> None:
        wishes = [FieldWish(f"Goal {kind}", kind, (), "Made for a goal.") for kind in FieldPurpose]
        made.extend(map(jira.create_field, wishes))

    asked: dict[str, Callable[[], object]] = {
        "create_field": create_fields,
        "put_on": lambda: jira.put_on(None, made[0]),
    }
    beyond: dict[str, Callable[[], object]] = {
        "put_on": lambda: (
            jira.put_on(None, made[0]),
            [jira.put_on(one, made[1]) for one in jira.screens([project_id])],
        ),
        "screens": lambda: jira.screens([project_id]),
        "add_options": lambda: jira.add_options(
            made[list(FieldPurpose).index(FieldPurpose.CHOICE)], ["On track"]
        ),
        "described_fields": jira.described_fields,
        "trash_field": lambda: jira.trash_field(made[0]),
    }
    nothing: dict[str, Callable[[], object]] = dict.fromkeys(beyond, lambda: None)
    return {**asked, **beyond} if jira.deployment == "cloud" else {**asked, **nothing, **asked}


def of_an_app(server: SandboxServer) -> dict[str, Callable[[], object]]:
    """What an OAuth app alone may ask for, by the gateway; Data Center has nothing of it."""
    names = ("register_app_webhook", "app_webhooks", "refresh_app_webhooks", "delete_app_webhooks")
    if server.sandbox.deployment == "datacenter":
        return dict.fromkeys(names, lambda: None)
    app = OAuthApp("app", "a secret of the console", CONNECTOR.id, frozenset({MANAGE_WEBHOOK.name}))
    given = server.site.oauth.given(TokenFamily(app, app.scopes))
    place = f"{server.url}/ex/jira/{CLOUD_ID}"
    jira = connect(
        JiraAddress("app", server.url, BearerCredentials(given["access_token"]), place, deployment="cloud")
    )
    wished = wish("https://okr.acme.example/webhooks/jira/main", ["10000", "10001"])

    def ids() -> list[str]:
        return [one.id for one in jira.app_webhooks()]

    return {
        names[0]: lambda: jira.register_app_webhook(wished),
        names[1]: jira.app_webhooks,
        names[2]: lambda: jira.refresh_app_webhooks(ids()),
        names[3]: lambda: jira.delete_app_webhooks(ids()),
    }
