"""What is said of a slip, word by word, as `slips.txt` has it: a message that changes has to change there too. `{targets}` and the like stand for what is registered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mappings.document.text.source import read_document
from tests.mappings.document.registered import with_lists

TABLE = Path(__file__).with_name("slips.txt")


def rows() -> Iterator[tuple[str, str, list[str]]]:
    """What is replaced, what stands in its place, and the findings."""
    found: list[tuple[str, str, list[str]]] = []
    for line in with_lists(TABLE.read_text()).splitlines():
        text = line.replace("⏎", "\n")
        if line.startswith(("    okr.yaml", "    mapping")):
            found[-1][2].append(text.removeprefix("    "))
        elif line and not line.startswith("#"):
            old, _, new = text.partition(" => ")
            found.append((old, new, []))
    yield from found


ROWS = list(rows())


@pytest.mark.parametrize(("old", "new", "told"), ROWS, ids=[new[:60] for _, new, _ in ROWS])
def test_every_finding_word_by_word(complete: str, old: str, new: str, told: list[str]) -> None:
    assert old in complete
    found = read_document(complete.replace(old, new, 1), "okr.yaml").diagnostics
    assert [str(one) for one in found] == told
