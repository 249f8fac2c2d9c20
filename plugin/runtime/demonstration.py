"""The demo: a sandbox Jira and a connector that knows it, in one process, with a real sync between them over HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, PEOPLE, SERVICE, SandboxServer
from connectors.sandbox.feeds import Feed
from mappings import presets
from mappings.numbers import percent
from plugin.access.authorization.actor import DEMONSTRATION
from plugin.runtime import figures
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.moving_clock import MovingClock
from plugin.runtime.settings import PREFIX, Settings, read_settings
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back.hold import MOST_REWRITES
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.objectives.fed_numbers import FedFigure, fed_numbers

DATA_CENTER_VERSION = (10, 3, 24)
SETTINGS_FILE = "demo.env"
"""In its folder: by it commands find the demo."""
CLOCK_FILE = "demo.clock"
"""Beside them: how much time was let pass."""
PRESET = "epics-as-objectives"
LINKS = """
  - {target: objective, remote_link: numbers}
  - {target: key_result, remote_link: numbers}
"""
"""What the preset writes besides where the address of the pages is known: it ends with what it writes."""
GOALS = """  - {{target: objective, goal: {{goals: {goals}}}}}
"""
CHECK_INS = """
check_ins: {who: anyone}
"""
TEAMS = """
team: {names: {PLAT: Platform, CORE: Core systems, GROW: Growth}}
"""
COMPANY = """
  - id: company
    select: issuetype = Initiative AND project != GROW
    perspective: customer
    cycle: {cycle}
  - id: hopes
    select: issuetype = Initiative AND project = GROW
    perspective: finance
    cycle: {cycle}
    commitment: aspirational
"""
"""What the epics serve: the company's own objectives, of which one is a hope."""
ALIGNED = "    aligned_to: {link: contributes to, contributes: true}\n"
SPOKEN = (
    (
        "Raise trial-to-paid conversion from 4 % to 9 %",
        "OKR conf 4 - checkout is live, but nobody finds the price; two fixes next week",
    ),
    (
        "Cut the median teach-in time from 95 to 15 minutes",
        "OKR 62 conf 5 - the new guide helps, counted by hand this week",
    ),
)
"""What people say in comments on key results, by title."""
CONTESTED, RIVAL = "Nobody fears the billing migration any more", 100
"""The objective whose progress somebody else writes too, and what they write."""
UNREADABLE = "The website tells one story"
"""The objective of the last quarter with an issue that no longer says its status."""
WATCHED = "PLAT"
"""The project whose open bugs are watched."""
KPI = """
kpis:
  - id: open-bugs
    name: Open bugs of the platform
    source: {{kind: jql_count, jql: "project = {project} AND issuetype = Bug AND statusCategory != Done"}}
    owner: Head of platform
    unit: bugs
    healthy: {{at_most: {most}}}
    cadence: daily
    perspective: process
    promote:
      after: 3
      objective: {objective}
      create: {{type: Key Result, fields: {{start: kr_start, current: kr_current, target: kr_target}}}}
    revert: {{after: 3}}
"""
PERSPECTIVE = '    perspective: {label: "bsc-"}\n'
"""The company labels its objectives by the side from which they look."""
TELL = """
tell:
  - {{id: weekly, every: week, on: mon, at: "09:00", to: ["{to}"]}}
  - {{id: alerts, every: change, to: ["{to}"]}}
  - {{id: reminders, every: due, at: "09:00", to: ["{to}"]}}
"""
CHANNEL = "messages"
"""The channel of the sandbox, as the settings call it."""
EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "jira:version_updated",
    "sprint_updated",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running sandbox and a connector with an active mapping; nothing is synced yet."""

    sandbox: SandboxServer
    connector: Connector
    secret: str


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A running sandbox Jira: where it is, and the account that a connector signs in with; on Cloud with the token of a service account besides."""

    url: str
    email: str
    token: str
    service_token: str | None = None


@contextmanager
def sandbox(
    seed: int,
    port: int,
    *,
    data_center: bool = False,
    version: tuple[int, int, int] = DATA_CENTER_VERSION,
    context: str = "",
) -> Iterator[RunningSandbox]:
    """Serve a sandbox Jira by itself until the block ends; port 0 takes a free one. `version` is that of Data Center, `context` the path it is below."""
    deployment = "datacenter" if data_center else "cloud"
    with SandboxServer(
        seed=seed, port=port, webhook_backoff=2.0, deployment=deployment, version=version, context=context
    ) as server:
        robot = None if data_center else next(iter(SERVICE.scoped))
        yield RunningSandbox(server.url, CONNECTOR.email, CONNECTOR.token, robot)


@contextmanager
def demo_world(
    folder: Path,
    *,
    clock: Callable[[], datetime] = system_clock,
    seed: int = 1,
    sandbox_port: int = 0,
    watches: bool = False,
    **settings: object,
) -> Iterator[Demo]:
    """Start both, on the day that `clock` says; everything the demo keeps is in `folder` and is begun anew each time.

    With a `base_url` among the settings its mapping writes links to the pages besides. `watches`: it watches the open bugs, its
    objectives feed goals, and days pass when somebody lets them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("demo.sqlite3*"), *folder.glob(CLOCK_FILE)):
        old.unlink()
    secret = secrets.token_urlsafe(24)
    moving = MovingClock(clock, folder.resolve() / CLOCK_FILE)
    with SandboxServer(seed=seed, port=sandbox_port, clock=moving, webhook_backoff=2.0) as sandbox:
        connector = build_connector(_settings(sandbox, folder, secret, settings), moving)
        if watches:
            connector.move_clock = moving.move_to
            connector.receive_figures = partial(figures.come_in, connector)
        try:
            fed = _fed_goals(sandbox) if watches else ""
            more = LINKS + fed + CHECK_INS + TEAMS if connector.settings.base_url is not None else ""
            preset = presets.text(PRESET)
            text = (_aligned(preset, moving()) if watches else preset) + more
            if watches:
                text += _open_bugs(sandbox, moving()) + figures.kpis() + TELL.format(to=f"webhook:{CHANNEL}")
            activate(connector, DEMONSTRATION, "main", text, file=f"{PRESET}.yaml")
            if watches:
                figures.come_in(connector)
            sandbox.site.feeds = partial(fed_on_board, connector)
            write_settings(folder / SETTINGS_FILE, connector.settings)
            yield Demo(sandbox, connector, secret)
        finally:
            connector.store.close()


def fed_on_board(connector: Connector) -> dict[str, tuple[Feed, ...]]:
    """The numbers that each issue of the demo feeds, as its board shows them."""
    pages = str(connector.settings.base_url or "").rstrip("/")
    found = fed_numbers(connector, DEMONSTRATION, "main")
    return {id_: tuple(_shown(fed, pages) for fed in feeds) for id_, feeds in found.items()}


def _shown(fed: FedFigure, pages: str) -> Feed:
    value, precise = (
        "unknown" if fed.value is None else f"{percent(fed.value, digits)} %" for digits in (0, 1)
    )
    page = f"{pages}/objectives/{quote(fed.objective)}"
    return Feed(
        objective=fed.objective,
        title=fed.title,
        number=fed.number,
        value=value,
        precise=precise,
        left_out=fed.left_out,
        page=page,
    )


def write_settings(file: Path, settings: Settings) -> None:
    """Settings by which commands find the demo while it runs; for its owner alone, as they hold its secrets."""
    jira, key, notify = settings.jira, settings.secret_key, settings.notify
    channels = {
        name: {"url": one.url.get_secret_value(), "secret": one.secret.get_secret_value()}
        for name, one in notify.webhook.items()
    }
    given = {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": key and key.get_secret_value(),
        "BASE_URL": settings.base_url and str(settings.base_url),
        "JIRA__URL": jira and str(jira.url),
        "JIRA__EMAIL": jira and jira.email,
        "JIRA__TOKEN": jira and jira.token and jira.token.get_secret_value(),
        "JIRA__WEBHOOK_SECRET": jira and jira.webhook_secret and jira.webhook_secret.get_secret_value(),
        "NOTIFY__WEBHOOK": json.dumps(channels),
        "NOTIFY__HOSTS": json.dumps(notify.hosts),
        "DEMO_CLOCK": settings.demo_clock and str(settings.demo_clock),
    }
    lines = [f"{PREFIX}{name}={value}" for name, value in given.items() if value]
    file.unlink(missing_ok=True)
    file.touch(0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _fed_goals(sandbox: SandboxServer) -> str:
    """The rule by which each objective of the running quarter feeds the goal of its name."""
    keys = {one.summary: one.key for one in sandbox.sandbox.records.values() if one.type.level == 1}
    goals = {keys[one.name]: one.key for one in sandbox.sandbox.goals.goals.values() if one.name in keys}
    return GOALS.format(goals=json.dumps(goals))


def _aligned(preset: str, now: datetime) -> str:
    """The preset with the company's own objectives above its epics."""
    rule, cycle = "  - id: epics\n", '    cycle: {label: ""}'
    company = COMPANY.format(cycle=_quarter(now)).lstrip("\n")
    return preset.replace(rule, company + rule, 1).replace(cycle, ALIGNED + PERSPECTIVE + cycle, 1)


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def quarter_before(day: date) -> str:
    """The quarter that was over when that of the day began."""
    first = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return _quarter(first - timedelta(days=1))


def close_last_quarter(demo: Demo) -> None:
    """The quarter before is closed, with a word to each of its objectives that wants one."""
    close_cycle(
        demo.connector,
        DEMONSTRATION,
        "main",
        quarter_before(demo.connector.clock().date()),
        note="Closed in the first week of the quarter after, with all three teams in the room.",
        reason="Measured too late to act on it: read it every week from the start.",
    )


def speak(demo: Demo) -> None:
    """People of the company say what their key results stand at, as comments in Jira."""
    records = demo.sandbox.sandbox.records.values()
    keys = {one.summary: one.key for one in records}
    for person, (title, text) in zip(PEOPLE, SPOKEN, strict=False):
        answer = requests.post(
            f"{demo.sandbox.url}/rest/api/2/issue/{keys[title]}/comment",
            json={"body": text},
            auth=(person.email, person.token),
            timeout=10,
        )
        answer.raise_for_status()


def leave_waiting(demo: Demo) -> None:
    """Two things for a person: a field that somebody writes against us, until that is held, and an issue that cannot be read."""
    records = demo.sandbox.sandbox.records.values()
    ids = {one.summary: one.id for one in records}
    context = demo.connector.context("main")
    field = context.mapping.places()[0].id  # the progress: the preset sets it first
    for _ in range(MOST_REWRITES + 2):
        answer = requests.put(
            f"{demo.sandbox.url}/rest/api/2/issue/{ids[CONTESTED]}",
            json={"fields": {field: RIVAL}},
            auth=(PEOPLE[0].email, PEOPLE[0].token),
            timeout=10,
        )
        answer.raise_for_status()
        resync_recent(context)
        reconcile(context, ids[CONTESTED])
    below = min((one for one in records if one.parent_id == ids[UNREADABLE]), key=lambda one: int(one.id))
    demo.sandbox.sandbox.spoil(below.id, status={"name": "?"})
    resync_recent(context)


def _open_bugs(sandbox: SandboxServer, now: datetime) -> str:
    """A KPI that stands at the edge of its band: one bug more, and it is out of it. Its key result hangs below an epic of this quarter."""
    quarter = _quarter(now)
    records = [one for one in sandbox.sandbox.records.values() if one.project.key == WATCHED]
    epics = [one for one in records if one.type.name == "Epic" and {"okr", quarter} <= set(one.labels)]
    under = min((one for one in epics if one.status.category != "done"), key=lambda one: int(one.id))
    bugs = sum(one.type.name == "Bug" and one.status.category != "done" for one in records)
    return KPI.format(project=WATCHED, most=bugs, objective=under.key)


def register_webhook(sandbox_url: str, url: str, secret: str) -> None:
    """Tell the sandbox where to deliver, as an admin does in Jira's webhook form."""
    body = {"name": "OKR connector", "url": url, "events": list(EVENTS), "secret": secret}
    answer = requests.post(
        f"{sandbox_url}/rest/webhooks/1.0/webhook",
        json=body,
        auth=(CONNECTOR.email, CONNECTOR.token),
        timeout=10,
    )
    answer.raise_for_status()


def _settings(sandbox: SandboxServer, folder: Path, secret: str, given: dict[str, object]) -> Settings:
    jira = {
        "url": sandbox.url,
        "email": CONNECTOR.email,
        "token": CONNECTOR.token,
        "webhook_secret": secret,
    }
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{folder.resolve() / 'demo.sqlite3'}",
        "secret_key": secrets.token_urlsafe(32),
        "demo_clock": None if "database_url" in given else folder.resolve() / CLOCK_FILE,
        "jira": jira,
        "notify": {"webhook": {CHANNEL: _channel(sandbox, secret)}, "hosts": (sandbox.url,)},
        **given,
    }
    return read_settings(env_file=None, **values)


def _channel(sandbox: SandboxServer, secret: str) -> dict[str, str]:
    return {"url": f"{sandbox.url}/messages", "secret": secret}
