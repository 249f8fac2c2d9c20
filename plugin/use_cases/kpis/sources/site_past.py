"""The issues of a site as they stood at an instant: the mirror with every later change of their histories undone.

Histories are read from Jira once, in bulk, and kept; an issue is asked for again only where it was touched since. What nobody
looks back at costs nothing: the mirror is read when the first source asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from connectors.jira.http.errors import JiraError
from connectors.metrics.basis.source import FailureKind, Reach, SourceFailure, UnreadableSource
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from mappings.explain.past import FieldChange, PastIssues
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.facts.selector import Selector
from mappings.fields import field_type
from mappings.jql.omission import decides
from mappings.numbers import number_in
from plugin.sync.context import Context
from plugin.sync.refresh import issue_steps
from plugin.sync.resync import watermark

SLACK = timedelta(minutes=1)
"""Jira's `updated` and the times of its history are not taken in one breath."""
MOST_NAMED = 5


class SitePast:
    """What sources of KPIs may see of one site. One instance serves one pass, from the latest instant to the earliest."""

    def __init__(self, context: Context, going_on: Callable[[], None] = lambda: None) -> None:
        self._context = context
        self._going_on = going_on
        self._issues: tuple[Issue, ...] | None = None
        self._waiting: tuple[Gap, ...] = ()
        self._former: Mapping[str, str] = {}
        self._steps: dict[str, tuple[FieldChange, ...]] = {}
        self._past: tuple[datetime, PastIssues] | None = None
        self._shown: tuple[datetime, tuple[Issue, ...]] | None = None

    def reach(self) -> Reach:
        """What a source is given."""
        context, mapping = self._context, self._context.mapping
        bound = {one.jql: one for one in mapping.kpi_selectors()}
        return Reach(
            issues_at=self.issues_at,
            compile_jql=lambda jql: bound.get(jql) or mapping.compile_jql(jql),
            zone=mapping.zone,
            account_id=context.catalogue.account_id,
            histories=self.histories,
            number=self._number,
            issues_for=self.issues_for,
            issue_at=self.issue_at,
            status_ids=lambda name: mapping.kpi_statuses.get(name, frozenset({name})),
            categories={one.id: one.category for one in context.catalogue.statuses},
            excluded=mapping.statuses.excluded,
        )

    def issues_at(self, at: datetime) -> tuple[Issue, ...]:
        """The issues of the scope as they stood. Raises Unreadable where something may be missing or cannot be told."""
        return self._stood(at, lambda _gap: True)

    def issues_for(self, select: Selector, without: Selector | None, at: datetime) -> tuple[Issue, ...]:
        """The same, where what lies in none of the projects that a JQL selects from may be missing, and so may fields that it does not ask for."""
        wanted = select.projects
        asked = [one for one in (select, without, self._context.mapping.scope) if one is not None]
        return self._stood(
            at,
            lambda gap: (
                (not gap.omitted or any(decides(one, gap.omitted) for one in asked))
                and (wanted is None or (of := self._projects_of(gap)) is None or not wanted.isdisjoint(of))
            ),
        )

    def issue_at(self, key: str, at: datetime) -> Issue | None:
        """One issue, by a key that it has or had; None where it is not there. Raises Unreadable where it may be what is missing."""
        id_ = self._issue_id(key)
        scope = self._context.mapping.scope
        there = self._stood(
            at,
            lambda gap: (
                (not gap.omitted or decides(scope, gap.omitted))
                and (gap.issue_key == key or id_ is None or not gap.issue_id or gap.issue_id == id_)
            ),
        )
        return next((one for one in there if one.id == id_), None)

    def _projects_of(self, gap: Gap) -> frozenset[str] | None:
        """Ids of the projects that an issue which cannot be read is or was in, as far as anybody knows; None where nobody knows one."""
        keys = {gap.issue_key, *(key for key, id_ in self._former.items() if id_ == gap.issue_id)} - {""}
        ids = {one.key: one.id for one in self._context.catalogue.projects}
        found = {ids.get(key.rpartition("-")[0]) for key in keys}
        found |= {one.project.id for one in self._mirrored() if one.id == gap.issue_id}
        return frozenset(id_ for id_ in found if id_ is not None) if found and None not in found else None

    def _stood(self, at: datetime, concerns: Callable[[Gap], bool]) -> tuple[Issue, ...]:
        self._mirrored()
        waiting = [one for one in self._waiting if concerns(one)]
        if waiting:
            raise _missing("issues that may match could not be read", waiting)
        if self._shown is None or self._shown[0] != at:
            moment = Moment(at, self._context.mapping.zone, self._context.catalogue.account_id)
            scope = self._context.mapping.scope
            found = tuple(one for one in self._undone(at) if scope.matches(one, moment))
            self._shown = (at, found)
        return self._shown[1]

    def histories(self, ids: Iterable[str]) -> Mapping[str, tuple[FieldChange, ...]]:
        """Every change of these issues, the oldest first. Raises Unreadable where one cannot be had."""
        wanted = frozenset(ids)
        self._know(wanted)
        return {id_: self._steps[id_] for id_ in wanted}

    def _number(self, issue: Issue, alias: str) -> Fraction | None:
        field = self._context.mapping.fields[alias]
        waiting = [one for one in self._waiting if one.issue_id == issue.id and field.id in one.omitted]
        if waiting:
            raise _missing(f"what {alias} holds could not be read", waiting)
        raw = issue.fields.get(field.id)
        type_ = field_type(field)
        value = type_.decode(raw) if type_ is not None else None
        return value if isinstance(value, Fraction) else number_in(raw)

    def _issue_id(self, key: str) -> str | None:
        now = {one.key: one.id for one in self._mirrored()}
        return now.get(key) or self._former.get(key)

    def _undone(self, at: datetime) -> Iterable[Issue]:
        issues = self._mirrored()
        self._know(one.id for one in issues if one.updated > at - SLACK and one.created <= at <= self._now)
        if self._past is None or at > self._past[0]:
            past = PastIssues(issues, self._steps, self._context.catalogue, self._former)
        else:
            past = self._past[1]
        self._past = (at, past)
        return past.at(at)

    @property
    def _now(self) -> datetime:
        return self._context.clock()

    def _mirrored(self) -> tuple[Issue, ...]:
        if self._issues is None:
            context = self._context
            with context.store.read() as conn:
                if watermark.usable(conn, context) is None:
                    raise _unreadable(
                        "the site has not been read in full yet", "It is read by itself; or sync."
                    )
                self._waiting = tuple(one.gap for one in gaps.open_gaps(conn, context.site))
                self._former = mirror.former_keys(conn, context.site)
                every = mirror.every(conn, context.site)
                self._issues = tuple(one for one in every if not one.gap and not one.archived)
        return self._issues

    def _know(self, ids: Iterable[str]) -> None:
        """Have the histories of these issues."""
        context = self._context
        updated = {one.id: one.updated for one in self._mirrored()}
        missing = {id_: updated[id_] for id_ in ids if id_ not in self._steps and id_ in updated}
        if not missing:
            return
        self._past = None  # it was made without these
        with context.store.read() as conn:
            found = issue_steps.load_histories(context, conn, missing)
        self._steps |= found
        unknown = sorted(missing.keys() - found.keys(), key=int)
        if unknown:
            self._read({id_: updated[id_] for id_ in unknown})
        lost = [id_ for id_ in unknown if id_ not in self._steps]
        if lost:
            keys = {one.id: one.key for one in self._mirrored()}
            named = ", ".join(keys[id_] for id_ in lost[:MOST_NAMED])
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            raise _unreadable(
                f"Jira does not give the history of {named}{more}, so nobody knows how they stood then",
                "Let the account of the connector see these issues.",
            )

    def _read(self, updated: Mapping[str, datetime]) -> None:
        try:
            self._steps |= issue_steps.read(self._context, updated, lambda _done, _total: self._going_on())
        except JiraError as error:
            raise UnreadableSource(
                SourceFailure(
                    FailureKind.OUTAGE,
                    f"the history of issues could not be read from Jira: {error.message}",
                    error.remedy,
                )
            ) from error


def _missing(what: str, waiting: Sequence[Gap]) -> UnreadableSource:
    said = "; ".join(f"{one.name}: {one.reason.removesuffix('.')}" for one in waiting[:MOST_NAMED])
    return _unreadable(f"{what}: {said}", "See the gaps of the site, or accept them.")


def _unreadable(reason: str, remedy: str) -> UnreadableSource:
    return UnreadableSource(SourceFailure(FailureKind.INCOMPLETE, reason, remedy))
