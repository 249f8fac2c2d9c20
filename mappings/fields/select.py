"""Select lists and radio buttons: one option. The id decides; a value serves where the ids are not known."""

from __future__ import annotations

from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import FieldPurpose, FieldType, FieldValueError


class Select(FieldType):
    """`{"id": "10020", "value": "On track"}`; decoded, the option's `name` is its value."""

    name: ClassVar[str] = "select"
    schemas: ClassVar[tuple[str, ...]] = ("option", "option-with-child")
    holding: ClassVar[FieldPurpose | None] = FieldPurpose.CHOICE

    def fits(self, field: Field) -> bool:
        return field.type == "option"

    def decode(self, raw: object) -> JiraValue | None:
        return option(raw)

    def make(self, value: object, field: Field) -> object:
        """Id and value of the option with this id or value; the value alone where no options of the field are known, or several are called so."""
        return choice(value, field)

    def equal(self, left: object, right: object) -> bool:
        one, other = option(left), option(right)
        if one is None or other is None:
            return one is other
        return same_option(one, other)

    def from_change(self, id_: str | None, text: str | None) -> object:
        return {"id": id_ or "", "value": text or ""} if id_ or text else None

    def text(self, raw: object) -> str:
        found = option(raw)
        return "empty" if found is None else found.name or found.id


def option(raw: object) -> JiraValue | None:
    """The option of a raw value; a plain string is taken for its value."""
    if isinstance(raw, str):
        return JiraValue("", raw.strip()) if raw.strip() else None
    if not isinstance(raw, dict):
        return None
    id_, value = raw.get("id"), raw.get("value", raw.get("name"))
    found = JiraValue(
        str(id_) if isinstance(id_, str | int) else "", value.strip() if isinstance(value, str) else ""
    )
    return found if found.id or found.name else None


def same_option(one: JiraValue, other: JiraValue) -> bool:
    """By id where both have one, else by value."""
    return one.id == other.id if one.id and other.id else one.name == other.name


def choice(value: object, field: Field) -> dict[str, str]:
    """One option as Jira shows it, given by id, value or as an option itself. It is sent by its id (`by_id`): values change, ids do not.

    Contexts of a field may have options of the same value, each with an id of its own: where it is not known of which context the issue is
    (`Field.within`), the value is all that can be said, and Jira finds the option of that context.
    """
    wanted = (
        value if isinstance(value, JiraValue) else JiraValue("", value) if isinstance(value, str) else None
    )
    if wanted is None:
        raise FieldValueError(f"{field.name or field.id} holds an option; {value!r} is none")
    if not field.options:
        return {"id": wanted.id} if wanted.id else {"value": wanted.name}
    found, word = known_option(wanted, field), (wanted.name or wanted.id).strip()
    if found is None:
        valid = ", ".join(known.name for known in field.options)
        raise FieldValueError(
            f"{field.name or field.id} has no option {wanted.name or wanted.id!r}; its options: {valid}"
        )
    alike = {known.id for known in field.options if known.name.strip() == found.name.strip()}
    if len(alike) > 1 and found.id not in (wanted.id, word):
        return {"value": found.name}
    return {"id": found.id, "value": found.name}


def as_said(word: str, field: Field) -> dict[str, str]:
    """An option that an issue cannot hold, as it is asked for all the same: by its id where the word is one, else by the word. Jira refuses it."""
    return {"id": word} if any(known.id == word for known in field.options) else {"value": word}


def by_id(raw: object) -> object:
    """What is sent of a raw value: of an option whose id is known the id alone, whatever it is called by now."""
    if isinstance(raw, list):
        return [by_id(one) for one in raw]
    if isinstance(raw, dict) and raw.keys() == {"id", "value"}:
        return {"id": raw["id"]}
    return raw


def known_option(wanted: JiraValue, field: Field) -> JiraValue | None:
    """The option of the field with this id, else with exactly this value, else with this value in any case."""
    word = (wanted.name or wanted.id).strip()
    matches = (
        [known for known in field.options if wanted.id and known.id == wanted.id],
        [known for known in field.options if known.name.strip() == word],
        [known for known in field.options if known.name.strip().casefold() == word.casefold()],
        [known for known in field.options if known.id == word],
    )
    return next((found[0] for found in matches if found), None)
