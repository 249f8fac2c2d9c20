"""The mapping as a form, for those who do not write YAML: projects, fields, statuses and options of the live site, with real values."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings.diagnostic import Diagnostic, has_errors
from mappings.document.calendar import PERIODS
from mappings.document.choices import cycle_choice, scope_choice, with_choices
from mappings.document.schema import Document
from mappings.document.text.source import read_document
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import draft_of, known_site
from plugin.pages.mappings.mapping_editor import SeenForm, catalogue_if, glance, open_draft
from plugin.pages.views.mappings.choices import (
    CATEGORIES,
    alias_choices,
    chosen,
    option_choices,
    status_fractions,
    sums_lines,
)
from plugin.runtime.connector import Connector
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.field_samples import read_samples


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/mapping/<site>/form", endpoint="form")
    @needs("admin")
    def form(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return form_or_editor(connector, site)

    @blueprint.post("/mapping/<site>/form", endpoint="keep_form")
    @needs("admin")
    def keep_form(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return kept_form(connector, site, setup=bool(request.form.get("setup")))


def form_or_editor(connector: Connector, site: str, *, setup: bool = False) -> ResponseReturnValue:
    """The form of the draft; a text that cannot be read leads to the editor, which says why."""
    document = read_document(open_draft(connector, site).text).document
    if document is None:
        return redirect(url_for("control.editor", site=site))
    return form_page(connector, site, document, (), setup=setup)


def kept_form(connector: Connector, site: str, *, setup: bool) -> ResponseReturnValue:
    """Put the form into the draft that it showed. Where that makes no document, or is another draft by now, the form comes back with what is wrong, and with what was typed."""
    seen = drafts.version_of(draft_of(connector, site))
    draft = open_draft(connector, site)
    document = read_document(draft.text).document
    if document is None:
        return redirect(url_for("control.editor", site=site))
    changed = with_choices(document, chosen(document, request.form))
    if not changed.text:
        return form_page(connector, site, document, changed.diagnostics, setup=setup), 422
    if changed.text != draft.text:
        expected = SeenForm(request.form).expected or {seen}
        try:
            drafts.keep(connector, current_actor(), site, changed.text, draft.base, expected=expected)
        except drafts.OutdatedDraft as error:
            after = read_document(changed.text).document or document
            return form_page(connector, site, after, (), setup=setup, outdated=error), 409
    found = glance(connector, site, changed.text)
    action = request.form.get("action", "preview")
    if action == "preview" and has_errors(found):
        after = read_document(changed.text).document or document
        return form_page(connector, site, after, found, setup=setup), 422
    if setup:
        return redirect(
            url_for("control.wizard_preview" if action == "preview" else "control.wizard_fields", site=site)
        )
    targets = {"preview": "control.preview", "yaml": "control.editor"}
    return redirect(url_for(targets.get(action, "control.form"), site=site))


def form_page(
    connector: Connector,
    site: str,
    document: Document,
    found: tuple[Diagnostic, ...],
    *,
    setup: bool,
    outdated: drafts.OutdatedDraft | None = None,
) -> str:
    """The form as HTML, with values of real issues; `outdated` says why what was typed was not kept."""
    catalogue = catalogue_if(connector, site)
    issue = request.values.get("issue", "").strip()
    samples = read_samples(connector, current_actor(), site, document, catalogue, issue)
    scope = scope_choice(document.scope)
    return render(
        "mapping_form.html",
        "setup" if setup else "mapping",
        site=site,
        document=document,
        found=[one for one in found if one.severity.value == "error"] or found,
        setup=setup,
        seen=SeenForm(data={"seen": drafts.version_of(draft_of(connector, site))}).seen,
        outdated=outdated.message if outdated is not None else "",
        projects=catalogue.projects,
        scope=scope,
        unknown_projects=[
            key for key in scope.projects or () if key not in {one.key for one in catalogue.projects}
        ],
        aliases=alias_choices(document, catalogue, samples),
        statuses=status_fractions(document, catalogue),
        categories=[(name, document.statuses.by_category.get(name)) for name in CATEGORIES],  # type: ignore[call-overload]
        refined=[part for part in document.statuses.overrides if part.when],
        cycles=cycle_choice(document),
        periods=tuple(PERIODS),
        options=option_choices(document, catalogue, samples),
        sums=sums_lines(document),
        silence=samples.silence,
        issue=issue,
    )
