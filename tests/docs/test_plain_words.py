"""Pages, commands, the API and the guides speak plainly: a word of the design stands there in parentheses behind the plain one, or as code, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from plugin.mcp.tools import TOOLS
from tests.docs.test_words import ROOT, api, commands

PLAIN = {
    r"drift(?:s|ed)?": "corrections found",
    r"mirror(?:s|ed)?": "local copy; kept here",
    r"ledgers?": "how it is calculated, calculation",
    r"brakes?|braked": "large-change stop",
    r"dead[- ]letters?": "failed item",
    r"reseal(?:s|ed)?": "re-encrypt",
    r"leases?|leased": "reservation",
    r"reconcil(?:e|es|ed|ing|iation)": "work out",
    r"back-?fill(?:s|ed)?": "read the history, reconstruct",
    r"rollups?": "result, written value",
    r"watermarks?|tombstones?": "up to where it was read; what is gone",
}
"""What a newcomer does not know (as a pattern of whole words), and what is said instead."""
UNPLAIN = re.compile(rf"(?<![\w-])(?:{'|'.join(PLAIN)})(?![\w-])", re.IGNORECASE)
BESIDE = re.compile(r"`[^`]*`|\]\([^)]*\)|\([^()]{0,60}\)|https?://\S+")
"""Code, addresses, and what stands in parentheses behind a plain word."""
FOR_DEVELOPERS = {"architecture.md", "simulation.md", "benchmarks.md", "library.md"}
GUIDES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
RESOURCES = re.compile(r"(?<![\w-])ledgers?(?![\w-])", re.IGNORECASE)
"""What programs ask for is called so in addresses and properties: there it is the name of a thing."""


def templates() -> Iterator[tuple[str, str]]:
    """What stands on pages, between tags and in titles and labels."""
    for path in sorted((ROOT / "plugin/pages/templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{[{%].*?[%}]\}", " ", text, flags=re.DOTALL)
        said = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', text)
        yield path.name, " ".join([re.sub(r"<[^>]*>", " ", text), *said])


def guides() -> Iterator[tuple[str, str]]:
    """The prose of the pages for people who use or run it."""
    for path in GUIDES:
        if path.name not in FOR_DEVELOPERS:
            text = re.sub(r"^```.*?^```|^ {4}.*$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
            yield path.name, text


def programs() -> Iterator[tuple[str, str]]:
    """What the API and the tools of assistants say, but for the names of what is asked for."""
    for place, said in api():
        yield place, RESOURCES.sub(" ", said)
    for tool in TOOLS:
        yield tool.name, RESOURCES.sub(" ", tool.description)


def unplain(said: str) -> list[str]:
    """The words of the design that stand in a text without their plain ones."""
    return UNPLAIN.findall(BESIDE.sub(" ", said))


@pytest.mark.parametrize("door", [templates, commands, programs, guides])
def test_what_people_read_says_it_plainly(door) -> None:
    told = dict.fromkeys(door())
    assert len(told) > 30
    found = [(place, word) for place, said in told for word in unplain(said)]
    assert found == [], "say " + "; ".join(f"{PLAIN[one]} for {one}" for one in PLAIN)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Corrections found (drift): 3", []),
        ("Drift: 3 issues", ["Drift"]),
        ("Set `brake.share`, the large-change stop.", []),
        ("The brake holds it, and the ledgers say why.", ["brake", "ledgers"]),
        ("See [the ledger](numbers.md#ledger).", ["ledger"]),
        ("An account that mirrors nothing was re-sealed", ["mirrors"]),
    ],
)
def test_an_unplain_word_is_found(said: str, found: list[str]) -> None:
    assert unplain(said) == found
