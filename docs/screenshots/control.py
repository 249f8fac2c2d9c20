"""The pages that change something, to be photographed: a demo connector beside its sandbox, with somebody signed in."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGES = {
    "list": "/",
    "one": "/objectives/PLAT-35",
    "kpi-board": "/kpis",
    "present": "/present",
    "brief": "/brief",
    "map": "/map",
    "cycle-review": "/review",
    "sync-health": "/health",
    "mapping": "/mapping/main",
    "mapping-editor": "/mapping/main/edit",
    "mapping-try": "/mapping/main/try",
    "mapping-try-issue": "/mapping/main/try?tried=epics/delivery&key=PLAT-12",
    "mapping-check": "/mapping/main/check",
    "mapping-preview": "/mapping/main/preview",
    "mapping-diff": "/mapping/main/diff?after=draft",
    "mapping-form": "/mapping/main/form",
    "sites": "/sites",
    "site": "/sites/main",
    "setup-connect": "/setup",
    "setup-proof": "/setup/main",
    "setup-preset": "/setup/main/preset",
    "setup-fields": "/setup/main/fields",
    "setup-preview": "/setup/main/preview",
    "setup-webhook": "/setup/main/webhook",
    "people": "/people",
    "digests": "/digests/main",
    "digest-preview": "/digests/main/weekly/preview",
    "audit": "/audit",
    "audit-writes": "/audit?kind=writes",
    "account": "/account",
    "tokens": "/account/tokens",
    "nowhere": "/nowhere",
}
DOCUMENTED = {
    "objective": "/objectives/PLAT-31",
    "present": "/present#s1",
    "brief": "/brief",
    "map": "/map",
    "review": "/review",
    "setup-connect": "/setup",
    "setup-proof": "/setup/main",
    "setup-preset": "/setup/main/preset",
    "mapping-form": "/mapping/main/form",
    "mapping-try": "/mapping/main/try?tried=epics&key=PLAT-12",
    "mapping-preview": "/mapping/main/preview",
}
"""The pictures of the documentation: what a leader sees, then the way of an admin."""
DOORS = {"sign-in": "/sign-in", "first-account-gone": "/set-up/gone"}
NO_SITE = {"no-site": "/", "no-site-mapping": "/mapping", "no-site-sites": "/sites", "no-site-health": "/health", "no-site-audit": "/audit?kind=writes"}  # fmt: skip
EMAIL, PASSWORD = "ada@acme.example", "correct horse battery staple"


@contextmanager
def running() -> Iterator[str]:
    """The demo as it stands when it is served, with a draft, a dead letter and a refused field; gives its address."""
    from connectors.clock import system_clock
    from plugin.cli.operation.demo import first_sync
    from plugin.runtime.demonstration import close_last_quarter, demo_world, leave_waiting, speak
    from plugin.runtime.processes.heartbeat import Heartbeat
    from plugin.runtime.serving.listening_address import free_port
    from plugin.runtime.serving.server import serve

    port = free_port("127.0.0.1", 0)
    world = {"watches": True, "port": port, "base_url": f"http://127.0.0.1:{port}", "quiet_seconds": 0}
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_world(Path(folder), clock=system_clock, **world) as demo,  # type: ignore[arg-type]
    ):
        first_sync(demo.connector)
        close_last_quarter(demo)
        speak(demo)
        _prepare(demo.connector)
        leave_waiting(demo)
        with serve(demo.connector, "127.0.0.1", port, workers=2) as served:
            heartbeat = Heartbeat(demo.connector, "serve", 2)
            heartbeat.start()
            yield served.url
            heartbeat.stop()


@contextmanager
def vacant(somebody: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """A connector without a site, at first without anybody; gives its address and the pages one sees before one is in."""
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.runtime.composition import build_connector
    from plugin.runtime.serving.server import serve
    from plugin.runtime.settings import read_settings
    from plugin.use_cases.accounts import set_up

    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(
            env_file=None, database_url=f"sqlite:///{folder}/okr.sqlite3", secret_key="kept secret " * 4
        )
        connector = build_connector(settings)
        if somebody:
            _add_account(connector)
        with serve(connector, "127.0.0.1", 0, workers=0) as served:
            link = set_up.make_link(connector, COMMAND_LINE, "")
            yield served.url, {**DOORS, **({"first-account": link} if link else {})}
        connector.store.close()


def _add_account(connector: Any) -> int:
    from connectors.store.people import accounts
    from plugin.access.authentication import passwords

    with connector.store.write() as conn:
        return (
            accounts.add(conn, EMAIL, "Ada", "admin", passwords.hash_password(PASSWORD), connector.clock())
            or 0
        )


def _prepare(connector: Any) -> None:
    from connectors.store.mappings import revisions
    from connectors.store.work import due
    from connectors.store.writes import refusals
    from mappings.write_back.plan import Change
    from plugin.access.authorization.actor import Actor
    from plugin.access.authorization.permission import Permission
    from plugin.use_cases.mappings import drafts

    context, now = connector.context("main"), connector.clock()
    change = Change("10011", "PLAT-1", "customfield_10061", "OKR health", None, None, "")
    account = _add_account(connector)
    with connector.store.write() as conn:
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
    _tell(connector, text)
    changed = text.replace("indeterminate: 0.5", "indeterminate: 0.25").replace("descendant", "child")
    drafts.keep(connector, Actor(EMAIL, Permission.ADMIN, account), "main", changed, "")


def _tell(connector: Any, text: str) -> None:
    """A digest that has begun and was told; one channel has no server, and one recipient wants no more."""
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.use_cases.digests import digests, recipients
    from plugin.use_cases.mappings.mapping_life import activate

    to = '["slack:okr", "mail:leads@acme.example", "mail:ada@acme.example"]'
    tell = f'\ntell:\n  - {{id: weekly, on: mon, at: "09:00", to: {to}, empty: send}}\n'
    tell += '  - {id: alerts, every: change, to: ["slack:okr"], quiet: {from: "18:00", to: "08:00", days: [sat, sun]}}\n'
    others = re.sub(r"^tell:\n(?:[ \-#].*\n?|\n)*", "", text, flags=re.MULTILINE)
    activate(connector, COMMAND_LINE, "main", others + tell)
    recipients.suspend_digest(connector, COMMAND_LINE, "main", "weekly", "mail:leads@acme.example")
    digests.send_digest(connector, COMMAND_LINE, "main", "weekly")
