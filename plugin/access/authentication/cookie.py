"""The session in its cookie. A request that brings none costs nothing here: no key is derived, and nothing is sent back."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, which otherwise derives its key and reads its options for webhooks and API calls too."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session where there is no cookie of any name; else what Flask makes of it."""
        if app.secret_key and "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """An empty session that nobody looked at and nobody emptied needs neither a cookie nor a Vary."""
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)
