"""`jira-okr mcp`: tools for an assistant on this machine, over standard input and output."""

from __future__ import annotations

import click

from plugin.cli.terminal.connector import open_connector
from plugin.runtime.serving.standard_streams import serve_host


@click.command("mcp")
def mcp_command() -> None:
    """Answer an assistant (Model Context Protocol) over standard input and output, until it closes them.

    Works on the database of the settings, beside a connector that runs. Asks as the account of the API token in
    JIRA_OKR_MCP_TOKEN, with the scopes of that token.
    """
    with open_connector(writes=True) as connector:
        serve_host(connector)
