"""Fields that a preset works with and the site lacks: what creating them would do, doing it, and what was created before."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings import presets
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.health.faults import JiraError, describe_error
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.first_mapping import FittedPreset, field_steps, fit
from plugin.use_cases.sites.field_creation import (
    create_fields,
    created_fields,
    foresee_fields,
    trash_field,
)


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/setup/<site>/preset/<preset>/fields", endpoint="lacking_fields")
    @needs("admin", lane="heavy")
    def lacking(site: str, preset: str) -> ResponseReturnValue:
        return lacking_page(connector, site, preset)

    @blueprint.post("/setup/<site>/preset/<preset>/fields", endpoint="create_fields")
    @needs("admin", lane="heavy")
    def create(site: str, preset: str) -> ResponseReturnValue:
        return created_or_not(connector, site, preset)

    @blueprint.get("/sites/<site>/fields", endpoint="created_fields")
    @needs("admin", lane="heavy")
    def created(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return created_page(connector, site)

    @blueprint.post("/sites/<site>/fields", endpoint="trash_field")
    @needs("admin", lane="heavy")
    def trash(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return trashed_or_not(connector, site)


def fitted_preset(connector: Connector, site: str, preset: str, projects: Sequence[str]) -> FittedPreset:
    """The preset for this site and these projects; 404 for one that there is not. Raises JiraError, Refusal."""
    known_site(connector, site)
    if preset not in presets.names():
        abort(404, description=f"There is no preset “{preset}”.")
    return fit(connector, current_actor(), site, preset, projects)


def lacking_page(connector: Connector, site: str, preset: str, failure: str = "") -> ResponseReturnValue:
    """Which fields are not there, what would be made of them, and what stands in the way."""
    try:
        fitted = fitted_preset(connector, site, preset, request.values.getlist("project"))
    except (JiraError, Refusal) as error:
        flash_refusal(describe_error(error) if isinstance(error, JiraError) else str(error))
        return redirect(url_for("control.wizard_preset", site=site))
    planned = foresee_fields(connector, current_actor(), site, fitted.adaptation.lacking, fitted.projects)
    if not fitted.adaptation.lacking:
        return redirect(url_for("control.wizard_fields", site=site))
    page = render(
        "setup_lacking_fields.html",
        "setup",
        site=site,
        preset=preset,
        projects=fitted.projects,
        planned=planned,
        fields=list(zip(planned.fields, (field_steps([one], ())[0] for one in planned.fields), strict=True)),
        steps=field_steps(fitted.adaptation.lacking, fitted.projects),
        failure=failure,
    )
    return (page, 422) if failure else page


def created_or_not(connector: Connector, site: str, preset: str) -> ResponseReturnValue:
    """Create those that are ticked, and take them into the draft where nobody changed it meanwhile."""
    projects = request.form.getlist("project")
    try:
        before = fitted_preset(connector, site, preset, projects)
        wanted = set(request.form.getlist("alias"))
        chosen = [one for one in before.adaptation.lacking if one.alias in wanted]
        if not chosen:
            return lacking_page(connector, site, preset, "Tick at least one field, or go on without.")
        for one in create_fields(connector, current_actor(), site, chosen, before.projects):
            flash(str(one))
        after = fit(connector, current_actor(), site, preset, projects)
    except (JiraError, Refusal) as error:
        said = describe_error(error) if isinstance(error, JiraError) else str(error)
        return lacking_page(connector, site, preset, said)
    draft = drafts.own_draft(connector, current_actor(), site)
    seen = {drafts.version_of(draft)} if draft is None or draft.text == before.adaptation.text else ()
    try:
        drafts.keep(connector, current_actor(), site, after.adaptation.text, "", expected=seen)
    except drafts.OutdatedDraft:
        flash(
            "Your draft says something else than the preset by now, so it is left as it is: choose the fields in it."
        )
    return redirect(url_for("control.wizard_fields", site=site))


def created_page(connector: Connector, site: str, failure: str = "") -> str:
    """The fields that were created here and are still there."""
    try:
        found, silence = created_fields(connector, current_actor(), site), ""
    except (JiraError, Refusal) as error:
        found, silence = (), describe_error(error) if isinstance(error, JiraError) else str(error)
    return render("created_fields.html", "sites", site=site, fields=found, silence=silence, failure=failure)


def trashed_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Move one to Jira's trash."""
    try:
        gone = trash_field(connector, current_actor(), site, request.form.get("field", ""))
    except (JiraError, Refusal) as error:
        said = describe_error(error) if isinstance(error, JiraError) else str(error)
        return created_page(connector, site, said), 422
    flash(f"{gone.name} ({gone.id}) is in Jira's trash, where it can be restored for 60 days.")
    return redirect(url_for("control.created_fields", site=site))
