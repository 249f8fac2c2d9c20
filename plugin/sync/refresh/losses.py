"""What Jira shows no more: which of it is believed to be gone, and which waits for a person.

Jira says of some issues themselves that they are deleted: by an event, and on Data Center by its 404. Of all others it only says
nothing, which may as well mean that our account may not see them any more. These leave where their project can still be browsed and
each objective loses one row or a tenth of its rows at most; a project that vanishes is never a set of deletions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from connectors.store.absence import losses
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.writes import written_values
from mappings.facts.issue import Issue
from mappings.numbers import count_of
from plugin.sync.context import Context
from plugin.sync.refresh.project_access import may_browse
from plugin.sync.write_back.doubts import explain_gone

AT_ONCE = timedelta(hours=1)
"""What left by itself within this time counts together with what is missing now."""
SHARE = 10
"""An objective may lose one row by itself, or one of so many."""
FEW = 2
"""So many issues of a project, and more than half of all, are the project that vanishes."""

log = structlog.get_logger("jira_okr.losses")


@dataclass(frozen=True, slots=True)
class LostIssue:
    """One issue that waits: why, and the objectives that have it beneath them."""

    issue: Issue
    reason: str
    objectives: frozenset[str]


@dataclass(frozen=True, slots=True)
class WeighedLosses:
    """Of what Jira shows no more: what leaves the mirror, what of it left without Jira's own word, and what waits for a person.

    `said` is gone by Jira's own word, or by a person's: there is nothing to doubt. What the mirror does not have may be neither.
    """

    leaving: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    unsaid: tuple[LostIssue, ...] = ()
    held: tuple[LostIssue, ...] = ()


@dataclass(slots=True)
class _Scales:
    """What is weighed, and what was found against it: by issue id the reason why it waits."""

    known: Mapping[str, Issue]
    beneath: Mapping[str, frozenset[str]]
    held: dict[str, str] = field(default_factory=dict)


def weigh(
    context: Context, missing: Iterable[str], deleted: frozenset[str] = frozenset(), *, accept: bool = False
) -> WeighedLosses:
    """What becomes of issues that Jira shows no more. `deleted`: those that an event said are deleted; `accept`: a person said so of all.

    Asks Jira for permissions. Raises a JiraError where it cannot answer.
    """
    ids = frozenset(missing)
    if not ids:
        return WeighedLosses()
    with context.store.read() as conn:
        known = mirror.get(conn, context.site, ids)
        decided = {loss.issue_id: loss for loss in losses.load_all(conn, context.site)}
        scales = _Scales(known, _beneath(context, conn, known))
    kept = {id_ for id_ in known if id_ in decided and decided[id_].state == "kept"} - deleted
    if accept:
        return WeighedLosses(ids - kept, ids - kept)
    doubted = known.keys() - deleted - kept
    _weigh_projects(context, scales, doubted)
    unsaid = doubted if context.api == 3 else frozenset[str]()
    for id_ in sorted(unsaid - scales.held.keys()):
        if id_ in decided and decided[id_].state == "held":
            scales.held[id_] = decided[id_].reason
    _weigh_objectives(context, scales, unsaid, decided)
    held = scales.held.keys()
    leaving = ids - held - kept
    return WeighedLosses(
        leaving,
        leaving & deleted if context.api == 3 else leaving,
        tuple(_lost(scales, id_, _silently(known[id_])) for id_ in sorted(unsaid - held)),
        tuple(_lost(scales, id_, reason) for id_, reason in sorted(scales.held.items())),
    )


def record(context: Context, conn: Connection, weighed: WeighedLosses) -> None:
    """Keep what was found, in the transaction in which the rest leaves."""
    now = context.clock()
    losses.forget(conn, context.site, weighed.said)
    written_values.forget_of_issues(conn, context.site, weighed.said)
    explain_gone(context, conn, weighed.said | {one.issue.id for one in weighed.unsaid})
    losses.put(
        conn, context.site, "held", ((one.issue, one.reason, one.objectives) for one in weighed.held), now
    )
    losses.put(
        conn, context.site, "left", ((one.issue, one.reason, one.objectives) for one in weighed.unsaid), now
    )
    if weighed.held:
        keys = [one.issue.key for one in weighed.held]
        log.warning(
            "issues are no longer shown and are held", site=context.site, issues=keys[:10], of=len(keys)
        )


def _lost(scales: _Scales, id_: str, reason: str) -> LostIssue:
    return LostIssue(scales.known[id_], reason, scales.beneath.get(id_, frozenset()))


def _silently(issue: Issue) -> str:
    return f"Jira no longer shows {issue.key}: it was deleted, or a security level hides it from the connector's account."


def _weigh_projects(context: Context, scales: _Scales, doubted: Iterable[str]) -> None:
    """A project that is out of sight, or that lost more than half of what we know of it, waits as a whole."""
    by_project: dict[str, list[Issue]] = {}
    for id_ in doubted:
        issue = scales.known[id_]
        by_project.setdefault(issue.project.id, []).append(issue)
    if not by_project:
        return
    with context.store.read() as conn:
        sizes = mirror.sizes(conn, context.site, by_project)
    for project_id, gone in by_project.items():
        key, size = gone[0].project.key, sizes.get(project_id, len(gone))
        vanished = len(gone) >= FEW and 2 * len(gone) > size
        if context.api != 3 and not vanished:
            continue
        browsed = _may_browse(context, key)
        if browsed and not vanished:
            continue
        may = f"the account may {'still' if browsed else 'no longer'} browse the project"
        reason = f"Jira no longer shows {len(gone)} of {count_of(size, 'issue')} of {key}; by its own permissions {may}."
        scales.held.update(dict.fromkeys((issue.id for issue in gone), reason))


def _may_browse(context: Context, project_key: str) -> bool:
    if context.project_sight is not None:
        return context.project_sight.may_browse(project_key)
    return may_browse(context.jira, project_key)


def _weigh_objectives(
    context: Context, scales: _Scales, unsaid: Iterable[str], decided: Mapping[str, losses.Loss]
) -> None:
    """Where an objective would lose more than one row and more than a tenth of them, what it would lose waits."""
    lost: dict[str, set[str]] = {}
    for id_ in unsaid:
        for objective_id in scales.beneath.get(id_, ()):
            lost.setdefault(objective_id, set()).add(id_)
    since = context.clock() - AT_ONCE
    before = Counter(
        objective_id
        for one in decided.values()
        if one.state == "left" and one.at > since and one.issue_id not in scales.known
        for objective_id in one.objectives
    )
    for objective_id, ids in sorted(lost.items()):
        with context.store.read() as conn:
            saved = objectives.load(conn, context.site, objective_id)
            below = {one.id for one in mirror.subtree(conn, context.site, ids)}
        if saved is None or objective_id in ids:
            continue  # where the objective itself went, no number of its is left to be wrong
        rows = {row.id for one in saved.state.key_results for row in one.measurement.ledger.rows}
        gone, size = len(rows & below) + before[objective_id], len(rows) + before[objective_id]
        if gone <= 1 or gone * SHARE <= size:
            continue
        reason = (
            f"Jira no longer shows what {gone} of {count_of(size, 'row')} of {saved.state.key or objective_id} stand on; "
            "they were deleted, or a security level hides them from the connector's account."
        )
        for id_ in ids:
            scales.held.setdefault(id_, reason)


def _beneath(context: Context, conn: Connection, known: Mapping[str, Issue]) -> dict[str, frozenset[str]]:
    """By issue, the objectives that have it, or what is below it, beneath them."""
    below = {issue.id: issue for issue in mirror.subtree(conn, context.site, known)}
    hanging = objectives.hanging_on(conn, context.site, below)
    found: dict[str, set[str]] = {id_: set() for id_ in known}
    for issue in below.values():
        at: Issue | None = issue
        seen: set[str] = set()
        while at is not None and at.id not in seen:
            seen.add(at.id)
            if at.id in found:
                found[at.id] |= hanging.get(issue.id, frozenset())
            at = below.get(at.parent_id or "")
    return {id_: frozenset(those) for id_, those in found.items()}
