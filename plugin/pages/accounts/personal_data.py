"""Personal data of somebody, whether they have an account or not: handed out as a file, and erased. For admins."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.widgets import EmailInput

from mappings.numbers import count_of
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.doors import exports
from plugin.doors.rows import PersonalRowJson, personal_row
from plugin.pages.frame.forms import LineField, PageForm, require_text
from plugin.pages.frame.page import render
from plugin.runtime.connector import Connector
from plugin.use_cases.record.personal_data import erase_person, hand_out_data


class WhoForm(PageForm):
    """Whose data."""

    email = LineField(
        "E-mail address",
        [require_text("Write the e-mail address that names them, for example lee@acme.example.")],
        widget=EmailInput(),
    )


class EraseForm(WhoForm):
    """Whom to erase, said twice."""

    confirm = LineField("The same address once more, to confirm", widget=EmailInput())


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/people/data", endpoint="personal_data")
    @needs("admin")
    def show() -> ResponseReturnValue:
        return data_page(WhoForm(prefix="out"), EraseForm(prefix="erase"))

    @blueprint.post("/people/data", endpoint="hand_out")
    @needs("admin", in_person=True, lane="heavy")
    def hand_out() -> ResponseReturnValue:
        return handed_out(connector)

    @blueprint.post("/people/erase", endpoint="erase")
    @needs("admin", in_person=True, lane="heavy")
    def erase() -> ResponseReturnValue:
        return erased_or_not(connector)


def data_page(out: WhoForm, erasure: EraseForm) -> str:
    """Both forms as HTML."""
    return render("personal_data.html", "people", out=out, erasure=erasure)


def handed_out(connector: Connector) -> ResponseReturnValue:
    """Each row that names them, as JSON lines; or the page, where the address is none or nothing is kept."""
    form = WhoForm(request.form, prefix="out")
    try:
        rows = hand_out_data(connector, current_actor(), form.email.data) if form.validate() else ()
    except AccessRefusal as error:
        form.refuse(str(error), "email")
        rows = ()
    if not rows and not form.errors:
        form.refuse(f"Nothing here names {form.email.data}.", "email")
    if not rows:
        return data_page(form, EraseForm(prefix="erase")), 422
    text = exports.lines(PersonalRowJson, (personal_row(one) for one in rows), "jsonl")
    named = {"Content-Disposition": 'attachment; filename="personal-data.jsonl"'}
    return Response(text, content_type="application/x-ndjson; charset=utf-8", headers=named)


def erased_or_not(connector: Connector) -> ResponseReturnValue:
    """Erase them where the address was typed twice; it cannot be undone."""
    form = EraseForm(request.form, prefix="erase")
    meant = form.validate()
    if meant and form.confirm.data.casefold() != form.email.data.casefold():
        form.refuse("Nothing was erased: write the same address once more.", "confirm")
        meant = False
    try:
        done = erase_person(connector, current_actor(), form.email.data) if meant else None
    except AccessRefusal as error:
        form.refuse(str(error), "email")
        done = None
    if done is None:
        return data_page(WhoForm(prefix="out"), form), 422
    flash(
        f"Erased: {count_of(done.rows, 'row')} and {count_of(done.entries, 'entry', 'entries')} of the audit log say “{done.stand_in}” now. Backups keep what they have."
    )
    return redirect(url_for("access.personal_data"))
