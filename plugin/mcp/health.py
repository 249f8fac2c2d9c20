"""`okr_freshness` and `okr_gaps`: how old the data is, and what is missing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Arguments, Counted, Name, PageArguments, Shape, page_of
from plugin.mcp.protocol.tool import Asking, Tool
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import SiteStatus, status
from plugin.use_cases.objectives.objectives import RowSelection, SavedObjective, every_objective

USUAL, MOST = 50, 200


class ConcernShown(Shape):
    """Something that troubles the site, and what to do about it. `wrong`: somebody has to do it."""

    kind: str
    said: Quoted
    remedy: Quoted
    wrong: bool


class Freshness(Answer):
    """How a site stands. Instants that are null: never. Counts that are null: not counted."""

    issues: int | None
    last_full_read: datetime | None
    last_recent_read: datetime | None
    last_webhook: datetime | None
    newest_change: datetime | None
    waiting: int
    dead_letters: int
    refused: int
    held: int
    gaps: int
    losses: int
    drift_issues: int | None
    outage: Quoted | None
    concerns: list[ConcernShown]


class GapKind(StrEnum):
    """What is missing: a number that is unknown, a check-in that asks, an issue or value that could not be read or is not shown, a
    write that waits or was refused, an objective that failed for good.
    """

    UNKNOWN = "unknown"
    ASKS = "asks"
    UNREAD = "unread"
    LOST = "lost"
    HELD = "held"
    REFUSED = "refused"
    DEAD_LETTER = "dead_letter"


class Gap(Shape):
    """One thing that is missing: of which objective, key result or issue, and what to do about it."""

    kind: GapKind
    objectives: list[str]
    key_result: str | None
    issue: str | None
    what: Quoted
    remedy: Quoted


class Gaps(Answer):
    """`by_kind` and `counted.total` cover all."""

    counted: Counted
    by_kind: dict[str, int]
    gaps: list[Gap]


class GapArguments(PageArguments):
    """Of what."""

    objective_key: Name | None = Field(
        None, description="Only what concerns this objective; all where left out."
    )
    limit: int = Field(USUAL, ge=1, le=MOST)


def okr_freshness(asking: Asking, arguments: Arguments) -> Freshness:
    """How a site stands."""
    site = site_of(asking, arguments)
    stands = status(asking.connector, asking.actor, site)
    return Freshness(
        provenance=provenance(asking, site, Freshness, "/health"),
        issues=stands.issues,
        last_full_read=stands.last_resync,
        last_recent_read=stands.last_recent,
        last_webhook=stands.last_delivery,
        newest_change=stands.newest_change,
        waiting=stands.due,
        dead_letters=len(stands.dead),
        refused=len(stands.refused),
        held=len(stands.held),
        gaps=sum(one.waits for one in stands.gaps),
        losses=len(stands.losses),
        drift_issues=None if stands.drift is None else stands.drift.issues,
        outage=None if stands.outage is None else stands.outage.error,
        concerns=[
            ConcernShown(kind=one.kind, said=f"{one.word}: {one.sentence}", remedy=one.todo, wrong=one.wrong)
            for one in concerns(stands)
        ],
    )


def okr_gaps(asking: Asking, arguments: GapArguments) -> Gaps:
    """What is missing of a site, or of one objective."""
    site = site_of(asking, arguments)
    stands = status(asking.connector, asking.actor, site)
    path = "/health"
    if arguments.objective_key is None:
        found = [*_of_site(stands)]
        for saved in every_objective(asking.connector, asking.actor, RowSelection(sites=(site,))):
            found += _of_objective(saved)
    else:
        saved = objective_of(asking, site, arguments.objective_key)
        names = {saved.state.key, saved.state.id}
        found = [one for one in _of_site(stands) if names & set(one.objectives)] + [*_of_objective(saved)]
        path = page_of_objective(asking, site, saved)
    shown, counted = page_of(
        f"okr_gaps:{site}",
        arguments,
        found,
        (f"{one.kind} {one.objectives} {one.key_result} {one.issue}" for one in found),
    )
    return Gaps(
        provenance=provenance(asking, site, Gaps, path),
        counted=counted,
        by_kind=dict(Counter(one.kind.value for one in found)),
        gaps=list(shown),
    )


def _of_site(stands: SiteStatus) -> Iterator[Gap]:
    for letter in stands.dead:
        yield _gap(
            GapKind.DEAD_LETTER,
            (letter.key or letter.objective_id,),
            letter.error,
            letter.remedy,
            letter.issue_key,
        )
    for refused in stands.refused:
        what = f"Jira refuses {refused.field_name}: {refused.message}"
        yield _gap(GapKind.REFUSED, (refused.objective_id,), what, refused.remedy, refused.issue_key)
    for held in stands.held:
        what = f"{held.field_name} is not written: {held.why}"
        remedy = "jira-okr held list shows it; an editor releases or drops it."
        yield _gap(GapKind.HELD, (held.name, held.objective_id), what, remedy, held.issue_key)
    for unread in stands.gaps:
        accepted = f" Accepted by {unread.accepted_by}: left out as unknown." if unread.accepted_by else ""
        yield _gap(
            GapKind.UNREAD, unread.objectives, f"{unread.reason}{accepted}", unread.remedy, unread.name
        )
    for loss in stands.losses:
        remedy = "jira-okr losses list shows it; an editor accepts or dismisses it."
        yield _gap(GapKind.LOST, loss.objectives, loss.reason, remedy, loss.issue_key)


def _of_objective(saved: SavedObjective) -> Iterator[Gap]:
    state = saved.state
    names = (state.key or state.id,)
    if state.progress is None:
        yield _gap(GapKind.UNKNOWN, names, state.health.sentence, "Look at its key results.")
    for one in state.key_results:
        called = one.key or one.id
        if one.measurement.progress is None:
            remedy = "Fill in Jira what the reason names, or check in."
            yield _gap(GapKind.UNKNOWN, names, one.measurement.reason, remedy, one.key, called)
        if one.check_in is not None and one.check_in.asks:
            remedy = "Check in anew, or withdraw the check-in."
            yield _gap(GapKind.ASKS, names, one.check_in.sentence, remedy, one.key, called)


def _gap(
    kind: GapKind,
    objectives: tuple[str, ...],
    what: str,
    remedy: str,
    issue: str | None = None,
    key_result: str | None = None,
) -> Gap:
    return Gap(
        kind=kind,
        objectives=list(dict.fromkeys(objectives)),
        key_result=key_result,
        issue=issue or None,
        what=what,
        remedy=remedy,
    )


FRESHNESS = Tool(
    name="okr_freshness",
    title="How old the data is",
    description="How fresh a site's data is, what waits, what failed, and what to do about it.",
    takes=Arguments,
    gives=Freshness,
    function=okr_freshness,
)
GAPS = Tool(
    name="okr_gaps",
    title="What is missing",
    description="What is unknown, could not be read, is held or refused, failed, or asks for a person, each with a remedy.",
    takes=GapArguments,
    gives=Gaps,
    function=okr_gaps,
)
