"""Custom fields: their values are raw JSON as Jira sends it, their kind comes from the catalogue where it is known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TypeVar

from mappings.diagnostic import quote, raw_text
from mappings.document.names import NameKind
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.moment import Moment
from mappings.fields import JqlView, field_type, is_empty
from mappings.fields.field_type import FieldType, view_of
from mappings.jql.compilation import Compilation, Verdict
from mappings.jql.connectives import any_of
from mappings.jql.dates import LITERAL, RELATIVE
from mappings.jql.fields.amounts import Read, amounts_among, amounts_compare
from mappings.jql.fields.instants import datetimes_compare, days_compare
from mappings.jql.fields.name_table import NameTable
from mappings.jql.fields.named_values import Namesakes, names_of, resolve_value
from mappings.jql.fields.people import People
from mappings.jql.functions.functions import is_current_user, options_of, refuse_call, state_of
from mappings.jql.text.tree import FunctionCall, JqlValue
from mappings.numbers import exact

V = TypeVar("V")

IDS = ("id", "accountId", "key")
SHOWN = ("value", "displayName", "name")
IDENTITIES = ("id", "value", "name", "key", "accountId", "displayName", "emailAddress")
DEEPEST = 4


def raw(field_id: str) -> Callable[[Issue], object]:
    """Reads the raw value of a field; None where it is missing."""
    return lambda issue: issue.fields.get(field_id)


def field_decoder(field: Field, kind: type[V]) -> Callable[[Issue], V | None]:
    """Reads what a field holds as its type decodes it, where that is of this kind; remembers what it has seen."""
    type_, field_id = field_type(field), field.id

    @functools.lru_cache(maxsize=4_096)
    def known(said: str) -> V | None:
        return read(said)

    def read(value: object) -> V | None:
        found = type_.decode(value) if type_ is not None and value is not None else None
        return found if isinstance(found, kind) else None

    def reader(issue: Issue) -> V | None:
        value = issue.fields.get(field_id)
        return known(value) if isinstance(value, str) else read(value)

    return reader


def field_display(field: Field) -> Callable[[Issue], object]:
    """What a field holds as a person reads it, as its type says it; None where it holds nothing."""
    type_, field_id = field_type(field), field.id

    def read(issue: Issue) -> object:
        value = issue.fields.get(field_id)
        if is_empty(value):
            return None
        return type_.text(value) if type_ is not None else tuple(dict.fromkeys(identities(value)))

    return read


def field_presence(field: Field) -> Verdict:
    """Whether the field holds anything; Jira sends null, an empty text or list, or an object that says nothing, for nothing."""
    field_id, type_ = field.id, field_type(field)
    if type_ is not None and type_.identities(None) is not None:
        return lambda issue, _moment: bool(type_.identities(issue.fields.get(field_id)))

    def verdict(issue: Issue, _moment: Moment) -> bool:
        value = issue.fields.get(field_id)
        return value is not None and value != "" and value != [] and value != {}

    return verdict


def identities(value: object, depth: int = 0) -> Iterator[str]:
    """Every id and name a raw value goes by: of an option and its child, a person, a version, each item of a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None or depth > DEEPEST:
        return
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, list):
        for item in value:
            yield from identities(item, depth + 1)
    elif isinstance(value, dict):
        yield from (str(value[key]) for key in IDENTITIES if isinstance(value.get(key), str | int))
        yield from identities(value.get("child"), depth + 1)


def identities_of(field: Field) -> Callable[[object], Iterable[str]]:
    """By what the values of a field are compared: as its type decodes them, or by every id and name in them."""
    type_ = field_type(field)
    if type_ is None or type_.identities(None) is None:
        return identities
    return lambda raw: type_.identities(raw) or ()


def refusal(field: Field, raw: object) -> str:
    """Why JQL cannot compare what a field holds: a shape that nobody knows; empty text where it can, or where nothing is there.

    Text in a field of numbers or days is what people entered, and known to be none.
    """
    type_ = field_type(field)
    if type_ is not None and type_.refuses:
        return type_.refusal(raw)
    if not isinstance(raw, dict | list) or is_empty(raw):
        return ""
    view = type_.jql_view(field) if type_ is not None else view_of(field)
    known = any(identities(raw)) if view in (JqlView.CHOICE, JqlView.ANY) else view is JqlView.WORDS
    return "" if known else f"{raw_text(raw)} is nothing that this version can compare"


def choices_in(field: Field) -> Callable[[object], Iterable[JiraValue]]:
    """What a raw value of a field holds, each with its id and the name it goes by: as its type decodes it, or as it stands."""
    type_ = field_type(field)
    if type_ is None or type_.choices(None) is None:
        return choices_of
    return lambda raw: type_.choices(raw) or ()


def choices_of(value: object, depth: int = 0) -> Iterator[JiraValue]:
    """Options with their children, versions, people, each item of a list."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from choices_of(item, depth + 1)
    elif isinstance(value, dict):
        id_ = next((str(value[key]) for key in IDS if isinstance(value.get(key), str | int)), None)
        name = next((value[key] for key in SHOWN if isinstance(value.get(key), str)), "")
        if id_ is not None:
            yield JiraValue(id_, str(name))
        yield from choices_of(value.get("child"), depth + 1)


def choices_among(field: Field) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`"Team" in (…)`: options, people, versions, labels and exact texts, by id or name; sprints by their state, too."""
    type_ = field_type(field)
    if type_ is None or type_.stated(None) is None:
        return _given_among(field)
    return _stated_among(field, type_)


def _stated_among(
    field: Field, type_: FieldType
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`Sprint in (openSprints(), "Sprint 7")`: what functions give by its state, the others by id or name."""
    field_id, named_among = field.id, _named_among(field)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        calls = [value for value in values if isinstance(value, FunctionCall)]
        states = frozenset(state for call in calls if (state := state_of(compilation, call, type_.name)))
        named = named_among(compilation, [value for value in values if isinstance(value, JqlValue)])

        def verdict(issue: Issue, moment: Moment) -> bool:
            held = type_.stated(issue.fields.get(field_id)) or ()
            return any(one.state in states for one in held) or named(issue, moment)

        return verdict

    return among


def _given_among(field: Field) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`"Place" in (cascadeOption("Italy", "Rome"), Norway)`: what functions of options give, the others by id or name."""
    named_among = _named_among(field)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        given = {
            call: found for call in values if (found := options_of(compilation, field, call)) is not None
        }
        others = [one for one in values if one not in given]
        verdicts = [*given.values(), *([named_among(compilation, others)] if others or not given else ())]
        return verdicts[0] if len(verdicts) == 1 else any_of(verdicts)

    return among


def _named_among(field: Field) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """By id or name."""

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        _check_options(compilation, field, values)
        wanted, namesakes = _choices(compilation, field, values)
        ids, words, me = wanted.ids, wanted.words, wanted.me
        field_id, named, held = field.id, identities_of(field), choices_in(field)
        by_word = me or bool(words.wanted)

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = issue.fields.get(field_id)
            if ids and any(one.id in ids or namesakes.has(one) for one in held(value)):
                return True
            for identity in named(value) if by_word else ():
                if words[identity] or (me and identity == moment.account_id):
                    return True
            return False

        return verdict

    return among


def _choices(
    compilation: Compilation, field: Field, values: Sequence[JqlValue | FunctionCall]
) -> tuple[People, Namesakes]:
    """Words by the options that are known by id, the others as people and as they stand."""
    ids: set[str] = set()
    words: set[str] = set()
    shared: set[str] = set()
    me = False
    for value in values:
        if not isinstance(value, JqlValue):
            me = is_current_user(compilation, value) or me
            continue
        found = resolve_value(value, field.options)
        compilation.mean(NameKind.OPTION, value, found, field.id)
        ids |= found
        words |= set() if found else {value.text}
        shared |= names_of(value, found)
    return People(frozenset(ids), NameTable(words), me), Namesakes.among(field.options, shared)


def _check_options(compilation: Compilation, field: Field, values: Sequence[JqlValue | FunctionCall]) -> None:
    known = {word.casefold() for option in field.options for word in (option.id, option.name)}
    for value in values:
        if known and isinstance(value, JqlValue) and value.text.casefold() not in known:
            names = tuple(option.name for option in field.options)
            compilation.unknown_value(f"option of {field.name}", value.text, value, names)


def number(compilation: Compilation, value: JqlValue | FunctionCall) -> Fraction | None:
    """The number an operand stands for; None, with a finding, where it is none."""
    if isinstance(value, FunctionCall):
        refuse_call(compilation, value, "number")
        return None
    found = exact(value.text)
    if found is None:
        compilation.refuse(
            "not-a-number",
            f"{quote(value.text)} is no number",
            value,
            remedy="write a number such as 5 or 0.5",
        )
    return found


def numbers_among(read: Read) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`"Story points" in (3, 5)`."""
    return amounts_among(read, number)


def numbers_compare(read: Read) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`"Story points" >= 5`."""
    return amounts_compare(read, number)


def any_among(field: Field) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`cf[10010] in (…)` where the kind of the field is not known: by number where both are, else by id or name."""

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        by_name = choices_among(field)(compilation, values)
        texts = [value.text for value in values if isinstance(value, JqlValue)]
        wanted = frozenset(found for text in texts if (found := exact(text)) is not None)
        if not wanted:
            return by_name
        field_id = field.id

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = issue.fields.get(field_id)
            return by_name(issue, moment) or (isinstance(value, int | float) and exact(value) in wanted)

        return verdict

    return among


def any_compare(field: Field) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`cf[10010] > …` where the kind of the field is not known: the operand decides whether it is a number or a date."""

    def compare(compilation: Compilation, sign: str, operand: JqlValue | FunctionCall) -> Verdict:
        dated = (
            isinstance(operand, FunctionCall)
            or LITERAL.fullmatch(operand.text)
            or RELATIVE.fullmatch(operand.text)
        )
        if not dated:
            return numbers_compare(lambda issue: exact(issue.fields.get(field.id)))(
                compilation, sign, operand
            )
        by_day = days_compare(day_of(field.id))(compilation, sign, operand)
        by_instant = datetimes_compare(datetime_of(field.id))(compilation, sign, operand)

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = issue.fields.get(field.id)
            days = isinstance(value, str) and len(value) == len("2026-10-01")
            return by_day(issue, moment) if days else by_instant(issue, moment)

        return verdict

    return compare


def datetime_of(field_id: str) -> Callable[[Issue], datetime | None]:
    """Reads a raw datetime such as `2026-10-01T12:30:00.000+0200`."""
    return lambda issue: _datetime(value) if isinstance(value := issue.fields.get(field_id), str) else None


def day_of(field_id: str) -> Callable[[Issue], date | None]:
    """Reads a raw day such as `2026-10-01`."""
    return lambda issue: _day(value) if isinstance(value := issue.fields.get(field_id), str) else None


@functools.lru_cache(maxsize=4_096)
def _datetime(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


@functools.lru_cache(maxsize=4_096)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
