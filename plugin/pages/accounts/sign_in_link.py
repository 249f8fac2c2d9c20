"""Signing in by the one-time link that an operator made."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authentication import sessions
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.page import render
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import sign_in_link


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes. Looking at the link does not use it up: mail and chat look at links by themselves."""

    @blueprint.get("/let-in/<link>", endpoint="let_in")
    @needs("public")
    def ask(link: str) -> ResponseReturnValue:
        valid = sign_in_link.opens(connector, current_actor(), link)
        return entry_page(link if valid else None), 200 if valid else 410

    @blueprint.post("/let-in/<link>", endpoint="let_in_submitted")
    @needs("public")
    def answer(link: str) -> ResponseReturnValue:
        try:
            account = sign_in_link.enter(connector, current_actor(), link, request.remote_addr or "unknown")
        except AccessRefusal:
            return entry_page(None), 410
        sessions.begin(connector, account, "link")
        return redirect(url_for("pages.objectives"))


def entry_page(link: str | None) -> str:
    """The button, or why there is none."""
    return render("let_in.html", "", navigation=(), link=link)
