"""The JQL functions that can be evaluated without asking Jira. Adding one is an entry in FUNCTIONS, of the class of what it gives."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from mappings.diagnostic import quote
from mappings.facts.catalogue import Field
from mappings.facts.moment import WEEKDAYS, Moment, Weekday
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.dates import Instant
from mappings.jql.functions.descendants import child_issues
from mappings.jql.functions.issue_links import linked_issues
from mappings.jql.functions.option_pairs import cascade_option
from mappings.jql.text.tree import FunctionCall, JqlValue

INCREMENT = re.compile(r"([+-]?)(\d{1,6})([yMwdhm]?)", re.ASCII)
MOST = {"y": 100, "M": 1_200, "w": 5_200, "d": 36_500, "h": 876_000, "m": 999_999}
STEPS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
LAST_INSTANT = timedelta(milliseconds=1)
PERSON, DATE, TYPE, ISSUE, OPTION = "person", "date", "issue type", "issue", "option"
SUBTASK = "subtask"


def _day(wall: datetime) -> datetime:
    return wall.replace(**MIDNIGHT)  # type: ignore[arg-type]


def _week(wall: datetime, starts: Weekday = "sun") -> datetime:
    """Jira's week begins on Sunday, unless the site's date picker is set to ISO 8601: a mapping says it by `week_starts`."""
    return _day(wall) - timedelta(days=(wall.weekday() - WEEKDAYS.index(starts)) % 7)


def _month(wall: datetime) -> datetime:
    return _day(wall).replace(day=1)


def _year(wall: datetime) -> datetime:
    return _month(wall).replace(month=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: how it is called, what it `gives`, and other names that Jira knows for it.

    `state` is that of the things it gives, where it gives all that are in one state. `named`: it takes names as arguments, which the
    field looks at. `single`: it gives one of them, the first or the last.
    """

    name: str
    gives: str
    also: tuple[str, ...] = ()
    state: str = ""
    named: bool = False
    single: bool = False

    @property
    def several(self) -> bool:
        """Whether it gives a list, which Jira takes behind IN and NOT IN alone."""
        return self.gives not in (PERSON, DATE) and not self.single


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFunction(Function):
    """A date: how its period begins; `end` means the period's last instant, `unit` is that of an increment without one.

    A date without `start` is now().
    """

    gives: str = DATE
    start: Callable[[datetime], datetime] | None = None
    unit: str = ""
    end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFunction(Function):
    """Issues: whether one is among those that a call gives. What is wrong with the arguments is refused on the way."""

    gives: str = ISSUE
    named: bool = True
    holds: Callable[[Compilation, FunctionCall], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFunction(Function):
    """Options of a custom field: whether an issue holds one of those that a call gives."""

    gives: str = OPTION
    named: bool = True
    holds: Callable[[Compilation, Field, FunctionCall], Verdict]


FUNCTIONS: tuple[Function, ...] = (
    Function(name="currentUser", gives=PERSON),
    Function(name="standardIssueTypes", gives=TYPE, also=("standardWorkTypes",), state="standard"),
    Function(name="subtaskIssueTypes", gives=TYPE, also=("subtaskWorkTypes",), state=SUBTASK),
    Function(name="openSprints", gives="sprint", state="active"),
    Function(name="closedSprints", gives="sprint", state="closed"),
    Function(name="futureSprints", gives="sprint", state="future"),
    Function(name="releasedVersions", gives="version", state="released", named=True),
    Function(name="unreleasedVersions", gives="version", state="unreleased", named=True),
    Function(name="latestReleasedVersion", gives="version", state="released", named=True, single=True),
    Function(name="earliestUnreleasedVersion", gives="version", state="unreleased", named=True, single=True),
    IssueFunction(name="linkedIssues", also=("linkedWorkItems",), holds=linked_issues),
    IssueFunction(
        name="childIssuesOf", also=("childWorkItemsOf", "portfolioChildIssuesOf"), holds=child_issues
    ),
    OptionFunction(name="cascadeOption", holds=cascade_option),
    DateFunction(name="now"),
    DateFunction(name="startOfDay", start=_day, unit="d"),
    DateFunction(name="startOfWeek", start=_week, unit="w"),
    DateFunction(name="startOfMonth", start=_month, unit="M"),
    DateFunction(name="startOfYear", start=_year, unit="y"),
    DateFunction(name="endOfDay", start=_day, unit="d", end=True),
    DateFunction(name="endOfWeek", start=_week, unit="w", end=True),
    DateFunction(name="endOfMonth", start=_month, unit="M", end=True),
    DateFunction(name="endOfYear", start=_year, unit="y", end=True),
)
BY_NAME = {name.lower(): function for function in FUNCTIONS for name in (function.name, *function.also)}

REFUSED = {
    "membersOf": "the members of groups are not kept here; list the people, or use a label or a component",
    "issuesWithRemoteLinksByGlobalId": "remote links are not kept here; use a label or a field",
    "workItemsWithRemoteLinksByGlobalId": "remote links are not kept here; use a label or a field",
    "issueHistory": "what a person has looked at is not kept here",
    "workItemHistory": "what a person has looked at is not kept here",
    "subtasksOf": "use parent = KEY",
    "parentEpic": "use relation: descendant in the mapping",
    "votedIssues": "votes are not kept here",
    "votedWorkItems": "votes are not kept here",
    "watchedIssues": "watchers are not kept here",
    "watchedWorkItems": "watchers are not kept here",
    "updatedBy": "who changed an issue is not kept here; use updated >= with a date",
    "componentsLeadByUser": "the leads of components are not kept here; name the components",
    "projectsLeadByUser": "the leads of projects are not kept here; name the projects",
    "spacesLeadByUser": "the leads of projects are not kept here; name the projects",
    "spacesWhereUserHasPermission": "permissions are not kept here; name the projects",
    "spacesWhereUserHasRole": "project roles are not kept here; name the projects",
    "projectsWhereUserHasPermission": "permissions are not kept here; name the projects",
    "projectsWhereUserHasRole": "project roles are not kept here; name the projects",
    "currentLogin": "log-ins are not kept here; use startOfDay() or a date",
    "lastLogin": "log-ins are not kept here; use startOfDay() or a date",
    "choiceOption": "name the option itself",
}
_SERVICE = """approved approver completed breached everBreached myApproval myPending myPendingApproval pending pendingBy
    pendingApprovalBy paused remaining running withinCalendarHours customerDetail entitlementDetail entitlementProduct
    organizationMembers"""
REFUSED |= dict.fromkeys(_SERVICE.split(), "approvals, service levels and customers are not kept here")
REFUSED_BY_NAME = {name.lower(): (name, remedy) for name, remedy in REFUSED.items()}


def refuse_call(compilation: Compilation, call: FunctionCall, what: str) -> None:
    """Refuse a function where a value of another kind was expected; one that is not evaluated here is named as such."""
    function = find_function(compilation, call)
    if function is not None:
        message = f"{function.name}() gives no {what}"
        compilation.refuse("function-not-allowed", message, call, remedy=f"write the {what} itself")


def refuse_other(compilation: Compilation, call: FunctionCall, function: Function, what: str) -> None:
    """Refuse a function that gives something else than `what`, naming those that give it."""
    valid = tuple(f"{one.name}()" for one in FUNCTIONS if one.gives == what)
    message = f"{function.name}() gives no {what} but a {function.gives}"
    compilation.refuse("function-not-allowed", message, call, valid)


def is_current_user(compilation: Compilation, call: FunctionCall) -> bool:
    """Whether the call is currentUser(); any other function is refused as one that gives no person."""
    function = find_function(compilation, call)
    if function is None:
        return False
    if function.gives != PERSON:
        refuse_other(compilation, call, function, PERSON)
        return False
    return _no_arguments(compilation, call)


def state_of(compilation: Compilation, call: FunctionCall, what: str) -> str | None:
    """The state of the things that a function gives; None, with a finding, where it gives no `what`."""
    function = find_function(compilation, call)
    if function is None:
        return None
    if function.gives != what:
        refuse_other(compilation, call, function, what)
        return None
    return function.state if _no_arguments(compilation, call) else None


def issues_of(compilation: Compilation, call: FunctionCall) -> Verdict:
    """Whether an issue is among those that a function gives; nothing is, with a finding, where it gives no issues."""
    function = find_function(compilation, call)
    if isinstance(function, IssueFunction):
        return function.holds(compilation, call)
    if function is not None:
        refuse_other(compilation, call, function, ISSUE)
    return never


def options_of(compilation: Compilation, field: Field, operand: JqlValue | FunctionCall) -> Verdict | None:
    """Whether an issue holds an option that a function gives; None for what is no function of options."""
    function = BY_NAME.get(operand.name.lower()) if isinstance(operand, FunctionCall) else None
    if not isinstance(operand, FunctionCall) or not isinstance(function, OptionFunction):
        return None
    return function.holds(compilation, field, operand)


def call_instant(compilation: Compilation, call: FunctionCall) -> Instant | None:
    """The instant a function stands for; None, with a finding, where it gives none."""
    function = find_function(compilation, call)
    if function is None:
        return None
    if not isinstance(function, DateFunction):
        refuse_other(compilation, call, function, DATE)
        return None
    compilation.timed = True
    if function.start is None:
        return (lambda moment: moment.now.astimezone(UTC)) if _no_arguments(compilation, call) else None
    increment = _increment(compilation, call, function)
    return None if increment is None else _period(function, *increment, compilation.catalogue.week_starts)


def check_call(compilation: Compilation, call: FunctionCall) -> None:
    """What is wrong with a call whatever it is compared with: no such function, or arguments that it cannot take."""
    function = find_function(compilation, call)
    if isinstance(function, DateFunction):
        call_instant(compilation, call)
    elif function is not None and not function.named:
        _no_arguments(compilation, call)


NOT_IN_JIRA = dict.fromkeys(
    ("startofquarter", "endofquarter"),
    'Jira has no function of quarters either: write the day, as in created >= "2026-10-01"',
)
"""What people expect and Jira does not have, with what to write instead."""


def find_function(compilation: Compilation, call: FunctionCall) -> Function | None:
    """The function called; None, with a finding that names it, where it cannot be evaluated here."""
    function = BY_NAME.get(call.name.lower())
    if function is not None:
        return function
    valid = tuple(f"{one.name}()" for one in FUNCTIONS)
    refused = REFUSED_BY_NAME.get(call.name.lower())
    if refused:
        name, remedy = refused
        compilation.refuse(
            "unsupported-function", f"{name}() can only be evaluated by Jira itself", call, valid, remedy
        )
    else:
        absent = NOT_IN_JIRA.get(call.name.lower(), "")
        guess = absent or compilation.guess(call.name, [one.name for one in FUNCTIONS])
        compilation.refuse("unknown-function", f"there is no function {call.name}() here", call, valid, guess)
    return None


def _no_arguments(compilation: Compilation, call: FunctionCall) -> bool:
    if call.arguments:
        compilation.refuse(
            "too-many-arguments", f"{call.name}() takes no arguments", call.arguments[0], remedy="remove them"
        )
    return not call.arguments


def _increment(
    compilation: Compilation, call: FunctionCall, function: DateFunction
) -> tuple[int, str] | None:
    """The argument as a signed count and a unit; (0, "d") without one."""
    if not call.arguments:
        return 0, "d"
    argument, *more = call.arguments
    found = INCREMENT.fullmatch(argument.text.strip())
    if more:
        compilation.refuse("too-many-arguments", f"{call.name}() takes one argument at most", more[0])
        return None
    if found is None or int(found[2]) > MOST[found[3] or function.unit]:
        compilation.refuse(
            "bad-increment",
            f"{quote(argument.text)} is no increment of at most a hundred years",
            argument,
            ('"-1"', '"+1w"', '"-14d"', '"2M"', '"-1y"', '"8h"', '"30m"'),
        )
        return None
    count = int(found[2])
    return (-count if found[1] == "-" else count), (found[3] or function.unit)


def _period(function: DateFunction, count: int, unit: str, week_starts: Weekday) -> Instant:
    """Jira's documented examples decide the order: endOfMonth("+1") is the last of next month, startOfMonth("+14d") the 15th."""
    start = function.start or _day
    if start is _week:
        start = partial(_week, starts=week_starts)
    whole = count if unit == function.unit else 0

    def instant(moment: Moment) -> datetime:
        wall = moment.now.astimezone(moment.zone).replace(tzinfo=None)
        begin = start(_moved(wall, whole, unit))
        if function.end:
            begin = _moved(begin, 1, function.unit) - LAST_INSTANT
        return _moved(begin, count - whole, unit).replace(tzinfo=moment.zone).astimezone(UTC)

    return instant


def _moved(wall: datetime, count: int, unit: str) -> datetime:
    """So many units later; a month or year later is the same day, or the last one of that month."""
    if unit in STEPS:
        return wall + STEPS[unit] * count
    years, month = divmod(wall.year * 12 + wall.month - 1 + count * (1 if unit == "M" else 12), 12)
    return wall.replace(year=years, month=month + 1, day=min(wall.day, monthrange(years, month + 1)[1]))
