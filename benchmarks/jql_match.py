"""How fast a compiled JQL matches issues, beside the same predicate written by hand in Python. Target: 0.4 of its rate.

python -m benchmarks jql_match [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from benchmarks.ratio import Ratio
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.facts.moment import Moment
from mappings.jql import compile_selector

JQL = "project = X AND issuetype in (Story, Bug) AND labels = okr"
TARGET = 0.4
ISSUES = 5_000
ROUNDS, QUICK_ROUNDS = 60, 20
NOW = Moment(datetime(2026, 11, 22, tzinfo=UTC))
KINDS = frozenset({"Story", "Bug"})
PROJECTS = (Project("100", "X", "Exchange"), Project("200", "Y", "Yard"))
TYPES = tuple(IssueType(str(at), name) for at, name in enumerate(("Story", "Bug", "Task", "Epic")))
LABELS = (("okr",), (), ("growth", "okr"), ("growth",))


def by_hand(issue: Issue) -> bool:
    """The predicate as a programmer would write it."""
    return issue.project.key == "X" and issue.type.name in KINDS and "okr" in issue.labels


def issues() -> list[Issue]:
    """Two thirds in the project, half of these of the types, half of those with the label."""
    return [
        Issue(
            id=str(number),
            key=f"X-{number}",
            project=PROJECTS[number % 3 // 2],
            type=TYPES[number // 3 % 4],
            status=Status("1", "To Do", "new"),
            created=NOW.now,
            updated=NOW.now,
            labels=LABELS[number // 12 % 4],
        )
        for number in range(ISSUES)
    ]


def best(run: Callable[[], int], other: Callable[[], int], rounds: int) -> tuple[float, float]:
    """The shortest time of each, taken in turns so that both meet the same weather."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for each, taken in zip((run, other), times, strict=True):
            start = time.process_time()
            each()
            taken.append(time.process_time() - start)
    return min(times[0]), min(times[1])


def ratio(name: str, catalogue: Catalogue, subjects: Sequence[Issue], rounds: int) -> Ratio:
    """The rate of the compiled JQL beside that of the predicate written by hand, in thousands of issues a second."""
    matches = compile_selector(JQL, catalogue).matches
    if [matches(issue, NOW) for issue in subjects] != [by_hand(issue) for issue in subjects]:
        raise AssertionError("the two predicates disagree")

    def compiled() -> int:
        return sum([1 for issue in subjects if matches(issue, NOW)])

    def hand_written() -> int:
        return sum([1 for issue in subjects if by_hand(issue)])

    fast, slow = best(hand_written, compiled, rounds)
    ours, theirs = (len(subjects) / spent / 1000 for spent in (slow, fast))
    return Ratio(name, ours, theirs, "k/s", at_least=TARGET, theirs_name="the predicate by hand")


def main(quick: bool = False) -> list[Ratio]:
    """With names that a catalogue resolves to ids, and without one."""
    subjects, rounds = issues(), QUICK_ROUNDS if quick else ROUNDS
    known = Catalogue(projects=PROJECTS, issue_types=TYPES)
    return [
        ratio("names resolved to ids", known, subjects, rounds),
        ratio("names compared", Catalogue(), subjects, rounds),
    ]
