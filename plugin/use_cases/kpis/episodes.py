"""KPI ⇄ key result: a person accepts or dismisses what is proposed, and the issue of an open key result is followed until it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.jira import JiraError
from connectors.store.absence import tombstones
from connectors.store.cycles import closings
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.kpi.episode import (
    EpisodeStep,
    KpiState,
    KpiStatus,
    SeenIssue,
    carry,
    dismiss_proposal,
    follow,
    open_key_result,
    without_objective,
)
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.context import Context
from plugin.use_cases.kpis.board import ShownKpi, kpi, objective_of, required_part
from plugin.use_cases.kpis.creation import CONNECTOR_ITSELF, bring_in, closed_cycle_of, have_made
from plugin.use_cases.permission import EDITOR, act

ASKED_EVERY = timedelta(hours=1)
LEFT_ALONE = "objective of the proposal of a KPI closed or gone"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FOLLOWED: Mapping[EpisodeStep, str] = {
    EpisodeStep.CLOSED: "key result of a KPI closed",
    EpisodeStep.LOST: "key result of a KPI lost",
    EpisodeStep.REOPENED: "key result of a KPI opened again",
    EpisodeStep.CYCLE_ENDED: "cycle of the key result of a KPI closed",
    EpisodeStep.CARRIED: "key result of a KPI carried into a later cycle",
}

log = structlog.get_logger("jira_okr.kpis")


@act(EDITOR)
def accept(
    connector: Connector, actor: Actor, site: str, id_: str, issue: str = "", objective: str = ""
) -> ShownKpi:
    """Take this issue (its key or id) as the key result that is proposed; without one it is made in Jira as the mapping says.

    It is made under `objective` (a key) where one is given, else under the one that the mapping names.

    Where closing is proposed its issue is moved to a status that is done. Refusal where nothing is proposed, or the issue cannot be it, or
    cannot be made or moved.
    """
    mapping = connector.context(site).mapping
    part = required_part(mapping, id_)
    if not issue.strip():
        with connector.store.read() as conn:
            state = kpis.get(conn, site, id_)
        if state.status is KpiStatus.CLOSE_PROPOSED and state.key_result is not None:
            _close(connector, actor, site, id_, state, state.key_result)
            return _shown(connector, actor, site, id_)
        _require_proposal(state, id_)
        have_made(connector, actor.label, site, part, objective.strip().upper())
        return _shown(connector, actor, site, id_)
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        state = kpis.get(conn, site, id_)
        _require_proposal(state, id_)
        found = _issue(conn, site, issue)
        taken = next((one.id for one in mapping.document.kpis if _holds(conn, site, one.id, found.id)), None)
        if taken is not None:
            raise Refusal(f"{found.key} is the key result of “{taken}” already: make one for this KPI.")
        if found.status.category == "done":
            raise Refusal(f"{found.key} is {found.status.name} already: name an issue that is still open.")
        kpis.put(conn, site, id_, open_key_result(state, found.id), connector.clock())
        marked = objectives.depending_on(conn, site, [found.id])
        connector.context(site).mark(conn, marked, "a KPI that became a key result of it")
        _note(conn, connector, actor.label, site, id_, "key result of a KPI accepted", found.key, state)
    return _shown(connector, actor, site, id_)


@act(EDITOR)
def dismiss(connector: Connector, actor: Actor, site: str, id_: str) -> ShownKpi:
    """Say no to what is proposed: to a new key result, or to closing the one that is open. Refusal where nothing is proposed."""
    required_part(connector.context(site).mapping, id_)
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        state = kpis.get(conn, site, id_)
        news = dismiss_proposal(state)
        if news.transition is not EpisodeStep.DISMISSED:
            raise Refusal(f"Nothing is proposed for “{id_}”: it is {_words(state)}.")
        kpis.put(conn, site, id_, news, connector.clock())
        _note(conn, connector, actor.label, site, id_, "proposal of a KPI dismissed", "", state)
    return _shown(connector, actor, site, id_)


def follow_key_results(connector: Connector, site: str) -> None:
    """Look at the issues of key results: one that is done or deleted ends its episode, and so does a week out of sight; opened again, it goes on."""
    context = connector.context(site)
    with connector.store.read() as conn:
        states = {one.id: kpis.get(conn, site, one.id) for one in context.mapping.document.kpis}
        wanted = {id_: issue for id_, state in states.items() if (issue := _issue_to_follow(state))}
        known = mirror.get(conn, site, wanted.values())
        planned = [id_ for id_, state in states.items() if _names_objective(state)]
    _leave_objectives(connector, context, planned)
    if not wanted:
        return
    now = connector.clock()
    unknown = [
        issue
        for id_, issue in wanted.items()
        if states[id_].key_result == issue and issue not in known and _to_be_asked(states[id_], now)
    ]
    asked, at = _asked(context, unknown), context.moment()
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        for id_ in wanted:
            _follow(connector, context, conn, id_, asked=asked, at=at)


def _to_be_asked(state: KpiState, now: datetime) -> bool:
    """An issue that is not in the mirror is asked for at once, and then once an hour."""
    return state.missing is None or (now - state.missing) % ASKED_EVERY < timedelta(minutes=1)


def _asked(context: Context, unknown: Collection[str]) -> dict[str, Issue | SeenIssue]:
    """What Jira says of issues that the mirror lacks: one outside the scope is followed all the same.

    What left the mirror and is shown by Jira no more is deleted; a look that fails says nothing.
    """
    if not unknown:
        return {}
    try:
        read = context.jira.read(unknown, context.own_fields)
    except JiraError as error:
        log.info("key results not looked at", site=context.site, error=str(error))
        return {}
    with context.store.read() as conn:
        left = tombstones.among_these(conn, context.site, read.missing, LONG_AGO)
    return {**dict.fromkeys(left, SeenIssue.DELETED), **{one.id: one for one in read.issues}}


def _close(connector: Connector, actor: Actor, site: str, id_: str, state: KpiState, issue_id: str) -> None:
    """Move the issue to a status that is done, by a way that asks for nothing where there is one. Said twice it does no harm."""
    context = connector.context(site)
    ways = [one for one in context.jira.ways_on(issue_id) if one.to.category == "done"]
    with connector.store.read() as conn:
        issue = mirror.get(conn, site, [issue_id]).get(issue_id)
    key = issue.key if issue is not None else issue_id
    if issue is not None and ways:
        # what is excluded would leave the objective's number, though it is achieved
        at = context.moment()
        there = {one.id: _seen(context, replace(issue, status=one.to), at) for one in ways}
        ways = [one for one in ways if there[one.id] is not SeenIssue.REFUSED]
        if not ways:
            raise Refusal(
                f"From where {key} stands every way to a status that is done leads to one that `statuses.excluded` leaves out: close it in Jira."
            )
    if not ways:
        raise Refusal(
            f"From where {key} stands the account may take no way to a status that is done: close it in Jira, or give the account the permission Transition issues."
        )
    context.jira.take(issue_id, min(ways, key=lambda one: one.screen))
    with connector.store.write() as conn:
        _note(
            conn, connector, actor.label, site, id_, "closing of a key result of a KPI accepted", key, state
        )
    bring_in(context, issue_id)
    follow_key_results(connector, site)


def _issue_to_follow(state: KpiState) -> str | None:
    """The issue of the open key result, or of the one that was closed last."""
    return state.key_result or state.former


def _follow(
    connector: Connector,
    context: Context,
    conn: Connection,
    id_: str,
    asked: Mapping[str, Issue | SeenIssue],
    at: Moment,
) -> None:
    site = context.site
    state = kpis.get(conn, site, id_)
    wanted = _issue_to_follow(state)
    if wanted is None:
        return
    now = connector.clock()
    found = mirror.get(conn, site, [wanted]).get(wanted) or asked.get(wanted)
    seen = found if isinstance(found, SeenIssue) else _seen(context, found, at)
    news = state
    if seen is SeenIssue.OPEN and state.key_result == wanted:
        ended, from_cycle = _closed_cycle(conn, site, wanted)
        seen = SeenIssue.CYCLE_CLOSED if ended else seen
        news = carry(state, from_cycle) if from_cycle and not ended else state
    if news.transition is not EpisodeStep.CARRIED or news is state:
        news = follow(state, seen, now)
    if news.transition in FOLLOWED or news.missing != state.missing:
        kpis.put(conn, site, id_, news, now)
    if said := FOLLOWED.get(news.transition):
        key = found.key if isinstance(found, Issue) else wanted
        _note(conn, connector, CONNECTOR_ITSELF, site, id_, said, key, state)


def _names_objective(state: KpiState) -> bool:
    """Whether a key result is to be made below an objective that is named."""
    proposed = state.status is KpiStatus.KR_PROPOSED or state.wanted
    return proposed and state.proposal is not None and state.proposal.objective is not None


def _leave_objectives(connector: Connector, context: Context, ids: Collection[str]) -> None:
    """What would be made below an objective whose cycle is closed, or that is gone, waits for a person to name another."""
    if not ids:
        return
    site = context.site
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        for id_ in ids:
            state = kpis.get(conn, site, id_)
            objective = objective_of(conn, site, state)
            gone = objective is None and state.under != ""  # one that was never seen may be a slip of the pen
            over = objective is not None and closed_cycle_of(conn, site, objective) != ""
            seen = replace(state, under=state.under if objective is None else objective.id)
            news = without_objective(seen) if _names_objective(state) and (gone or over) else seen
            if news == state:
                continue
            kpis.put(conn, site, id_, news, connector.clock())
            if news.proposal != state.proposal and state.proposal is not None:
                named = state.proposal.objective or ""
                _note(conn, connector, CONNECTOR_ITSELF, site, id_, LEFT_ALONE, named, state)


def _closed_cycle(conn: Connection, site: str, issue_id: str) -> tuple[bool, str]:
    """Whether every objective that it is a key result of stands in a cycle that was closed with it; and the closed cycle out of which it was carried."""
    ids = objectives.depending_on(conn, site, [issue_id])
    frozen = closings.load_standing(conn, site, ids)
    with_it = {
        id_: record
        for id_, record in frozen.items()
        if any(one.issue_id == issue_id for one in record.state.key_results)
    }
    if not with_it:
        return False, ""
    now = [saved.state for id_ in ids if (saved := objectives.load(conn, site, id_)) is not None]
    having = [one for one in now if any(key_result.issue_id == issue_id for key_result in one.key_results)]
    stays = all(one.id in with_it and one.cycle_id in (None, with_it[one.id].cycle_id) for one in having)
    on = [with_it[one.id].cycle_id for one in having if one.id in with_it and one.cycle_id is not None]
    return stays, "" if stays or not on else max(on)


def _seen(context: Context, issue: Issue | None, at: Moment) -> SeenIssue:
    if issue is None or issue.archived:
        return SeenIssue.MISSING
    if issue.status.category != "done":
        return SeenIssue.OPEN
    excluded = context.mapping.statuses.excluded.matches(issue, at)
    return SeenIssue.REFUSED if excluded else SeenIssue.DONE


def _issue(conn: Connection, site: str, name: str) -> Issue:
    wanted = name.strip()
    found = mirror.get(conn, site, [wanted]) if wanted.isdecimal() else {}
    if not found and (id_ := mirror.id_of_key(conn, site, wanted.upper())) is not None:
        found = mirror.get(conn, site, [id_])
    for issue in found.values():
        return issue
    raise Refusal(
        f"No issue “{wanted}” is known here. Make it in Jira within the scope of the mapping; a minute later it is known."
    )


def _holds(conn: Connection, site: str, id_: str, issue_id: str) -> bool:
    return kpis.get(conn, site, id_).key_result == issue_id


def _require_proposal(state: KpiState, id_: str) -> None:
    if state.status is not KpiStatus.KR_PROPOSED and not state.wanted:
        raise Refusal(f"No key result is proposed for “{id_}”: it is {_words(state)}.")


def _words(state: KpiState) -> str:
    return {
        KpiStatus.WATCHING: "watched",
        KpiStatus.KR_PROPOSED: "proposed as a key result",
        KpiStatus.KR_OPEN: "a key result that is open",
        KpiStatus.CLOSE_PROPOSED: "a key result that may be closed",
    }[state.status]


def _note(
    conn: Connection,
    connector: Connector,
    who: str,
    site: str,
    id_: str,
    what: str,
    key: str,
    state: KpiState,
) -> None:
    detail = {"kpi": id_, "episode": state.episode, **({"issue": key} if key else {})}
    audit.note(conn, who, what, connector.clock(), detail, site)


def _shown(connector: Connector, actor: Actor, site: str, id_: str) -> ShownKpi:
    found = kpi(connector, actor, site, id_)
    if found is None:
        raise Refusal(f"The mapping was changed meanwhile: it has no KPI “{id_}” any more.")
    return found
