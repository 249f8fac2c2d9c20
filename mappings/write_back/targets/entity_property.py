"""`property`: an entity property of the issue, a small JSON object of named values that no screen shows and automation reads.

It is written and compared as one. Cloud shows properties with the issues of a search; Data Center only with a single issue.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pydantic

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.part import MOST_PARTS, Part
from mappings.document.text.places import Path
from mappings.facts.catalogue import Field
from mappings.facts.entity_property import PREFIX, property_id, property_key
from mappings.facts.raw_value import word, words
from mappings.fields import Api, is_empty
from mappings.fields.number import TOLERANCE
from mappings.rollup.state import HealthLevel
from mappings.write_back.echo import EventValue
from mappings.write_back.target import (
    Aim,
    FieldLookup,
    MadeValue,
    Objection,
    Place,
    Request,
    RuleKey,
    Sent,
    WriteBasis,
    WriteRequest,
    WriteTarget,
)
from mappings.write_back.targets import field
from mappings.write_back.values import VALUE_OF_NAME, Figures, Shown, ValuePart

if TYPE_CHECKING:
    from mappings.document.schema import Document, WriteBackPart
    from mappings.write_back.plan import Change

LONGEST_KEY = 255
LARGEST = 32_768
"""Bytes of JSON that Jira keeps in one property."""
MOST_PROPERTIES = 2
"""Different keys in one mapping. Jira shows at most five with an issue, and a draft is read together with the active mapping."""
USUAL = ("progress_percent", "health")
"""What a property holds where neither `values` nor `set` says it: values that do not change by themselves every day."""

KEY_FORM = "letters, digits, `.`, `-` and `_`, at most 255 of them, with a letter or digit first, like jira-okr.rollup"

PropertyKey = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$")]


class PropertyPart(Part):
    """An entity property of the issue and the values it holds by name; those of `set` where `values` is empty."""

    key: PropertyKey
    values: tuple[Shown, ...] = pydantic.Field(default=(), max_length=MOST_PARTS)
    round: int = pydantic.Field(default=0, ge=0, le=6)
    unknown: Literal["clear", "leave"] = "clear"


@dataclass(frozen=True, slots=True)
class PropertyPlace(Place):
    """`{"progress_percent": 62, "health": "at_risk"}`; any other JSON that somebody put there is read as it is."""

    @property
    def target(self) -> WriteTarget:
        return TARGET

    def equal(self, left: object, right: object) -> bool:
        """Same names with the same values; numbers as number fields compare them, null only to null."""
        if is_empty(left) or is_empty(right):
            return is_empty(left) and is_empty(right)
        return _alike(left, right)

    def step(self, before: object, after: object) -> str:
        """`progress_percent 50 → 62`: of two objects with the same names only what differs is said."""
        if not (isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys()):
            return f"{_text(before)} → {_text(after)}"
        moved = (name for name in after if not _alike(before[name], after[name]))
        return ", ".join(f"{name} {word(before[name])} → {word(after[name])}" for name in moved)

    def make(
        self, parts: tuple[ValuePart, ...], unknown: str, figures: Figures, _ground: WriteBasis
    ) -> MadeValue | None:
        """The named values, an unknown number as null; cleared, or left as it is, where nothing that it holds is known."""
        if not _is_known(parts, figures):
            return None if unknown == "leave" else MadeValue(None)
        made = {part.value: _plain(part.what.as_data(part, figures)) for part in parts}
        fits = len(json.dumps(made, ensure_ascii=False).encode()) <= LARGEST
        return MadeValue(made if fits else None)


def property_place(key: str) -> PropertyPlace:
    """The place that the property of this key is."""
    return PropertyPlace(property_id(key), f"entity property {key}")


class PropertyTarget(WriteTarget):
    """`property: jira-okr.rollup`, or `{key: …, values: […]}`."""

    option: ClassVar[str] = "property"
    prefix: ClassVar[str] = PREFIX
    forms: ClassVar[tuple[str, ...]] = (
        f"the key of the property: {KEY_FORM}",
        "{key: jira-okr.rollup, values: [progress_percent, health]}",
    )
    events: ClassVar[tuple[str, ...]] = ("issue_property_set", "issue_property_deleted")

    @property
    def shape(self) -> RuleKey:
        return PropertyKey | PropertyPart | None, None

    def part(self, rule: WriteBackPart) -> PropertyPart | None:
        """The property a rule writes, whichever way it is said."""
        said: str | PropertyPart | None = getattr(rule, self.option)
        return PropertyPart(key=said) if isinstance(said, str) else said

    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:  # noqa: ARG002
        """The values it lists, else those of the fields of the same rule, else progress and health."""
        part = self.part(rule)
        if part is None:
            return
        said = _said(rule)
        names = dict.fromkeys(part.values or said or USUAL)
        parts = tuple(_value_part(name, part, said.get(name)) for name in names)
        place = property_place(part.key)
        yield Aim(place, "property", partial(place.make, parts, part.unknown), rule.on_leave == "leave")

    def values(self, rule: WriteBackPart) -> Iterator[tuple[Path, str]]:
        """Those of the fields are the fields' to answer for."""
        part = self.part(rule)
        if part is not None and part.values:
            yield from (((self.option, "values", place), name) for place, name in enumerate(part.values))
        elif part is not None and not _said(rule):
            yield from (((self.option,), name) for name in USUAL)

    def places(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Place]:  # noqa: ARG002
        part = self.part(rule)
        if part is not None:
            yield property_place(part.key)

    def place(self, id_: str, field_of: FieldLookup) -> Place | None:  # noqa: ARG002
        """One that exists always."""
        key = property_key(id_)
        return None if key is None else property_place(key)

    def check(self, document: Document, sources: Mapping[str, str], report: Report) -> None:  # noqa: ARG002
        """One rule writes a property of a kind of issue; and there are few of them, for Jira shows few with an issue."""
        keys: dict[str, None] = {}
        writers: set[tuple[Path | str, str]] = set()
        for index, rule in enumerate(document.write_back):
            part, path = self.part(rule), ("write_back", index, self.option)
            if part is None:
                continue
            writer = (rule.target or path[:2], part.key)
            if writer in writers:
                message = f"the property {show_value(part.key)} of {rule.one} is written twice"
                remedy = "let one rule write it, with all its values"
                report.add(Code.TWO_WRITERS, message, path, value=part.key, remedy=remedy)
            if part.key not in keys and len(keys) == MOST_PROPERTIES:
                message = f"{show_value(part.key)} is one property too many: a mapping writes at most {MOST_PROPERTIES}"
                remedy = "use one of the others; one key serves objectives and key results alike"
                report.add(Code.TOO_MANY, message, path, value=part.key, valid=keys, remedy=remedy)
            else:
                keys[part.key] = None
            writers.add(writer)
            _check_round(part, path, report)

    def told(self, event: str, body: Mapping[str, object]) -> Mapping[str, EventValue | None]:
        stored = body.get("property")
        key = stored.get("key") if isinstance(stored, dict) else None
        if not isinstance(stored, dict) or not isinstance(key, str):
            return {}
        id_ = property_id(key[:LONGEST_KEY])
        if event.endswith("_deleted"):
            return {id_: EventValue(True)}
        return {id_: EventValue(True, stored["value"]) if "value" in stored else None}

    def shown(self, api: Api) -> bool:
        return api == 3

    def readings(self, wanted: Mapping[str, Collection[str]], sent: Sent) -> Iterator[Request]:  # noqa: ARG002
        """Those of one issue in one call."""
        for issue_id, ids in wanted.items():
            keys = ",".join(key for id_ in sorted(ids) if (key := property_key(id_)) is not None)
            yield Request("GET", f"/issue/{issue_id}", params={"fields": "id", "properties": keys})

    def found(self, request: Request, answer: object) -> Mapping[str, Mapping[str, object]] | None:
        if answer is None:
            return {}
        issue_id = request.path.rpartition("/")[2]
        if not isinstance(answer, dict) or answer.get("id") != issue_id:
            return None
        there = answer.get("properties")
        keys = request.params["properties"].split(",")
        held = there if isinstance(there, dict) else {}
        return {issue_id: {property_id(key): held[key] for key in keys if held.get(key) is not None}}

    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """A call each."""
        for change in changes:
            path = f"/issue/{change.issue_id}/properties/{property_key(change.field_id)}"
            removed = Request("DELETE", path, removes=True, answer="nothing")
            put = Request("PUT", path, change.after, answer="property")
            yield WriteRequest(removed if change.after is None else put, (change,))

    def words(self, change: Change, objection: Objection) -> str:  # noqa: ARG002
        return objection.message

    def remedy(self, change: Change, objection: Objection) -> str:
        key = property_key(change.field_id)
        if objection.status in (403, 404):
            return (
                f"Check that {change.issue_key} still exists, and give the connector's account Browse projects and Edit issues "
                "in its project; a scoped token needs write:jira-work or write:issue.property:jira."
            )
        if objection.status == 413:
            return f"Write fewer values to the property {key}."
        return f"Use another key than {key} in write_back, or see what Jira says against it, then retry."


TARGET = PropertyTarget()


def _said(rule: WriteBackPart) -> dict[str, ValuePart]:
    """What the fields of the same rule show, by the name of the value."""
    said: dict[str, ValuePart] = {}
    for shown_by in field.TARGET.part(rule).values():
        said.setdefault(shown_by.value, shown_by)
    return said


def _value_part(name: str, part: PropertyPart, said: ValuePart | None) -> ValuePart:
    """Rounded as the property says, else as the field that shows the same value, else as usual."""
    if "round" in part.model_fields_set:
        return ValuePart(value=name, round=part.round)
    return said or ValuePart(value=name)


def _is_known(parts: Iterable[ValuePart], figures: Figures) -> bool:
    """Whether some number is measured; where it holds words alone, whether the health is known."""
    numbers = [part for part in parts if part.what.is_number and not part.what.passing]
    if not numbers:
        return figures.health is not HealthLevel.UNKNOWN
    return any(part.what.number(part, figures) is not None for part in numbers)


def _check_round(part: PropertyPart, path: Path, report: Report) -> None:
    worded = not any(VALUE_OF_NAME[name].is_number for name in part.values)
    if "round" in part.model_fields_set and part.values and worded:
        message = "`round` has no effect on words"
        report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "round"), remedy="remove it")


def _text(raw: object) -> str:
    return "empty" if is_empty(raw) else words(raw)


def _plain(value: Decimal | str | None) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _alike(left: object, right: object) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_alike(*pair) for pair in zip(left, right, strict=True))
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return abs(one - other) <= TOLERANCE
    return type(left) is type(right) and left == right


def _number(value: object) -> Fraction | None:
    """A text of digits is no number here, and `true` is not 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Fraction(value)
