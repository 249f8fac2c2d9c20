"""The account of the demo: made anew each time, with a password nobody knew before."""

from __future__ import annotations

import secrets

from plugin.access.authorization import members
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Connector

EMAIL = "admin@demo.example"


def demo_admin(connector: Connector) -> tuple[str, str]:
    """Make the admin of a demo; address and password to sign in with."""
    password = secrets.token_urlsafe(12)
    members.add(connector, EMAIL, "Demo Admin", Permission.ADMIN, password, "demo")
    return EMAIL, password
