"""What is said of the slips that other tests find by code and place, word by word, as `words.txt` has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mappings.diagnostic import Diagnostic
from mappings.document.binder import bind_leniently
from mappings.document.text.source import read_document
from tests.mappings.document import test_binding, test_calendar, test_kpis
from tests.mappings.document.conftest import COMPLETE
from tests.mappings.write_back import test_goals, test_plain_parents, test_remote_links

TABLE = Path(__file__).with_name("words.txt")


def slips() -> Iterator[tuple[str, tuple[Diagnostic, ...]]]:
    """Each slip by a name, and all that is said of it."""
    for more, *_ in test_kpis.CONTRADICTIONS:
        yield f"kpi: {more}", read_document(test_kpis.HEAD + test_kpis.pushed(more)).diagnostics
    for text, *_ in test_kpis.FORMULAS:
        yield f"kpis: {text.strip()}", read_document(test_kpis.HEAD + test_kpis.pushed() + text).diagnostics
    for rule, *_ in test_plain_parents.SLIPS:
        text = test_plain_parents.document(rule, objectives=test_plain_parents.OBJECTIVES)
        yield f"sums: {rule}", read_document(text).diagnostics
    for rules, *_ in test_goals.SENSELESS:
        yield f"goals:{_line(rules)}", read_document(test_goals.HEAD + rules).diagnostics
    for rules, *_ in test_remote_links.SENSELESS:
        yield f"links:{_line(rules)}", read_document(test_remote_links.HEAD + rules).diagnostics
    for cycles, cycle, *_ in test_calendar.MISTAKES:
        text = test_calendar.BEGIN.format(cycles=cycles, cycle=cycle)
        yield f"{_line(cycles)}, {cycle}", read_document(text).diagnostics
    for old, new, *_ in test_binding.UNKNOWN:
        if not new.startswith("scope"):
            read = read_document(COMPLETE.replace(old, new, 1))
            assert read.document is not None
            bound = bind_leniently(read.document, test_binding.SITE, positions=read.positions)
            yield f"bound: {_line(old)} => {_line(new)}", bound.diagnostics


def _line(text: str) -> str:
    return text.replace("\n", "⏎")


def words(found: tuple[Diagnostic, ...]) -> list[str]:
    """As a person reads them, each in a line."""
    return [_line(str(one)) for one in found]


def table() -> dict[str, list[str]]:
    """The lines of each slip, by its name."""
    told: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in TABLE.read_text().splitlines():
        if line.startswith("## "):
            lines = told.setdefault(line[3:], [])
        elif line and not line.startswith("# "):
            lines.append(line)
    return told


SLIPS = dict(slips())
EXPECTED = table()


@pytest.mark.parametrize("name", SLIPS)
def test_every_finding_word_by_word(name: str) -> None:
    assert words(SLIPS[name]) == EXPECTED[name]


def test_the_table_tells_of_these_slips_alone() -> None:
    assert list(EXPECTED) == list(SLIPS)
