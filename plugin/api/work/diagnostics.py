"""`/diagnostics`: what somebody who helps needs to know of the installation."""

from __future__ import annotations

import secrets

from plugin.api.protocol.operation import JSON, Caller, Reply, Routes
from plugin.doors.bundle import as_json
from plugin.doors.model import JsonShape
from plugin.use_cases.health.diagnostics import collect_diagnostics

ROUTES = Routes()


@ROUTES.get(
    "/diagnostics",
    "admin",
    "A support bundle: versions, settings, counts and shapes, without names, texts and secrets.",
    answers={JSON: None},
    heavy=True,
)
def support_bundle(caller: Caller) -> Reply[JsonShape]:
    """The parts of a support bundle by name; their shapes may change from release to release."""
    connector = caller.connector
    return Reply(
        body=as_json(
            collect_diagnostics(connector.settings, caller.actor, connector, secrets.token_bytes(16))
        )
    )
