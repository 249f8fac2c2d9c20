"""The support bundle as a file, from Sync health."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.doors.bundle import ZIP, as_zip, file_name
from plugin.runtime.connector import Connector
from plugin.use_cases.health.diagnostics import collect_diagnostics


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the route."""

    @blueprint.get("/health/diagnostics.zip", endpoint="support_bundle")
    @needs("admin", lane="heavy")
    def bundle() -> Response:
        found = collect_diagnostics(connector.settings, current_actor(), connector, secrets.token_bytes(16))
        named = {"Content-Disposition": f'attachment; filename="{file_name(found)}"'}
        return Response(as_zip(found), mimetype=ZIP, headers=named)
