"""The page that teaches the mapping: its examples are valid, its table of codes is the table of codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mappings.document.checks.codes import Code
from mappings.document.schema import Document
from mappings.document.text.nodes import plain_tree
from mappings.document.text.source import read_document
from mappings.document.text.yaml_nodes import yaml_node
from mappings.progress import RULE_OF_KIND

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_example_is_whole():
    result = read_document(EXAMPLES[0], "example.yaml")
    assert result.diagnostics == ()
    assert result.require().name == "first-steps"


@pytest.mark.parametrize("example", EXAMPLES[1:], ids=lambda text: text.split(":")[0])
def test_an_example_fits_into_the_first(example):
    whole = {**plain_tree(yaml_node(EXAMPLES[0])).plain, **plain_tree(yaml_node(example)).plain}
    result = read_document(json.dumps(whole, default=float))
    assert [str(one) for one in result.diagnostics] == []


def test_every_section_of_the_document_has_an_example():
    written = {key for example in EXAMPLES for key in plain_tree(yaml_node(example)).plain}
    assert written | {"site", "time_zone", "week_starts"} >= set(Document.model_fields)


def test_every_kind_of_key_result_has_an_example_and_a_row():
    for kind in RULE_OF_KIND:
        assert f"kind: {kind}" in PAGE
        assert re.search(rf"^\|.*`{kind}`.*\|", PAGE, re.MULTILINE)


def test_codes_in_the_code_are_codes_in_the_docs():
    table = PAGE.split("| code | what is wrong | what to do |")[1].split("\n\n")[0]
    documented = {
        code
        for row in table.splitlines()
        if row.startswith("| `")
        for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])
    }
    assert documented == {code.value for code in Code}


def test_every_code_is_used():
    files = [
        *(ROOT / "mappings" / "document").rglob("*.py"),
        *(ROOT / "mappings" / "progress").glob("*.py"),
        *(ROOT / "mappings" / "write_back" / "targets").glob("*.py"),
        ROOT / "mappings" / "practice" / "lint.py",
    ]
    text = "".join(path.read_text(encoding="utf-8") for path in files if path.name != "codes.py")
    unused = [code for code in Code if f"Code.{code.name}" not in text and f'"{code.value}"' not in text]
    assert unused == []


def test_codes_of_progress_rules_are_documented():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mappings" / "progress").glob("*.py"))
    unknown = set(re.findall(r'Finding\(\s*(?:code=)?"([a-z-]+)"', text)) - {code.value for code in Code}
    assert unknown == set(), (
        "a code of a finding is in mappings/document/checks/codes.py, and in docs/mapping.md"
    )
