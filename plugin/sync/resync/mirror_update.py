"""Lands what a resync reads in the mirror, and counts what had been wrong there: by issue, and by objective."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import IssueMemory
from connectors.store.numbers import objectives
from connectors.store.writes.brakes import Brake
from mappings.facts.forest import Forest
from mappings.facts.gap import Gap
from mappings.facts.issue import HISTORY, Issue
from mappings.rollup.assessment import Assessment
from mappings.write_back.evidence import UnheardEdit
from plugin.sync.active_mapping import require
from plugin.sync.context import Context
from plugin.sync.reconcile import candidates
from plugin.sync.refresh import gaps
from plugin.sync.refresh.reread import land_issues
from plugin.sync.refresh.tombstones import ask_again, doubtful
from plugin.sync.resync.double_check import DoubleCheckedPage
from plugin.sync.write_back.edits import arrival, departure, unheard_edit
from plugin.sync.write_back.state_changes import (
    all_read_at,
    entrance_changes,
    exit_changes,
    sole_changes,
    told_since,
)

Evidence = tuple[frozenset[str], Mapping[str, UnheardEdit]]
"""Ids of issues that changed without an edit, and of these and others what their histories have to tell."""
Progress = Callable[[int, int | None], None]
"""Is told how many issues are read, and of how many."""
ON_ITS_WAY = timedelta(minutes=2)
"""So long after a change its webhook may still be under way: what a look at recent changes finds then is no drift."""


@dataclass(frozen=True, slots=True)
class MirrorUpdate:
    """What one page brought: issues whose facts were news, how many of these a webhook may still tell of, and what they concern.

    `drifted` counts by objective the issues that had been wrong beneath it; `occupied` says that a field we write has a value.
    `silent` ones changed without an edit: Jira's `updated` stands where it stood, so nothing in Jira explains it. Of these and the others
    `edited` says what moved, or what brought in one that was not known: a comment makes an issue newer, too.
    """

    issues: int = 0
    changed: int = 0
    on_their_way: int = 0
    marked: frozenset[str] = frozenset()
    objectives: frozenset[str] = frozenset()
    drifted: Mapping[str, int] = field(default_factory=dict)
    occupied: bool = False
    silent: frozenset[str] = frozenset()
    edited: Mapping[str, UnheardEdit] = field(default_factory=dict)


@dataclass(slots=True)
class ResyncResult:
    """What a resync found. `drift` counts issues the mirror had wrong (none on the first read); `marked` is what they may concern.

    `resumed`: it went on from where an earlier one had stopped. `asked_otherwise`: another scope or other fields were read before,
    so that what differs is no drift. `losses` are issues that Jira shows no more and that wait for a person, `accepted` the keys of those
    that were dropped because a person said so beforehand. So many objectives as are `standing` were found as they should be.
    """

    kind: Literal["full", "recent"] = "full"
    read: int = 0
    changed: int = 0
    on_their_way: int = 0
    removed: int = 0
    losses: int = 0
    accepted: tuple[str, ...] = ()
    objectives: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    drifted: Counter[str] = field(default_factory=Counter)
    first: bool = False
    occupied: bool = False
    resumed: bool = False
    asked_otherwise: bool = False
    held: Brake | None = None
    standing: int = 0
    silent: set[str] = field(default_factory=set)
    edited: dict[str, UnheardEdit] = field(default_factory=dict)

    @property
    def drift(self) -> int:
        """Issues that a webhook should have brought and did not."""
        return 0 if self.first or self.asked_otherwise else self.changed - self.on_their_way + self.removed

    def add(self, landed: MirrorUpdate) -> None:
        """Count a page."""
        self.read += landed.issues
        self.changed += landed.changed
        self.on_their_way += landed.on_their_way
        self.objectives |= landed.objectives
        self.marked |= landed.marked
        self.count_drift(landed.drifted)
        self.occupied = self.occupied or landed.occupied
        self.silent |= landed.silent
        self.edited |= landed.edited

    def count_drift(self, drifted: Mapping[str, int]) -> None:
        """By objective, where it is drift."""
        if not self.asked_otherwise:
            self.drifted.update(drifted)


def land_first(
    context: Context, conn: Connection, issues: list[Issue], unread: Iterable[Gap] = ()
) -> MirrorUpdate:
    """Nothing was known before: nothing can have changed, and every objective is marked at the end."""
    require(conn, context)
    issues, refused = gaps.sift(context, _undoubted(context, conn, issues))
    changed = mirror.put(conn, context.site, issues)
    gaps.land(context, conn, issues, (), (*unread, *refused))
    candidates.land(context, conn, (issue for issue in issues if issue.id in changed), ())
    ours = context.written_places
    occupied = any(ours & issue.fields.keys() for issue in issues)
    return MirrorUpdate(
        len(issues), len(changed), objectives=objectives_among(context, issues), occupied=occupied
    )


def land_again(
    context: Context,
    conn: Connection,
    looked: DoubleCheckedPage,
    *,
    recent: bool = False,
    memory: IssueMemory | None = None,
) -> MirrorUpdate:
    """What is news changes the mirror and marks objectives, for the time when the resync is over."""
    issues = looked.issues
    before = mirror.hold(conn, context.site, [issue.id for issue in issues], memory)
    marked, changed = land_issues(context, conn, looked.shown, set(), held=before)
    if looked.anew or looked.gaps:
        also, too = land_issues(context, conn, looked.anew, set(), looked.read_at, looked.gaps, held=before)
        marked, changed = marked | also, changed | too
    news = news_among(context, before, issues, changed)
    late = [issue for issue in news if not (recent and context.clock() - issue.updated < ON_ITS_WAY)]
    silent, edited = evidence(context, conn, before, news)
    return MirrorUpdate(
        issues=len(issues),
        changed=len(news),
        on_their_way=len(news) - len(late),
        marked=marked,
        objectives=objectives_among(context, issues),
        drifted=drift_of(context, conn, before, late),
        silent=silent,
        edited=edited,
    )


def news_among(
    context: Context, before: Mapping[str, Issue], issues: Iterable[Issue], changed: Collection[str]
) -> list[Issue]:
    """Those of the issues that changed in the mirror by more than our own writes."""
    told = frozenset(context.fields) - context.written_places
    metrics = context.metric_fields
    return [one for one in issues if one.id in changed and _is_news(before.get(one.id), one, told, metrics)]


def departures(context: Context, before: Mapping[str, Issue], left: Iterable[Issue]) -> Evidence:
    """Of issues that are outside of the scope now, and were known in it, what was not edited since, and of all what has to be told by their histories.

    One that is outside as it was known, too, went with the clock, or with another scope: nothing of it changed.
    """
    silent, edited = set[str](), dict[str, UnheardEdit]()
    for issue in left:
        known = before.get(issue.id)
        if known is None or not context.holds(known):
            continue
        if exit_changes(context, known, issue):
            continue
        edited[issue.id] = departure(context, known, issue)
        if not _is_edited(known, issue, None):
            silent.add(issue.id)
    return frozenset(silent), edited


def evidence(
    context: Context, conn: Connection, before: Mapping[str, Issue], news: Collection[Issue]
) -> Evidence:
    """Of what is news, what was not edited since the mirror knew it, and what moved; of an issue it did not know, since the last read of all.

    That an issue was archived is Jira's own word, whatever its `updated` says; so is the state of a sprint or a version.
    """
    if not news:
        return frozenset(), {}
    read_at = all_read_at(context, conn)
    stated = told_since(context, conn, read_at) if any(one.id not in before for one in news) else {}
    silent, edited = set[str](), dict[str, UnheardEdit]()
    for issue in news:
        known = before.get(issue.id)
        if known is not None and issue.archived and not known.archived:
            continue
        if known is None and read_at is not None and entrance_changes(context, stated, issue, read_at):
            continue
        if not (_is_edited(known, issue, read_at) or (known and sole_changes(context, known, issue))):
            silent.add(issue.id)
        if known is not None:
            edited[issue.id] = unheard_edit(context, known, issue)
        elif read_at is not None:
            edited[issue.id] = arrival(context, issue, read_at)
    return frozenset(silent), edited


def _is_edited(before: Issue | None, after: Issue, read_at: datetime | None) -> bool:
    if before is not None:
        return after.updated > before.updated
    return read_at is not None and after.updated > read_at


def objectives_among(context: Context, issues: Iterable[Issue]) -> frozenset[str]:
    """Those of the issues that are objectives."""
    assessment = Assessment(context.mapping, Forest.of(()), context.moment())
    return frozenset(issue.id for issue in issues if assessment.rule_for(issue))


def drift_of(
    context: Context, conn: Connection, before: Mapping[str, Issue], wrong: Iterable[Issue]
) -> Counter[str]:
    """By objective, how many of its issues the mirror had wrong. An issue that came or moved counts where its parent counts."""
    near = {issue.id: _near(before.get(issue.id), issue) for issue in wrong}
    if not near:
        return Counter()
    hanging = objectives.hanging_on(conn, context.site, frozenset().union(*near.values()))
    return Counter(
        objective_id
        for ids in near.values()
        for objective_id in frozenset().union(*(hanging.get(id_, frozenset()) for id_ in ids))
    )


def _near(before: Issue | None, after: Issue) -> frozenset[str]:
    near: set[str | None] = {after.id}
    if before is None or before.parent_id != after.parent_id:
        near |= {after.parent_id, before.parent_id if before else None}
    if before is None:
        near |= {link.issue_id for link in after.links}
    return frozenset(id_ for id_ in near if id_ is not None)


def _undoubted(context: Context, conn: Connection, issues: list[Issue]) -> list[Issue]:
    """Without those that left the mirror a moment ago and that a search, which lags, shows once more."""
    doubted = doubtful(context, conn, (issue.id for issue in issues), None)
    if not doubted:
        return issues
    doubted -= mirror.get(conn, context.site, doubted).keys()
    ask_again(context, conn, doubted)
    return [issue for issue in issues if issue.id not in doubted]


def _is_news(before: Issue | None, after: Issue, told: frozenset[str], metrics: frozenset[str]) -> bool:
    """Whether more differs than our own writes do (the time of the last edit, the fields we write), and than a preview read besides.

    The history of a field that only a former mapping measured is not read any more: that it is gone is no news from Jira either.
    """
    return before is None or _told(before, after, told, metrics) != _told(after, after, told, metrics)


def _told(issue: Issue, edited: Issue, told: frozenset[str], metrics: frozenset[str]) -> Issue:
    """What it says of these fields and histories."""
    return replace(
        issue,
        updated=edited.updated,
        fields={name: value for name, value in issue.fields.items() if name in told},
        readings={name: of for name, of in issue.readings.items() if name in metrics},
        unknowns={name: why for name, why in issue.unknowns.items() if metrics or name != HISTORY},
    )
