"""The address Jira reaches us by: BASE_URL where it is set, else the one the browser used to get here."""

from __future__ import annotations

from flask import request

from plugin.runtime.connector import Connector


def public_address(connector: Connector, address: str) -> str:
    """An address of ours as others reach it."""
    if connector.settings.base_url is not None:
        return address
    return request.host_url.rstrip("/") + address.removeprefix(connector.settings.public_url)
