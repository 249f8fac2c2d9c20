"""Bad days of Jira: what the next calls of the connector may meet."""

from __future__ import annotations

import random

from connectors.sandbox import Fault
from connectors.sandbox.site import Site
from connectors.sandbox.traffic.faults import REASONS, RETRY_AFTER

PAGES = (200, 302, 400, 401, 403, 404, 502)
"""What a proxy, a firewall or a sign-in page before Jira answers with, in words that are not Jira's."""
SHAPES = ("html", "html", "empty", "text", "list", "object", "gateway")
STATUSES = (500, 502, 503, 504)
PATHS = {
    "cloud": ("", "bulkfetch", "search/jql", "changelog/bulkfetch", "issue/", "properties"),
    "datacenter": ("", "search", "search", "issue/", "issue/", "properties"),
}
KINDS = (
    "rate_limit",
    "rate_limit",
    "status",
    "status",
    "timeout",
    "torn",
    "torn",
    "empty_page",
    "page",
    "page",
    "last_with_token",
    "lost_token",
    "duplicate_token",
    "expired_token",
    "lost_history",
    "lost_history",
    "shifted_page",
    "miscount",
    "unauthorized",
)
WHERE = {
    "lost_history": {"cloud": "changelog/bulkfetch", "datacenter": "issue/"},
    "shifted_page": {"cloud": "search/jql", "datacenter": "search"},
    "miscount": {"cloud": "approximate-count", "datacenter": "search"},
}
"""Faults that mean something for one kind of call alone."""


def trouble(dice: random.Random, deployment: str = "cloud") -> Fault:
    """One fault for one to three of the next calls."""
    kind = dice.choice(KINDS)
    page = kind == "page"
    return Fault(
        "status" if page else kind,
        path=WHERE[kind][deployment] if kind in WHERE else dice.choice(PATHS[deployment]),
        times=1 if kind == "empty_page" else dice.randint(1, 3),
        status=dice.choice(PAGES if page else STATUSES),
        shape=dice.choice(SHAPES) if page else "html",
        reason=dice.choice((*REASONS, None)),
        retry_after=dice.choice(RETRY_AFTER),
        seconds=0.0 if kind == "timeout" else float(dice.randint(1, 40)),
        skip=dice.choice((0, 0, 1, 3)),
    )


def worsen(site: Site, dice: random.Random) -> None:
    """Plan one more fault, unless enough are waiting."""
    if len(site.faults.waiting()) < 4:
        site.faults.add(trouble(dice, site.sandbox.deployment))
