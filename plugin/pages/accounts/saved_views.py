"""The buttons by which people keep a page under a name, and keep it no longer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.saved_views import SavedView, ViewRefusal, keep, list_views, remove


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/views", endpoint="keep_view")
    @needs("viewer", in_person=True)
    def keep_view() -> ResponseReturnValue:
        name, address = request.form.get("name", ""), request.form.get("address", "")
        return kept_or_not(connector, name, address)

    @blueprint.post("/views/remove", endpoint="remove_view")
    @needs("viewer", in_person=True)
    def remove_view() -> ResponseReturnValue:
        """Back to the page that was kept where it is removed there, else to the list."""
        name, here = request.form.get("name", ""), request.form.get("address", "")
        kept = {one.name: one.address for one in list_views(connector, current_actor())}
        flash(
            f"“{name}” is kept no longer."
            if remove(connector, current_actor(), name)
            else f"There was no “{name}”."
        )
        return redirect(here if here and kept.get(name) == here else url_for("pages.objectives"))


def kept_or_not(connector: Connector, name: str, address: str) -> ResponseReturnValue:
    """Back to the page that was kept, or to the list with the reason."""
    try:
        view: SavedView = keep(connector, current_actor(), name, address)
    except ViewRefusal as error:
        flash_refusal(str(error))
        return redirect(url_for("pages.objectives"))
    flash(f"Kept as “{view.name}”. It stands above the list of objectives.")
    return redirect(address)
