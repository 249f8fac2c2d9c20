"""Finds the field that a name in JQL means: a system field, or one custom field by `cf[id]` or by its name."""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction

from mappings.document.names import MappingName, NameKind
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue
from mappings.fields import JqlView, jql_view
from mappings.jql.compilation import Compilation, NameSpan
from mappings.jql.fields import custom, fields, instants, texts
from mappings.jql.fields.fields import JqlField
from mappings.jql.text.tree import FieldName
from mappings.numbers import count_of

PREFIX = "customfield_"
CF = re.compile(r"cf\[([0-9]+)\]", re.IGNORECASE)
MOST_IDS = 10
MOST_NAMES = 100


def find(compilation: Compilation, name: FieldName) -> JqlField | None:
    """The field meant; None, with a finding, where there is none, more than one, or one that is not kept here."""
    if name.properties:
        message = f"{name} searches a property"
        compilation.refuse("unsupported-field", message, name, remedy=fields.UNSUPPORTED["issue.property"])
        return None
    quoted = CF.fullmatch(name.name)
    if name.number is not None or quoted:
        return _by_number(compilation, name, name.number or (quoted[1] if quoted else ""))
    folded = name.name.lower()
    system = fields.BY_NAME.get(folded)
    if system is not None:
        return system
    found = _by_name(compilation, name.name)
    if len(found) == 1:
        _mean(compilation, name, found[0])
        return _of_catalogue(compilation, name, found[0])
    if found:
        _ambiguous(compilation, name, found)
    else:
        _unknown(compilation, name)
    return None


def custom_field(field: Field) -> JqlField:
    """How a custom field is asked, as its type says."""
    names = (field.name or field.id,)
    present, rank, reads = custom.field_presence(field), _rank(field.id), (field.id,)
    shown = custom.field_display(field)
    view = jql_view(field)
    if view is JqlView.NUMBER:
        number = custom.field_decoder(field, Fraction)
        among, compare = custom.numbers_among(number), custom.numbers_compare(number)
        return JqlField(names, present, among, compare, rank=rank, shown=shown, reads=reads)
    if view is JqlView.DAY:
        day = custom.field_decoder(field, date)
        among, compare = instants.days_among(day), instants.days_compare(day)
        return JqlField(names, present, among, compare, rank=day, shown=shown, reads=reads)
    if view is JqlView.INSTANT:
        zoned, as_it_stands = custom.field_decoder(field, datetime), custom.datetime_of(field.id)

        def at(issue: Issue) -> datetime | None:
            """Without a zone, as histories have it, an instant is one of UTC."""
            return zoned(issue) or as_it_stands(issue)

        among, compare = instants.datetimes_among(at), instants.datetimes_compare(at)
        return JqlField(names, present, among, compare, rank=at, shown=shown, reads=reads)
    if view is JqlView.CHOICE:
        return JqlField(names, present, custom.choices_among(field), rank=rank, shown=shown, reads=reads)
    raw = custom.raw(field.id)
    matches = texts.text_matches(lambda issue: texts.plain_text(raw(issue)))
    if view is JqlView.WORDS:
        return JqlField(names, present, matches=matches, rank=rank, shown=shown, reads=reads)
    return JqlField(
        names=names,
        present=present,
        among=custom.any_among(field),
        compare=custom.any_compare(field),
        matches=matches,
        rank=rank,
        shown=shown,
        reads=reads,
    )


def _rank(field_id: str) -> fields.Rank:
    """Numbers before words, so that any two values can be ordered."""

    def rank(issue: Issue) -> object:
        value = issue.fields.get(field_id)
        if isinstance(value, int | float):
            return False, value
        word = next(custom.identities(value), None)
        return None if word is None else (True, texts.plain_text(value).casefold() or word.casefold())

    return rank


def _by_number(compilation: Compilation, name: FieldName, number: str) -> JqlField | None:
    field_id = f"{PREFIX}{number}"
    if not compilation.catalogue.fields:
        return custom_field(Field(field_id, str(name)))
    field = compilation.catalogue.field(field_id)
    if field is None:
        _unknown(compilation, name)
        return None
    _mean(compilation, name, field)
    return custom_field(field)


def _mean(compilation: Compilation, name: FieldName, field: Field) -> None:
    """A custom field is a name like any other; in Jira's own search it goes by its number."""
    if field.id.startswith(PREFIX):
        meant = MappingName(NameKind.FIELD, str(name), (field.id,))
        compilation.names.add(meant)
        compilation.spots.append(NameSpan(meant, name.start, name.end))
        compilation.places[name.start, name.end] = (_clause(field),)


def _by_name(compilation: Compilation, name: str) -> list[Field]:
    folded = name.casefold()
    return [
        field
        for field in compilation.catalogue.fields
        if folded in (clause.casefold() for clause in field.clause_names)
        or (folded == field.name.casefold() and field.id.startswith(PREFIX))
    ]


def _of_catalogue(compilation: Compilation, name: FieldName, field: Field) -> JqlField | None:
    if field.id.startswith(PREFIX):
        return custom_field(field)
    for clause in (field.id, *field.clause_names):
        system = fields.BY_NAME.get(clause.lower())
        if system:
            return system
    if not _unsupported(compilation, name):
        compilation.refuse(
            "unsupported-field", f'the field "{name}" cannot be asked for here', name, _known(compilation)
        )
    return None


def _ambiguous(compilation: Compilation, name: FieldName, found: list[Field]) -> None:
    ids = tuple(_clause(field) for field in found)
    message = f'{count_of(len(found), "field is", "fields are")} called "{name.name}"'
    compilation.refuse(
        "ambiguous-field", message, name, ids[:MOST_IDS], f"write {ids[0]}, or the id of the other one"
    )


def _clause(field: Field) -> str:
    number = field.id.removeprefix(PREFIX)
    return f"cf[{number}]" if number != field.id else field.id


def _unsupported(compilation: Compilation, name: FieldName) -> bool:
    """Whether Jira has the field and it is refused here by name."""
    known = fields.UNSUPPORTED_BY_NAME.get(name.name.lower())
    if known:
        message = f"the field {known[0]} can only be evaluated by Jira itself"
        compilation.refuse("unsupported-field", message, name, remedy=known[1])
    return known is not None


def _unknown(compilation: Compilation, name: FieldName) -> None:
    if _unsupported(compilation, name):
        return
    number = name.name.lower().removeprefix(PREFIX)
    if name.number is None and number != name.name.lower() and number.isdecimal():
        compilation.refuse(
            "unknown-field", f"{name} is no name of a field in JQL", name, remedy=f"write cf[{number}]"
        )
        return
    known = _known(compilation)
    remedy = compilation.guess(str(name), known)
    if not compilation.catalogue.fields:
        remedy = (
            remedy
            or "the fields of the site are not known here; name a custom field by its number: cf[10010]"
        )
    if not remedy and name.name.casefold() == "sprint":
        remedy = "this account sees no field for sprints: Jira has one where boards of Jira Software are used"
    compilation.refuse(
        "unknown-field",
        f'there is no field "{name}"',
        name,
        known[:MOST_NAMES],
        remedy or "name it by number: cf[10010]",
    )


def _known(compilation: Compilation) -> tuple[str, ...]:
    system = [field.name for field in fields.SYSTEM]
    custom_names = (field.name for field in compilation.catalogue.fields if field.id.startswith(PREFIX))
    return tuple(dict.fromkeys([*system, *custom_names]))
