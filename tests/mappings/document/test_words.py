"""What is said of the slips that other tests find by code and place, word by word, as `words.txt` has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mappings.diagnostic import Diagnostic
from mappings.document.binder import bind_leniently
from mappings.document.text.source import read_document
from tests.headings import lines_by_heading
from tests.mappings.document import test_binding, test_calendar, test_kpis
from tests.mappings.document.conftest import COMPLETE
from tests.mappings.document.registered import with_lists
from tests.mappings.write_back import test_goals, test_plain_parents, test_remote_links


def slips() -> Iterator[tuple[str, Callable[[], tuple[Diagnostic, ...]]]]:
    """Each slip by a name, and what finds all that is said of it."""
    for more, *_ in test_kpis.CONTRADICTIONS:
        yield f"kpi: {more}", partial(_read, test_kpis.HEAD + test_kpis.pushed(more))
    for text, *_ in test_kpis.FORMULAS:
        yield f"kpis: {text.strip()}", partial(_read, test_kpis.HEAD + test_kpis.pushed() + text)
    for rule, *_ in test_plain_parents.SLIPS:
        text = test_plain_parents.document(rule, objectives=test_plain_parents.OBJECTIVES)
        yield f"sums: {rule}", partial(_read, text)
    for rules, *_ in test_goals.SENSELESS:
        yield f"goals:{_line(rules)}", partial(_read, test_goals.HEAD + rules)
    for rules, *_ in test_remote_links.SENSELESS:
        yield f"links:{_line(rules)}", partial(_read, test_remote_links.HEAD + rules)
    for cycles, cycle, *_ in test_calendar.MISTAKES:
        text = test_calendar.BEGIN.format(cycles=cycles, cycle=cycle)
        yield f"{_line(cycles)}, {cycle}", partial(_read, text)
    for old, new, *_ in test_binding.UNKNOWN:
        if not new.startswith("scope"):
            yield f"bound: {_line(old)} => {_line(new)}", partial(_bind, COMPLETE.replace(old, new, 1))


def _read(text: str) -> tuple[Diagnostic, ...]:
    return read_document(text).diagnostics


def _bind(text: str) -> tuple[Diagnostic, ...]:
    read = read_document(text)
    assert read.document is not None
    return bind_leniently(read.document, test_binding.SITE, positions=read.positions).diagnostics


def _line(text: str) -> str:
    return text.replace("\n", "⏎")


def words(found: tuple[Diagnostic, ...]) -> list[str]:
    """As a person reads them, each in a line."""
    return [_line(str(one)) for one in found]


SLIPS = dict(slips())
EXPECTED = {
    heading: [with_lists(line) for line in lines]
    for heading, lines in lines_by_heading(Path(__file__).with_name("words.txt")).items()
}


@pytest.mark.parametrize("name", SLIPS)
def test_every_finding_word_by_word(name: str) -> None:
    assert words(SLIPS[name]()) == EXPECTED[name]


def test_the_table_tells_of_these_slips_alone() -> None:
    assert list(EXPECTED) == list(SLIPS)
