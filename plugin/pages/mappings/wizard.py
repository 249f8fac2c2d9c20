"""The set-up, step by step: connect a site, choose a preset, map fields, preview, activate, register the webhook, see it arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings import presets
from mappings.presets.adaptation import MOST_PROJECTS
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.doors.address import public_address
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import draft_of, known_site, show_moment
from plugin.pages.mappings.field_creation import fitted_preset
from plugin.pages.mappings.mapping_editor import BeginningForm, catalogue_if
from plugin.pages.mappings.mapping_form import form_or_editor
from plugin.pages.mappings.preview import preview_or_findings
from plugin.pages.sites import APP, WAYS, SiteForm, add_site
from plugin.pages.views.mappings.preset import preset_cards
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.health.faults import JiraError, describe_error
from plugin.use_cases.mappings import drafts, revisions
from plugin.use_cases.mappings.first_mapping import UnknownProject, first_number, fit_notes
from plugin.use_cases.objectives import backfill
from plugin.use_cases.sites import webhook
from plugin.use_cases.sites.sites import attempt

LOOKS_AGAIN = "X-Looks-Again"
"""The header by which refresh.js asks."""


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/setup", endpoint="wizard")
    @needs("admin")
    def connect() -> ResponseReturnValue:
        default = "main" if "main" not in connector.sites else ""
        return connect_page(connector, SiteForm(data={"name": default}))

    @blueprint.post("/setup", endpoint="wizard_connect")
    @needs("admin", lane="heavy")
    def connected() -> ResponseReturnValue:
        return connected_or_not(connector)

    @blueprint.get("/setup/<site>", endpoint="wizard_connected")
    @needs("admin")
    def proof(site: str) -> ResponseReturnValue:
        return proof_page(connector, site)

    _register_mapping(blueprint, connector)
    _register_going_live(blueprint, connector)


def _register_mapping(blueprint: Blueprint, connector: Connector) -> None:
    @blueprint.get("/setup/<site>/preset", endpoint="wizard_preset")
    @needs("admin")
    def preset(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return preset_page(connector, site)

    @blueprint.post("/setup/<site>/preset", endpoint="wizard_choose")
    @needs("admin")
    def choose(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return chosen(connector, site)

    @blueprint.get("/setup/<site>/fields", endpoint="wizard_fields")
    @needs("admin", lane="heavy")
    def fields(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        if nothing_chosen(connector, site):
            return to_the_presets(site)
        return form_or_editor(connector, site, setup=True)


def _register_going_live(blueprint: Blueprint, connector: Connector) -> None:
    @blueprint.get("/setup/<site>/preview", endpoint="wizard_preview")
    @needs("admin", lane="heavy")
    def preview(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        if nothing_chosen(connector, site):
            return to_the_presets(site)
        return preview_or_findings(connector, site, "", setup=True)

    @blueprint.get("/setup/<site>/webhook", endpoint="wizard_webhook")
    @needs("admin")
    def deliveries(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return webhook_page(connector, site)

    @blueprint.post("/setup/<site>/history", endpoint="wizard_history")
    @needs("admin")
    def read_history(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return history_begun(connector, site)

    @blueprint.post("/setup/<site>/webhook", endpoint="wizard_register")
    @needs("admin", lane="heavy")
    def register_webhook(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        if "show" in request.form:
            return shown_or_not(connector, site)
        return registered_or_not(connector, site)


def nothing_chosen(connector: Connector, site: str) -> bool:
    """Whether there is neither a draft nor a mapping that rules: there is nothing to fit or to preview yet."""
    return draft_of(connector, site) is None and not revisions.list_activations(
        connector, current_actor(), site
    )


def to_the_presets(site: str) -> ResponseReturnValue:
    """Back to the step that comes first, which says so."""
    flash_refusal(f"Nothing is chosen for {site} yet. Begin with a preset; fields and preview come after it.")
    return redirect(url_for("control.wizard_preset", site=site))


def connect_page(connector: Connector, form: SiteForm) -> str:
    """The first step: which Jira, and with which account."""
    return render("setup_connect.html", "setup", form=form, ways=WAYS, sites=list(connector.sites))


def connected_or_not(connector: Connector) -> ResponseReturnValue:
    """Test and keep the site; where it fails, the form comes back with what was typed, but for the token."""
    form = SiteForm(request.form)
    if not add_site(connector, form):
        return connect_page(connector, form), 422
    if form.deployment.data == APP:
        return redirect(url_for("control.site", site=form.name.data, _anchor="credential"))
    return redirect(url_for("control.wizard_connected", site=form.name.data))


def proof_page(connector: Connector, name: str) -> ResponseReturnValue:
    """What Jira says of us, asked now."""
    site = known_site(connector, name)
    try:
        tested, failure = attempt(connector, current_actor(), site.name), ""
    except JiraError as error:
        tested, failure = None, describe_error(error)
    return render("setup_proof.html", "setup", site=name, tested=tested, failure=failure)


def preset_page(connector: Connector, site: str) -> str:
    """Which projects, and what to begin with."""
    return render(
        "setup_preset.html",
        "setup",
        site=site,
        cards=preset_cards(),
        draft=draft_of(connector, site),
        projects=catalogue_if(connector, site).projects,
        most=MOST_PROJECTS,
    )


def chosen(connector: Connector, site: str) -> ResponseReturnValue:
    """Make the preset the draft, and go on to the fields that it lacks."""
    name, projects = str(BeginningForm(request.form).preset.data), request.form.getlist("project")
    try:
        found = fitted_preset(connector, site, name, projects)
    except UnknownProject as error:
        flash_refusal(str(error))
        return redirect(url_for("control.wizard_preset", site=site))
    except JiraError as error:
        drafts.keep(connector, current_actor(), site, presets.text(name), "")
        flash_refusal(f"The preset is as it comes, for your Jira could not be asked: {describe_error(error)}")
        return redirect(url_for("control.wizard_fields", site=site))
    if found.adaptation.text:
        drafts.keep(connector, current_actor(), site, found.adaptation.text, "")
    for note in fit_notes(found):
        flash(note)
    if found.adaptation.lacking:
        return redirect(url_for("control.lacking_fields", site=site, preset=name, project=projects))
    then = "control.wizard_fields" if found.adaptation.text else "control.wizard_preset"
    return redirect(url_for(then, site=site))


@dataclass(frozen=True, slots=True)
class PastPart:
    """Where the reading of the past stands: what it would take, how far it is (in days), or what came of it."""

    days: int
    issues: int
    calls: int
    running: bool = False
    done: int = 0
    total: int | None = None
    said: str = ""
    failed: bool = False
    done_already: bool = False


def past_part(connector: Connector, site: str) -> PastPart | None:
    """None where there is no past to read: no cycle has begun.

    A page that looks again by itself is told of what is running alone: what a reading would take costs a walk through the local copy.
    """
    job = backfill.latest_backfill(connector, current_actor(), site)
    if job is not None and job.is_running(connector.clock()):
        return PastPart(0, 0, 0, running=True, done=job.done, total=job.total)
    if LOOKS_AGAIN in request.headers:
        return None
    planned = backfill.foresee(connector, current_actor(), site)
    if not planned.moments:
        return None
    found = PastPart(
        days=len(planned.moments),
        issues=len(planned.changed),
        calls=planned.calls,
        done_already=backfill.is_done(connector, current_actor(), site),
    )
    if job is None:
        return found
    return replace(found, said=f"{job.said} {job.todo}".strip(), failed=job.state == "failed")


def history_begun(connector: Connector, site: str) -> ResponseReturnValue:
    """Read the past in the background; where that goes on already, the page shows how far it is."""
    try:
        backfill.begin(connector, current_actor(), site)
    except Refusal as error:
        flash_refusal(str(error))
    return redirect(url_for("control.wizard_webhook", site=site, _anchor="history"))


def webhook_page(
    connector: Connector, site: str, failure: str = "", secret: webhook.ShownSecret | None = None
) -> ResponseReturnValue:
    """Where Jira has to deliver, and whether it has yet: what arrived after the mapping was activated counts."""
    if not revisions.list_activations(connector, current_actor(), site):
        return redirect(url_for("control.wizard_preview", site=site))
    arrived = webhook.last_delivery(connector, current_actor(), site)
    target = webhook.target(connector, current_actor(), site)
    state = webhook.in_jira_when_asked_last(connector, current_actor(), site)
    return render(
        "setup_webhook.html",
        "setup",
        site=site,
        failure=failure,
        deployment=target.deployment,
        besides=[event.replace("_", " ") for event in target.besides],
        address=public_address(connector, target.address),
        secret=secret,
        secret_state=target.secret,
        secret_shown_at=show_moment(connector, target.shown_at) if target.shown_at else None,
        header_name=webhook.HEADER,
        by_app=target.by_app,
        registered=state is not None and bool(state.registered) and state.enabled,
        by_hand=target.by_hand,
        jira=connector.site(site).browse_url,
        first=first_number(connector, current_actor(), site),
        history=past_part(connector, site),
        arrived=arrived,
        arrived_at=show_moment(connector, arrived.received_at) if arrived else None,
    )


def shown_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """The page with the secret of the site, this once."""
    if not revisions.list_activations(connector, current_actor(), site):
        return redirect(url_for("control.wizard_preview", site=site))
    try:
        secret = webhook.show_secret(connector, current_actor(), site)
    except Refusal as error:
        refused = make_response(webhook_page(connector, site, str(error)))
        refused.status_code = 409
        return refused
    answer = make_response(webhook_page(connector, site, secret=secret))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def registered_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Let the connector's own account make the webhook, which only an administrator of Jira, or an OAuth app, may."""
    address = public_address(connector, webhook.target(connector, current_actor(), site).address)
    try:
        webhook.register(connector, current_actor(), site, address)
    except (JiraError, Refusal) as error:
        said = describe_error(error) if isinstance(error, JiraError) else str(error)
        return webhook_page(connector, site, f"{said} Or do it as below.")
    flash("Jira has the webhook now. Change any issue of the scope, and it arrives here.")
    return redirect(url_for("control.wizard_webhook", site=site))
