"""Mapping by page: nothing typed is lost, what was seen is what is activated, and roles are kept."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from connectors.sandbox.site_state import scheme
from connectors.store.jobs import background_jobs as stored_jobs
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.work import due
from connectors.store.writes import refusals
from mappings.document.text.source import read_document
from mappings.write_back.plan import Change
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Refusal
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.site_read import READING, SYNC
from tests.actors import TESTER

HASH = re.compile(r'name="hash" type="hidden" value="([0-9a-f]+)"')

SEEN = re.compile(r'name="seen" type="hidden" value="([0-9a-f]*)"')

ACTIVE = re.compile(r'name="active" type="hidden" value="([0-9a-f]*)"')


def seen(page: str) -> dict[str, str]:
    """What the form of a preview sends back of what was looked at."""
    return {"hash": HASH.search(page).group(1), "active": ACTIVE.search(page).group(1)}


def active(world):
    with world.connector.store.read() as conn:
        return revisions.active(conn, "main")


def draft(world):
    found = [
        drafts.own_draft(world.connector, Actor("", Permission.VIEWER, number), "main") for number in range(5)
    ]
    return next((one for one in found if one is not None), None)


def changed(text: str) -> str:
    return text.replace("indeterminate: 0.5", "indeterminate: 0.4")


def test_what_is_typed_is_kept_however_wrong(admin, world):
    answer = admin.post("/mapping/main/edit", text="version: [1\r\nnames", action="preview")
    assert answer.status_code == 422
    assert draft(world).text == "version: [1\nnames"
    assert "version: [1\nnames" in admin.text("/mapping/main/edit")
    assert active(world) is not None


def test_findings_come_as_one_types(admin, world):
    text = active(world).text.replace("commitment", "comitment").replace("relation: child", "relation: chld")
    answer = admin.post("/mapping/main/diagnostics", text=text)
    found = json.loads(answer.get_data())["diagnostics"]
    line = next(number for number, one in enumerate(text.split("\n"), 1) if "chld" in one)
    assert any(one["line"] == line and one["severity"] == "error" for one in found)
    assert draft(world).text == text


def test_one_click_takes_the_names_of_today(admin, world):
    before = active(world).text
    fields = world.sandbox.sandbox.fields
    known = fields[scheme.POINTS]
    assert "Take the names of today" not in admin.text("/mapping/main/edit")
    fields[scheme.POINTS] = replace(known, name="Effort", clauses=("cf[10016]", "Effort"))
    world.connector.catalogue("main", fresh=True)
    assert "Take the names of today" in admin.text("/mapping/main/edit")

    told = admin.post("/mapping/main/edit", text=f"# mine\n{before}", action="reword")

    assert draft(world).text == f"# mine\n{before}".replace("{name: Story point estimate}", "{name: Effort}")
    assert "1 place says another name now." in told.get_data(as_text=True)
    assert "Take the names of today" not in admin.text("/mapping/main/edit")
    assert active(world).text == before
    fields[scheme.POINTS] = known
    world.connector.catalogue("main", fresh=True)
    admin.post("/mapping/main/edit", text=before, action="discard")


def test_the_editor_alone_admits_a_style_element_and_by_a_nonce_that_is_used_once(admin):
    said = []
    for _ in range(2):
        answer = admin.get("/mapping/main/edit")
        nonce = re.search(r'nonce="([\w-]{24})"', answer.get_data(as_text=True)).group(1)
        policy = answer.headers["Content-Security-Policy"]
        assert policy == (
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
            f"style-src 'self' 'nonce-{nonce}'"
        )
        said.append(nonce)
    assert said[0] != said[1]
    assert "nonce" not in admin.get("/mapping/main/preview").headers["Content-Security-Policy"]


@pytest.mark.parametrize("action", ["save", "preview", "reword", "discard"])
def test_a_draft_that_another_window_kept_is_not_overwritten(admin, world, action):
    """As by API and by assistants: the one that was seen, or none."""
    mine, theirs = (f"# {one}\n{active(world).text}" for one in ("mine", "theirs"))
    began = SEEN.search(admin.text("/mapping/main/edit")).group(1)
    admin.post("/mapping/main/edit", text=theirs, action="save", seen=began)

    quick = admin.post("/mapping/main/diagnostics", text=mine, seen=began)
    assert (quick.status_code, "another window" in quick.json["said"]) == (409, True)
    answer = admin.post("/mapping/main/edit", text=mine, action=action, seen=began)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "was not kept" in page, "# mine" in page) == (409, True, True)
    assert draft(world).text == theirs

    again = admin.post("/mapping/main/edit", text=mine, action="save", seen=SEEN.search(page).group(1))
    assert (again.status_code, draft(world).text) == (200, mine)


def test_the_same_text_twice_is_no_conflict(admin, world):
    began = SEEN.search(admin.text("/mapping/main/edit")).group(1)
    for _ in range(2):
        answer = admin.post("/mapping/main/diagnostics", text="version: 1", seen=began)
        assert (answer.status_code, draft(world).text) == (200, "version: 1")
    later = admin.post("/mapping/main/diagnostics", text="version: 1\n#", seen=answer.json["seen"])
    assert (later.status_code, draft(world).text) == (200, "version: 1\n#")


def test_what_was_previewed_is_activated(admin, world):
    before = active(world)
    admin.post("/mapping/main/edit", text=changed(before.text), action="save")
    agreed = seen(admin.text("/mapping/main/preview"))
    answer = admin.post("/mapping/main/activate", **agreed, large="1")
    assert "is active" in answer.get_data(as_text=True)
    assert active(world).author == "admin@acme.example"
    assert active(world).text == changed(before.text)
    assert draft(world) is None


def test_a_world_that_moved_is_said_with_a_new_preview(admin, world):
    before = active(world)
    admin.post("/mapping/main/edit", text=changed(before.text), action="save")
    agreed = seen(admin.text("/mapping/main/preview"))
    admin.post("/mapping/main/edit", text=before.text.replace("0.5", "0.3"), action="save")
    answer = admin.post("/mapping/main/activate", **agreed, large="1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "The world moved" in page
    assert seen(page)["hash"] != agreed["hash"]
    assert active(world).revision == before.revision


def test_only_a_large_change_is_advised_to_be_ticked(admin, world, monkeypatch):
    before = active(world)
    text = "brake: {share: 0, floor: 0}\n" + "\n".join(
        line for line in changed(before.text).splitlines() if not line.startswith("brake:")
    )
    admin.post("/mapping/main/edit", text=text, action="save")
    agreed = seen(admin.text("/mapping/main/preview"))

    held = admin.post("/mapping/main/activate", **agreed)
    assert held.status_code == 409
    told = held.get_data(as_text=True)
    assert "Nothing was activated. Tick “go on with this large change”" in told
    assert "--accept-large-change" not in told

    def overtaken(*_words, **_more):
        raise Refusal("Another activation took the place of 12345678.")

    monkeypatch.setattr("plugin.pages.mappings.preview.begin_activation", overtaken)
    other = admin.post("/mapping/main/activate", **agreed)
    assert other.status_code == 409
    told = other.get_data(as_text=True)
    assert "Another activation took the place of 12345678. Nothing was activated." in told
    assert "Tick “" not in told
    assert active(world).revision == before.revision


def test_going_back_is_previewed_too(admin, world):
    before = active(world)
    admin.post("/mapping/main/edit", text=changed(before.text), action="save")
    admin.post("/mapping/main/activate", **seen(admin.text("/mapping/main/preview")), large="1")
    page = admin.text(f"/mapping/main/preview?revision={before.revision}")
    admin.post("/mapping/main/activate", **seen(page), large="1", revision=before.revision)
    assert active(world).revision == before.revision


def test_nothing_takes_the_place_of_a_mapping_that_another_process_activated_meanwhile(admin, world):
    """The hash of the preview alone does not tell: what the other one changes of numbers is not computed yet."""
    before = active(world)
    admin.post("/mapping/main/edit", text=changed(before.text), action="save")
    agreed = seen(admin.text("/mapping/main/preview"))
    back = seen(admin.text(f"/mapping/main/preview?revision={before.revision}"))
    other = build_connector(world.connector.settings, world.connector.clock)
    activate(
        other, Actor("bo@acme.example", Permission.ADMIN, 99), "main", f"{before.text}\nbrake: {{share: 1}}\n"
    )
    theirs = active(world)
    assert theirs.revision != before.revision

    for sent in (agreed, {**back, "revision": before.revision}):
        answer = admin.post("/mapping/main/activate", **sent, large="1")
        page = answer.get_data(as_text=True)
        assert (answer.status_code, active(world).revision) == (409, theirs.revision)
        assert f"bo@acme.example activated revision {theirs.revision}" in page
        assert seen(page) == {"hash": sent["hash"], "active": theirs.revision}
    assert draft(world).text == changed(before.text)

    admin.post("/mapping/main/activate", **seen(page), large="1", revision=before.revision)
    assert active(world).revision == before.revision
    other.store.close()


def test_two_revisions_are_compared_and_exported(admin, world):
    before = active(world)
    admin.post("/mapping/main/edit", text=changed(before.text), action="save")
    page = admin.text(f"/mapping/main/diff?before={before.revision}&after=draft")
    assert "statuses.by_category" in page
    exported = admin.get(f"/mapping/main/revisions/{before.revision}/export")
    assert read_document(exported.get_data(as_text=True)).require() == read_document(before.text).require()
    assert "attachment" in exported.headers["Content-Disposition"]


def test_the_form_edits_the_same_document(admin, world):
    page = admin.text("/mapping/main/form")
    assert "Holds:" in page
    assert "OKR progress" in page
    before = read_document(active(world).text).require()
    form = {
        "name": "renamed",
        "by_projects": "1",
        "project": ["PLAT", "CORE"],
        "category-indeterminate": "0.25",
    }
    answer = admin.post("/mapping/main/form", action="preview", **form)
    assert "Preview" in answer.get_data(as_text=True)
    after = read_document(draft(world).text).require()
    assert (after.name, after.scope) == ("renamed", "project in (PLAT, CORE)")
    assert str(after.statuses.by_category["indeterminate"]) == "0.25"
    assert (after.objectives, after.write_back, after.cycles) == (
        before.objectives, before.write_back, before.cycles
    )  # fmt: skip


def test_cycles_that_recur_are_chosen_in_the_form_beside_those_that_are_listed(admin, world):
    admin.post("/mapping/main/draft", preset="okr-issue-types")
    listed = {"cycle-former": ["", ""], "cycle-id": ["spring", ""], "cycle-start": ["2027-03-01", ""]}
    listed["cycle-end"] = ["2027-04-30", ""]
    admin.post(
        "/mapping/main/form",
        action="keep",
        **listed,
        **{"cycle-every": ["half", "year"], "cycle-starts": "02-01"},
    )
    cycles = read_document(draft(world).text).require().cycles
    assert (cycles.every, cycles.starts, cycles.stale_after) == (("half", "year"), "02-01", "3w")
    assert [(one.id, str(one.end)) for one in cycles.listed] == [("spring", "2027-04-30")]
    page = admin.text("/mapping/main/form")
    assert 'value="half" checked' in page
    admin.post("/mapping/main/form", action="keep", **listed)
    assert [one.id for one in read_document(draft(world).text).require().cycles] == ["spring"]


def test_a_draft_that_another_window_kept_is_not_overwritten_by_the_form(admin, world):
    page = admin.text("/mapping/main/form")
    theirs = f"# theirs\n{active(world).text}"
    admin.post("/mapping/main/edit", text=theirs, action="save", seen=SEEN.search(page).group(1))

    answer = admin.post("/mapping/main/form", action="keep", name="mine", seen=SEEN.search(page).group(1))
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "was not kept" in page, 'name="name" value="mine"' in page) == (
        409,
        True,
        True,
    )
    assert draft(world).text == theirs

    again = admin.post("/mapping/main/form", action="keep", name="mine", seen=SEEN.search(page).group(1))
    assert (again.status_code, read_document(draft(world).text).require().name) == (200, "mine")


def test_a_form_that_makes_no_document_says_why_and_keeps_the_draft(admin, world):
    admin.post("/mapping/main/draft", preset="epics-as-objectives")
    before = draft(world).text
    answer = admin.post("/mapping/main/form", action="preview", **{"category-new": "7"})
    assert answer.status_code == 422
    assert "Not yet." in answer.get_data(as_text=True)
    assert draft(world).text == before


def test_a_wider_scope_is_read_before_its_preview_is_believed(admin, world):
    text = active(world).text.replace("project in (PLAT, CORE, GROW)", "project in (PLAT, CORE, GROW, OKR)")
    if text == active(world).text:
        pytest.skip("the demo's mapping has another scope now")
    admin.post(
        "/mapping/main/edit",
        text=text.replace(", OKR)", ")").replace("GROW)", "GROW) AND created > -9999d"),
        action="save",
    )
    assert "Read from Jira first" in admin.text("/mapping/main/preview")
    admin.post("/mapping/main/read")
    wait(world, READING)
    assert "Read from Jira first" not in admin.text("/mapping/main/preview")
    with world.connector.store.read() as conn:
        assert mirror.count(conn, "main") > 0


def test_sync_now_tells_how_far_it_is(desk, world):
    editor = desk("editor")
    editor.post("/health/main/sync")
    wait(world, SYNC)
    page = editor.text("/health")
    assert "Done." in page
    assert "everything was right already" in page
    assert "not registered" in page


def test_a_refused_field_is_tried_again_or_forgotten(desk, world):
    editor, store = desk("editor"), world.connector.store
    change = Change("10011", "PLAT-1", "customfield_1", "OKR progress", None, 1, "")
    place = {"objective": "10011", "issue": "10011", "field": "customfield_1"}
    for act, pending, standing in (("discard", 0, []), ("retry", 1, [True])):
        with store.write() as conn:
            refusals.put(
                conn, "main", "10011", change, "no", "put it on the screen", "r", world.connector.clock()
            )
        assert "OKR progress" in editor.text("/health")
        editor.post(f"/health/main/refused/{act}", **place)
        with store.read() as conn:
            assert [one.probing for one in refusals.load_all(conn, "main")] == standing
            assert due.pending_count(conn, "main") == pending


@pytest.mark.parametrize(
    ("role", "address", "code"),
    [
        ("viewer", "/mapping/main", 200),
        ("viewer", "/mapping/main/diff", 200),
        ("viewer", "/mapping/main/edit", 403),
        ("editor", "/mapping/main/preview", 403),
        ("editor", "/sites", 403),
        ("editor", "/setup", 403),
    ],
)
def test_roles_are_kept(desk, role, address, code):
    assert desk(role).get(address).status_code == code


def test_a_viewer_sees_no_button_that_is_not_theirs(desk):
    page = desk("viewer").text("/health")
    assert "Sync now" not in page
    assert "Retry" not in page


def test_a_background_job_that_fell_silent_has_failed(world):
    connector = world.connector
    gone = background_jobs.BackgroundJob(
        "sync", "x", connector.clock().replace(year=2020), connector.clock().replace(year=2020)
    )
    with connector.store.write() as conn:
        stored_jobs.begin(conn, "main", gone)
    assert background_jobs.latest_job(connector, TESTER, "main", "sync").state == "failed"
    assert background_jobs.begin(connector, "main", "sync", "x", lambda report: "fine")
    wait(world, SYNC)
    assert background_jobs.latest_job(connector, TESTER, "main", "sync").said == "fine"


def wait(world, name: str) -> None:
    import time

    for _ in range(200):
        found = background_jobs.latest_job(world.connector, TESTER, "main", name)
        if found is not None and found.state != "running":
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} did not end: {found}")
