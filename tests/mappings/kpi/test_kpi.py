"""KPI ⇄ key result: tables of readings, and what holds for any readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.document.schema import KpiPart
from mappings.facts.issue import Reading
from mappings.kpi.band import Band, bands_on
from mappings.kpi.episode import (
    Creation,
    EpisodeStep,
    KpiState,
    KpiStatus,
    Proposal,
    SeenIssue,
    accept,
    carry,
    dismiss_proposal,
    follow,
    open_key_result,
    step,
    without_objective,
)
from mappings.kpi.promotion import Promotion, promotion
from mappings.rollup.state import HealthLevel

START = datetime(2026, 10, 1, tzinfo=UTC)
IN, OUT = 3, 9


def a_kpi(**parts: Any) -> KpiPart:
    plain: dict[str, Any] = {
        "id": "open-p1-bugs",
        "name": "Open P1 bugs",
        "source": {"kind": "jql_count", "jql": "priority = Highest"},
        "healthy": {"at_most": 5},
        "promote": {"after": 3, "objective": "CORE-12"},
        "revert": {"after": 2},
    }
    return KpiPart.model_validate({**plain, **parts})


KPI = a_kpi()


def fed(state: KpiState, values: list[float | None], kpi: KpiPart = KPI) -> tuple[KpiState, list[str]]:
    """The state after readings one day apart (None: no reading came), and every transition but `stayed`."""
    first = (state.latest or START) + timedelta(days=1)
    named: list[str] = []
    for day, value in enumerate(values):
        at = first + timedelta(days=day)
        reading = None if value is None else Reading(at, Fraction(str(value)))
        state = step(state, reading, kpi, bands_on(kpi, at.date()).healthy)
        if state.transition is not EpisodeStep.STAYED:
            named.append(state.transition.value)
    return state, named


def proposed() -> KpiState:
    return fed(KpiState(), [OUT] * 3)[0]


def is_open() -> KpiState:
    return open_key_result(proposed(), "300")


TABLE = [
    ("too few", [OUT, OUT], "watching", []),
    ("three running", [OUT, OUT, OUT], "kr_proposed", ["proposed"]),
    ("a bound is inside", [5, 5, 5, 5], "watching", []),
    ("interrupted", [OUT, OUT, IN, OUT, OUT], "watching", []),
    ("missing does not reset", [OUT, None, OUT, None, OUT], "kr_proposed", ["proposed"]),
    ("missing does not count", [OUT, None, None, OUT], "watching", []),
    ("proposed once", [OUT] * 9, "kr_proposed", ["proposed"]),
    ("one good day keeps it", [OUT, OUT, OUT, IN], "kr_proposed", ["proposed"]),
    ("withdrawn", [OUT, OUT, OUT, IN, IN], "watching", ["proposed", "withdrawn"]),
    (
        "and again",
        [OUT, OUT, OUT, IN, IN, OUT, OUT, OUT],
        "kr_proposed",
        ["proposed", "withdrawn", "proposed"],
    ),
]


@pytest.mark.parametrize(
    ("values", "status", "named"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_watching_and_proposing(values: list[float | None], status: str, named: list[str]) -> None:
    state, transitions = fed(KpiState(), values)
    assert (state.status, transitions) == (status, named)
    assert (state.proposal is not None) is (status == "kr_proposed")


def test_the_proposal_goes_from_the_latest_reading_to_the_edge_of_the_band() -> None:
    state, _ = fed(KpiState(), [9, 8, 7.5])
    assert state.proposal == Proposal(Fraction(15, 2), Fraction(5), "CORE-12")
    assert fed(state, [11])[0].proposal == Proposal(Fraction(11), Fraction(5), "CORE-12")
    assert fed(state, [IN])[0].proposal == state.proposal


@pytest.mark.parametrize(("value", "target"), [(60, 70), (85, 80)])
def test_either_side_of_a_band_counts(value: int, target: int) -> None:
    kpi = a_kpi(healthy={"at_least": 70, "at_most": 80})
    state, _ = fed(KpiState(), [60, 85, value], kpi)
    band = Band(Fraction(70), Fraction(80))
    assert state.proposal == Proposal(Fraction(value), Fraction(target), "CORE-12", band)


def test_what_is_to_be_made_is_withdrawn_until_jira_was_asked_for_it() -> None:
    decided = accept(proposed(), "ada@acme.example")
    assert (decided.status, decided.wanted, decided.creation) == (
        KpiStatus.KR_OPEN, True, Creation("ada@acme.example"),
    )  # fmt: skip
    assert fed(decided, [IN, IN])[0].creation is None
    assert fed(decided, [IN, IN])[1] == ["withdrawn"]
    asked = replace(decided, creation=Creation("ada@acme.example", tried=START))
    waiting, named = fed(asked, [IN, IN, IN])
    assert (waiting.status, waiting.creation, waiting.inside, named) == (
        KpiStatus.KR_OPEN,
        asked.creation,
        3,
        [],
    )
    assert dismiss_proposal(waiting).status is KpiStatus.WATCHING
    stands = open_key_result(waiting, "300")
    assert (stands.wanted, stands.creation, stands.key_result) == (False, None, "300")
    assert fed(stands, [IN, IN])[0].status is KpiStatus.CLOSE_PROPOSED


def test_mode_create_opens_at_once_and_waits_for_its_issue() -> None:
    kpi = a_kpi(promote={"after": 2, "mode": "create"})
    state, named = fed(KpiState(), [OUT, OUT], kpi)
    assert (state.status, named, state.key_result) == (KpiStatus.KR_OPEN, ["created"], None)
    assert open_key_result(state, "300").key_result == "300"
    assert fed(state, [IN, IN], kpi)[0].status is KpiStatus.WATCHING
    assert fed(open_key_result(state, "300"), [IN, IN], kpi)[0].status is KpiStatus.CLOSE_PROPOSED


def test_an_open_key_result_is_closed_by_proposal() -> None:
    state, named = fed(is_open(), [OUT, IN, None, IN, IN, IN])
    assert (state.status, named, state.key_result) == (KpiStatus.CLOSE_PROPOSED, ["close_proposed"], "300")
    assert follow(state, SeenIssue.DONE, START) == KpiState(
        latest=state.latest, value=state.value, transition=EpisodeStep.CLOSED, former="300", episode=1
    )


def test_what_is_closed_and_opened_again_goes_on_until_a_later_episode_begins() -> None:
    state = follow(is_open(), SeenIssue.DONE, START)
    assert follow(state, SeenIssue.DONE, START) == replace(state, transition=EpisodeStep.STAYED)
    again = follow(state, SeenIssue.OPEN, START)
    assert (again.status, again.key_result, again.former) == (KpiStatus.KR_OPEN, "300", None)
    assert (again.outside, again.inside, again.transition) == (0, 0, EpisodeStep.REOPENED)
    later = fed(state, [OUT, OUT, OUT])[0]
    assert (later.status, later.episode) == (KpiStatus.KR_PROPOSED, state.episode + 1)
    assert follow(later, SeenIssue.OPEN, START).status is KpiStatus.KR_PROPOSED


def test_what_is_opened_again_counts_anew_whatever_was_counted_while_it_was_closed() -> None:
    closed = follow(is_open(), SeenIssue.DONE, START)
    for values, counted in (([OUT, OUT], (2, 0)), ([IN], (0, 1))):
        meanwhile = fed(closed, values)[0]
        assert (meanwhile.outside, meanwhile.inside) == counted
        again = follow(meanwhile, SeenIssue.OPEN, START)
        assert (again.transition, again.outside, again.inside) == (EpisodeStep.REOPENED, 0, 0)
        assert fed(again, [IN])[1] == []
        assert fed(again, [IN, IN])[1] == ["close_proposed"]


@pytest.mark.parametrize("then", ["proposed", "withdrawn", "dismissed"])
def test_once_a_later_episode_began_the_issue_of_the_one_before_is_followed_no_more(then: str) -> None:
    later = fed(follow(is_open(), SeenIssue.DONE, START), [OUT, OUT, OUT])[0]
    if then == "withdrawn":
        later = fed(later, [IN, IN])[0]
    if then == "dismissed":
        later = dismiss_proposal(later)
    assert (later.episode, later.former) == (2, None)
    assert follow(later, SeenIssue.OPEN, START) == replace(later, transition=EpisodeStep.STAYED)


@pytest.mark.parametrize("status", [KpiStatus.KR_OPEN, KpiStatus.CLOSE_PROPOSED])
@pytest.mark.parametrize(
    ("seen", "named"),
    [
        (SeenIssue.DONE, "closed"),
        (SeenIssue.REFUSED, "closed"),
        (SeenIssue.DELETED, "lost"),
        (SeenIssue.CYCLE_CLOSED, "cycle_ended"),
    ],
)
def test_an_episode_ends_in_watching_and_counting_anew_wherever_it_stood(
    status: KpiStatus, seen: SeenIssue, named: str
) -> None:
    values = [IN, IN, IN] if status is KpiStatus.CLOSE_PROPOSED else [OUT, OUT]
    state = fed(is_open(), values)[0]
    assert state.status is status
    ended = follow(state, seen, START)
    assert (ended.status, ended.transition, ended.key_result) == (KpiStatus.WATCHING, named, None)
    assert (ended.outside, ended.inside, ended.proposal) == (0, 0, None)


def test_what_was_closed_as_not_to_be_done_is_not_proposed_again_before_it_was_in_its_band() -> None:
    refused = follow(is_open(), SeenIssue.REFUSED, START)
    assert fed(refused, [OUT] * 9)[1] == []
    assert fed(refused, [OUT, IN, OUT, OUT])[1] == []
    assert fed(refused, [OUT, IN, OUT, OUT, OUT])[1] == ["proposed"]
    done = follow(is_open(), SeenIssue.DONE, START)
    assert fed(done, [OUT] * 3)[1] == ["proposed"]
    again = follow(fed(refused, [OUT])[0], SeenIssue.OPEN, START)
    assert fed(follow(again, SeenIssue.DONE, START), [OUT] * 3)[1] == ["proposed"]


def test_periods_in_the_band_before_it_was_accepted_do_not_close_it() -> None:
    """One of the two that it takes lies before."""
    state = open_key_result(fed(proposed(), [IN])[0], "300")
    assert fed(state, [IN])[1] == []
    assert fed(state, [IN, IN])[1] == ["close_proposed"]


def test_closing_is_called_off_by_as_many_periods_as_it_takes_to_propose() -> None:
    state = fed(is_open(), [IN, IN])[0]
    assert fed(state, [OUT, OUT])[0].status is KpiStatus.CLOSE_PROPOSED
    assert fed(state, [OUT, OUT, OUT])[1] == ["kept_open"]


def test_a_week_out_of_sight_ends_an_episode_and_less_does_not() -> None:
    state = follow(is_open(), SeenIssue.MISSING, START)
    assert (state.status, state.missing) == (KpiStatus.KR_OPEN, START)
    assert follow(state, SeenIssue.OPEN, START + timedelta(days=6)).missing is None
    waiting = follow(state, SeenIssue.MISSING, START + timedelta(days=7) - timedelta(milliseconds=1))
    assert (waiting.status, waiting.missing) == (KpiStatus.KR_OPEN, START)
    lost = follow(waiting, SeenIssue.MISSING, START + timedelta(days=7))
    assert (lost.status, lost.transition, lost.former) == (KpiStatus.WATCHING, EpisodeStep.LOST, None)


def test_what_is_carried_forward_goes_on_counting_and_is_told_once() -> None:
    state = fed(is_open(), [IN])[0]
    news = carry(state, "2026-Q4")
    assert (news.transition, news.status, news.inside, news.key_result, news.episode) == (
        EpisodeStep.CARRIED, KpiStatus.KR_OPEN, 1, "300", 1,
    )  # fmt: skip
    assert carry(news, "2026-Q4").transition is EpisodeStep.STAYED
    assert carry(news, "2027-Q1").transition is EpisodeStep.CARRIED
    assert fed(news, [IN])[1] == ["close_proposed"]
    again = follow(follow(news, SeenIssue.DONE, START), SeenIssue.OPEN, START)
    assert (again.transition, carry(again, "2026-Q4").transition) == (
        EpisodeStep.REOPENED,
        EpisodeStep.STAYED,
    )
    assert carry(proposed(), "2026-Q4").transition is EpisodeStep.STAYED


def test_a_proposal_outlives_its_objective_and_waits_for_a_person_to_name_another() -> None:
    state = without_objective(proposed())
    assert (state.status, state.transition, state.proposal) == (
        KpiStatus.KR_PROPOSED,
        EpisodeStep.STAYED,
        Proposal(Fraction(9), Fraction(5), None),
    )
    assert fed(state, [11])[0].proposal == Proposal(Fraction(11), Fraction(5), None)
    assert fed(state, [IN, IN])[1] == ["withdrawn"]
    kpi = a_kpi(promote={"after": 2, "mode": "create", "objective": "CORE-12"})
    by_itself = fed(KpiState(), [OUT, OUT], kpi)[0]
    news = without_objective(by_itself)
    assert (news.status, news.transition, news.episode) == (KpiStatus.KR_PROPOSED, EpisodeStep.PROPOSED, 1)
    asked = replace(by_itself, creation=Creation(tried=START))
    assert without_objective(asked) == asked
    assert without_objective(accept(proposed(), "ada@acme.example")).status is KpiStatus.KR_OPEN
    assert without_objective(is_open()) == is_open()


def test_episodes_are_numbered_as_they_begin() -> None:
    first = proposed()
    assert (KpiState().episode, first.episode) == (0, 1)
    second = fed(dismiss_proposal(first), [OUT, OUT, OUT])[0]
    assert (second.status, second.episode) == (KpiStatus.KR_PROPOSED, 2)


def test_a_relapse_keeps_it_open() -> None:
    state, named = fed(is_open(), [IN, IN, OUT, OUT, OUT, OUT])
    assert (state.status, named, state.key_result) == (
        KpiStatus.KR_OPEN,
        ["close_proposed", "kept_open"],
        "300",
    )


def test_a_no_is_remembered_as_counting_anew() -> None:
    watching = dismiss_proposal(proposed())
    assert (watching.status, watching.outside, watching.proposal) == (KpiStatus.WATCHING, 0, None)
    assert fed(watching, [OUT, OUT])[0].status is KpiStatus.WATCHING
    assert fed(watching, [OUT, OUT, OUT])[0].status is KpiStatus.KR_PROPOSED
    still_open = dismiss_proposal(fed(is_open(), [IN, IN])[0])
    assert (still_open.status, still_open.key_result) == (KpiStatus.KR_OPEN, "300")
    assert fed(still_open, [IN])[0].status is KpiStatus.KR_OPEN
    assert (still_open.outside, still_open.inside, still_open.transition) == (0, 0, EpisodeStep.DISMISSED)
    assert dismiss_proposal(KpiState()) == KpiState()


def test_without_promote_it_is_only_watched_and_without_revert_a_person_closes() -> None:
    assert fed(KpiState(), [OUT] * 20, a_kpi(promote=None))[1] == []
    assert fed(proposed(), [IN] * 20, a_kpi(revert=None))[1] == []
    assert fed(is_open(), [IN] * 20, a_kpi(revert=None))[1] == []


def test_the_same_or_an_older_reading_and_an_empty_one_change_nothing() -> None:
    state, _ = fed(KpiState(), [OUT, OUT])
    assert state.latest is not None
    for at, value in ((state.latest, OUT), (START, IN), (state.latest + timedelta(days=1), None)):
        reading = Reading(at, None if value is None else Fraction(value))
        assert step(state, reading, KPI, Band(at_most=Fraction(5))) == replace(
            state, transition=EpisodeStep.STAYED
        )


READINGS = st.lists(st.sampled_from([IN, OUT, None, 5, 5.5]), max_size=60)


@given(READINGS, st.integers(1, 5), st.integers(1, 5), st.sampled_from(["propose", "create"]))
def test_two_transitions_are_never_closer_than_the_readings_they_need(
    values: list[float | None], after: int, back: int, mode: str
) -> None:
    kpi = a_kpi(promote={"after": after, "mode": mode}, revert={"after": back})
    state, since = KpiState(), 10**6
    for value in values:
        state, named = fed(state, [value], kpi)
        since += value is not None
        if named:
            out = named[0] in ("proposed", "created", "kept_open")
            assert since >= (after if out else back)
            since = 0
        if state.status is KpiStatus.KR_OPEN and state.key_result is None:
            state = open_key_result(state, "300")


@given(st.lists(st.sampled_from([IN, OUT]), max_size=40))
def test_missing_readings_never_matter(values: list[float | None]) -> None:
    holes = [item for value in values for item in (None, value, None)]
    with_holes, named = fed(KpiState(), holes)
    without, same = fed(KpiState(), values)
    assert named == same
    assert replace(with_holes, latest=None, began=None, transition=EpisodeStep.STAYED) == replace(
        without, latest=None, began=None, transition=EpisodeStep.STAYED
    )


def test_swinging_across_the_edge_does_nothing() -> None:
    assert fed(KpiState(), [IN, OUT] * 50)[1] == []
    assert fed(is_open(), [OUT, IN] * 50)[1] == []


YES, NO, GONE = HealthLevel.ACHIEVED, HealthLevel.AT_RISK, None


@pytest.mark.parametrize(
    ("levels", "running"),
    [
        ([YES, YES, YES], 3),
        ([NO, YES, YES, YES], 3),
        ([YES, GONE, YES, HealthLevel.UNKNOWN, YES], 3),
        ([YES] * 5, 5),
        ([YES, YES, YES, NO], None),
        ([YES, YES], None),
        ([GONE] * 5, None),
        ([], None),
    ],
)
def test_a_key_result_achieved_cycle_after_cycle_becomes_a_kpi(
    levels: list[HealthLevel | None], running: int | None
) -> None:
    assert promotion("200", levels, 3) == (None if running is None else Promotion("200", running))


def test_no_number_of_cycles_proposes_nothing() -> None:
    assert promotion("200", [YES, YES], 0) is None
    assert promotion("200", [], 0) is None
