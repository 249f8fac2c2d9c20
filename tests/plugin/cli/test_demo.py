"""The demo beside the command line and the board: what it prints is run as it was printed, and a dragged card says what it moved."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import time
from collections.abc import Iterator

import pytest
import requests

from tests.demo_process import DemoProcess, demo_process

pytestmark = pytest.mark.slow
PATIENCE = 60
"""Seconds that a number may take on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """In a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("a place")
    with demo_process(folder, "kept here") as running:
        yield running


def test_the_printed_line_finds_the_demo(demo: DemoProcess) -> None:
    told = run(demo, demo.line)
    assert demo.line.endswith(" status")
    assert re.search(r"serve .* process \d+: 2 workers", told)
    file = demo.folder / "kept here" / "demo.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_moved_card_tells_which_number_it_moved(demo: DemoProcess) -> None:
    """A card of an objective that is measured by its key results: its delivery moves, and its progress does not."""
    page = requests.get(demo.board, timeout=10).text
    cards = re.findall(r'<article class="card" id="i(\d+)".*?</article>', page, re.DOTALL)
    said = dict(
        re.findall(r'<article class="card" id="i(\d+)".*?<p class="feeds">(.*?)</p>', page, re.DOTALL)
    )
    assert set(said) == set(cards)
    open_lane = re.search(r'<details class="lane"[^>]* open>(?:(?!</details>).)*?Feeds <a[^>]*>Delivery of.*?</details>', page, re.DOTALL)  # fmt: skip
    assert open_lane
    moved = re.search(
        r'data-category="(?:new|indeterminate)"(?:(?!data-category="done").)*?<article class="card" id="i(\d+)" data-issue="\d+" '
        r'data-key="([A-Z]+-\d+)"(?:(?!</article>).)*?>Delivery of ([A-Z]+-\d+)</a>, \d+ %',
        open_lane[0],
        re.DOTALL,
    )
    assert moved
    issue, key, objective = moved.groups()
    done = re.search(r'data-status="(\d+)" data-category="done"', page)
    assert done
    answer = requests.post(f"{demo.board}/board/move", data={"issue": issue, "status": done[1]}, timeout=10)
    told = until_moved(demo, answer.text)
    assert re.search(rf"<b>{key}</b> [\w ]+ → Done", told)
    effect = re.search(rf"Delivery of {objective} .*?<b>([\d.]+) % → ([\d.]+) %</b>", told)
    assert effect
    assert float(effect[2]) > float(effect[1])
    assert "Progress of" not in told


def until_moved(demo: DemoProcess, page: str) -> str:
    """What the board says of the last move, once the connector has told it."""
    end = time.monotonic() + PATIENCE
    while True:
        found = re.search(r'<p class="moved".*?</p>', page, re.DOTALL)
        assert found
        if "not moved" not in found[0]:
            return found[0]
        assert time.monotonic() < end, found[0]
        time.sleep(0.2)
        page = requests.get(demo.board, timeout=10).text


def test_a_board_that_nothing_changed_on_is_not_sent_again(demo: DemoProcess) -> None:
    first = requests.get(f"{demo.board}/?project=CORE", timeout=10)
    again = requests.get(
        f"{demo.board}/?project=CORE", headers={"If-None-Match": first.headers["ETag"]}, timeout=10
    )
    assert (again.status_code, again.content) == (304, b"")


def test_there_is_something_of_everything_to_look_at(demo: DemoProcess) -> None:
    line = demo.line.removesuffix("status")
    rows = {
        one["title"]: one for one in json.loads(run(demo, f"{line} status --objectives --json"))["objectives"]
    }
    hope = rows["Win the mid-size warehouse"]
    running, last = hope["cycle"], rows["The website tells one story"]["cycle"]
    assert hope["commitment"] == "aspirational"
    assert running > last
    assert rows["Mid-size warehouses buy without a sales call"]["aligned_to"] == [hope["id"]]
    assert rows["New customers reach first value within a week"]["health"]["level"] == "unknown"
    said = rows["New customers reach first value within a week"]["health"]["sentence"]
    assert said.endswith('target is missing: field "KR target" is empty')
    assert re.search(rf"^{last}: .*, closed$", run(demo, f"{line} cycle show {last}"), re.MULTILINE)


def run(demo: DemoProcess, line: str) -> str:
    """What a command beside the demo says."""
    done = subprocess.run(
        line, shell=True, cwd=demo.folder, env=demo.environment, text=True, capture_output=True, check=False, timeout=60
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
