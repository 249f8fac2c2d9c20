"""Jira as it is: a thin client of its REST API and the reader of its webhooks."""

from __future__ import annotations

from connectors.jira.client import Jira, connect
from connectors.jira.http.address import Deployment, JiraAddress
from connectors.jira.http.errors import (
    AuthFailure,
    IncompleteRead,
    JiraError,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
)
from connectors.jira.http.governor import Governor
from connectors.jira.http.transport import Transport
from connectors.jira.metadata.server import ServerInfo
from connectors.jira.read.page import ReadResult, SearchPage
from connectors.jira.sign_in.credentials import BasicCredentials, BearerCredentials
from connectors.jira.webhooks.hints import Hints, IgnoredBody, read_hints
from connectors.jira.webhooks.signature import fallback_identifier, verify
from connectors.jira.wire.shapes import core_fields
from connectors.jira.write.create import CreatedIssue, CreateField
from connectors.jira.write.edit import EditField

__all__ = [
    "AuthFailure",
    "BasicCredentials",
    "BearerCredentials",
    "CreateField",
    "CreatedIssue",
    "Deployment",
    "EditField",
    "Governor",
    "Hints",
    "IgnoredBody",
    "IncompleteRead",
    "Jira",
    "JiraAddress",
    "JiraError",
    "JiraOutage",
    "JiraRefusal",
    "RateLimitError",
    "ReadResult",
    "SearchPage",
    "ServerInfo",
    "Transport",
    "connect",
    "core_fields",
    "fallback_identifier",
    "read_hints",
    "verify",
]
