"""Everybody who may sign in: adding people, roles, closing accounts. For admins."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.widgets import EmailInput

from plugin.access.authorization.permission import ROLES, needs
from plugin.access.authorization.person import current_actor, current_person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.forms import LineField, PageForm, require_text
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import SERIAL
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.accounts.people import account_row
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.accounts import people, second_factor
from plugin.use_cases.accounts.people import Account
from plugin.use_cases.health.faults import JiraError, describe_error
from plugin.use_cases.visibility import account_people


class RoleForm(PageForm):
    """What somebody may do."""

    role = SelectField(
        "Role", choices={str(role): str(role) for role in ROLES}, default="", validate_choice=False
    )


class PersonForm(RoleForm):
    """Somebody new."""

    email = LineField(
        "E-mail address",
        [require_text("Write an e-mail address, for example lee@acme.example.")],
        widget=EmailInput(),
    )
    name = LineField("Name", render_kw={"required": True})


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/people", endpoint="people")
    @needs("admin")
    def show() -> ResponseReturnValue:
        return people_page(connector, PersonForm())

    @blueprint.post("/people", endpoint="add_person")
    @needs("admin", in_person=True)
    def add() -> ResponseReturnValue:
        return added_or_not(connector)

    @blueprint.post(f"/people/<{SERIAL}:account_id>/<act>", endpoint="change_person")
    @needs("admin", in_person=True)
    def change(account_id: int, act: str) -> ResponseReturnValue:
        return changed_or_not(connector, account_id, act)


def people_page(connector: Connector, form: PersonForm, fresh: tuple[str, str] | None = None) -> str:
    """The accounts as HTML; `fresh` is an address with the password just made for it."""
    now, zone, me = connector.clock(), StoredSources(connector).zone, current_person().account_id
    found = people.list_people(connector, current_actor())
    factors = second_factor.with_factor(connector, current_actor())
    ties = account_people.list_people(connector, current_actor())
    rows = [
        (
            account_row(one, me, one.id in factors, now, zone),
            RoleForm(data={"role": one.role}),
            [tie for tie in ties if tie.account_id == one.id],
        )
        for one in found
    ]
    by_password = connector.settings.local_accounts == "on"
    return render(
        "people.html",
        "people",
        people=rows,
        form=form,
        fresh=fresh,
        by_password=by_password,
        sites=list(connector.sites),
    )


def added_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the form: an account with a password that is shown once, to be handed over."""
    form = PersonForm(request.form)
    if not form.validate():
        return people_page(connector, form), 422
    by_password, role = connector.settings.local_accounts == "on", str(form.role.data)
    password = people.generated_password() if by_password else None
    try:
        account = people.add(connector, current_actor(), form.email.data, form.name.data, role, password)
    except AccessRefusal as error:
        form.refuse_for(error)
        return people_page(connector, form), 422
    if password is None:
        flash(f"Added {account.email}, who signs in by single sign-on.")
        return redirect(url_for("access.people"))
    return people_page(connector, PersonForm(), fresh=(account.email, password))


def changed_or_not(connector: Connector, account_id: int, act: str) -> ResponseReturnValue:
    """What comes of a button beside an account."""
    account = people.person(connector, current_actor(), account_id)
    if account is None:
        abort(404, description="There is no such account.")
    try:
        fresh = _done(connector, account, act)
    except (AccessRefusal, Refusal) as error:
        form = PersonForm()
        form.refuse(str(error))
        return people_page(connector, form), 422
    except JiraError as error:
        form = PersonForm()
        form.refuse(describe_error(error))
        return people_page(connector, form), 502
    if fresh is not None:
        return people_page(connector, PersonForm(), fresh=(account.email, fresh))
    flash(f"Done: {account.email}.")
    return redirect(url_for("access.people"))


def _done(connector: Connector, account: Account, act: str) -> str | None:
    """Do it; the new password where one was asked for."""
    actor = current_actor()
    if act == "role":
        people.change_role(connector, actor, account, str(RoleForm(request.form).role.data))
    elif act == "disable":
        people.disable(connector, actor, account)
    elif act == "enable":
        people.enable(connector, actor, account)
    elif act == "second-factor":
        second_factor.remove_for(connector, actor, account)
    elif act == "sign-out":
        people.sign_out(connector, actor, account)
    elif act == "remove":
        people.remove(connector, actor, account)
    elif act == "jira":
        site, name = str(request.form.get("site", "")), str(request.form.get("person", "")).strip()
        if name:
            account_people.tie(connector, actor, account, site, name)
        else:
            account_people.untie(connector, actor, account, site)
    elif act == "password":
        password = people.generated_password()
        people.set_password(connector, actor, account, password)
        return password
    else:
        abort(404, description="There is nothing of this name to do with an account.")
    return None
