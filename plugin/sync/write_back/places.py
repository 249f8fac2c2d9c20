"""What the places that are written hold where no search shows it, and what an older read must not undo there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import IssueMemory
from connectors.store.writes import writes, written_values
from mappings.document.checks.walk import is_issue_each
from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.fields import Api
from mappings.rollup.measurement import objective_rule
from mappings.write_back.target import Request, Sent, WriteTarget
from mappings.write_back.targets import WRITE_TARGETS, target_of
from plugin.sync.context import Context

ON_ITS_WAY = timedelta(seconds=5)
"""How long a page of a search may take from Jira into the mirror; what it says of a place may be as old as that."""

RECALLED = tuple(target.prefix for target in WRITE_TARGETS if target.recalled)
"""How the ids of places begin that are known by our own writes alone."""

NOTHING_TOLD: Mapping[str, Collection[str]] = {}

Values = dict[str, dict[str, object]]
"""What places hold, by issue id and place id; what holds nothing is left out."""


@dataclass(frozen=True, slots=True)
class PlaceValues:
    """What places hold, and the issues whose places Jira forbids to read: nothing is known of these, which is not that they are empty."""

    values: Values = field(default_factory=lambda: defaultdict(dict))
    forbidden: set[str] = field(default_factory=set)


def values_held(
    context: Context, wanted: Mapping[str, Collection[str]], sent: Sent | None = None
) -> PlaceValues:
    """What these places hold, by issue: those that no search shows are asked for. Raises a JiraError.

    `sent` says what was written last, where that is known better than from the ledger of writes.
    """
    found, sent = PlaceValues(), sent or partial(_sent, context)
    for target in WRITE_TARGETS:
        mine = {
            issue_id: kept
            for issue_id, ids in wanted.items()
            if (kept := [id_ for id_ in ids if target_of(id_) is target])
        }
        for issue_id, ids in mine.items():
            for request in target.readings({issue_id: ids}, sent):
                _take_in(context, found, target, request, issue_id)
    return found


def _sent(context: Context, issue_id: str, id_: str) -> object:
    with context.store.read() as conn:
        latest = writes.load_latest(conn, context.site, issue_id, id_)
    return None if latest is None else latest.after


def _take_in(
    context: Context, found: PlaceValues, target: WriteTarget, request: Request, issue_id: str
) -> None:
    try:
        shown = target.found(request, context.ask(request))
    except JiraRefusal as error:
        if not error.forbidden:
            raise
        found.forbidden.add(issue_id)
        return
    if shown is None:
        raise IncompleteRead(f"Jira's answer about {issue_id} is none.")
    for shown_of, values in shown.items():
        found.values[shown_of].update(values)


def with_places(
    context: Context,
    issues: list[Issue],
    changed: Mapping[str, Collection[str]] = NOTHING_TOLD,
    *,
    first: bool = False,
    anew: bool = False,
    memory: IssueMemory | None = None,
) -> list[Issue]:
    """The issues with what reading them did not show, as properties on Data Center: that is asked for, a call for each issue.

    Only of issues that the mapping may write to, or that are known to have some, and only where the mirror cannot know: of issues that
    are new to it there, of what deliveries tell by `changed`, of those that were edited and that no delivery tells of (who did it may have
    set a property too), and of all where everything is read `anew`. Else it stays as it was known, and so does what Jira forbids to read. What is recalled is asked for where it is wanted besides, and said as None where it
    is not there. `first`: the mirror knows none of them.
    """
    unshown = context.unshown_places
    if not unshown or not issues:
        return issues
    besides = frozenset(id_ for id_ in unshown if target_of(id_).recalled)
    ours = unshown - besides
    known: Mapping[str, Issue] = {}
    if ours and not first:
        with context.store.read() as conn:
            known = mirror.get(conn, context.site, [issue.id for issue in issues], memory)
    asked: dict[str, frozenset[str]] = {}
    moment = context.moment() if ours else context.instant
    for issue in issues:
        wanted = frozenset[str]()
        if ours:
            before = None if anew or _went_unheard(issue, known, changed) else known.get(issue.id)
            told = changed.get(issue.id, ())
            wanted = _unknown(context, moment, ours, issue, known.get(issue.id), before, told)
        if wanted or besides:
            asked[issue.id] = wanted | besides
    found = values_held(context, asked)
    nothing = dict.fromkeys(besides)
    return [
        _with(issue, found, known.get(issue.id), ours, asked.get(issue.id, frozenset()), nothing)
        for issue in issues
    ]


def _went_unheard(issue: Issue, known: Mapping[str, Issue], changed: Mapping[str, Collection[str]]) -> bool:
    """Whether an issue was edited since it was known, and no delivery tells of it."""
    before = known.get(issue.id)
    return before is not None and issue.id not in changed and issue.updated > before.updated


def _unknown(
    context: Context,
    moment: Moment,
    ours: frozenset[str],
    issue: Issue,
    known: Issue | None,
    before: Issue | None,
    told: Collection[str],
) -> frozenset[str]:
    """What has to be asked of an issue. `before` is what the mirror knows of it and what is believed."""

    def is_looked_at(one: Issue | None) -> bool:
        return one is not None and (
            _has_some(one, ours) or may_be_target(context.mapping, one, moment, context.api)
        )

    besides = ours & context.besides
    if is_looked_at(before):
        return besides | ours.intersection(told)
    return ours if is_looked_at(known) or is_looked_at(issue) else besides


def _with(
    issue: Issue,
    found: PlaceValues,
    known: Issue | None,
    ours: frozenset[str],
    asked: frozenset[str],
    nothing: Mapping[str, object],
) -> Issue:
    if not asked and (known is None or ours.isdisjoint(known.fields)):
        return issue
    values: Mapping[str, object] = {**nothing, **found.values.get(issue.id, {})}
    kept = ours | asked if issue.id in found.forbidden else ours - asked
    if issue.id in found.forbidden:
        values = {}
    if known is not None:
        values = {**values, **{name: known.fields[name] for name in kept & known.fields.keys()}}
    return replace(issue, fields={**issue.fields, **values})


def recall_fields(
    context: Context, conn: Connection, before: Mapping[str, Issue], issues: Iterable[Issue]
) -> list[Issue]:
    """The issues with what is known by our own writes alone: a read that did not ask for it says nothing of it.

    Of an issue that is not among those known `before` the record of what stands says it: it may have left the mirror and come back.
    What another mapping wrote is kept as well: it stands there still when that one rules again.
    """
    ours, found = context.recalled_places, list(issues)
    standing: Values = defaultdict(dict)
    unknown = {issue.id for issue in found} - before.keys() if ours else set[str]()
    for row in written_values.of_objectives(conn, context.site, (), unknown) if unknown else ():
        if row.issue_id in unknown and row.field_id in ours:
            standing[row.issue_id][row.field_id] = row.after
    return [
        _recalling(known.fields if (known := before.get(one.id)) else standing.get(one.id, {}), one)
        for one in found
    ]


def _recalling(known: Mapping[str, object], issue: Issue) -> Issue:
    kept = {id_: value for id_, value in known.items() if id_.startswith(RECALLED)}
    if not kept and not any(id_.startswith(RECALLED) for id_ in issue.fields):
        return issue
    fields = {**kept, **issue.fields}
    held = {id_: value for id_, value in fields.items() if value is not None or not id_.startswith(RECALLED)}
    return replace(issue, fields=held)


def remember_recalled(
    context: Context, conn: Connection, issue_id: str, id_: str, value: object, seen_at: datetime
) -> None:
    """Take into the mirror what was seen of a place that is known by our own writes alone: no other read tells of it. Unless we wrote there since."""
    if not target_of(id_).recalled or _written_since(context, conn, issue_id, id_, seen_at):
        return

    def seen(known: Issue) -> Issue:
        fields = {name: held for name, held in known.fields.items() if name != id_}
        return replace(known, fields=fields if value is None else {**fields, id_: value})

    mirror.change(conn, context.site, issue_id, seen)


def asked_singly(context: Context) -> int:
    """How many calls `with_places` will need for the issues that the mirror holds now."""
    ours = context.unshown_places & context.written_places
    if not ours:
        return 0
    moment = context.moment()
    with context.store.read() as conn:
        issues = mirror.every(conn, context.site)
        return sum(may_be_target(context.mapping, issue, moment, context.api) for issue in issues)


def _has_some(known: Issue | None, ours: frozenset[str]) -> bool:
    return known is not None and not ours.isdisjoint(known.fields)


def may_be_target(mapping: BoundMapping, issue: Issue, moment: Moment, api: Api) -> bool:
    """Whether a rule that selects by itself makes this issue an objective or a key result that gets something no search shows."""
    unshown = [target for target in WRITE_TARGETS if not target.shown(api) and not target.recalled]
    written = [rule for rule in mapping.document.write_back if any(one.is_written(rule) for one in unshown)]
    targets = {rule.subject for rule in written}
    own = objective_rule(mapping, issue, moment) if targets & {"objective", "parent"} else None
    if own is not None and (own.sums in written if own.plain else "objective" in targets):
        return True
    rules = (rule for objective in mapping.objectives for rule in objective.key_results)
    return "key_result" in targets and any(
        is_issue_each(rule.part) and rule.select is not None and rule.select.matches(issue, moment)
        for rule in rules
    )


def spare_own(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    issues: Iterable[Issue],
    read_at: datetime | None,
) -> list[Issue]:
    """The issues without what an older read says of a place that we wrote meanwhile.

    A field that is written makes its issue newer (`updated`), and what is older is dropped; not every target does so.
    """
    ours = context.ageless_places
    if not ours:
        return list(issues)
    since = read_at if read_at is not None else context.clock() - ON_ITS_WAY
    return [_spared(context, conn, before.get(issue.id), issue, ours, since) for issue in issues]


def _spared(
    context: Context,
    conn: Connection,
    known: Issue | None,
    issue: Issue,
    ours: frozenset[str],
    since: datetime,
) -> Issue:
    if known is None:
        return issue
    differing = (name for name in ours if known.fields.get(name) != issue.fields.get(name))
    spared = {
        id_: known.fields.get(id_)
        for name in differing
        if _written_since(context, conn, issue.id, name, since)
        for id_ in target_of(name).mirrored(name)
    }
    if not spared:
        return issue
    fields = {name: value for name, value in {**issue.fields, **spared}.items() if value is not None}
    return replace(issue, fields=fields)


def _written_since(context: Context, conn: Connection, issue_id: str, name: str, since: datetime) -> bool:
    last = writes.last_write(conn, context.site, issue_id, name)
    return last is not None and last.settled_at is not None and last.settled_at > since
