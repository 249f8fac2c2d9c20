"""Serves one host over standard input and output, as the account of a token."""

from __future__ import annotations

import asyncio

from mcp.server.stdio import stdio_server

from plugin.mcp.protocol.identity import token_actor
from plugin.mcp.protocol.server import mcp_server
from plugin.runtime.connector import Connector


def serve(connector: Connector) -> None:
    """Until the host closes the input. The token is looked at with each request, so that one that is revoked ends it."""
    token_actor(connector)
    server = mcp_server(connector, lambda _: token_actor(connector))

    async def run() -> None:
        async with stdio_server() as (reads, writes):
            await server.run(reads, writes, server.create_initialization_options())

    asyncio.run(run())
