"""What keeps the code pleasant: names, sizes, annotations."""

from __future__ import annotations

import ast
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

BANNED = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared", "base"}
LONGEST_FUNCTION = 50
LONGEST_MODULE = 400
MEDIAN_FUNCTION = 9
P90_FUNCTION = 30

Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_module_has_a_name_that_says_nothing(sources: list[Source]) -> None:
    assert [source.path for source in sources if BANNED & set(source.module.split("."))] == []


def test_no_module_is_too_long(sources: list[Source]) -> None:
    lines = {source.path: source.text.count("\n") for source in sources}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


def test_no_function_is_too_long(sources: list[Source]) -> None:
    lengths = {
        f"{source.path}:{function.lineno} {function.name}": length(function)
        for source in sources
        for function in source.functions()
    }
    assert {name: count for name, count in lengths.items() if count > LONGEST_FUNCTION} == {}


def test_functions_are_short_as_a_rule(sources: list[Source]) -> None:
    lengths = [length(function) for source in sources for function in source.functions()]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert statistics.quantiles(lengths, n=10)[-1] <= P90_FUNCTION


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
