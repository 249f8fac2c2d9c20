"""A small, stateful, strict Jira over real HTTP, for the demo and the tests."""

from __future__ import annotations

from connectors.sandbox.company import seed_company, seed_many
from connectors.sandbox.deliveries import WebhookFaults
from connectors.sandbox.faults import Fault
from connectors.sandbox.scheme import ACCOUNTS, CONNECTOR, PEOPLE, VIEWER, Account
from connectors.sandbox.server import SandboxServer, serve
from connectors.sandbox.state import Record, Sandbox

__all__ = [
    "ACCOUNTS",
    "CONNECTOR",
    "PEOPLE",
    "VIEWER",
    "Account",
    "Fault",
    "Record",
    "Sandbox",
    "SandboxServer",
    "WebhookFaults",
    "seed_company",
    "seed_many",
    "serve",
]
