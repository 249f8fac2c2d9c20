"""What the API answers to what changes something, and to what it refuses, word for word: each transcript is sent to a small company.

A line `> POST /goals/try {"goal": "G-1"}` is sent by an admin's token, or by whom it names first: `editor`, `viewer`, `nobody`, and `person`,
who signed in as an admin. Words `Name=value` between the address and the body are headers. `$id`, `$items.0.key` stands for what an answer before said there, `$etag` for the last ETag.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.store.absence import gaps, losses
from connectors.store.mirror import mirror
from connectors.store.people import accounts
from connectors.store.work import due, inbox
from connectors.store.writes import refusals, writes
from mappings.facts.gap import Gap
from mappings.write_back.plan import Change, Plan
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.api import operations
from plugin.api.protocol.operation import Operation
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from tests.sign_in import browser_of, password_hash
from tests.small_company import FILES, a_company, as_ever, environment_of

ACTS = Path(__file__).parent / "acts"
NAMES = sorted(file.stem for file in ACTS.glob("*.txt"))
SENT, DAY, EDITED, HEARD = "> ", "# it is ", "# somebody edits ", "# we hear of "
WAITS, DONE = "# something waits", "# what was begun is done"
HAPPENS = (SENT, DAY, EDITED, HEARD, WAITS, DONE)
SAID = re.compile(r"\$([a-z_]+(?:\.\w+)*)")
SENT_LINE = re.compile(
    r"(?:(editor|viewer|nobody|person) )?(GET|POST|PUT|DELETE) (\S+)((?: [A-Z][\w-]+=(?:\"[^\"]*\"|\S+))*)(?: ([\[{].*))?"
)
SCOPES = {"viewer": ["read"], "editor": ["write"], "admin": ["admin", "people"]}
SHOWN = (
    "Allow",
    "Cache-Control",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
)
"""Headers that tell a program something."""
USUAL = ("", "private, no-cache", 'Bearer realm="jira-okr"')
"""What they say elsewhere too."""
FILE = re.compile(r'"@([\w.]+)(?:, (.+?) => (.+?))?"')
"""A file of `tests/small_company.py`, and what stands otherwise in it."""
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PASSWORD = re.compile(r'("password": |"secret": |"text": )"[\w-]{16,}"')
BARE = {"code": "", "severity": "error", "line": None, "column": None, "valid": [], "remedy": ""}
"""What is not said of an error of a problem where there is nothing to be said."""


@dataclass
class Later:
    """A thread that only notes what it is to run."""

    begun: list[Callable[[], None]]
    work: Callable[[], None]

    def start(self) -> None:
        """Note it."""
        self.begun.append(self.work)


class Program:
    """Sends lines to the company, and tells what is answered."""

    def __init__(self, hand: Any) -> None:
        self.hand = hand
        self.connector = build_connector(read_settings(None), hand.clock)
        self.app = create_app(self.connector)
        self.bearers: dict[str, str] = {}
        for role, scopes in SCOPES.items():
            email = f"{role}@acme.example"
            with self.connector.store.write() as conn:
                accounts.add(conn, email, role.title(), role, password_hash(), hand.clock())
            account = members.find(self.connector, email)
            self.bearers[role] = tokens.issue(self.connector, account, "a program", scopes, 365, "tests")
        self.client: FlaskClient = self.app.test_client()
        self.browser: FlaskClient | None = None
        self.answers: list[Any] = []
        self.etag = ""
        self.begun: list[Callable[[], None]] = []
        """What was asked for in the background."""

    def Thread(  # noqa: N802  # stands for threading.Thread
        self, *, target: Callable[..., None], args: tuple[Any, ...], name: str, daemon: bool
    ) -> Later:
        """One that begins where a line says that what was begun is done."""
        assert (name[:4], daemon) == ("okr-", True)
        return Later(self.begun, partial(target, *args))

    def tells(self, line: str) -> str:
        """What comes of a line."""
        if line.startswith(SENT):
            self.hand.clock.pass_by(seconds=1)
            return self._sent(line.removeprefix(SENT))
        if line.startswith(DAY):
            self.hand.clock.now = datetime.fromisoformat(line.removeprefix(DAY))
            self.hand.sync()
        elif line.startswith(HEARD):
            self.hand.land(self.hand.sandbox.sandbox.find(line.removeprefix(HEARD)).id)
        elif line == DONE:
            for work in self.begun:
                work()
            self.begun.clear()
        elif line == WAITS:
            what_waits(self.hand)
        else:
            key, _, fields = line.removeprefix(EDITED).partition(": ")
            self.hand.edit(self.hand.sandbox.sandbox.find(key).id, **json.loads(fields))
        return ""

    def _sent(self, line: str) -> str:
        found = SENT_LINE.fullmatch(line)
        assert found is not None, line
        who, method, address, headers, body = found.groups()
        sent = dict(word.split("=", 1) for word in shlex.split(self._filled(headers)))
        client = self.client
        if who == "person":
            client, sent["X-CSRFToken"] = self._person()
        elif who != "nobody":
            sent["Authorization"] = f"Bearer {self.bearers[who or 'admin']}"
        text = (
            None
            if body is None
            else written(self._filled(body)).replace("http://jira", self.hand.sandbox.url)
        )
        answer = client.open(
            f"/api/v1{self._filled(address)}",
            method=method,
            headers={"Accept": "application/json", **sent},
            data=text,
            content_type=None if text is None else "application/json",
        )
        return self._told(answer)

    def _told(self, answer: TestResponse) -> str:
        self.etag = answer.headers.get("ETag", self.etag)
        text, kind = answer.get_data(as_text=True), ""
        if answer.mimetype == "application/problem+json":
            text = problem(answer.json)
        elif answer.is_json:
            self.answers.append(answer.json)
            text = json.dumps(answer.json, indent=1, ensure_ascii=False)
        else:
            kind = f" {answer.content_type}"
        shown = [f"{name}: {found}" for name in SHOWN if (found := answer.headers.get(name, "")) not in USUAL]
        head = "\n".join([f"{answer.status_code}{kind}", *shown])
        return as_ever(PASSWORD.sub(r'\1"DRAWN"', f"{head}\n{text}".replace("\r\n", "\n").rstrip()))

    def _person(self) -> tuple[FlaskClient, str]:
        """Who is signed in, again where that session has ended, and what goes with what they send."""
        if self.browser is None or self.browser.get("/account").status_code != 200:
            self.browser = browser_of(self.app, self.connector, "admin@acme.example")
        token = TOKEN.search(self.browser.get("/account").get_data(as_text=True))
        assert token is not None
        return self.browser, token.group(1)

    def _filled(self, text: str) -> str:
        """With what was answered before in the place of what stands for it."""

        def said(place: re.Match[str]) -> str:
            if place.group(1) == "etag":
                return self.etag.replace('"', '\\"')
            for answer in reversed(self.answers):
                value = self._at(answer, place.group(1).split("."))
                if value is not None:
                    return str(value)
            pytest.fail(f"no answer before says {place.group()}")

        return SAID.sub(said, text)

    def _at(self, answer: Any, parts: list[str]) -> Any:
        for part in parts:
            if isinstance(answer, list) and part.isdigit() and int(part) < len(answer):
                answer = answer[int(part)]
            elif isinstance(answer, dict):
                answer = answer.get(part)
            else:
                return None
        return answer


@pytest.fixture
def program(hand: Any, begin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """A program beside the company."""
    begin(hand, a_company)
    for name, value in environment_of(hand).items():
        monkeypatch.setenv(name, value)
    made = Program(hand)
    monkeypatch.setattr("plugin.use_cases.work.background_jobs.threading", made)
    monkeypatch.setattr("plugin.use_cases.work.background_jobs.TELLS_EVERY_SECONDS", 0)
    yield made
    made.connector.store.close()


def written(body: str) -> str:
    """With the text of a file in the place of its name."""

    def text_of(place: re.Match[str]) -> str:
        name, old, new = place.groups()
        text = (FILES / name).read_text()
        assert old is None or old in text, place.group()
        return json.dumps(text if old is None else text.replace(old, new))

    return FILE.sub(text_of, body)


def problem(told: dict[str, Any]) -> str:
    """A problem document, line by line; its type is its title and its status that of the answer."""
    title, remedy = told.pop("title"), told.pop("remedy")
    assert remedy, told
    assert (
        told.pop("type")
        == f"urn:jira-okr:problem:{'-'.join(re.findall('[a-z0-9]+', title.lower().replace(chr(39), '')))}"
    )
    told.pop("status")
    errors = [
        {name: value for name, value in one.items() if BARE.get(name, ...) != value}
        for one in told.pop("errors")
    ]
    lines = [
        title,
        told.pop("detail"),
        f"→ {remedy}",
        *(json.dumps(one, ensure_ascii=False) for one in errors),
    ]
    assert not told
    return "\n".join(lines)


def what_waits(hand: Any) -> None:
    """A delivery that was worked off, two objectives that failed, fields that are refused and held, a gap, two issues that are shown no more."""
    now, moment = hand.clock(), timedelta(minutes=1)
    trials = Change("10002", "PLAT-2", "customfield_10060", "OKR progress", 47, 62, "62 %")
    rate = Change("10004", "PLAT-4", "customfield_10061", "OKR health", None, "At risk", "Behind.")
    billing = Change("10003", "PLAT-3", "customfield_10060", "OKR progress", 80, 20, "20 %")
    with hand.connector.store.write() as conn:
        for number in (1, 2):
            delivery = inbox.store(conn, "main", f"number {number}", b"{}", now, "jira:issue_updated")
            assert delivery is not None
            inbox.settle(conn, delivery, "done", "1 issue", now)
        due.mark(conn, "main", ["10002", "10003"], now - moment, "event")
        for one in due.claim(conn, "somebody", now, moment, 2):
            due.bury(conn, one, f"Jira answered 400 to {one.objective_id}.", "Add the field.", now)
        for objective, change in (("10002", trials), ("10002", rate), ("10003", billing)):
            refusals.put(
                conn, "main", objective, change, "Not on the screen.", "Add it.", "abcdefabcdef", now
            )
        for change in (trials, billing):
            plan = writes.intend(
                conn, "main", Plan(change.issue_id, (change,)), "abcdefabcdef", "resync", now
            )
            writes.settle(conn, plan, change.issue_id, change.field_id, "held", "All would change.", now)
        gaps.put(conn, "main", [Gap("10009", "PLAT-9", "Jira forbids it.", "Give the permission.")], now)
        lost = mirror.get(conn, "main", ["10007", "10008"])
        losses.put(
            conn, "main", "held", [(one, "Jira shows it no more.", ["10003"]) for one in lost.values()], now
        )


def lines_of(name: str) -> list[str]:
    """What is sent, and what happens in between."""
    text = (ACTS / f"{name}.txt").read_text()
    return [line for line in text.splitlines() if line.startswith(HAPPENS)]


@pytest.mark.parametrize("name", NAMES)
def test_an_act_is_answered_so(name: str, program: Program, tmp_path: Path) -> None:
    """A change has to be seen: what is answered now is kept beside, to be taken over where it is meant."""
    golden, there = ACTS / f"{name}.txt", tmp_path / f"{name}.txt"
    there.write_text(
        "".join(
            f"{line}\n{told}\n\n" if (told := program.tells(line)) else f"{line}\n\n"
            for line in lines_of(name)
        )
    )
    assert there.read_text() == golden.read_text(), f"where it is meant: cp {there} {golden}"


ADDRESSES = sorted(
    (
        (one.method, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one.path))), one)
        for one in operations()
    ),
    key=lambda known: known[2].path.count("{"),
)


def sent() -> Iterator[tuple[Operation, set[str], dict[str, Any], int]]:
    """Every request of the transcripts: its operation, what stands in its query and in its body, and the status of the answer."""
    for name in NAMES:
        text = (ACTS / f"{name}.txt").read_text()
        for line, status in re.findall(r"^> (.*)\n(\d{3})", text, re.MULTILINE):
            found = SENT_LINE.fullmatch(line)
            assert found is not None, line
            _, method, address, _, body = found.groups()
            path, _, query = address.partition("?")
            one = next(one for verb, shape, one in ADDRESSES if verb == method and shape.fullmatch(path))
            yield (
                one,
                {part.partition("=")[0] for part in query.split("&") if part},
                json.loads(body) if body else {},
                int(status),
            )


NEVER = {
    *("accept_promotion", "dismiss_promotion"),  # three cycles have to be closed before
    *("link_goal", "try_goal"),  # the company has no goals
    "change_application_link",  # of Data Center
    "give_up_import",  # another fell silent
    *("confirm_factor", "renew_codes", "remove_factor", "remove_factor_of_person"),  # takes a code of now
    *("finish_consent", "make_code"),  # Atlassian leads back, the Forge app is known
    *("create_lacking_fields", "trash_created_field"),  # nothing lacks
    *("retry_message", "stop_own_digest", "resume_own_digest", "change_own_password"),
}
"""What is refused alone here: what comes of it where it can be done is tested elsewhere."""


def test_every_operation_that_changes_something_is_sent_and_refused() -> None:
    changing = {one.name for one in operations() if one.changes}
    done = {one.name for one, _, _, status in sent() if status < 300}
    refused = {one.name for one, _, _, status in sent() if status >= 400}
    assert changing - done == NEVER
    assert changing - refused == set()


def test_each_part_of_a_request_that_changes_something_is_said_and_left_out() -> None:
    """Of what has to be there alone nothing is left out."""
    said: dict[str, set[str]] = {}
    left: dict[str, set[str]] = {}
    for one, query, body, _ in sent():
        for place, given in (("query", query), ("body", set(body))):
            fields = one.shapes[place].model_fields if place in one.shapes else {}
            names = {field.alias or name for name, field in fields.items()}
            said.setdefault(one.name, set()).update(names & given)
            left.setdefault(one.name, set()).update(names - given)
    never, always = set(), set()
    for one in operations():
        for place in ("query", "body"):
            fields = one.shapes[place].model_fields if one.changes and place in one.shapes else {}
            for name, field in fields.items():
                part = field.alias or name
                if part not in said.get(one.name, ()):
                    never.add(f"{one.name}.{part}")
                if not field.is_required() and part not in left.get(one.name, ()):
                    always.add(f"{one.name}.{part}")
    assert (never, always) == (set(), set())
