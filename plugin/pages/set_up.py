"""The first account, behind the one-time link that `jira-okr serve` prints."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access import sessions
from plugin.access.permission import needs
from plugin.access.person import acting
from plugin.access.refusal import Refused
from plugin.pages.page import rendered
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.set_up import first_account, is_valid


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/set-up/<link>", endpoint="set_up")
    @needs("public")
    def ask(link: str) -> ResponseReturnValue:
        valid = is_valid(connector, acting(), link)
        return set_up_page(link if valid else None), 200 if valid else 410

    @blueprint.post("/set-up/<link>", endpoint="set_up_submitted")
    @needs("public")
    def answer(link: str) -> ResponseReturnValue:
        return made_or_not(connector, link)


def set_up_page(link: str | None, error: str = "", email: str = "", name: str = "") -> str:
    """The form, or why there is none."""
    return rendered("set_up.html", "", navigation=(), link=link, error=error, email=email, name=name)


def made_or_not(connector: Connector, link: str) -> ResponseReturnValue:
    """What comes of a filled form; whoever made the account is signed in."""
    if not is_valid(connector, acting(), link):
        return set_up_page(None), 410
    form = request.form
    email, name, password = form.get("email", ""), form.get("name", ""), form.get("password", "")
    if password != form.get("again", ""):
        return set_up_page(link, "The two passwords are not the same. Type both again.", email, name), 422
    try:
        account = first_account(connector, acting(), link, email, name, password)
    except Refused as error:
        return set_up_page(link, str(error), email, name), 422
    sessions.begin(connector, account)
    return redirect(url_for("pages.objectives"))
