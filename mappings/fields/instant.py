"""Date-time fields: an instant, to the millisecond. Jira writes the zone without a colon (`+0000`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldType, FieldValueError, JqlView, ReadingKind


class Instant(FieldType):
    """`"2026-11-22T10:00:00.000+0000"`, in any zone; decoded in UTC."""

    name: ClassVar[str] = "datetime"
    schemas: ClassVar[tuple[str, ...]] = ("datetime",)
    reading: ClassVar[ReadingKind | None] = ReadingKind.DATE

    def fits(self, field: Field) -> bool:
        return field.type == "datetime"

    def decode(self, raw: object) -> datetime | None:
        """An instant cut to the millisecond; one without a zone says too little and is None."""
        try:
            found = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else None
            return None if found is None or found.tzinfo is None else cut(found)
        except (ValueError, OverflowError):
            return None

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return text or None

    def jql_view(self, field: Field) -> JqlView:  # noqa: ARG002
        return JqlView.INSTANT

    def make(self, value: object, field: Field) -> object:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise FieldValueError(f"{field.name or field.id} holds an instant with a zone; {value!r} is none")
        moment = cut(value)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"

    def text(self, raw: object) -> str:
        found = self.decode(raw)
        return "empty" if found is None else f"{found:%Y-%m-%d %H:%M} UTC"


def cut(moment: datetime) -> datetime:
    """In UTC and whole milliseconds, as Jira keeps it."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
