"""Fields that hold an amount: the level of an issue's type, and times of work in seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from mappings.diagnostic import quote
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.fields.instants import TESTS
from mappings.jql.functions.functions import refuse_call
from mappings.jql.text.tree import FunctionCall, JqlValue
from mappings.numbers import exact

Read = Callable[[Issue], Fraction | None]
Amount = Callable[[Compilation, JqlValue | FunctionCall], Fraction | None]

WORK = re.compile(r"\s*(?:(\d{1,9})\s*h)?\s*(?:(\d{1,9})\s*m?)?\s*", re.ASCII)
DAYS = re.compile(r"\d\s*[dw]", re.ASCII | re.IGNORECASE)


def level(issue: Issue) -> Fraction | None:
    """Where the type of an issue stands: -1 a sub-task, 0, 1 an epic, and more above."""
    return Fraction(issue.type.level)


def level_said(compilation: Compilation, value: JqlValue | FunctionCall) -> Fraction | None:
    """The level an operand stands for; a warning where the site has no type of it (Data Center knows none above 0)."""
    if isinstance(value, FunctionCall):
        refuse_call(compilation, value, "level")
        return None
    found = exact(value.text)
    known = sorted({one.level for one in compilation.catalogue.issue_types})
    if found is None or found.denominator != 1:
        valid = tuple(str(one) for one in known)
        compilation.refuse(
            "not-a-number", f"{quote(value.text)} is no level", value, valid, "write one of the levels"
        )
        return None
    if known and found not in known:
        compilation.unknown_value("level of types", value.text, value, tuple(str(one) for one in known))
    return found


def work(field_id: str) -> Read:
    """Reads a time of work, in seconds; None where none was entered."""
    return lambda issue: exact(issue.fields.get(field_id))


def work_text(seconds: Fraction | None) -> str | None:
    """A time of work as JQL writes it: `1h 30m`; None where there is none."""
    if seconds is None:
        return None
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours}h {minutes}m" if hours and minutes else f"{hours}h" if hours else f"{minutes}m"


def work_said(compilation: Compilation, value: JqlValue | FunctionCall) -> Fraction | None:
    """The seconds an operand stands for: `2h`, `"1h 30m"`, `90m`, and `90` for minutes, as Jira has it.

    How many hours a day or a week has is a setting of the site that no API tells every account.
    """
    if isinstance(value, FunctionCall):
        refuse_call(compilation, value, "time of work")
        return None
    found = WORK.fullmatch(value.text)
    if found is None or not any(found.groups()):
        days = DAYS.search(value.text)
        why = "how many hours a day of work has is a setting of Jira's" if days else ""
        message = f"{quote(value.text)} is no time of work" + (f": {why}" if why else "")
        compilation.refuse(
            "not-a-duration", message, value, ("2h", "90m", '"1h 30m"'), "write hours and minutes"
        )
        return None
    hours, minutes = (int(part or 0) for part in found.groups())
    return Fraction(hours * 3600 + minutes * 60)


def amounts_among(
    read: Read, amount: Amount
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`hierarchyLevel in (1, 2)`."""

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        wanted = frozenset(found for value in values if (found := amount(compilation, value)) is not None)
        return lambda issue, _: read(issue) in wanted

    return among


def amounts_compare(
    read: Read, amount: Amount
) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`originalEstimate > 2h`."""

    def compare(compilation: Compilation, sign: str, value: JqlValue | FunctionCall) -> Verdict:
        bound = amount(compilation, value)
        if bound is None:
            return never
        test = TESTS[sign]

        def verdict(issue: Issue, _moment: Moment) -> bool:
            held = read(issue)
            return held is not None and test(held, bound)

        return verdict

    return compare
