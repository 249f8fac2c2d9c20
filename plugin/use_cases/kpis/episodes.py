"""KPI ⇄ key result: a person accepts or dismisses what is proposed, and the issue of an open key result is followed until it is done."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.numbers import kpis
from connectors.store.people import audit
from mappings.facts.issue import Issue
from mappings.kpi.episode import KpiState, KpiStatus, Seen, Transition, dismissed, followed, opened
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, NotReady
from plugin.use_cases.kpis.board import ShownKpi, kpi, required_part
from plugin.use_cases.permission import EDITOR, act

CONNECTOR_ITSELF = "jira-okr"
FOLLOWED: Mapping[Transition, str] = {
    Transition.CLOSED: "key result of a KPI closed",
    Transition.LOST: "key result of a KPI lost",
    Transition.REOPENED: "key result of a KPI opened again",
}


@act(EDITOR)
def accept(connector: Connector, actor: Actor, site: str, id_: str, issue: str) -> ShownKpi:
    """Take this issue (its key or id) as the key result that is proposed. NotReady where nothing is, or the issue cannot be."""
    mapping = connector.context(site).mapping
    required_part(mapping, id_)
    with connector.store.write() as conn:
        kpis.alone(conn, site)
        state = kpis.get(conn, site, id_)
        if state.status is not KpiStatus.KR_PROPOSED and not _is_wanted(state):
            raise NotReady(f"No key result is proposed for “{id_}”: it is {_words(state)}.")
        found = _issue(conn, site, issue)
        taken = next((one.id for one in mapping.document.kpis if _holds(conn, site, one.id, found.id)), None)
        if taken is not None:
            raise NotReady(f"{found.key} is the key result of “{taken}” already: make one for this KPI.")
        if found.status.category == "done":
            raise NotReady(f"{found.key} is {found.status.name} already: name an issue that is still open.")
        kpis.put(conn, site, id_, opened(state, found.id), connector.clock())
        _note(conn, connector, actor.label, site, id_, "key result of a KPI accepted", found.key, state)
    return _shown(connector, actor, site, id_)


@act(EDITOR)
def dismiss(connector: Connector, actor: Actor, site: str, id_: str) -> ShownKpi:
    """Say no to what is proposed: to a new key result, or to closing the one that is open. NotReady where nothing is proposed."""
    required_part(connector.context(site).mapping, id_)
    with connector.store.write() as conn:
        kpis.alone(conn, site)
        state = kpis.get(conn, site, id_)
        news = dismissed(state)
        if news.transition is not Transition.DISMISSED:
            raise NotReady(f"Nothing is proposed for “{id_}”: it is {_words(state)}.")
        kpis.put(conn, site, id_, news, connector.clock())
        _note(conn, connector, actor.label, site, id_, "proposal of a KPI dismissed", "", state)
    return _shown(connector, actor, site, id_)


def follow_key_results(connector: Connector, site: str) -> None:
    """Look at the issues of key results: one that is done ends its episode, and so does a week out of sight; opened again, it goes on."""
    parts = connector.context(site).mapping.document.kpis
    with connector.store.read() as conn:
        ids = [one.id for one in parts if _issue_to_follow(kpis.get(conn, site, one.id))]
    if not ids:
        return
    with connector.store.write() as conn:
        kpis.alone(conn, site)
        for id_ in ids:
            _follow(connector, conn, site, id_)


def _issue_to_follow(state: KpiState) -> str | None:
    """The issue of the open key result, or of the one that was closed last."""
    return state.key_result or state.former


def _follow(connector: Connector, conn: Connection, site: str, id_: str) -> None:
    state = kpis.get(conn, site, id_)
    wanted = _issue_to_follow(state)
    if wanted is None:
        return
    now, issue = connector.clock(), mirror.get(conn, site, [wanted]).get(wanted)
    news = followed(state, _seen(issue), now)
    if news.transition in FOLLOWED or news.missing != state.missing:
        kpis.put(conn, site, id_, news, now)
    if said := FOLLOWED.get(news.transition):
        key = wanted if issue is None else issue.key
        _note(conn, connector, CONNECTOR_ITSELF, site, id_, said, key, state)


def _seen(issue: Issue | None) -> Seen:
    if issue is None or issue.archived:
        return Seen.MISSING
    return Seen.DONE if issue.status.category == "done" else Seen.OPEN


def _issue(conn: Connection, site: str, name: str) -> Issue:
    wanted = name.strip()
    found = mirror.get(conn, site, [wanted]) if wanted.isdecimal() else {}
    if not found and (id_ := mirror.id_of_key(conn, site, wanted.upper())) is not None:
        found = mirror.get(conn, site, [id_])
    for issue in found.values():
        return issue
    raise NotReady(
        f"No issue “{wanted}” is known here. Make it in Jira within the scope of the mapping; a minute later it is known."
    )


def _holds(conn: Connection, site: str, id_: str, issue_id: str) -> bool:
    return kpis.get(conn, site, id_).key_result == issue_id


def _is_wanted(state: KpiState) -> bool:
    """A key result is to be made without asking, and stands nowhere yet."""
    return state.status is KpiStatus.KR_OPEN and state.key_result is None


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
        raise NotReady(f"The mapping was changed meanwhile: it has no KPI “{id_}” any more.")
    return found
