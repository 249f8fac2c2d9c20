"""What `jira-okr check` says of the webhook secret: missing where Jira signs, not needed where it cannot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plugin.cli.mappings.check import _secret_finding


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
