"""Stands before the sandbox Jira: each process calls it by an address of its own, and may be killed while it calls."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from fleet.chronicle import Chronicle

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site import Site
from connectors.sandbox.site_state.state import Event
from mappings.facts.entity_property import property_id, property_key

PREFIX = "/ex/"
LINK = "remotelink:"
"""How a link is counted among what is written: by its global id."""


@dataclass(frozen=True, slots=True)
class Strike:
    """Kill the caller at its call number `calls` by this method ("" for any), before Jira hears of it or after."""

    calls: int
    method: str = ""
    after: bool = False


class Gateway:
    """A WSGI application around another: takes the caller's name out of the path, and strikes where that was asked for."""

    def __init__(self, app: Callable[..., Iterable[bytes]], chronicle: Chronicle) -> None:
        self.app = app
        self.chronicle = chronicle
        self.kill: Callable[[str, str], None] = lambda _name, _why: None
        self._strikes: dict[str, Strike] = {}
        self._since: dict[str, float] = {}
        self._lock = threading.Lock()

    def address(self, base_url: str, name: str) -> str:
        """Where this process finds Jira's API."""
        return f"{base_url}{PREFIX}{name}"

    def strike(self, name: str, strike: Strike) -> None:
        """Plan a death."""
        with self._lock:
            self._strikes[name] = strike
            self._since[name] = time.monotonic()

    def planned(self, name: str) -> bool:
        """Whether it is still to die."""
        with self._lock:
            return name in self._strikes

    def overdue(self, name: str, seconds: float) -> bool:
        """Whether it was to die, and did not for so long; from now on it is not."""
        with self._lock:
            late = name in self._strikes and time.monotonic() - self._since[name] > seconds
            return late and self._strikes.pop(name) is not None

    def spare(self) -> list[str]:
        """Plan no more deaths; whose did not come."""
        with self._lock:
            names, self._strikes = list(self._strikes), {}
        return names

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = self._take_name(environ)
        found = self._struck(name, environ["REQUEST_METHOD"])
        if found is None:
            return self.app(environ, start_response)
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if found.after:
            answer = self.app(environ, start_response)
            self.kill(name, f"after {call}")
            return answer
        self.kill(name, f"before {call}")
        start_response("503 Service Unavailable", [("X-Sandbox-Cut", "0")])
        return []

    def _take_name(self, environ: dict[str, Any]) -> str:
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return ""
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        environ["PATH_INFO"] = f"/{rest}"
        return str(name)

    def _struck(self, name: str, method: str) -> Strike | None:
        with self._lock:
            planned = self._strikes.get(name)
            if planned is None or planned.method not in ("", method):
                return None
            if planned.calls > 1:
                self._strikes[name] = replace(planned, calls=planned.calls - 1)
                return None
            return self._strikes.pop(name)


class Ledger:
    """Keeps account of accepted edits of ours that named a field and left its value as it was.

    Jira keeps no history of entity properties: what one held before is what we put there last. Where people meddled with it that is
    not so, and nobody asks for their places.
    """

    def __init__(self, site: Site, chronicle: Chronicle) -> None:
        self.repeats: Counter[tuple[str, str]] = Counter()
        self._chronicle = chronicle
        self._changed = threading.local()
        self._properties, self._links = site.sandbox.properties, site.sandbox.remote_links
        self._held = {
            (issue_id, property_id(key)): value
            for issue_id, kept in self._properties.items()
            for key, value in kept.items()
        }
        self._count = site.calls.wrote
        site.sandbox.listeners.append(self._hear)
        site.calls.wrote = self._wrote  # type: ignore[method-assign]

    def _hear(self, event: Event) -> None:
        """An edit tells of what it changes in the thread that makes it, before it is counted."""
        items = event.history.items if event.history is not None else ()
        if event.actor.id == CONNECTOR.id:
            self._changed.fields = {item.field_id for item in items}
            return
        changed = ", ".join(f"{one.field} {one.old_text} to {one.new_text}" for one in items)
        key = event.record.key if event.record is not None else ""
        self._chronicle.note("people", f"{event.name} {key} {changed}")

    def _wrote(self, issue_id: str, fields: list[str]) -> None:
        changed: set[str | None] = getattr(self._changed, "fields", set())
        self._changed.fields = set()
        changed = changed | self._changed_properties(issue_id, fields)
        self._count(issue_id, fields)
        for field in fields:
            if field not in changed:
                self.repeats[issue_id, field] += 1
        same = [field for field in fields if field not in changed]
        self._chronicle.note(
            "jira", f"issue {issue_id} written: {fields}" + (f", unchanged: {same}" * bool(same))
        )

    def _changed_properties(self, issue_id: str, fields: list[str]) -> set[str]:
        changed = set()
        for field in fields:
            key, link = property_key(field), field.removeprefix(LINK)
            if key is None and link == field:
                continue
            now: object = self._properties.get(issue_id, {}).get(key or "")
            if key is None:
                now = self._links.get(issue_id, {}).get(link, {}).get("object")
            if now != self._held.get((issue_id, field)):
                changed.add(field)
            self._held[issue_id, field] = now
        return changed
