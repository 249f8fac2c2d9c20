"""The audit log as a page and as files: both logs, searched, paged, exported."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from connectors.store.lists import records
from connectors.store.lists.records import RecordSearch
from connectors.store.people import audit
from connectors.store.writes import writes
from mappings.write_back.plan import Change, Plan
from plugin.access.audit_export import cell
from plugin.use_cases.accounts.audit import BATCH


@pytest.fixture
def busy(house):
    """A house where things happened: mappings activated on two sites, and fields written."""
    with house.connector.store.write() as conn:
        for number in range(120):
            at = house.clock() - timedelta(hours=120 - number)
            site = "main" if number % 2 else "other"
            audit.note(
                conn,
                "lee@acme.example",
                "mapping activated",
                at,
                {"revision": f"r{number}", "share": "50%"},
                site,
            )
        audit.note(conn, "=cmd()", "token created", house.clock(), {"token": '=HYPERLINK("x")'})
        change = Change("1", "PLAT-1", "customfield_1", "OKR progress", 40, 62, "progress is 62 %")
        plan_id = writes.intend(conn, "main", Plan("1", (change,)), "r7", "PLAT-2 changed", house.clock())
        writes.settle(
            conn, plan_id, "1", "customfield_1", "refused", "field not on the screen", house.clock()
        )
    return house


def shown(page: str) -> list[str]:
    return re.findall(r"<i>revision</i> (r\d+)", page)


def test_changes_are_shown_newest_first_and_page_by_page(busy) -> None:
    browser = busy.signed_in("admin")
    page = browser.get("/audit").text
    first = shown(page)
    assert first[0] == "r119"
    older = re.search(r'href="(\?kind=changes&amp;before=\d+)">Older', page).group(1).replace("&amp;", "&")
    second = shown(browser.get("/audit" + older).text)
    assert [*first, *second] == [f"r{number}" for number in range(119, 119 - len(first) - len(second), -1)]
    assert len(second) == 50


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=r11", {"r11", *(f"r{number}" for number in range(110, 120))}),
        ("q=R119+LEE", {"r119"}),
        ("q=50%25+r118", {"r118"}),
        ("q=5_%25+r118", set()),
        ("q=nothing+like+it", set()),
        ("q=r117&site=other", set()),
        ("q=r117&site=main", {"r117"}),
        ("from=2026-11-22&to=2026-11-22&q=activated", {f"r{number}" for number in range(110, 120)}),
        ("to=2026-11-17&q=activated", {f"r{number}" for number in range(14)}),
        ("from=9999-99-99&q=r119", {"r119"}),
        ("from=0.5&q=r119", {"r119"}),
        ("to=0001-01-01&q=r119", set()),
        ("from=9999-12-31&q=r119", set()),
        ("from=0001-01-01&to=9999-12-31&q=r119", {"r119"}),
        ("q=r119&before=abc", {"r119"}),
        ("q=%00", {f"r{number}" for number in range(72, 120)}),
    ],
)
def test_it_is_searched_by_words_site_and_days(busy, query, found) -> None:
    assert set(shown(busy.signed_in("admin").get(f"/audit?{query}").text)) == found


@pytest.mark.parametrize("day", ["0.5", "20261122", "2026-11-31", "yesterday"])
@pytest.mark.parametrize("path", ["/audit/changes.csv", "/audit/writes.jsonl"])
def test_a_file_is_not_made_of_more_than_was_asked_for(busy, path, day) -> None:
    for name in ("from", "to"):
        answer = busy.signed_in("admin").get(f"{path}?{name}={day}")
        assert answer.status_code == 400
        assert f"{day} is no day. Write it as year-month-day" in answer.text


def test_a_log_that_nobody_knows_is_answered_by_those_there_are(busy) -> None:
    answer = busy.signed_in("admin").get("/audit?kind=bogus")
    assert answer.status_code == 400
    assert "There is no kind “bogus”. Take one of these: changes, writes." in answer.text


def test_writes_are_shown_with_why_and_what_became_of_them(busy) -> None:
    page = busy.signed_in("admin").get("/audit?kind=writes&q=plat-1+screen").text
    for part in (
        "PLAT-1",
        "OKR progress",
        "40",
        "62",
        "refused",
        "field not on the screen",
        "progress is 62 %",
        "PLAT-2 changed",
    ):
        assert part in page
    assert "Nothing matches" in busy.signed_in("admin").get("/audit?kind=writes&q=CORE-9").text


def test_csv_is_no_formula_for_a_spreadsheet(busy) -> None:
    answer = busy.signed_in("admin").get("/audit/changes.csv?q=token+created")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-changes.csv"'
    [row] = list(csv.DictReader(io.StringIO(answer.text)))
    assert row["who"] == "'=cmd()"
    assert json.loads(row["detail"]) == {"token": '=HYPERLINK("x")'}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (-3, "-3"), ("-3", "-3"), ("-3+1", "'-3+1"), ("@x", "'@x"), ("\tx", "'\tx"), ("plain", "plain"), (["a"], '["a"]'), ("", "")],
)  # fmt: skip
def test_cells(value, text) -> None:
    assert cell(value) == text


def test_json_holds_every_row_that_is_found(busy) -> None:
    browser = busy.signed_in("admin")
    rows = json.loads(browser.get("/audit/changes.json?q=activated").text)
    assert [row["detail"]["revision"] for row in rows] == [f"r{number}" for number in range(119, -1, -1)]
    [write] = json.loads(browser.get("/audit/writes.json").text)
    assert (write["issue_key"], write["before"], write["after"], write["outcome"]) == (
        "PLAT-1",
        40,
        62,
        "refused",
    )
    assert json.loads(browser.get("/audit/writes.json?q=nothing").text) == []


def test_an_export_is_longer_than_a_batch(house) -> None:
    with house.connector.store.write() as conn:
        for number in range(BATCH + 1):
            audit.note(conn, "lee", "x", house.clock(), {"n": number})
    rows = json.loads(house.signed_in("admin").get("/audit/changes.json?q=lee").text)
    assert len(rows) == BATCH + 1


@pytest.mark.parametrize("path", ["/audit/changes.xml", "/audit/nothing.csv"])
def test_there_are_no_other_files(busy, path) -> None:
    assert busy.signed_in("admin").get(path).status_code == 404


def test_a_program_may_fetch_it_with_an_admin_token(busy) -> None:
    from plugin.access.authentication import tokens

    text = tokens.issue(busy.connector, busy.account("admin"), "siem", ["admin"], 30, "test")
    answer = busy.app.test_client().get("/audit/writes.json", headers={"Authorization": f"Bearer {text}"})
    assert len(json.loads(answer.text)) == 1


def test_an_empty_log_says_what_will_be_there(house) -> None:
    assert "Nothing written yet" in house.signed_in("admin").get("/audit?kind=writes").text


def test_both_databases_search_alike(store) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with store.write() as conn:
        audit.note(conn, "Lee", "Mapping activated", now, {"share": "100%"}, "main")
        audit.note(conn, "Kim", "role changed", now, {"share": "100_"})
        change = Change("1", "PLAT-1", "f", "Progress", None, 62, "because")
        writes.intend(conn, "main", Plan("1", (change,)), "r", "resync", now)
    with store.read() as conn:
        found = lambda *words: [one.who for one in records.acts(conn, RecordSearch(words), 10)]  # noqa: E731
        assert found("lee", "MAPPING") == ["Lee"]
        assert found("100%") == ["Lee"]
        assert found("100_") == ["Kim"]
        assert found() == ["Kim", "Lee"]
        assert [one.after for one in records.load_writes(conn, RecordSearch(("plat", "62")), 10)] == [62]
        assert records.load_writes(conn, RecordSearch(("plat",), until=now), 10) == []
