"""The editor of a mapping: a text area that says what is wrong as one types. All it does works without script too, a click later."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, IntegerField, SelectField, TextAreaField

from mappings import presets
from mappings.diagnostic import Diagnostic, has_errors
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.forms import PageForm
from plugin.pages.frame.guard import style_nonce
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import draft_of, known_site, show_moment
from plugin.pages.mappings.mapping import known_revision
from plugin.runtime.connector import Connector
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.mappings import drafts, renames, revisions
from plugin.use_cases.mappings.completion import complete
from plugin.use_cases.mappings.drafts import Draft
from plugin.use_cases.mappings.mapping_life import check_text, glance_text


class SeenForm(PageForm):
    """Which draft a page shows: what is typed there goes into that one, or into none."""

    seen = HiddenField(default="")

    @property
    def expected(self) -> set[str] | None:
        """The version of the draft that the page shows; None where the request does not say."""
        return {str(self.seen.data)} if self.seen.raw_data else None


class DraftForm(SeenForm):
    """The text of a draft, and what to do with it once it is kept."""

    text = TextAreaField(
        "Mapping document (YAML)", filters=[lambda typed: (typed or "").replace("\r\n", "\n")]
    )
    action = HiddenField(default="check")


class PlaceForm(DraftForm):
    """A text, and the place in it where somebody types."""

    line = IntegerField(default=1)
    column = IntegerField(default=1)


class BeginningForm(PageForm):
    """What takes the place of a draft: a preset, or a revision."""

    preset = SelectField("Preset", choices={name: name for name in presets.names()}, validate_choice=False)
    revision = HiddenField(default="")


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/mapping/<site>/edit", endpoint="editor")
    @needs("admin")
    def editor(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        draft = open_draft(connector, site)
        return editor_page(connector, site, draft, glance(connector, site, draft.text))

    @blueprint.post("/mapping/<site>/edit", endpoint="keep_draft")
    @needs("admin")
    def keep_draft(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return keep_text(connector, site)

    @blueprint.post("/mapping/<site>/draft", endpoint="begin_draft")
    @needs("admin")
    def begin_draft(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        begin_from(connector, site)
        return redirect(url_for("control.editor", site=site))

    @blueprint.post("/mapping/<site>/diagnostics", endpoint="diagnostics")
    @needs("admin", lane="heavy")
    def diagnostics(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        form = DraftForm(request.form)
        text = str(form.text.data)
        try:
            draft = drafts.keep(connector, current_actor(), site, text, expected=form.expected)
        except drafts.OutdatedDraft as error:
            return jsonify(said=error.message), 409
        found = glance(connector, site, text)
        return jsonify(diagnostics=[finding_values(one) for one in found], seen=drafts.version_of(draft))

    @blueprint.post("/mapping/<site>/completion", endpoint="completion")
    @needs("admin")
    def completion(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        form = PlaceForm(request.form)
        line, column = form.line.data or 1, form.column.data or 1
        found = complete(str(form.text.data), line, column, catalogue_if(connector, site))
        return jsonify(suggestions=[asdict(one) for one in found])

    @blueprint.get("/mapping/<site>/check", endpoint="check")
    @needs("admin", lane="heavy")
    def check(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return check_page(connector, site)


def open_draft(connector: Connector, site: str) -> Draft:
    """One's draft; where there is none, what a first change would begin from: the active revision, or the simplest preset."""
    draft = draft_of(connector, site)
    if draft is not None:
        return draft
    active = revisions.active(connector, current_actor(), site)
    if active is None:
        now = connector.clock()
        return Draft(presets.text(presets.names()[0]), "", now)
    return Draft(active.text, active.revision, connector.clock())


def begin_from(connector: Connector, site: str) -> None:
    """Put a revision or a preset in the place of the draft."""
    form = BeginningForm(request.form)
    if form.preset.raw_data:
        name = str(form.preset.data)
        if name not in presets.names():
            abort(404, description=f"There is no preset “{name}”.")
        text, base = presets.text(name), ""
    else:
        found = known_revision(connector, site, str(form.revision.data))
        text, base = found.text, found.revision
    drafts.keep(connector, current_actor(), site, text, base)


def keep_text(connector: Connector, site: str) -> ResponseReturnValue:
    """Keep what was typed whatever it is, then go where the button says. A text with errors goes no further than here."""
    form = DraftForm(request.form)
    try:
        return kept_as_seen(connector, site, form)
    except drafts.OutdatedDraft as error:
        typed = Draft(str(form.text.data), open_draft(connector, site).base, connector.clock())
        found = glance(connector, site, typed.text)
        return editor_page(connector, site, typed, found, outdated=error), 409


def kept_as_seen(connector: Connector, site: str, form: DraftForm) -> ResponseReturnValue:
    """The same, where the draft is still the one that the page showed. Raises OutdatedDraft."""
    action = form.action.data
    if action == "discard":
        drafts.drop(connector, current_actor(), site, expected=form.expected)
        flash("The draft is gone. The active revision stands as it was.")
        return redirect(url_for("control.revisions", site=site))
    base = open_draft(connector, site).base
    if action == "reword":
        return reword(connector, site, form, base)
    draft = drafts.keep(connector, current_actor(), site, str(form.text.data), base, expected=form.expected)
    found = glance(connector, site, draft.text)
    if action == "trial" or (action in ("check", "preview", "form") and not has_errors(found)):
        return redirect(url_for(f"control.{action}", site=site))
    return editor_page(connector, site, draft, found, kept_now=True), 422 if has_errors(found) else 200


def reword(connector: Connector, site: str, form: DraftForm, base: str) -> ResponseReturnValue:
    """The draft by the names that Jira has today."""
    found = renames.reword(connector, current_actor(), site, str(form.text.data))
    drafts.keep(connector, current_actor(), site, found.text, base, expected=form.expected)
    said = "1 place says" if found.changed == 1 else f"{found.changed} places say"
    flash(f"{said} another name now. Preview shows that nothing else changes.")
    return redirect(url_for("control.editor", site=site))


def editor_page(
    connector: Connector,
    site: str,
    draft: Draft,
    found: tuple[Diagnostic, ...],
    *,
    kept_now: bool = False,
    outdated: drafts.OutdatedDraft | None = None,
) -> str:
    """The editor as HTML; `kept_now` says that the text has just been kept, `outdated` why it was not."""
    active = revisions.active(connector, current_actor(), site)
    kept = draft_of(connector, site)
    overtaken = active is not None and bool(draft.base) and active.revision != draft.base
    return render(
        "mapping_editor.html",
        "mapping",
        site=site,
        form=DraftForm(data={"text": draft.text, "seen": drafts.version_of(kept)}),
        beginning=BeginningForm(),
        found=found,
        values=[finding_values(one) for one in found],
        style_nonce=style_nonce(),
        kept_now=kept_now,
        renamed=any(one.code == "renamed" for one in found),
        is_draft=kept is not None,
        outdated=outdated.message if outdated is not None else "",
        overtaken=active if overtaken else None,
        kept_at=show_moment(connector, draft.at),
    )


def check_page(connector: Connector, site: str) -> ResponseReturnValue:
    """Everything there is to say about the draft, asked of the live Jira; without its answer, what can be said without."""
    draft = open_draft(connector, site)
    silence = ""
    try:
        found = check_text(connector, current_actor(), site, draft.text)
    except JiraError as error:
        found = glance(connector, site, draft.text)
        silence = f"{error.message} {error.remedy}".strip()
    return render(
        "mapping_check.html", "mapping", site=site, found=found, silence=silence, errors=has_errors(found)
    )


def glance(connector: Connector, site: str, text: str) -> tuple[Diagnostic, ...]:
    """The quick diagnostics; where Jira has never been read and does not answer, those that need no catalogue."""
    try:
        return glance_text(connector, current_actor(), site, text)
    except JiraError:
        return read_document(text).diagnostics


def catalogue_if(connector: Connector, site: str) -> Catalogue:
    """What the site knows by name; nothing where it has never been read and does not answer."""
    try:
        return connector.catalogue(site)
    except JiraError:
        return Catalogue()


def finding_values(found: Diagnostic) -> dict[str, object]:
    """One diagnostic for the script of the editor."""
    return {
        "severity": found.severity.value,
        "code": found.code,
        "message": found.message,
        "line": found.line,
        "column": found.column,
        "valid": list(found.valid),
        "remedy": found.remedy,
        "value": found.value,
    }
