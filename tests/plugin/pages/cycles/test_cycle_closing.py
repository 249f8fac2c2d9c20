"""The cycle review closes a cycle that has ended with its scores, and an admin opens it again."""

from __future__ import annotations

from bs4 import BeautifulSoup

from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import list_cycles, show_cycle
from plugin.use_cases.cycles.learnings import list_learnings, write_learning
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
    """Where the button goes to that keeps what was learnt, and what stands there already."""
    (text,) = page.select("textarea[name=said]")
    assert page.select_one("input[name=learnt_from]")["value"] == id_
    button = page.select_one("button[name=keep]")
    assert {button["form"], text["form"]} == {page.select_one(f"form#{button['form']}")["id"]}
    assert button["value"] == id_
    return button.get("formaction") or page.select_one(f"form#{button['form']}")["action"], text.text


def learnt(id_, said):
    return {"learnt_from": id_, "said": said, "keep": id_}


def pressed(editor, page, button, **typed):
    """The page after a button of the form that closes: what stands in the form goes along, and what is `typed` into its fields of a name."""
    form = page.select_one("form[action$='/close']")
    given = {}
    for one in page.select("input[name], textarea[name]"):
        mine = one.get("form") == form["id"] if one.get("form") else one.find_parent("form") is form
        if mine and one["name"] != "csrf_token":
            given.setdefault(one["name"], []).append(
                one.get("value", "") if one.name == "input" else one.text
            )
    given |= typed
    assert button["form"] == form["id"]
    assert "formnovalidate" in button.attrs
    if button.get("name"):
        given[button["name"]] = button["value"]
    answer = editor.post(button["formaction"], **given)
    assert answer.status_code == 200
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def what_stands(page):
    """What is typed into the form that closes."""
    form = page.select_one("form[action$='/close']")
    rows = zip(
        *(form.find_all("input", {"name": name}) for name in ("objective", "score", "reason")), strict=True
    )
    scores = {one["value"]: (score["value"], reason["value"]) for one, score, reason in rows}
    texts = zip(page.select("input[name=learnt_from]"), page.select("textarea[name=said]"), strict=True)
    note = form.find("textarea", {"name": "note"}).text
    return scores, note, {one["value"]: text.text for one, text in texts}


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
        assert viewer.post(address, **learnt(one.id, "x")).status_code == 403
        editor.post(address, **learnt(one.id, text))
        for reader in (editor, viewer):
            page = BeautifulSoup(reader.text(f"/review?cycle={cycle}"), "html.parser")
            cells = [cell.get_text(" ", strip=True) for cell in page.select(".c-learned")]
            assert sum(cell.startswith(text) for cell in cells) == 1
            assert not page.select("textarea[name=said]")
            if not closed:
                counts = page.select_one(".glance dl").get_text(" ", strip=True)
                assert f"Learnt from 1 of {len(page.select('.c-learned'))}" in counts
        assert not viewer.text(f"/review?cycle={cycle}&learn={one.id}").count("<textarea")
    editor.post(address, **learnt(one.id, "  "))
    assert "Fewer, sooner" not in viewer.text(f"/review?cycle={over}")
    assert "is no objective of" in editor.post(address, **learnt("NOPE-1", "x")).get_data(as_text=True)
    refused = editor.post(address, **learnt(one.id, "Fewer. " * 400))
    page = BeautifulSoup(refused.get_data(as_text=True), "html.parser")
    assert (refused.status_code, page.select_one("textarea[name=said]").text) == (422, "Fewer. " * 400)


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
    assert what_stands(page)[:2] == (
        dict(zip(rows, zip(given["score"], reasons, strict=True), strict=True)),
        "Fewer, sooner.",
    )
    editor.post(f"/review/main/{cycle}/close", **{**given, "score": ["0,8", *given["score"][1:]]})
    found = show_cycle(world.connector, TESTER, "main", cycle)
    assert found.shown.state.value == "closed"
    assert "4/5" in {str(one.score.said) for one in found.objectives}


def test_writing_what_was_learnt_loses_nothing_that_is_typed_beside_it(desk, world):
    """Whoever scores a cycle writes what was learnt from one objective, and then from another, and closes it in the end."""
    cycle = ended(world)
    editor, viewer = desk("editor"), desk("viewer")
    ids = [one.state.id for one in show_cycle(world.connector, TESTER, "main", cycle).objectives]
    assert len(ids) > 2
    page = BeautifulSoup(editor.text(f"/review?cycle={cycle}"), "html.parser")
    typed = {
        "score": ["0.5", *["" for _ in ids[1:]]],
        "reason": [f"why {id_}" for id_ in ids],
        "note": "Fewer.",
    }
    scores = dict(zip(ids, zip(typed["score"], typed["reason"], strict=True), strict=True))
    assert not page.select("a.learn")

    page = pressed(editor, page, page.select("button.learn")[0], **typed)
    assert what_stands(page) == (scores, "Fewer.", {ids[0]: ""})
    page = pressed(editor, page, page.select("button.learn")[0], said=["The depots work."])
    assert what_stands(page) == (scores, "Fewer.", {ids[0]: "The depots work.", ids[1]: ""})
    assert not list_learnings(world.connector, TESTER, "main", cycle)
    leave = [one for one in page.select("button.as-link") if "Leave it" in one.text][1]
    page = pressed(editor, page, leave)
    assert what_stands(page) == (scores, "Fewer.", {ids[0]: "The depots work."})
    page = pressed(editor, page, page.select_one("button[name=keep]"))
    assert what_stands(page) == (scores, "Fewer.", {})
    assert [one.learning.said for one in list_learnings(world.connector, TESTER, "main", cycle)] == [
        "The depots work."
    ]
    page = pressed(editor, page, page.select("button.learn")[0])
    assert what_stands(page)[2] == {ids[0]: "The depots work."}
    page = pressed(editor, page, page.select("button.learn")[1])
    form = page.select_one("form[action$='/close']")
    given = {"objective": ids, **typed, "learnt_from": [ids[0], ids[2]]}
    refused = editor.post(form["action"], **given, said=["The depots work.", "Fewer. " * 400])
    assert refused.status_code == 422
    found = BeautifulSoup(refused.get_data(as_text=True), "html.parser")
    assert what_stands(found) == (scores, "Fewer.", {ids[0]: "The depots work.", ids[2]: "Fewer. " * 400})
    assert viewer.post(f"/review/main/{cycle}/typed").status_code == 403

    editor.post(form["action"], **given, said=["The depots work.", "Rubber is the limit."])
    closed = show_cycle(world.connector, TESTER, "main", cycle)
    assert closed.shown.state.value == "closed"
    kept = {
        one.learning.objective_id: one.learning
        for one in list_learnings(world.connector, TESTER, "main", cycle)
    }
    assert {id_: one.said for id_, one in kept.items()} == {
        ids[0]: "The depots work.",
        ids[2]: "Rubber is the limit.",
    }


def test_what_enter_in_a_line_presses_closes_nothing(desk, world):
    cycle = ended(world)
    page = BeautifulSoup(desk("editor").text(f"/review?cycle={cycle}"), "html.parser")
    first = page.select_one("form[action$='/close']").find("button")
    assert first["formaction"].startswith(f"/review/main/{cycle}/typed")


def test_what_was_learnt_stands_on_the_page_of_the_objective(desk, world):
    """Of whichever cycle; on the page of a cycle that is over that of this one alone."""
    over = ended(world)
    found = list_cycles(world.connector, TESTER, "main")
    running = next(one.cycle.id for one in found if one.state.value == "running" and one.objectives)
    viewer = desk("viewer")
    state = show_cycle(world.connector, TESTER, "main", running).objectives[0].state
    address = f"/objectives/{state.key}"
    assert "What was learnt" not in viewer.text(address)
    write_learning(world.connector, TESTER, "main", running, state.key, "The depots <work>.")
    page = BeautifulSoup(viewer.text(address), "html.parser")
    (said,) = page.select("section[aria-labelledby=learnt] li")
    assert said.blockquote.text == "The depots <work>."
    assert said.a["href"] == f"/review?cycle={running}"
    assert said.a.text == running
    stood = show_cycle(world.connector, TESTER, "main", over).objectives[0].state
    write_learning(world.connector, TESTER, "main", over, stood.id, "Rubber was the limit.")
    page = BeautifulSoup(viewer.text(f"/objectives/{stood.key or stood.id}?cycle={over}"), "html.parser")
    assert [one.text for one in page.select("section[aria-labelledby=learnt] blockquote")] == [
        "Rubber was the limit."
    ]
