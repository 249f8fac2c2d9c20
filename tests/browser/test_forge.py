"""The pages of the Forge app in a real browser, built as they are shipped, under Atlassian's policy, from Jira's frame to the connector and back."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site_state.scheme import VIEWER
from connectors.store.forge import installations
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.serving.server import serve
from plugin.sync.drain import drain
from plugin.sync.refresh.reread import refresh
from plugin.use_cases.forge.pairing import make_code
from plugin.use_cases.objectives.objectives import SavedObjective, list_all, objective
from tests.forge import APP_ID, PRODUCTION
from tests.forge_company import NORTH, World, company_with_forge
from tests.forge_frame import DARK, Frame, framed
from tests.vectors.golden import FILE as GOLDEN

pytestmark = [pytest.mark.browser, pytest.mark.slow]

APP = Path(__file__).parents[2] / "plugin/forge"
HIDDEN = "An issue that you may not see"


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app with what it is built by, and its pages built: once in a run, beside the checkout."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here, by which the pages of the Forge app are built")
    folder = tmp_path_factory.mktemp("forge-app") / "forge"
    shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__"))
    if (APP / "node_modules/.package-lock.json").exists():
        (folder / "node_modules").symlink_to(APP / "node_modules")
    else:
        done = _run(folder, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000")
        if done.returncode:
            pytest.skip(f"npm cannot fetch what the pages are built by: {done.stderr[-300:]}")
    built = _run(folder, npm, "run", "--silent", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(words), cwd=folder, capture_output=True, text=True, timeout=240, check=False)


def test_the_manifest_holds_against_atlassians_own_rules(app_folder: Path) -> None:
    done = _run(app_folder, "npm", "run", "--silent", "validate")
    assert (done.returncode, done.stdout.strip()) == (0, "The manifest holds."), done.stderr


def test_the_calculator_agrees_with_every_golden_vector(app_folder: Path, tmp_path: Path) -> None:
    compiled = _run(app_folder, "npm", "run", "--silent", "calculator")
    assert compiled.returncode == 0, compiled.stdout
    lines = gzip.decompress(GOLDEN.read_bytes()).decode().splitlines()
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text("\n".join(lines) + "\n")
    said = _run(app_folder, "npm", "run", "--silent", "vectors", "--", str(good))
    assert (said.returncode, said.stdout.strip()) == (0, "10000 of 10000 vectors agree"), said.stderr
    bad.write_text("\n".join([*lines[:-1], lines[-1].replace('"level":"', '"level":"not ')]) + "\n")
    said = _run(app_folder, "npm", "run", "--silent", "vectors", "--", str(bad))
    assert (said.returncode, said.stdout.strip()) == (1, "9999 of 10000 vectors agree")


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]
) -> Iterator[tuple[World, str]]:
    """A company, and where its connector serves."""
    folder = tmp_path_factory.mktemp("forge-company")
    with (
        company_with_forge(synced_demo, folder, base_url="https://okr.acme.example") as world,
        serve(world.connector, "127.0.0.1", 0, 0) as served,
    ):
        yield world, served.url


@pytest.fixture
def frame(company: tuple[World, str], app_folder: Path) -> Iterator[Frame]:
    """A frame for somebody who may see everything; the installation is paired."""
    world, address = company
    with world.connector.store.write() as conn:
        key = installations.InstallationKey(APP_ID, PRODUCTION, NORTH)
        installations.pair(
            conn,
            key,
            "PRODUCTION",
            "ari:cloud:ecosystem::installation/0a3a",
            "main",
            world.now,
            url=world.sandbox.url,
        )
    made = Frame(world, app_folder / "ui/dist", address, person=(CONNECTOR.email, CONNECTOR.token))
    with framed(made) as running:
        yield running


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page on which nothing may go wrong unseen."""
    opened = chromium.new_page()
    wrong: list[str] = []
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    opened.close()
    assert wrong == []


@pytest.fixture
def measured(company: tuple[World, str]) -> SavedObjective:
    return next(
        one
        for one in list_all(company[0].connector, COMMAND_LINE, "main")
        if one.state.progress and one.state.project_key == "GROW" and one.state.key_results[0].issue_id
    )


def shown(page: Any, frame: Frame) -> str:
    page.goto(frame.url)
    page.wait_for_selector("main:not([aria-busy])")
    return str(page.inner_text("main"))


def test_beside_an_objective(frame: Frame, page: Any, measured: SavedObjective) -> None:
    frame.issue = measured.state.id
    text = shown(page, frame)
    first = measured.state.key_results[0]
    assert f"{first.key} {first.title}" in text
    assert HIDDEN not in text
    assert page.locator("[data-part=key-results] tbody tr").count() == len(measured.state.key_results)
    for text in ("Why, in full", f"{first.key} {first.title}"):
        with page.expect_response("**/bridge"):
            page.click(f"text={text}")
    assert frame.opened == [f"https://okr.acme.example/why/{frame.issue}", f"/browse/{first.key}"]
    assert frame.asked.count("invoke") == 1, "one call of the connector for a page"


def test_beside_an_issue_that_counts(frame: Frame, page: Any, measured: SavedObjective) -> None:
    part = next(one for one in measured.state.key_results if one.kind == "delivery")
    row = next(one for one in part.measurement.ledger.rows if one.disposition.value == "counted")
    frame.issue = row.id
    text = shown(page, frame)
    assert f"{measured.state.key} {measured.state.title}" in text
    assert part.title in text
    assert "counts" in text


def test_titles_are_those_that_the_person_may_see(frame: Frame, page: Any, measured: SavedObjective) -> None:
    """Vera may browse PLAT and CORE; GROW is not hers. The numbers are."""
    frame.person, frame.issue = (VIEWER.email, VIEWER.token), measured.state.id
    text = shown(page, frame)
    titles = [one.title for one in measured.state.key_results if one.issue_id]
    assert HIDDEN in text
    assert [title for title in titles if title in text] == []
    assert "%" in text
    frame.module, frame.issue = "okr-objectives", None
    text = shown(page, frame)
    assert HIDDEN in text
    assert measured.state.title not in text


def test_the_objectives_and_the_gadget(frame: Frame, page: Any) -> None:
    every = list_all(frame.world.connector, COMMAND_LINE, "main")
    for module in ("okr-objectives", "okr-gadget"):
        frame.module = module
        text = shown(page, frame)
        assert page.locator("tbody tr").count() == len(every)
        assert [one.state.title for one in every if one.state.title not in text] == []
    assert page.locator("h1").count() == 0


def test_a_jira_admin_pairs(frame: Frame, page: Any) -> None:
    with frame.world.connector.store.write() as conn:
        installations.forget(conn, "main")
    frame.module = "okr-admin"
    assert "not paired" in shown(page, frame)
    page.fill("#code", "AAAAA-AAAAA")
    page.click("button")
    page.wait_for_selector("[role=status].fault")
    assert "wrong, was used, or has run out" in page.inner_text("[role=status]")
    page.fill("#code", make_code(frame.world.connector, COMMAND_LINE, "main").shown)
    page.click("button")
    page.wait_for_selector("dl")
    assert "main" in page.inner_text("dl")
    assert frame.world.installation() is not None


def test_before_it_is_paired_the_page_says_what_to_do(frame: Frame, chromium: Any) -> None:
    with frame.world.connector.store.write() as conn:
        installations.forget(conn, "main")
    frame.module = "okr-objectives"
    opened = chromium.new_page()
    assert "A Jira admin pairs it" in shown(opened, frame)
    opened.close()


def test_it_follows_the_theme_of_jira(frame: Frame, page: Any, measured: SavedObjective) -> None:
    frame.issue, frame.theme = measured.state.id, DARK
    shown(page, frame)
    color = page.evaluate("() => getComputedStyle(document.body).color")
    assert color == "rgb(191, 193, 196)"


def test_what_is_tried_in_the_browser_is_what_comes_of_it(frame: Frame, page: Any) -> None:
    """A row is ticked; then Jira really has it done, and the connector comes to the same number and health."""
    world = frame.world
    state, row = next(
        (one.state, row)
        for one in list_all(world.connector, COMMAND_LINE, "main")
        for part in one.state.key_results
        if part.kind == "delivery" and part.contributing
        for row in part.measurement.ledger.rows
        if row.disposition.value == "counted" and row.progress != 1
    )
    frame.issue = state.id
    shown(page, frame)
    page.click("[data-part=what-if] summary")
    page.check(f"[data-row='{row.id}']")
    outcome = page.locator("[data-part=outcome]")
    told, level = outcome.locator(".number").get_attribute("title"), outcome.locator(".lozenge").inner_text()
    assert told != str(state.progress)
    finished(world, frame, row.id, row.key)
    now = objective(world.connector, COMMAND_LINE, "main", state.id)
    assert now is not None
    assert (told, level.lower()) == (str(now.state.progress), now.state.health.level.replace("_", " "))


def test_another_reading_is_tried(frame: Frame, page: Any) -> None:
    """The target of a metric is 100 %, and what is no number says so."""
    state, part = next(
        (one.state, part)
        for one in list_all(frame.world.connector, COMMAND_LINE, "main")
        for part in one.state.key_results
        if part.kind == "transition" and part.contributing and part.measurement.progress not in (None, 1)
    )
    frame.issue = state.id
    shown(page, frame)
    page.click("[data-part=what-if] summary")
    field = page.locator(f"[data-reading='{part.id}']")
    field.fill("many")
    assert "Type a number" in page.inner_text("[data-part=what-if]")
    assert part.measurement.target is not None
    field.fill(str(float(part.measurement.target)))
    counting = ("counted", "not_achieved")
    weights = sum(row.weight or 0 for row in state.ledger.rows if row.disposition.value in counting)
    [mine] = [row for row in state.ledger.rows if row.id == part.id]
    assert state.progress is not None
    expected = state.progress + (1 - (mine.progress or 0)) * (mine.weight or 0) / weights
    assert page.locator("[data-part=outcome] .number").get_attribute("title") == str(expected)


def test_a_card_that_was_moved_is_seen_at_once(frame: Frame, page: Any) -> None:
    """From a change in Jira by an event of Forge to the page beside the issue."""
    world = frame.world
    states = list_all(world.connector, COMMAND_LINE, "main")
    part, row = next(
        (part, row)
        for one in states
        for part in one.state.key_results
        if part.kind == "delivery"
        for row in part.measurement.ledger.rows
        if row.disposition.value == "counted" and row.progress == 0
    )
    frame.issue = row.id
    assert ", 0 % done" in shown(page, frame)
    finished(world, frame, row.id, row.key)
    assert ", 100 % done" in shown(page, frame)
    assert part.title in page.inner_text("main")


def finished(world: World, frame: Frame, issue: str, key: str) -> None:
    """Done in Jira, told by an event of Forge, and worked off."""
    way = requests.get(
        f"{world.sandbox.url}/rest/api/3/issue/{issue}/transitions", auth=frame.person, timeout=10
    ).json()["transitions"]
    done = next(one for one in way if one["to"]["statusCategory"]["key"] == "done")
    requests.post(
        f"{world.sandbox.url}/rest/api/3/issue/{issue}/transitions",
        json={"transition": {"id": done["id"]}},
        auth=frame.person,
        timeout=10,
    ).raise_for_status()
    event = {"eventType": "avi:jira:updated:issue", "timestamp": "8", "issue": {"id": issue, "key": key}}
    answer = requests.post(
        f"{frame.connector}/forge/events",
        json=event,
        headers=world.forge.headers(world.now, "issue-events", principal=None, context__extension=None),
        timeout=10,
    )
    assert answer.status_code == 204
    refresh(world.connector.context("main"), "a test")
    drain(lambda: world.connector.context("main"))
