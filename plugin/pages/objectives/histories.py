"""The button of a look back: read from Jira the histories that the answer lacks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.pages.frame.visit import known_site
from plugin.pages.objectives.objective_address import site_in_address
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.as_of import DRAFT, HistoryReads, asked_instant, read_lacking


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the route."""

    @blueprint.post("/objectives/<site>/<name>/histories", endpoint="read_histories")
    @needs("editor", lane="heavy")
    def read(site: str, name: str) -> ResponseReturnValue:
        known_site(connector, site)
        text, revision = request.form.get("at", ""), request.form.get("mapping", "")
        at = asked_instant(connector, current_actor(), site, text)
        if at is None:
            flash_refusal(f"“{text}” is no day. Write one like 2026-10-31.")
        else:
            ruling = revision if revision and revision != DRAFT else None
            flash(describe_backfill(read_lacking(connector, current_actor(), site, name, at, ruling)))
        in_address = site_in_address(site, connector.sites)
        address = url_for(
            "pages.objective", id_or_key=name, site=in_address, at=text, mapping=revision or None
        )
        return redirect(address)


def describe_backfill(done: HistoryReads) -> str:
    """What came of it, in a sentence for each part."""
    said = [f"{done.read} {'history was' if done.read == 1 else 'histories were'} read."]
    if done.refused:
        said.append(f"Jira did not give {done.refused}.")
    if done.left:
        said.append(f"{done.left} are left: press again.")
    return " ".join(said)
