"""The issues an objective reaches by JQL, without looking through the whole mirror for each: filled once, followed change by change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import candidates
from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import JqlFieldRelation
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.rollup.assessment import Assessment
from mappings.rollup.measurement import objective_rule
from mappings.rollup.structure.relation import held_by
from plugin.sync.context import Context

QUERIES_AT_ONCE = 50
"""So many queries are looked for in one walk through the mirror; between two walks whoever looks can say that it still does."""


def unknown(context: Context, conn: Connection, objective_ids: Iterable[str]) -> dict[str, Selector]:
    """The queries of these objectives that nobody looked through the mirror for yet, by their JQL."""
    wanted = _selects(context)
    for objective_id in objective_ids:
        wanted += _queries(context, conn, objective_id) or ()
    known = candidates.queries(conn, context.site, context.mapping.revision)
    return {query.jql: query for query in wanted if query.jql not in known}


def fill(
    context: Context, missing: Mapping[str, Selector], going_on: Callable[[], None] = lambda: None
) -> None:
    """Look through the mirror for these queries. `going_on` is called before each walk through it, for that may take long, and outside of its transaction: it may write."""
    left = iter(missing.items())
    while part := dict(islice(left, QUERIES_AT_ONCE)):
        going_on()
        _walk(context, part)


def _walk(context: Context, missing: Mapping[str, Selector]) -> None:
    with context.store.write() as conn:
        candidates.hold(conn, context.site)
        moment = context.moment(conn)
        found: dict[str, list[str]] = {jql: [] for jql in missing}
        for issue in mirror.every(conn, context.site):
            for jql, query in missing.items():
                if query.matches(issue, moment):
                    found[jql].append(issue.id)
        candidates.fill(conn, context.site, context.mapping.revision, found)


def reach_issues(context: Context, conn: Connection, objective_id: str) -> list[Issue] | None:
    """The issues of the objective's queries, what is above them, and below them where sub-tasks stand in; None where only the whole mirror will do."""
    wanted = _queries(context, conn, objective_id)
    if wanted is None:
        return None
    known = candidates.queries(conn, context.site, context.mapping.revision)
    if any(query.jql not in known for query in wanted):
        return None
    ids = candidates.ids(conn, context.site, [query.jql for query in wanted])
    through = any(
        rule.part.subtasks == "through_parent"
        for one in context.mapping.objectives
        for rule in one.key_results
    )
    found = (
        mirror.subtree(conn, context.site, ids)
        if through
        else list(mirror.get(conn, context.site, ids).values())
    )
    return [*found, *_above(context, conn, found)]


def askers(context: Context, conn: Connection, near: Sequence[Issue]) -> frozenset[str]:
    """Ids of the issues that may be objectives which look for one of these by JQL: at least those there are.

    Whoever is written in the mapping has no issue. Where it is not known which issues a rule selects, all objectives are among them.
    """
    moment = context.moment(conn)

    def asks(rule: ObjectiveRule) -> bool:
        return any(
            isinstance(part.part.relation, JqlFieldRelation)
            or (part.related is not None and any(part.related.matches(issue, moment) for issue in near))
            for part in rule.key_results
        )

    selects = [rule.select for rule in context.mapping.objectives if rule.select is not None and asks(rule)]
    if not selects:
        return frozenset()
    known = candidates.queries(conn, context.site, context.mapping.revision)
    # Under a lock an issue stays the objective that it was, whatever it says by now.
    if context.mapping.locks or not all(_keeps(one) and one.jql in known for one in selects):
        return frozenset(objectives.ids(conn, context.site))
    return candidates.ids(conn, context.site, [one.jql for one in selects])


def holders(
    context: Context, conn: Connection, objective_ids: Iterable[str], near: Sequence[Issue]
) -> list[Issue]:
    """The key-result issues of these objectives that hold a JQL which finds one of these issues."""
    relations = [
        relation
        for rule in context.mapping.objectives
        for part in rule.key_results
        if isinstance(relation := part.part.relation, JqlFieldRelation)
    ]
    if not relations:
        return []
    moment = context.moment(conn)
    assessment = Assessment(context.mapping, Forest.of(()), moment)

    def finds(holder: Issue) -> bool:
        held = (held_by(assessment, relation, holder).selector for relation in relations)
        queries = [query for query in held if query is not None]
        return any(query.matches(issue, moment) for query in queries for issue in near)

    return [one for one in mirror.children(conn, context.site, objective_ids) if finds(one)]


def land(context: Context, conn: Connection, changed: Iterable[Issue], gone: Iterable[str]) -> None:
    """Follow issues that changed or went, in the transaction that lands them."""
    if not context.reads_everything:
        return
    candidates.hold(conn, context.site)
    issues, gone = list(changed), set(gone)
    moment = context.moment(conn)
    known = candidates.queries(conn, context.site, context.mapping.revision)
    bound = {one.jql: one for one in context.mapping.selectors()}
    queries = {jql: bound.get(jql) or context.mapping.compile_jql(jql) for jql in known}
    if any(query.roots for query in queries.values()):
        under = mirror.subtree(conn, context.site, gone | {issue.id for issue in issues})
        issues = list({one.id: one for one in (*under, *issues)}.values())
    for jql, query in queries.items():
        matches = query.matches
        come = {issue.id for issue in issues if matches(issue, moment)}
        left = gone | ({issue.id for issue in issues} - come)
        candidates.land(conn, context.site, jql, left, come)


def _queries(context: Context, conn: Connection, objective_id: str) -> list[Selector] | None:
    """What the objective's key results look for; None where an answer does not keep, or every issue may hold a query."""
    tree: Sequence[Issue] = ()
    if objective_id.startswith("@"):
        rules = (one for one in context.mapping.objectives if one.select is None)
        rule = next((one for one in rules if f"@{one.part.id}" == objective_id), None)
    else:
        own = mirror.get(conn, context.site, [objective_id]).get(objective_id)
        rule = objective_rule(context.mapping, own, context.moment(conn)) if own is not None else None
        tree = mirror.subtree(conn, context.site, [objective_id]) if _holds(rule) else ()
    if rule is None:
        return []
    if _holds(rule) and rule.select is None:
        return None
    children = [one for one in tree if one.parent_id == objective_id]
    found = list(_selectors(context, conn, rule, children))
    return found if all(_keeps(query) for query in found) else None


def _keeps(query: Selector) -> bool:
    """Whether its answer changes with issues alone, which are followed."""
    return not query.timed and "updated" not in query.jql.casefold()


def _selects(context: Context) -> list[Selector]:
    """What selects the objectives that look for issues by JQL: so `askers` need not load all."""
    return [
        rule.select
        for rule in context.mapping.objectives
        if rule.select is not None
        and _keeps(rule.select)
        and any(
            part.related is not None or isinstance(part.part.relation, JqlFieldRelation)
            for part in rule.key_results
        )
    ]


def _holds(rule: ObjectiveRule | None) -> bool:
    return rule is not None and any(
        isinstance(one.part.relation, JqlFieldRelation) for one in rule.key_results
    )


def _selectors(
    context: Context, conn: Connection, rule: ObjectiveRule, children: Sequence[Issue]
) -> Iterator[Selector]:
    assessment = Assessment(context.mapping, Forest.of(()), context.moment(conn))
    for part in rule.key_results:
        if part.related is not None:
            yield part.related
        relation = part.part.relation
        if isinstance(relation, JqlFieldRelation):
            held = (held_by(assessment, relation, issue).selector for issue in children)
            yield from (query for query in held if query is not None)


def _above(context: Context, conn: Connection, found: Iterable[Issue]) -> list[Issue]:
    """Everything above these: it decides which of them stands above which."""
    known = {issue.id: issue.parent_id for issue in found}
    parents = {parent for parent in known.values() if parent is not None} - known.keys()
    return (
        [one for one in mirror.load_above(conn, context.site, parents) if one.id not in known]
        if parents
        else []
    )
