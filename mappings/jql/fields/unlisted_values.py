"""What an issue shows by name and id that no catalogue lists: the category of its project (`category = "Shop teams"`), and the security level
that keeps it from those who are not in it (`level is not EMPTY`). A name is compared as it is today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions.functions import refuse_call
from mappings.jql.text.tree import FunctionCall, JqlValue

PROJECT = "project"
"""The raw field that is kept where a condition asks for the category."""
SECURITY = "security"
"""The raw field that is kept where a condition asks for the level."""
Among = Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]
NamedValue = Mapping[str, object]


def category_name(issue: Issue) -> str | None:
    """What the category is called; None where the project has none, or where the issue is looked at in a project of before."""
    name = (_category(issue) or {}).get("name")
    return name if isinstance(name, str) else None


def has_category(issue: Issue, _moment: Moment) -> bool:
    """Whether the project has one."""
    return _category(issue) is not None


def level_name(issue: Issue) -> str | None:
    """What the security level is called; None where the issue has none."""
    name = (_level(issue) or {}).get("name")
    return name if isinstance(name, str) else None


def has_level(issue: Issue, _moment: Moment) -> bool:
    """Whether the issue has one: whatever Jira holds there is one."""
    return bool(issue.fields.get(SECURITY))


def _among(name: str, read: Callable[[Issue], NamedValue | None]) -> Among:
    """By name or id."""

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        for value in values:
            if isinstance(value, FunctionCall):
                refuse_call(compilation, value, name)
        wanted = NameTable(value.text for value in values if isinstance(value, JqlValue))

        def verdict(issue: Issue, _moment: Moment) -> bool:
            found = read(issue)
            return found is not None and any(wanted[str(found.get(part))] for part in ("name", "id"))

        return verdict

    return among


def _category(issue: Issue) -> NamedValue | None:
    raw = issue.fields.get(PROJECT)
    if not isinstance(raw, dict) or str(raw.get("id", issue.project.id)) != issue.project.id:
        return None
    category = raw.get("projectCategory")
    return category if isinstance(category, dict) and category else None


def _level(issue: Issue) -> NamedValue | None:
    raw = issue.fields.get(SECURITY)
    return raw if isinstance(raw, dict) and raw else None


category_among, level_among = _among("category", _category), _among("level", _level)
