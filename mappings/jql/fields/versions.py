"""Versions as JQL asks for them: by name or id, by a pattern of their names, by whether they are released, or by the order of their project."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mappings.document.names import NameKind
from mappings.facts.catalogue import ProjectVersions
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.moment import Moment
from mappings.fields.thing_states import RELEASED, UNRELEASED, version_state
from mappings.jql.compilation import Compilation, TextSpan, Verdict, never
from mappings.jql.connectives import any_of
from mappings.jql.fields.instants import TESTS
from mappings.jql.fields.named_values import ValueSelection, resolve_value, select_values, several_among
from mappings.jql.functions.functions import find_function, refuse_call, refuse_other
from mappings.jql.text.tree import Condition, FunctionCall, JqlValue, operands

BY_ORDER = frozenset({"latestreleasedversion", "earliestunreleasedversion"})
"""Functions that go by the order of versions."""

MOST_PROJECTS = 50
"""Of so many projects the order is asked for."""


@dataclass(frozen=True, slots=True)
class _ReleaseWish:
    """Versions that are released, or not yet; of these projects, of any where None are named."""

    released: bool
    projects: ValueSelection | None

    def has(self, issue: Issue, version: Mapping[str, object]) -> bool:
        """Whether the issue's version is one. What Jira does not say of it is neither."""
        if version_state(version) != (RELEASED if self.released else UNRELEASED):
            return False
        of = self.projects
        return of is None or of.has(issue.project) or of.words[issue.project.key]


def versions_among(
    attribute: str, field_id: str
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`fixVersion in (unreleasedVersions(), "2.0")`: whether a version is released stands in the issue, and events tell when it changes."""
    read: Callable[[Issue], tuple[JiraValue, ...]] = attrgetter(attribute)
    named = several_among(NameKind.VERSION, attribute, lambda compilation: compilation.catalogue.versions)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        calls = [value for value in values if isinstance(value, FunctionCall)]
        ends = [call for call in calls if call.name.lower() in BY_ORDER]
        if ends:
            others = [value for value in values if value not in ends]
            given = [_end_of_order(compilation, read, call) for call in ends]
            return any_of([*given, among(compilation, others)] if others else given)
        written = [value for value in values if isinstance(value, JqlValue)]
        by_name = named(compilation, written) if written or not calls else never
        if not calls:
            return by_name
        compilation.fields.add(field_id)
        wishes = [wish for call in calls if (wish := _wish(compilation, call)) is not None]

        def verdict(issue: Issue, moment: Moment) -> bool:
            raw, held = issue.fields.get(field_id), {one.id for one in read(issue)}
            stated = [
                one
                for one in (raw if isinstance(raw, list) else ())
                if isinstance(one, dict)
                and str(one.get("id")) in held  # of today, where it is looked at as it was
            ]
            return any(wish.has(issue, one) for wish in wishes for one in stated) or by_name(issue, moment)

        return verdict

    return among


def _wish(compilation: Compilation, call: FunctionCall) -> _ReleaseWish | None:
    function = find_function(compilation, call)
    if function is None:
        return None
    if function.gives != "version":
        refuse_other(compilation, call, function, "version")
        return None
    of = (
        select_values(compilation, NameKind.PROJECT, call.arguments, compilation.catalogue.projects)
        if call.arguments
        else None
    )
    return _ReleaseWish(function.state == RELEASED, of)


def _orders(compilation: Compilation, place: TextSpan) -> tuple[ProjectVersions, ...]:
    """The orders that are known; none, with a finding, where nobody asked for them or Jira did not tell."""
    known = compilation.catalogue.version_orders
    if not known:
        remedy = f"name the projects in the scope (at most {MOST_PROJECTS}), or list the versions"
        message = (
            "the order of versions is not known: Jira did not tell it, or the scope has too many projects"
        )
        compilation.refuse("order-unknown", message, place, remedy=remedy)
    return known


def _end_of_order(
    compilation: Compilation, read: Callable[[Issue], tuple[JiraValue, ...]], call: FunctionCall
) -> Verdict:
    """The last version of a project that is released, or the first that is not; what is archived is neither."""
    function = find_function(compilation, call)
    if function is None:
        return never
    if len(call.arguments) != 1:
        message = f"{function.name}() takes the key of one project"
        compilation.refuse("wrong-arguments", message, call, remedy=f"write {function.name}(PLAT)")
        return never
    projects = select_values(
        compilation, NameKind.PROJECT, call.arguments, compilation.catalogue.projects
    ).ids
    released = function.state == RELEASED
    ids = set[str]()
    for order in _orders(compilation, call):
        standing = [one.id for one in order.versions if one.released is released and not one.archived]
        if order.project_id in projects and standing:
            ids.add(standing[-1 if released else 0])
    return lambda issue, _: any(one.id in ids for one in read(issue))


def versions_compare(attribute: str) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`fixVersion > "2.0"`: by the order that an admin of the project gave its versions, not by their names."""
    read: Callable[[Issue], tuple[JiraValue, ...]] = attrgetter(attribute)

    def compare(compilation: Compilation, sign: str, value: JqlValue | FunctionCall) -> Verdict:
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, "version")
            return never
        orders = _orders(compilation, value)
        listed = [one for order in orders for one in order.versions]
        found = resolve_value(value, listed)
        compilation.mean(NameKind.VERSION, value, found)
        if orders and not found:
            compilation.unknown_value("version", value.text, value, tuple(one.name for one in listed))
        test, ids = TESTS[sign], set[str]()
        for order in orders:
            places = [place for place, one in enumerate(order.versions) if one.id in found]
            ids.update(
                one.id
                for place, one in enumerate(order.versions)
                if any(test(place, bound) for bound in places)
            )
        return lambda issue, _: any(one.id in ids for one in read(issue))

    return compare


def compares_versions(condition: Condition) -> bool:
    """Whether a condition goes by the order of versions."""
    if str(condition.field).lower() not in ("fixversion", "affectedversion"):
        return False
    calls = (one for one in operands(condition.operand) if isinstance(one, FunctionCall))
    return condition.operator.name in TESTS or any(one.name.lower() in BY_ORDER for one in calls)


def version_matches(attribute: str) -> Callable[[Compilation, JqlValue | FunctionCall], Verdict]:
    """`fixVersion ~ "9.*"`: by the whole name, in which `*` and `?` stand for anything."""
    read: Callable[[Issue], tuple[JiraValue, ...]] = attrgetter(attribute)

    def matches(compilation: Compilation, operand: JqlValue | FunctionCall) -> Verdict:
        if isinstance(operand, FunctionCall):
            refuse_call(compilation, operand, "pattern of a version's name")
            return never
        pattern = re.compile(fnmatch.translate(operand.text.casefold().replace("[", "[[]")))
        return lambda issue, _: any(pattern.match(one.name.casefold()) for one in read(issue))

    return matches
