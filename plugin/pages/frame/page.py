"""A page: its place in the navigation and the routes it answers. How it is rendered is the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request

from plugin.pages.sources import Sources

Register = Callable[[Blueprint, Sources], None]
THEMES = ("light", "dark")
REFUSAL = "refusal"
"""The category of what is said on the next page of something that was not done; all else there was."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `endpoint` is where the navigation leads (within the blueprint); None keeps it out of the navigation."""

    name: str
    label: str
    register: Register
    endpoint: str | None = None


def render(template: str, page: str, **values: object) -> str:
    """A template in the common layout; `page` is marked as current in the navigation."""
    return render_template(f"pages/{template}", page=page, theme=chosen_theme(), **values)


def flash_refusal(said: str) -> None:
    """Say on the page that comes next that something was not done, and why: not in the green of what was."""
    flash(said, REFUSAL)


def flash_result(done: object, said: str, otherwise: str) -> None:
    """Say on the page that comes next what was done; or, where nothing was, why, in the colour of a warning."""
    if done:
        flash(said)
    else:
        flash_refusal(otherwise)


def chosen_theme() -> str | None:
    """The theme the reader chose (kept in a cookie), or None to follow the system."""
    theme = request.cookies.get("theme")
    return theme if theme in THEMES else None
