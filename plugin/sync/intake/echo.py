"""Our own writes coming back. Known by what they say, whoever did it: an account may be shared, and its people edit by hand too."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from connectors.jira import Hints
from connectors.jira.webhooks.hints import Told
from connectors.store.numbers import mirror
from connectors.store.work import writes
from connectors.store.work.writes import Write
from mappings.facts.catalogue import Field
from mappings.fields import FieldType, field_type, property_id
from plugin.sync.context import Context


def is_echo(context: Context, conn: Connection, hints: Hints) -> bool:
    """Whether a delivery says no more than that fields of ours hold what we wrote last, which the mirror knows.

    Anything else is read again: another value, another field beside, an event without a value.
    """
    told = _told_by_id(context, hints)
    if not told or not hints.issue_ids or not told.keys() <= context.written_fields:
        return False
    return all(_knows(context, conn, issue_id, told) for issue_id in hints.issue_ids)


def _told_by_id(context: Context, hints: Hints) -> dict[str, Told | None]:
    """What is said of every changed field and property, None where nothing is."""
    found: dict[str, Told | None] = {property_id(key): hints.told.get(key) for key in hints.property_keys}
    for name in hints.changed_fields:
        found |= dict.fromkeys(context.field_ids([name]), hints.told.get(name))
    return found


def _knows(context: Context, conn: Connection, issue_id: str, told: dict[str, Told | None]) -> bool:
    known = mirror.get(conn, context.site, [issue_id]).get(issue_id)
    if known is None:
        return False
    fields = {field.id: field for field in (*context.mapping.fields.values(), *context.mapping.properties())}
    return all(
        _is_ours(
            fields[id_], said, writes.on_record(conn, context.site, issue_id, id_), known.fields.get(id_)
        )
        for id_, said in told.items()
    )


def _is_ours(field: Field, told: Told | None, write: Write | None, mirrored: object) -> bool:
    """A write under way is in the mirror only once it is settled."""
    type_ = field_type(field)
    if type_ is None or told is None or write is None or not says(type_, told, write.after):
        return False
    return write.outcome is None or type_.equal(mirrored, write.after)


def says(type_: FieldType, told: Told, value: object) -> bool:
    """Whether an event tells of exactly this value. Pure."""
    if told.whole:
        return type_.equal(told.value, value)
    if not told.id and not told.text:
        return type_.equal(None, value)
    if type_.name == "number":
        with suppress(ValueError):
            return type_.equal(float(told.text or ""), value)
        return False
    if type_.name == "select":
        return type_.equal({"id": told.id or "", "value": told.text or ""}, value)
    return type_.equal(told.text, value)
