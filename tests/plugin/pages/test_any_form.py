"""A browser in which an admin is signed in follows whatever there is and sends every form with whatever values: no page breaks, however things stand by then.

JIRA_OKR_FORM_STEPS=2000 goes further than the runs that belong to the slow tests.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin.access.authorization import members
from plugin.sync.drain import DrainResult
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.objectives.backfill import BackfillResult
from plugin.use_cases.work.sync import SyncResult
from tests.plugin.api.conftest import Api, own_api

__all__ = ["own_api"]
pytestmark = pytest.mark.slow
STEPS = int(os.environ.get("JIRA_OKR_FORM_STEPS", "150"))
PASSWORD = "correct horse battery staple"
HTML = {"Accept": "text/html"}
ANSWERS = {200, 302, 303, 400, 401, 403, 404, 409, 412, 413, 422, 429}
SEPARATE = (200, 302, 303)
"""What a page or a form that is fine is answered with."""
OUTSIDE = {502, 503}
"""What is answered where the form has to ask somebody else: Jira, or a server that is none."""
KEPT = ("/sign-out", "/account/password", "/account/sessions", "/account/sign-out", "/account/second-factor")
"""What would end the session that walks, or its account."""
ODD = (
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1.5",
    "NaN",
    "x" * 5_000,
    "\x00",
    "\U0001f600",
    "'; --",
    "<b>&amp;</b>",
    "{{7*7}}",
    "2026-13-45",
    "2026-11-03",
    "../../etc",
    "http://127.0.0.1:9/",
    "http://[",
    "nobody@acme.example",
    "PLAT-1",
    "project = PLAT",
    "version: 1",
    "main",
    "true",
    "١٢",
)


@dataclass
class Form:
    """Where a form goes, how, and the values its fields have or could have."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._address = address
        self._open: Form | None = None
        self._named: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        said = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(said.get("href", ""))
        elif tag == "form":
            self._open = Form(said.get("action") or self._address, said.get("method", "get").upper())
            self.forms.append(self._open)
        elif tag in ("input", "button", "select", "textarea"):
            self._named = None
            if self._open is not None and said.get("name"):
                self._named = self._open.fields.setdefault(said["name"], [])
                if "value" in said:
                    self._named.append(said["value"])
        elif tag == "option" and self._named is not None:
            self._named.append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """The end of one."""
        if tag == "form":
            self._open = None


@dataclass
class Walk:
    """Somebody who is signed in and presses what there is."""

    client: FlaskClient
    chance: random.Random
    own: str
    seen: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=lambda: ["/"])
    forms: list[Form] = field(default_factory=list)

    def step(self) -> tuple[str, TestResponse]:
        """One page or one form; what was done, and what was answered."""
        if self.forms and self.chance.random() < 0.6:
            form = self._seldom(self.forms, lambda one: f"{one.method} {place(one.action)}")
            sent = {name: self._value(name, known) for name, known in form.fields.items()}
            done = f"{form.method} {form.action} {sent!r:.600}"
            if form.method == "GET":
                answer = self.client.get(form.action, query_string=sent, headers=HTML)
            else:
                answer = self.client.post(
                    form.action, data=sent, headers={**HTML, "Referer": "http://localhost/"}
                )
            self.seen[f"{form.method} {place(form.action)}"] += 1
        else:
            link = self._seldom(self.links, place)
            done, answer = f"GET {link}", self.client.get(link, headers=HTML)
            self.seen[place(link)] += 1
        if answer.mimetype == "text/html":
            self._take(Page(answer.text, answer.request.path))
        if "Location" in answer.headers:
            self._add(answer.headers["Location"])
        return done, answer

    def _seldom(self, every: list[Any], name: Any) -> Any:
        """One of a few that was pressed least often of them."""
        return min(self.chance.sample(every, min(6, len(every))), key=lambda one: self.seen[name(one)])

    def _value(self, name: str, known: list[str]) -> str:
        if name == "csrf_token" or (known and self.chance.random() < 0.6):
            return self.chance.choice(known)
        if name.startswith("password") and self.chance.random() < 0.5:
            return PASSWORD
        return self.chance.choice(ODD)

    def _take(self, page: Page) -> None:
        for link in page.links:
            self._add(link)
        for form in page.forms:
            there = {f"{one.method} {one.action} {sorted(one.fields)}": one for one in self.forms}
            if self._harmless(form.action):
                name = f"{form.method} {form.action} {sorted(form.fields)}"
                if name in there:
                    self.forms.remove(there[name])
                self.forms.append(form)

    def _add(self, link: str) -> None:
        parts = urlsplit(link)
        if (
            not parts.netloc
            and parts.path.startswith("/")
            and self._harmless(link)
            and link not in self.links
        ):
            self.links.append(link)

    def _harmless(self, address: str) -> bool:
        path = urlsplit(address).path
        return not path.startswith(KEPT) and self.own not in path.split("/")


def place(address: str) -> str:
    """An address without what it is of, and the names of what it asks for."""
    parts = urlsplit(address)
    asked = ",".join(sorted({name for name, _ in parse_qsl(parts.query)}))
    return f"{re.sub(r'[A-Z]+-[0-9]+|[0-9a-f]{8,}|[0-9]+', '…', parts.path)}?{asked}"


@pytest.fixture
def walk(own_api: Api, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Work in the background is left out, for it would go on while other requests are made up."""
    monkeypatch.setattr(
        "plugin.use_cases.work.sync._sync", lambda *_: SyncResult(ResyncResult(), DrainResult())
    )
    monkeypatch.setattr(
        "plugin.use_cases.objectives.backfill.backfill", lambda _, planned, __: BackfillResult(planned, 0)
    )
    monkeypatch.setattr("plugin.use_cases.work.site_read.read_ahead", lambda *_: 0)
    account = members.add(own_api.connector, "ada@acme.example", "Ada", "admin", PASSWORD, "tests")
    client = own_api.app.test_client()
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in", headers=HTML).text)
    assert form
    told = {"csrf_token": form.group(1), "email": "ada@acme.example", "password": PASSWORD}
    assert client.post("/sign-in", data=told, headers=HTML).status_code == 302
    return Walk(client, random.Random(0), account.id)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_page_breaks_whatever_is_sent(walk: Walk, seed: int) -> None:
    walk.chance.seed(seed)
    fine = 0
    for _ in range(STEPS):
        done, answer = walk.step()
        assert answer.status_code in ANSWERS | OUTSIDE, f"{done}\n{answer.status_code}\n{answer.text[:2000]}"
        assert answer.status_code not in OUTSIDE or "Jira" in answer.text or "answer" in answer.text, done
        fine += answer.status_code in SEPARATE
    assert walk.client.get("/account", headers=HTML).status_code == 200, "its own account is kept"
    assert fine > STEPS / 2
    assert len(walk.seen) > STEPS / 8
