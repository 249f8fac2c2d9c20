"""The tools for assistants served to one host over standard input and output; their library is loaded here and nowhere before."""

from __future__ import annotations

from plugin.runtime.connector import Connector, Refusal


def serve_host(connector: Connector) -> None:
    """Until the host closes the input."""
    try:
        from plugin.mcp.protocol.stdio import serve
    except ModuleNotFoundError as error:
        raise Refusal(
            f"The library of the protocol is not installed ({error.name}). Run pip install 'jira-okr-connector[mcp]'."
        ) from None
    serve(connector)
