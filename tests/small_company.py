"""A small company made by hand, whose numbers can be worked out on paper: what doors tell of it is held word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from connectors.sandbox import CONNECTOR

FILES = Path(__file__).parent / "plugin" / "cli" / "transcripts" / "files"
"""Its mapping, and other files that people may have beside it."""
START, CURRENT, TARGET, POINTS = (f"customfield_100{number}" for number in (51, 52, 53, 16))
DRAWN = (
    (re.compile(r"whsec_\S+"), "DRAWN"),
    (re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+"), "http://jira"),
    (re.compile(r"(?<![\w-])(?!JIRA_OKR_)[\w-]{32,}"), "DRAWN"),
    (re.compile(r"127\.0\.0\.1:\d{5}"), "jira"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ITS-ID"),
    (re.compile(r"(erased person) [0-9a-f]{8}"), r"\1 DRAWN"),
    (re.compile(r"\b[0-9a-f]{4}…"), "DRAWN…"),
    (re.compile(r'("bytes": )[1-9]\d*'), r"\1SO-MANY"),
    (re.compile(r"\(\d+/s\)"), "(so many a second)"),
)
"""What differs from run to run, and the word that stands in its place."""


def a_company(hand: Any) -> None:
    """An initiative that two epics of 2026-Q4 serve; a metric and work below the one, work alone below the other. It is 9 November."""
    growth = hand.issue("Initiative", summary="Grow in the north", labels=["2026-Q4"])
    trial = hand.issue("Epic", growth, summary="Trials become customers", labels=["okr", "2026-Q4"])
    billing = hand.issue("Epic", growth, summary="Billing moves", labels=["okr", "2026-Q4"])
    for epic in (trial, billing):
        hand.contributes(epic, growth)
    rate = hand.issue("Key Result", trial, summary="Conversion from 4 to 9 percent")
    work = [
        hand.issue("Story", trial, "Done", summary="Checkout in one step"),
        hand.issue("Story", trial, "In Progress", summary="Prices on the first page"),
        hand.issue("Story", billing, "Done", summary="Export the old invoices"),
        hand.issue("Story", billing, summary="Import them [again]"),
        hand.issue("Bug", billing, summary="Cents are lost"),
    ]
    hand.edit(rate, **{START: 4, CURRENT: 6, TARGET: 9})
    for story, points in zip(work, (5, 3, 2, 6, 2), strict=True):
        hand.edit(story, **{POINTS: points})
    hand.activate((FILES / "mapping.yaml").read_text())
    hand.sync()
    hand.clock.pass_by(days=1)
    hand.edit(rate, **{CURRENT: 7})
    hand.status(work[3], "Done")
    hand.sync()


def environment_of(hand: Any) -> dict[str, str]:
    """The settings of a process beside the company: it works on the same Jira and the same database."""
    board = {"url": f"{hand.sandbox.url}/messages", "secret": "an invented one of the board"}
    settings = {
        "DATABASE_URL": hand.connector.settings.database_url,
        "BASE_URL": "https://okr.acme.example",
        "SECRET_KEY": "an invented key that is long enough to sign",
        "JIRA__URL": hand.sandbox.url,
        "JIRA__EMAIL": CONNECTOR.email,
        "JIRA__TOKEN": CONNECTOR.token,
        "JIRA__WEBHOOK_SECRET": "an invented secret",
        "NOTIFY__WEBHOOK": json.dumps({"board": board}),
        "NOTIFY__HOSTS": json.dumps([hand.sandbox.url]),
    }
    return {f"JIRA_OKR_{name}": value for name, value in settings.items()}


def as_ever(text: str) -> str:
    """What was told, without what is drawn anew each time."""
    for shape, word in DRAWN:
        text = shape.sub(word, text)
    return text
