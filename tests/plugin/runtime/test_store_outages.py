"""A served database that another process holds, that has no room, takes no writes or is gone: what reads goes on, the rest is told to come again, and all is well afterwards."""

from __future__ import annotations

import hmac
import json
import re
import resource
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
import requests

from mappings import presets
from tests.immutable_files import immutable
from tests.own_postgres import descendants, own_postgres, stopped
from tests.plugin.conftest import SECRET, Commands, Running

pytestmark = pytest.mark.slow
HTML = {"Accept": "text/html"}
CROWD = 40
"""More deliveries at once than there are threads."""
LEAST = 1
"""Bytes of the largest file: nothing can be written."""


@contextmanager
def locked(commands: Commands, _served: Running) -> Iterator[None]:
    with closing(sqlite3.connect(commands.folder / "okr.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(_commands: Commands, served: Running) -> Iterator[None]:
    """No file of these processes grows any more, that of their log neither."""
    pids = [served.process.pid, *descendants(served.process.pid)]
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LEAST, resource.RLIM_INFINITY))
    yield
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def read_only(commands: Commands, _served: Running) -> Iterator[None]:
    with changed(commands, "SET default_transaction_read_only = on", "RESET default_transaction_read_only"):
        yield


@contextmanager
def gone(commands: Commands, _served: Running) -> Iterator[None]:
    with changed(commands, "WITH ALLOW_CONNECTIONS false", "WITH ALLOW_CONNECTIONS true"):
        yield


@contextmanager
def changed(commands: Commands, to: str, back: str) -> Iterator[None]:
    """The database of the settings, for whoever connects from now on; those that are connected are cut off."""
    base, _, name = commands.environment["JIRA_OKR_DATABASE_URL"].replace("+psycopg", "").partition("/okr_")
    name, question, options = f"okr_{name}".partition("?")
    with closing(psycopg.connect(f"{base}/postgres{question}{options}", autocommit=True)) as server:
        for form in (to, back):
            server.execute(f"ALTER DATABASE {name} {form}".encode())
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            if form is to:
                yield


@contextmanager
def silent(commands: Commands, _served: Running) -> Iterator[None]:
    with stopped(commands.environment["JIRA_OKR_DATABASE_URL"]):
        yield


@contextmanager
def unwritable(commands: Commands, _served: Running) -> Iterator[None]:
    """As on a file system that turned read-only under whoever has the files open: not even root writes them."""
    with immutable(sorted(commands.folder.glob("okr.sqlite3*"))):
        yield


TROUBLES = {
    "SQLite, held by another process": ("sqlite", locked, True),
    "SQLite, no room": ("sqlite", full, True),
    "SQLite, files that nobody writes": ("sqlite", unwritable, True),
    "PostgreSQL, takes no writes": ("postgresql", read_only, True),
    "PostgreSQL, gone": ("postgresql", gone, False),
    "PostgreSQL, stopped": ("own", silent, False),
}
"""With whether reading goes on."""


class Asked:
    """Who asks one that is served, at each kind of door."""

    def __init__(self, served: Running, token: str) -> None:
        self.served = served
        self.token = {"Authorization": f"Bearer {token}"}
        self.browser = requests.Session()
        self.form = {"csrf_token": ""}

    def reads(self) -> dict[str, int]:
        """The status of what changes nothing, by what it is."""
        text = {"text": presets.text("epics-as-objectives")}
        said = {
            "API": self._get("/api/v1/objectives"),
            "status": self._get("/api/v1/sites/main/status"),
            "metrics": self._get("/metrics"),
            "sign-in form": self._get("/sign-in", headers=HTML),
            "heavy": requests.post(
                f"{self.served.url}/api/v1/mappings/validate", json=text, headers=self.token, timeout=30
            ),
            "export": self._get("/api/v1/exports/objectives?format=json"),
        }
        return {name: answer.status_code for name, answer in said.items()}

    def writes(self, name: str) -> dict[str, requests.Response]:
        """What has to be kept, by what it is."""
        person = {"email": f"{name}@acme.example", "name": name, "role": "viewer"}
        return {
            "API": requests.post(
                f"{self.served.url}/api/v1/people", json=person, headers=self.token, timeout=30
            ),
            "delivery": self.deliver(name),
            "sign-in": self.browser.post(
                f"{self.served.url}/sign-in",
                data={**self.form, "email": "nobody@acme.example", "password": "guessed it is"},
                headers=HTML,
                timeout=30,
            ),
        }

    def deliver(self, name: str) -> requests.Response:
        """A signed delivery that was never sent before."""
        body = json.dumps({"webhookEvent": "jira:issue_updated", "timestamp": name}).encode()
        signed = {"X-Hub-Signature": "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()}
        return requests.post(f"{self.served.url}/webhooks/jira/main", data=body, headers=signed, timeout=30)

    def open_form(self) -> None:
        """Before the trouble, as somebody has it who types meanwhile."""
        page = self.browser.get(f"{self.served.url}/sign-in", headers=HTML, timeout=30)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found
        self.form["csrf_token"] = found[1]

    def _get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        return requests.get(self.served.url + path, headers=headers or self.token, timeout=30)


@pytest.fixture
def own_url() -> Iterator[str]:
    with own_postgres() as url:
        yield url


@pytest.mark.parametrize(("database", "trouble", "reading"), TROUBLES.values(), ids=TROUBLES)
def test_reading_goes_on_and_writing_comes_again(
    request: pytest.FixtureRequest,
    commands: Commands,
    eventually: Callable[..., float],
    database: str,
    trouble: Any,
    reading: bool,
) -> None:
    if database != "sqlite":
        url = request.getfixturevalue("postgres_url" if database == "postgresql" else "own_url")
        commands.environment["JIRA_OKR_DATABASE_URL"] = url
    assert commands.run("db", "upgrade").returncode == 0
    commands.run("user", "add", "lee@acme.example", "--role", "admin", "--no-password")
    made = commands.run("token", "create", "lee@acme.example", "--name", "t", "--scope", "people")
    served = commands.serve()
    asked = Asked(served, re.findall(r"okr_\S+", made.stdout)[0])
    asked.open_form()
    calm = asked.reads()
    assert set(calm.values()) == {200}
    with trouble(commands, served):
        told = asked.writes("during")
        assert {name: one.status_code for name, one in told.items()} == dict.fromkeys(told, 503)
        assert all(int(one.headers["Retry-After"]) > 0 for one in told.values())
        assert asked.reads() == (calm if reading else dict.fromkeys(calm, 503))
        assert served.get("/healthz").status_code == 200
        eventually(lambda: served.get("/readyz").status_code == 503, 40)
        with ThreadPoolExecutor(CROWD) as crowd:
            answers = [crowd.submit(asked.deliver, f"crowd {number}") for number in range(CROWD)]
            assert (served.get("/api/v1/objectives", headers=asked.token).status_code == 200) is reading
            assert {one.result().status_code for one in answers} == {503}
        if trouble is not full:  # who is not served has room
            assert commands.run("status", "--json").stdout.startswith("{") is reading
    eventually(lambda: served.get("/readyz").status_code == 200, 40)
    after = {name: one.status_code for name, one in asked.writes("after").items()}
    assert after == {"API": 201, "delivery": 204, "sign-in": 401}
    assert set(asked.reads().values()) == {200}
    assert served.stop() == 0


def test_a_table_that_is_held_stops_those_who_need_it_and_nobody_else(
    commands: Commands, postgres_url: str
) -> None:
    """`VACUUM FULL`, `ALTER TABLE` or an operator hold it for minutes, and more deliveries come than there are threads."""
    commands.environment["JIRA_OKR_DATABASE_URL"] = postgres_url
    assert commands.run("db", "upgrade").returncode == 0
    commands.run("user", "add", "lee@acme.example", "--role", "admin", "--no-password")
    made = commands.run("token", "create", "lee@acme.example", "--name", "t", "--scope", "people")
    asked = Asked(commands.serve("--workers", "0"), re.findall(r"okr_\S+", made.stdout)[0])
    with closing(psycopg.connect(postgres_url.replace("+psycopg", ""))) as other:
        other.execute("LOCK TABLE delivery")
        with ThreadPoolExecutor(2 * CROWD) as crowd:
            answers = [crowd.submit(asked.deliver, f"crowd {number}") for number in range(2 * CROWD)]
            assert {status for name, status in asked.reads().items() if name not in TOLD_OF_DELIVERIES} == {
                200
            }
            told = [one.result() for one in answers]
        assert {one.status_code for one in told} == {503}
        assert all(int(one.headers["Retry-After"]) > 0 for one in told)
        writes = {name: one.status_code for name, one in asked.writes("during").items()}
        assert writes["API"] == 201
        assert writes["delivery"] == 503
    assert asked.deliver("after").status_code == 204
    assert set(asked.reads().values()) == {200}


TOLD_OF_DELIVERIES = ("status", "metrics")
"""What reads the table, too."""
