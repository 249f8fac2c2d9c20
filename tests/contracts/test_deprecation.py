"""Nothing that Jira's official contracts mark as deprecated is asked of it: whoever builds on that stands still on the day it goes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, SandboxServer
from mappings import presets
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.mapping.mapping_life import activate, check_text
from tests.actors import TESTER

WITHOUT_SUCCESSOR = {
    "GET /rest/api/3/priority": (
        "priority/search is deprecated as well, and the lists of priority schemes take manage:jira-configuration, "
        "which an account that reads issues has no business to have"
    ),
}
"""What is asked for all the same, and why the contract leaves nothing else."""
LINKED = (
    "\n  - {target: objective, remote_link: numbers}\n  - {target: key_result, property: jira-okr.rollup}\n"
)
FILES = {"cloud": "jira-cloud-platform-v3.json", "datacenter": "jira-data-center-10.3.json"}
METHODS = ("get", "post", "put", "delete")


def deprecated(folder: Path, deployment: str) -> set[str]:
    """The operations that the contract is about to take away, as `GET /rest/api/3/project`, ids as `{}`."""
    contract = json.loads((folder / FILES[deployment]).read_text(encoding="utf-8"))
    return {
        _call(method.upper(), path)
        for path, operations in contract["paths"].items()
        for method in METHODS
        if operations.get(method, {}).get("deprecated")
    }


def _call(method: str, path: str) -> str:
    """Both versions of the API as one, whatever the ids are called."""
    path = path if path.startswith("/rest") else f"/rest{path}"
    parts = path.replace("/rest/api/2/", "/rest/api/3/").split("/")
    return f"{method} {'/'.join('{}' if part.startswith('{') else part for part in parts)}"


@pytest.fixture(scope="module")
def folder() -> Path:
    named = os.environ.get("JIRA_OPENAPI_DIR")
    found = Path(named) if named else Path(__file__).parents[3] / "shared" / "contracts"
    if not all((found / name).is_file() for name in FILES.values()):
        pytest.skip("set JIRA_OPENAPI_DIR to the folder of Jira's OpenAPI documents to run this test")
    return found


@pytest.fixture(scope="module", params=sorted(FILES))
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, set[str]]]:
    """What a whole life of the connector asks of a Jira: signing in, checking, activating, syncing, writing, registering a webhook."""
    with SandboxServer(seed=1, deployment=request.param) as server:
        connector = connected(server, tmp_path_factory.mktemp("deprecation"))
        text = presets.text("epics-as-objectives") + LINKED
        check_text(connector, TESTER, "main", text)
        activate(connector, TESTER, "main", text)
        sync_site(connector, "main")
        jira = connector.site("main").jira
        issue = next(iter(server.sandbox.records.values()))
        jira.issue_of(issue.key)
        jira.project_parts(issue.project.id)
        jira.people("Kim")
        jira.register_webhook(
            "OKR connector", "https://okr.acme.example/webhooks/jira/main", "a secret of the form"
        )
        yield request.param, {_call(*name.split()) for name in server.site.calls.by_endpoint}
        connector.store.close()


def connected(server: SandboxServer, folder: Path) -> Connector:
    access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
    if server.sandbox.deployment == "datacenter":
        access = {"pat": CONNECTOR.token}
    settings = read_settings(
        env_file=None,
        database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
        base_url="https://okr.acme.example",
        jira={"url": server.url, "webhook_secret": "a secret", **access},
    )
    return build_connector(settings, system_clock)


def test_nothing_deprecated_is_asked_for_but_what_has_no_successor(
    folder: Path, asked: tuple[str, set[str]]
) -> None:
    deployment, calls = asked
    assert len(calls) > 12, "it was asked for much"
    used = calls & deprecated(folder, deployment)
    assert used == (set(WITHOUT_SUCCESSOR) if deployment == "cloud" else set())


def test_every_exception_is_one_that_the_contract_still_calls_deprecated(folder: Path) -> None:
    assert set(WITHOUT_SUCCESSOR) <= deprecated(folder, "cloud")
    assert all(len(why) > 40 for why in WITHOUT_SUCCESSOR.values())
