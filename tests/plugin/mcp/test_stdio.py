"""`jira-okr mcp` as a host starts it: a process of its own that speaks the protocol and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from mcp import Client, StdioServerParameters

from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli import cli
from plugin.mcp.protocol import identity
from plugin.mcp.tools import TOOLS
from plugin.runtime.connector import Refusal
from plugin.runtime.settings import read_settings
from tests.actors import TESTER
from tests.event_loop import run_apart
from tests.plugin.mcp.test_tools import OF_ADMINS

COMMAND = ["-c", "from plugin.cli import main; main()", "mcp"]
ROOT = Path(__file__).parents[3]


def test_a_host_starts_it_and_asks(tmp_path: Path, synced_demo: Callable[..., Any]) -> None:
    """The token decides who asks, and once it is revoked nothing is answered any more."""
    with synced_demo(tmp_path) as demo:
        connector = demo.connector
        account = members.add(connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
        text = tokens.issue(connector, account, "assistant", ["read"], 30, "tests")
        jira = connector.settings.jira
        host = StdioServerParameters(
            command=sys.executable,
            args=COMMAND,
            cwd=ROOT,
            env={
                "JIRA_OKR_DATABASE_URL": connector.settings.database_url,
                "JIRA_OKR_MCP_TOKEN": text,
                "JIRA_OKR_JIRA__URL": str(jira.url),
                "JIRA_OKR_JIRA__EMAIL": jira.email,
                "JIRA_OKR_JIRA__TOKEN": jira.token.get_secret_value(),
            },
        )

        async def session() -> tuple[list[str], Any, Any]:
            async with Client(host) as client:
                listed = await client.list_tools()
                first = await client.call_tool("okr_get", {"objective_key": "CORE-4"})
                tokens.revoke(connector, 1, "tests")
                return [one.name for one in listed.tools], first, await client.call_tool("okr_list", {})

        names, first, second = run_apart(session())
        assert names == [one.name for one in TOOLS if not one.acts and one.name not in OF_ADMINS]
        assert first.structured_content["objective"]["key"] == "CORE-4"
        assert second.is_error
        assert "unknown, expired or revoked" in second.content[0].text


def test_without_a_token_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {
        "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}",
        "JIRA_OKR_MCP_TOKEN": None,
    }
    ended = CliRunner().invoke(cli, ["mcp"], env=environment)
    assert isinstance(ended.exception, Refusal)
    assert str(ended.exception).startswith(
        "Nobody says who asks. Set JIRA_OKR_MCP_TOKEN to an API token: jira-okr token create EMAIL --name"
    )


def test_the_ordinary_start_loads_nothing_of_it() -> None:
    code = "import plugin.cli, plugin.runtime.application, plugin.mcp.tools, sys; print('mcp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_who_asks_is_whoever_the_token_stands_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(None, mcp_token="okr_an-invented-token")
    connector: Any = SimpleNamespace(settings=settings)
    known: dict[str, Any] = {"Bearer okr_an-invented-token": SimpleNamespace(actor=TESTER)}
    monkeypatch.setattr(identity.tokens, "bearer", lambda _connector, said: known.get(said))
    assert identity.token_actor(connector) is TESTER
    known.clear()
    with pytest.raises(Refusal) as refused:
        identity.token_actor(connector)
    assert str(refused.value) == (
        "The token in JIRA_OKR_MCP_TOKEN is unknown, expired or revoked. Set JIRA_OKR_MCP_TOKEN to an API token: "
        "jira-okr token create EMAIL --name assistant makes one; its scope read is enough."
    )
