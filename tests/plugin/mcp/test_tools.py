"""Every tool on the demo: equal to the API to the last digit, nothing dropped, and what is wrong said in words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from connectors.store.mappings import revisions
from connectors.store.sites import catalogues
from mappings.document.text.canonical import revision
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from plugin.access.authorization.actor import COMMAND_LINE, NOBODY, Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.tools import TOOLS
from plugin.use_cases.kpis.departures import note_departures
from plugin.use_cases.kpis.readings import PushedReading, push
from plugin.use_cases.mappings.past_preview import preview_as_of
from tests.actors import TESTER

if TYPE_CHECKING:
    from tests.plugin.mcp.conftest import Assistant

EDITOR = Actor("editor@acme.example (token tests)", Permission.EDITOR, 7)
GOLDEN = Path(__file__).parent / "tools.json"


def number(given: Any) -> tuple[Any, Any]:
    assert set(given) == {"exact", "value"}
    return given["exact"], given["value"]


def every(assistant: Assistant, tool: str, rows: str, **arguments: Any) -> list[Any]:
    """All rows of a tool, page by page."""
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = assistant.ask(tool, **arguments, **cursor)
        part: Any = page
        for name in rows.split("."):
            part = part[name]
        assert page["counted"]["shown"] == len(part)
        found += part
        if page["counted"]["next"] is None:
            assert page["counted"]["total"] == len(found)
            return found
        cursor = {"cursor": page["counted"]["next"]}


OF_ADMINS = ("okr_mapping_then", "okr_draft")


def listed(assistant: Assistant, actor: Actor) -> list[dict[str, Any]]:
    """What somebody is told of the tools."""
    assistant.actor = actor
    return [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in assistant.tools()]


def test_the_list_of_tools_is_the_golden_one(assistant: Assistant, tmp_path: Path) -> None:
    """A change of a schema has to be seen: what is told is beside it, to be taken over where it is meant."""
    viewer, golden = assistant.actor, json.loads(GOLDEN.read_text())
    told, there = listed(assistant, TESTER), tmp_path / "tools.json"
    there.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    assert told == golden, f"where it is meant: cp {there} {GOLDEN}"
    of_editors = [one for one in golden if one["name"] not in OF_ADMINS]
    assert listed(assistant, EDITOR) == of_editors
    assert listed(assistant, viewer) == [one for one in of_editors if one["annotations"]["readOnlyHint"]]


def test_all_tools_of_a_viewer_read_and_are_closed(modern: Assistant) -> None:
    tools = modern.tools()
    assert [one.name for one in tools] == [
        one.name for one in TOOLS if not one.acts and one.name not in OF_ADMINS
    ]
    for one in tools:
        assert one.input_schema["additionalProperties"] is False
        assert one.annotations is not None
        assert one.annotations.read_only_hint is True


def test_every_tool_is_documented_with_all_it_takes() -> None:
    text = (Path(__file__).parents[3] / "docs/mcp.md").read_text()
    rows = {
        name: set(re.findall(r"`(\w+)`", takes))
        for name, takes in re.findall(r"^\| `(okr_\w+)`(?: ✎)? \|(.*?)\|", text, re.MULTILINE)
    }
    common = {"site", "limit", "cursor", "confirm"}
    assert list(rows) == [one.name for one in TOOLS]
    for one in TOOLS:
        assert rows[one.name] - {"headline", "beside"} == set(one.takes.model_fields) - common


def test_the_list_equals_the_api(assistant: Assistant) -> None:
    api = assistant.api("/objectives", limit=100)["items"]
    mine = every(assistant, "okr_list", "objectives", limit=4, key_results=True)
    assert [one["id"] for one in mine] == [one["id"] for one in api]
    assert len(mine) == 15
    for here, there in zip(mine, api, strict=True):
        for name in ("progress", "delivery", "outcome", "expected"):
            assert number(here[name]) == (there[f"{name}_exact"], there[name]), (here["key"], name)
        assert (here["title"], here["health"], here["url"]) == (
            there["title"],
            there["health"]["level"],
            there["url"],
        )
        assert here["mapping_revision"] == there["mapping_revision"]
        assert here["key_results_total"] == len(there["key_results"])
        for one, other in zip(here["key_results"], there["key_results"], strict=True):
            assert number(one["progress"]) == (other["progress_exact"], other["progress"])
            assert one["current"]["value"] == other["current"]
            assert one["weight"]["exact"] == other["weight"]


def test_figures_of_a_list_cover_all_that_match(modern: Assistant) -> None:
    api = modern.api("/objectives", limit=100)["items"]
    levels = [one["health"]["level"] for one in api]
    page = modern.ask("okr_list", limit=1)
    assert page["counted"] | {"next": None} == {"shown": 1, "total": 15, "next": None}
    assert page["by_health"] == {level: levels.count(level) for level in set(levels)}
    some = modern.ask("okr_list", health=["off_track"], limit=1)
    assert some["counted"]["total"] == levels.count("off_track") > 0
    assert set(some["by_health"]) == {"off_track"}


def test_one_objective_and_its_forecast_equal_the_api(modern: Assistant) -> None:
    for there in modern.api("/objectives", limit=100)["items"][:5]:
        key = there["key"] or there["id"]
        here = modern.ask("okr_get", objective_key=key)
        assert number(here["objective"]["progress"]) == (there["progress_exact"], there["progress"])
        assert here["provenance"]["mapping_revision"] == there["mapping_revision"]
        forecast, told = (
            modern.ask("okr_forecast", objective_key=key),
            modern.api(f"/objectives/{key}/forecast"),
        )
        assert number(forecast["probability"]) == (told["probability_exact"], told["probability"])
        assert forecast["why"] == told["sentence"]
        assert [number(one["probability"]) for one in forecast["key_results"]] == [
            (one["probability_exact"], one["probability"]) for one in told["key_results"]
        ]


def test_every_ledger_can_be_rebuilt_from_the_answers(modern: Assistant) -> None:
    """Of some objectives with pages so small that most ledgers take several: the rows of the API, summing exactly."""
    for there in modern.api("/objectives", limit=100)["items"][:3]:
        key = there["key"] or there["id"]
        api = modern.api(f"/objectives/{key}/ledger")
        ledgers = {"headline": api["headline"], "beside": api["beside"]}
        ledgers |= {one["id"]: one for one in api["key_results"]}
        for name, told in ledgers.items():
            rows = every(modern, "okr_explain", "ledger.rows", objective_key=key, ledger=name, limit=5)
            assert [
                (one["id"], one["share"]["exact"], one["progress"]["exact"], one["weight"]["exact"])
                for one in rows
            ] == [(one["id"], one["share"], one["progress"], one["weight"]) for one in told["rows"]]
            first = modern.ask("okr_explain", objective_key=key, ledger=name)
            assert first["ledger"]["total"]["exact"] == told["total"]
            assert first["ledger"]["adds_up"] is True
            assert {one["of"] for one in first["other_ledgers"]} | {name} == set(ledgers)
            assert sum(Fraction(one["share"]["exact"]) for one in rows) == Fraction(told["total"] or 0)


def test_the_past_equals_the_api(modern: Assistant) -> None:
    """The rows of a past moment, under the mapping that rules; what is not sure is said, and not kept histories are counted."""
    there = modern.api("/objectives", limit=100)["items"][0]
    key, day = there["key"], f"{modern.connector.clock() - timedelta(days=3):%Y-%m-%d}"
    api = modern.api(f"/objectives/{key}/ledger", at=day)
    found = modern.ask("okr_explain", objective_key=key, at=day, limit=200)
    assert found["ledger"]["total"]["exact"] == api["headline"]["total"]
    assert [one["share"]["exact"] for one in found["ledger"]["rows"]] == [
        one["share"] for one in api["headline"]["rows"]
    ]
    told = found["as_of"]
    assert (
        datetime.fromisoformat(told["at"]),
        told["certainty"],
        told["mapping_revision"],
        told["because"],
    ) == (
        datetime.fromisoformat(api["as_of"]["at"]),
        api["as_of"]["certainty"],
        api["as_of"]["mapping_revision"],
        api["as_of"]["said"],
    )
    assert modern.ask("okr_explain", objective_key=key)["as_of"] is None
    ruled = modern.ask("okr_explain", objective_key=key, mapping=told["mapping_revision"][:8])
    assert ruled["as_of"]["certainty"] == "exact"
    assert ruled["ledger"] == modern.ask("okr_explain", objective_key=key)["ledger"]


def test_movements_equal_the_api(modern: Assistant) -> None:
    of_all = modern.ask("okr_moved", since="first", limit=50)
    assert of_all["counted"] == {"shown": 15, "total": 15, "next": None}
    names = [one["key"] or one["id"] for one in of_all["movements"]]
    told = {*names, *of_all["unmoved"], *(one["key"] for one in of_all["unknown"])}
    assert told == {one["key"] or one["id"] for one in modern.api("/objectives", limit=100)["items"]}
    for key in sorted(told)[:4]:
        there = modern.api(f"/objectives/{key}/movement", since="first")
        page = modern.ask("okr_moved", objective_key=key, since="first", limit=50)
        if not page["movements"]:
            assert page["unmoved"] == [key]
            assert there["change_exact"] == "0"
            continue
        (here,) = page["movements"]
        assert number(here["change"]) == (there["change_exact"], there["change"])
        assert here["adds_up"] is (None if there["change"] is None else True)
        assert len(here["rows"]) == len(there["rows"])


WATCHED = """
version: 1
name: watched
site: main
scope: labels = okr
time_zone: Europe/Berlin
cycles:
  - {id: 2020-Q4, start: 2020-10-01, end: 2020-12-31}
objectives:
  - {id: well, title: What we watch stays healthy, owner: Ada, cycle: 2020-Q4}
kpis:
  - id: bugs
    name: "Open\\u202e bugs"
    source: {kind: push}
    unit: bugs
    cadence: weekly
    healthy: {at_most: 5}
  - id: sales
    name: Sales
    source: {kind: csv}
    cadence: each
    healthy: {at_least: 10}
  - id: third
    name: A third of the bugs
    cadence: weekly
    source: {kind: formula, expr: "bugs / 3", of: {bugs: bugs}}
    healthy: {at_most: 10}
"""


def test_kpis_equal_the_api(tmp_path: Path, synced_demo: Any, assistant_of: Any) -> None:
    with synced_demo(tmp_path) as demo:
        connector = demo.connector
        name = revision(read_document(WATCHED).require())
        with connector.store.write() as conn:
            catalogues.put(conn, "main", Catalogue(), connector.clock())
            revisions.add(conn, "main", WATCHED, name, "tests", connector.clock())
            revisions.activate(conn, "main", name, "tests", connector.clock(), "")
        connector.clock = lambda: datetime(2020, 10, 24, 12, tzinfo=UTC)
        pushed = [PushedReading(datetime(2020, 10, 12, 9, tzinfo=UTC), Fraction(22, 7))]
        push(connector, COMMAND_LINE, "main", "bugs", pushed)
        modern = assistant_of(connector)
        api = modern.api("/kpis")["items"]
        mine = every(modern, "okr_kpis", "kpis", limit=2)
        assert [(one["id"], number(one["value"]), one["level"]) for one in mine] == [
            (one["id"], (one["value_exact"], one["value"]), one["level"]) for one in api
        ]
        assert [(one["id"], one["name"], one["value"]["exact"]) for one in mine] == [
            ("bugs", "Open bugs", "22/7"),
            ("sales", "Sales", None),
            ("third", "A third of the bugs", "22/21"),
        ]
        assert mine[1]["value"] == {"exact": None, "value": None}
        assert modern.ask("okr_kpis", kpi="third")["counted"]["total"] == 1
        with connector.store.write() as conn:
            note_departures(conn, "main", ["sales", "third"], connector.clock())
        (left,) = every(modern, "okr_departed_kpis", "kpis", limit=1)
        (told,) = modern.api("/kpi-departures")["items"]
        assert (left["id"], left["left"], left["kept_until"]) == (
            "bugs",
            "2020-10-24T12:00:00Z",
            "2021-01-22T12:00:00Z",
        )
        assert (left["kept_until"], number(left["value"])) == (
            told["kept_until"],
            (told["value_exact"], told["value"]),
        )


def test_freshness_and_gaps_say_how_the_site_stands(assistant: Assistant) -> None:
    stands = assistant.api("/sites/main/status")
    mine = assistant.ask("okr_freshness")
    assert mine["issues"] == stands["issues"] > 100
    assert mine["waiting"] == 0
    gaps = every(assistant, "okr_gaps", "gaps", limit=3)
    unknown = [
        (one["key"] or one["id"])
        for one in assistant.api("/objectives", limit=100)["items"]
        if one["progress"] is None
    ]
    assert [
        one["objectives"][0] for one in gaps if one["kind"] == "unknown" and one["key_result"] is None
    ] == unknown
    assert all(one["what"] and one["remedy"] for one in gaps)


def test_a_draft_is_kept_by_whoever_saw_the_one_before(modern: Assistant) -> None:
    """The very draft of the pages and the API; what was not seen is not written over, and nothing is activated."""
    modern.actor = TESTER
    text = modern.api("/sites/main/mapping")["text"]
    ruling = modern.ask("okr_mapping")["revision"]
    assert "You have no draft" in modern.refused("okr_mapping", draft=True)
    first = modern.ask("okr_draft", text=text)
    assert (first["state"], "no errors" in first["would"]) == ("to_confirm", True)
    assert modern.ask("okr_mapping")["seen"] == "", "the first call does nothing"
    modern.ask("okr_draft", text=text, confirm=first["confirm"])
    kept = modern.ask("okr_mapping", draft=True, limit=200)
    assert [one["text"] for one in kept["text"]] == text.splitlines()[:200]
    worse = modern.ask("okr_draft", text="version: 2", seen="")
    assert "errors" in worse["would"]
    said = modern.refused("okr_draft", text="version: 2", seen="", confirm=worse["confirm"])
    assert "was kept otherwise" in said
    again = modern.ask("okr_draft", text="version: 2", seen=kept["seen"])
    modern.ask("okr_draft", text="version: 2", seen=kept["seen"], confirm=again["confirm"])
    assert [one["text"] for one in modern.ask("okr_mapping", draft=True)["text"]] == ["version: 2"]
    assert modern.ask("okr_mapping")["revision"] == ruling


def test_the_mapping_is_given_whole(modern: Assistant) -> None:
    active = modern.api("/sites/main/mapping")
    found = modern.ask("okr_mapping")
    assert found["revision"] == active["revision"]
    assert [one["revision"] for one in found["revisions"]] == [active["revision"]]
    lines = every(modern, "okr_mapping", "text", with_text=True, limit=40)
    assert [one["number"] for one in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == len(active["text"].splitlines())
    assert modern.ask("okr_mapping", differs_from=active["revision"])["differences"] == []


def test_every_answer_says_where_it_comes_from(modern: Assistant) -> None:
    active = modern.api("/sites/main/mapping")["revision"]
    # No cycle of the demo was closed twice: that one is asked where one was.
    for tool in (
        one
        for one in TOOLS
        if not one.acts and one.name not in ("okr_closings", "okr_mapping_then", "okr_import")
    ):
        needs_one = (
            "objective_key" in tool.takes.model_fields
            and tool.takes.model_fields["objective_key"].is_required()
        )
        found = modern.ask(tool.name, **({"objective_key": "CORE-4"} if needs_one else {}))
        given = found["provenance"]
        assert given["site"] == "main"
        assert given["mapping_revision"] == active
        assert given["data_as_of"] is not None
        assert given["data_age_seconds"] >= 0
        assert given["partial"] is bool(given["partial_because"])
        assert given["page"].startswith("http://127.0.0.1:")
        jsonschema.validate(found, next(one for one in modern.tools() if one.name == tool.name).output_schema)


def test_a_cycle_equals_the_api(modern: Assistant) -> None:
    for there in modern.api("/cycles")["items"]:
        here = modern.ask("okr_cycle", cycle=there["id"])
        told = modern.api(f"/cycles/{there['id']}")
        assert (here["state"], here["preview"]) == (told["state"], told["preview"])
        rows = every(modern, "okr_cycle", "objectives", cycle=there["id"], limit=7)
        assert [(one["id"], number(one["score"]), one["shown"]) for one in rows] == [
            (one["objective"], (one["score_exact"], one["score"]), one["shown"]) for one in told["scores"]
        ]


def test_a_mapping_at_an_earlier_time_is_for_admins_and_equals_the_api(assistant: Assistant) -> None:
    text = assistant.api("/sites/main/mapping")["text"].replace("0.5", "0.25")
    at = assistant.connector.clock().isoformat()
    assert "This takes the role admin" in assistant.refused("okr_mapping_then", text=text, at=at)
    assistant.actor = TESTER
    here = assistant.ask("okr_mapping_then", text=text, at=at, limit=100)
    found = preview_as_of(assistant.connector, TESTER, "main", text, assistant.connector.clock())
    assert here["looked_at"] == len(found.objectives) > 0
    assert [one["id"] for one in here["objectives"]] == [one.shown.id for one in found.changed]
    assert "errors" in assistant.refused("okr_mapping_then", text="version: 1", at=at)


def test_what_people_typed_is_named_and_cleaned(modern: Assistant) -> None:
    given = modern.ask("okr_list", limit=1)["provenance"]["untrusted"]
    assert {"objectives[].title", "objectives[].owner", "objectives[].why"} <= set(given)
    assert {"objectives[].key_results[].reason", "provenance.partial_because[]"} <= set(given)
    assert "objectives[].progress" not in given


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("okr_list", {"helth": ["off_track"]}, "helth: there is no such argument."),
        ("okr_list", {"health": ["bad"]}, "health.0: Input should be 'off_track'"),
        ("okr_list", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ("okr_list", {"limit": "5"}, "limit: Input should be a valid integer"),
        ("okr_list", {"cursor": "abc"}, "This cursor does not belong to this list."),
        ("okr_list", {"site": "moon"}, "There is no site 'moon' here. Sites: main."),
        (
            "okr_get",
            {},
            "objective_key: it is missing. okr_get takes: site, limit, cursor, objective_key, cycle.",
        ),
        ("okr_get", {"objective_key": "NO-1"}, "There is no objective 'NO-1' on the site 'main'. okr_list"),
        ("okr_explain", {"objective_key": "CORE-4", "ledger": "x"}, "'x' is no ledger of this objective."),
        ("okr_explain", {"objective_key": "CORE-4", "at": "someday"}, "'someday' is no moment. Say a day"),
        ("okr_explain", {"objective_key": "CORE-4", "mapping": "zz"}, "There is no one revision 'zz'."),
        ("okr_moved", {"since": "someday"}, "'someday' is no moment here."),
        ("okr_kpis", {"kpi": "none"}, "There is no KPI 'none' on the site 'main'. KPIs: "),
        ("okr_cycle", {"cycle": "winter"}, "There is no cycle 'winter' on the site 'main'. Cycles: "),
        ("okr_cycle", {"mapping": "zz"}, "There is no one revision 'zz'."),
        ("okr_closings", {"cycle": "winter"}, "There is no cycle 'winter' on the site 'main'. Cycles: "),
        ("okr_mapping", {"differs_from": "zz"}, "There is no single revision 'zz'."),
    ],
)
def test_what_is_wrong_is_said_in_words(
    assistant: Assistant, tool: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in assistant.refused(tool, **arguments)


def test_a_cursor_of_another_list_is_refused(modern: Assistant) -> None:
    following = modern.ask("okr_list", limit=1)["counted"]["next"]
    assert "does not belong" in modern.refused("okr_list", limit=1, text="a", cursor=following)
    assert "does not belong" in modern.refused("okr_kpis", cursor=following)


def test_who_may_nothing_sees_no_tool_and_gets_no_answer(assistant: Assistant) -> None:
    assistant.actor = NOBODY
    assert assistant.tools() == []
    assert "takes the role viewer" in assistant.refused("okr_list")


def test_the_meeting_equals_the_api(assistant: Assistant) -> None:
    api, mine = assistant.api("/meeting"), assistant.ask("okr_meeting")
    assert (mine["headline"], mine["cycle"], mine["still"]) == (api["headline"], api["cycle"], api["still"])
    assert mine["provenance"]["page"].endswith("/brief")
    assert api["agenda"]
    said = [(one["objective"]["key"], one["reason"], one["question"]) for one in mine["agenda"]]
    assert said == [(one["key"], one["reason"], one["question"]) for one in api["agenda"]]
    for part in ("company", "moved"):
        assert mine[f"{part}_total"] == len(api[part])
        found = {one["id"]: (number(one["progress"]), number(one["week"])) for one in mine[part]}
        assert found == {
            one["id"]: ((one["progress_exact"], one["progress"]), (one["week_exact"], one["week"]))
            for one in api[part]
        }
    assert [(one["team"], one["objectives"]) for one in mine["teams"]] == [
        (one["team"], one["objectives"]) for one in api["teams"]
    ]
