"""A page: its place in the navigation and the routes it answers. How it is rendered is the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from plugin.pages.sources import Sources

Register = Callable[[Blueprint, Sources], None]
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `endpoint` is where the navigation leads (within the blueprint); None keeps it out of the navigation."""

    name: str
    label: str
    register: Register
    endpoint: str | None = None


def rendered(template: str, page: str, **values: object) -> str:
    """A template in the common layout; `page` is marked as current in the navigation."""
    return render_template(f"pages/{template}", page=page, theme=chosen_theme(), **values)


def chosen_theme() -> str | None:
    """The theme the reader chose (kept in a cookie), or None to follow the system."""
    theme = request.cookies.get("theme")
    return theme if theme in THEMES else None
