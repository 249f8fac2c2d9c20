"""Which objectives moved, which did not, and of which it is not known: each of a list is told in one of these ways."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plugin.mcp import movement
from plugin.runtime.connector import Refusal


def test_each_of_a_list_is_told_whatever_comes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(key: str, total: int | None = 0, rows: tuple[str, ...] = (), *, is_known: bool = True) -> Any:
        found = SimpleNamespace(total=total, rows=rows) if is_known else None
        return (
            SimpleNamespace(state=SimpleNamespace(key=key, id="10001")),
            SimpleNamespace(movement=found),
        )

    for name, value in {
        "provenance": lambda _asking, _site, _shape, path, saved: (path, len(saved)),
        "MovementListing": SimpleNamespace,
        "_movement": lambda saved, _found, rows: (saved.state.key, rows),
        "no_history": lambda _found: Refusal("There is no history."),
    }.items():
        monkeypatch.setattr(movement, name, value)
    told = [
        one("A-1", is_known=False),
        one("A-2", 3),
        one("A-3"),
        one("A-4", 0, ("moved up and down",)),
        one("A-5", None),
        one("", 0),
        one("A-6", -1),
    ]
    nothing: Any = None
    found: Any = movement._answer(nothing, "main", "/", nothing, told, ["rows"])  # type: ignore[list-item]
    assert found.provenance == ("/", 7)
    assert found.movements == [(key, ["rows"]) for key in ("A-2", "A-4", "A-5", "A-6")]
    assert found.unmoved == ["A-3", "10001"]
    assert [(each.key, each.why) for each in found.unknown] == [
        ("A-1", "There is no history."),
        ("A-5", "The number is unknown at one end."),
    ]
