"""How long, how many, how large: every number that a module of the product names, as it stands in `spans.txt`.

Other tests compare with these names, or shorten them for themselves: they hold at any value. Whoever changes one changes its line too,
by `python -m tests.architecture.test_spans`, and says why in the commit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).with_name("spans.txt")
NUMBERS = (int, float, timedelta, Decimal, Fraction)


def named(module: ast.Module) -> Iterator[str]:
    """The constants that a module names at its top."""
    for one in module.body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        for target in targets:
            for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(name, ast.Name) and name.id.isupper():
                    yield name.id


def is_number(value: object) -> bool:
    """A number, a span of time, or some of these."""
    if isinstance(value, tuple | frozenset | set):
        return bool(value) and all(is_number(one) for one in value)
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def told(value: object) -> str:
    """In one way, wherever it runs."""
    if isinstance(value, frozenset | set):
        return f"{{{', '.join(sorted(told(one) for one in value))}}}"
    if isinstance(value, tuple):
        return f"({', '.join(told(one) for one in value)})"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.15g} s"
    return str(value)


def numbers() -> list[str]:
    """Each as a line: module, name, value. Migrations ran once and are tested whole."""
    found = []
    for package in ("mappings", "connectors", "plugin"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in path.parts or path.name == "__main__.py":
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            module = import_module(name)
            values = {one: getattr(module, one) for one in named(ast.parse(path.read_text()))}
            found += [f"{name}.{one} = {told(value)}" for one, value in values.items() if is_number(value)]
    return sorted(found)


def test_every_number_is_the_one_that_was_decided_on() -> None:
    kept = KEPT.read_text().splitlines()
    there = numbers()
    assert {"gone": sorted(set(kept) - set(there)), "new": sorted(set(there) - set(kept))} == {
        "gone": [],
        "new": [],
    }, "python -m tests.architecture.test_spans takes it over"


if __name__ == "__main__":
    KEPT.write_text("\n".join(numbers()) + "\n")
