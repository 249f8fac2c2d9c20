"""A process that dies at any of its steps: episodes begin, are closed and opened again once, whenever that was, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, Fault
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from mappings.kpi.episode import KpiStatus
from plugin.use_cases.kpis.creation import make_wanted
from plugin.use_cases.kpis.episodes import accept, follow_key_results
from tests.actors import TESTER
from tests.death import StepDeath
from tests.plugin.use_cases.kpis.test_kpi_creation import Scene, kpi
from tests.plugin.use_cases.kpis.test_kpi_sources import Watch, watch

__all__ = ["watch"]


def names(count: int) -> list[str]:
    return [f"k{number}" for number in range(count)]


def accept_one(watch: Watch, id_: str) -> None:
    accept(watch.connector, TESTER, "main", id_)


def die_everywhere(patch: pytest.MonkeyPatch, ids: list[str], what: Callable[[str], None]) -> StepDeath:
    """Do it for the last without dying, and for each of the others with another death: at every step, before and after it."""
    death = StepDeath(patch)
    what(ids[-1])
    whole = death.steps
    struck = 0
    for place, id_ in enumerate(ids[:-1]):
        number, after = divmod(place, 2)
        struck += death.strike(number + 1, bool(after), partial(what, id_))
    assert whole * 2 < len(ids), "more KPIs are wanted: each dies at another step"
    assert struck >= whole * 2 - 2  # what was read once is known to those that come later
    return death


def issue_of(scene: Scene, id_: str) -> Any:
    return next(one for one in scene.made() if f"okr-kpi-main/{id_}-1" in one.labels)


@pytest.mark.slow
@pytest.mark.parametrize("watch", ["cloud", "datacenter"], indirect=True)
def test_the_issue_of_an_episode_is_made_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = names(40)
    scene = Scene(watch, *(kpi(one, "EPIC") for one in ids))
    die_everywhere(monkeypatch, ids, partial(accept_one, watch))
    for _ in range(4):
        scene.minutes(31)
    standing = {one: scene.state(one) for one in ids}
    undecided = [one for one in ids if standing[one]["status"] == "kr_proposed"]
    asking = [one for one in ids if (standing[one]["creation"] or {}).get("asks")]
    # it was kept that Jira is asked, and Jira never was: that a person has to tell. A busy machine takes another step in between
    assert len(asking) >= 2
    for one in ids:
        made = [each.id for each in scene.made() if f"okr-kpi-main/{one}-1" in each.labels]
        left = one in asking or one in undecided
        assert ([scene.kept(one)], left) == ((made, False) if made else ([None], True)), one
    for one in (*undecided, *asking):
        assert scene.accept(one)["status"] == "kr_open"
    scene.minutes(2)
    labels = sorted(label for one in scene.made() for label in one.labels)
    assert labels == sorted(f"okr-kpi-main/{one}-1" for one in ids)
    assert {scene.standing(one)[0] for one in ids} == {KpiStatus.KR_OPEN}


def test_what_is_looked_for_by_its_label_is_found_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = names(6)
    scene = Scene(watch, *(kpi(one, "EPIC") for one in ids))
    for one in ids:
        watch.sandbox.site.faults.add(Fault("torn", "POST", "/rest/api/3/issue"))
        assert scene.accept(one)["key_result"] is None
    made = {one: issue_of(scene, one).id for one in ids}
    watch.clock.now += timedelta(minutes=2)
    death = StepDeath(monkeypatch)
    struck, place = 0, 0
    while None in [scene.kept(one) for one in ids]:
        number, after = divmod(place, 2)
        struck += death.strike(number + 1, bool(after), partial(make_wanted, watch.connector, "main"))
        place += 1
        assert place < 60
    assert struck >= 6
    make_wanted(watch.connector, "main")
    assert {one: scene.kept(one) for one in ids} == made
    assert (len(scene.made()), scene.audited().count("key result of a KPI found again")) == (6, 6)


def test_an_episode_is_closed_and_opened_again_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its issue is done, opened again, done …, and whoever looks at it dies at one step after the other."""
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    jira, issue = watch.sandbox.sandbox, issue_of(scene, "bugs").id
    follow_key_results(watch.connector, "main")
    death, struck = StepDeath(monkeypatch), 0
    closed, again = "key result of a KPI closed", "key result of a KPI opened again"
    for turn in range(6):
        number, after = divmod(turn, 2)
        for status, standing in ((scheme.DONE, KpiStatus.WATCHING), (scheme.TO_DO, KpiStatus.KR_OPEN)):
            to_status(jira, jira.records[issue], status, person(CONNECTOR))
            watch.land(issue)
            follow = partial(follow_key_results, watch.connector, "main")
            struck += death.strike(number + 1, bool(after), follow)
            for _ in range(2):
                follow()
            assert scene.standing("bugs")[0] is standing
        assert [scene.audited().count(one) for one in (closed, again)] == [turn + 1, turn + 1]
        assert scene.kept("bugs") == issue
    assert struck == 4  # its one transaction, of either turn, before it was committed and after
    assert [one.labels for one in scene.made()] == [("okr-kpi-main/bugs-1",)]


@pytest.mark.slow
def test_closing_that_was_accepted_is_done_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = names(30)
    scene = Scene(watch, *(kpi(one, "EPIC") for one in ids))
    for one in ids:
        scene.accept(one)
        for day in ("2026-11-12", "2026-11-13"):
            scene.push(one, day, 4)
    assert {scene.standing(one)[0] for one in ids} == {KpiStatus.CLOSE_PROPOSED}
    die_everywhere(monkeypatch, ids, partial(accept_one, watch))
    watch.sync()
    follow_key_results(watch.connector, "main")
    waiting = [one for one in ids if scene.standing(one)[0] is KpiStatus.CLOSE_PROPOSED]
    assert 0 < len(waiting) < len(ids)
    for one in ids:
        assert (issue_of(scene, one).status == scheme.DONE) is (one not in waiting), one
    for one in waiting:
        scene.accept(one)
    for _ in range(2):
        follow_key_results(watch.connector, "main")
    assert {scene.standing(one)[0] for one in ids} == {KpiStatus.WATCHING}
    assert {issue_of(scene, one).status for one in ids} == {scheme.DONE}
    assert scene.audited().count("key result of a KPI closed") == len(ids)
