"""What can be done by tools: for editors alone, in two calls, once, and audited as at every other door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission

if TYPE_CHECKING:
    from tests.plugin.mcp.conftest import Assistant

EDITOR = Actor("editor@acme.example (token tests)", Permission.EDITOR, 7)
VIEWER = Actor("viewer@acme.example (token tests)", Permission.VIEWER, 6)
OTHER = Actor("other@acme.example (token tests)", Permission.EDITOR, 8)
SAID = {"objective_key": "PLAT-24", "key_result": "PLAT-54", "value": 3, "note": "counted by hand"}


@pytest.fixture(scope="module")
def editor(
    tmp_path_factory: pytest.TempPathFactory,
    synced_demo: Callable[..., Any],
    assistant_of: Callable[..., Assistant],
) -> Iterator[Assistant]:
    with synced_demo(tmp_path_factory.mktemp("acts")) as demo:
        found = assistant_of(demo.connector)
        found.actor = EDITOR
        yield found


def check_ins(editor: Assistant) -> list[Any]:
    found: list[Any] = editor.api("/objectives/PLAT-24/check-ins")["items"]
    return found


def test_readers_neither_see_nor_do_them(editor: Assistant) -> None:
    acts = {
        "okr_check_in",
        "okr_reply",
        "okr_learn",
        "okr_carry_forward",
        "okr_undo_carry",
        "okr_retry",
        "okr_sync_now",
    }
    reader = replace(editor, actor=VIEWER)
    assert acts & {one.name for one in reader.tools()} == set()
    found = [one for one in editor.tools() if one.name in acts]
    assert len(found) == len(acts)
    assert all(one.annotations is not None and one.annotations.read_only_hint is False for one in found)
    for name, arguments in (
        ("okr_check_in", SAID),
        ("okr_reply", {"objective_key": "PLAT-24", "check_in": 1, "said": "x"}),
        ("okr_learn", {"objective_key": "PLAT-24", "said": "x"}),
        ("okr_sync_now", {}),
        ("okr_carry_forward", {"cycle": "x"}),
        ("okr_undo_carry", {"cycle": "x", "objectives": ["y"]}),
        ("okr_retry", {"objective_key": "x"}),
    ):
        assert "takes the role editor" in reader.refused(name, **arguments)


def test_a_check_in_is_kept_by_the_second_call_and_once(editor: Assistant) -> None:
    before = check_ins(editor)
    first = editor.ask("okr_check_in", **SAID)
    assert (first["state"], first["result"]) == ("to_confirm", None)
    assert first["would"].startswith("Say that PLAT-54 “")
    assert "of PLAT-24 stands at 3 until the derived value moves" in first["would"]
    assert check_ins(editor) == before
    with ThreadPoolExecutor(3) as several:
        calls = [
            several.submit(editor.called, "okr_check_in", **SAID, confirm=first["confirm"]) for _ in range(3)
        ]
    done = [one.result() for one in calls]
    assert any(not one.is_error for one in done)
    again = editor.ask("okr_check_in", **SAID, confirm=first["confirm"])
    assert (again["state"], again["confirm"]) == ("done", None)
    (kept,) = [one for one in check_ins(editor) if one not in before]
    assert (kept["value_exact"], kept["note"], kept["by"]) == ("3", "counted by hand", EDITOR.label)
    assert again["result"].startswith(f"Kept as check-in {kept['id']}: ")


def test_a_check_in_is_answered_and_read_with_its_answer(editor: Assistant) -> None:
    first = editor.ask("okr_check_in", **{**SAID, "value": None, "note": "The vendor slipped."})
    editor.ask(
        "okr_check_in", **{**SAID, "value": None, "note": "The vendor slipped."}, confirm=first["confirm"]
    )
    said = editor.ask("okr_get", objective_key="PLAT-24")["check_ins"][0]
    assert (said["note"], said["replies_total"], said["replies"]) == ("The vendor slipped.", 0, [])
    wanted = {"objective_key": "PLAT-24", "check_in": said["number"], "said": "Which of the two?"}
    handle = editor.ask("okr_reply", **wanted)
    assert handle["would"] == (
        f"Answer check-in {said['number']} by {EDITOR.label} (a note) with: Which of the two?"
    )
    assert editor.ask("okr_get", objective_key="PLAT-24")["check_ins"][0]["replies_total"] == 0
    editor.ask("okr_reply", **wanted, confirm=handle["confirm"])
    now = editor.ask("okr_get", objective_key="PLAT-24")["check_ins"][0]
    assert [(one["by"], one["said"]) for one in now["replies"]] == [(EDITOR.label, "Which of the two?")]
    assert "There is no check-in 99999" in editor.refused("okr_reply", **{**wanted, "check_in": 99999})


def test_what_was_learnt_is_written_by_the_second_call_and_read(editor: Assistant) -> None:
    cycle = editor.ask("okr_get", objective_key="PLAT-24")["objective"]["cycle"]
    before = len(editor.ask("okr_learnings", cycle=cycle)["learnings"])
    wanted = {"objective_key": "PLAT-24", "said": "The vendor was not the reason."}
    first = editor.ask("okr_learn", **wanted)
    assert first["would"].startswith("Write as what was learnt from PLAT-24 “")
    assert first["would"].endswith(f"” in {cycle}: The vendor was not the reason.")
    assert len(editor.ask("okr_learnings", cycle=cycle)["learnings"]) == before
    assert editor.ask("okr_learn", **wanted, confirm=first["confirm"])["state"] == "done"
    for asked in (
        {"cycle": cycle},
        {"objective_key": "PLAT-24"},
        {"objective_key": "PLAT-24", "cycle": cycle},
    ):
        (one,) = [one for one in editor.ask("okr_learnings", **asked)["learnings"] if one["key"] == "PLAT-24"]
        assert (one["cycle"], one["said"], one["by"]) == (cycle, wanted["said"], EDITOR.label)
    other = {**wanted, "said": "  "}
    handle = editor.ask("okr_learn", **other)
    assert handle["would"].startswith("Take away what was learnt from PLAT-24")
    assert handle["would"].endswith("In the place of: The vendor was not the reason.")
    done = editor.ask("okr_learn", **other, confirm=handle["confirm"])
    assert done["result"].endswith("any more.")
    assert editor.ask("okr_learnings", objective_key="PLAT-24")["learnings"] == []
    assert "There is no cycle 'none-such'" in editor.refused("okr_learnings", cycle="none-such")
    assert "was no objective of 'none-such'" in editor.refused("okr_learn", **wanted, cycle="none-such")


def test_a_yes_is_good_for_what_was_shown_and_for_whom(editor: Assistant) -> None:
    before = check_ins(editor)
    handle = editor.ask("okr_check_in", **{**SAID, "value": 4})["confirm"]
    for changed in ({"value": 5}, {"value": 4, "note": "other"}, {"value": 4, "key_result": "PLAT-53"}):
        words = editor.refused("okr_check_in", **{**SAID, **changed}, confirm=handle)
        assert "other arguments, or to another account" in words or "no key result" in words
    editor.actor = OTHER
    assert "another account" in editor.refused("okr_check_in", **{**SAID, "value": 4}, confirm=handle)
    editor.actor = EDITOR
    for wrong in ("x", "9" * 30 + ".a", f"{handle}0", f"0{handle}", "1.é"):
        assert "confirm" in editor.refused("okr_check_in", **{**SAID, "value": 4}, confirm=wrong)
    clock = editor.connector.clock
    editor.connector.clock = lambda: clock() + timedelta(minutes=11)
    assert "older than ten minutes" in editor.refused("okr_check_in", **{**SAID, "value": 4}, confirm=handle)
    editor.connector.clock = clock
    assert check_ins(editor) == before


def test_what_cannot_be_kept_is_refused_in_words(editor: Assistant) -> None:
    assert "there is no key result “none” here" in editor.refused(
        "okr_check_in", **{**SAID, "key_result": "none"}
    )
    past = {**SAID, "until": "2020-01-01"}
    handle = editor.ask("okr_check_in", **past)["confirm"]
    assert "until" in editor.refused("okr_check_in", **past, confirm=handle)
    assert "'PLAT-24' is no failed item. Failed items: none." in editor.refused(
        "okr_retry", objective_key="PLAT-24"
    )


def test_reading_begins_with_the_second_call(editor: Assistant) -> None:
    first = editor.ask("okr_sync_now", kind="recent")
    assert first["would"].startswith("Read what changed of late of main from Jira in the background")
    done = editor.ask("okr_sync_now", kind="recent", confirm=first["confirm"])
    assert done["result"] == "Reading has begun; okr_freshness says when it is done."
    assert editor.ask("okr_sync_now", kind="recent", confirm=first["confirm"]) | {"provenance": 0} == done | {
        "provenance": 0
    }
