"""What the API answers and what pages say of a small company, word for word, one file for each address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from tests.plugin.use_cases.conftest import Doors, opened
from tests.small_company import a_company, as_ever

HERE = Path(__file__).parent
CYCLE, OBJECTIVE = "2026-Q4", "10002"
ANSWERS = (
    "advice", "audit", "badges", "changes", "check-ins/due", "cycles", f"cycles/{CYCLE}", f"cycles/{CYCLE}/learnings", f"cycles/{CYCLE}/lock",
    "cycles/2026-Q3/calibration", "cycles/verification", "dead-letters", "deliveries", "digests", "digests/weekly/preview", "drafts", "exports/objectives",
    "exports/ledgers", "exports/history", "gaps", "goals", "held", "imports", "issues/PLAT-6/feeds", "issues/PLAT-99/feeds", "kpi-departures", "kpis", "kpis/open-bugs", "kpis/nothing",
    "kpis/open-bugs/readings", "losses", "me/digests", "meeting", "missing", "objectives", "objectives?health=at_risk", "objectives?text=trials",
    "objectives?aligned_to=10001", *(f"objectives/{OBJECTIVE}{part}" for part in ("", "/check-ins", "/comments", "/forecast", "/history", "/learnings", "/ledger", "/marks", "/movement?since=2026-11-09T10:00:00Z", "/obstacles", "/replies")),
    "objectives/10001/ledger", "objectives/nothing", "outbox", "plan", "practice", "promotions", "refusals", "scorecard", "sites/main/history", "sites/main/mapping", "sites/main/mapping/diff",
    "sites/main/mapping/read", "sites/main/mapping/revisions", "sites/main/status", "sites/main/sync", "sites/main/webhook", "status", "subscriptions", "views", "writes",
)  # fmt: skip
PAGES = (
    "", "?group=team", "?health=at_risk", "brief", "digests", "digests/main", "digests/main/weekly/preview", "health", "import/main", "kpis", "kpis/open-bugs", "map", "mapping/main", "mapping/main/diff", "mapping/main/try",
    "objectives/10001", "objectives/PLAT-2", "objectives/PLAT-3", "objectives.csv", "practice", "review", f"review?cycle={CYCLE}", f"review/main/{CYCLE}/lock", "scorecard", "teams/Platform",
    "why/PLAT-6", "why/PLAT-4", "why/PLAT-99",
)  # fmt: skip


def words_of(page: str) -> str:
    """What a page says, with where its links lead and what its forms hold."""
    soup = BeautifulSoup(page, "html.parser")
    main = soup.main or soup
    for link in main("a"):
        link.append(f" <{link.get('href')}>")
    for field in main(["input", "option", "textarea"]):
        assert isinstance(field, Tag)
        if field.get("name") == "csrf_token":
            continue
        marks = "".join(f" {mark}" for mark in ("checked", "selected", "disabled") if field.has_attr(mark))
        field.insert_before(f"[{field.get('name') or field.name} {field.get('value', '')}{marks}]")
    return "\n".join(" ".join(line.split()) for line in main.stripped_strings)


@pytest.fixture
def told(hand: Any, begin: Callable[..., Any]) -> Callable[[str, str], str]:
    """What an admin is told at an address, and the status where it is not 200."""
    begin(hand, a_company)
    doors = opened(hand.connector, {}, "admin")

    return lambda door, address: told_at(doors, door, address)


def told_at(doors: Doors, door: str, address: str) -> str:
    """What is told at an address, with the status. `$next` stands for what the answer without that parameter leads on to."""
    if address.endswith("=$next"):
        before, _, _ = address.rpartition("&")
        address = address.replace("$next", next_of(doors, door, before))
    if door == "answers":
        answer = doors.api("GET", f"/{address}")
        text = (
            json.dumps(answer.json, indent=1, ensure_ascii=False)
            if answer.is_json
            else answer.get_data(as_text=True)
        )
    else:
        answer = doors.browser.get(f"/{address}")
        text = answer.get_data(as_text=True)
        text = words_of(text) if "html" in answer.content_type else text
        with doors.browser.session_transaction() as own:
            text += "".join(f"\nflashed: {said}" for _, said in own.pop("_flashes", ()))
    leads = f" → {answer.location}" if answer.location else ""
    return as_ever(f"{answer.status_code} {answer.content_type}{leads}\n{text}\n".replace("\r\n", "\n"))


def next_of(doors: Doors, door: str, address: str) -> str:
    """Where the next page begins."""
    if door == "answers":
        return str(doors.api("GET", f"/{address}").json["next"])
    found = re.search(r"[?&]after=([^&\"]+)", doors.browser.get(f"/{address}").get_data(as_text=True))
    assert found is not None, address
    return found.group(1)


def file_of(folder: Path, address: str) -> Path:
    """Where it stands what is told at an address."""
    return (
        folder / f"{''.join(one if one.isalnum() or one in '-.' else '_' for one in address) or 'list'}.txt"
    )


@pytest.mark.parametrize(
    ("door", "address"), [("answers", one) for one in ANSWERS] + [("pages", one) for one in PAGES]
)
def test_what_is_told_at_an_address(
    door: str, address: str, told: Callable[[str, str], str], tmp_path: Path
) -> None:
    """A change has to be seen: what is told now is kept beside, to be taken over where it is meant."""
    golden, there = file_of(HERE / door, address), tmp_path / "told.txt"
    there.write_text(told(door, address))
    known = golden.read_text() if golden.exists() else ""
    assert there.read_text() == known, f"where it is meant: cp {there} {golden}"
