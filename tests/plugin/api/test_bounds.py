"""How long, how many and how much the API takes at most, and what it takes where nothing is said: each bound as the document tells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plugin.api import current_document

TOLD = Path(__file__).with_name("bounds.txt")
BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "pattern", "default"),
)


def test_every_bound_is_what_it_was(tmp_path: Path) -> None:
    there = tmp_path / "bounds.txt"
    there.write_text("".join(f"{line}\n" for line in sorted(bounds(current_document(), ()))))
    assert there.read_text() == TOLD.read_text(), f"where it is meant: cp {there} {TOLD}"


def bounds(part: Any, place: tuple[str, ...]) -> Iterator[str]:
    """A line for each bound below a part of the document."""
    if isinstance(part, dict):
        here = [f"{name}={part[name]!r}" for name in BOUNDS if isinstance(part.get(name), int | float | str)]
        if here and place[-1:] != ("properties",):
            yield f"{' '.join(place)}: {' '.join(here)}"
        for name, one in part.items():
            if name not in ("example", "examples"):
                yield from bounds(one, (*place, str(name)))
    elif isinstance(part, list):
        for number, one in enumerate(part):
            name = one.get("name") if isinstance(one, dict) else None
            yield from bounds(one, (*place, name or str(number)))
