"""The pages that change something, to be photographed: a demo connector beside its sandbox, with somebody signed in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGES = {
    "mapping": "/mapping/main",
    "mapping-editor": "/mapping/main/edit",
    "mapping-check": "/mapping/main/check",
    "mapping-preview": "/mapping/main/preview",
    "mapping-diff": "/mapping/main/diff?after=draft",
    "mapping-form": "/mapping/main/form",
    "sites": "/sites",
    "site": "/sites/main",
    "setup-connect": "/setup",
    "setup-proof": "/setup/main",
    "setup-preset": "/setup/main/preset",
    "setup-webhook": "/setup/main/webhook",
    "sync-health": "/health",
}
EMAIL, PASSWORD = "ada@acme.example", "correct horse battery staple"


@contextmanager
def running() -> Iterator[str]:
    """A connector with a draft, a dead letter and a refused field; gives its address."""
    from plugin.demonstration import demo_world
    from plugin.serving import serving

    with tempfile.TemporaryDirectory() as folder, demo_world(Path(folder)) as demo:
        _prepare(demo.connector)
        with serving(demo.connector, "127.0.0.1", 0, workers=0) as served:
            yield served.url


def _prepare(connector: Any) -> None:
    from connectors.store import accounts, due, refusals, revisions
    from mappings.planning import Change
    from plugin import drafts
    from plugin.access import passwords
    from plugin.draining import drain
    from plugin.sync.resync import resync

    context, now = connector.context("main"), connector.clock()
    resync(context)
    drain(context)
    change = Change("10011", "PLAT-1", "customfield_10061", "OKR health", None, None, "")
    with connector.store.write() as conn:
        account = accounts.add(conn, EMAIL, "Ada", "admin", passwords.hashed(PASSWORD), now)
        text = revisions.active(conn, "main").text
        due.mark(conn, "main", ["10011"], now, "demo")
        claimed = due.claim(conn, "demo", now, context.lease, 1, "main", "10011")
        due.bury(
            conn,
            claimed[0],
            "Jira refused the call (403).",
            "Give the account the permission Edit issues.",
            now,
        )
        remedy = "Put OKR health on the edit screen of this issue type."
        refusals.put(conn, "main", "10011", change, "The field is not on the screen.", remedy, "", now)
    changed = text.replace("indeterminate: 0.5", "indeterminate: 0.25").replace("descendant", "child")
    drafts.keep(connector.store, "main", account or 0, changed, now, "")


def sign_in(page: Any, base: str) -> None:
    """Sign in as an admin in this page's context."""
    page.goto(f"{base}/sign-in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda found: "sign-in" not in found)
