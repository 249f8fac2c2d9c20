"""docs/jql.md lists exactly what is registered, and its examples behave as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mappings.diagnostic import Severity
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import JiraValue
from mappings.jql import check, compile_selector
from mappings.jql.fields.fields import SYSTEM, UNSUPPORTED
from mappings.jql.functions.functions import FUNCTIONS, REFUSED
from mappings.jql.predicate import HISTORY
from mappings.jql.text.parser import OPERATORS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "jql.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "mappings" / "jql").rglob("*.py"))
SHORT = {"=": ("=", "!=", "in", "not in"), "<": ("<", "<=", ">", ">="), "~": ("~", "!~")}
SITE = Catalogue(priorities=(JiraValue("1", "High"),))


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The first table of a text, without its heading."""
    lines = [line for line in text.split("\n\n**")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_fields_are_the_registered_ones() -> None:
    documented = {
        (*words(row[0]), *words(row[1])): {sign for short in words(row[2]) for sign in SHORT[short]}
        - set(re.findall(r"there is no `(.+?)`", row[3]))
        for row in rows(section("Fields"))
    }
    registered = {field.names: set(field.operators) - {"is", "is not"} for field in SYSTEM}
    assert documented == registered


def test_the_operators_are_those_of_the_grammar_without_the_history() -> None:
    documented = [words(row[0])[0] for row in rows(section("Operators"))]
    assert sorted(documented) == sorted(set(OPERATORS) - set(HISTORY))


def test_the_functions_are_the_registered_ones() -> None:
    documented = [words(row[0])[0] for row in rows(section("Functions"))]
    registered = [f"{function.name}()" for function in FUNCTIONS]
    assert documented == registered, "docs/jql.md has a row for each of FUNCTIONS, in their order"


def test_what_is_documented_as_refused_is_registered_as_refused() -> None:
    named = [word for row in rows(section("Refused")) for word in words(row[0])]
    functions = {word.removesuffix("()") for word in named if word.endswith("()")}
    assert functions <= set(REFUSED)
    assert set(HISTORY) <= set(named)
    [fields] = [words(row[0]) for row in rows(section("Refused")) if "not kept here" in row[0]]
    assert len(fields) > 5
    assert set(fields) <= set(UNSUPPORTED)


def test_the_codes_are_those_in_use() -> None:
    documented = {words(row[0])[0] for row in rows(section("Codes"))}
    quoted = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', SOURCES)) | {"unexpected"}
    used = {code for code in quoted if re.search(rf'(?:code=|\(\s*|: |= |else |return )"{code}"', SOURCES)}
    assert documented == used


ACCEPTED = [line for line in section("Examples").split("```")[1].splitlines()[1:] if line]
REFUSED_EXAMPLES = [(words(row[0])[0], words(row[1])[0]) for row in rows(section("Examples"))]


@pytest.mark.parametrize("jql", ACCEPTED)
def test_accepted_examples(jql: str) -> None:
    assert [finding for finding in check(jql, SITE) if finding.severity is Severity.ERROR] == []
    assert compile_selector(jql, SITE).jql == jql


@pytest.mark.parametrize(("jql", "code"), REFUSED_EXAMPLES)
def test_refused_examples(jql: str, code: str) -> None:
    assert [finding.code for finding in check(jql, SITE)][:1] == [code]


def test_inline_examples_are_read() -> None:
    assert len(ACCEPTED) >= 10
    assert len(REFUSED_EXAMPLES) >= 15
    for jql in (
        "NOT resolution = Fixed",
        "resolution != Fixed OR resolution is EMPTY",
        'created = "2026-10-01"',
        'created >= "2026-10-01" AND created < "2026-10-02"',
    ):
        assert f"`{jql}`" in PAGE
        assert check(jql, SITE) == ()
