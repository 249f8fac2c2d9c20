"""Check-ins by comment on key results: what a comment says now decides, whatever deliveries told of it and in whatever order.

A delivery says only where to look: the comments of that issue are read again, and what they say replaces what was known of them.
What no delivery told is found by resyncs, for every edit of a comment moves the issue's `updated`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import IncompleteRead, JiraError, JiraRefusal
from connectors.store.cycles import carries, closings
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, comments, objectives
from connectors.store.numbers.comments import KeptComment
from connectors.store.people import accounts, audit
from mappings.diagnostic import MappingError
from mappings.document.schema import CyclePart
from mappings.document.text.source import read_document
from mappings.explain.check_in import CheckIn
from mappings.explain.comment import CommentFault, Remark, meant, read_remark
from mappings.explain.confidence import SpokenConfidence
from mappings.facts.comment import Comment
from mappings.facts.issue import Issue, User
from mappings.facts.moment import Moment, duration
from mappings.progress.options import current_kpi
from mappings.rollup.check_in_override import measure_of
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.permission import Permission
from plugin.sync.context import Context

log = structlog.get_logger("jira_okr.comments")

MOST_IN_A_RESYNC = 100
"""So many issues are asked for their comments by one resync; the others have their turn in the next."""
NOT_ALLOWED = "only the assignee of the key result or its objective, and editors, check in here"
EDITORS_ONLY = "only editors check in here"
LATE = "{cycle} has ended: say after “ - ” why this is known only now"
EARLIER = "it is older than check-ins by comment, which began on {day}: edit it, or say it anew"
STALE_DAYS = 14


@dataclass(frozen=True, slots=True)
class CommentedKeyResult:
    """A key result that the issue is, of one objective of a cycle that is not closed."""

    objective: ObjectiveState
    key_result: KeyResultState
    cycle: CyclePart | None


def watch(context: Context, conn: Connection, state: ObjectiveState | None) -> None:
    """The comments of the key results of an objective are read from now on, where the mapping asks for check-ins."""
    if state is not None and context.mapping.document.check_ins is not None:
        comments.watch(conn, context.site, (one.issue_id for one in state.key_results if one.issue_id))


def list_to_read(context: Context, named: Mapping[str, bool]) -> list[str]:
    """Whose comments have to be read, of issues that deliveries name; False where what they say of a comment is no check-in."""
    if not named or context.mapping.document.check_ins is None:
        return []
    with context.store.read() as conn:
        watched = comments.list_watched(conn, context.site, named)
        known = {issue_id for issue_id, _ in comments.load_comments(conn, context.site, watched)}
    return sorted(id_ for id_ in watched if named[id_] or id_ in known)


def follow(context: Context, issue_ids: Iterable[str], fresh: Iterable[Issue] = ()) -> None:
    """Read the comments of these issues and keep what they say. An issue that Jira does not let us read waits behind the others.

    `fresh` are issues as Jira has them now, where the mirror does not know them so yet.
    """
    asked = tuple(issue_ids)
    if not asked:
        return
    newest = {one.id: one for one in fresh}
    begun = _begun(context)
    for issue_id in asked:
        read_at = context.clock()
        with context.store.read() as conn:
            issue = newest.get(issue_id) or mirror.get(conn, context.site, [issue_id]).get(issue_id)
        if issue is None:
            continue
        try:
            found = context.jira.comments(issue_id)
        except (JiraRefusal, IncompleteRead) as error:
            if isinstance(error, JiraRefusal) and not (error.gone or error.forbidden):
                raise
            log.warning("comments cannot be read", site=context.site, issue=issue_id, error=str(error))
            with context.store.write() as conn:
                comments.put_back(conn, context.site, issue_id, read_at)
            continue
        with context.store.write() as conn:
            mirror.hold(conn, context.site, [issue_id])
            if comments.note_read(conn, context.site, issue_id, issue.updated, read_at):
                _take(context, conn, issue, found, begun)


def _begun(context: Context) -> datetime | None:
    """Since when the mapping asks for check-ins, without a break; what was said before was not said to us."""
    begun = None
    with context.store.read() as conn:
        for at, text in revisions.load_rules(conn, context.site):
            if text is None or not _asks(text):
                break
            begun = at
    return begun


@lru_cache(maxsize=256)
def _asks(text: str) -> bool:
    """Whether a mapping asks for check-ins. One that is not understood any more does not."""
    try:
        return read_document(text).require().check_ins is not None
    except MappingError:
        return False


def catch_up(context: Context) -> None:
    """What no delivery told: the comments of key results that Jira touched since they were read."""
    if context.mapping.document.check_ins is None:
        return
    with context.store.read() as conn:
        waiting = comments.stale(conn, context.site, MOST_IN_A_RESYNC)
    try:
        follow(replace(context, quiet=timedelta(0)), waiting)
    except JiraError as error:  # they stay stale: the next resync asks again
        log.warning("comments cannot be read", site=context.site, error=str(error))


def _take(
    context: Context, conn: Connection, issue: Issue, found: Iterable[Comment], begun: datetime | None
) -> None:
    places = list(_places(context, conn, issue.id))
    if not places:
        comments.unwatch(conn, context.site, issue.id)
        return
    known = comments.load_comments(conn, context.site, [issue.id])
    kept: list[KeptComment] = []
    wanted: dict[str, tuple[Comment, Remark]] = {}
    for one in found:
        said = read_remark(one.lines)
        if said is None or one.hidden or _is_own(context, one.author):
            continue
        former = known.get((issue.id, one.id))
        judged = _judged(context, conn, issue, places, one, said, former, begun)
        line = next((line.strip() for line in one.lines if line.strip()), "")
        by = "somebody" if one.author is None else one.author.name
        kept.append(
            KeptComment(
                issue_id=issue.id,
                id=one.id,
                updated=one.updated,
                at=one.created,
                by=by,
                line=line,
                fault=judged,
            )
        )
        if judged is None and isinstance(said, Remark):
            wanted[one.id] = one, said
    comments.replace(conn, context.site, issue.id, kept)
    _follow(context, conn, issue, places, {id_ for _, id_ in known} | wanted.keys(), wanted)


def _is_own(context: Context, author: User | None) -> bool:
    return author is not None and author.id == context.catalogue.account_id


def _judged(
    context: Context,
    conn: Connection,
    issue: Issue,
    places: list[CommentedKeyResult],
    comment: Comment,
    said: Remark | CommentFault,
    former: KeptComment | None,
    begun: datetime | None,
) -> str | None:
    """Why it is refused; None where it is taken. It is judged once, and anew when it was edited."""
    if former is not None and former.updated == comment.updated:
        return former.fault
    if begun is not None and comment.updated < begun:
        return EARLIER.format(day=begun.astimezone(context.mapping.zone).date())
    if isinstance(said, CommentFault):
        return said.sentence
    forbidden = _forbidden(context, conn, issue, places, comment.author)
    if forbidden:
        return forbidden
    faults = (_meant(context, place, comment, said) for place in places)
    return next((one.sentence for one in faults if isinstance(one, CommentFault)), None)


def _forbidden(
    context: Context, conn: Connection, issue: Issue, places: list[CommentedKeyResult], author: User | None
) -> str:
    part = context.mapping.document.check_ins
    who = "owners" if part is None else part.who
    if who == "anyone":
        return ""
    account = accounts.by_email(conn, author.email) if author is not None and author.email else None
    if (
        account is not None
        and account.disabled_at is None
        and Permission(account.role).includes(Permission.EDITOR)
    ):
        return ""
    if who == "editors" or author is None:
        return EDITORS_ONLY if who == "editors" else NOT_ALLOWED
    above = mirror.get(conn, context.site, [id_ for one in places if (id_ := one.objective.issue_id)])
    owners = {one.assignee.id for one in (issue, *above.values()) if one.assignee is not None}
    return "" if author.id in owners else NOT_ALLOWED


def _places(context: Context, conn: Connection, issue_id: str) -> Iterator[CommentedKeyResult]:
    closed = closings.load_closed(conn, context.site)
    for id_ in sorted(objectives.depending_on(conn, context.site, [issue_id])):
        saved = objectives.load(conn, context.site, id_)
        if saved is None or saved.state.cycle_id in closed:
            continue
        cycle = context.mapping.cycles.get(saved.state.cycle_id)
        yield from (
            CommentedKeyResult(saved.state, one, cycle)
            for one in saved.state.key_results
            if one.issue_id == issue_id
        )


def _meant(
    context: Context, place: CommentedKeyResult, comment: Comment, said: Remark
) -> CheckIn | CommentFault:
    zone, cycle, key_result = context.mapping.zone, place.cycle, place.key_result
    day = Moment(comment.created, zone).today
    measure = measure_of(key_result.kind)
    stale = STALE_DAYS if cycle is None else duration(cycle.stale_after).days
    if cycle is not None and not said.note and has_ended(cycle, Moment(comment.created, zone)):
        return CommentFault(LATE.format(cycle=cycle.id))
    found = meant(said, measure, _unit(context, place), day, None if cycle is None else cycle.end, stale)
    if isinstance(found, CommentFault):
        return found
    by = "somebody" if comment.author is None else comment.author.name
    ruling = key_result.check_in
    return CheckIn(
        objective_id=place.objective.id,
        key_result_id=key_result.id,
        measure=measure,
        value=found.value,
        by=by,
        at=comment.created,
        note=said.note,
        until=found.until,
        delta=found.delta,
        derived=key_result.measurement.progress if ruling is None else ruling.derived,
        confidence=None
        if said.confidence is None
        else SpokenConfidence(said.confidence, by, comment.created),
        comment=comment.id,
        clears=said.clear,
    )


def _unit(context: Context, place: CommentedKeyResult) -> str | None:
    """The unit of the KPI that a key result reads; a field has none."""
    rules = (rule for one in context.mapping.objectives for rule in one.key_results)
    rule = next((one for one in rules if one.part.id == place.key_result.rule_id), None)
    current = None if rule is None else current_kpi(rule.part.progress)
    kpis = context.mapping.document.kpis if current is not None else ()
    return next((one.unit for one in kpis if current is not None and one.id == current.kpi), None)


def _follow(
    context: Context,
    conn: Connection,
    issue: Issue,
    places: list[CommentedKeyResult],
    ids: Iterable[str],
    wanted: Mapping[str, tuple[Comment, Remark]],
) -> None:
    """Bring what is kept to what is said now, and make due what it concerns."""
    now, moved = context.clock(), set[str]()
    standing = set[tuple[str, str, str]]()
    for check_in, updated in check_ins.of_comment(conn, context.site, sorted(ids)):
        said = wanted.get(check_in.comment or "")
        if said is not None and said[0].updated == updated:
            standing.add((check_in.objective_id, check_in.key_result_id, said[0].id))
            continue
        check_ins.retract(conn, context.site, check_in, now)
        _note(context, conn, check_in, "check-in by comment taken back", issue, now)
        moved.add(check_in.objective_id)
    brought = carries.load_beginnings(conn, context.site, [place.objective.id for place in places])
    for comment, remark in wanted.values():
        for place in places:
            if (place.objective.id, place.key_result.id, comment.id) in standing:
                continue
            since = brought.get((place.objective.id, place.objective.cycle_id))
            if since is not None and comment.created <= since:
                continue  # it was said of the cycle before: that stays there, whatever becomes of the comment
            made = _meant(context, place, comment, remark)
            if isinstance(made, CommentFault):
                continue
            kept = check_ins.add_of_comment(conn, context.site, made, comment.updated)
            _note(context, conn, kept, "key result checked in", issue, now)
            moved.add(place.objective.id)
    if moved:
        context.mark(conn, moved, "checked in by comment")


def _note(context: Context, conn: Connection, about: CheckIn, what: str, issue: Issue, now: datetime) -> None:
    detail = {
        "check_in": about.id,
        "objective": about.objective_id,
        "key_result": about.key_result_id,
        "said": about.said,
        "issue": issue.key,
        "comment": about.comment,
    }
    audit.note(conn, f"{about.by} in Jira", what, now, detail, context.site)
