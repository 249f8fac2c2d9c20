"""`/audit` and `/me`: who changed what of the configuration, and who the caller is."""

from __future__ import annotations

from plugin.access.authorization.person import current_person
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.filters import AuditQuery, search_of
from plugin.doors.model import JsonShape, Page
from plugin.doors.rows import ActJson, act_json
from plugin.use_cases.accounts.audit import list_entries

ROUTES = Routes()


class CallerJson(JsonShape):
    """Who the request is made for, and what it may do. `token` is the name of the API token it came with."""

    email: str
    name: str
    may: str
    token: str | None


@ROUTES.get("/audit", "admin", "Who changed what of the configuration, newest first.")
def list_audit(caller: Caller, query: AuditQuery) -> Reply[Page[ActJson]]:
    """Newest first."""
    name = list_name("audit", query)
    before = number_after(query.cursor, name)
    found = list_entries(caller.connector, caller.actor, search_of(query), query.limit + 1, before)
    shown = found[: query.limit]
    more = len(found) > len(shown)
    return Reply(
        Page[ActJson](
            items=[act_json(one) for one in shown], next=cursor(name, shown[-1].id) if more else None
        )
    )


@ROUTES.get("/me", "viewer", "Who you are here, and what you may do.", unsettled=True)
def me(_call: Caller) -> Reply[CallerJson]:
    """Whether a token works, and what it may do."""
    person = current_person()
    return Reply(CallerJson(email=person.email, name=person.name, may=person.role.value, token=person.token))
