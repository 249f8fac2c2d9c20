"""What is said of a JQL, word by word, as `findings.txt` has it: a message that changes has to change there too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.jql import check
from mappings.jql.functions.functions import DATE, FUNCTIONS, ISSUE, PERSON, TYPE

TABLE = Path(__file__).with_name("findings.txt")
CONTROL = [
    ("status = a\x07b", "reserved-character", "the character '\\x07' must stand in quotes", "remove it"),
    (
        'status = "a\tb"',
        "bad-quoted-text",
        "'\\t' is no valid character or escape in a quoted text",
        'use \\" for a quote, \\\\ for a backslash, \\t for a tab, \\uXXXX for any other character',
    ),
]


def rows() -> Iterator[tuple[str, list[str]]]:
    """Each JQL of the table with its findings."""
    lists = _functions()
    told: dict[str, list[str]] = {}
    jql = ""
    for line in TABLE.read_text().splitlines():
        name, is_, words = line.partition(" = ")
        if is_ and name.startswith("{"):
            lists[name] = words
        elif line.startswith("    "):
            told[jql].append(_spelt(line.strip(), lists))
        elif line and not line.startswith("#"):
            jql = line
            told[jql] = []
    yield from told.items()


def _functions() -> dict[str, str]:
    """The lists of functions: of all, and of those that give a kind of thing."""
    given = {"{DATE}": DATE, "{PERSON}": PERSON, "{TYPE}": TYPE, "{ISSUE}": ISSUE}
    lists = {
        name: [f"{one.name}()" for one in FUNCTIONS if one.gives == kind] for name, kind in given.items()
    }
    lists["{FUNCTIONS}"] = [f"{one.name}()" for one in FUNCTIONS]
    return {name: " | ".join(words) for name, words in lists.items()}


def _spelt(line: str, lists: dict[str, str]) -> str:
    """With the words of a list in the place of its name: as they are listed in the last column, in a sentence before."""
    said, stroke, valid = line.rpartition("||")
    for name, words in lists.items():
        said = said.replace(name, words.replace(" | ", ", "))
        valid = valid.replace(name, words)
    return f"{said}{stroke}{valid}"


ROWS = list(rows())


@pytest.mark.parametrize(("jql", "told"), ROWS, ids=[jql for jql, _ in ROWS])
def test_every_finding_word_by_word(jql: str, told: list[str], site: Catalogue) -> None:
    said = [
        f"{one.severity.value} {one.code} {one.position}-{one.end} || {one.message} || {one.remedy} || "
        + " | ".join(one.valid)
        for one in check(jql, site)
    ]
    assert [one.rstrip() for one in said] == told


@pytest.mark.parametrize(("jql", "code", "message", "remedy"), CONTROL)
def test_what_cannot_be_seen_is_told_by_its_code(
    jql: str, code: str, message: str, remedy: str, site: Catalogue
) -> None:
    found = [one for one in check(jql, site) if one.code == code]
    assert [(one.message, one.remedy) for one in found] == [(message, remedy)]
