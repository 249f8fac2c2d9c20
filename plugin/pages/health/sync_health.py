"""Sync health: how fresh the data is, what waits, what failed, and what to do about it."""

from __future__ import annotations

from flask import Blueprint

from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective import browse_on
from plugin.pages.sources import Sources
from plugin.pages.views.words.freshness import site_row


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/health", endpoint="sync_health")
    def sync_health() -> str:
        return sync_health_page(sources)


def sync_health_page(sources: Sources) -> str:
    """All sites as HTML."""
    now, zone = sources.now(), sources.zone
    sites = [site_row(one, browse_on(sources, one.site), now, zone) for one in sources.freshness()]
    return render("sync_health.html", "sync_health", sites=sites)


PAGE = Page("sync_health", "Sync health", register, "sync_health")
