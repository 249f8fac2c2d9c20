"""`okr_subscriptions`: programs that are told what happens."""

from __future__ import annotations

from datetime import datetime

from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, PageArguments, RowCount, Shape, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.subscriptions import subscriptions


class SubscriptionShape(Shape):
    """One program: the host alone is told of its address. Nothing is posted to one that is dead or paused."""

    id: str
    host: str
    events: list[str]
    state: str
    failing_since: datetime | None
    why: Quoted
    sent: int
    waiting: int
    given_up: int


class SubscriptionList(Answer):
    """The oldest first."""

    counted: RowCount
    subscriptions: list[SubscriptionShape]


def okr_subscriptions(asking: ToolAsker, arguments: PageArguments) -> SubscriptionList:
    """Who is told what, and whether it arrives."""
    site = site_of(asking, arguments)
    found = subscriptions.list_subscriptions(asking.connector, asking.actor, site)
    shown, counted = page_of(
        f"okr_subscriptions:{site}", arguments, found, (f"{one.id} {one.state}" for one in found)
    )
    return SubscriptionList(
        provenance=provenance(asking, site, SubscriptionList, f"/sites/{site}/subscriptions"),
        counted=counted,
        subscriptions=[
            SubscriptionShape(
                id=one.id,
                host=one.host,
                events=list(one.events),
                state=one.state.value,
                failing_since=one.failing_since,
                why=one.note,
                sent=one.sent,
                waiting=one.waiting,
                given_up=one.given_up,
            )
            for one in shown
        ],
    )


SUBSCRIPTIONS = Tool(
    name="okr_subscriptions",
    title="Subscriptions",
    description="Programs that are told what happens: which events, whether they arrive, and how many wait.",
    takes=PageArguments,
    gives=SubscriptionList,
    function=okr_subscriptions,
)
