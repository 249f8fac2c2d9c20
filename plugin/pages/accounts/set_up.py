"""The first account, behind the one-time link that `jira-okr serve` prints."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import EqualTo
from wtforms.widgets import EmailInput

from plugin.access.authentication import sessions
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.forms import LONG_ENOUGH, LineField, PageForm, Secret, require_text
from plugin.pages.frame.page import render
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.set_up import is_valid, make_first_account


class FirstAccountForm(PageForm):
    """The first account of all, an admin."""

    email = LineField(
        "E-mail address",
        [require_text("Write an e-mail address, for example lee@acme.example.")],
        widget=EmailInput(),
        render_kw={"autocomplete": "username"},
    )
    name = LineField("Name", render_kw={"autocomplete": "name", "required": True})
    password = Secret(
        "Password",
        [require_text("Choose a password.")],
        description=LONG_ENOUGH,
        render_kw={"autocomplete": "new-password"},
    )
    again = Secret(
        "The password again",
        [EqualTo("password", "The two passwords are not the same. Type both again.")],
        render_kw={"autocomplete": "new-password", "required": True},
    )


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/set-up/<link>", endpoint="set_up")
    @needs("public")
    def ask(link: str) -> ResponseReturnValue:
        valid = is_valid(connector, current_actor(), link)
        return set_up_page(link if valid else None), 200 if valid else 410

    @blueprint.post("/set-up/<link>", endpoint="set_up_submitted")
    @needs("public")
    def answer(link: str) -> ResponseReturnValue:
        return made_or_not(connector, link)


def set_up_page(link: str | None, form: FirstAccountForm | None = None) -> str:
    """The form, or why there is none."""
    return render("set_up.html", "", navigation=(), link=link, form=form or FirstAccountForm())


def made_or_not(connector: Connector, link: str) -> ResponseReturnValue:
    """What comes of a filled form; whoever made the account is signed in."""
    if not is_valid(connector, current_actor(), link):
        return set_up_page(None), 410
    form = FirstAccountForm(request.form)
    if not form.validate():
        return set_up_page(link, form), 422
    try:
        account = make_first_account(
            connector, current_actor(), link, form.email.data, form.name.data, form.password.data
        )
    except AccessRefusal as error:
        form.refuse_for(error)
        return set_up_page(link, form), 422
    sessions.begin(connector, account)
    return redirect(url_for("pages.objectives"))
