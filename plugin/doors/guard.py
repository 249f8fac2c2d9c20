"""The guard before every route: who is it, may they, and did the form come from us. What declares nothing is for admins alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix

from mappings.json_value import PlainValues
from plugin.access.authentication import sessions, tokens
from plugin.access.authentication.cookie import CookieSessions
from plugin.access.authentication.secret_key import signing_key
from plugin.access.authorization.actor import NOBODY, Actor
from plugin.access.authorization.permission import Permission, Rule, rule_of
from plugin.access.authorization.person import Person, current
from plugin.doors.negotiation import wants_html
from plugin.doors.problem import problem
from plugin.next_steps import OWN_FACTOR, OWN_PASSWORD, Door, NextStep
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.record.refusals import Kind, note_refusal

YEAR_S = 365 * 24 * 3600
READING = ("GET", "HEAD", "OPTIONS")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""How the machine itself names its server; no page elsewhere can make a browser say so for another machine."""


def guard(app: Flask, connector: Connector) -> None:
    """Let nobody past who may not. To be called after all routes and context processors are registered."""
    app.secret_key = signing_key(connector.settings)
    app.session_interface = CookieSessions()
    https = connector.settings.public_url.startswith("https://")
    app.config.update(cookie_settings(https))
    proxies = connector.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    csrf = CSRFProtect(app)
    hosts = known_hosts(connector.settings)

    @cache
    def rule(endpoint: str) -> Rule:
        return rule_of(endpoint, app.view_functions[endpoint]) or Rule(Permission.ADMIN)

    def known() -> None:
        if request.endpoint is not None and not rule(request.endpoint).any_host:
            refuse_other_host(hosts, request.host)

    app.before_request(known)
    app.before_request(lambda: admit(connector, csrf, rule))
    app.after_request(partial(private, https=https))
    app.context_processor(_context)


def cookie_settings(https: bool) -> PlainValues:
    """How the session cookie is sent. `__Host-` binds it to this host, and browsers take it over https alone."""
    return {
        "SESSION_COOKIE_NAME": "__Host-jira_okr" if https else "jira_okr",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
    }


def admit(
    connector: Connector, csrf: CSRFProtect, rule_for: Callable[[str], Rule]
) -> ResponseReturnValue | None:
    """None lets the request on to its route; anything else is the answer."""
    endpoint = request.endpoint
    if endpoint is None:
        g.person = sessions.person(connector)
        return None
    rule = rule_for(endpoint)
    if rule.signed:
        return None
    if rule.permission is not Permission.PUBLIC:
        person = identify(connector)
        if person is None:
            if tokens.PREFIX in request.headers.get("Authorization", ""):
                _note(connector, NOBODY, "token refused")
            return ask_sign_in()
        g.person = person
        if not is_allowed(person, rule):
            _note(connector, person.actor, "not allowed")
            return forbidden(person, rule)
        if person.password_given and not rule.unsettled:
            return ask_duty(PASSWORD_GIVEN)
        if person.factor_missing and not (rule.unsettled or rule.for_factor):
            return ask_duty(FACTOR_MISSING)
    if _by_cookie():
        csrf.protect()
    return None


def is_allowed(person: Person, rule: Rule) -> bool:
    """Whether they may, as they came: in person, or by a token."""
    if not person.may(rule.permission):
        return False
    return person.token is None or (not rule.in_person and rule.scope in {"", *person.scopes})


def identify(connector: Connector) -> Person | None:
    """Whom the request is made for. A header with a token that does not hold is never made good by a cookie."""
    header = request.headers.get("Authorization")
    return sessions.person(connector) if header is None else tokens.bearer(connector, header)


def ask_sign_in() -> ResponseReturnValue:
    """To the sign-in page, where a browser asks; else 401."""
    if not wants_html() or "Authorization" in request.headers:
        answer = problem(
            401,
            "Not signed in",
            "This needs a valid API token.",
            "Send Authorization: Bearer okr_…; jira-okr token create makes a token.",
        )
        answer.headers["WWW-Authenticate"] = 'Bearer realm="jira-okr"'
        return answer
    wanted = request.full_path.rstrip("?") if request.method in READING else "/"
    address = f"{url_for('access.sign_in')}?next={quote(wanted, safe='/')}"
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": url_for("access.sign_in")})
    return redirect(address)


@dataclass(frozen=True, slots=True)
class FirstDuty:
    """What somebody has to do before anything else opens: what is said of it, and the page where they do it."""

    title: str
    detail: str
    step: NextStep
    endpoint: str


PASSWORD_GIVEN = FirstDuty(
    "Password to be changed",
    "Somebody else chose your password. Choose one of your own first.",
    OWN_PASSWORD,
    "access.account",
)
FACTOR_MISSING = FirstDuty(
    "Second factor to be set up",
    "Everybody who signs in with a password has to have a second factor here. Set one up first.",
    OWN_FACTOR,
    "access.second_factor",
)


def ask_duty(duty: FirstDuty) -> ResponseReturnValue:
    """To the page where they do what is wanted first, where a browser asks; else 403."""
    if not wants_html():
        return problem(403, duty.title, duty.detail, duty.step.at(Door.API))
    account = url_for(duty.endpoint)
    if "HX-Request" in request.headers:
        return Response(status=403, headers={"HX-Redirect": account})
    return redirect(account)


def forbidden(person: Person, rule: Rule) -> ResponseReturnValue:
    """403, with the role it takes."""
    detail = f"This takes the role {rule.permission}; {person.label} may do what the role {person.role} may."
    if rule.in_person and person.token is not None:
        detail = (
            "This takes somebody who signed in; a token cannot do it. jira-okr user and jira-okr token can."
        )
    elif rule.scope and person.token is not None:
        detail = f"This takes a token with the scope {rule.scope}, made by an admin."
    if wants_html():
        abort(403, description=detail)
    return problem(
        403, "Not allowed", detail, "Ask an admin for the role, or use a token with a larger scope."
    )


def known_hosts(settings: Settings) -> frozenset[str]:
    """The hosts by which requests may name this connector, without ports; none where BASE_URL is not set, and any will do."""
    if settings.base_url is None:
        return frozenset()
    named = (settings.base_url.host or "", settings.host, *settings.trusted_hosts, *LOOPBACK)
    return frozenset(one.strip("[]").lower() for one in named)


def refuse_other_host(hosts: frozenset[str], named: str) -> None:
    """400 for a request that names another host: what is answered holds addresses, and must be nobody's copy of these pages."""
    if hosts and (urlsplit(f"//{named}").hostname or "") not in hosts:
        abort(
            400,
            description="This connector is not reached by that host. Use the address of JIRA_OKR_BASE_URL, "
            "or let an operator add the host to JIRA_OKR_TRUSTED_HOSTS.",
        )


def private(response: Response, *, https: bool) -> Response:
    """What was made for one person is kept by nobody but their browser, and asked for anew each time. `https`: people come by it."""
    if current() is not None:
        response.headers.setdefault("Cache-Control", "private, no-cache")
    if https or request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
    return response


def _note(connector: Connector, actor: Actor, kind: Kind) -> None:
    """The route by its template: addresses hold keys, names and secrets."""
    asked = f"{request.method} {request.url_rule.rule if request.url_rule else ''}"
    note_refusal(connector, actor, kind, request.remote_addr or "unknown", {"asked": asked})


def _by_cookie() -> bool:
    """A browser adds cookies by itself, but never an Authorization header with a token."""
    person = current()
    return person is None or person.token is None


def _context() -> dict[str, object]:
    person = current()
    return {"person": person} if person is not None else {"person": None, "navigation": ()}
