"""Where a list goes on: an opaque text that says which list it belongs to, so that a cursor of another list is refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from plugin.doors.model import LARGEST_ID, ListQuery, Page
from plugin.doors.refusal import RequestRefusal, invalid

BESIDE = frozenset({"limit", "cursor"})
Found = TypeVar("Found")
Shown = TypeVar("Shown")
REMEDY = "Send `next` of the page before as it came, with the same filters, or leave it out to begin anew."


def list_name(kind: str, query: BaseModel) -> str:
    """Names a list with its filters; the size of the page is not part of it."""
    filters = query.model_dump(mode="json", exclude=set(BESIDE))
    text = json.dumps([kind, filters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def cursor(name: str, *position: str | int) -> str:
    """The text of a position."""
    text = json.dumps([name, *position], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def number_after(text: str | None, name: str) -> int | None:
    """The position of a list that goes by number; None at its beginning."""
    found = position(text, name, (int,))
    return None if found is None else int(found[0])


def page_of(
    page: type[Page[Shown]],
    kind: str,
    query: ListQuery,
    found: Sequence[Found],
    json_of: Callable[[Found], Shown],
) -> Page[Shown]:
    """The rows that a query asks for of a list that is found as a whole, each as an answer shows it; it goes on by the count of rows."""
    name = list_name(kind, query)
    start = number_after(query.cursor, name) or 0
    shown = found[start : start + query.limit]
    after = start + len(shown)
    return page(
        items=[json_of(one) for one in shown], next=cursor(name, after) if after < len(found) else None
    )


def position(text: str | None, name: str, shape: Sequence[type]) -> list[str | int] | None:
    """The position of a cursor; Refusal where it is of another list or no cursor at all."""
    if text is None:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        found = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _refused() from None
    if not isinstance(found, list) or len(found) != len(shape) + 1 or found[0] != name:
        raise _refused()
    for value, kind in zip(found[1:], shape, strict=True):
        if type(value) is not kind or (isinstance(value, int) and not 0 <= value <= LARGEST_ID):
            raise _refused()
    return found[1:]


def _refused() -> RequestRefusal:
    return invalid("?cursor", "This cursor does not belong to this list.", REMEDY)
