"""The life of a mapping over the API: validate, check, preview, activate what was seen, diff, export, roll back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.sandbox import administration
from connectors.sandbox.site_state import scheme
from mappings import presets
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.composition import build_connector
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.mapping_life import activate

ADA, BO = Actor("ada", Permission.ADMIN, 98), Actor("bo", Permission.ADMIN, 99)

CATEGORIES = "by_category: {new: 0, indeterminate: 0.5, done: 1}"


def changed(text: str) -> str:
    """The text with another value of work in progress."""
    return (
        text
        + "\nbrake: {share: 1, floor: 100000}\nstatuses: {by_category: {new: 0, indeterminate: 0.25, done: 1}}\n"
    )


def other_text(api: Any) -> str:
    """A mapping that differs from the active one and is valid."""
    text: str = api.get("/sites/main/mapping")["text"]
    kept = [line for line in text.splitlines() if not line.startswith(("brake:", "statuses:"))]
    if "statuses:" in text:
        return text.replace("indeterminate: 0.5", "indeterminate: 0.25")
    return changed("\n".join(kept))


def test_findings_name_line_column_and_remedy(api: Any) -> None:
    text = presets.text("epics-as-objectives").replace("version: 1", "version: 1\nvresion: 2", 1)
    said = api.call("POST", "/mappings/validate", {"text": text}, role="viewer").json
    assert said["valid"] is False
    found = next(one for one in said["findings"] if one["severity"] == "error")
    assert found["line"] > 1
    assert found["column"] >= 1
    assert api.call("POST", "/mappings/validate", {"text": presets.text("kpi-watch")}).json["valid"]


def test_a_check_asks_the_live_jira(api: Any) -> None:
    text = api.get("/sites/main/mapping")["text"]
    assert api.call("POST", "/sites/main/mapping/check", {"text": text}).json["valid"]


def test_what_was_previewed_is_activated_compared_exported_and_rolled_back(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    before = own_api.call("GET", "/sites/main/mapping")
    tag, old = before.headers["ETag"], before.json["revision"]
    assert tag == f'"{old}"'
    text = other_text(own_api)
    seen = own_api.call("POST", "/sites/main/mapping/preview", {"text": text}).json
    assert seen["objectives"]
    assert own_api.get("/sites/main/mapping")["revision"] == old

    body = {"text": text, "preview": seen["hash"], "accept_large_change": True}
    put = "/sites/main/mapping"
    assert problem_of(own_api.call("PUT", put, body))["status"] == 428
    stale = own_api.call("PUT", put, body, headers={"If-Match": '"0000"'})
    assert problem_of(stale)["status"] == 412
    moved = own_api.call("PUT", put, {**body, "preview": "0" * 64}, headers={"If-Match": tag})
    assert problem_of(moved)["type"].endswith("world-moved")
    assert own_api.call("PUT", put, body, headers={"If-Match": tag}, role="editor").status_code == 403
    done = own_api.call("PUT", put, body, headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    new = own_api.get("/sites/main/mapping")
    assert done.headers["ETag"] == f'"{new["revision"]}"' != tag
    assert new["author"] == "admin@acme.example (token tests)"
    assert own_api.call("PUT", put, body, headers={"If-Match": tag}).status_code == 412

    listed = own_api.all("/sites/main/mapping/revisions", limit=1)
    assert {one["revision"] for one in listed} == {old, new["revision"]}
    compared = own_api.get("/sites/main/mapping/diff", before=old)
    assert compared["after"] == new["revision"]
    assert compared["changes"]
    exported = own_api.call("GET", "/sites/main/mapping/export", query_string={"format": "json"})
    again = own_api.call("POST", "/sites/main/mapping/preview", {"text": exported.text}).json
    assert again["revision"] == new["revision"]

    back = own_api.call(
        "POST",
        "/sites/main/mapping/rollback",
        {"accept_large_change": True},
        headers={"If-Match": done.headers["ETag"]},
    )
    assert back.json["revision"] == old
    assert own_api.get(f"/sites/main/mapping/revisions/{new['revision'][:6]}")["active"] is False


def test_a_large_change_is_held_and_says_which_value_goes_on(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    tag = own_api.call("GET", "/sites/main/mapping").headers["ETag"]
    text = other_text(own_api)
    kept = [line for line in text.splitlines() if not line.startswith("brake:")]
    text = "\n".join([*kept, "brake: {share: 0, floor: 0}", ""])
    seen = own_api.call("POST", "/sites/main/mapping/preview", {"text": text}).json
    body = {"text": text, "preview": seen["hash"]}
    found = problem_of(own_api.call("PUT", "/sites/main/mapping", body, headers={"If-Match": tag}))
    assert (found["status"], found["title"]) == (409, "Large change")
    assert found["remedy"] == 'Send "accept_large_change": true to go on with it.'
    assert "--" not in found["detail"]


def test_who_is_overtaken_by_another_process_is_refused_whatever_they_do_and_told_by_whom(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    tag = own_api.call("GET", "/sites/main/mapping").headers["ETag"]
    text = other_text(own_api)
    seen = own_api.call("POST", "/sites/main/mapping/preview", {"text": text}).json
    body = {"text": text, "preview": seen["hash"], "accept_large_change": True}
    begin = own_api.call("GET", "/sites/main/mapping").json["text"]
    drafts.keep(own_api.connector, ADA, "main", text, tag[1:-1])
    other = build_connector(own_api.connector.settings, own_api.connector.clock)
    theirs = activate(other, BO, "main", f"{begin}\nbrake: {{share: 1}}\n").preview.revision
    other.store.close()

    for answer in (
        own_api.call("PUT", "/sites/main/mapping", body, headers={"If-Match": tag}),
        own_api.call("POST", "/sites/main/mapping/rollback", {}, headers={"If-Match": tag}),
        own_api.call("PUT", "/sites/main/mapping", body, headers={"If-None-Match": "*"}),
    ):
        found = problem_of(answer)
        assert (found["status"], found["title"]) == (412, "Precondition failed")
        assert f"bo activated revision {theirs}" in found["detail"]
        assert "/sites/main/mapping gives the ETag" in found["remedy"]
    assert own_api.get("/sites/main/mapping")["revision"] == theirs
    several = f'"0000", "{theirs}:br"'
    done = own_api.call("PUT", "/sites/main/mapping", body, headers={"If-Match": several})
    assert done.json["revision"] == own_api.get("/sites/main/mapping")["revision"] != theirs
    assert drafts.own_draft(own_api.connector, ADA, "main") is not None, "it is another account's"


def test_a_text_with_errors_is_refused_with_all_of_them(api: Any, problem_of: Callable[..., Any]) -> None:
    answer = api.call("POST", "/sites/main/mapping/preview", {"text": "version: 2\nname: x\n"})
    found = problem_of(answer)
    assert (found["status"], found["title"]) == (422, "Mapping refused")
    assert {one["code"] for one in found["errors"]} == {"missing-key", "unknown-value"}


def test_presets_and_the_schema_are_there_to_begin_with(api: Any, problem_of: Callable[..., Any]) -> None:
    assert [one["name"] for one in api.get("/presets")["items"]] == list(presets.names())
    one = api.call("GET", "/presets/kpi-watch")
    assert (one.mimetype, one.text) == ("application/yaml", presets.text("kpi-watch"))
    assert problem_of(api.call("GET", "/presets/none"))["status"] == 404
    assert api.get("/mappings/schema")["$schema"].startswith("https://json-schema.org/")


def test_what_was_renamed_is_written_into_the_text(own_api: Any) -> None:
    text = own_api.get("/sites/main/mapping")["text"]
    fields = own_api.sandbox.sandbox.fields
    assert own_api.call("POST", "/sites/main/mapping/reword", {}).json == {
        "text": text,
        "changed": 0,
        "left": [],
    }

    fields[scheme.POINTS] = replace(fields[scheme.POINTS], name="Effort: points", clauses=("cf[10016]",))
    own_api.connector.catalogue("main", fresh=True)

    expected = text.replace("{name: Story point estimate}", '{name: "Effort: points"}')
    assert expected != text
    for body in ({}, {"text": text}):
        said = own_api.call("POST", "/sites/main/mapping/reword", body).json
        assert said == {"text": expected, "changed": 1, "left": []}
    assert own_api.get("/sites/main/mapping")["text"] == text, "it is neither kept nor activated"
    assert own_api.call("POST", "/sites/main/mapping/reword", {}, role="viewer").status_code == 403
    seen = own_api.call("POST", "/sites/main/mapping/preview", {"text": expected}).json
    assert (seen["writes"], seen["objectives"]) == (0, [])


def test_a_draft_is_kept_read_and_dropped_by_whoever_has_seen_it(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    place, anew = "/sites/main/mapping/draft", {"If-None-Match": "*"}

    def refused(status: int, answer: Any) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = problem_of(answer)
        return found

    assert refused(404, own_api.call("GET", place))["remedy"].endswith("If-None-Match: *.")
    assert (
        refused(428, own_api.call("PUT", place, {"text": "a"}))["detail"] == "Say which draft you have seen."
    )
    begun = own_api.call("PUT", place, {"text": "not yet a mapping: ["}, headers=anew)
    assert begun.status_code == 200, begun.text
    tag = begun.headers["ETag"]
    assert own_api.call("GET", place).headers["ETag"] == tag
    assert refused(412, own_api.call("PUT", place, {"text": "b"}, headers=anew))
    kept = own_api.call("PUT", place, {"text": "b"}, headers={"If-Match": tag})
    late = refused(412, own_api.call("PUT", place, {"text": "c"}, headers={"If-Match": tag}))
    assert "kept otherwise" in late["detail"]
    assert own_api.get("/drafts")["items"] == [
        {key: value for key, value in kept.json.items() if key != "text"}
    ]
    assert refused(412, own_api.call("DELETE", place, headers={"If-Match": tag}))
    assert own_api.call("GET", place).json["text"] == "b"
    assert own_api.call("DELETE", place, headers={"If-Match": kept.headers["ETag"]}).status_code == 200
    assert own_api.get("/drafts")["items"] == []
    gone = refused(412, own_api.call("DELETE", place, headers={"If-Match": tag}))
    assert "is gone" in gone["detail"]


def test_a_preset_is_fitted_and_what_the_site_lacks_is_created_by_program(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    sandbox = own_api.sandbox.sandbox
    administration.delete_field(sandbox, scheme.KR_TARGET)
    asked = {"preset": "epics-as-objectives", "projects": ["PLAT"]}
    fitted = own_api.call("POST", "/sites/main/mapping/fit", asked).json
    assert [(one["name"], one["kind"], one["creatable"]) for one in fitted["lacking"]] == [
        ("KR target", "number", True)
    ]
    assert (fitted["place"], fitted["refusal"]) == ("the screens of PLAT", "")
    strange = own_api.call("POST", "/sites/main/fields", {**asked, "aliases": ["health"]})
    assert problem_of(strange)["errors"][0]["pointer"] == "/aliases"
    aliases = [one["alias"] for one in fitted["lacking"]]
    assert strange.json["remedy"] == f"It lacks: {aliases[0]}."
    made = own_api.call("POST", "/sites/main/fields", {**asked, "aliases": aliases}).json["created"]
    assert sandbox.fields[made[0]["id"]].name == "KR target"
    assert made[0]["left"] == []
    again = own_api.call("POST", "/sites/main/fields", {**asked, "aliases": aliases})
    assert problem_of(again)["remedy"] == "It lacks nothing."
    assert [one["id"] for one in own_api.get("/sites/main/fields")["fields"]] == [made[0]["id"]]
    assert own_api.call("DELETE", f"/sites/main/fields/{made[0]['id']}").status_code == 200
    assert made[0]["id"] not in sandbox.fields
