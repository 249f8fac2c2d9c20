"""Joins verdicts by AND and OR. Short forms are chained or written out: a loop would cost more than what it joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Then, Verdict, always, never

LONGEST_CHAIN = 4


def all_of(verdicts: Sequence[Verdict], thens: Mapping[Verdict, Then]) -> Verdict:
    """Whether all hold, asked in their order: each passes on to the next, as far as LONGEST_CHAIN."""
    if not verdicts:
        return always
    ahead, last = list(verdicts[:LONGEST_CHAIN]), list(verdicts[LONGEST_CHAIN:])
    rest = _all(tuple(last)) if last else ahead.pop()
    for verdict in reversed(ahead):
        then = thens.get(verdict)
        rest = then(rest) if then else _both(verdict, rest)
    return rest


def _both(first: Verdict, second: Verdict) -> Verdict:
    return lambda i, m: first(i, m) and second(i, m)


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
