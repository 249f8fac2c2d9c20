"""`category = "Shop teams"`: the category that Jira keeps of an issue's project, as the issue itself shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions.functions import refuse_call
from mappings.jql.text.tree import FunctionCall, JqlValue

PROJECT = "project"
"""The raw field that is kept where a condition asks for the category."""


def category_name(issue: Issue) -> str | None:
    """What the category is called; None where the project has none, or where the issue is looked at in a project of before."""
    name = (_category(issue) or {}).get("name")
    return name if isinstance(name, str) else None


def has_category(issue: Issue, _moment: Moment) -> bool:
    """Whether the project has one."""
    return _category(issue) is not None


def category_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """By name or id. No catalogue lists categories, so that a name is compared as it is today."""
    for value in values:
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, "category")
    wanted = NameTable(value.text for value in values if isinstance(value, JqlValue))

    def verdict(issue: Issue, _moment: Moment) -> bool:
        category = _category(issue)
        return category is not None and any(wanted[str(category.get(part))] for part in ("name", "id"))

    return verdict


def _category(issue: Issue) -> Mapping[str, object] | None:
    raw = issue.fields.get(PROJECT)
    if not isinstance(raw, dict) or str(raw.get("id", issue.project.id)) != issue.project.id:
        return None
    category = raw.get("projectCategory")
    return category if isinstance(category, dict) and category else None
