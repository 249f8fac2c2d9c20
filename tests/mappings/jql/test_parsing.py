"""The tree, its places, and what is said of a text that cannot be read."""

from __future__ import annotations

import pytest

from mappings.jql import JqlError, parse
from mappings.jql.text.tree import (
    And,
    Condition,
    Empty,
    FunctionCall,
    JqlValue,
    Not,
    Or,
    ValueGroup,
    conditions,
)


def refused(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(JqlError) as caught:
        parse(text)
    return [(finding.code, finding.position, finding.end) for finding in caught.value.findings]


def test_every_node_has_its_exact_place() -> None:
    text = 'NOT (status in (Done, "In Progress") OR cf[10010] >= startOfMonth(-1)) AND due is EMPTY'
    query = parse(text)
    assert isinstance(query.where, And)
    negation, due = query.where.clauses
    assert isinstance(negation, Not)
    assert isinstance(negation.clause, Or)
    status, number = negation.clause.clauses
    assert isinstance(status, Condition)
    assert isinstance(number, Condition)
    assert isinstance(due, Condition)
    assert isinstance(status.operand, ValueGroup)
    assert isinstance(number.operand, FunctionCall)
    assert isinstance(due.operand, Empty)

    def cut(node: object) -> str:
        return text[node.start : node.end]  # type: ignore[attr-defined]

    assert cut(status) == 'status in (Done, "In Progress")'
    assert [cut(item) for item in status.operand.items] == ["Done", '"In Progress"']
    assert cut(number.field) == "cf[10010]"
    assert cut(number.operator) == ">="
    assert cut(number.operand) == "startOfMonth(-1)"
    assert cut(number.operand.arguments[0]) == "-1"
    assert cut(due.operator) == "is"
    assert cut(due.operand) == "EMPTY"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'x = "it\"s"', 'it"s'),
        (r"x = 'it\'s'", "it's"),
        (r'x = "a\\b"', "a\\b"),
        (r'x = "caf\u00e9"', "café"),
        (r"x = two\ words", "two words"),
        (r'x = "one\ntwo\tthree"', "one\ntwo\tthree"),
        ("x = 'select'", "select"),
    ],
)
def test_escapes(text: str, value: str) -> None:
    condition = next(conditions(parse(text).where))
    assert isinstance(condition.operand, JqlValue)
    assert condition.operand.text == value


def test_and_binds_stronger_than_or() -> None:
    where = parse("a1 = 1 OR b1 = 2 AND c1 = 3 OR NOT d1 = 4 AND e1 = 5").where
    assert isinstance(where, Or)
    assert [type(clause) for clause in where.clauses] == [Condition, And, And]


def test_order_by() -> None:
    query = parse("project = PLAT ORDER BY cf[10010] DESC, created asc, key")
    assert [(str(order.field), order.descending) for order in query.order_by] == [
        ("cf[10010]", True),
        ("created", False),
        ("key", False),
    ]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("status = select", [("reserved-word", 9, 15)]),
        ("status = by", [("reserved-word", 9, 11)]),
        ('status = "Done', [("unclosed-quote", 9, 14)]),
        (r'status = "a\q"', [("bad-quoted-text", 11, 12)]),
        ("status = a@b", [("reserved-character", 10, 11)]),
        ("status = (Done)", [("list-not-allowed", 9, 10)]),
        ("status in Done", [("list-expected", 10, 14)]),
        ("status in ()", [("unexpected", 11, 12)]),
        ("status is Done", [("unexpected", 10, 14)]),
        ("story points = 3", [("no-operator", 6, 12)]),
        ("status = In Progress", [("reserved-word", 9, 11)]),
        ("status = To Do", [("reserved-word", 9, 11), ("reserved-word", 12, 14)]),
        ("status = Ready Now", [("unexpected", 15, 18)]),
        ("status = Done AND", [("unexpected", 17, 17)]),
        ("(status = Done", [("unexpected", 14, 14)]),
        ("status = Done)", [("unexpected", 13, 14)]),
    ],
)
def test_what_is_wrong_and_where(text: str, findings: list[tuple[str, int, int]]) -> None:
    assert refused(text) == findings


def test_all_errors_come_at_once() -> None:
    text = "status is Done AND (type in () OR labels = select) AND due > AND key = PLAT-1"
    assert [code for code, _, _ in refused(text)] == [
        "unexpected",
        "unexpected",
        "reserved-word",
        "unexpected",
    ]


def test_the_reserved_word_is_named_with_the_remedy() -> None:
    with pytest.raises(JqlError, match='"limit" is a reserved word of JQL; put it in quotes: "limit"'):
        parse("labels = limit")


def test_a_value_of_several_words_is_told_to_be_quoted_whole() -> None:
    with pytest.raises(JqlError, match='put the value in quotes: "To Do"'):
        parse("status = To Do")


def test_a_name_of_several_words_is_told_to_be_quoted() -> None:
    with pytest.raises(JqlError, match='"Story points"'):
        parse("Story points = 3")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(" * 5_000, "too-deep"),
        ("not " * 4_000 + "x = 1", "too-deep"),
        ("x in " + "(" * 5_000, "too-deep"),
        (f"x in ({','.join('1' for _ in range(5_000))})", "list-too-long"),
        (f"x = f({','.join('1' for _ in range(5_000))})", "list-too-long"),
        ("x = 1 and " * 10_000, "jql-too-long"),
    ],
)
def test_what_is_without_measure_is_refused(text: str, code: str) -> None:
    assert code in [found for found, _, _ in refused(text)]


def ones(number: int) -> str:
    return ",".join("1" for _ in range(number))


@pytest.mark.parametrize(
    ("text", "too_much"),
    [
        (f"x in ({ones(1_000)})", f"x in ({ones(1_001)})"),
        (f"x = f({ones(1_000)})", f"x = f({ones(1_001)})"),
        ("(" * 50 + "x = 1" + ")" * 50, "(" * 51 + "x = 1" + ")" * 51),
        ("not " * 50 + "x = 1", "not " * 51 + "x = 1"),
    ],
)
def test_as_much_as_is_allowed_is_read_and_one_more_refused(text: str, too_much: str) -> None:
    parse(text)
    assert refused(too_much)[0][0] in ("list-too-long", "too-deep")


def test_a_long_chain_is_no_deep_one() -> None:
    assert len(list(conditions(parse(" AND ".join(["x1 = 1"] * 1_500)).where))) == 1_500


def test_what_is_joined_stands_from_its_first_condition_to_its_last() -> None:
    query = parse("  project = A AND (type = B OR type = C) OR key = D-1 ")
    either = query.where
    assert isinstance(either, Or)
    both = either.clauses[0]
    assert isinstance(both, And)
    assert [(one.start, one.end) for one in (either, both, *both.clauses)] == [
        *((2, 53), (2, 39), (2, 13), (19, 39)),
    ]
