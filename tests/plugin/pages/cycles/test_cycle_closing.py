"""The cycle review closes a cycle that has ended with its scores, and an admin opens it again."""

from __future__ import annotations

from bs4 import BeautifulSoup

from plugin.use_cases.cycles.closure import close_cycle
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


def form_of(page, id_):
    """Where the form for what was learnt goes to, and what it says already."""
    form, text = page.select_one("form#learning"), page.select_one("textarea[form=learning]")
    assert form.select_one("input[name=objective]")["value"] == id_
    assert len(page.select("textarea[form=learning]")) == 1
    return form["action"], text.text


def test_what_was_learnt_is_written_while_a_cycle_runs_at_its_end_and_when_it_is_closed(desk, world):
    over = ended(world)
    found = list_cycles(world.connector, TESTER, "main")
    running = next(one.cycle.id for one in found if one.state.value == "running" and one.objectives)
    editor, viewer = desk("editor"), desk("viewer")
    for cycle, closed in ((running, False), (over, False), (over, True)):
        if closed:
            state = show_cycle(world.connector, TESTER, "main", cycle)
            close_cycle(world.connector, TESTER, "main", cycle, reason="the last mile was long")
            assert state.objectives
        one = show_cycle(world.connector, TESTER, "main", cycle).objectives[0].state
        page = BeautifulSoup(editor.text(f"/review?cycle={cycle}&learn={one.id}"), "html.parser")
        address, said = form_of(page, one.id)
        assert said == ("" if not closed else "Fewer, sooner (ended)")
        text = f"Fewer, sooner ({'closed' if closed else 'ended' if cycle == over else 'running'})"
        assert viewer.post(address, objective=one.id, said="x").status_code == 403
        editor.post(address, objective=one.id, said=text)
        for reader in (editor, viewer):
            page = BeautifulSoup(reader.text(f"/review?cycle={cycle}"), "html.parser")
            cells = [cell.get_text(" ", strip=True) for cell in page.select(".c-learned")]
            assert sum(cell.startswith(text) for cell in cells) == 1
            assert not page.select("textarea[form=learning]")
            if not closed:
                counts = page.select_one(".glance dl").get_text(" ", strip=True)
                assert f"Learnt from 1 of {len(page.select('.c-learned'))}" in counts
        assert not viewer.text(f"/review?cycle={cycle}&learn={one.id}").count("<textarea")
    editor.post(address, objective=one.id, said="  ")
    assert "Fewer, sooner" not in viewer.text(f"/review?cycle={over}")
    assert "is no objective of" in editor.post(address, objective="NOPE-1", said="x").get_data(as_text=True)
    refused = editor.post(address, objective=one.id, said="Fewer. " * 400)
    page = BeautifulSoup(refused.get_data(as_text=True), "html.parser")
    assert (refused.status_code, page.select_one("textarea[form=learning]").text) == (422, "Fewer. " * 400)


def test_what_was_typed_stands_there_still_where_closing_is_refused(desk, world):
    """A mistyped score costs nobody the reasons of all the others."""
    cycle = ended(world)
    editor = desk("editor")
    rows = [one.state.id for one in show_cycle(world.connector, TESTER, "main", cycle).objectives]
    reasons = [f"the last mile of {id_} was long" for id_ in rows]
    given = {
        "objective": rows,
        "score": ["2", *["" for _ in rows[1:]]],
        "reason": reasons,
        "note": "Fewer, sooner.",
    }
    answer = editor.post(f"/review/main/{cycle}/close", **given)
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    assert "“2” is no score" in page.text
    form = page.find("form", action=f"/review/main/{cycle}/close")
    typed = {
        row["value"]: (score["value"], reason["value"])
        for row, score, reason in zip(
            *(form.find_all("input", {"name": name}) for name in ("objective", "score", "reason")),
            strict=True,
        )
    }
    assert typed == dict(zip(rows, zip(given["score"], reasons, strict=True), strict=True))
    assert form.find("textarea", {"name": "note"}).text == "Fewer, sooner."
    editor.post(f"/review/main/{cycle}/close", **{**given, "score": ["0,8", *given["score"][1:]]})
    found = show_cycle(world.connector, TESTER, "main", cycle)
    assert found.shown.state.value == "closed"
    assert "4/5" in {str(one.score.said) for one in found.objectives}
