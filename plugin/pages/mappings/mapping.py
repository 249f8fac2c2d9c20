"""The mapping of a site: its revisions, what differs between two, one of them whole, and its export."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings import presets
from mappings.document.text.canonical import export
from mappings.document.text.source import read_document
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.choice import chosen
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import draft_of, known_site, show_moment
from plugin.pages.views.mappings.revision import activation_rows, comparison, revision_rows
from plugin.runtime.connector import Connector
from plugin.use_cases.mappings import revisions
from plugin.use_cases.mappings.revisions import Revision

DRAFT = "draft"


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/mapping", endpoint="mapping")
    @needs("viewer")
    def mapping() -> ResponseReturnValue:
        first = next(iter(connector.sites), None)
        if first is None:
            return render("mapping_none.html", "mapping")
        return redirect(url_for("control.revisions", site=first))

    @blueprint.get("/mapping/<site>", endpoint="revisions")
    @needs("viewer")
    def revisions_of(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return revisions_page(connector, site)

    @blueprint.get("/mapping/<site>/diff", endpoint="diff")
    @needs("viewer")
    def diff(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return diff_page(connector, site)

    @blueprint.get("/mapping/<site>/revisions/<name>", endpoint="revision")
    @needs("viewer")
    def revision(site: str, name: str) -> ResponseReturnValue:
        known_site(connector, site)
        found = known_revision(connector, site, name)
        return render("revision.html", "mapping", site=site, revision=found, lines=found.text.splitlines())

    @blueprint.get("/mapping/<site>/revisions/<name>/export", endpoint="export")
    @needs("viewer")
    def exported(site: str, name: str) -> ResponseReturnValue:
        known_site(connector, site)
        return exported_file(known_revision(connector, site, name))


def revisions_page(connector: Connector, site: str) -> str:
    """The list as HTML, with what was active when."""
    known = revisions.list_revisions(connector, current_actor(), site)
    past = revisions.list_activations(connector, current_actor(), site)
    draft = draft_of(connector, site)
    told = partial(show_moment, connector)
    return render(
        "mapping.html",
        "mapping",
        site=site,
        sites=list(connector.sites),
        rows=list(revision_rows(known, told)),
        past=activation_rows(past, told),
        draft=draft,
        draft_at=told(draft.at) if draft else None,
        presets=presets.names(),
    )


def diff_page(connector: Connector, site: str) -> str:
    """Two mappings side by side; without a word on which, the active one and the one before."""
    known = revisions.list_revisions(connector, current_actor(), site)
    active = next((one.revision for one in known if one.active), "")
    after = request.args.get("after") or active
    before = request.args.get("before") or next((one.revision for one in known if one.revision != after), "")
    texts = [text_of(connector, site, name) for name in (before, after)] if before and after else None
    return render(
        "mapping_diff.html",
        "mapping",
        site=site,
        before=before,
        after=after,
        choices=[*([DRAFT] if draft_of(connector, site) else []), *(one.revision for one in known)],
        active=active,
        view=comparison(*texts) if texts else None,
    )


def text_of(connector: Connector, site: str, name: str) -> str:
    """The text of a revision, or of one's own draft; 404 where there is none."""
    if name != DRAFT:
        return known_revision(connector, site, name).text
    draft = draft_of(connector, site)
    return draft.text if draft else abort(404, description="You have no draft for this site.")


def known_revision(connector: Connector, site: str, name: str) -> Revision:
    """The revision whose id begins with this; 404 where it is none or not one alone."""
    found = revisions.revision(connector, current_actor(), site, name)
    if found is None:
        abort(404, description=f"Site “{site}” has no mapping revision “{name}”.")
    return found


def exported_file(found: Revision) -> Response:
    """The canonical form as a file; `?as=written` gives the text with its comments."""
    document = read_document(found.text).document
    as_written = chosen("as", ("written", "canonical")) == "written"
    text = found.text if as_written or document is None else export(document)
    response = Response(text, mimetype="application/yaml")
    name = f"{document.name if document else 'mapping'}-{found.revision[:8]}.yaml"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
