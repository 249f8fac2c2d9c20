"""What a session leaves in an answer: nothing where nobody looked at it, and what caches go by where somebody did."""

from __future__ import annotations

import pytest
from flask import Flask, Response

from plugin.access.authentication.cookie import CookieSessions


@pytest.mark.parametrize(
    ("accessed", "modified", "kept", "vary", "cookie"),
    [
        (False, False, {}, None, None),
        (True, False, {}, "Cookie", None),
        (True, True, {}, "Cookie", "session=; Expires="),
        (True, True, {"who": "ada"}, "Cookie", "session=eyJ3aG8iOiJhZGEifQ."),
    ],
    ids=["nobody looked", "looked at", "emptied", "written"],
)
def test_caches_are_told_of_a_session_that_somebody_looked_at(
    accessed: bool, modified: bool, kept: dict[str, str], vary: str | None, cookie: str | None
) -> None:
    app, answer = Flask("okr"), Response()
    app.secret_key = "an invented key"
    session = CookieSessions.session_class(kept)
    session.accessed, session.modified = accessed, modified
    with app.test_request_context():
        CookieSessions().save_session(app, session, answer)
    assert answer.headers.get("Vary") == vary
    assert (answer.headers.get("Set-Cookie") or "").startswith(cookie or "")
    assert ("Set-Cookie" in answer.headers) is (cookie is not None)
