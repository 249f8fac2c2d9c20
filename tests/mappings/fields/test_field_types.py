"""One table per field type: which field it is, what raw values mean, what is sent, what is equal. Every registered type has one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue, User
from mappings.fields import (
    CUSTOM,
    FIELD_TYPES,
    FieldPurpose,
    FieldType,
    FieldValueError,
    JqlView,
    ReadingKind,
    field_type,
    is_empty,
    jql_view,
    schemas_holding,
    schemas_reading,
)
from mappings.fields.select import as_said, by_id

DOCS = Path(__file__).parents[3] / "docs" / "fields.md"

OPTIONS = (JiraValue("10020", "On track"), JiraValue("10021", "At risk"), JiraValue("10022", "Off track"))
HOLLOW_PARENT = {
    "hasEpicLinkFieldDependency": False,
    "showField": False,
    "nonEditableReason": {"reason": "X"},
}
ON = {"id": "10020", "value": "On track"}
ON_TRACK = {"self": "https://jira.example/option/10020", "id": "10020", "value": "On track"}
MINUTE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def adf(*lines: str) -> dict[str, object]:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines],
    }


@dataclass(frozen=True)
class Table:
    """What is known about one type. `same` and `different` are pairs of raw values; `refused` values raise when encoded.

    `made_for` is what Jira calls its fields, what a mapping may read from them and write to them, whether it can be written and whether it
    refuses strange shapes; `view` how JQL sees it; `changed` id and words of a change, and the raw value that they tell of.
    """

    fits: tuple[Field, ...]
    made_for: tuple[object, ...]
    view: JqlView
    changed: tuple[tuple[str | None, str | None, object], ...]
    decoded: tuple[tuple[object, object], ...]
    encoded: tuple[tuple[object, object], ...] = ()
    refused: tuple[object, ...] = ()
    same: tuple[tuple[object, object], ...] = ()
    different: tuple[tuple[object, object], ...] = ()
    shown: tuple[tuple[object, str], ...] = ()


def custom(type_: str, kind: str, items: str = "", options: tuple[JiraValue, ...] = ()) -> Field:
    full = kind if ":" in kind else f"{CUSTOM}{kind}"
    return Field("customfield_10060", "The field", type_, items, full, options=options)


TABLES: dict[str, Table] = {
    "number": Table(
        made_for=(("number",), ReadingKind.NUMBER, FieldPurpose.NUMBER, True, False),
        view=JqlView.NUMBER,
        changed=(
            ("7", "62.5", 62.5),
            (None, "62", 62.0),
            ("7", None, None),
            (None, "x", None),
        ),
        fits=(custom("number", "float"), custom("number", "com.pyxis.greenhopper.jira:jsw-story-points")),
        decoded=((62, 62), (12.5, Fraction(25, 2)), (0, 0), (0.1, Fraction(1, 10)), ("x", None), ({}, None)),
        encoded=(
            (Decimal(62), 62),
            (Decimal("62.50"), 62.5),
            (Fraction(2, 3), 0.666667),
            (7, 7),
            (Decimal("-0.0000001"), 0),
        ),
        refused=("sixty", True, Decimal("NaN"), 10**15, ()),
        same=((62, 62.0), (62.0000004, 62), (0.1 + 0.2, 0.3), ("62", 62)),
        different=((62, 63), (0, None), (62, 62.000001), (0, "")),
        shown=((62.0, "62"), (0.5, "0.5"), (None, "empty"), (1e7, "10000000")),
    ),
    "text": Table(
        made_for=(("string",), ReadingKind.TEXT, FieldPurpose.WORDS, True, False),
        view=JqlView.WORDS,
        changed=(
            ("7", "a b", "a b"),
            ("7", "", None),
            (None, None, None),
        ),
        fits=(custom("string", "textfield"), Field("summary", "Summary", "string")),
        decoded=((" a b ", "a b"), ("", None), ("  ", None), (5, None)),
        encoded=(("62 %", "62 %"), ("a\r\n b", "a b"), ("   ", None), ("x" * 300, "x" * 254 + "…")),
        refused=(5, Decimal(5), ["a"]),
        same=(("a ", "a"), ("", None), (" ", None)),
        different=(("a", "A"), ("a", None), ("a b", "a  b")),
        shown=(("a ", "a"), (None, "empty")),
    ),
    "paragraph": Table(
        made_for=(("string", "doc"), ReadingKind.TEXT, FieldPurpose.WORDS, True, False),
        view=JqlView.WORDS,
        changed=(
            ("7", "a\nb", "a\nb"),
            ("7", "", None),
        ),
        fits=(custom("string", "textarea"), Field("description", "Description", "string")),
        decoded=((adf("one", "two"), "one\ntwo"), ("one\r\ntwo ", "one\ntwo"), ("", None), (adf(), None)),
        encoded=(("one\n\ntwo", adf("one", "two")), ("", None)),
        refused=(5, adf("x")),
        same=(
            (adf("one"), "one"),
            ("a\r\nb", "a\nb"),
            (adf(), None),
            (adf("  "), ""),
            ({"type": "doc", "version": 1, "content": []}, None),
        ),
        different=((adf("one"), adf("two")), (adf("a", "b"), "ab"), ("a", None)),
        shown=((adf("62 %"), "62 %"),),
    ),
    "select": Table(
        made_for=(("option", "option-with-child"), None, FieldPurpose.CHOICE, True, False),
        view=JqlView.CHOICE,
        changed=(
            ("7", "On track", {"id": "7", "value": "On track"}),
            (None, "On track", {"id": "", "value": "On track"}),
            ("7", None, {"id": "7", "value": ""}),
            (None, None, None),
            ("", "", None),
        ),
        fits=(custom("option", "select", options=OPTIONS), custom("option", "radiobuttons", options=OPTIONS)),
        decoded=(
            (ON_TRACK, JiraValue("10020", "On track")),
            ({}, None),
            ({"id": 10020}, JiraValue("10020", "")),
        ),
        encoded=(
            ("On track", {"id": "10020", "value": "On track"}),
            (" on TRACK ", {"id": "10020", "value": "On track"}),
            ("10021", {"id": "10021", "value": "At risk"}),
            (JiraValue("10022", ""), {"id": "10022", "value": "Off track"}),
        ),
        refused=("Achieved", 5),
        same=(
            (ON_TRACK, {"id": "10020"}),
            (ON_TRACK, {"value": "On track"}),
            ({"id": "10020", "value": "Im Plan"}, {"id": "10020", "value": "On track"}),
            (None, {}),
        ),
        different=((ON_TRACK, {"id": "10021"}), (ON_TRACK, {"value": "At risk"}), (ON_TRACK, None)),
        shown=((ON_TRACK, "On track"), ({"id": "7"}, "7"), (None, "empty")),
    ),
    "multi_select": Table(
        made_for=(("array",), None, None, True, False),
        view=JqlView.CHOICE,
        changed=(("7", "On track", None),),
        fits=(
            custom("array", "multiselect", "option", OPTIONS),
            custom("array", "multicheckboxes", "option", OPTIONS),
        ),
        decoded=(([ON_TRACK], (JiraValue("10020", "On track"),)), ([], None), ([{}], None), ("x", None)),
        encoded=(
            (["On track", "At risk"], [ON, {"id": "10021", "value": "At risk"}]),
            ("At risk", [{"id": "10021", "value": "At risk"}]),
            ([], None),
        ),
        refused=(["Nope"], 5),
        same=(
            ([{"id": "1"}, {"id": "2"}], [{"id": "2"}, {"id": "1"}]),
            ([ON_TRACK], [{"value": "On track"}]),
            ([], None),
        ),
        different=(([{"id": "1"}], [{"id": "1"}, {"id": "2"}]), ([ON_TRACK], None)),
        shown=(([ON_TRACK], "On track"), ([], "empty")),
    ),
    "date": Table(
        made_for=(("date",), ReadingKind.DATE, FieldPurpose.DAY, True, False),
        view=JqlView.DAY,
        changed=(
            ("2026-11-22", "2026-11-22 00:00", "2026-11-22 00:00"),
            ("7", "", None),
        ),
        fits=(custom("date", "datepicker"), Field("duedate", "Due date", "date")),
        decoded=(("2026-11-22", date(2026, 11, 22)), ("soon", None), (5, None)),
        encoded=((date(2026, 11, 22), "2026-11-22"),),
        refused=("2026-11-22", MINUTE),
        same=(("2026-11-22", " 2026-11-22"), ("", None)),
        different=(("2026-11-22", "2026-11-23"), ("2026-11-22", None)),
        shown=(("2026-11-22", "2026-11-22"),),
    ),
    "datetime": Table(
        made_for=(("datetime",), ReadingKind.DATE, None, True, False),
        view=JqlView.INSTANT,
        changed=(
            (None, "2026-11-22", "2026-11-22"),
            (None, "", None),
        ),
        fits=(custom("datetime", "datetime"),),
        decoded=(
            ("2026-11-22T11:00:00.000+0100", MINUTE),
            ("2026-11-22T10:00:00Z", MINUTE),
            ("2026-11-22T10:00:00", None),
            ("0001-01-01T00:00:00.000+1400", None),
        ),
        encoded=(
            (MINUTE, "2026-11-22T10:00:00.000+0000"),
            (
                datetime(2026, 11, 22, 12, 0, 0, 5999, tzinfo=timezone(timedelta(hours=2))),
                "2026-11-22T10:00:00.005+0000",
            ),
        ),
        refused=("2026-11-22", datetime(2026, 11, 22, 10, 0), date(2026, 11, 22)),
        same=(("2026-11-22T11:00:00.000+0100", "2026-11-22T10:00:00.000+0000"), (None, "")),
        different=(("2026-11-22T10:00:00.001+0000", "2026-11-22T10:00:00.000+0000"),),
        shown=(("2026-11-22T11:00:00.000+0100", "2026-11-22 10:00 UTC"), (None, "empty")),
    ),
    "labels": Table(
        made_for=(("array",), None, None, True, False),
        view=JqlView.CHOICE,
        changed=(
            (None, "a b", ["a", "b"]),
            (None, "", None),
            (None, None, None),
        ),
        fits=(custom("array", "labels", "string"), Field("labels", "Labels", "array", "string")),
        decoded=((["b", "a", "b"], ("a", "b")), ([], None), ([5, ""], None)),
        encoded=((["b", "a"], ["a", "b"]), ("okr", ["okr"]), ([], [])),
        refused=(["two words"], [""], 5, [5], ["x" * 256]),
        same=((["a", "b"], ["b", "a"]), ([], None)),
        different=((["a"], ["A"]), (["a"], None)),
        shown=((["b", "a"], "a, b"), (None, "empty")),
    ),
    "user": Table(
        made_for=(("user",), None, None, False, False),
        view=JqlView.CHOICE,
        changed=(("5b1", "Ann", None),),
        fits=(custom("user", "userpicker"), Field("assignee", "Assignee", "user")),
        decoded=(
            ({"accountId": "5b1", "displayName": "Ann"}, User("5b1", "Ann")),
            ({"name": "ann", "emailAddress": "ann@example.com"}, User("ann", "ann", "ann@example.com")),
            ({}, None),
        ),
        refused=(User("5b1", "Ann"), "ann"),
        same=(({"accountId": "5b1", "displayName": "Ann"}, {"accountId": "5b1"}), ({}, None)),
        different=(({"accountId": "5b1"}, {"accountId": "5b2"}), ({"accountId": "5b1"}, None)),
        shown=(({"accountId": "5b1", "displayName": "Ann"}, "Ann"), (None, "empty")),
    ),
    "parent_link": Table(
        made_for=(("any",), None, None, False, True),
        view=JqlView.ANY,
        changed=(("1", "PLAT-1", None),),
        fits=(
            custom("any", "com.pyxis.greenhopper.jira:gh-epic-link"),
            custom("any", "com.atlassian.jpo:jpo-custom-field-parent"),
        ),
        decoded=(
            ("PLAT-1", "PLAT-1"),
            (HOLLOW_PARENT, None),
            ({**HOLLOW_PARENT, "data": {"id": 10001, "key": "PLAT-1"}}, "PLAT-1"),
            ({"data": None}, None),
            ({"data": {}, "key": "PLAT-1"}, None),
        ),
        refused=("PLAT-1",),
        same=((HOLLOW_PARENT, None), (HOLLOW_PARENT, "")),
        different=((HOLLOW_PARENT, "PLAT-1"),),
        shown=((HOLLOW_PARENT, "empty"),),
    ),
    "sprint": Table(
        made_for=(("array",), None, None, False, True),
        view=JqlView.CHOICE,
        changed=(("1", "Sprint 3", None),),
        fits=(
            custom("array", "com.pyxis.greenhopper.jira:gh-sprint", "json"),
            custom("array", "com.pyxis.greenhopper.jira:gh-sprint", "string"),
        ),
        decoded=(
            ([{"id": 266, "name": "Sprint 3", "state": "active"}], (JiraValue("266", "Sprint 3"),)),
            (
                [
                    "a.Sprint@3b6fb0ab[id=266,rapidViewId=13,state=ACTIVE,name=Sprint 3, the last,goal=a=b,sequence=266]",
                    "com.pyxis.greenhopper.Sprint@1f[id=265,state=CLOSED,name=Sprint 2]",
                ],
                (JiraValue("266", "Sprint 3, the last"), JiraValue("265", "Sprint 2")),
            ),
            (["Sprint 3"], None),
            ([None], None),
        ),
        same=(([{"id": 1, "name": "a"}], [{"id": 1, "name": "a", "state": "closed"}]),),
        different=(([{"id": 1, "name": "a"}], None),),
        shown=(([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "a, b"),),
    ),
    "request_type": Table(
        made_for=(("sd-customerrequesttype",), None, None, False, True),
        view=JqlView.CHOICE,
        changed=(("25", "Get help", None),),
        fits=(custom("sd-customerrequesttype", "com.atlassian.servicedesk:vp-origin"),),
        decoded=(
            ({"requestType": {"id": "25", "name": "Get help"}, "_links": {}}, (JiraValue("25", "Get help"),)),
            ("it/get-help", (JiraValue("it/get-help", "get-help"),)),
            ({"requestType": "25"}, None),
        ),
        shown=(({"requestType": {"id": "25", "name": "Get help"}}, "Get help"),),
    ),
    "asset": Table(
        made_for=(("array", "any"), None, None, False, True),
        view=JqlView.CHOICE,
        changed=(("1", "Web (ITSM-13)", None),),
        fits=(
            custom("array", "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype", "cmdb-object-field"),
            custom("any", "com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object"),
        ),
        decoded=(
            ([{"workspaceId": "w", "id": "w:7", "objectId": "7"}], (JiraValue("7", ""),)),
            (
                ["Mail server (ITSM-12)", "Web (ITSM-13)"],
                (JiraValue("ITSM-12", "Mail server"), JiraValue("ITSM-13", "Web")),
            ),
            ([{"objectKey": "ITSM-12", "label": "Mail server"}], (JiraValue("ITSM-12", "Mail server"),)),
            (["Mail server"], None),
        ),
        shown=((["Mail server (ITSM-12)"], "Mail server"),),
    ),
    "goals": Table(
        made_for=(("array", "any"), None, None, False, True),
        view=JqlView.CHOICE,
        changed=(("ari:1", "HELLO-1", None),),
        fits=(custom("array", "goals", "goal"), custom("any", "goals")),
        decoded=(
            ([{"id": "ari:1"}], (JiraValue("ari:1", ""),)),
            (
                [{"id": "ari:1", "key": "HELLO-1"}, {"key": "HELLO-2"}],
                (JiraValue("ari:1", "HELLO-1"), JiraValue("HELLO-2", "HELLO-2")),
            ),
            (["ari:1"], (JiraValue("ari:1", ""),)),
            ([{"name": "Be there"}], None),
            ([], None),
        ),
        shown=(([{"id": "ari:1", "key": "HELLO-1"}], "HELLO-1"),),
    ),
    "fixed_text": Table(
        made_for=(("string",), ReadingKind.TEXT, None, False, False),
        view=JqlView.ANY,
        changed=(
            ("7", "x", "x"),
            ("7", "", None),
        ),
        fits=(custom("string", "url"), custom("string", "readonlyfield")),
        decoded=(("https://jira.example/x ", "https://jira.example/x"), ("", None), (5, None)),
        refused=("https://jira.example",),
        same=(("", None),),
        different=(("a", "b"),),
    ),
}

BY_NAME = {type_.name: type_ for type_ in FIELD_TYPES}


def rows(column: str) -> list[object]:
    return [
        pytest.param(BY_NAME[name], table.fits[0], row, id=f"{name}-{row!r}"[:60])
        for name, table in TABLES.items()
        for row in getattr(table, column)
    ]


def test_registered_documented_and_tested_are_the_same_types() -> None:
    documented = re.findall(r"^\| `(\w+)` \|.*\| (?:yes|no) \|$", DOCS.read_text(), re.MULTILINE)
    assert documented == list(BY_NAME), "docs/fields.md has a row for each of FIELD_TYPES, in their order"
    assert list(TABLES) == list(BY_NAME), "TABLES, above, has one for each of FIELD_TYPES, in their order"


def test_the_docs_say_which_types_are_written() -> None:
    written = dict(re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \|", DOCS.read_text(), re.MULTILINE))
    assert written == {name: "yes" if type_.writable else "no" for name, type_ in BY_NAME.items()}


@pytest.mark.parametrize(("type_", "_field", "fitting"), rows("fits"))
def test_a_field_has_one_type(type_: FieldType, _field: Field, fitting: Field) -> None:
    assert [other.name for other in FIELD_TYPES if other.fits(fitting)] == [type_.name]
    assert field_type(fitting) is type_


@pytest.mark.parametrize(("type_", "field", "row"), rows("decoded"))
def test_decode(type_: FieldType, field: Field, row: tuple[object, object]) -> None:
    assert type_.decode(row[0]) == row[1]


@pytest.mark.parametrize(("type_", "field", "row"), rows("encoded"))
def test_encode(type_: FieldType, field: Field, row: tuple[object, object]) -> None:
    made = type_.encode(row[0], field)
    assert made == row[1]
    assert type(made) is type(row[1])
    assert type_.equal(made, made)


@pytest.mark.parametrize(("type_", "field", "value"), rows("refused"))
def test_what_a_field_cannot_hold_is_refused_by_name(type_: FieldType, field: Field, value: object) -> None:
    with pytest.raises(FieldValueError, match="The field"):
        type_.encode(value, field)


@pytest.mark.parametrize(("type_", "field", "pair"), rows("same"))
def test_equal(type_: FieldType, field: Field, pair: tuple[object, object]) -> None:
    assert type_.equal(*pair)
    assert type_.equal(*reversed(pair))


@pytest.mark.parametrize(("type_", "field", "pair"), rows("different"))
def test_not_equal(type_: FieldType, field: Field, pair: tuple[object, object]) -> None:
    assert not type_.equal(*pair)
    assert not type_.equal(*reversed(pair))


@pytest.mark.parametrize(("type_", "field", "row"), rows("shown"))
def test_text(type_: FieldType, field: Field, row: tuple[object, str]) -> None:
    assert type_.text(row[0]) == row[1]


@pytest.mark.parametrize("type_", FIELD_TYPES, ids=lambda type_: type_.name)
@pytest.mark.parametrize("nothing", [None, "", "  ", {}, [], HOLLOW_PARENT, adf()], ids=repr)
def test_every_empty_is_the_same_empty(type_: FieldType, nothing: object) -> None:
    assert is_empty(nothing)
    assert type_.decode(nothing) is None
    assert type_.equal(nothing, None)
    assert type_.equal(None, nothing)
    assert type_.text(nothing) == "empty"


@pytest.mark.parametrize("type_", FIELD_TYPES, ids=lambda type_: type_.name)
@pytest.mark.parametrize(
    "strange", [5, 0.5, True, "x", [1], [None], {"id": []}, {"data": 5}, [[]], {"content": 5}], ids=repr
)
def test_no_value_of_jira_breaks_reading(type_: FieldType, strange: object) -> None:
    type_.decode(strange)
    assert type_.equal(strange, strange)
    assert isinstance(type_.text(strange), str)


@pytest.mark.parametrize(
    ("name", "raw", "refused"),
    [
        ("sprint", ["Sprint 3"], True),
        ("sprint", [{"id": 1, "name": "a", "state": "future"}], False),
        ("sprint", [{"id": 1, "name": "a"}], True),
        ("sprint", [{"id": 1, "name": "a", "state": "paused"}], True),
        ("sprint", ["a.Sprint@3b[id=266,state=PAUSED,name=Third]"], True),
        ("sprint", [], False),
        ("sprint", [{"name": "a"}], True),
        ("request_type", {"requestType": "25"}, True),
        ("request_type", "it/get-help", False),
        ("asset", ["Mail server"], True),
        ("asset", [{"objectId": "7"}], False),
        ("parent_link", "PLAT-1", False),
        ("parent_link", HOLLOW_PARENT, False),
        ("parent_link", {"data": {"id": 5, "key": "PLAT-1"}, "showField": True}, False),
        ("parent_link", {"data": None}, False),
        ("parent_link", {"data": {}, "key": "PLAT-1"}, False),
        ("parent_link", 7, True),
        ("parent_link", {"issue": "PLAT-1"}, True),
        ("number", "text", False),
    ],
)
def test_a_shape_that_nobody_knows_is_refused_and_not_taken_for_empty(
    name: str, raw: object, refused: bool
) -> None:
    assert bool(BY_NAME[name].refusal(raw)) is refused
    assert not BY_NAME[name].refusal(None)


REFUSALS = [
    ("sprint", [{"id": 1, "state": "paused"}], "{'id': 1, 'state': 'paused'} is no sprint in a state that this version knows"),
    ("sprint", ["Sprint 3"], "Sprint 3 is no sprint that this version knows"),
    ("sprint", [{"id": True, "name": "a"}], "{'id': True, 'name': 'a'} is no sprint that this version knows"),
    ("sprint", [{"id": " "}], "{'id': ' '} is no sprint that this version knows"),
    ("request_type", {"requestType": {"id": True}}, "{'requestType': {'id': True}} is no request type that this version knows"),
    ("request_type", 7, "7 is no request type that this version knows"),
    ("asset", ["Mail server"], "Mail server is no asset that this version knows"),
    ("goals", [{"id": 7}], "{'id': 7} is no goal that this version knows"),
    ("asset", [{"id": True}], "{'id': True} is no asset that this version knows"),
    ("parent_link", 7, "7 is no parent that this version knows"),
    ("parent_link", {"issue": "PLAT-1"}, "{'issue': 'PLAT-1'} is no parent that this version knows"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "said"), REFUSALS)
def test_a_refusal_shows_the_shape(name: str, raw: object, said: str) -> None:
    shape, is_, rest = said.partition(" is no ")
    assert BY_NAME[name].refusal(raw) == f"{shape!r}{is_}{rest}"


def test_what_each_type_is_made_for() -> None:
    number, date_, text = ReadingKind
    assert {
        one.name: (one.schemas, one.reading, one.holding, one.writable, one.refuses) for one in FIELD_TYPES
    } == {name: table.made_for for name, table in TABLES.items()}
    assert [schemas_reading(one) for one in (number, date_, text)] == [
        *(("number",), ("date", "datetime"), ("string", "doc"))
    ]
    assert schemas_holding((FieldPurpose.CHOICE, FieldPurpose.WORDS)) == (
        "option",
        "option-with-child",
        "string",
        "doc",
    )


@pytest.mark.parametrize("name", TABLES)
def test_what_a_change_of_a_history_tells_of(name: str) -> None:
    for id_, text, raw in TABLES[name].changed:
        assert BY_NAME[name].from_change(id_, text) == raw


SPRINTS = ["a.Sprint@3b[id=266,state=ACTIVE,name=Third]", {"id": 265, "name": "", "state": "closed"}]
POINTED = {
    "sprint": (SPRINTS, ("266", "Third", "265"), (JiraValue("266", "Third"), JiraValue("265", "")), frozenset({"active", "closed"})),
    "request_type": ("it/get-help", ("it/get-help", "get-help"), (JiraValue("it/get-help", "get-help"),), None),
    "asset": (["Web (ITSM-13)"], ("ITSM-13", "Web"), (JiraValue("ITSM-13", "Web"),), None),
    "parent_link": ({"data": {"id": 5, "key": " PLAT-1 "}, "showField": True}, ("PLAT-1", "5"), None, None),
    "select": (ON_TRACK, None, None, None),
    "user": ({"accountId": "5b1"}, None, None, None),
}  # fmt: skip
"""By type: a raw value, by what JQL compares it, what it points at, and in what states that is."""


@pytest.mark.parametrize("name", POINTED)
def test_what_a_value_points_at(name: str) -> None:
    raw, identities, choices, states = POINTED[name]
    type_ = BY_NAME[name]
    stated = type_.stated(raw)
    held = None if stated is None else frozenset(one.state for one in stated)
    assert (type_.identities(raw), type_.choices(raw), held) == (identities, choices, states)
    nothing = None if identities is None else ()
    assert type_.identities(None) == nothing
    assert type_.choices(None) == (None if choices is None else ())


def test_more_shapes_of_one_thing() -> None:
    assert BY_NAME["parent_link"].identities("PLAT-1") == ("PLAT-1",)
    assert BY_NAME["parent_link"].identities({"key": "PLAT-1", "id": "7"}) == ("PLAT-1", "7")
    assert BY_NAME["parent_link"].identities({"data": {"id": 5}}) == ()
    asset = BY_NAME["asset"]
    assert asset.decode([{"key": "A-1", "name": "Web"}, {}, {"id": "w:7", "label": 5}]) == (
        *(JiraValue("A-1", "Web"), JiraValue("w:7", "")),
    )
    assert asset.text([{"id": 7}]) == "7"
    assert asset.decode({"objectKey": "", "objectId": 0, "id": "w:7"}) == (JiraValue("w:7", ""),)
    assert BY_NAME["request_type"].decode({"id": 25, "name": None}) == (JiraValue("25", ""),)
    sprint = BY_NAME["sprint"]
    assert sprint.decode({"id": 1, "name": 5}) == (JiraValue("1", ""),)
    assert [one.state for one in sprint.stated([{"id": 1, "state": 5}, None, "x"])] == ["", ""]
    twice = ["Sprint@1[id=1,state=ACTIVE,name=Ours,state=CLOSED,name=b]"]
    assert sprint.decode(twice) == (JiraValue("1", "Ours"),)
    assert [one.state for one in sprint.stated(twice)] == ["active"]
    assert BY_NAME["select"].decode("  On track ") == JiraValue("", "On track")
    assert BY_NAME["select"].decode({"id": [], "name": " On track "}) == JiraValue("", "On track")
    assert BY_NAME["user"].decode({"key": "ann", "displayName": ""}) == User("ann", "ann", None)
    assert BY_NAME["user"].decode({"accountId": 5, "name": "ann"}) == User("ann", "ann", None)
    assert BY_NAME["multi_select"].text([{"id": "7"}, {"value": "b"}]) == "7, b"
    assert BY_NAME["number"].step(50, 62.5) == "50 → 62.5"
    status = {"type": "paragraph", "content": [{"type": "status", "attrs": {"text": "OPEN"}}, {"type": "date", "attrs": {"timestamp": "17", "shortName": "x"}}, {"type": "inlineCard", "attrs": {"url": "https://a", "timestamp": 5}}, {"type": "emoji", "attrs": 5}]}  # fmt: skip
    assert BY_NAME["paragraph"].decode(status) == "OPEN17https://a"


def test_how_jql_sees_each_type() -> None:
    assert [name for name, table in TABLES.items() if jql_view(table.fits[0]) is not table.view] == []
    assert jql_view(custom("string", "readonlyfield")) is JqlView.WORDS
    assert jql_view(Field("x", "X", "string", custom="com.acme:other")) is JqlView.ANY
    assert [jql_view(Field("x", "X", one)) for one in ("", "any", "made-up")] == [
        *(JqlView.ANY, JqlView.ANY, JqlView.CHOICE)
    ]


def test_edges_of_what_is_sent() -> None:
    number, field = BY_NAME["number"], TABLES["number"].fits[0]
    assert number.encode(10**14, field) == 10**14
    assert number.encode(-(10**14), field) == -(10**14)
    unnamed = replace(field, name="")
    for value, said in (
        (10**14 + 1, f"holds numbers up to 100000000000000; {10**14 + 1} is none"),
        ("x", "holds numbers up to 100000000000000; 'x' is none"),
    ):
        with pytest.raises(FieldValueError) as refused:
            number.encode(value, unnamed)
        assert str(refused.value) == f"customfield_10060 {said}"
    assert BY_NAME["text"].encode("x" * 255, field) == "x" * 255
    assert BY_NAME["text"].encode("x" * 252 + " yyyy", field) == "x" * 252 + " y…"
    assert BY_NAME["text"].encode("x" * 253 + " yyyy", field) == "x" * 253 + "…"
    assert BY_NAME["labels"].encode(["x" * 255], field) == ["x" * 255]
    with pytest.raises(FieldValueError) as refused:
        BY_NAME["labels"].encode(["two words"], field)
    assert str(refused.value) == (
        "The field: 'two words' is no label; a label has no blanks and 1 to 255 characters"
    )
    assert number.equal(1, 1 + 5e-7)
    assert not number.equal(1, 1 + 6e-7)
    assert as_said("10020", replace(field, options=OPTIONS)) == {"id": "10020"}
    assert as_said("Green", replace(field, options=OPTIONS)) == {"value": "Green"}


@pytest.mark.parametrize("name", [name for name, type_ in BY_NAME.items() if type_.writable])
def test_none_clears(name: str) -> None:
    type_, field = BY_NAME[name], TABLES[name].fits[0]
    assert type_.encode(None, field) == ([] if name == "labels" else None)


def test_what_is_not_empty() -> None:
    assert not any(
        is_empty(raw) for raw in (0, False, "x", [None], {"id": "1"}, {"showField": 1, "data": {"a": 1}})
    )


@pytest.mark.parametrize(
    "field", [Field("x", "X", "any"), Field("x", "X"), custom("array", "sprint", "json")]
)
def test_an_unknown_type_of_field_is_none(field: Field) -> None:
    assert field_type(field) is None


def test_an_option_is_sent_by_its_id_and_by_its_value_where_contexts_of_the_field_share_it():
    two = replace(custom("option", "select"), options=(*OPTIONS, JiraValue("10120", "On track")))
    select = field_type(two)
    assert select.encode("On track", two) == {"value": "On track"}
    assert select.encode("At risk", two) == {"id": "10021", "value": "At risk"}
    assert select.encode("10120", two) == {"id": "10120", "value": "On track"}
    assert by_id([ON, {"value": "On track"}, None, 5]) == [{"id": "10020"}, {"value": "On track"}, None, 5]
    assert by_id(ON_TRACK) == ON_TRACK, "what Jira itself sent is left as it is"
