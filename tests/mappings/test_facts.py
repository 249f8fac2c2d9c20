"""Facts by themselves: what stands above an issue, how a gap is called, whose a field is, what a goal last said, what a KPI was known to be."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from mappings.facts.app_field import FieldOwner, app_field_id, app_place_id, owner_of
from mappings.facts.forest import Forest, in_order, issue_order
from mappings.facts.gap import UNCOUNTED, Gap
from mappings.facts.goal import Goal, GoalUpdate
from mappings.facts.moment import Moment
from mappings.fields.paragraph import document, is_plain
from mappings.kpi.reading import FormerReading, KpiReading, known_at
from mappings.progress import RULE_OF_KIND
from mappings.rollup.state import Cause, Measurement
from tests.mappings.conftest import an_issue

TREE = Forest.of(
    [
        an_issue("1", parent_id="100"),
        an_issue("2", parent_id="1"),
        an_issue("3", parent_id="2"),
        an_issue("4", parent_id="1"),
        an_issue("5", parent_id="6"),
        an_issue("6", parent_id="5"),
        an_issue("7"),
    ]
)


@pytest.mark.parametrize(
    ("ids", "above"),
    [
        ((), set()),
        (("7",), set()),
        (("9",), set()),
        (("3",), {"2", "1", "100"}),
        (("3", "4"), {"2", "1", "100"}),
        (("4", "5"), {"1", "100", "5", "6"}),
    ],
)
def test_what_stands_above_goes_one_step_beyond_what_is_held(ids: tuple[str, ...], above: set[str]) -> None:
    assert TREE.above(ids) == above


def test_what_is_below_is_looked_up_for_the_issues_that_are_asked_about() -> None:
    moment = Moment(datetime(2026, 11, 1, tzinfo=UTC))
    assert TREE.moment(moment, ()) is moment
    assert TREE.moment(moment, ["1", "5", "9"]).below == {
        "1": {"1", "2", "3", "4"},
        "5": {"5", "6"},
        "9": {"9"},
    }


def test_ids_stand_in_the_order_of_numbers_and_others_after_them() -> None:
    assert in_order(["10", "9", "100"]) == ["9", "10", "100"]
    assert in_order(["b", "10", "@a", "9"]) == ["9", "10", "@a", "b"]
    assert issue_order("7") < issue_order("70") < issue_order("@a")


@pytest.mark.parametrize(
    ("gap", "name"),
    [
        (Gap("10", "PLAT-1", "403"), "PLAT-1"),
        (Gap("10", "", "403"), "10"),
        (Gap("", "", "403"), "an issue without id and key"),
        (Gap("", "", "403", field=UNCOUNTED), "issues that are only counted"),
    ],
)
def test_how_people_call_what_could_not_be_read(gap: Gap, name: str) -> None:
    assert gap.name == name


APP, ENVIRONMENT = "8db33309-0000-4000-8000-00000000000a", "prod"


@pytest.mark.parametrize(
    ("app", "environment", "is_its"),
    [
        (APP, ENVIRONMENT, True),
        (f"ari:cloud:ecosystem::app/{APP.upper()}", f"ari:cloud:ecosystem::environment/{APP}/PROD", True),
        (APP, "staging", False),
        (APP.replace("a", "b"), ENVIRONMENT, False),
    ],
)
def test_a_field_is_of_one_app_in_one_environment(app: str, environment: str, is_its: bool) -> None:
    assert FieldOwner(APP, ENVIRONMENT, "okr").is_of(app, environment) is is_its


def test_a_field_of_nobody_has_no_owner_and_a_place_knows_its_field() -> None:
    assert owner_of("com.atlassian.jira.plugin.system.customfieldtypes:float") is None
    assert app_field_id(app_place_id("customfield_1")) == "customfield_1"
    assert app_field_id("customfield_1") is None


def test_a_document_is_plain_while_nothing_of_it_is_lost_as_lines() -> None:
    plain = document("one\ntwo")
    assert is_plain(plain)
    assert is_plain(document(""))
    bold = {"type": "text", "text": "x", "marks": [{"type": "strong"}]}
    for node in (bold, {"type": "rule"}, {"type": "mention", "attrs": {"id": "1"}}):
        assert not is_plain({**plain, "content": [{"type": "paragraph", "content": [node]}]})


def received(hour: int) -> datetime:
    return datetime(2026, 11, 1, hour, tzinfo=UTC)


def test_a_reading_is_known_as_it_had_come_in_by_then() -> None:
    former = (FormerReading(Fraction(1), received(1)), FormerReading(Fraction(2), received(3)))
    reading = KpiReading(received(0), Fraction(3), received(5), former=former)
    told = [
        None if (one := known_at(reading, received(hour))) is None else (one.value, len(one.former))
        for hour in range(7)
    ]
    assert told == [None, (1, 0), (1, 0), (2, 1), (2, 1), (3, 2), (3, 2)]
    assert reading.first_received == received(1)
    assert KpiReading(received(0), None, received(5)).first_received == received(5)


@pytest.mark.parametrize(
    ("kind", "current", "measured", "progress"),
    [
        ("transition", 5, {"start": Fraction(0), "target": Fraction(10)}, Fraction(1, 2)),
        ("transition", 50, {"start": Fraction(0), "target": Fraction(10)}, 1),
        ("transition", 5, {"start": Fraction(0)}, None),
        ("transition", 5, {"target": Fraction(10)}, None),
        ("transition", 5, {"start": Fraction(10), "target": Fraction(10)}, None),
        ("threshold", 6, {"at_most": Fraction(5), "tolerance": Fraction(4)}, Fraction(3, 4)),
        ("threshold", 6, {"at_least": Fraction(8), "tolerance": Fraction(4)}, Fraction(1, 2)),
        ("threshold", 6, {"at_most": Fraction(5)}, None),
        ("threshold", 6, {"at_most": Fraction(5), "tolerance": Fraction(4), "clocked": True}, None),
        ("baseline", 6, {}, 1),
        ("baseline", 6, {"start": Fraction(0), "target": Fraction(12)}, Fraction(1, 2)),
        ("milestone", 6, {}, None),
    ],
)
def test_what_another_reading_would_have_come_to(
    kind: str, current: int, measured: dict, progress: object
) -> None:  # type: ignore[type-arg]
    measurement = Measurement(None, None, Cause.MEASURED, "", **measured)
    assert RULE_OF_KIND[kind].at_reading(measurement, Fraction(current)) == progress


def test_the_score_of_a_goal_is_what_was_posted_last_where_it_is_scored() -> None:
    def goal(scoring: str | None, score: int | None) -> Goal:
        latest = GoalUpdate(**{**dict.fromkeys(GoalUpdate.__dataclass_fields__), "score": score})  # type: ignore[arg-type]
        return Goal("ari:1", "HELLO-1", "Calm", "https://x.example", "on_track", scoring, latest=latest)  # type: ignore[arg-type]

    assert [goal("OKR", score).posted_score for score in (None, 0, 1, 45)] == [None, None, 1, 45]
    assert goal(None, 45).posted_score is None
    assert Goal("ari:1", "HELLO-1", "Calm", "", "pending", "OKR").posted_score is None
