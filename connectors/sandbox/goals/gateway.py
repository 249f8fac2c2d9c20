"""Atlassian's GraphQL gateway, as far as Goals go: strict about the query, and refusing as the gateway does, with status 200."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    execute_sync,
    parse,
    validate,
    value_from_ast_untyped,
)

from connectors.sandbox.goals.goal import (
    CLOUD_ID,
    CONTAINER,
    Goal,
    GoalBook,
    Metric,
    MetricTarget,
    RefusedError,
    Update,
)
from connectors.sandbox.site_state.scheme import Account

Json = dict[str, Any]
Info = GraphQLResolveInfo[Any]

EXPERIMENTAL = ("capabilities", "updates")
OPTED_INTO = "Townsquare"
MOST_OF_A_PAGE = 50
USUAL_PAGE = 10
MOST_KNOWN = 64
MOST_COST = 10_000
"""What one query may cost: fields times the pages they are on. The gateway's own figures are not published."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, of which goals, and at which address people see them."""

    book: GoalBook
    account: Account
    address: str
    scopes: frozenset[str] | None = None
    """What a token of OAuth may do; None for one without scopes."""


@cache
def schema() -> GraphQLSchema:
    """What is served."""
    return build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))


def answer(asker: Asker, body: Mapping[str, Any]) -> Json:
    """The answer to one request: `data`, `errors`, or both."""
    try:
        document = _document(body)
        variables = body.get("variables") or {}
        _check_cost(document, variables)
    except GraphQLError as problem:
        return {"errors": [_refused(problem)]}
    wrong = _mistakes(str(body["query"]))
    if wrong:
        return {"errors": [_refused(one) for one in wrong]}
    if lacking := _lacks(asker, document):
        return {"data": None, "errors": [_said(f"Required scope {lacking} is missing.", 403, "FORBIDDEN")]}
    if not asker.book.on:
        return {"data": None, "errors": [_said("This site does not have Goals.", 404, "NOT_FOUND")]}
    result = execute_sync(
        schema(), document, _root(asker), variable_values=variables, operation_name=body["operationName"]
    )
    made: Json = {"data": result.data}
    if result.errors:
        made["errors"] = [_refused(one) for one in result.errors]
    return made


# -- what is asked --------------------------------------------------------------------------------------------


def _document(body: Mapping[str, Any]) -> DocumentNode:
    """One named operation that opts in where it has to."""
    text, name = body.get("query"), body.get("operationName")
    if not isinstance(text, str):
        raise GraphQLError("A query is required.")
    document = _parsed(text)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if not isinstance(name, str) or [one.name.value for one in operations if one.name] != [name]:
        raise GraphQLError("The operation must be named, and be the only one.")
    if not _opts_in(operations[0]):
        _check_opted(operations[0].selection_set)
    return document


def _lacks(asker: Asker, document: DocumentNode) -> str | None:
    """The scope that the operation takes, where the token lacks it."""
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    needed = f"{'write' if operation.operation.value == 'mutation' else 'read'}:goal:townsquare"
    return needed if asker.scopes is not None and needed not in asker.scopes else None


@lru_cache(maxsize=MOST_KNOWN)
def _parsed(text: str) -> DocumentNode:
    return parse(text)


@lru_cache(maxsize=MOST_KNOWN)
def _mistakes(text: str) -> list[GraphQLError]:
    """What the types have against a query; the same few are asked again and again."""
    return validate(schema(), _parsed(text))


def _opts_in(node: OperationDefinitionNode | FieldNode) -> bool:
    said = [one for one in node.directives or () if one.name.value == "optIn"]
    given = [value_from_ast_untyped(arg.value) for one in said for arg in one.arguments or ()]
    return any(OPTED_INTO in (value if isinstance(value, list) else [value]) for value in given)


def _check_opted(selected: SelectionSetNode | None) -> None:
    for node in selected.selections if selected else ():
        if isinstance(node, FieldNode):
            if node.name.value in EXPERIMENTAL and not _opts_in(node):
                raise GraphQLError(
                    f"The field {node.name.value} is experimental: opt in with @optIn(to: {OPTED_INTO!r})."
                )
            _check_opted(node.selection_set)
        elif isinstance(node, InlineFragmentNode):
            _check_opted(node.selection_set)


def _check_cost(document: DocumentNode, variables: Mapping[str, Any]) -> None:
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    cost = _cost(operation.selection_set, variables, 1)
    if cost > MOST_COST:
        raise GraphQLError(
            f"The query is too complex: it costs {cost}, and at most {MOST_COST} are allowed.",
            extensions={"statusCode": 400, "errorType": "QUERY_TOO_COMPLEX"},
        )


def _cost(selected: SelectionSetNode | None, variables: Mapping[str, Any], times: int) -> int:
    total = 0
    for node in selected.selections if selected else ():
        if isinstance(node, FragmentSpreadNode):
            raise GraphQLError("Named fragments are not served here.")
        more = _page_of(node, variables) if isinstance(node, FieldNode) else 1
        total += times + _cost(node.selection_set, variables, times * more)  # type: ignore[attr-defined]
    return total


def _page_of(node: FieldNode, variables: Mapping[str, Any]) -> int:
    for one in node.arguments or ():
        if one.name.value == "first" and isinstance(one.value, IntValueNode):
            return int(one.value.value)
        if one.name.value == "first" and isinstance(one.value, VariableNode):
            given = variables.get(one.value.name.value)
            return given if isinstance(given, int) else USUAL_PAGE
        if one.name.value == "goalIds" and isinstance(one.value, VariableNode):
            listed = variables.get(one.value.name.value)
            return len(listed) if isinstance(listed, list) else 1
    return 1


def _refused(problem: GraphQLError) -> Json:
    said = _said(problem.message, 400, "VALIDATION")
    if problem.path:
        said["path"] = list(problem.path)
    said["extensions"] |= problem.extensions or {}
    return said


def _said(message: str, status: int, kind: str) -> Json:
    return {"message": message, "extensions": {"statusCode": status, "errorType": kind}}


# -- what is answered -----------------------------------------------------------------------------------------


def _root(asker: Asker) -> Json:
    book = asker.book

    def settings(_info: Info, **said: Any) -> Json | None:
        if said["containerId"] != CONTAINER:
            raise _no_container()
        return {"scoringMode": book.scoring}

    def by_id(_info: Info, **said: Any) -> Json | None:
        return _goal(asker, book.find(said["goalId"]))

    def by_ids(_info: Info, **said: Any) -> list[Json | None]:
        return [_goal(asker, book.find(one)) for one in said["goalIds"]]

    def tenants(_info: Info, **said: Any) -> list[Json]:
        return [{"cloudId": CLOUD_ID, "hostName": one} for one in said.get("hostNames") or ()]

    def tql(_info: Info, **said: Any) -> Json | None:
        if said.get("containerId") != CONTAINER:
            raise _no_container()
        wanted = _archived_wanted(said["q"])
        found = [one for one in book.goals.values() if wanted is None or one.archived is wanted]
        return _page([_goal(asker, one) for one in found], said)

    return {
        "goals_appSettings": settings,
        "goals_byId": by_id,
        "goals_byIds": by_ids,
        "tenantContexts": tenants,
        "townsquare": {"goalTql": tql},
        **_mutations(asker),
    }


def _no_container() -> GraphQLError:
    return GraphQLError(
        "The container does not exist.", extensions={"statusCode": 404, "errorType": "NOT_FOUND"}
    )


def _archived_wanted(query: str) -> bool | None:
    """What a search says of archived goals; no other search is understood here."""
    wanted = {"": None, "archived = false": False, "archived = true": True}
    if query.strip() not in wanted:
        raise GraphQLError(f"The sandbox does not understand the search {query!r}.")
    return wanted[query.strip()]


def _mutations(asker: Asker) -> Json:
    book, account = asker.book, asker.account

    def goal(name: str, made: Goal) -> Json:
        return {name: _goal(asker, made)}

    def create_update(said: Json) -> Json:
        values = {one["targetId"]: one["newValue"] for one in said.get("metricUpdate") or ()}
        made = book.post(
            said["goalId"], account, said.get("status"), said.get("score"), said.get("summary"), values
        )
        return {"update": _update(asker, made)}

    def edit_update(said: Json) -> Json:
        made = book.correct(
            said["goalUpdateId"], account, said.get("status"), said.get("score"), said.get("summary")
        )
        return {"update": _update(asker, made)}

    def add_target(said: Json) -> Json:
        if said.get("createMetric") is None:
            raise RefusedError("A metric is required.")
        made = book.measure(
            said["goalId"], account, said["createMetric"], said["startValue"], said["targetValue"]
        )
        return goal("goal", made)

    def drop_target(said: Json) -> Json:
        made = book.drop_target(said["metricTargetId"], account)
        return {**goal("goal", made), "deletedMetricTargetId": said["metricTargetId"]}

    def linked(there: bool) -> Callable[[Json], Json]:
        return lambda said: goal("goal", book.link(said["goalId"], account, said["workItemId"], there=there))

    acts: dict[str, Callable[[Json], Json]] = {
        "goals_createUpdate": create_update,
        "goals_editUpdate": edit_update,
        "goals_deleteLatestUpdate": lambda said: {
            **goal("goal", book.take_back(said["updateId"], account)),
            "updateId": said["updateId"],
        },
        "goals_createAndAddMetricTarget": add_target,
        "goals_editMetric": lambda said: {
            "metric": _metric(book.edit_metric(said["metricId"], account, said))
        },
        "goals_editMetricTarget": lambda said: goal(
            "goal", book.edit_target(said["metricTargetId"], account, said)
        ),
        "goals_removeMetricTarget": drop_target,
        "goals_linkWorkItem": linked(True),
        "goals_unlinkWorkItem": linked(False),
    }
    return {name: _act(act) for name, act in acts.items()}


def _act(act: Callable[[Json], Json]) -> Callable[..., Json]:
    """What is done, or in the payload why it is not."""

    def done(_info: Info, **said: Any) -> Json:
        try:
            return {"success": True, "errors": None, **act(said["input"])}
        except RefusedError as problem:
            return {"success": False, "errors": [_said(problem.message, problem.status, problem.kind)]}

    return done


def _goal(asker: Asker, goal: Goal | None) -> Json | None:
    if goal is None:
        return None
    may = asker.book.may_post(asker.account)
    return {
        "id": goal.ari,
        "key": goal.key,
        "name": goal.name,
        "url": f"{asker.address}/o/northwind/s/{CLOUD_ID}/goal/{goal.key}",
        "owner": _person(goal.owner),
        "creationDate": goal.created.isoformat(),
        "isArchived": goal.archived,
        "latestUpdateDate": goal.updates[-1].at.isoformat() if goal.updates else None,
        "scoringMode": asker.book.scoring,
        "status": {"value": goal.status, "score": goal.score / 100},
        "targetDate": None
        if goal.due is None
        else {
            "label": f"{goal.due:%d %b %Y}",
            "confidence": "DAY",
            "dateRange": {"start": f"{goal.due}T00:00:00Z", "end": f"{goal.due}T00:00:00Z"},
        },
        "parentGoal": lambda _info: _goal(asker, goal.parent),
        "progress": {"percentage": None, "type": "ATTACHED_METRIC" if goal.targets else "NONE"},
        "capabilities": {"canCreateUpdates": may, "canEditMetrics": may, "canAddLinkedWorkItems": may},
        "updates": lambda _info, **said: _page([_update(asker, one) for one in reversed(goal.updates)], said),
        "metricTargets": lambda _info, **said: _page([_target(one) for one in goal.targets], said),
    }


def _update(asker: Asker, update: Update) -> Json:
    return {
        "id": update.id,
        "ari": update.ari,
        "creationDate": update.at.isoformat(),
        "creator": _person(update.creator),
        "editDate": update.edited.isoformat() if update.edited else None,
        "lastEditedBy": _person(update.edited_by) if update.edited_by else None,
        "newScore": update.new[1],
        "newState": _state(update.new),
        "oldScore": update.old[1],
        "oldState": _state(update.old),
        "summary": update.summary,
        "missedUpdate": False,
        "goal": lambda _info: next(
            _goal(asker, one) for one in asker.book.goals.values() if update in one.updates
        ),
    }


def _state(stands: tuple[str, int]) -> Json:
    status, score = stands
    return {"value": status, "label": status.replace("_", " ").capitalize(), "score": score / 100}


def _target(target: MetricTarget) -> Json:
    return {
        "id": target.id,
        "metric": _metric(target.metric),
        "startValue": target.start,
        "targetValue": target.target,
        "snapshotValue": None,
    }


def _metric(metric: Metric) -> Json:
    return {
        "id": metric.id,
        "name": metric.name,
        "type": metric.type,
        "source": metric.source,
        "externalEntityId": metric.external_id,
        "archived": False,
        "latestValue": {
            "id": f"{metric.id}:{len(metric.values)}",
            "time": metric.at.isoformat(),
            "value": metric.value,
        },
    }


def _person(account: Account) -> Json:
    return {"accountId": account.id, "name": account.name}


def _page(nodes: Sequence[Json | None], said: Mapping[str, Any]) -> Json:
    """So many from a cursor on, never more than a page."""
    begun = int(said.get("after") or 0)
    size = min(said.get("first") or USUAL_PAGE, MOST_OF_A_PAGE)
    shown = nodes[begun : begun + size]
    return {
        "edges": [{"cursor": str(begun + place + 1), "node": one} for place, one in enumerate(shown)],
        "pageInfo": {
            "hasNextPage": begun + size < len(nodes),
            "hasPreviousPage": begun > 0,
            "startCursor": str(begun + 1) if shown else None,
            "endCursor": str(begun + len(shown)) if shown else None,
        },
    }
