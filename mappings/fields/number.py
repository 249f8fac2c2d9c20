"""Number fields (`float`, story points). Kept by Jira to six decimals: its databases hold `decimal(18,6)` or a double."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldPurpose, FieldType, FieldValueError, JqlView, ReadingKind
from mappings.numbers import exact, rounded

DIGITS_KEPT = 6
TOLERANCE = Fraction(1, 2 * 10**DIGITS_KEPT)
LARGEST = Fraction(10**14)
"""What Jira accepts in a number field: the value may not lie beyond one hundred trillion either way."""


class Number(FieldType):
    """A JSON number."""

    name: ClassVar[str] = "number"
    schemas: ClassVar[tuple[str, ...]] = ("number",)
    reading: ClassVar[ReadingKind | None] = ReadingKind.NUMBER
    holding: ClassVar[FieldPurpose | None] = FieldPurpose.NUMBER

    def fits(self, field: Field) -> bool:
        return field.type == "number"

    def decode(self, raw: object) -> Fraction | None:
        return exact(raw)

    def jql_view(self, field: Field) -> JqlView:  # noqa: ARG002
        return JqlView.NUMBER

    def make(self, value: object, field: Field) -> object:
        """A whole number as an integer, anything else as a float of at most six decimals."""
        number = Fraction(value) if isinstance(value, Decimal) and value.is_finite() else exact(value)
        if number is None or abs(number) > LARGEST:
            raise FieldValueError(
                f"{field.name or field.id} holds numbers up to {int(LARGEST)}; {value!r} is none"
            )
        kept = rounded(number, DIGITS_KEPT)
        return int(kept) if kept == kept.to_integral_value() else float(kept)

    def equal(self, left: object, right: object) -> bool:
        """Same to half of the last decimal that Jira keeps; no number is equal to none."""
        one, other = exact(left), exact(right)
        if one is None or other is None:
            return one is other
        return abs(one - other) <= TOLERANCE

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        number = exact(text)
        return None if number is None else float(number)

    def text(self, raw: object) -> str:
        number = exact(raw)
        return "empty" if number is None else plain(rounded(number, DIGITS_KEPT))


def plain(number: Decimal) -> str:
    """Digits without exponent and without trailing zeros: 62, 0.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
