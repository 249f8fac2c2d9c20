"""A company made by hand over half a year, in which much is there that the small one lacks: teams and people, cycles in every state, KPIs, talk, trouble.

It is made as people and programs make it: in Jira, by the API and from pages, and by what the engine runs by the clock.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from connectors.sandbox import CONNECTOR, PEOPLE, SandboxServer
from connectors.sandbox.site_state import scheme
from connectors.store.work import due
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.jobs import schedules
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from tests.empty_database import lay_empty_database
from tests.plugin.sync.conftest import Clock, Hand
from tests.plugin.use_cases.conftest import SCOPES, Doors, opened
from tests.sign_in import browser_of
from tests.small_company import CURRENT, POINTS, START, TARGET

FILES = Path(__file__).parent / "plugin" / "doors" / "files"
MAPPING, DRAFT = FILES / "full.yaml", FILES / "draft.yaml"
ADA, BRUNO, CHIARA, DEVI = ({"accountId": one.id} for one in PEOPLE[:4])
SITE = "main"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
BY_THE_CLOCK = (
    schedules.look_at_pace,
    schedules.close_cycles,
    schedules.read_kpis,
    schedules.count_kpis,
    schedules.forecast,
    schedules.tell,
    schedules.relay_events,
)
"""What an engine runs of itself on a day, beside its reads."""


@dataclass
class FullCompany:
    """Its Jira, the connector beside it, and the doors of one account of each role."""

    hand: Hand
    doors: dict[str, Doors]
    file: Path
    kept: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))

    def keep(self) -> None:
        """What the connector knows now is what `restore` brings back."""
        with closing(sqlite3.connect(self.file)) as own:
            own.backup(self.kept)

    def restore(self) -> None:
        """Take back what was noted of what somebody read: that it was exported, when a token was used."""
        with closing(sqlite3.connect(self.file)) as own:
            self.kept.backup(own)

    def says(self, who: str, method: str, path: str, body: object = None) -> Any:
        """Somebody does something by the API, which is done."""
        self.hand.clock.pass_by(seconds=1)
        answer = self.doors[who].api(method, path, body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.json if answer.is_json else None

    def sends(self, who: str, page: str, address: str, /, **form: Any) -> None:
        """Somebody sends the form of a page, and is led on."""
        self.hand.clock.pass_by(seconds=1)
        browser = self.signed_in(who)
        token = CSRF.search(browser.get(page).get_data(as_text=True))
        assert token is not None
        answer = browser.post(address, data={"csrf_token": token.group(1), **form})
        assert answer.status_code == 302, answer.get_data(as_text=True)

    def signed_in(self, who: str) -> FlaskClient:
        """The browser of somebody who signs in now."""
        doors = self.doors[who]
        doors.browser = browser_of(doors.app, doors.connector, f"{who}@acme.example")
        return doors.browser

    def day(self, at: str) -> None:
        """It is another day: Jira is read, and what is due by the clock is done."""
        self.hand.clock.now = datetime.fromisoformat(at)
        self.hand.sync()
        for run in BY_THE_CLOCK:
            run(self.hand.connector, SITE, lambda: None)
        self.hand.work_off()

    def finishes_unseen(self, issue_id: str) -> None:
        """An issue is done, and nothing in Jira tells who did it or when."""
        sandbox = self.hand.sandbox.sandbox
        record = sandbox.records[issue_id]
        done = replace(record, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0], cache={})
        sandbox.add(done, record.creator, announce=False)


@contextmanager
def full_company(folder: Path) -> Iterator[FullCompany]:
    """The company as it stands on 9 November 2026; for tests that only read."""
    clock = Clock()
    clock.now = datetime.fromisoformat("2026-06-15T07:00:00+00:00")
    with SandboxServer(seed=None, clock=clock) as sandbox:
        lay_empty_database(folder / "okr.sqlite3")
        board = {"url": f"{sandbox.url}/messages", "secret": "an invented one of the board"}
        settings = read_settings(
            env_file=None,
            database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
            base_url="https://okr.acme.example",
            secret_key="an invented key that is long enough to sign",
            jira={
                "url": sandbox.url,
                "webhook_secret": "a secret",
                "email": CONNECTOR.email,
                "token": CONNECTOR.token,
            },
            notify={"webhook": {"board": board}, "hosts": [sandbox.url]},
            quiet_seconds=0,
        )
        connector = build_connector(settings, clock)
        roles = {role: lasting(opened(connector, {}, role), role) for role in ("admin", "editor", "viewer")}
        company = FullCompany(Hand(sandbox, connector, clock), roles, folder / "okr.sqlite3")
        spring_and_summer(company)
        autumn(company)
        this_week(company)
        trouble(company)
        for role in roles:
            company.signed_in(role)
        company.keep()
        yield company
        company.kept.close()
        connector.store.close()


def lasting(doors: Doors, role: str) -> Doors:
    """With a token that is good for as long as the company is made."""
    account = members.find(doors.connector, f"{role}@acme.example")
    bearer = tokens.issue(doors.connector, account, f"a program of the {role}", SCOPES[role], 365, "tests")
    return replace(doors, bearer={"Authorization": f"Bearer {bearer}"})


def spring_and_summer(company: FullCompany) -> None:
    """A quarter that nobody ever closes, and one that two teams work in; the number of one KPI comes from elsewhere."""
    hand = company.hand
    growth = hand.issue("Initiative", summary="Grow in the north", labels=["2026"], assignee=ADA)
    paper = hand.issue("Epic", growth, summary="Invoices without paper", labels=["okr", "2026-Q2"])
    hand.issue("Story", paper, "Done", summary="Send them by mail")
    hand.issue("Story", paper, summary="Sign them")
    hand.activate(MAPPING.read_text().replace("kpis:\n", f"kpis:\n{VISITS}"))
    company.day("2026-06-15T08:00:00+00:00")
    company.day("2026-07-01T07:00:00+00:00")

    trial = hand.issue(
        "Epic", growth, summary="Trials become customers", labels=["okr", "2026-Q3"], assignee=BRUNO
    )
    hand.contributes(trial, growth)
    rate = hand.issue("Key Result", trial, summary="Conversion from 4 to 9 percent", assignee=CHIARA)
    hand.edit(rate, **{START: 4, CURRENT: 4, TARGET: 9})
    for summary, points in (("Checkout in one step", 5), ("Prices on the first page", 3)):
        hand.edit(hand.issue("Story", trial, summary=summary), **{POINTS: points})
    core = {"project": {"key": "CORE"}}
    lift = hand.issue("Epic", summary="Robots lift more", labels=["okr", "2026-Q3"], assignee=CHIARA, **core)
    load = hand.issue("Key Result", lift, summary="Load from 20 to 30 kilograms", **core)
    hand.edit(load, **{START: 20, CURRENT: 26, TARGET: 30})
    company.day("2026-07-03T07:00:00+00:00")
    for at, value in (("2026-07-01T10:00:00Z", 900), ("2026-07-02T10:00:00Z", 1100)):
        company.says("editor", "POST", "/kpis/visits/readings", {"readings": [{"at": at, "value": value}]})
    company.day("2026-07-04T07:00:00+00:00")
    hand.edit(rate, **{CURRENT: 6})
    company.day("2026-08-17T07:00:00+00:00")
    company.says(
        "editor",
        "POST",
        f"/objectives/{trial}/check-ins",
        {"key_result": rate, "value": 6.5, "confidence": "6", "note": "September counts already."},
    )
    hand.edit(load, **{CURRENT: 30})
    company.day("2026-09-28T07:00:00+00:00")


VISITS = "  - {id: visits, name: Visits, source: {kind: push}, unit: visits, healthy: {at_least: 1000}}\n"
"""A KPI that leaves the mapping in autumn."""


IMPORTED = """Kind,Id,Parent,Title,Start,Target,Current
objective,1,,Grow in the south,,,
key result,2,1,Shops opened,0,10,2
key result,3,9,Nobody asks,0,10,x
"""
"""A sheet that somebody brings along; nobody has applied it yet."""


def autumn(company: FullCompany) -> None:
    """The quarter is closed and carried on; the next one begins, is locked, and its terms are to change; the mapping drops a KPI."""
    hand = company.hand
    known = {one.summary: one.id for one in hand.sandbox.sandbox.records.values()}
    trial, growth = known["Trials become customers"], known["Grow in the north"]
    company.day("2026-10-05T07:00:00+00:00")
    company.says("editor", "PUT", f"/cycles/2026-Q3/learnings/{trial}", {"said": "Prices come first."})
    company.says(
        "editor",
        "POST",
        "/cycles/2026-Q3/close",
        {
            "scores": [{"objective": trial, "score": 0.6, "reason": "The last week counts."}],
            "note": "As agreed.",
        },
    )
    company.says(
        "editor",
        "POST",
        "/cycles/2026-Q3/carry",
        {"into": "2026-Q4", "objectives": [trial], "as": "same"},
    )
    country = hand.issue(
        "Epic",
        summary="A second country",
        labels=["okr", "2026-Q4"],
        assignee=DEVI,
        project={"key": "GROW"},
    )
    hand.contributes(country, growth)
    shops = hand.issue("Key Result", country, summary="Shops from 0 to 10", project={"key": "GROW"})
    hand.edit(shops, **{START: 0, CURRENT: 1, TARGET: 10})
    billing = hand.issue("Epic", summary="Billing moves", labels=["okr", "2026-Q4"])
    for summary, status, points in (
        ("Export the old invoices", "Done", 2),
        ("Import them [again]", "To Do", 6),
        ("Tell the customers", "In Progress", 2),
        ("Shut the old one down", "To Do", 2),
    ):
        hand.edit(hand.issue("Story", billing, status, summary=summary), **{POINTS: points})
    hand.issue("Bug", country, summary="Shops without a number")
    hand.issue("Epic", summary="What comes next year", labels=["okr", "2027-Q1"], assignee=ADA)
    hand.issue("Objective", summary="A safer warehouse", labels=["safety"], duedate="2026-11-30")
    company.day("2026-10-06T07:00:00+00:00")
    hand.activate(MAPPING.read_text(), large=True)
    company.day("2026-10-12T07:00:00+00:00")
    company.says("editor", "POST", "/cycles/2026-Q4/lock", {"reason": "Agreed on Monday."})
    hand.edit(shops, **{TARGET: 8, CURRENT: 3})
    company.day("2026-10-16T07:00:00+00:00")


def this_week(company: FullCompany) -> None:
    """People check in and answer, a number leaves its band, programs and badges are told, somebody drafts another mapping."""
    hand, says = company.hand, company.says
    known = {one.summary: one.id for one in hand.sandbox.sandbox.records.values()}
    trial, rate = known["Trials become customers"], known["Conversion from 4 to 9 percent"]
    country, shops = known["A second country"], known["Shops from 0 to 10"]
    own = {"key_result": shops, "confidence": "at risk", "note": "Two landlords said no."}
    says("editor", "POST", f"/objectives/{country}/check-ins", {**own, "value": 2})
    company.day("2026-11-02T08:00:00+00:00")
    says("admin", "POST", f"/objectives/{country}/check-ins", {"key_result": shops, "value": 5})
    said = says("viewer", "GET", f"/objectives/{country}/check-ins")["items"]
    says("editor", "DELETE", f"/objectives/{country}/check-ins/{said[0]['id']}")
    reply = {"said": "Which ones?"}
    says("admin", "POST", f"/objectives/{country}/check-ins/{said[-1]['id']}/replies", reply)
    own = {"key_result": rate, "confidence": "8", "note": "Trials wait for *legal*.", "until": "2026-12-15"}
    says("editor", "POST", f"/objectives/{trial}/check-ins", {**own, "value": 8, "delta": 0.2})
    for day, value in ((2, 26), (3, 17), (4, 15), (5, 12)):
        reading = {"at": f"2026-11-{day:02}T09:00:00Z", "value": value, "note": "From the shop."}
        company.day(f"2026-11-{day:02}T09:30:00+00:00")
        says("editor", "POST", "/kpis/sign-ups/readings", {"readings": [reading]})
    company.day("2026-11-06T08:00:00+00:00")
    says(
        "admin",
        "POST",
        "/subscriptions",
        {"url": f"{hand.sandbox.url}/messages", "events": ["objective.changed"]},
    )
    says("admin", "POST", "/badges", {"kind": "objective", "subject": trial, "words": "Trials"})
    says("admin", "POST", "/badges", {"kind": "cycle", "subject": "2026-Q4"})
    hand.edit(rate, **{CURRENT: 7})
    company.day("2026-11-07T08:00:00+00:00")
    file = base64.b64encode(IMPORTED.encode()).decode()
    names = ("Kind", "Id", "Parent", "Title", "Start", "Target", "Current")
    columns = {"tool": "sheets", "columns": {name.lower(): name for name in names}}
    types = {"objective_type": "Epic", "key_result_type": "Key Result"}
    asked = {"map": columns, "project": "PLAT", "rule": "epics", "labels": ["okr", "2026-Q4"], **types}
    says("editor", "POST", "/imports", {"file": "goals.csv", "content": file, **asked})
    company.sends("viewer", "/", "/views", name="Behind / mine", address="/?health=at_risk")
    base = says("admin", "GET", "/sites/main/mapping")["revision"]
    headers = {**company.doors["admin"].bearer, "If-None-Match": "*"}
    draft = {"text": DRAFT.read_text(), "base": base}
    client = company.doors["admin"].app.test_client()
    kept = client.put("/api/v1/sites/main/mapping/draft", json=draft, headers=headers)
    assert kept.status_code < 300, kept.get_data(as_text=True)


def trouble(company: FullCompany) -> None:
    """A field is refused, issues are not shown, one cannot be read, one changed unseen, and an objective fails for good."""
    hand = company.hand
    sandbox = hand.sandbox.sandbox
    known = {one.summary: one.id for one in sandbox.records.values()}
    sandbox.spoil(known["Shops without a number"], status=None)
    sandbox.forbid(known["Checkout in one step"])
    sandbox.forbid(known["Prices on the first page"])
    company.finishes_unseen(known["Import them [again]"])
    company.day("2026-11-09T08:00:00+00:00")
    objective = known["A safer warehouse"]
    with hand.connector.store.write() as conn:
        due.mark(conn, SITE, [objective], hand.clock(), "event")
        (claimed,) = due.claim(conn, "a worker", hand.clock(), hand.context.lease, 1)
        due.bury(conn, claimed, "Jira answered 400.", "Look at the field in Jira.", hand.clock())
    hand.clock.now = datetime.fromisoformat("2026-11-09T09:00:00+00:00")
