"""Where things stand in the text of a mapping document: paths, and the line and column of each. Reads no text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""From the root of the document: keys and list indices (`("objectives", 0, "select")`)."""

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def path_text(path: Path) -> str:
    """The path as people write it: `objectives[0].key_results[1].select`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class TextPlace:
    """One value in the text. Line and column count from 1; `raw` is the text as written and `style` its quoting."""

    line: int
    column: int
    value: str = ""
    raw: str = ""
    style: str = ""

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of one character of the decoded value: quotes, escapes and folded lines are stepped over."""
        index = _raw_index(self, offset)
        before = self.raw[:index]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else self.column + len(before)
        return self.line + lines, column


def _raw_index(spot: TextPlace, offset: int) -> int:
    index = _opening(spot)
    for char in spot.value[:offset]:
        index = _after(spot, _aligned(spot.raw, index, char), char)
    if offset < len(spot.value):
        index = _aligned(spot.raw, index, spot.value[offset])
    return min(index, len(spot.raw))


def _opening(spot: TextPlace) -> int:
    if spot.style in ("|", ">"):
        return spot.raw.find("\n") + 1
    return 1 if spot.style in ("'", '"') else 0


def _aligned(raw: str, index: int, char: str) -> int:
    """The index at which the character is written: blanks that the document's folding swallows are skipped."""
    if char.isspace():
        return index
    while index < len(raw) and raw[index].isspace():
        index += 1
    return index


def _after(spot: TextPlace, index: int, char: str) -> int:
    raw = spot.raw
    if spot.style == '"' and raw[index : index + 1] == "\\":
        return index + _ESCAPE_LENGTHS.get(raw[index + 1 : index + 2], 2)
    if spot.style == "'" and raw[index : index + 2] == "''":
        return index + 2
    if char.isspace() and raw[index : index + 1] in ("\n", "\r"):
        while index < len(raw) and raw[index].isspace():
            index += 1
        return index
    return index + 1


@dataclass(frozen=True, slots=True)
class Positions:
    """Where every key and every value of one document stands. Empty for a document that was not read from text."""

    file: str = ""
    values: Mapping[Path, TextPlace] = field(default_factory=dict)
    keys: Mapping[Path, TextPlace] = field(default_factory=dict)

    def of(self, path: Path, *, key: bool = False, offset: int | None = None) -> tuple[int, int]:
        """Line and column of a value (or of its key, or of one character in it); of what encloses it where it is not written."""
        spot = self.keys.get(path) if key else self.values.get(path)
        if spot is not None:
            return (spot.line, spot.column) if offset is None else spot.at(offset)
        if not path:
            return (1, 1) if self.values else (0, 0)
        return self.of(path[:-1])
