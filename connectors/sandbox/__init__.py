"""A small, stateful, strict Jira over real HTTP, for the demo and the tests."""

from __future__ import annotations

from connectors.sandbox.company.company import seed_company, seed_many
from connectors.sandbox.server import SandboxServer, serve
from connectors.sandbox.site_state.scheme import (
    ACCOUNTS,
    CONNECTOR,
    PEOPLE,
    SERVICE,
    VIEWER,
    Account,
    PersonalToken,
)
from connectors.sandbox.site_state.state import Record, Sandbox
from connectors.sandbox.traffic.deliveries import WebhookFaults
from connectors.sandbox.traffic.faults import Fault

__all__ = [
    "ACCOUNTS",
    "CONNECTOR",
    "PEOPLE",
    "SERVICE",
    "VIEWER",
    "Account",
    "Fault",
    "PersonalToken",
    "Record",
    "Sandbox",
    "SandboxServer",
    "WebhookFaults",
    "seed_company",
    "seed_many",
    "serve",
]
