"""From deliveries to work: touched ids are read again in bulk, the mirror is brought up to date, objectives become due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError, RateLimitError
from connectors.store import StoreError
from connectors.store.absence import losses
from connectors.store.mirror import mirror
from connectors.store.mirror import state_changes as kept_changes
from connectors.store.mirror.issue_text import IssueMemory
from connectors.store.mirror.mirror import HeldIssues
from connectors.store.numbers import objectives
from connectors.store.reads import read_requests
from connectors.store.visibility import issue_sights
from connectors.store.work import inbox
from connectors.store.work.inbox import Delivery
from mappings.facts.forest import Forest
from mappings.facts.gap import Gap
from mappings.facts.issue import HISTORY, Issue, Reading
from mappings.facts.moment import Moment
from mappings.numbers import exact
from mappings.rollup.measurement import affected_objectives
from plugin.sync.active_mapping import FormerMapping, require
from plugin.sync.context import Context
from plugin.sync.intake.batch_size import WHOLE, cut_short, portion, went_well
from plugin.sync.intake.echo import is_echo
from plugin.sync.intake.triage import DeliveryBatch, sort_deliveries
from plugin.sync.reconcile import candidates
from plugin.sync.refresh import comments, gaps
from plugin.sync.refresh.losses import WeighedLosses, record, weigh
from plugin.sync.refresh.names import take_in
from plugin.sync.refresh.omissions import in_scope, spare_fields
from plugin.sync.refresh.own_writes import WINDOW, before_our_writes, overtaken, same_second
from plugin.sync.refresh.tombstones import ask_again, doubtful, remember
from plugin.sync.resync import activation_read
from plugin.sync.write_back.places import recall_fields, spare_own, with_places
from plugin.sync.write_back.state_changes import note_states

OF_SIGHT = frozenset({"security", "project", "issuekey"})
"""What changes of an issue when other people may see it: its security level, or its project by a move."""
log = structlog.get_logger("jira_okr.inbox")

History = dict[str, tuple[Reading, ...]]

LEASE = timedelta(minutes=1)
LOST_HISTORY = "its history cannot be had from Jira, so nobody knows since when it holds its value"
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ReadById:
    """What a read by id showed, what it no longer showed, and what it could not read."""

    issues: list[Issue]
    gone: frozenset[str] = frozenset()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundIssues:
    """What a read by id showed, what becomes of what it no longer showed, what could not be read, and when it began."""

    issues: list[Issue]
    lost: WeighedLosses
    read_at: datetime
    gaps: tuple[Gap, ...] = ()


def refresh(context: Context, worker: str) -> int:
    """Work off up to one batch of pending deliveries; how many they were: none under a former mapping either.

    Raises a JiraError where Jira cannot be read, a StoreError where the database fails: the deliveries stay pending then and are
    taken up again.
    """
    with context.store.read() as conn:
        if not inbox.load_pending(conn, 1, context.site):
            return 0
        most = portion(conn, context.site)
    with context.store.write() as conn:
        deliveries = inbox.claim(conn, context.site, worker, context.clock(), LEASE, most)
    try:
        _work_off(context, deliveries)
    except FormerMapping:
        with context.store.write() as conn:
            inbox.release(conn, worker)
        return 0
    except (JiraError, StoreError) as error:
        with context.store.write() as conn:
            inbox.release(conn, worker)
            if isinstance(error, RateLimitError):
                cut_short(conn, context.site, len(deliveries))
        raise
    if most < WHOLE:
        with context.store.write() as conn:
            went_well(conn, context.site, most)
    return len(deliveries)


def _work_off(context: Context, deliveries: list[Delivery]) -> None:
    with context.store.read() as conn:
        batch = sort_deliveries(
            deliveries,
            lambda hints: is_echo(context, conn, hints),
            lambda key: mirror.id_of_key(conn, context.site, key),
            context.written_places,
            context.clock() - WINDOW,
        )
        left = doubtful(context, conn, batch.edited, None)
    read_at = context.clock()
    edited = {id_: at for id_, at in batch.edited.items() if id_ not in left}
    batch.touched |= {named.id for key in sorted(batch.keys) if (named := context.jira.issue_of(key))}
    read = read_again(context, batch.touched, edited=edited, deleted=batch.deleted)
    require_names(context, read.issues)
    lost = weigh(context, read.gone, frozenset(batch.deleted))
    told = {id_: context.field_ids(named) for id_, named in batch.changed_fields.items()}
    changed = dict.fromkeys(batch.touched, frozenset[str]()) | told
    found = with_readings(context, read.issues, changed)
    comments.follow(context, comments.list_to_read(context, batch.commented), read.issues)
    _land(context, deliveries, batch, FoundIssues(found, lost, read_at, read.gaps))


def read_again(
    context: Context,
    ids: Iterable[str],
    *,
    edited: Mapping[str, datetime] | None = None,
    deleted: Set[str] = frozenset(),
) -> ReadById:
    """The issues as Jira has them now, the ids it no longer shows, asked for twice, and what of them cannot be read.

    `edited` says of issues when they were edited at least: of these Data Center's search may tell.
    What it means that an issue is no longer shown `losses.weigh` says. Of those that an event calls `deleted` one look is the second word.
    """
    wanted = sorted(ids)
    if not wanted:
        return ReadById([])
    result = context.jira.read(wanted, context.fields, edited, before_our_writes(context, edited or ()))
    proven, doubted = result.missing & deleted, result.missing - deleted
    if not doubted:
        return ReadById(list(result.issues), proven, result.gaps)
    # A page that came back empty for no reason looks like a deletion: only what is missing twice is gone.
    again = context.jira.read(sorted(doubted), context.fields)
    return ReadById([*result.issues, *again.issues], proven | again.missing, (*result.gaps, *again.gaps))


def require_names(context: Context, issues: Collection[Issue]) -> None:
    """Raises FormerMapping where these issues show something new under a word of the mapping, which was taken in: they are read again under that."""
    if take_in(context.store, context.site, context.mapping, context.catalogue, issues, context.clock()):
        raise FormerMapping(context.site)


def with_readings(
    context: Context,
    issues: list[Issue],
    changed: Mapping[str, Set[str]],
    *,
    first: bool = False,
    anew: bool = False,
    memory: IssueMemory | None = None,
) -> list[Issue]:
    """Add the history of metric fields where it changed or was never read; every other issue keeps what the mirror knows.

    `changed` are the fields that deliveries tell of, by issue. Of an issue that is not among them nobody told anything: where it was
    edited since its history was read, a metric may have moved and come back. What deliveries do not tell is found so by the next resync.

    What the places hold that are written comes with it, where a search does not show it.

    `first`: the mirror knows none of them and need not be asked. `anew`: what places hold is asked for though it is known, and so is a
    history that told nothing of a field.
    """
    issues = with_places(context, issues, changed, first=first, anew=anew, memory=memory)
    metrics = context.metric_fields
    if not metrics or not issues:
        return issues
    known: dict[str, Issue] = {}
    if not first:
        with context.store.read() as conn:
            known = mirror.get(conn, context.site, [issue.id for issue in issues], memory)
    names = context.names_known
    stale = [
        one
        for one in issues
        if _history_is_stale(one, known.get(one.id), metrics, changed, names)
        or (anew and _tells_nothing(one, known.get(one.id), metrics))
    ]
    fresh = _histories(context, stale, metrics)
    fresh |= _histories(
        context, [one for one in stale if _proves_nothing(one, known, fresh[one.id])], metrics
    )
    return [_with_history(context, issue, known.get(issue.id), fresh) for issue in issues]


def _histories(context: Context, issues: list[Issue], metrics: frozenset[str]) -> dict[str, History | None]:
    """The history of every metric field an issue has; an empty one says that it was asked for and there is none. None: it cannot be had."""
    if not issues:
        return {}
    created = {issue.id: issue.created for issue in issues}
    edited = {issue.id: issue.updated for issue in issues}
    found = context.jira.readings(created, metrics, created, edited, context.called_fields)
    return {
        issue.id: {name: found[issue.id].get(name, ()) for name in _measured(issue, metrics)}
        if issue.id in found
        else None
        for issue in issues
    }


def _measured(issue: Issue, metrics: frozenset[str]) -> frozenset[str]:
    fields = issue.fields
    return frozenset([name for name in metrics if fields.get(name) is not None])


def _history_is_stale(
    issue: Issue,
    known: Issue | None,
    metrics: frozenset[str],
    changed: Mapping[str, Set[str]],
    names: int = 0,
) -> bool:
    """`names`: up to which former name of fields is known; a history that was read by others may lack what a field had under the others."""
    present = _measured(issue, metrics)
    if known is None:
        return bool(present)
    if present and known.history_names != names:
        return True
    told = changed.get(issue.id)
    if present and told is None and (known.history_at is None or issue.updated > known.history_at):
        return True
    if present - known.readings.keys() or (told and metrics & told):
        return True
    if issue.fields == known.fields:
        return False
    return any(issue.fields.get(name) != known.fields.get(name) for name in metrics - issue.absent)


def _tells_nothing(issue: Issue, known: Issue | None, metrics: frozenset[str]) -> bool:
    """Whether a history had no word of a field that holds a value, though the issue was edited after it was made.

    What was filled in at once leaves none, and neither does an answer that came back empty for no reason, however often: nothing in it
    proves that there was no change.
    """
    if known is None or issue.updated <= issue.created:
        return False
    return any(known.readings.get(name) == () for name in _measured(issue, metrics))


def _with_history(
    context: Context, issue: Issue, known: Issue | None, fresh: dict[str, History | None]
) -> Issue:
    if issue.id not in fresh:
        if known is None or not (known.readings or known.history_at):
            return issue
        return replace(
            issue,
            readings=known.readings,
            history_at=known.history_at,
            history_names=known.history_names,
        )
    found = fresh[issue.id]
    if found is not None and not _is_torn(issue, known, found):
        metrics = context.metric_fields - issue.absent
        omitted = {name: of for name, of in known.readings.items() if name not in metrics} if known else {}
        return replace(
            issue,
            readings={**omitted, **found},
            history_at=issue.updated,
            history_names=context.names_known,
        )
    # Without its history a value that moved has no time; one that did not move keeps the time it had.
    still = known.readings if known is not None else {}
    kept = {
        name: of for name, of in still.items() if known and known.fields.get(name) == issue.fields.get(name)
    }
    return replace(
        issue,
        readings=kept,
        unknowns={**issue.unknowns, HISTORY: LOST_HISTORY},
        history_at=known.history_at if known is not None else None,
        history_names=known.history_names if known is not None else 0,
    )


def _proves_nothing(issue: Issue, known: Mapping[str, Issue], found: History | None) -> bool:
    """Whether a history is asked for once more before it is believed, or taken for lost: it lacks something, or is the first of a field
    and empty, though the issue was edited since.
    """
    before = known.get(issue.id)
    if found is None or before is None:
        return False
    return _is_torn(issue, before, found) or any(
        not readings and _is_doubtful(issue, before, name) for name, readings in found.items()
    )


def _is_torn(issue: Issue, known: Issue | None, found: History) -> bool:
    """Whether a history lacks what it told before, or what has moved since. Histories only grow: an answer that is empty, or cut, looks
    like one with fewer changes.

    Where Jira was restored from a backup it is shorter as well, and so it is believed where it leads to what the issue holds now.
    """
    if known is None:
        return False
    return any(_lacks(issue, known, name, readings) for name, readings in found.items())


def _lacks(issue: Issue, known: Issue, name: str, readings: tuple[Reading, ...]) -> bool:
    holds = exact(issue.fields.get(name))
    if readings and readings[-1].value == holds:
        return False
    before = set(known.readings.get(name, ()))
    if before <= set(readings):
        news = (one.value for one in readings if one not in before)
        return _has_moved(issue, known, name) and holds not in news
    same = issue.fields.get(name) == known.fields.get(name)
    return bool(readings) or issue.updated > known.updated or same


def _is_doubtful(issue: Issue, known: Issue, name: str) -> bool:
    """Whether a field is asked for the first time, of an issue that was edited since it was known."""
    return name not in known.fields and known.history_at is None and issue.updated > known.updated


def _has_moved(issue: Issue, known: Issue, name: str) -> bool:
    """Whether the mirror saw another value of the field. What it could not use, or never asked for, it did not see."""
    if name not in known.fields or name in known.unknowns:
        return False
    return exact(known.fields[name]) != exact(issue.fields.get(name))


def _land(context: Context, deliveries: list[Delivery], batch: DeliveryBatch, found: FoundIssues) -> None:
    now = context.clock()
    inside = in_scope(context, found.issues)
    within = {issue.id for issue in inside}
    left = [issue for issue in found.issues if issue.id not in within]
    outside = set(found.lost.leaving) | {issue.id for issue in left}
    with context.store.write() as conn:
        if batch.echoes:  # all rows at once: in two steps, two workers might wait for each other
            mirror.hold(conn, context.site, [*batch.echoes, *outside, *(issue.id for issue in inside)])
        _, changed = land_issues(context, conn, inside, outside, found.read_at, found.gaps, left=left)
        kept_changes.keep(conn, context.site, {"": batch.state_changes}, now)
        record(context, conn, found.lost)
        resighted = {one for one, names in batch.changed_fields.items() if names & OF_SIGHT}
        if resighted:
            issue_sights.forget_issues(conn, context.site, resighted)
        _note_echoes(context, conn, batch.echoes)
        if batch.whole_scope:
            # A version or a sprint touches issues that the event does not name.
            read_requests.ask(conn, context.site, now)
        verdicts = {one.id: _verdict(batch, one, found.gaps) for one in deliveries}
        inbox.settle_all(conn, context.site, verdicts, now)
    for delivery in deliveries:
        status, note = verdicts[delivery.id]
        log.debug(
            "delivery settled", site=context.site, delivery=delivery.identifier, status=status, note=note
        )
    if deliveries:
        log.info(
            "deliveries worked off",
            site=context.site,
            **_span(deliveries),
            changed=sorted(changed)[:MOST_SHOWN],
        )


def _verdict(batch: DeliveryBatch, delivery: Delivery, unread: Iterable[Gap]) -> tuple[str, str]:
    """How it was taken, and what of it could not be read: that holds nothing else up."""
    status, note = batch.verdicts[delivery.id]
    named = batch.named.get(delivery.id, frozenset())
    said = [
        f"issue {gap.issue_id} could not be read: {gap.reason}" for gap in unread if gap.issue_id in named
    ]
    return status, "; ".join([note, *said])


def _span(deliveries: list[Delivery]) -> dict[str, object]:
    """Which deliveries, by their identifiers; of a storm the first few."""
    return {"deliveries": len(deliveries), "delivery": [one.identifier for one in deliveries[:MOST_SHOWN]]}


def _note_echoes(context: Context, conn: Connection, echoes: dict[str, datetime]) -> None:
    if not echoes:
        return
    known = mirror.get(conn, context.site, echoes)
    mirror.put(conn, context.site, [replace(issue, updated=echoes[issue.id]) for issue in known.values()])


def land_issues(
    context: Context,
    conn: Connection,
    inside: list[Issue],
    outside: set[str],
    read_at: datetime | None = None,
    unread: Iterable[Gap] = (),
    held: HeldIssues | None = None,
    left: Iterable[Issue] = (),
) -> tuple[frozenset[str], frozenset[str]]:
    """Put and delete issues in the mirror and mark every objective that may feel it; returns objective ids and changed ids.

    `read_at` is when a read by id began, None where a search showed them: what left the mirror or was written
    by us since is not put back but asked for again. What says something else within one second of Jira's is believed, and asked for once
    more: whichever of two readings landed last may be the older one. `held`: all these as the mirror has them, where this transaction holds them.
    `left` are those of the `outside` ones that were shown.
    Raises FormerMapping where another mapping rules by now.
    """
    require(conn, context)
    inside, refused = gaps.sift(context, inside)
    ids = [issue.id for issue in inside]
    before = held if held is not None else mirror.hold(conn, context.site, [*ids, *outside])
    doubted = doubtful(context, conn, (id_ for id_ in ids if id_ not in before), read_at)
    doubted |= overtaken(context, conn, before, inside, read_at)
    ask_again(context, conn, doubted)
    inside = [issue for issue in inside if issue.id not in doubted]
    inside = recall_fields(context, conn, before, inside)
    inside = spare_own(context, conn, before, inside, read_at)
    inside = activation_read.carry_fields(conn, context, before, inside)
    inside, omitted = spare_fields(before, inside, context.written_places, context.field_names)
    earlier = context.moment(conn)
    contested = same_second(before, inside, read_at or context.clock(), context.written_places)
    changed = mirror.put(conn, context.site, inside, before)
    ask_again(context, conn, contested & changed)
    losses.forget(conn, context.site, (issue.id for issue in inside))
    after = {issue.id: issue for issue in inside if issue.id in changed}
    note_states(context, conn, before, after.values(), left)
    lost = {issue_id for issue_id in outside if issue_id in before}
    touched = changed | lost
    over = gaps.land(context, conn, inside, outside, [*unread, *refused, *omitted])
    near = {id_: before[id_] for id_ in (*ids, *outside) if id_ in before} if touched else {}
    marked = _affected(context, conn, near, after, touched) | over
    if context.mapping.roots():
        news = {id_: one for id_, one in near.items() if id_ in touched}
        marked |= _hanging(context, conn, news, after, earlier)
    mirror.delete(conn, context.site, lost)
    remember(context, conn, lost)
    candidates.land(context, conn, after.values(), lost)
    context.mark(conn, marked, "issues changed")
    return marked, frozenset(changed)


def _affected(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    after: Mapping[str, Issue],
    touched: Iterable[str],
    moments: Sequence[Moment] = (),
) -> frozenset[str]:
    touched = frozenset(touched)
    if not touched:
        return frozenset()
    moments = moments or (context.moment(conn),)
    forest = Forest.of(_neighbourhood(context, conn, [*before.values(), *after.values()]))
    marked = set(objectives.depending_on(conn, context.site, touched))
    for issue_id in touched:
        for moment in moments:
            marked |= affected_objectives(
                context.mapping, forest, before.get(issue_id), after.get(issue_id), moment
            )
    return frozenset(marked)


def _hanging(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    after: Mapping[str, Issue],
    earlier: Moment,
) -> frozenset[str]:
    """The objectives that may feel that issues came, moved or went of which the mapping asks what is below them, or below others.

    Whatever is below these is no news by itself, and yet may be selected by now, or no longer.
    """
    gone = before.keys() - after.keys()
    moved = {
        id_ for id_ in before.keys() | after.keys() if _parent(before.get(id_)) != _parent(after.get(id_))
    }
    if not moved:
        return frozenset()
    below = {one.id: one for one in mirror.subtree(conn, context.site, moved)}
    near = {**below, **before}
    later, lost = context.moment(conn), mirror.load_below(conn, context.site, gone)
    left = {
        root: ids.difference(*(under for id_, under in lost.items() if id_ != root and id_ in ids))
        for root, ids in later.below.items()
    }
    now = {id_: one for id_, one in after.items() if id_ in moved}
    return _affected(context, conn, near, now, near, (earlier, replace(later, below=left)))


def _parent(issue: Issue | None) -> str | None:
    return None if issue is None else issue.parent_id


def _neighbourhood(context: Context, conn: Connection, issues: list[Issue]) -> list[Issue]:
    """The issues, what they are linked with, everything above these, and who looks for one of them by JQL, as the mirror has them."""
    found = {issue.id: issue for issue in issues}
    linked = mirror.load_linked(conn, context.site, list(found))
    found |= {issue.id: issue for issue in linked if issue.id not in found}
    _climb(context, conn, found, issues)
    if context.reads_everything:
        near = [*issues, *found.values()]
        asking = candidates.askers(context, conn, near)
        found |= mirror.get(conn, context.site, asking - found.keys())
        holders = candidates.holders(context, conn, asking, near) if asking else ()
        found |= {issue.id: issue for issue in holders if issue.id not in found}
    return list(found.values())


def _climb(context: Context, conn: Connection, found: dict[str, Issue], former: Iterable[Issue]) -> None:
    """Add everything above these, and above what some of them were before."""
    above = (one.parent_id for one in chain(found.values(), former))
    parents = {parent_id for parent_id in above if parent_id is not None} - found.keys()
    for issue in mirror.load_above(conn, context.site, parents) if parents else ():
        found.setdefault(issue.id, issue)
