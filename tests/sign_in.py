"""A browser that is signed in already, for tests of something else: a password costs its tenth of a second by design."""

from __future__ import annotations

from functools import cache

from flask import Flask, session
from flask.testing import FlaskClient

from connectors.store.people import accounts
from plugin.access.authentication import passwords, sessions
from plugin.runtime.connector import Connector

PASSWORD = "correct horse battery staple"


@cache
def password_hash() -> str:
    """What the store keeps of the password of each account here."""
    return passwords.hash_password(PASSWORD)


def browser_of(app: Flask, connector: Connector, email: str) -> FlaskClient:
    """With the cookie that signing in gives."""
    with connector.store.read() as conn:
        account = accounts.by_email(conn, email)
    assert account is not None, email
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    with app.test_request_context():
        sessions.begin(connector, account)
        cookie = dict(session)
    with client.session_transaction() as own:
        own.update(cookie)
    return client
