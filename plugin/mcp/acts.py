"""`okr_check_in`, `okr_retry` and `okr_sync_now`: what can be done, for those whose role and token allow as much."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mappings.explain.check_in import DELTA, Measure, share
from mappings.numbers import exact, plain
from mappings.rollup.check_in_override import measure_of
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.confirmation import ActArguments, ActReceipt, two_calls
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective
from plugin.mcp.protocol.shapes import Name
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.check_ins.check_ins import (
    Statement,
    check_in,
    derived_progress,
    key_result_of,
    list_check_ins,
    typed_confidence,
)
from plugin.use_cases.check_ins.conversation import reply
from plugin.use_cases.work import dead_letters, sync

LONGEST_NOTE = 2000
CONFIRMED = "Call without confirm first, show the person `would`, call again with confirm after their yes."


class CheckInArguments(ActArguments):
    """What somebody says."""

    objective_key: Name
    key_result: Name = Field(description="Its id or key.")
    value: float | None = Field(
        None, allow_inf_nan=False, description="Current value of a metric, else progress as a share of 1."
    )
    confidence: Annotated[str, StringConstraints(max_length=20)] = Field(
        "", description="0 to 10, on, at or off."
    )
    note: Annotated[str, StringConstraints(max_length=LONGEST_NOTE)] = ""
    until: date | None = Field(
        None, description="Last day it holds, YYYY-MM-DD; else until the derived value moves."
    )


class ReplyArguments(ActArguments):
    """What somebody answers."""

    objective_key: Name
    check_in: int = Field(ge=1, description="Its number, as okr_get names it.")
    said: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE)]


class RetryArguments(ActArguments):
    """Which objective."""

    objective_key: Name = Field(description="As okr_gaps names it.")


class SyncArguments(ActArguments):
    """How much to read."""

    kind: Literal["recent", "full"] = "recent"


def okr_check_in(asking: ToolAsker, arguments: CheckInArguments) -> ActReceipt:
    """Say what a key result stands at."""
    site = site_of(asking, arguments)
    saved = objective_of(asking, site, arguments.objective_key)
    one = key_result_of(saved.state, arguments.key_result)
    value = None if arguments.value is None else exact(arguments.value)
    if value is None and arguments.value is not None:
        raise UnanswerableQuestion("value: it is no number that can be kept.")
    confidence = typed_confidence(arguments.confidence)
    until = "until the derived value moves" if arguments.until is None else f"until {arguments.until}"
    parts = []
    if value is not None:
        of_share = measure_of(one.kind) is Measure.PROGRESS
        parts.append(f"stands at {f'{plain(value * 100)} %' if of_share else plain(value)} {until}")
    if confidence is not None:
        parts.append(f"has confidence {confidence.said}")
    if not parts:
        parts.append("has a note")
    derived = derived_progress(one)
    stands = "unknown" if derived is None else share(derived)
    what = f"{one.key or one.id} “{one.title}” of {saved.state.key or saved.state.id} {' and '.join(parts)}"

    def do() -> str:
        moves = (
            DELTA if arguments.until is None else None
        )  # it holds until a day, or until the derived value moves
        wanted = Statement(
            key_result=one.id,
            value=value,
            note=arguments.note,
            until=arguments.until,
            delta=moves,
            confidence=confidence,
        )
        kept = check_in(asking.connector, asking.actor, site, saved.state.id, wanted)
        return f"Kept as check-in {kept.id}: {what}."

    would = f"Say that {what}; derived from Jira is {stands}."
    path = page_of_objective(asking, site, saved)
    return two_calls(asking, CHECK_IN.name, arguments, site, path, would, do)


def okr_reply(asking: ToolAsker, arguments: ReplyArguments) -> ActReceipt:
    """Answer a check-in."""
    site = site_of(asking, arguments)
    saved = objective_of(asking, site, arguments.objective_key)
    every = list_check_ins(asking.connector, asking.actor, site, saved.state.id)
    said = [one for one in every if not one.retracted]
    found = next((one.check_in for one in said if one.check_in.id == arguments.check_in), None)
    if found is None:
        known = ", ".join(str(one.check_in.id) for one in said[:20]) or "none"
        raise UnanswerableQuestion(
            f"There is no check-in {arguments.check_in} of this objective; there are: {known}."
        )
    what = f"check-in {found.id} by {found.by} ({found.said}) with: {arguments.said}"

    def do() -> str:
        made = reply(asking.connector, asking.actor, site, saved.state.id, arguments.check_in, arguments.said)
        return f"Kept as answer {made.id} to check-in {made.check_in}."

    path = page_of_objective(asking, site, saved)
    return two_calls(asking, REPLY.name, arguments, site, path, f"Answer {what}", do)


def okr_retry(asking: ToolAsker, arguments: RetryArguments) -> ActReceipt:
    """Try an objective again that failed for good."""
    site = site_of(asking, arguments)
    found = dead_letters.find_letter(asking.connector, asking.actor, site, arguments.objective_key)
    if found is None and arguments.confirm is None:
        letters = dead_letters.list_letters(asking.connector, asking.actor, site)
        known = ", ".join(one.name for one in letters) or "none"
        raise UnanswerableQuestion(f"{arguments.objective_key!r} is no failed item. Failed items: {known}.")

    def do() -> str:
        if found is None or not dead_letters.retry(asking.connector, asking.actor, site, found.objective_id):
            raise UnanswerableQuestion(f"{arguments.objective_key!r} is no failed item any more.")
        return f"{found.name} is tried again now."

    what = arguments.objective_key if found is None else f"{found.name}, which failed: {found.error}"
    return two_calls(asking, RETRY.name, arguments, site, "/health", f"Try again {what}", do)


def okr_sync_now(asking: ToolAsker, arguments: SyncArguments) -> ActReceipt:
    """Read Jira in the background."""
    site = site_of(asking, arguments)
    what = "everything" if arguments.kind == "full" else "what changed of late"

    def do() -> str:
        begun = sync.begin(asking.connector, asking.actor, site, sync.SyncRequest(arguments.kind))
        now = "Reading has begun" if begun else "A sync goes on already"
        return f"{now}; okr_freshness says when it is done."

    would = f"Read {what} of {site} from Jira in the background, reconcile every objective, and write what differs."
    return two_calls(asking, SYNC_NOW.name, arguments, site, "/health", would, do)


CHECK_IN = Tool(
    name="okr_check_in",
    title="Check in",
    description=f"Say what a key result stands at. {CONFIRMED}",
    takes=CheckInArguments,
    gives=ActReceipt,
    function=okr_check_in,
    permission=Permission.EDITOR,
)
REPLY = Tool(
    name="okr_reply",
    title="Answer a check-in",
    description=f"Answer what somebody said of a key result; no number follows from it. {CONFIRMED}",
    takes=ReplyArguments,
    gives=ActReceipt,
    function=okr_reply,
    permission=Permission.EDITOR,
)
RETRY = Tool(
    name="okr_retry",
    title="Try again",
    description=f"Try an objective again that failed for good. {CONFIRMED}",
    takes=RetryArguments,
    gives=ActReceipt,
    function=okr_retry,
    permission=Permission.EDITOR,
)
SYNC_NOW = Tool(
    name="okr_sync_now",
    title="Read Jira now",
    description=f"Read Jira in the background and write what differs. {CONFIRMED}",
    takes=SyncArguments,
    gives=ActReceipt,
    function=okr_sync_now,
    permission=Permission.EDITOR,
)
