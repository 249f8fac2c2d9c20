"""The practice of a team, worked out by hand for each aspect."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mappings.practice.practice import COUNSEL, Aspect, practices
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

FINE = Health(HealthLevel.ON_TRACK, "pace-on-track", "on pace")
STALE = Health(HealthLevel.PENDING, "stale", "last measured 20 days ago")
NEVER = Health(HealthLevel.PENDING, "never-measured", "never measured: it is empty")
LEFT_OUT = Health(HealthLevel.UNKNOWN, "excluded", "closed as Won't Do: left out")
HALF = Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "half")
UNKNOWN = Measurement(None, None, Cause.UNKNOWN, "the start is missing")


def key_result(id_: str, nature: str = "outcome", **more) -> KeyResultState:
    kind = "transition" if nature == "outcome" else "delivery"
    made = KeyResultState(
        id_, "m", kind, nature, f"KR {id_}", HALF, FINE, Fraction(1), True, id_, f"K-{id_}", owner="ada"
    )
    return replace(made, **more)


def objective(id_: str, *key_results: KeyResultState, **more) -> ObjectiveState:
    made = ObjectiveState(
        id_, "o", f"Aim {id_}", Fraction(1, 2), FINE, Ledger(), key_results, id_, f"O-{id_}",
        owner="ada", project_key="CORE", cycle_id="Q4",
    )  # fmt: skip
    return replace(made, **more)


def work(*rows: tuple[str, Disposition]) -> Measurement:
    made = tuple(Contribution(id_, f"W-{id_}", f"Work {id_}", disposition, "so") for id_, disposition in rows)
    return replace(HALF, ledger=Ledger(made))


COUNTED, CHILDREN, EXCLUDED = Disposition.COUNTED, Disposition.BY_CHILDREN, Disposition.EXCLUDED
TWO = key_result(
    "9", "delivery", issue_id=None, measurement=work(("1", COUNTED), ("2", COUNTED), ("3", CHILDREN))
)


def figures(practice) -> dict[str, tuple[int, int, list[str]]]:
    return {
        one.aspect.value: (one.met, one.of, [each.id for each in one.behind]) for one in practice.measures
    }


def test_a_team_that_keeps_to_the_craft():
    (found,) = practices([objective("1", key_result("11"), TWO, aligned_to=("7",))])
    assert (found.team, found.objectives, found.key_results) == ("CORE", 1, 2)
    assert figures(found) == {
        "measurable": (2, 2, []),
        "owned": (2, 2, []),  # the objective, and the one key result that is an issue
        "outcome": (1, 2, []),  # half of its key results; behind it is no objective, for it has an outcome
        "fresh": (1, 1, []),
        "few_objectives": (1, 1, []),
        "few_key_results": (1, 1, []),
        "aligned": (1, 1, []),
        "counted_once": (2, 2, []),
    }
    assert [one.aspect for one in found.measures] == list(COUNSEL) == list(Aspect)
    assert all(one.kept for one in found.measures)


def test_what_cannot_be_measured_owned_or_read_is_behind_its_share():
    found = figures(
        practices(
            [
                objective(
                    "1", key_result("11", measurement=UNKNOWN), key_result("12", owner=None, health=STALE)
                ),
                objective("2", key_result("21", health=NEVER), owner=None),
                objective("3", progress=None),
                objective("4"),  # something contributes to it: it has a number
                objective("5", key_result("51", health=LEFT_OUT, measurement=UNKNOWN, owner=None)),
            ]
        )[0]
    )
    assert found["measurable"] == (2, 4, ["3", "11"])
    assert found["owned"] == (6, 8, ["2", "12"])
    assert found["fresh"] == (0, 2, ["12", "21"])
    assert found["outcome"] == (3, 3, [])
    assert found["few_objectives"] == (5, 5, [])


def test_work_alone_too_many_and_alone():
    many = [key_result(f"1{number}") for number in range(6)]
    states = [objective("1", *many), objective("2", TWO, aligned_to=("1",))]
    states += [objective(str(number)) for number in range(3, 7)]
    found = figures(practices(states, served={"3"})[0])
    assert found["outcome"] == (6, 7, ["2"])
    assert found["few_key_results"] == (5, 6, ["1"])
    assert found["few_objectives"] == (5, 6, ["1", "2", "3", "4", "5", "6"])
    assert found["aligned"] == (3, 6, ["4", "5", "6"])


def test_nothing_to_look_at_is_unknown_and_not_0():
    (found,) = practices([objective("1")])
    assert {one.aspect.value: one.share for one in found.measures} == {
        "measurable": None,
        "owned": Fraction(1),
        "outcome": None,
        "fresh": None,
        "few_objectives": Fraction(1),
        "few_key_results": Fraction(1),
        "aligned": Fraction(0),
        "counted_once": None,
    }


def test_teams_are_apart_but_an_issue_counts_once_in_the_cycle():
    mine = key_result("8", "delivery", measurement=work(("2", COUNTED), ("4", EXCLUDED)))
    found = practices(
        [
            objective("1", TWO, team="Platform"),
            objective("2", mine, team="Growth", project_key="X"),
            objective("3", mine, team="Growth", project_key="Y"),
            objective("4", project_key=""),
            objective("5", plain=True, team="Nobody"),
        ]
    )
    assert [(one.team, one.objectives) for one in found] == [("", 1), ("Growth", 2), ("Platform", 1)]
    assert [figures(one)["counted_once"] for one in found] == [(0, 0, []), (0, 1, ["2"]), (1, 2, ["2"])]
    (_, growth, _) = found
    (behind,) = growth.measures[-1].behind
    assert (behind.key, behind.why) == ("W-2", "it counts under O-1 and O-2 and O-3")
