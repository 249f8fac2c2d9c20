"""Issues of an answer read one by one, where the answer as a whole cannot be: what is wrong costs a value, or that issue.

A value that can be done without (a due date, a name) is unknown, with the reason. What decides where an issue belongs and how
it counts (status, parent, labels, links …) cannot be guessed: such an issue is a gap.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from connectors import typed_json
from connectors.jira.http.errors import IncompleteRead
from connectors.jira.wire.instant import instant
from connectors.jira.wire.shapes import CORE
from mappings.facts.gap import Gap
from mappings.numbers import count_of

DISPENSABLE = frozenset(
    {
        "summary",
        "assignee",
        "reporter",
        "creator",
        "duedate",
        "resolutiondate",
        "statuscategorychangedate",
        "archiveddate",
    }
)
"""System fields without which an issue still counts as it should."""
TIMES: Mapping[str, Callable[[str], object]] = {
    "created": instant,
    "updated": instant,
    "resolutiondate": instant,
    "statuscategorychangedate": instant,
    "duedate": date.fromisoformat,
}
NEEDED = frozenset(name for name, _, default in CORE if default is msgspec.NODEFAULT)
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
LONGEST_SAID = 60
UNKNOWN_ISSUE = "Jira's answer lists an issue without {what}."


class UnreadableIssue(Exception):
    """An issue that cannot be read; carries the gap."""

    def __init__(self, gap: Gap) -> None:
        self.gap = gap
        super().__init__(gap.reason)


@dataclass(frozen=True, slots=True)
class DamagedIssue:
    """What is left of a damaged issue: its system fields typed, all fields as plain JSON, and what of them cannot be used (field id → reason)."""

    id: str
    key: str
    core: Mapping[str, Any]
    plain: Mapping[str, Any]
    properties: Any
    unknowns: Mapping[str, str]


def parse_leniently(body: bytes, listing: str = "issues") -> dict[str, Any]:
    """An answer with a list of this name as plain JSON, read more leniently than the standard allows.

    Half characters become U+FFFD; NaN and Infinity, which are no numbers, become text that says so.
    """
    try:
        answer = _clean(json.loads(body.decode("utf-8", "surrogateescape"), strict=False))
    except (ValueError, RecursionError) as error:
        raise IncompleteRead(
            f"Jira's answer ({count_of(len(body), 'byte')}) cannot be read: {typed_json.reason(error)}."
        ) from None
    if not isinstance(answer, dict) or not isinstance(answer.get(listing), list):
        raise IncompleteRead(
            f"Jira's answer ({count_of(len(body), 'byte')}) cannot be read: it holds no list {listing}."
        )
    return answer


def remains(raw: object, parent_fields: tuple[str, ...]) -> DamagedIssue:
    """What can be used of one issue of `parse_leniently`; raises Unreadable where too little can. `parent_fields` may name its parent."""
    found = raw if isinstance(raw, dict) else {}
    id_, key, fields = found.get("id"), found.get("key"), found.get("fields")
    at = Gap(id_ if isinstance(id_, str) else "", key if isinstance(key, str) else "", "")
    if not (at.issue_id.isascii() and at.issue_id.isdigit()):
        raise _unreadable(at, "id", "an id")
    if not at.issue_key:
        raise _unreadable(at, "key", "a key")
    if not isinstance(fields, dict):
        raise _unreadable(at, "", "fields")
    core: dict[str, Any] = {}
    unknowns: dict[str, str] = {}
    hangs_under = _parent(fields, parent_fields)
    for name, shape, default in CORE:
        try:
            core[name] = _typed(name, fields.get(name, default), shape)
        except (ValueError, OverflowError, TypeError) as error:
            reason = _reason(name, fields.get(name), error)
            if name not in DISPENSABLE:
                raise UnreadableIssue(
                    Gap(at.issue_id, at.issue_key, reason, field=name, parent=hangs_under)
                ) from None
            core[name], unknowns[name] = None, reason
    return DamagedIssue(
        id=at.issue_id,
        key=at.issue_key,
        core=core,
        plain=fields,
        properties=found.get("properties"),
        unknowns=unknowns,
    )


def _typed(name: str, value: object, shape: Any) -> Any:
    if value is msgspec.NODEFAULT:
        raise ValueError("it is missing")
    if value is msgspec.UNSET:
        return value
    typed = typed_json.convert(value, shape)
    if name in TIMES and (typed or name in NEEDED):
        TIMES[name](typed)
    return typed


def _reason(name: str, value: object, error: Exception) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        said = str(value)
        said = said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}…"
        return f"Its {name} {said!r} cannot be used: {typed_json.reason(error)}."
    return f"Its {name} cannot be read: {typed_json.reason(error)}."


def _unreadable(at: Gap, field: str, what: str) -> UnreadableIssue:
    return UnreadableIssue(Gap(at.issue_id, at.issue_key, UNKNOWN_ISSUE.format(what=what), field=field))


def _parent(fields: Mapping[str, Any], parent_fields: tuple[str, ...]) -> str:
    """Id or key of the parent, as far as that can be read."""
    parent = fields.get("parent")
    if isinstance(parent, dict):
        found = parent.get("id") or parent.get("key")
        return found if isinstance(found, str) else ""
    held = (fields.get(name) for name in parent_fields)
    return next((value for value in held if isinstance(value, str)), "")


def _clean(value: Any) -> Any:
    """Without what no database and no reader of JSON takes."""
    if isinstance(value, str):
        return HALF_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value
