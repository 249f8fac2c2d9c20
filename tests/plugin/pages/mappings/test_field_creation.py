"""The set-up in the pages: projects are ticked, fields that are not there are created where somebody lets it, and the history is read."""

from __future__ import annotations

import re

from connectors.sandbox import administration
from connectors.sandbox.site_state import scheme
from connectors.store.mappings import drafts
from connectors.store.numbers import backfills
from mappings.document.text.source import read_document
from plugin.use_cases.work import background_jobs
from tests.actors import TESTER

PRESET = "/setup/main/preset/epics-as-objectives/fields"


def test_what_is_not_there_is_shown_before_it_is_created_and_taken_into_the_draft(admin, world):
    sandbox = world.sandbox.sandbox
    administration.delete_field(sandbox, scheme.KR_TARGET)
    try:
        page = admin.post("/setup/main/preset", preset="epics-as-objectives", project=["PLAT", "CORE"])
        text = page.get_data(as_text=True)
        assert page.request.path == PRESET
        assert "the screens of PLAT, CORE" in text
        assert not [one for one in sandbox.fields.values() if one.name == "KR target"]
        aliases = re.findall(r'name="alias" value="([^"]+)"', text)
        none = admin.post(PRESET, project=["PLAT", "CORE"])
        assert none.status_code == 422
        done = admin.post(PRESET, project=["PLAT", "CORE"], alias=aliases).get_data(as_text=True)
        made = next(one for one in sandbox.fields.values() if one.name == "KR target")
        assert f"KR target is created ({made.id})." in done
        draft = read_document(_draft(world)).require()
        assert draft.scope == "project in (PLAT, CORE)"
        assert made.id in {part.id for part in draft.fields.values()}
        assert "KR target" in admin.text("/sites/main/fields")
        gone = admin.post("/sites/main/fields", field=made.id).get_data(as_text=True)
        assert "Jira&#39;s trash" in gone
        assert made.id not in sandbox.fields
    finally:
        administration.restore_field(
            sandbox, next(one for one in scheme.CUSTOM_FIELDS if one.id == scheme.KR_TARGET)
        )


def test_the_picker_shows_every_project_and_a_strange_one_is_told(admin):
    assert re.findall(r'name="project" value="(\w+)"', admin.text("/setup/main/preset")) == [
        "PLAT",
        "CORE",
        "GROW",
    ]
    told = admin.post("/setup/main/preset", preset="epics-as-objectives", project="NOPE")
    assert "There is no project NOPE" in told.get_data(as_text=True)


def _draft(world) -> str:
    with world.connector.store.read() as conn:
        kept = [drafts.get(conn, "main", number) for number in range(5)]
    return next(one.text for one in kept if one is not None)


def test_the_history_is_offered_after_activation_and_read_in_the_background(admin, world, eventually):
    offered = admin.text("/setup/main/webhook")
    assert re.search(r"on \d+ days before, since the cycle began: \d+ issues", offered)
    admin.post("/setup/main/history")
    eventually(
        lambda: background_jobs.latest_job(world.connector, TESTER, "main", "backfill").state != "running"
    )
    page = admin.text("/setup/main/webhook")
    assert re.search(r"\d+ points of the past are kept, of \d+ days", page)
    assert "Read the history" not in page
    with world.connector.store.read() as conn:
        assert backfills.load_latest(conn, "main").points > 0
