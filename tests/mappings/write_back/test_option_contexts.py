"""A select field has options of its own in each context: of one word the option of the issue's context is written, by its id."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mappings.document.names import learnt
from mappings.facts.catalogue import Field, OptionContext
from mappings.facts.issue import Issue, IssueType, JiraValue, Project
from mappings.write_back.desired_values import desired_values
from mappings.write_back.plan import Change
from mappings.write_back.target import Objection
from mappings.write_back.targets.field import TARGET

EPIC, GOAL = IssueType("1", "Epic", 1), IssueType("2", "Goal", 1)
PLAT, CORE, GROW, NEW = (
    Project(id_, key, key) for id_, key in (("1", "PLAT"), ("2", "CORE"), ("3", "GROW"), ("4", "NEW"))
)
HEALTH = Field(
    "customfield_10061",
    "OKR health",
    "option",
    options=(
        JiraValue("11", "At risk"),
        JiraValue("12", "Red"),
        JiraValue("21", "At risk"),
        JiraValue("31", "At risk"),
        JiraValue("32", "Only here"),
    ),
    contexts=(
        OptionContext("1", "1", ("11", "12")),
        OptionContext("1", "2", ("21",)),
        OptionContext("2", "1", ("12",)),
        OptionContext("3", "1", ("31", "32")),
        OptionContext("3", "2", ()),
    ),
)


def written(make: SimpleNamespace, field: Field, word: str, project: Project, type_: IssueType) -> object:
    part = {"value": "health", "options": {"at_risk": word}}
    mapping = make.mapping(
        {"target": "objective", "set": {"okr_health": part}}, fields={**make.fields, "okr_health": field}
    )

    def actual(id_: str) -> Issue:
        return replace(make.issue(id_), project=project, type=type_)

    (found,) = desired_values(mapping, make.objective(level="at_risk"), actual)
    return found.raw


@pytest.mark.parametrize(
    ("word", "project", "type_", "raw"),
    [
        ("At risk", PLAT, EPIC, {"id": "11", "value": "At risk"}),
        ("at risk", PLAT, EPIC, {"id": "11", "value": "At risk"}),
        ("At risk", PLAT, GOAL, {"id": "21", "value": "At risk"}),
        ("At risk", GROW, EPIC, {"id": "31", "value": "At risk"}),
        ("Only here", GROW, EPIC, {"id": "32", "value": "Only here"}),
        ("12", CORE, EPIC, {"id": "12", "value": "Red"}),
        # The context lacks it: asked for as the mapping says it, Jira refuses it.
        ("At risk", CORE, EPIC, {"value": "At risk"}),
        ("Only here", PLAT, EPIC, {"value": "Only here"}),
        ("21", PLAT, EPIC, {"id": "21"}),
        # The context is not known: Jira finds the option of a name, and what has the name alone is it.
        ("At risk", NEW, EPIC, {"value": "At risk"}),
        ("At risk", GROW, GOAL, {"value": "At risk"}),
        ("Only here", NEW, EPIC, {"id": "32", "value": "Only here"}),
        ("21", NEW, EPIC, {"id": "21", "value": "At risk"}),
    ],
)
def test_the_option_of_the_issues_own_context(
    make: SimpleNamespace, word: str, project: Project, type_: IssueType, raw: object
) -> None:
    assert written(make, HEALTH, word, project, type_) == raw


def test_where_no_option_is_known_the_word_is_written(make: SimpleNamespace) -> None:
    """Jira has not shown every word of the mapping, so the field is not bound; the contexts are known all the same."""
    assert written(make, replace(HEALTH, options=()), "At risk", PLAT, EPIC) == {"value": "At risk"}


def test_what_is_learnt_of_a_context_takes_the_place_of_what_was_known_and_comes_last() -> None:
    first, second = HEALTH.contexts[:2]
    anew = OptionContext("1", "1", ("13",))
    assert learnt((first, second), (anew,)) == (second, anew)
    assert learnt((), (anew,)) == (anew,)
    assert learnt((first,), ()) == (first,)


@pytest.mark.parametrize(
    ("after", "named"),
    [({"id": "21"}, "21"), ({"value": "At risk"}, "At risk"), ({"id": "11", "value": "At risk"}, "At risk")],
)
def test_what_to_do_where_the_context_lacks_it(after: object, named: str) -> None:
    change = Change("100", "CORE-7", HEALTH.id, HEALTH.name, None, after, "health")
    said = "Option value 'At risk' is not valid"
    assert TARGET.remedy(change, Objection(400, said, said, "", {HEALTH.id: said})) == (
        f'Add the option "{named}" to OKR health in the context that CORE-7 is of (its project and type), '
        "or name one of that context under `options`."
    )
