"""AND, OR and NOT of any length, with literal truth tables: short forms are written out and chained, and each has to agree."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.facts.moment import Moment
from mappings.jql import compile_selector
from mappings.jql.compilation import Verdict
from mappings.jql.connectives import all_of, any_of

Build = Callable[..., Issue]
BITS = [bits for length in range(7) for bits in product((False, True), repeat=length)]


def fixed(answer: bool) -> Verdict:
    return lambda _issue, _moment: answer


def test_every_truth_table_up_to_six(an_issue: Build, moment: Moment) -> None:
    issue = an_issue()
    for bits in BITS:
        verdicts = [fixed(bit) for bit in bits]
        assert all_of(verdicts, {})(issue, moment) is (False not in bits), bits
        assert any_of(verdicts)(issue, moment) is (True in bits), bits


def test_they_are_asked_in_their_order_and_no_further_than_needed(an_issue: Build, moment: Moment) -> None:
    asked: list[int] = []

    def noted(number: int, answer: bool) -> Verdict:
        def verdict(_issue: Issue, _moment: Moment) -> bool:
            asked.append(number)
            return answer

        return verdict

    for length, stop in product(range(1, 7), range(6)):
        for joined, answer in ((lambda v: all_of(v, {}), False), (any_of, True)):
            asked.clear()
            verdicts = [noted(n, answer if n == stop else not answer) for n in range(length)]
            joined(verdicts)(an_issue(), moment)
            assert asked == list(range(min(length, stop + 1)))


CONDITIONS = (
    "project = PLAT",
    "type = Story",
    "status = 'To Do'",
    "statusCategory = new",
    "labels = okr",
)
"""What a condition is chained with, and what is asked of it alone; `OTHERS` makes each of them false, one at a time."""
OTHERS: dict[str, dict[str, object]] = {
    "project = PLAT": {"project": Project("200", "CORE", "Core Services")},
    "type = Story": {"type": IssueType("2", "Bug")},
    "status = 'To Do'": {"status": Status("12", "In Progress", "new")},
    "statusCategory = new": {"status": Status("11", "To Do", "done")},
    "labels = okr": {"labels": ("other",)},
}


@pytest.mark.parametrize("known", [True, False], ids=["by id", "by name"])
def test_whichever_comes_first_all_have_to_hold(
    known: bool, an_issue: Build, site: Catalogue, moment: Moment
) -> None:
    catalogue = site if known else Catalogue()
    right = an_issue(labels=("okr",))
    wrong = [an_issue(**({"labels": ("okr",)} | other)) for other in OTHERS.values()]
    for length in (2, 3, 5):
        for order in permutations(CONDITIONS, length):
            selector = compile_selector(" AND ".join(order), catalogue)
            assert selector.matches(right, moment) is True, order
            told = [selector.matches(issue, moment) for issue in wrong]
            assert told == [condition not in order for condition in OTHERS], order


@pytest.mark.parametrize("known", [True, False], ids=["by id", "by name"])
def test_one_that_holds_is_enough(known: bool, an_issue: Build, site: Catalogue, moment: Moment) -> None:
    catalogue = site if known else Catalogue()
    issue = an_issue(labels=("okr",))
    for length in (1, 2, 3, 4, 5):
        nothing = " OR ".join(["project = CORE"] * length)
        assert not compile_selector(nothing, catalogue).matches(issue, moment)
        for place in range(length):
            parts = ["project = CORE"] * length
            parts[place] = CONDITIONS[place]
            assert compile_selector(" OR ".join(parts), catalogue).matches(issue, moment), parts


WORDS = [
    # project, type, the issue's project and type, whether it matches
    ("Platform", "Story", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("platform", "STORY", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("plat", "story", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("PLAT", "Story", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("PLAT", "Story", ("7", "PLAT", "Platform"), ("1", "Bug"), False),
    ("PLAT", "Story", ("7", "CORE", "Core"), ("1", "Story"), False),
    ("CORE", "Story", ("7", "PLAT", "Core"), ("1", "Story"), True),
    ("core", "Story", ("7", "PLAT", "Core"), ("1", "Story"), True),
    ("Platform", "Bug", ("7", "PLAT", "Platform"), ("1", "Story"), False),
    ("7", "Story", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("8", "Story", ("7", "PLAT", "Platform"), ("1", "Story"), False),
    ("7", "1", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("7", "2", ("7", "PLAT", "Platform"), ("1", "Story"), False),
    ("PLAT", "1", ("7", "PLAT", "Platform"), ("1", "Story"), True),
    ("PLAT", "2", ("7", "PLAT", "Platform"), ("1", "Story"), False),
]


@pytest.mark.parametrize(("project", "kind", "its_project", "its_type", "matches"), WORDS)
def test_project_and_type_by_their_words_the_first_time_and_every_later_one(
    project: str,
    kind: str,
    its_project: tuple[str, str, str],
    its_type: tuple[str, str],
    matches: bool,
    an_issue: Build,
    moment: Moment,
) -> None:
    """Both in either order, alone and before a third; what was seen before is answered from what is remembered."""
    issue = an_issue(project=Project(*its_project), type=IssueType(*its_type), labels=("okr",))
    for jql in (
        f"project = {project} AND type = {kind}",
        f"type = {kind} AND project = {project}",
        f"project = {project} AND type = {kind} AND labels = okr",
        f"project in ({project}, XX) AND type in (Saga, {kind})",
        f"project in ({project}, 999) AND type in (998, {kind})",
    ):
        selector = compile_selector(jql, Catalogue())
        assert [selector.matches(issue, moment) for _ in range(3)] == [matches] * 3, jql


@pytest.mark.parametrize(
    ("jql", "statuses"),
    [
        ("status = Done", ["13"]),
        ("status != Done", ["11", "12"]),
        ("NOT status = Done", ["11", "12"]),
        ("NOT NOT status = Done", ["13"]),
        ("status in (Done, 11)", ["11", "13"]),
        ("NOT status in (Done, 11)", ["12"]),
        ("NOT status not in (Done, 11)", ["11", "13"]),
        ("NOT (status = Done OR status = 11)", ["12"]),
        ("NOT (status != Done AND status != 11)", ["11", "13"]),
        ("NOT (status = Done AND status = 11)", ["11", "12", "13"]),
        ("NOT (status = Done AND NOT status = 11)", ["11", "12"]),
        ("status = Done AND status = 11", []),
        ("status = Done OR status = 11 AND status = 12", ["13"]),
        ("(status = Done OR status = 11) AND status = 11", ["11"]),
        ("status = 11 AND NOT (status = 12 OR status = Done)", ["11"]),
    ],
)
def test_not_is_carried_to_the_conditions(
    jql: str, statuses: list[str], an_issue: Build, site: Catalogue, moment: Moment
) -> None:
    selector = compile_selector(jql, site)
    found = [one.id for one in site.statuses if selector.matches(an_issue(status=one), moment)]
    assert found == statuses
