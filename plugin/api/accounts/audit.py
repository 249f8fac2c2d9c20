"""`/audit` and `/me`: who changed what of the configuration, and who the caller is."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plugin.access.authorization.person import present
from plugin.api.protocol.cursor import cursor, list_name, number_after
from plugin.api.protocol.model import Given, Instant, JsonAny, ListQuery, Page, SiteName, Word
from plugin.api.protocol.operation import Call, Reply, Routes
from plugin.use_cases.accounts.audit import AuditEntry, Search, list_entries

ROUTES = Routes()


class ActGiven(Given):
    """One act; `site` is empty for what concerns the whole installation."""

    id: int
    at: datetime
    site: str
    who: str
    what: str
    detail: dict[str, JsonAny]


class AuditQuery(ListQuery):
    """Which acts."""

    text: Word | None = Field(None, description="Words that all occur, in any case.")
    site: SiteName | None = Field(None, description="Of one site alone.")
    since: Instant | None = Field(None, description="Not before this instant.")
    until: Instant | None = Field(None, description="Before this instant.")


class MeGiven(Given):
    """Who the request is made for, and what it may do. `token` is the name of the API token it came with."""

    email: str
    name: str
    may: str
    token: str | None


@ROUTES.get("/audit", "admin", "Who changed what of the configuration, newest first.")
def list_audit(call: Call, query: AuditQuery) -> Reply[Page[ActGiven]]:
    """Newest first."""
    name = list_name("audit", query)
    before = number_after(query.cursor, name)
    found = list_entries(call.connector, call.actor, search_of(query), query.limit + 1, before)
    shown = found[: query.limit]
    more = len(found) > len(shown)
    return Reply(
        Page[ActGiven](
            items=[act_given(one) for one in shown], next=cursor(name, shown[-1].id) if more else None
        )
    )


def search_of(query: AuditQuery) -> Search:
    """What to look for."""
    return Search(tuple((query.text or "").split()[:20]), query.site or "", query.since, query.until)


def act_given(one: AuditEntry) -> ActGiven:
    """One act as an answer shows it."""
    return ActGiven(id=one.id, at=one.at, site=one.site, who=one.who, what=one.what, detail=one.detail)


@ROUTES.get("/me", "viewer", "Who you are here, and what you may do.")
def me(_call: Call) -> Reply[MeGiven]:
    """Whether a token works, and what it may do."""
    person = present()
    return Reply(MeGiven(email=person.email, name=person.name, may=person.role.value, token=person.token))
