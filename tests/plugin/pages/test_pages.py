"""Every page, filled and empty: answers, says what to do next, and keeps the strict policy."""

from __future__ import annotations

import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from docs.screenshots.company import Company, seeded, seeded_sites
from mappings.kpi.band import KpiLevel
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from plugin.pages import PAGES
from plugin.pages.frame.guard import CONTENT_SECURITY_POLICY
from plugin.pages.sources import LocatedObjective
from plugin.pages.views.objectives.ledger import ledger_table

ROOT = Path(__file__).resolve().parents[3]
FILLED = (
    "/", "/?project=GROW", "/?health=off_track", "/?q=checkout", "/?q=zzz", "/?owner=Lina+Achterberg", "/?cycle=2026-Q4", "/?order=key",
    "/?order=progress", "/?order=changed", "/?after=3.10101", "/?after=nonsense", "/objectives/GROW-4", "/objectives/10104",
    "/objectives/GROW-4?exact=1", "/objectives/GROW-4?all=1", "/objectives/CORE-6", "/objectives/PLAT-8", "/health", "/why/20240?x",
)  # fmt: skip
MISSING = ("/objectives/NOPE-1", "/why/NOPE-1", "/nowhere")


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize("address", FILLED)
def test_a_filled_page_answers_and_has_nothing_inline(client, address):
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200
    assert_strict(answer)


@pytest.mark.parametrize("address", ["/", "/health", "/?q=zzz", "/?after=5.1"])
def test_an_empty_page_says_what_to_do_next(empty_client, address):
    answer = empty_client.get(address)
    assert answer.status_code == 200
    assert_strict(answer)
    assert soup(answer.text).select_one(".empty .steps li code")


@pytest.mark.parametrize("address", MISSING)
def test_a_missing_page_looks_like_the_others_and_leads_back(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert_strict(answer)
    page = soup(answer.text)
    assert page.select_one("main a.button")["href"] == "/"
    assert page.select_one("nav a")


def test_a_program_gets_no_html_error(client):
    for address, accept in (("/nowhere", "application/json"), ("/api/v1/nowhere", "text/html")):
        answer = client.get(address, headers={"Accept": accept})
        assert answer.status_code == 404
        assert "class=" not in answer.text


@pytest.mark.parametrize(("code", "title"), [(403, "Not yours to see"), (500, "Something broke")])
def test_refusals_and_failures_are_in_the_same_look(client, code, title):
    from flask import abort

    client.application.add_url_rule("/broken", view_func=lambda: abort(code))
    answer = client.get("/broken")
    assert answer.status_code == code
    assert title in answer.text
    assert_strict(answer)


def test_an_unexpected_exception_shows_nothing_of_itself(client):
    def broken() -> str:
        raise RuntimeError("secret detail")

    client.application.add_url_rule("/broken", view_func=broken)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


def assert_strict(answer) -> None:
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    page = soup(answer.text)
    assert not page.select("[style], style, script:not([src])")
    assert not [attribute for tag in page.find_all() for attribute in tag.attrs if attribute.startswith("on")]
    assert not [
        tag
        for tag in page.select("[src], link[href]")
        if re.match(r"https?:|//", tag.get("src") or tag.get("href"))
    ]


def test_navigation_leads_only_to_what_exists(client):
    shown = [(link.text.strip(), link["href"]) for link in soup(client.get("/").text).select(".nav a")]
    leads = [page for page in PAGES if page.endpoint is not None]
    assert [label for label, _ in shown] == [page.label for page in leads]
    links = [link for _, link in shown]
    assert links[0] == "/"
    assert len(set(links)) == len(leads) > 4
    assert all(client.get(link).status_code == 200 for link in links)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("/kpis?level=", "healthy"),
        ("/kpis?site=", "main"),
        ("/practice?team=", "PLAT"),
        ("/?health=", "at_risk"),
        ("/?order=", "progress"),
    ],
)
def test_a_word_that_nobody_knows_is_answered_by_those_there_are_and_never_shows_everything(
    client, address, known
):
    answer = client.get(f"{address}bogus", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "“bogus”. Take one of these: " in answer.text
    assert known in answer.text.split("Take one of these: ")[1]


@pytest.mark.parametrize("address", ["/map?lane=", "/review?page="])
@pytest.mark.parametrize("asked", ["bogus", "0", "-1", "99999", "1.5", ""])
def test_a_place_that_is_none_is_answered_by_those_there_are(client, address, asked):
    answer = client.get(f"{address}{asked}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert f"“{asked}”. Take a number from 1 to " in answer.text
    assert client.get(f"{address}1").status_code == 200


def test_who_looks_at_a_cycle_in_which_their_team_has_nothing_stays_on_the_page(client):
    """The form sends team and cycle together: another cycle is chosen there, and need not know the team."""
    answer = client.get("/practice?team=Gone+by+now", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert 'aria-label="Choose a cycle and a team"' in answer.text
    assert "There is no team “Gone by now”. Take one of these: " in answer.text
    assert 'aria-label="The practice of ' not in answer.text  # never everything instead


def test_the_board_of_kpis_is_narrowed_by_a_level(client):
    every = soup(client.get("/kpis").text).select(".kpis tbody tr")
    levels = {
        level: len(soup(client.get(f"/kpis?level={level}").text).select(".kpis tbody tr"))
        for level in KpiLevel
    }
    assert sum(levels.values()) == len(every) > max(levels.values())


def test_every_internal_link_of_every_page_leads_somewhere(client):
    seen: set[str] = set()
    for address in FILLED:
        for link in soup(client.get(address, follow_redirects=True).text).select("a[href]"):
            if link["href"].startswith(("/", "?")):
                seen.add(link["href"] if link["href"].startswith("/") else "/" + link["href"])
    dead = [
        link
        for link in sorted(seen)
        if client.get(link.split("#")[0], follow_redirects=True).status_code != 200
    ]
    assert len(seen) > 15
    assert [link for link in dead if "all=1" not in link] == []


def test_each_page_is_registered_once_under_its_own_name():
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_static_files_are_addressed_by_their_content(client):
    page = soup(client.get("/").text)
    for link in page.select("link[href], script[src]"):
        address = link.get("href") or link.get("src")
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
        answer = client.get(address)
        assert answer.status_code == 200
        answer.close()


def test_vendored_files_stand_beside_their_licences():
    from plugin.pages.frame.assets import STATIC

    files = {path.name: path for path in (STATIC / "vendor").iterdir() if path.suffix != ".LICENSE"}
    listed = json.loads(files.pop("manifest.json").read_text())
    assert {name.split(".")[0].split("-")[0] for name in files} == {
        path.stem for path in (STATIC / "vendor").glob("*.LICENSE")
    }
    assert {one["file"]: one["sha256"] for one in listed} == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }
    assert all(one["name"] and one["version"] and one["license"] and one["from"] for one in listed)


def test_the_bundle_of_the_editor_names_its_packages_as_they_are_locked():
    from plugin.pages.frame.assets import STATIC

    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    assert {name for name, one in packages.items() if "resolved" in one} == set()
    locked = {
        f"{name.removeprefix('node_modules/')} {one['version']}"
        for name, one in packages.items()
        if name and not one.get("dev") and "@esbuild" not in name
    }
    named = (STATIC / "vendor/codemirror.min.js").read_text().split("\n", 1)[0]
    assert set(named.removeprefix("/* ").removesuffix(" */").split(", ")) == locked
    licences = (STATIC / "vendor/codemirror.LICENSE").read_text()
    assert [one for one in locked if f"{one}\n\n" not in licences] == []
    assert licences.count("Permission is hereby granted, free of charge") == len(locked)


def test_the_chosen_theme_is_rendered_and_nothing_else_is_believed(client):
    client.set_cookie("theme", "dark")
    assert 'data-theme="dark"' in client.get("/").text
    client.set_cookie("theme", '"><b>')
    assert "data-theme=" not in client.get("/").text


def test_why_leads_from_an_issue_to_the_objective_it_moves(client):
    assert client.get("/why/GROW-4").location == "/objectives/GROW-4"
    assert client.get("/why/20240").location == "/objectives/GROW-4?row=20240#kr-4-row"


def test_why_marks_the_row_of_the_issue_once_in_the_table_it_counts_in(client):
    company = seeded()
    state, place, row = next(
        (one.state, place, row)
        for one in company.objectives()
        for place, result in enumerate(one.state.key_results, 1)
        for row in result.measurement.ledger.rows
        if row.disposition == "counted" and row.id.isdigit() and row.id != result.issue_id
    )
    address = client.get(f"/why/{row.id}").location
    assert address == f"/objectives/{state.key}?row={row.id}#kr-{place}-row"
    page = soup(client.get(address).text)
    [marked] = page.select(f"#kr-{place}-row")
    assert row.key in marked.text
    assert marked["aria-current"] == "true"
    assert not soup(client.get(f"/objectives/{state.key}").text).select("tr[aria-current]")


def test_a_row_that_is_asked_for_is_shown_however_long_its_ledger():
    rows = tuple(
        Contribution(str(at), f"PLAT-{at}", "", Disposition.COUNTED, "", Fraction(1), Fraction(0))
        for at in range(1, 400)
    )
    table = ledger_table(Ledger(rows, Fraction(0)), lambda key: None, shown=150, asked="PLAT-390")
    assert (len(table.rows), table.hidden) == (151, 248)
    assert [one.key for one in table.rows if one.asked] == ["PLAT-390"]


def test_why_offers_a_choice_where_an_issue_moves_several(client_for):
    company = seeded()
    first, second = company.saved[0].state, company.saved[1].state
    company.explained_by = lambda issue, site=None: [
        LocatedObjective("main", one) for one in company.saved[:2]
    ]  # type: ignore[method-assign]
    page = soup(client_for(company).get("/why/77").text)
    assert [link["href"] for link in page.select(".choices a")] == [
        f"/objectives/{first.key}",
        f"/objectives/{second.key}",
    ]


def test_what_jira_says_is_escaped(client_for):
    from dataclasses import replace

    company = seeded()
    hostile = replace(company.saved[0].state, title="<script>alert(1)</script>", owner='"><img src=x>')
    served = client_for(Company([replace(company.saved[0], state=hostile)], {}, seeded_sites()))
    for address in ("/", f"/objectives/{hostile.key}"):
        answer = served.get(address)
        assert_strict(answer)
        assert not soup(answer.text).select("img")
