"""Jira as it is: a thin client of its REST API and the reader of its webhooks."""

from __future__ import annotations

from connectors.jira.address import Deployment, SiteAddress
from connectors.jira.client import Jira, connect
from connectors.jira.credentials import BasicCredentials, BearerCredentials
from connectors.jira.editing import EditField
from connectors.jira.errors import AuthFailed, IncompleteRead, JiraError, Permanent, RateLimited, Transient
from connectors.jira.governor import Governor
from connectors.jira.hints import Hints, Ignored, read_hints
from connectors.jira.page import Page, ReadResult
from connectors.jira.remote_link import RemoteLink
from connectors.jira.server import ServerInfo
from connectors.jira.transport import Transport
from connectors.jira.webhooks import fallback_identifier, verify
from connectors.jira.wire import core_fields

__all__ = [
    "AuthFailed",
    "BasicCredentials",
    "BearerCredentials",
    "Deployment",
    "EditField",
    "Governor",
    "Hints",
    "Ignored",
    "IncompleteRead",
    "Jira",
    "JiraError",
    "Page",
    "Permanent",
    "RateLimited",
    "ReadResult",
    "RemoteLink",
    "ServerInfo",
    "SiteAddress",
    "Transient",
    "Transport",
    "connect",
    "core_fields",
    "fallback_identifier",
    "read_hints",
    "verify",
]
