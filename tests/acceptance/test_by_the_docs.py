"""Tried as a Jira admin would, with the documents alone: their `.env` and their commands as they stand there, a server of its own, and Jira beside it."""

from __future__ import annotations

import html
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR, PEOPLE, SERVICE, SandboxServer

DOCS = Path(__file__).parents[2] / "docs"
COMMAND = [sys.executable, "-c", "from plugin.cli import main; main()"]
PROGRESS = "customfield_10060"
LINK = "- {target: objective, remote_link: numbers}"
PATIENCE_S = 60.0
PASSWORD = "seven green kettles on a northern roof"

pytestmark = pytest.mark.slow


def blocks(page: str, heading: str) -> list[str]:
    """The blocks of code below a heading of a page."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def until(truth: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := truth()):
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.1)
    return found


@dataclass
class Admin:
    """Somebody in a folder of their own, with the documents open beside."""

    folder: Path
    sandbox: SandboxServer
    port: int
    beside: dict[str, str] = field(default_factory=dict)
    browser: requests.Session = field(default_factory=requests.Session)
    """What no document says, as this Jira is not Atlassian's."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, text: str, **values: str) -> None:
        """The `.env` of a page, with what the reader has to put in; the rest stays."""
        for name, value in values.items():
            text, found = re.subn(
                rf"^JIRA_OKR_{name}=\S+", f"JIRA_OKR_{name}={value}", text, flags=re.MULTILINE
            )
            assert found == 1, f"the page does not name {name}"
        lines = [line.partition("#")[0].rstrip() for line in text.splitlines()]
        (self.folder / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JIRA_OKR_")}
        return {**kept, **self.beside, "PYTHONPATH": str(DOCS.parent), "NO_COLOR": "1"}

    def does(self, line: str) -> tuple[int, str]:
        """A line of a page, as a shell takes it."""
        said, _, file = line.partition(" > ")
        words = shlex.split(said, comments=True)
        assert words[0] == "jira-okr", line
        done = subprocess.run(
            [*COMMAND, *words[1:]], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if file:
            (self.folder / file.strip()).write_text(done.stdout, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    def follows(self, block: str) -> str:
        """Every line of a block, each of which has to go well; what the last one said."""
        said = ""
        for line in filter(None, block.splitlines()):
            code, said = self.does(line)
            assert code == 0, f"{line}: {said}"
        return said

    @contextmanager
    def serving(self) -> Iterator[None]:
        """`jira-okr serve`, until the block ends."""
        said = (self.folder / "serve.log").open("wb")
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)], cwd=self.folder, env=self.environment, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            until(self._is_up)
            yield
        finally:
            process.terminate()
            process.wait(30)
            said.close()

    def makes_the_first_account(self) -> None:
        """By the one-time link that the server prints."""
        printed = until(lambda: re.search(r"http\S+/set-up/\S+", (self.folder / "serve.log").read_text()))
        form = self.browser.get(printed[0], timeout=30).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token is not None, form
        said = {"email": "ada@acme.example", "name": "Ada", "password": PASSWORD, "again": PASSWORD}
        done = self.browser.post(printed[0], data={**said, "csrf_token": token[1]}, timeout=30)
        assert done.ok, done.text

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    # -- in Jira

    def jira(self, method: str, path: str, **more: Any) -> Any:
        """As a person, or as an administrator of Jira where the API is that of webhooks."""
        person = CONNECTOR if "webhook" in path else PEOPLE[0]
        cloud = self.sandbox.sandbox.deployment == "cloud"
        auth: dict[str, Any] = {"auth": (person.email, person.token)}
        if not cloud:
            auth = {"headers": {"Authorization": f"Bearer {person.token}"}}
        answer = requests.request(method, f"{self.sandbox.url}{path}", timeout=10, **auth, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def issue(self, key: str, part: str = "") -> Any:
        version = 3 if self.sandbox.sandbox.deployment == "cloud" else 2
        return self.jira("GET", f"/rest/api/{version}/issue/{key}{part}")

    def drag(self, key: str, status: str = "Done") -> None:
        offered = self.issue(key, "/transitions")["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        self.jira("POST", f"/rest/api/2/issue/{key}/transitions", json={"transition": {"id": chosen}})

    def number(self, key: str) -> Any:
        return self.issue(key)["fields"][PROGRESS]

    def open_story(self) -> tuple[str, str]:
        """A story that is not done, and the objective above it whose number it moves."""
        records = self.sandbox.sandbox.records
        for story in records.values():
            epic = records.get(story.parent_id or "")
            running = (
                epic is not None and "okr" in epic.labels and epic.customs.get(PROGRESS) not in (None, 0, 100)
            )
            alone = epic is not None and not any(
                one.parent_id == epic.id and one.type.name == "Key Result" for one in records.values()
            )
            weighed = story.customs.get("customfield_10016") is not None
            if (
                epic is not None
                and running
                and alone
                and weighed
                and story.type.name == "Story"
                and story.status.category == "new"
            ):
                return story.key, epic.key
        raise AssertionError("the company has no open story that moves a headline")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def linked(admin: Admin) -> None:
    """What the page says to add below `write_back`."""
    file = admin.folder / "my-mapping.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.rstrip().partition("\nwrite_back:\n")[2], "the preset ends with what it writes"
    file.write_text(f"{text.rstrip()}\n  {LINK}\n", encoding="utf-8")


def set_up(admin: Admin, page: str) -> None:
    """The part of a page that is on the connector, from the account to the first number and the link."""
    assert LINK in (DOCS / page).read_text(encoding="utf-8")
    _, test, mapping, activate = blocks(page, "## The connector")
    admin.follows(test)
    admin.follows(mapping)
    linked(admin)
    admin.follows(mapping.partition("\n")[2])
    for line in activate.splitlines():
        code, said = admin.does(line)
        assert code == 0 or line == "jira-okr status", f"{line}: {said}"


def watched(admin: Admin) -> None:
    """The number, the link that leads to its page, and a card that moves both."""
    story, epic = admin.open_story()
    before = admin.number(epic)
    [link] = admin.issue(epic, "/remotelink")
    assert link["object"]["title"] == f"OKR: {before:.0f} % — why?"
    assert link["object"]["url"].startswith(admin.address)
    assert "/sign-in" in requests.get(link["object"]["url"], timeout=30).url, "a stranger is asked to sign in"
    page = admin.browser.get(link["object"]["url"], timeout=30)
    assert page.status_code == 200
    assert page.url.startswith(f"{admin.address}/objectives/"), "its page, once signed in"
    assert html.escape(admin.issue(epic)["fields"]["summary"], quote=False) in page.text
    assert f"{before:.0f}" in page.text
    admin.drag(story)
    until(lambda: admin.number(epic) != before)
    after = admin.number(epic)
    assert after > before
    until(lambda: admin.issue(epic, "/remotelink")[0]["object"]["title"] == f"OKR: {after:.0f} % — why?")


def test_cloud_by_a_service_account(tmp_path: Path, port: int) -> None:
    with SandboxServer(seed=1) as sandbox:
        admin = Admin(tmp_path, sandbox, port, {"JIRA_OKR_GATEWAY_URL": sandbox.url})
        [token] = SERVICE.scoped
        admin.settings(
            blocks("jira-cloud.md", "## The connector")[0],
            JIRA__URL=sandbox.url,
            JIRA__TOKEN=token,
            JIRA__WEBHOOK_SECRET="a-long-random-text-of-the-form",
            BASE_URL=admin.address,
            SECRET_KEY="another-long-random-text-of-ours",
        )
        set_up(admin, "jira-cloud.md")
        register, show = blocks("jira-cloud.md", "## The webhook")[0].splitlines()
        code, said = admin.does(register)
        assert code == 1, "a token with scopes may not"
        code, said = admin.does(show)
        assert code == 0
        with admin.serving():
            address, secret = (re.search(rf"{word} +(\S+)", said)[1] for word in ("URL", "Secret"))  # type: ignore[index]
            events = re.search(r"Events +(.+)", said)[1].split(", ")  # type: ignore[index]
            hook = {"name": "OKR", "url": address, "events": events, "secret": secret, "excludeBody": False}
            admin.jira("POST", "/rest/webhooks/1.0/webhook", json=hook)
            admin.makes_the_first_account()
            watched(admin)


def test_data_center_by_a_personal_access_token(tmp_path: Path, port: int) -> None:
    with SandboxServer(seed=1, deployment="datacenter", context="/jira") as sandbox:
        admin = Admin(tmp_path, sandbox, port)
        admin.settings(
            blocks("jira-data-center.md", "## The connector")[0],
            JIRA__URL=sandbox.url,
            JIRA__PAT=CONNECTOR.token,
            JIRA__WEBHOOK_SECRET="a-long-random-text-of-the-form",
            BASE_URL=admin.address,
            SECRET_KEY="another-long-random-text-of-ours",
        )
        set_up(admin, "jira-data-center.md")
        admin.follows(blocks("jira-data-center.md", "## The webhook")[0])
        with admin.serving():
            admin.makes_the_first_account()
            watched(admin)
