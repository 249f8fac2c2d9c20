"""The closed arithmetic of KPI formulas, in exact fractions: numbers, names, + − × ÷ ( ), unary −, `min`, `max`, `abs`; nothing else.

simpleeval walks what Python parses, with its lists of nodes, operators and functions cut down to these; numbers are read as the
decimals that are written, never as floats.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

LONGEST, DEEPEST = 500, 100
SIGNS = str.maketrans({"−": "-", "×": "*", "÷": "/", "·": "*"})
"""What people write for it in text; each is one character, so that places stay what they are."""
DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}
FUNCTIONS = {"min": min, "max": max, "abs": abs}
ARGUMENTS = {"min": (2, 100), "max": (2, 100), "abs": (1, 1)}
NODES = (ast.Expr, ast.Name, ast.UnaryOp, ast.BinOp, ast.Call, ast.Constant)
ALLOWED = ("numbers", "the names of `of`", "+", "-", "*", "/", "( )", "min", "max", "abs")
DIVIDED_BY_ZERO = "it divides by 0"


@dataclass(frozen=True, slots=True)
class FormulaFault:
    """What is wrong in a formula, and at which character."""

    message: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a formula; None is unknown, for this reason."""

    value: Fraction | None
    reason: str = ""


def faults(text: str, names: Mapping[str, object]) -> tuple[FormulaFault, ...]:
    """Everything in a formula that is not closed arithmetic over these names, in the order of the text."""
    if len(text) > LONGEST:
        return (FormulaFault(f"a formula of more than {LONGEST} characters is not read"),)
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        place = max((error.offset or 1) - 1, 0)
        return (FormulaFault("this is no arithmetic", min(place, max(len(text) - 1, 0))),)
    except (ValueError, RecursionError, MemoryError):
        return (FormulaFault("this is no arithmetic"),)
    if _depth(tree.body) > DEEPEST:
        return (FormulaFault(f"a formula that goes more than {DEEPEST} levels deep is not read"),)
    found = _faults(tree.body, text.translate(SIGNS), names)
    return tuple(sorted(found, key=lambda fault: fault.offset))


def used_names(text: str) -> frozenset[str]:
    """The names a formula of the right form reads."""
    tree = _parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    )


def evaluate(text: str, operands: Mapping[str, Fraction | None]) -> Outcome:
    """The value of a formula of the right form. Any unknown operand makes it unknown, and so does a division by 0."""
    unknown = sorted(name for name in used_names(text) if operands.get(name) is None)
    if unknown:
        return Outcome(None, f"{', '.join(unknown)} is unknown")
    known = {name: value for name, value in operands.items() if value is not None}
    try:
        return Outcome(Fraction(_Arithmetic(text, known).value()))
    except ZeroDivisionError:
        return Outcome(None, DIVIDED_BY_ZERO)


class _Arithmetic(SimpleEval):  # type: ignore[misc]  # simpleeval has no types
    """simpleeval without anything that is not closed arithmetic in fractions."""

    def __init__(self, text: str, names: Mapping[str, Fraction]) -> None:
        super().__init__(operators=OPERATORS, functions=FUNCTIONS, names=dict(names))
        handlers: dict[type[ast.AST], Callable[[Any], object]] = vars(self)["nodes"]
        for node in set(handlers) - set(NODES):
            del handlers[node]
        handlers[ast.Constant] = self._eval_decimal
        self._text = text.translate(SIGNS)

    def value(self) -> Fraction:
        """What it comes to; raises ZeroDivisionError."""
        tree = _parsed(self._text)
        return Fraction(self.eval(self._text, previously_parsed=tree.body))

    def _eval_decimal(self, node: ast.Constant) -> Fraction:
        written = ast.get_source_segment(self._text, node) or ""
        if not DECIMAL.fullmatch(written):
            raise InvalidExpression(written)
        return Fraction(written)


def _parsed(text: str) -> ast.Expression:
    return ast.parse(text.translate(SIGNS), mode="eval")


def _depth(root: ast.AST) -> int:
    """How deep the tree goes, found without recursion."""
    deepest, open_ = 0, [(root, 1)]
    while open_:
        node, depth = open_.pop()
        deepest = max(deepest, depth)
        open_ += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return deepest


def _faults(node: ast.expr, text: str, names: Mapping[str, object]) -> Iterator[FormulaFault]:
    here = _offset(node, text)
    if isinstance(node, ast.Constant):
        written = ast.get_source_segment(text, node) or ""
        if not DECIMAL.fullmatch(written):
            yield FormulaFault(f"“{written}” is no number: write one like 12 or 0.5", here)
    elif isinstance(node, ast.Name):
        if node.id not in names:
            known = ", ".join(names) or "none"
            yield FormulaFault(f"“{node.id}” is none of the names of `of` ({known})", here)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from _faults(node.operand, text, names)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield from _faults(node.left, text, names)
        yield from _faults(node.right, text, names)
    elif isinstance(node, ast.Call):
        yield from _call_faults(node, text, names)
    else:
        written = " ".join((ast.get_source_segment(text, node) or "").split())
        yield FormulaFault(f"“{written}” is more than arithmetic", here)


def _call_faults(node: ast.Call, text: str, names: Mapping[str, object]) -> Iterator[FormulaFault]:
    function = node.func.id if isinstance(node.func, ast.Name) else ""
    if function not in FUNCTIONS or node.keywords:
        yield FormulaFault("only min, max and abs are called", _offset(node, text))
        return
    least, most = ARGUMENTS[function]
    if not least <= len(node.args) <= most:
        wanted = "one value" if most == 1 else "two values or more"
        yield FormulaFault(f"{function} takes {wanted}", _offset(node, text))
    for argument in node.args:
        yield from _faults(argument, text, names)


def _offset(node: ast.expr, text: str) -> int:
    """Python counts columns in bytes of UTF-8, and lines; people count characters."""
    lines = text.splitlines(keepends=True) or [""]
    before = sum(len(line) for line in lines[: node.lineno - 1])
    return before + len(lines[node.lineno - 1].encode()[: node.col_offset].decode(errors="ignore"))
