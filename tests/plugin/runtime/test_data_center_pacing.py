"""A whole sync of a Data Center whose admin limits each account: everything is read and written, and hardly a call is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.sandbox import CONNECTOR, Fault, SandboxServer
from connectors.sandbox.traffic.limits import CallGrant
from connectors.store import Store
from plugin.runtime.composition import site_from
from plugin.runtime.processes.governors import rates_of
from plugin.runtime.settings import JiraSettings, read_settings

pytestmark = pytest.mark.slow


SETTINGS = read_settings(None)


def site(store: Store, sandbox: SandboxServer):  # type: ignore[no-untyped-def]
    jira = JiraSettings(url=sandbox.url, pat=SecretStr(CONNECTOR.token))
    return site_from(jira, SETTINGS, store)


def refused(sandbox: SandboxServer) -> int:
    return sum(sandbox.site.users.refused.values()) if sandbox.site.users else 0


def test_data_center_is_held_to_the_rate_of_the_settings_once_it_is_known(sqlite_store: Store) -> None:
    with SandboxServer(deployment="datacenter") as sandbox:
        found = site(sqlite_store, sandbox)
        assert rates_of(found.jira).total is None
        found.jira.myself()
        assert found.jira.deployment == "datacenter"
        assert rates_of(found.jira).total == SETTINGS.datacenter_calls_per_second
        assert not rates_of(found.jira).spaced
    with SandboxServer() as sandbox:
        found = site(sqlite_store, sandbox)
        assert found.jira.deployment == "cloud"
        assert rates_of(found.jira).total is None


def test_an_admins_limit_is_kept_without_running_into_it(sqlite_store: Store, tmp_path: Path) -> None:
    with SandboxServer(deployment="datacenter", granted=CallGrant(fill=6, seconds=1, most=8)) as sandbox:
        jira = site(sqlite_store, sandbox).jira
        begun = time.monotonic()
        assert jira.deployment == "datacenter"
        for _ in range(20):
            jira.count("project = PLAT")
        lasted = time.monotonic() - begun
        assert refused(sandbox) == 0
        assert 1.0 < lasted < 8.0


def test_a_refusal_as_data_center_words_it_is_waited_for(sqlite_store: Store) -> None:
    with SandboxServer(deployment="datacenter") as sandbox:
        jira = site(sqlite_store, sandbox).jira.in_background()
        assert jira.deployment == "datacenter"
        sandbox.faults.add(Fault("rate_limit", path="search", seconds=1.0))
        begun = time.monotonic()
        assert jira.count("project = PLAT") > 0
        assert time.monotonic() - begun >= 1.0
