"""`/views`: pages that one keeps for oneself under a name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import JsonShape, ListQuery, OutcomeJson, Page, Query, RequestPart, Word
from plugin.doors.refusal import invalid, not_found
from plugin.next_steps import SAVED_VIEWS
from plugin.use_cases.accounts.saved_views import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    SavedView,
    ViewRefusal,
    keep,
    list_views,
    remove,
)

ROUTES = Routes()


class ViewJson(JsonShape):
    """A page you keep: its name, and its address behind the host."""

    name: str
    address: str


class ViewBody(RequestPart):
    """What to keep, and under which name."""

    name: Annotated[Word, Field(max_length=LONGEST_NAME)] = Field(description="How you call it.")
    address: Annotated[str, Field(strict=True, min_length=1, pattern=r"^[^\x00]*$")] = Field(
        max_length=LONGEST_ADDRESS,
        description="The address of a page of objectives, KPIs or cycles behind the host, for example /?cycle=2026-Q4.",
    )


class ViewQuery(Query):
    """One view; its name stands in the query, for it may hold a slash."""

    name: Annotated[Word, Field(max_length=LONGEST_NAME)] = Field(description="The name of a view of yours.")


@ROUTES.get("/views", "viewer", "Pages you keep under a name.")
def list_own_views(caller: Caller, query: ListQuery) -> Reply[Page[ViewJson]]:
    """Yours alone, by name."""
    name = list_name("views", query)
    after = position(query.cursor, name, (str,))
    left = [
        one for one in list_views(caller.connector, caller.actor) if after is None or one.name > str(after[0])
    ]
    shown = left[: query.limit]
    rows = [_json(one) for one in shown]
    more = len(left) > len(shown)
    return Reply(Page[ViewJson](items=rows, next=cursor(name, shown[-1].name) if more else None))


@ROUTES.put(
    "/views", "viewer", "Keep a page under a name, in the place of what was kept under it.", in_person=True
)
def keep_view(caller: Caller, body: ViewBody) -> Reply[ViewJson]:
    """It is yours alone."""
    try:
        return Reply(_json(keep(caller.connector, caller.actor, body.name, body.address)))
    except ViewRefusal as error:
        raise invalid(f"/{error.about}", str(error), SAVED_VIEWS) from error


@ROUTES.delete("/views", "viewer", "Keep a page no longer.", in_person=True)
def remove_view(caller: Caller, query: ViewQuery) -> Reply[OutcomeJson]:
    """The page itself stays."""
    if not remove(caller.connector, caller.actor, query.name):
        raise not_found("view", query.name, SAVED_VIEWS)
    return Reply(OutcomeJson(said=f"{query.name} is kept no longer."))


def _json(one: SavedView) -> ViewJson:
    return ViewJson(name=one.name, address=one.address)
