"""Where the page of an objective is. Ids and keys of two sites may be equal: where there are several, the address names the site."""

from __future__ import annotations

from collections.abc import Collection

from flask import url_for


def objective_address(name: str, site: str | None = None, cycle: str | None = None) -> str:
    """`/objectives/<name>`, with `?site=<site>` where a site is given; `name` is its key, or its id where it has none.

    With a cycle it is the page of how it stood when that was over.
    """
    return url_for("pages.objective", id_or_key=name, site=site, cycle=cycle or None)


def row_address(name: str, site: str | None, issue: str, place: str | None) -> str:
    """The same, where the row of an issue is marked; `place` is the anchor of its row, None where it has none."""
    if place is None:
        return objective_address(name, site)
    return url_for("pages.objective", id_or_key=name, site=site, row=issue, _anchor=place)


def parent_address(key: str, site: str | None, issue: str | None = None, *, everything: bool = False) -> str:
    """Where the sums of a plain parent are explained, with the row of an issue marked, or with all rows."""
    anchor, all_ = "rows-row" if issue else None, 1 if everything else None
    return url_for("pages.why", issue=key, site=site, row=issue, all=all_, _anchor=anchor)


def site_in_address(site: str, sites: Collection[str]) -> str | None:
    """What an address has to say of the site: nothing where the connector has only this one."""
    return site if len(sites) > 1 else None
