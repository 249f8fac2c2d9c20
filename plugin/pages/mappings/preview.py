"""The preview of a mapping, and its activation: exactly what was seen is activated, or it is refused because the world moved."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField

from mappings.diagnostic import MappingError
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.forms import PageForm
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site
from plugin.pages.mappings.mapping import known_revision
from plugin.pages.mappings.mapping_editor import open_draft
from plugin.pages.objectives.histories import describe_backfill
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.views.mappings.difference import preview_view
from plugin.pages.views.mappings.past_preview import past_preview_view
from plugin.pages.views.words.moments import day_text
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.mappings.mapping_life import (
    NONE_ACTIVE,
    AnotherActivation,
    LargeChange,
    OutdatedPreview,
    PreviewedMapping,
    begin_activation,
    expect_revision,
    preview_text,
)
from plugin.use_cases.mappings.past_preview import preview_as_of, read_lacking_then
from plugin.use_cases.objectives.as_of import asked_instant
from plugin.use_cases.work import background_jobs, sync
from plugin.use_cases.work.site_read import READING, begin_reading


class ActivationForm(PageForm):
    """What is agreed to: the preview of this hash, of a stored revision or (where none is named) of one's draft.

    `active` is the revision that ruled when it was previewed, empty where none did.
    """

    hash = HiddenField()
    revision = HiddenField()
    setup = HiddenField()
    active = HiddenField()
    large = BooleanField("Go on with this large change")


DAY = len("2026-10-31")


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/mapping/<site>/preview", endpoint="preview")
    @needs("admin", lane="heavy")
    def preview(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return preview_or_findings(connector, site, request.args.get("revision", ""))

    @blueprint.get("/mapping/<site>/preview/then", endpoint="preview_then")
    @needs("admin", lane="heavy")
    def preview_then(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return then(connector, site, request.args.get("revision", ""), request.args.get("at", ""))

    @blueprint.post("/mapping/<site>/preview/histories", endpoint="read_then")
    @needs("admin", lane="heavy")
    def read_then(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        revision, day = request.form.get("revision", ""), request.form.get("at", "")
        at = asked_instant(connector, current_actor(), site, day)
        if at is not None:
            flash(describe_backfill(read_lacking_then(connector, current_actor(), site, at)))
        return redirect(url_for("control.preview_then", site=site, revision=revision or None, at=day))

    @blueprint.post("/mapping/<site>/read", endpoint="read_first")
    @needs("admin", lane="heavy")
    def read_first(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        revision = request.form.get("revision", "")
        if not begin_reading(connector, current_actor(), site, text_to_preview(connector, site, revision)):
            flash_refusal("A reading is going on already; its progress is below.")
        return redirect(back(site, revision))

    @blueprint.post("/mapping/<site>/activate", endpoint="activate")
    @needs("admin", lane="heavy")
    def activate_(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return activated_or_not(connector, site)


def text_to_preview(connector: Connector, site: str, revision: str) -> str:
    """The text of the revision named, else of one's draft."""
    if revision:
        return known_revision(connector, site, revision).text
    return open_draft(connector, site).text


def back(site: str, revision: str) -> str:
    """The address of the preview, in the set-up where one came from there."""
    if request.form.get("setup") or request.args.get("setup"):
        return url_for("control.wizard_preview", site=site)
    return url_for("control.preview", site=site, revision=revision or None)


def preview_or_findings(
    connector: Connector, site: str, revision: str, notice: str = "", code: int = 200, *, setup: bool = False
) -> ResponseReturnValue:
    """The preview as HTML; a text with errors leads to what is wrong with it."""
    text = text_to_preview(connector, site, revision)
    try:
        previewed = preview_text(connector, current_actor(), site, text)
    except MappingError as error:
        page = render(
            "mapping_check.html", "mapping", site=site, found=error.diagnostics, silence="", errors=True
        )
        return page, 422
    return preview_page(connector, site, revision, previewed, notice, setup=setup), code


def then(connector: Connector, site: str, revision: str, day: str) -> ResponseReturnValue:
    """What it would have read on an earlier day; a day of which nothing is known is answered with why."""
    refused, view = "", None
    at = asked_instant(connector, current_actor(), site, day)
    try:
        if at is None:
            refused = f"“{day}” is no day. Write it as 2026-10-31."
        else:
            text = text_to_preview(connector, site, revision)
            view = past_preview_view(preview_as_of(connector, current_actor(), site, text, at))
    except MappingError as error:
        said = error.diagnostics[0]
        refused = f"It cannot be used as it is ({said.path}: {said.message}). Check it first."
    except Refusal as error:
        refused = str(error)
    several = len(connector.sites) > 1
    page = render(
        "mapping_then.html",
        "mapping",
        site=site,
        revision=revision,
        at=day,
        on=day_text(date.fromisoformat(day)) if at is not None and len(day) == DAY else day,
        view=view,
        refused=refused,
        address=lambda key: objective_address(key, site if several else None),
    )
    return page, 200 if view is not None else 422


def preview_page(
    connector: Connector, site: str, revision: str, previewed: PreviewedMapping, notice: str, *, setup: bool
) -> str:
    """One preview as HTML."""
    active, view = previewed.active or NONE_ACTIVE, preview_view(previewed)
    agreed = {"hash": view.hash, "revision": revision, "setup": "1" if setup else "", "active": active}
    return render(
        "mapping_preview.html",
        "setup" if setup else "mapping",
        site=site,
        revision=revision,
        view=view,
        form=ActivationForm(data=agreed),
        notice=notice,
        unread=said_unread(connector, site, previewed),
        active=active,
        reading=background_jobs.latest_job(connector, current_actor(), site, READING),
        setup=setup,
    )


def said_unread(connector: Connector, site: str, previewed: PreviewedMapping) -> str:
    """What has to be read before the preview can be believed; empty where nothing has."""
    empty = not sync.anything_read(connector, current_actor(), site)
    if empty:
        return "Nothing has been read from this site yet, so there is nothing to preview."
    missing = previewed.unread
    if missing.fields:
        return f"These fields have not been read yet and count as empty here: {', '.join(missing.fields)}."
    if missing.histories:
        return f"The history of these fields has not been read yet: {', '.join(missing.histories)}."
    if missing.issues:
        return "The scope is another one than the active mapping's: issues that only this one names are not here yet."
    return ""


def activated_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Activate what was previewed. Where it is refused, the preview is shown as it would be now, with the reason."""
    form = ActivationForm(request.form)
    revision, setup = form.revision.data or "", bool(form.setup.data)
    text = text_to_preview(connector, site, revision)
    try:
        done = begin_activation(
            connector,
            current_actor(),
            site,
            text,
            agreed=form.hash.data or "",
            expected=expect_revision(form.active.data),
            large=form.large.data,
        )
    except AnotherActivation as error:
        notice = f"{error} This is the preview against the mapping that is active now; look, and activate it if it is right."
        return preview_or_findings(connector, site, revision, notice, 409, setup=setup)
    except OutdatedPreview:
        notice = (
            "The world moved since the preview you agreed to: issues or the text changed meanwhile, and activating would "
            "have done something else. Nothing was activated. This is the new preview; look, and activate it if it is right."
        )
        return preview_or_findings(connector, site, revision, notice, 409, setup=setup)
    except MappingError:
        return preview_or_findings(connector, site, revision, setup=setup)
    except LargeChange as error:
        notice = f"{error} Nothing was activated. Tick “go on with this large change” to do it all the same."
        return preview_or_findings(connector, site, revision, notice, 409, setup=setup)
    except Refusal as error:
        notice = f"{error} Nothing was activated."
        return preview_or_findings(connector, site, revision, notice, 409, setup=setup)
    if not sync.anything_read(connector, current_actor(), site):
        sync.begin(
            connector, current_actor(), site, sync.SyncRequest(write=False)
        )  # what is due is the workers'
    if setup:
        return redirect(url_for("control.wizard_webhook", site=site))
    flash(activation_sentence(done))
    return redirect(url_for("control.revisions", site=site))


def activation_sentence(done: PreviewedMapping) -> str:
    """What a person is told after activating."""
    if done.unread:
        return (
            f"Revision {done.preview.revision[:8]} is being activated: what it needs is read first, and the former one rules until "
            "then. Sync health shows how far it is."
        )
    writes = done.preview.cost.writes
    what = "nothing has to be written to Jira"
    if writes:
        what = f"{writes} {'field is' if writes == 1 else 'fields are'} being written to Jira"
    return f"Revision {done.preview.revision[:8]} is active; {what}."
