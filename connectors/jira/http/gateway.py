"""Atlassian's gateway, where the API of a Cloud site is for scoped tokens: `https://api.atlassian.com/ex/jira/{cloud id}`."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from connectors.jira.http.address import JiraAddress
from connectors.jira.http.errors import JiraOutage

GATEWAY = "https://api.atlassian.com"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PLACE = re.compile(r"/ex/jira/([^/]+)/?")

Asked = Callable[[str], tuple[int, bytes]]
"""The status and the body behind an address, asked without credentials; raises JiraError where nothing answers."""


def is_gateway(api_base: str) -> bool:
    """Whether this is the address of a site at the gateway."""
    return PLACE.fullmatch(urlsplit(api_base).path) is not None


def gateway_of(address: JiraAddress) -> str | None:
    """Atlassian's gateway, where it is known that the API of the site is there; else None."""
    if address.gateway:
        return address.gateway
    return PLACE.sub("", address.api_base) if is_gateway(address.api_base) else None


class ApiBase:
    """Where the API of a site is: as its address says, or found out once by the cloud id that the site tells anybody."""

    def __init__(self, address: JiraAddress, asked: Asked) -> None:
        self._address = address
        self._asked = asked
        self._lock = threading.Lock()
        self.known: str | None = None if address.gateway else address.api_base

    def find(self) -> str:
        """The address, without a trailing slash. Raises JiraError where the site does not tell its cloud id."""
        with self._lock:
            if self.known is None:
                self.known = f"{self._address.gateway}/ex/jira/{self._told_cloud_id()}"
            return self.known

    def cloud_id(self) -> str:
        """Which site of Jira Cloud it is: as its address at the gateway says, or as the site tells. Raises JiraError where it does not."""
        with self._lock:
            match = PLACE.fullmatch(urlsplit(self.known or "").path)
            return match[1].lower() if match is not None else self._told_cloud_id()

    def _told_cloud_id(self) -> str:
        where = f"{self._address.browse_url}/_edge/tenant_info"
        status, body = self._asked(where)
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = None
        found = said.get("cloudId") if isinstance(said, dict) else None
        if status == 200 and isinstance(found, str) and UUID.fullmatch(found):
            return found.lower()
        raise JiraOutage(
            f"{self._address.browse_url} does not say which site of Jira Cloud it is ({status} at /_edge/tenant_info).",
            "Scoped tokens and service accounts are for Jira Cloud: check the address of the site, or set the address of the API "
            f"yourself, {self._address.gateway}/ex/jira/CLOUD-ID. For Jira Data Center give a personal access token.",
            status,
        )
