"""The cycle review closes a cycle that has ended with its scores, and an admin opens it again."""

from __future__ import annotations

from bs4 import BeautifulSoup

from plugin.use_cases.cycles.cycles import list_cycles, show_cycle
from tests.actors import TESTER


def ended(world):
    found = list_cycles(world.connector, TESTER, "main")
    return next(one.cycle.id for one in found if one.state.value == "ended" and one.objectives)


def test_a_cycle_is_closed_on_its_review_and_opened_again(desk, world):
    cycle = ended(world)
    editor, admin = desk("editor"), desk("admin")
    page = BeautifulSoup(editor.text(f"/review?cycle={cycle}"), "html.parser")
    form = page.find("form", action=f"/review/main/{cycle}/close")
    rows = [one["value"] for one in form.find_all("input", {"name": "objective"})]
    wanted = ["required" in one.attrs for one in form.find_all("input", {"name": "reason"})]
    assert len(rows) == len(show_cycle(world.connector, TESTER, "main", cycle).objectives)
    assert "Ended, and not closed yet" in page.text

    answer = editor.post(
        f"/review/main/{cycle}/close", objective=rows, score=[""] * len(rows), reason=[""] * len(rows)
    )
    if any(wanted):
        assert "Not closed: A commitment below 1" in answer.get_data(as_text=True)
    reasons = ["the last mile was long"] * len(rows)
    scores = ["0.5", *[""] * (len(rows) - 1)]
    editor.post(
        f"/review/main/{cycle}/close", objective=rows, score=scores, reason=reasons, note="Fewer, sooner."
    )
    found = show_cycle(world.connector, TESTER, "main", cycle)
    assert found.shown.state.value == "closed"
    said = next(one for one in found.objectives if one.state.id == rows[0])
    assert (str(said.score.said), said.score.reason) == ("1/2", "the last mile was long")
    text = BeautifulSoup(editor.text(f"/review?cycle={cycle}"), "html.parser").text
    assert "Closed as version 1 on" in text
    assert "Fewer, sooner." in text
    assert "the last mile was long" in text

    address = f"/review/main/{cycle}/carry"
    carry = BeautifulSoup(editor.text(address), "html.parser")
    offered = [one["value"] for one in carry.find_all("input", {"name": "objective"})]
    assert set(offered) <= set(rows)
    assert "Nothing was chosen" in editor.post(address).get_data(as_text=True)
    viewer = desk("viewer")
    assert "What is set in Jira" in viewer.text(address)
    assert viewer.post(address, objective=offered).status_code == 403

    assert editor.post(f"/review/main/{cycle}/reopen", reason="x").status_code == 403
    admin.post(f"/review/main/{cycle}/reopen", reason="a late bill")
    assert show_cycle(world.connector, TESTER, "main", cycle).shown.state.value == "ended"


def test_a_viewer_sees_scores_and_no_form(desk, world):
    cycle = ended(world)
    viewer = desk("viewer")
    text = viewer.text(f"/review?cycle={cycle}")
    assert "Scores of" in text
    assert f"/review/main/{cycle}/close" not in text
    assert viewer.post(f"/review/main/{cycle}/close").status_code == 403


def test_a_running_cycle_is_locked_on_its_page_and_what_waits_is_shown(desk, world):
    cycle = next(
        one.cycle.id
        for one in list_cycles(world.connector, TESTER, "main")
        if one.state.value == "running" and one.objectives
    )
    viewer, editor = desk("viewer"), desk("editor")
    address = f"/review/main/{cycle}/lock"
    assert address in viewer.text(f"/review?cycle={cycle}")
    assert viewer.post(address).status_code == 403
    assert "is not locked: changes in Jira" in viewer.text(address)
    editor.post(address, reason="agreed with all teams")
    number = show_cycle(world.connector, TESTER, "main", cycle).shown.objectives
    said = " ".join(BeautifulSoup(viewer.text(address), "html.parser").text.split())
    assert f"agreed with all teams · {number} objective" in said
    assert "Nothing waits" in said
    assert list_cycles(world.connector, TESTER, "main")[0].state.value in ("locked", "upcoming")
    assert "Not unlocked" in editor.post(f"/review/main/{cycle}/unlock", reason=" ").get_data(as_text=True)
    editor.post(f"/review/main/{cycle}/unlock", reason="agreed anew")
    assert "is not locked" in viewer.text(address)
