"""What keeps the code pleasant: names and annotations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

BANNED = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared", "base"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_module_has_a_name_that_says_nothing(sources: list[Source]) -> None:
    assert [source.path for source in sources if BANNED & set(source.module.split("."))] == []


def test_everything_is_annotated(sources: list[Source]) -> None:
    bare = [
        f"{source.path}:{function.lineno} {function.name}({', '.join(unannotated(function))})"
        for source in sources
        for function in source.functions()
        if unannotated(function)
    ]
    assert bare == []


def unannotated(function: Function) -> list[str]:
    """Arguments without a type (but for `self` and `cls`), and `return` where the result has none (`__init__` needs none)."""
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    if plain and plain[0].arg in ("self", "cls"):
        plain = plain[1:]
    several = [argument for argument in (given.vararg, given.kwarg) if argument]
    names = [
        argument.arg for argument in [*plain, *given.kwonlyargs, *several] if argument.annotation is None
    ]
    typed = function.returns is not None or function.name == "__init__"
    return names if typed else [*names, "return"]


def test_every_module_says_what_it_is(sources: list[Source]) -> None:
    assert [source.path for source in sources if not ast.get_docstring(source.tree)] == []
