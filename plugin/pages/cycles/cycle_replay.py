"""A cycle under another mapping: what its objectives would have read, beside what they read, and the button that reads the histories it lacks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings.diagnostic import MappingError
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import draft_of, known_site, may
from plugin.pages.objectives.histories import describe_backfill
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.views.cycles.cycle_replay import replay_view
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.replay import Replay, read_lacking_of_cycle, replay, replay_draft
from plugin.use_cases.mappings.revisions import list_revisions
from plugin.use_cases.objectives.as_of import DRAFT, THEN


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/review/<site>/<cycle>/replay", endpoint="replay_cycle")
    @needs("viewer", lane="heavy")
    def replayed(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        name = request.args.get("mapping", "")
        drafted = may("admin") and draft_of(connector, site) is not None
        revisions = list_revisions(connector, current_actor(), site)
        chosen = name or (DRAFT if drafted else THEN)
        found = ask_replay(connector, site, cycle, chosen)
        ruling = next((one.revision for one in revisions if one.active), None)
        if not name and chosen == THEN and isinstance(found, str) and ruling is not None:
            chosen, found = ruling, ask_replay(connector, site, cycle, ruling)
        several = len(connector.sites) > 1
        return render(
            "cycle_replay.html",
            "cycle_review",
            site=site,
            cycle=cycle,
            chosen=chosen,
            drafted=drafted,
            revisions=revisions,
            refused=found if isinstance(found, str) else "",
            view=None if isinstance(found, str) else replay_view(found),
            closable=not isinstance(found, str) and chosen != DRAFT and bool(found.preview),
            address=lambda key: objective_address(key, site if several else None),
        )

    @blueprint.post("/review/<site>/<cycle>/histories", endpoint="read_cycle_histories")
    @needs("editor", lane="heavy")
    def read(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        flash(describe_backfill(read_lacking_of_cycle(connector, current_actor(), site, cycle)))
        name = request.form.get("mapping") or None
        return redirect(url_for("control.replay_cycle", site=site, cycle=cycle, mapping=name))


def ask_replay(connector: Connector, site: str, cycle: str, name: str) -> Replay | str:
    """The replay, or why there is none."""
    try:
        if name != DRAFT:
            return replay(connector, current_actor(), site, cycle, name)
        draft = draft_of(connector, site)
        if draft is None:
            return "You have drafted no mapping for this site. Begin one on the page Mapping."
        return replay_draft(connector, current_actor(), site, cycle, draft.text)
    except MappingError as error:
        said = error.diagnostics[0]
        return (
            f"Your draft cannot be used as it is ({said.path}: {said.message}). Check it on the page Mapping."
        )
    except Refusal as error:
        return str(error)
