"""Joins verdicts by AND and OR. The short forms are written out: a loop would cost more than what it joins."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.issue import Issue
from mappings.jql.ground import Verdict, always, never
from mappings.moment import Moment


def all_of(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether all hold, asked in their order."""
    match list(verdicts):
        case []:
            return always
        case [a]:
            return a
        case [a, b]:
            return lambda i, m: a(i, m) and b(i, m)
        case [a, b, c]:
            return lambda i, m: a(i, m) and b(i, m) and c(i, m)
        case [a, b, c, d]:
            return lambda i, m: a(i, m) and b(i, m) and c(i, m) and d(i, m)
        case several:
            return _all(tuple(several))


def any_of(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether one holds, asked in their order."""
    match list(verdicts):
        case []:
            return never
        case [a]:
            return a
        case [a, b]:
            return lambda i, m: a(i, m) or b(i, m)
        case [a, b, c]:
            return lambda i, m: a(i, m) or b(i, m) or c(i, m)
        case several:
            return _any(tuple(several))


def none_of(present: Verdict, verdict: Verdict) -> Verdict:
    """`!=`, `not in` and `!~`: a value is there, and it is another one. They never match EMPTY."""
    if present is always:
        return lambda i, m: not verdict(i, m)
    return lambda i, m: present(i, m) and not verdict(i, m)


def _all(verdicts: tuple[Verdict, ...]) -> Verdict:
    def verdict(issue: Issue, moment: Moment) -> bool:
        for one in verdicts:  # noqa: SIM110 - a generator costs more than the test
            if not one(issue, moment):
                return False
        return True

    return verdict


def _any(verdicts: tuple[Verdict, ...]) -> Verdict:
    def verdict(issue: Issue, moment: Moment) -> bool:
        for one in verdicts:  # noqa: SIM110 - a generator costs more than the test
            if one(issue, moment):
                return True
        return False

    return verdict
