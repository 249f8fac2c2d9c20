"""`jira-okr mcp`: tools for an assistant on this machine, over standard input and output."""

from __future__ import annotations

import click

from plugin.cli.terminal.connector import open_connector
from plugin.runtime.connector import NotReady


@click.command("mcp")
def mcp_command() -> None:
    """Answer an assistant (Model Context Protocol) over standard input and output, until it closes them.

    Works on the database of the settings, beside a connector that runs. Asks as the account of the API token in
    JIRA_OKR_MCP_TOKEN, with the scopes of that token.
    """
    try:
        from plugin.mcp.stdio import serve
    except ModuleNotFoundError as error:
        raise NotReady(
            f"The library of the protocol is not installed ({error.name}). Run pip install 'jira-okr-connector[mcp]'."
        ) from None
    with open_connector() as connector:
        serve(connector)
