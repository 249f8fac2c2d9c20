"""Reading: places, weird texts, many mistakes at once."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mappings.diagnostic import MappingError, has_errors
from mappings.document.text.canonical import to_json
from mappings.document.text.json_nodes import json_node
from mappings.document.text.nodes import LARGEST_TEXT, plain_tree
from mappings.document.text.source import read_document
from mappings.document.text.yaml_nodes import yaml_node


def test_a_complete_document_is_read_without_findings(complete):
    result = read_document(complete, "okr.yaml")
    assert result.diagnostics == ()
    document = result.require()
    assert document.name == "platform-okrs"
    assert document.statuses.by_category["indeterminate"] == Decimal("0.5")
    assert document.statuses.overrides[0].by_status == {"10012": Decimal("0.8")}


def test_json_is_the_same_document(complete):
    document = read_document(complete).require()
    text = to_json(document)
    assert json.loads(text)["version"] == 1
    assert read_document(text, "okr.json").require() == document


def test_ten_mistakes_give_ten_findings_each_at_its_place(broken):
    found = broken(
        ("version: 1", "version: 2"),
        ("{new: 0,", "{neew: 0,"),
        ("end: 2026-12-31", "end: 2026-13-31"),
        ("labels = okr", "labels == okr"),
        ("cycle: 2026-Q4", "cycle: 2026-Q5"),
        ("commitment: asp", "comitment: asp"),
        ("contributes: true", "contributes: maybe"),
        ("kind: transition", "kind: transitoin"),
        ("relation: descendant", "relation: {lnk: x}"),
        ("weight: points", "weight: pionts"),
        ("{at_most: 5}", "{}"),
        ("value: health", "value: helth"),
    )
    assert [(one.code, one.line, one.column) for one in found] == [
        ("unknown-value", 1, 10),
        ("unknown-key", 15, 17),
        ("not-a-date", 22, 43),
        ("jql-unexpected", 26, 42),
        ("unknown-cycle", 27, 12),
        ("unknown-key", 28, 5),
        ("not-a-switch", 29, 55),
        ("unknown-kind", 35, 26),
        ("unknown-key", 38, 20),
        ("unknown-alias", 39, 44),
        ("no-bound", 46, 14),
        ("unknown-value", 54, 16),
    ]
    assert all(one.file == "okr.yaml" for one in found)
    assert all(one.remedy or one.valid for one in found)
    assert "did you mean" in found[1].message


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "empty-document", 1, 1),
        ("# only a comment\n", "empty-document", 1, 1),
        ("- a\n- b\n", "not-a-mapping", 1, 1),
        ("just words", "not-a-mapping", 1, 1),
        ("a: b: c", "syntax", 1, 5),
        ("version: 1\n\tname: x", "tab", 2, 1),
        ('a: "x', "syntax", 1, 6),
        ("a: 1\nb: {c: 1", "syntax", 2, 9),
        ("a: \x07", "syntax", 1, 4),
        ("a: *nowhere", "syntax", 1, 4),
        ("version: 1\nname: !!python/object:x y", "yaml-tag", 2, 7),
        ("a: 1\n---\nb: 2", "several-documents", 2, 1),
        ("? [a]\n: b", "syntax", 1, 3),
        ("[" * 5000, "document-too-large", 1, 34),
        ("- " * 5000, "document-too-large", 1, 67),
        ("a: 1\n" * (LARGEST_TEXT // 5 + 1), "document-too-large", 1, 1),
        ('{"version": 1,}', "syntax", 1, 15),
        ('{"version" 1}', "syntax", 1, 12),
        ('{"version": tru}', "syntax", 1, 13),
        ('{\n  "a": 1\n  "b": 2\n}', "syntax", 3, 3),
        ('{"a": "b', "syntax", 1, 7),
        ('{"a": "\\ud83d"}', "syntax", 1, 7),
        ('{"\\ud83d": 1}', "syntax", 1, 2),
        ('{"a": ["b", "x\\udfff"]}', "syntax", 1, 13),
    ],
)
def test_what_cannot_be_read_says_where(text, code, line, column):
    file = "okr.json" if text.startswith("{") else "okr.yaml"
    (found,) = read_document(text, file).diagnostics
    assert (found.code, found.line, found.column) == (code, line, column)


def test_a_key_that_stands_twice_is_named_at_its_second_place(broken):
    found = broken(("name: platform-okrs", "name: platform-okrs\nname: other"))
    assert [(one.code, one.line, one.value) for one in found] == [("duplicate-key", 3, '"name"')]


def test_repeated_aliases_do_not_grow_without_bound():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (found,) = read_document("\n".join(lines)).diagnostics
    assert found.code == "document-too-large"


def test_an_anchor_may_be_used_again(complete):
    text = complete.replace("select: issuetype = Epic AND labels = okr", "select: &which issuetype = Epic")
    text = text.replace('select: issuetype = "Key Result"', "select: *which")
    document = read_document(text).require()
    assert document.objectives[0].key_results[0].select == "issuetype = Epic"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("2026-10-01", "2026-10-01"),
        ("0o17", "0o17"),
        ("017", "017"),
        ("0x1f", "0x1f"),
        ("1:30", "1:30"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-0.50", Decimal("-0.50")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("~", None),
        ("True", True),
        ("'true'", "true"),
    ],
)
def test_scalars_are_words_unless_they_are_plainly_something_else(text, value):
    assert plain_tree(yaml_node(f"a: {text}")).plain == {"a": value}


FOLDED = """\
a: 'b it''s c'
c: >-
  foo
  bar  baz
d: "x\\ty \\u0041b"
e: foo and
  bar = 1
f: |
  one
  two
g: &anchor plain
"""


def test_every_character_of_a_text_can_be_found_where_it_is_written():
    tree = plain_tree(yaml_node(FOLDED))
    lines = FOLDED.split("\n")
    for spot in tree.positions.values.values():
        for offset, char in enumerate(spot.value):
            line, column = spot.at(offset)
            written = lines[line - 1][column - 1 : column]
            assert written == char or char.isspace() or written == "\\"


def test_the_end_of_a_text_has_a_place_too():
    tree = plain_tree(json_node('{\n "a": "b \\u0041"\n}'))
    assert tree.positions.of(("a",), offset=2) == (2, 10)
    assert tree.positions.of(("a", "not", "there")) == (2, 7)


def test_a_refused_document_raises_everything_at_once(complete):
    result = read_document(
        complete.replace("cycle: 2026-Q4", "cycle: x").replace("weight: points", "weight: y")
    )
    assert has_errors(result.diagnostics)
    with pytest.raises(MappingError) as caught:
        result.require()
    assert len(caught.value.diagnostics) == 2


def test_a_list_longer_than_any_mapping_needs_is_refused(complete):
    cycles = "".join(f"  - {{id: c{number}, start: 2026-10-01, end: 2026-12-31}}\n" for number in range(300))
    found = read_document(complete.replace("cycles:\n", "cycles:\n" + cycles)).diagnostics
    assert "too-many" in {one.code for one in found}
    assert len(read_document("objectives:\n" + "  - {}\n" * 2000).diagnostics) <= 500
