"""Who reads the numbers of a mapping in Jira, asked there: restricted issues of the scope, and people who see an objective but not its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.jira import Jira, JiraRefusal
from connectors.store.numbers import objectives
from connectors.store.visibility import account_people
from connectors.store.visibility.mentions import mentions
from mappings.document.checks.live.doubts import NAMED, IssueSample
from mappings.document.checks.live.readers import WiderNumber
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import LEVELLED
from mappings.rollup.state import counted_in
from plugin.runtime.connector import Connector
from plugin.sync.resync.search_pages import condition
from plugin.use_cases.visibility.site_visibility import obstacle_to_asking

STRANGERS = "whoever has not signed in"
MOST_PEOPLE = 20
MOST_ISSUES = 1_000
"""So many issues are asked about for each person: one call on Cloud."""
MOST_ONE_BY_ONE = 40
"""And so many on Data Center, which is asked issue by issue."""
MOST_TOLD = 10


def restricted_issues(jira: Jira, mapping: BoundMapping) -> IssueSample:
    """The restricted issues of the scope, as Jira finds them: of the first page the keys. Nothing where they are left out, or nothing is written."""
    rule = mapping.restricted
    if not mapping.places() or (rule is not None and rule.policy != "refuse"):
        return IssueSample()
    when = LEVELLED if rule is None else rule.when.by_id or rule.when.jql
    jql = f"({condition(mapping.scope_by_id)}) AND ({condition(when)})"
    try:
        found = next(iter(jira.search(jql))).issues
        number = len(found) and max(len(found), jira.count(jql))
    except JiraRefusal:
        return IssueSample()  # a site without security levels may not know the word
    return IssueSample(tuple(one.key for one in found[:NAMED]), number)


def wider_numbers(connector: Connector, site: str, mapping: BoundMapping) -> tuple[WiderNumber, ...]:
    """The objectives, as they stand, whose readers may not see all that they count: strangers and people of accounts are asked for, in a few calls."""
    if not mapping.places() or obstacle_to_asking(connector, site):
        return ()
    jira = connector.site(site).jira
    with connector.store.read() as conn:
        counted = {
            state.issue_id: counted_in(state) - {state.issue_id}
            for state in (one.state for one in objectives.load_all(conn, site))
            if state.issue_id is not None and not state.unwritten
        }
        ties = [tie for tie in account_people.load_all(conn) if tie.site == site]
        named = mentions(conn, site, {*counted, *(row for rows in counted.values() for row in rows)}, ())
    keys = {one.id: one.key for one in named.values()}
    chosen = _first(counted, keys, MOST_ISSUES if jira.deployment == "cloud" else MOST_ONE_BY_ONE)
    asked = {id_: keys[id_] for id_ in {*chosen, *(row for rows in chosen.values() for row in rows)}}
    people = {"": STRANGERS} | {tie.person: tie.name for tie in ties[:MOST_PEOPLE]}
    seen = {person: _seen(jira, person, asked) for person in people} if asked else {}
    found = (_wider(id_, rows, keys, seen, people) for id_, rows in chosen.items())
    return tuple(one for one in found if one is not None)[:MOST_TOLD]


def _first(
    counted: Mapping[str, frozenset[str]], keys: Mapping[str, str], most: int
) -> dict[str, frozenset[str]]:
    """As many of the objectives, with what they count, as may be asked about."""
    chosen: dict[str, frozenset[str]] = {}
    asked: set[str] = set()
    for id_, rows in counted.items():
        known = rows & keys.keys()
        if id_ in keys and known and len(asked | known | {id_}) <= most:
            chosen[id_] = frozenset(known)
            asked |= known | {id_}
    return chosen


def _seen(jira: Jira, person: str, keys: Mapping[str, str]) -> frozenset[str]:
    try:
        return frozenset(id_ for answers in jira.seen_by(person, keys) for id_, may in answers.items() if may)
    except JiraRefusal:
        return frozenset()  # somebody whom Jira does not know any more reads nothing there


def _wider(
    id_: str,
    rows: Iterable[str],
    keys: Mapping[str, str],
    seen: Mapping[str, frozenset[str]],
    people: Mapping[str, str],
) -> WiderNumber | None:
    lacking = {person: [one for one in rows if one not in may] for person, may in seen.items() if id_ in may}
    readers = [people[person] for person, hidden in lacking.items() if hidden]
    hidden: Sequence[str] = sorted({keys[one] for mine in lacking.values() for one in mine})
    if not readers:
        return None
    sample = IssueSample(tuple(hidden[:NAMED]), len(hidden))
    return WiderNumber(key=keys[id_], readers=tuple(readers), asked=len(people), hidden=sample)
