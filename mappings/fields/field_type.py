"""What every Jira field type offers: read a raw JSON value, make one, compare two. One type is one module beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, Literal

from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue, User
from mappings.fields.thing_states import ThingState

Api = Literal[2, 3]
"""The REST version a value is made for: 3 on Cloud (rich text is a document), 2 on Data Center (rich text is a string)."""

Value = Fraction | str | date | datetime | JiraValue | User | tuple[str, ...] | tuple[JiraValue, ...]

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
"""Prefix of `schema.custom` for the field types that come with Jira."""


class FieldPurpose(StrEnum):
    """What a type of field is made for, of what is written: numbers, one choice of several, days, or words, in which everything can be said."""

    NUMBER = "number"
    CHOICE = "choice"
    DAY = "day"
    WORDS = "words"


class ReadingKind(StrEnum):
    """What the rules of a mapping read from a type of field: numbers, days, or text."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class JqlView(StrEnum):
    """How JQL sees a field: which operators it takes, and what is compared.

    `ANY`: nothing is known of its values, so the operand decides what is compared; `CHOICE`: ids and names; `WORDS`: text that is searched.
    """

    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"
    WORDS = "words"
    CHOICE = "choice"
    ANY = "any"


def view_of(field: Field) -> JqlView:
    """How JQL sees a field whose type says nothing of it."""
    return JqlView.ANY if field.type in ("", "any", "string") else JqlView.CHOICE


SHOWS_FILES = ("mediaSingle", "mediaGroup")


class FieldValueError(ValueError):
    """A value that this field cannot hold; the message says which and what it could hold."""


class ShapeError(ValueError):
    """A raw value in a shape that nobody knows; the message shows it."""


class FieldType(ABC):
    """One type of field. Reading is lenient (what cannot be understood is None), writing is strict (`FieldValueError`).

    `schemas` are the names that Jira's field list has for it (`schema.type`); `reading` says for which uses a mapping may read it.
    """

    name: ClassVar[str]
    schemas: ClassVar[tuple[str, ...]]
    reading: ClassVar[ReadingKind | None] = None
    writable: ClassVar[bool] = True
    refuses: ClassVar[bool] = False
    """Whether there are shapes that it cannot take for anything (`refusal`)."""
    holding: ClassVar[FieldPurpose | None] = None
    """What of the values that a mapping writes it can hold; None: none of them."""

    @abstractmethod
    def fits(self, field: Field) -> bool:
        """Whether this is the type of that field."""

    @abstractmethod
    def decode(self, raw: object) -> Value | None:
        """The domain value of what Jira sent; None where the field is empty or says nothing we understand."""

    def encode(self, value: object, field: Field, api: Api = 3) -> object:  # noqa: ARG002
        """The JSON to send; None (for labels an empty list) clears. Raises FieldValueError for what the field cannot hold."""
        return None if value is None else self.make(value, field)

    def make(self, value: object, field: Field) -> object:
        """The JSON of a value that is there, the same for every API; what a type that is written has to provide."""
        raise FieldValueError(f"{field.name or field.id} holds {self.name}; {value!r} is not written to it")

    def again(self, raw: object, field: Field) -> object:  # noqa: ARG002
        """What was read as Jira takes it for another issue; None for what cannot be said again."""
        return as_sent(raw)

    def equal(self, left: object, right: object) -> bool:
        """Whether two raw values are the same to Jira: what it would store and give back for one is the other."""
        return self.decode(left) == self.decode(right)

    def refusal(self, raw: object) -> str:  # noqa: ARG002
        """Why a raw value cannot be taken for anything, not even for empty; empty text where it can."""
        return ""

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        """The raw value that a change of a history tells of, by its id and its words; None for empty, or where it cannot be told."""
        return None

    def jql_view(self, field: Field) -> JqlView:
        """How JQL sees it; what is compared are the values that `decode` gives, or for choices `identities` and `choices`."""
        return view_of(field)

    def choices(self, raw: object) -> tuple[JiraValue, ...] | None:  # noqa: ARG002
        """What a raw value points at, with ids and names. None: by everything with an id that stands in it."""
        return None

    def identities(self, raw: object) -> tuple[str, ...] | None:  # noqa: ARG002
        """By what JQL compares a raw value: ids and names. None: by every id and name that stands in it."""
        return None

    def stated(self, raw: object) -> tuple[ThingState, ...] | None:  # noqa: ARG002
        """What a raw value points at with the state it is in, as JQL's functions ask for it (`active`). None: such things have no state."""
        return None

    def in_states(self, raw: object, states: Mapping[str, str]) -> object:  # noqa: ARG002
        """The raw value with these things, by id, in these states."""
        return raw

    def text(self, raw: object) -> str:
        """The raw value as a person reads it; `empty` where there is none."""
        value = self.decode(raw)
        return "empty" if value is None else str(value)

    def step(self, before: object, after: object) -> str:
        """What a change does, as a person reads it: `50 → 62`."""
        return f"{self.text(before)} → {self.text(after)}"


def is_empty(raw: object) -> bool:
    """Whether a raw value says nothing: missing, null, blank, an empty list or object, a hollow one."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, dict):
        return not raw or is_hollow(raw)
    return raw is None or raw == []


def is_hollow(raw: dict[str, object]) -> bool:
    """Whether an object says nothing: Cloud's "no parent" in a Parent Link (display hints, no data), or a document without content."""
    return ("showField" in raw and not raw.get("data")) or (
        raw.get("type") == "doc" and not raw.get("content")
    )


def as_sent(raw: object) -> object:
    """A raw value as Jira takes it: what has an identity by that; None for what cannot be said again.

    A document comes without the files it shows: they are attached to the issue itself, and Jira takes no other issue's.
    """
    if isinstance(raw, list):
        found = [as_sent(one) for one in raw]
        return None if None in found else found
    if not isinstance(raw, Mapping):
        return raw
    if raw.get("type") == "doc":
        return {**raw, "content": _without_files(raw.get("content"))}
    for name in ("accountId", "id", "name"):
        if name in raw:
            child = {"child": as_sent(raw["child"])} if isinstance(raw.get("child"), Mapping) else {}
            return {name: raw[name], **child}
    return None


def _without_files(content: object) -> list[object]:
    """The nodes of a document; an empty paragraph stands where a file did, since what holds it may not be empty."""
    found: list[object] = []
    for node in content if isinstance(content, list) else ():
        if not isinstance(node, Mapping) or "content" not in node:
            if not _is_file(node):
                found.append(node)
            continue
        left = _without_files(node["content"])
        emptied = node.get("type") in SHOWS_FILES and not any(_type(one) == "media" for one in left)
        found.append({"type": "paragraph", "content": []} if emptied else {**node, "content": left})
    return found


def _is_file(node: object) -> bool:
    attributes = node.get("attrs") if isinstance(node, Mapping) else None
    elsewhere = isinstance(attributes, Mapping) and attributes.get("type") == "external"
    return _type(node) in ("media", "mediaInline") and not elsewhere


def _type(node: object) -> object:
    return node.get("type") if isinstance(node, Mapping) else None
