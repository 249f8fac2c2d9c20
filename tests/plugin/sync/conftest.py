"""A synced world without an engine: nothing happens but what a test does."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from connectors.sandbox import CONNECTOR, PEOPLE, SERVICE, SandboxServer, seed_many
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import create, delete, edit
from connectors.sandbox.site_state.state import Sandbox, person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.reads import read_requests
from connectors.store.work import due
from connectors.store.writes import writes
from mappings import presets
from mappings.kpi.episode import KpiState
from plugin.cli import cli
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.sync.context import Context
from plugin.sync.drain import drain
from plugin.sync.reconcile.reconcile import ReconcileResult, reconcile
from plugin.sync.refresh.reread import land_issues, read_again, with_readings
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.mappings.mapping_life import activate
from tests.actors import TESTER
from tests.empty_database import lay_empty_database
from tests.quarter import begun

PROGRESS = "customfield_10060"


@dataclass
class Quiet:
    """What a test acts on."""

    sandbox: SandboxServer
    connector: Connector

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def objectives(self) -> list[str]:
        """Ids of objectives that have a number in Jira."""
        with self.connector.store.read() as conn:
            states = [saved.state for saved in objectives.load_all(conn, "main")]
        return [state.id for state in states if state.issue_id and state.progress]

    def overwrite(self, objective_id: str, value: float) -> None:
        """Someone writes our field, and the mirror knows."""
        context = self.context
        context.jira.edit(objective_id, {PROGRESS: value})
        with self.connector.store.write() as conn:
            mirror.put(conn, "main", list(context.jira.read([objective_id], context.fields).issues))

    def reconcile(self, objective_id: str) -> ReconcileResult:
        return reconcile(self.context, objective_id)

    def in_jira(self, objective_id: str) -> Any:
        return self.context.jira.read([objective_id], [PROGRESS]).issues[0].fields.get(PROGRESS)

    def held(self) -> list[writes.Write]:
        with self.connector.store.read() as conn:
            return writes.load_held(conn, "main")

    def sync(self) -> Any:
        return sync_site(self.connector, "main")


@pytest.fixture
def quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced_demo: Callable[..., Any]
) -> Iterator[Quiet]:
    """A world of the test's own; commands work on it."""
    with synced_demo(tmp_path, quiet_seconds=0, resync_minutes=0) as demo:
        for name, value in {
            "DATABASE_URL": demo.connector.settings.database_url,
            "JIRA__URL": demo.sandbox.url,
            "JIRA__EMAIL": CONNECTOR.email,
            "JIRA__TOKEN": CONNECTOR.token,
            "JIRA__WEBHOOK_SECRET": demo.secret,
            "BASE_URL": "https://okr.example.com",
        }.items():
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        yield Quiet(demo.sandbox, demo.connector)


@pytest.fixture
def command() -> Callable[..., Any]:
    """Runs a `jira-okr` command and gives its exit code and its output."""

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, list(words))
        return result.exit_code, result.stdout

    return run


class Clock:
    """The time of both, Jira and the connector, set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Company:
    """A Jira of plain issues over HTTP, and a connector that has not read it yet."""

    sandbox: SandboxServer
    connector: Connector
    clock: Clock
    folder: Path
    deployment: str
    unread: Path
    """The database of a connector that knows its mapping, and nothing else."""

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def calls(self, endpoint: str = "search") -> int:
        """How often this was called since the last time somebody asked for it."""
        counted = self.sandbox.site.calls.by_endpoint
        found = sum(number for name, number in counted.items() if name.endswith(endpoint))
        self.sandbox.site.calls.clear()
        return found

    @property
    def search(self) -> str:
        return "search/jql" if self.deployment == "cloud" else "/search"

    def records(self, type_: Any = scheme.STORY) -> list[Any]:
        return [one for one in self.sandbox.sandbox.records.values() if one.type == type_]

    def edit(self, record: Any, **fields: Any) -> None:
        known = self.sandbox.sandbox.records[record.id]
        edit(self.sandbox.sandbox, known, {"fields": fields}, "3", person(PEOPLE[0]))

    def move(self, record: Any, name: str) -> None:
        """Somebody puts it into the status of this name."""
        known = self.sandbox.sandbox.records[record.id]
        statuses = self.sandbox.sandbox.projects[known.project.key].statuses
        found = next(one for one in statuses if one.name == name)
        if found != known.status:
            to_status(self.sandbox.sandbox, known, found, person(PEOPLE[0]))

    def delete(self, record: Any) -> None:
        delete(self.sandbox.sandbox, record, person(PEOPLE[0]))

    def mirror(self, connector: Connector | None = None) -> dict[str, Any]:
        with (connector or self.connector).store.read() as conn:
            return {issue.id: issue for issue in mirror.every(conn, "main")}

    def afresh(self) -> dict[str, Any]:
        """What a connector that knew nothing would mirror."""
        file = self.folder / "other" / "okr.sqlite3"
        file.parent.mkdir(exist_ok=True)
        shutil.copyfile(self.unread, file)
        other = connected(self.sandbox, file.parent, self.clock)
        resync(other.context("main"))
        found = self.mirror(other)
        other.store.close()
        return found

    def wants_full_read(self) -> bool:
        with self.connector.store.read() as conn:
            return read_requests.is_open(conn, "main")

    def due(self) -> set[str]:
        with self.connector.store.read() as conn:
            now = self.clock()
            return {
                one
                for one, at in conn.execute(select(due.table.c.objective_id, due.table.c.run_after))
                if at <= now.timestamp() * 1000
            }

    def in_jira(self, issue_id: str) -> Any:
        return self.context.jira.read([issue_id], [PROGRESS]).issues[0].fields.get(PROGRESS)

    def remap(self, old: str, new: str) -> None:
        """Another revision of the mapping."""
        assert old in presets.text("epics-as-objectives")
        self.remap_whole(lambda text: text.replace(old, new))

    def remap_whole(self, change: Callable[[str], str]) -> None:
        """Another revision of the mapping: the preset, changed so."""
        text = change(presets.text("epics-as-objectives"))
        activate(self.connector, TESTER, "main", text, file="okr.yaml", large=True)

    def work_off(self) -> None:
        drain(lambda: self.context, wait=lambda seconds: self.clock.pass_by(seconds=seconds))


def a_connector(sandbox: SandboxServer, folder: Path, clock: Clock, **settings: Any) -> Connector:
    """One that knows its mapping, and nothing else."""
    folder.mkdir(exist_ok=True)
    connector = connected(sandbox, folder, clock, **settings)
    activate(connector, TESTER, "main", presets.text("epics-as-objectives"), file="okr.yaml")
    return connector


def connected(sandbox: SandboxServer, folder: Path, clock: Clock, **settings: Any) -> Connector:
    """One that works on the database of this folder, whatever is in it."""
    access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
    if sandbox.sandbox.deployment == "datacenter":
        access = {"pat": CONNECTOR.token}
    lay_empty_database(folder / "okr.sqlite3")
    return build_connector(
        read_settings(
            env_file=None,
            database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
            jira={"url": sandbox.url, "webhook_secret": "a secret", **access},
            **settings,
        ),
        clock,
    )


@dataclass(frozen=True)
class Snapshot:
    """A company that a connector knows: its Jira, the database beside it and the one before anything was read, and what time it was then."""

    sandbox: Sandbox
    file: Path
    unread: Path
    now: datetime


def untouched(_company: Company) -> None:
    """The mapping is active, nothing was read."""


def worked_off(company: Company) -> None:
    """Read and written."""
    resync(company.context)
    company.work_off()


def read_back(company: Company) -> None:
    """Read and written, and our own writes read back, as no webhook tells of them."""
    worked_off(company)
    company.clock.pass_by(hours=1)
    resync_recent(company.context)
    company.work_off()
    company.clock.pass_by(hours=1)


Snapshots = Callable[[int, int, str, Callable[[Company], None]], Snapshot]


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    """So many issues, so many an epic, on this deployment, after this happened; made when they are first asked for, and never touched again."""

    @cache
    def made(issues: int, per_epic: int, deployment: str, happened: Callable[[Company], None]) -> Snapshot:
        folder = tmp_path_factory.mktemp("snapshot")
        clock = Clock()
        unread = folder / "unread.sqlite3"
        with SandboxServer(seed=None, clock=clock, deployment=deployment) as sandbox:
            seed_many(sandbox.sandbox, issues, per_epic=per_epic)
            a_connector(sandbox, folder, clock).store.close()
            shutil.copyfile(folder / "okr.sqlite3", unread)
            connector = connected(sandbox, folder, clock)
            happened(Company(sandbox, connector, clock, folder, deployment, unread))
            connector.store.close()
        return Snapshot(sandbox.sandbox, folder / "okr.sqlite3", unread, clock())

    return made


@contextmanager
def revived(snapshot: Snapshot, folder: Path) -> Iterator[Company]:
    """A company of the test's own that begins where the snapshot ends."""
    clock = Clock()
    clock.now = snapshot.now
    deployment = snapshot.sandbox.deployment
    with SandboxServer(seed=None, like=snapshot.sandbox, clock=clock, deployment=deployment) as sandbox:
        own = folder / "own"
        own.mkdir()
        shutil.copyfile(snapshot.file, own / "okr.sqlite3")
        connector = connected(sandbox, own, clock)
        yield Company(sandbox, connector, clock, folder, deployment, snapshot.unread)
        connector.store.close()


@pytest.fixture
def firm(tmp_path: Path, request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Company]:
    """As `company`, with 6 objectives alone (PLAT, CORE, GROW by turns), read and written."""
    with revived(snapshots(60, 10, getattr(request, "param", "cloud"), worked_off), tmp_path) as made:
        made.clock.pass_by(minutes=5)
        yield made


@pytest.fixture
def company(tmp_path: Path, request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Company]:
    """800 issues, 20 an epic, not read yet; on Cloud unless the test says otherwise. For what needs many pages: else take `dozen`."""
    with revived(snapshots(800, 20, getattr(request, "param", "cloud"), untouched), tmp_path) as made:
        yield made


@pytest.fixture
def dozen(tmp_path: Path, request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Company]:
    """As `company`, with 12 objectives of 240 issues."""
    with revived(snapshots(240, 20, getattr(request, "param", "cloud"), untouched), tmp_path) as made:
        yield made


@pytest.fixture
def settled(tmp_path: Path, request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Company]:
    """As `dozen`, read and written, and our own writes read back."""
    with revived(snapshots(240, 20, getattr(request, "param", "cloud"), read_back), tmp_path) as made:
        made.calls()
        yield made


@dataclass
class Hand:
    """A Jira of issues made by hand, and a connector under a mapping of the test's own; nothing happens but what a test does."""

    sandbox: SandboxServer
    connector: Connector
    clock: Clock

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def issue(self, type_: str, parent: str | None = None, status: str = "To Do", **fields: Any) -> str:
        """Make an issue; its id."""
        asked = {"project": {"key": "PLAT"}, "issuetype": {"name": type_}, "summary": f"A {type_}", **fields}
        if parent is not None and self.sandbox.sandbox.deployment == "cloud":
            asked["parent"] = {"id": parent}
        elif parent is not None:
            asked[scheme.EPIC_LINK] = self.sandbox.sandbox.records[parent].key
        made = create(self.sandbox.sandbox, {"fields": asked}, "3", person(PEOPLE[0]))
        self.status(made.id, status)
        return made.id

    def status(self, issue_id: str, name: str) -> None:
        """Somebody moves it."""
        record = self.sandbox.sandbox.records[issue_id]
        found = next(one for one in scheme.STATUSES if one.name == name)
        if record.status.id != found.id:
            to_status(self.sandbox.sandbox, record, found, person(PEOPLE[0]))

    def edit(self, issue_id: str, **fields: Any) -> None:
        """Somebody edits it."""
        record = self.sandbox.sandbox.records[issue_id]
        edit(self.sandbox.sandbox, record, {"fields": fields}, "3", person(PEOPLE[0]))

    def contributes(self, lower: str, upper: str) -> str:
        """The lower one contributes to the upper one; the id of the link."""
        kind = next(one for one in scheme.LINK_TYPES if one.outward == "contributes to")
        return self.sandbox.sandbox.link(kind, lower, upper, person(PEOPLE[0])).id

    def activate(self, text: str, *, large: bool = False) -> Any:
        return activate(self.connector, TESTER, "main", text, file="okr.yaml", large=large)

    def sync(self) -> Any:
        return sync_site(self.connector, "main")

    def land(self, *issue_ids: str) -> None:
        """What webhooks on these issues bring, without working off what becomes due."""
        context = self.context
        found = with_readings(context, read_again(context, issue_ids).issues, {})
        with self.connector.store.write() as conn:
            land_issues(context, conn, found, set(), self.clock())

    def work_off(self) -> None:
        drain(lambda: self.context, wait=lambda seconds: self.clock.pass_by(seconds=seconds))

    def writes(self, field: str = PROGRESS) -> list[tuple[str, Any]]:
        """What our account wrote to a field, in order, by issue: Jira's own changelog. None is cleared."""
        found = [
            (int(history.id), issue_id, item.new_text or None)
            for issue_id, histories in self.sandbox.sandbox.histories.items()
            for history in histories
            if history.author.id == CONNECTOR.id
            for item in history.items
            if item.field_id == field
        ]
        return [(issue_id, value) for _, issue_id, value in sorted(found)]

    def field(self, issue_id: str, field: str = PROGRESS) -> Any:
        return self.sandbox.sandbox.records[issue_id].customs.get(field)

    def points(self, objective_id: str) -> list[float | None]:
        """The history of an objective, in percent."""
        with self.connector.store.read() as conn:
            found = objectives.history(conn, "main", objective_id)
        return [None if one.progress is None else float(one.progress * 100) for one in found]


@pytest.fixture
def hand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hand]:
    """Nothing is there yet. What several tests begin with is made once: see `begin`."""
    with a_hand(tmp_path, getattr(request, "param", "cloud")) as made:
        yield made


GATEWAY, BELOW = "by the gateway", "below a path"
"""Cloud by a service account at Atlassian's gateway, with an account for Goals; Data Center below a context path."""


@contextmanager
def a_hand(folder: Path, kind: str) -> Iterator[Hand]:
    """A Jira and a connector, both empty: `cloud`, `datacenter`, or either as it is reached otherwise."""
    clock = Clock()
    deployment = {GATEWAY: "cloud", BELOW: "datacenter"}.get(kind, kind)
    context = "/jira" if kind == BELOW else ""
    with SandboxServer(seed=None, clock=clock, deployment=deployment, context=context) as sandbox:
        access: dict[str, str] = {"email": CONNECTOR.email, "token": CONNECTOR.token}
        if deployment == "datacenter":
            access = {"pat": CONNECTOR.token}
        if kind == GATEWAY:
            own = {"goals_email": CONNECTOR.email, "goals_token": CONNECTOR.token}
            access = {"token": next(iter(SERVICE.scoped)), **own}
        lay_empty_database(folder / "okr.sqlite3")
        settings = read_settings(
            env_file=None,
            database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
            base_url="https://okr.acme.example",
            gateway_url=sandbox.url,
            jira={"url": sandbox.url, "webhook_secret": "a secret", **access},
            quiet_seconds=0,
        )
        connector = build_connector(settings, clock)
        yield Hand(sandbox, connector, clock)
        connector.store.close()


ReplyHead = Callable[[Hand], Any]
Begin = Callable[[Hand, ReplyHead], Any]


@pytest.fixture(scope="session")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Begin:
    """`begin(hand, prepare)`: a fresh hand stands where `prepare` leaves one, which is run once in a process and then copied; what it said.

    `prepare` is a function of a module and says ids or other plain values.
    """

    @cache
    def made(prepare: ReplyHead, deployment: str) -> tuple[Sandbox, Path, datetime, Any]:
        folder = tmp_path_factory.mktemp("begun")
        with a_hand(folder, deployment) as hand:
            said = prepare(hand)
        jira = hand.sandbox.sandbox
        not_copied = (jira.properties, jira.comments, jira.remote_links, jira.garbage)
        assert not any(not_copied), "a copy would not have them"
        return jira, folder / "okr.sqlite3", hand.clock.now, said

    def begun_with(hand: Hand, prepare: ReplyHead) -> Any:
        jira, file, now, said = made(prepare, hand.sandbox.sandbox.deployment)
        hand.sandbox.sandbox.adopt(jira)
        hand.clock.now = now
        database = hand.connector.settings.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file)) as kept, closing(sqlite3.connect(database)) as own:
            kept.backup(own)
        return deepcopy(said)

    return begun_with


@pytest.fixture
def small(tmp_path: Path, request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Company]:
    """Three projects with an objective and its twenty stories each, synced."""
    with revived(snapshots(63, 21, getattr(request, "param", "cloud"), worked_off), tmp_path) as made:
        yield made


@pytest.fixture
def quarter(hand: Hand, begin: Begin) -> tuple[Any, str, str, list[str]]:
    """An objective of 2026-Q4 at 45 %, two days after its end: the hand, the objective, its metric and its stories."""
    epic, metric, stories = begin(hand, a_quarter)
    return hand, epic, metric, stories


def a_quarter(hand: Hand) -> tuple[str, str, list[str]]:
    """The same, made anew."""
    return begun(hand)[1:]


def kpis_led(
    bare: Context, states: dict[str, KpiState], lead: Callable[[Context], object]
) -> dict[str, KpiState | None]:
    """What KPIs in these states, all promoted but "not promoted", follow once they are led; those of another site stay."""
    parts = [SimpleNamespace(id=id_, promote=None if id_ == "not promoted" else 1) for id_ in states]
    mapping = cast("Any", SimpleNamespace(document=SimpleNamespace(kpis=parts)))
    with bare.store.write() as conn:
        for id_, state in states.items():
            kpis.put(conn, "main", id_, state, bare.clock())
            kpis.put(conn, "other", id_, state, bare.clock())
    lead(replace(bare, mapping=mapping))
    with bare.store.read() as conn:
        assert {id_: kpis.get(conn, "other", id_) for id_ in states} == states
        return {id_: kpis.get(conn, "main", id_) for id_ in states}
