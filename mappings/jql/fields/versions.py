"""Versions as JQL asks for them: by name or id, by a pattern of their names, or by whether they are released."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mappings.document.names import NameKind
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.fields.named_values import ValueSelection, several_among, wanted
from mappings.jql.functions.functions import known, refuse_call, refuse_other
from mappings.jql.text.tree import FunctionCall, JqlValue

RELEASED = "released"


@dataclass(frozen=True, slots=True)
class _ReleaseWish:
    """Versions that are released, or not yet; of these projects, of any where None are named."""

    released: bool
    projects: ValueSelection | None

    def has(self, issue: Issue, version: Mapping[str, object]) -> bool:
        """Whether the issue's version is one. What Jira does not say of it is neither."""
        if version.get(RELEASED) is not self.released:
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
    function = known(compilation, call)
    if function is None:
        return None
    if function.gives != "version":
        refuse_other(compilation, call, function, "version")
        return None
    of = (
        wanted(compilation, NameKind.PROJECT, call.arguments, compilation.catalogue.projects)
        if call.arguments
        else None
    )
    return _ReleaseWish(function.state == RELEASED, of)


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
