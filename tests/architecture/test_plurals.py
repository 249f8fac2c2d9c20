"""A count before what is counted agrees with it: "1 issue", "2 issues". `mappings.numbers.count_of` says it, or a branch of its own for one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.conftest import Source

NOUNS = """
accounts addresses apps attempts bytes calls cells changes characters check-ins columns comments cycles days decimals deliveries edits
entries events failures fields files findings forecasts goals histories hours imports issues items jobs key lines links mails
members messages minutes months objectives options pages people places points processes projects proposals questions quarters readings
records refusals replies requests results revisions rows rules samples seconds sites snapshots sprints states statuses steps
stories teams times tokens tries types users values versions warnings weeks words workers years KPIs OKRs kinds
"""
"""What is counted here; `key` begins `key results`."""
COUNTED = re.compile(
    rf"\s(?:(?:more|new|linked|hidden|held|open|imported) )?({'|'.join(NOUNS.split())})(?![\w-])"
)
NAMED_COUNT = re.compile(r"\{(?:number|count|total|several)(?::,)?\}" + COUNTED.pattern)
IN_PAGE = re.compile(r"\}\}(?:</b>)?" + COUNTED.pattern)
OPERATORS = (ast.Eq, ast.NotEq, ast.Gt, ast.Lt, ast.GtE, ast.LtE)
UNCOUNTED = {
    ("connectors/store/database/table_copy.py", "points"): "a verb",
    ("plugin/cli/operation/setup.py", "rules"): "a verb",
    ("plugin/mcp/protocol/provenance.py", "rules"): "a verb",
    (
        "plugin/pages/views/cycles/cycle_replay.py",
        "objectives",
    ): "committed objectives: the word before is a kind of them",
    ("plugin/pages/views/objectives/ledger.py", "points"): "a figure with decimals",
    ("plugin/api/protocol/dispatch.py", "times"): "more than once",
    ("plugin/use_cases/visibility/account_people.py", "people"): "one is who is looked for, none is nobody",
    ("plugin/use_cases/health/concerns.py", "minutes"): "a constant of some minutes",
    ("plugin/runtime/serving/heavy_work.py", "seconds"): "a limit of 1 s is no limit that is set",
}
"""Texts that look like a count before a plural and are none, by file and word, each with what it is."""


def is_constant(value: ast.expr) -> bool:
    """A constant of the program, or an alternative that spells out what it is, is no count that may be one."""
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return bool(name) and name.isupper()


def is_for_one(test: ast.expr) -> bool:
    """Whether a condition compares something with 1."""
    return any(
        isinstance(one, ast.Compare)
        and isinstance(one.ops[0], OPERATORS)
        and any(isinstance(end, ast.Constant) and end.value == 1 for end in (one.left, *one.comparators))
        for one in ast.walk(test)
    )


def bare_counts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and noun of every count in a text behind which a plural stands, whatever the count is."""
    decided = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.IfExp) and is_for_one(node.test)
        for branch in (node.body, node.orelse)
        for inner in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in decided:
            continue
        if isinstance(node, ast.JoinedStr):
            for value, text in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    found = COUNTED.match(str(text.value))
                    if found and not is_constant(value.value):
                        yield node.lineno, found[1]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for found in NAMED_COUNT.finditer(node.value):
                yield node.lineno, found[1]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"{len(them)} issues are"', ["issues"]),
        ('f"{a} of {b} key results"', ["key"]),
        ('f"{n:,} more rows"', ["rows"]),
        ('SAID = "{number} goals"', ["goals"]),
        ("f\"{count_of(n, 'issue')} are\"", []),
        ('"1 issue" if n == 1 else f"{n} issues"', []),
        ('f"at most {MOST} rows"', []),
        ('f"{name} values that"', ["values"]),
        ('f"{key} is in {n} cycle"', []),
        ('f"{n} row-wise"', []),
        ('f"{n} issues" if n else ""', ["issues"]),
    ],
)
def test_a_bare_count_is_found(code: str, found: list[str]) -> None:
    assert [noun for _, noun in bare_counts(ast.parse(code))] == found


def test_a_count_agrees_with_what_is_counted(sources: list[Source]) -> None:
    found = {
        (source.path, noun): f"{source.path}:{line}"
        for source in sources
        if not source.path.startswith(("tests/", "benchmarks/"))
        for line, noun in bare_counts(source.tree)
    }
    assert [place for one, place in found.items() if one not in UNCOUNTED] == [], "count_of(number, 'issue')"
    assert UNCOUNTED.keys() - found.keys() == set()


def test_a_count_in_a_page_agrees_with_what_is_counted(root: Path) -> None:
    """But for points, which are figures with decimals there."""
    pages = sorted((root / "plugin").rglob("*.html"))
    found = [
        f"{path.relative_to(root)}: {hit[0]}"
        for path in pages
        for hit in IN_PAGE.finditer(path.read_text())
        if hit[1] != "points"
    ]
    assert pages
    assert found == [], "{{ n }} {{ 'issue' if n == 1 else 'issues' }}"
