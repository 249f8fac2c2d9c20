"""docs/logs.md lists every event that is logged, with its levels and fields, and none that is not."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
}
TRACEBACK = "exc_info"


@dataclass
class Told:
    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    open: bool = False
    """Whether a call hands over fields whose names do not stand in it."""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in LEVELS and ast.unparse(node.func.value) == "log":
            yield node


def in_code() -> dict[str, Told]:
    found: dict[str, Told] = defaultdict(Told)
    for package in ("plugin", "connectors", "mappings"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for call in calls(ast.parse(text)) if "log." in text else ():
                assert isinstance(call.func, ast.Attribute)
                event = call.args[0]
                assert isinstance(event, ast.Constant), f"{path}:{call.lineno}: an event is a literal"
                told = found[event.value]
                told.levels.add(LEVELS[call.func.attr])
                told.fields |= {one.arg for one in call.keywords if one.arg not in (None, TRACEBACK)}
                told.open |= any(one.arg is None for one in call.keywords)
    return found


def in_docs() -> dict[str, tuple[set[str], set[str]]]:
    rows = re.findall(
        r"^\| `([^`]+)` \| ([a-z, ]+) \|\s*([^|]*?)\s*\| [^|]+ \|$",
        (ROOT / "docs/logs.md").read_text("utf-8"),
        re.MULTILINE,
    )
    return {
        event: (set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields)))
        for event, levels, fields in rows
    }


def test_every_event_is_listed_once_and_none_that_is_not_logged() -> None:
    assert sorted(in_docs()) == sorted(in_code())


def test_levels_and_fields_are_those_of_the_code() -> None:
    listed = in_docs()
    wrong = [
        event
        for event, told in in_code().items()
        for levels, fields in [listed[event]]
        if levels != told.levels or not (told.fields <= fields if told.open else told.fields == fields)
    ]
    assert wrong == []
