"""The cells of Viva Goals: what a row is aligned to, and what was checked in; and its archive of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from mappings.imports import cells
from mappings.imports.cells import CellFault, Decimal
from mappings.imports.row import ImportedCheckIn, ParentWord

ALIGNED = re.compile(
    r"(?P<title>.*)\(weight:\s*(?P<weight>[\d.,]+)\s*%\s*(?:,\s*Id:\s*(?P<id>\d+))?\)", re.DOTALL
)
"""Read from the right end: titles hold brackets themselves."""
BETWEEN = re.compile(r"(?<=\))\s*,\s*(?=\S)")
LINKED = re.compile(r'=HYPERLINK\("[^"]*"\s*[,;]\s*"(?P<id>[^"]*)"\)', re.IGNORECASE)
KEYS = ("Checkin Date", "User", "Note", "Metric Name", "Status", "Current Value", "Activity Date")
PART = re.compile(rf"(?:^|;\s*)({'|'.join(KEYS)}):", re.DOTALL)


def own_id(text: str) -> str | None:
    """The id of a row: a number, or the shown text of a link."""
    linked = LINKED.fullmatch(text.strip())
    return (linked["id"] if linked else text).strip() or None


def aligned_to(text: str, decimal: Decimal | None) -> tuple[ParentWord, ...]:
    """What a cell says that a row is aligned to, the first as its parent."""
    found = []
    for part in BETWEEN.split(text.strip()) if text.strip() else ():
        one = ALIGNED.fullmatch(part.strip())
        if one is None:
            found.append(ParentWord(title=part.strip()))
            continue
        weight = cells.number(one["weight"], decimal or ".")
        found.append(
            ParentWord(one["id"], one["title"].strip(), None if isinstance(weight, CellFault) else weight)
        )
    return tuple(found)


def check_ins(texts: Sequence[str], statuses: Mapping[str, str]) -> Iterator[ImportedCheckIn | CellFault]:
    """What was checked in, a cell each, the oldest first. A note may hold semicolons and ends of lines."""
    found = []
    for text in texts:
        pieces = PART.split(text.strip().removesuffix(";"))
        said = {name: value.strip() for name, value in zip(pieces[1::2], pieces[2::2], strict=False)}
        on = cells.day(said.get("Checkin Date", ""), None)
        value = cells.number(said.get("Current Value", ""), ".")
        if isinstance(on, CellFault) or on is None:
            yield CellFault("check_in_unreadable", f"“{text.strip()[:60]}” is no check-in of Viva Goals.")
        elif isinstance(value, CellFault):
            yield value
        else:
            status = statuses.get(said.get("Status", "").casefold())
            found.append(
                ImportedCheckIn(
                    on=on, value=value, status=status, note=said.get("Note", ""), by=said.get("User") or None
                )
            )
    yield from sorted(found, key=lambda one: one.on)


def current_of(
    said: Sequence[ImportedCheckIn], unit: str | None, whole: bool, actual: Fraction | None
) -> tuple[Fraction | None, bool]:
    """What a key result stands at, and whether that is unclear: Actual Progress is sometimes the percentage, sometimes the value."""
    values = [one.value for one in said if one.value is not None]
    if values:
        return values[-1], False
    if unit == "%" and whole:
        return actual, False
    return None, actual is not None
