"""Import, subscriptions and badges on pages: what a person uploads, adds and makes public, and what they are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

from tests.plugin.pages.conftest import Desk

FILE = """Goal,Kind,Under,When
Ferries run on time again,Objective,,2026-Q4
Departures within five minutes,Key result,Ferries run on time again,2026-Q4
Lost,Key result,Nothing of that name,2026-Q4
"""
COLUMNS = "title: Goal\nkind: Kind\nparent: Under\ncycle: When"
WHERE = {
    "preset": "columns",
    "columns": COLUMNS,
    "project": "PLAT",
    "objective_type": "Epic",
    "key_result_type": "Key Result",
    "rule": "epics",
    "labels": "okr",
}


def upload(desk: Desk, text: str, **news: str) -> str:
    sent = {"file": (BytesIO(text.encode()), "goals.csv"), **WHERE, **news}
    return desk.post("/import/main", **sent).get_data(as_text=True)


def test_an_uploaded_file_is_planned_and_each_refused_row_is_named(admin: Desk) -> None:
    said = upload(admin, FILE)
    assert "1 objective to be made" in said
    assert "Row 4" in said
    assert "Apply what is not blocked" in said
    assert "goals.csv" in admin.text("/import/main")


def test_what_cannot_be_planned_is_said_at_the_form_and_nothing_typed_is_lost(admin: Desk) -> None:
    said = upload(admin, FILE, columns="title: Goal\nkinds: [")
    assert "goals.csv" not in admin.text("/import/main")
    assert "title: Goal" in said
    assert "is-mistaken" in said
    said = upload(admin, FILE, project="NOWHERE")
    assert "There is no project NOWHERE" in said
    answer = admin.post("/import/main", **WHERE)
    assert (answer.status_code, "Choose a file first" in answer.get_data(as_text=True)) == (422, True)
    assert admin.get("/import/main/999").status_code == 404


def test_the_columns_of_a_file_are_chosen_from_its_own_with_samples(admin: Desk) -> None:
    def sent() -> dict[str, object]:
        return {
            **WHERE,
            "columns": "",
            "file": (BytesIO(FILE.replace("Goal,", "Title,").encode()), "goals.csv"),
        }

    page = admin.post("/import/main/columns", **sent()).get_data(as_text=True)
    row = re.search(r'value="Title">.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert '<option value="title" selected>' in row[0]
    assert "Ferries run on time again · Departures within five minutes · Lost" in row[0]
    assert "goals.csv" not in admin.text("/import/main")
    chosen = {"column": ["Title", "Kind", "Under", "When"], "word": ["title", "kind", "parent", "cycle"]}
    assert "1 objective to be made" in admin.post("/import/main", **sent(), **chosen).get_data(as_text=True)
    twice = {**chosen, "word": ["title", "title", "", ""]}
    assert "Several columns are said to be title" in admin.post("/import/main", **sent(), **twice).get_data(
        as_text=True
    )
    assert admin.post("/import/main/columns", **WHERE).status_code == 422


def test_viewers_see_imports_and_plan_none(desk: Callable[[str], Desk]) -> None:
    viewer = desk("viewer")
    assert "Plan an import" not in viewer.text("/import/main")
    assert viewer.post("/import/main", **WHERE).status_code == 403


def test_a_secret_of_a_subscription_is_shown_once(admin: Desk) -> None:
    address = "https://hub.acme.example/okr"
    made = admin.post("/sites/main/subscriptions", url=address, events=["cycle.closed"])
    [secret] = re.findall(r"whsec_[\w+/=]+", made.get_data(as_text=True))
    shown = admin.text("/sites/main/subscriptions")
    assert "hub.acme.example" in shown
    assert "cycle.closed" in shown
    assert secret not in shown
    assert address not in shown
    [id_] = re.findall(r"/subscriptions/(\w+)/remove", shown)
    renewed = admin.post(f"/sites/main/subscriptions/{id_}/secret").get_data(as_text=True)
    assert re.findall(r"whsec_[\w+/=]+", renewed) not in ([], [secret])
    since = {"since": "2026-11-01"}
    assert "posted once more" in admin.post(f"/sites/main/subscriptions/{id_}/replay", **since).get_data(
        as_text=True
    )
    assert "Say since which day" in admin.post(f"/sites/main/subscriptions/{id_}/replay").get_data(
        as_text=True
    )
    tested = admin.post(f"/sites/main/subscriptions/{id_}/test").get_data(as_text=True)
    assert '<p class="alert is-at_risk" role="status">Not taken by hub.acme.example' in tested
    admin.post(f"/sites/main/subscriptions/{id_}/remove")
    assert "Nobody is told yet" in admin.text("/sites/main/subscriptions")
    refused = admin.post("/sites/main/subscriptions", url="http://hub.acme.example/okr")
    assert (refused.status_code, "has to be https" in refused.get_data(as_text=True)) == (422, True)


def test_a_number_is_made_public_and_taken_back(desk: Callable[[str], Desk]) -> None:
    admin, viewer = desk("admin"), desk("viewer")
    objective = re.findall(r"/objectives/([A-Z]+-\d+)", admin.text("/"))[0]
    said = admin.post("/sites/main/badges", kind="objective", subject=objective, words="Checkout").get_data(
        as_text=True
    )
    [token] = set(re.findall(r"/badges/([0-9a-f]{16,})\.svg", said))
    assert viewer.get(f"/badges/{token}.svg").mimetype == "image/svg+xml"
    admin.post(f"/sites/main/badges/{token}/revoke")
    assert "Nothing is public" in admin.text("/sites/main/badges")
    assert viewer.get(f"/badges/{token}.svg").status_code == 404
    refused = admin.post("/sites/main/badges", kind="objective", subject="NONE-1")
    assert (refused.status_code, "There is no objective" in refused.get_data(as_text=True)) == (422, True)
    assert viewer.get("/sites/main/badges").status_code == 403
