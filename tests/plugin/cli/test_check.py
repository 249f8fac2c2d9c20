"""What `jira-okr check` says of secrets: the webhook's, missing where Jira signs, not needed where it cannot; the key that machines share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plugin.cli.mappings.check import _key_findings, _secret_finding
from plugin.runtime.settings import read_settings


@pytest.mark.parametrize(
    ("secret", "path_token", "deployment", "ok"),
    [
        ("s", "", "cloud", True),
        ("", "guess-me-not", "cloud", False),
        ("", "guess-me-not", "datacenter", True),
        ("s", "guess-me-not", "datacenter", True),
        ("", "", "datacenter", False),
    ],
)
def test_a_secret_is_asked_for_where_deliveries_are_signed(
    secret: str, path_token: str, deployment: str, ok: bool
) -> None:
    site: Any = SimpleNamespace(webhook_secret=secret or None, path_token=path_token or None)
    finding = _secret_finding(site, deployment)
    assert finding.ok is ok
    assert ok or "JIRA_OKR_JIRA__WEBHOOK_SECRET" in finding.remedy


@pytest.mark.parametrize(
    ("database", "key", "ok"),
    [
        ("postgresql://okr@host/okr", None, False),
        ("postgresql://okr@host/okr", "a key of many letters", True),
        ("sqlite:///okr.sqlite3", None, True),
    ],
)
def test_machines_that_share_a_database_need_a_key_that_they_share(
    database: str, key: str | None, ok: bool
) -> None:
    connector: Any = SimpleNamespace(
        settings=read_settings(env_file=None, database_url=database, secret_key=key)
    )
    findings = _key_findings(connector)
    assert all(one.ok for one in findings) is ok
    assert ok or "audit log is not sealed" in findings[0].detail
