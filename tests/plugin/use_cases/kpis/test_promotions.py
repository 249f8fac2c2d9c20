"""A key result that was achieved cycle after cycle becomes a KPI by page, API and command: a draft that an admin activates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from bs4 import BeautifulSoup

from connectors.store.cycles import closings
from connectors.store.cycles.closings import ClosingAct
from connectors.store.mappings import drafts
from mappings.document.text.source import read_document
from mappings.rollup.cycles.closing_record import ClosingRecord, LinkKind
from mappings.rollup.cycles.score import Score
from mappings.rollup.state import Health, HealthLevel
from plugin.use_cases import viewer
from plugin.use_cases.kpis.promotions import list_promotions
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.objectives.objectives import RowSelection, every_objective
from tests.actors import TESTER
from tests.statements import listen_to

ENDS = {"2025-Q1": date(2025, 3, 31), "2025-Q2": date(2025, 6, 30), "2025-Q3": date(2025, 9, 30)}


def achieved(company, *cycles: str):
    """Close these cycles with one objective whose metric key result was achieved; that key result."""
    connector, now = company.connector, company.connector.clock()
    every = every_objective(connector, TESTER, RowSelection(("main",)))
    state = next(one.state for one in every if any(kr.kind == "transition" for kr in one.state.key_results))
    metric = next(kr for kr in state.key_results if kr.kind == "transition")
    reached = replace(metric, health=Health(HealthLevel.ACHIEVED, "achieved", "reached"))
    frozen = replace(state, key_results=(reached,))
    with connector.store.write() as conn:
        for id_ in cycles:
            end = ENDS.get(id_, date(2026, 3, 31))
            score = Score(None, "committed")
            record = ClosingRecord(id_, 1, date(2025, 1, 1), end, frozen, score, "r")
            closings.add(conn, "main", ClosingAct(id_, 1, LinkKind.CLOSED, now, "ada", "", ""), [record])
    return reached


def test_it_is_proposed_taken_into_a_draft_and_watched_once_that_is_activated(company):
    achieved(company, "2025-Q1", "2025-Q2")
    assert company.api("GET", "/promotions").json["items"] == []
    metric = achieved(company, "2025-Q3")
    (given,) = company.api("GET", "/promotions").json["items"]
    assert (given["key"], given["cycles"], given["hindrance"]) == (metric.key, 3, None)
    said = company.command("kpi", "promotions", "--json")
    assert json.loads(said.stdout) == [given]
    assert metric.key in company.command("kpi", "promotions").stdout

    with company.connector.store.read() as conn:
        rules = company.connector.context("main").mapping.document
        assert drafts.get(conn, "main", 1) is None
    text = company.command("kpi", "promote", metric.key).stdout
    (added,) = [one for one in read_document(text).require().kpis if one not in rules.kpis]
    assert (added.source.issue, added.source.field, added.id) == (metric.key, "kr_current", given["kpi"])

    page = BeautifulSoup(company.look("/kpis"), "html.parser")
    (form,) = page.select('form[action="/promotions/main/accept"]')
    button = form.select_one("button[name=key_result]")
    answer = company.page(form["action"], key_result=button["value"])
    assert (answer.status_code, answer.location) == (302, "/mapping/main/edit")
    assert f"id: {given['kpi']}" in company.look("/mapping/main/edit")
    # what stands in the draft is not put there twice, though the mapping that rules does not have it yet
    refused = company.api("POST", "/promotions/accept", {"key_result": metric.key})
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        f"{metric.key} is not proposed as a KPI, or is watched already. Proposed: none.",
    )

    activate(company.connector, TESTER, "main", text)
    assert company.api("GET", "/promotions").json["items"] == []
    assert given["kpi"] in [one["id"] for one in company.api("GET", "/kpis").json["items"]]
    done = [(what, detail["kpi"]) for what, detail, _ in company.audited() if what.startswith("key result p")]
    assert done == [("key result promoted to a KPI", given["kpi"])], "what was only printed is no act"


def test_a_no_holds_for_as_many_further_cycles_and_the_advice_says_the_same(company):
    metric = achieved(company, *ENDS)

    def advised() -> list[str]:
        found = company.api("GET", "/advice").json["items"]
        return [one["about"] for one in found if one["code"] == "always-achieved"]

    assert advised() == [metric.key]
    left = company.api("POST", "/promotions/dismiss", {"key_result": metric.key})
    assert (left.status_code, left.json["items"], advised()) == (200, [], [])
    again = company.command("kpi", "promote", metric.key, "--dismiss")
    assert str(again.exception) == (
        f"{metric.key} is not proposed as a KPI, or is watched already. Proposed: none."
    )
    achieved(company, "2025-Q4", "2026-Q1")
    assert company.api("GET", "/promotions").json["items"] == []
    assert "Key results that have become upkeep" not in company.look("/kpis")
    audited = [detail for what, detail, _ in company.audited() if what.startswith("promotion of")]
    assert audited == [{"issue": metric.key, "cycles": 3}]


def test_what_is_proposed_is_found_by_as_many_statements_however_many_cycles_were_closed(
    company, monkeypatch
):
    """The page asks at each look, and by itself: years of closed cycles, each of thousands of records, are not read again."""
    monkeypatch.setattr(viewer, "LOOK_S", 0.0)  # what is believed for some seconds is asked each time

    def looked() -> tuple[list[tuple[str, int]], int]:
        list_promotions(company.connector, TESTER, "main")
        asked.clear()
        found = list_promotions(company.connector, TESTER, "main")
        return [(one.name, one.upkeep.cycles) for one in found], len(asked)

    metric = achieved(company, *ENDS)
    engine = company.connector.store.engine
    asked = listen_to(engine)
    found, statements = looked()
    assert found == [(metric.key, 3)]
    achieved(company, "2025-Q4", "2026-Q1")
    assert looked() == ([(metric.key, 5)], statements)
