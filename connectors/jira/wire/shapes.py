"""The shapes in which Jira sends issues, reduced to what the mirror keeps. Everything else is skipped, never built."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import UNSET, UnsetType

from connectors import typed_json


class WireShape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Base of all shapes: hashable, so that repeated parts are built once."""


class WireValue(WireShape, frozen=True, gc=False, rename="camel"):
    id: str
    name: str = ""


class WireProject(WireShape, frozen=True, gc=False, rename="camel"):
    """`archived` is said of a project of Data Center alone."""

    id: str
    key: str
    name: str = ""
    archived: bool = False


class WireIssueType(WireShape, frozen=True, gc=False, rename="camel"):
    """Data Center knows `subtask` alone, no levels."""

    id: str
    name: str = ""
    subtask: bool = False
    hierarchy_level: int | None = None


class WireCategory(WireShape, frozen=True, gc=False, rename="camel"):
    key: str = "undefined"


class WireStatus(WireShape, frozen=True, gc=False, rename="camel"):
    id: str
    name: str = ""
    status_category: WireCategory | None = None


class WireUser(WireShape, frozen=True, gc=False, rename="camel"):
    account_id: str | None = None
    name: str | None = None
    key: str | None = None
    display_name: str | None = None
    email_address: str | None = None


class WireRef(WireShape, frozen=True, gc=False, rename="camel"):
    id: str
    key: str = ""


class WireLinkType(WireShape, frozen=True, gc=False, rename="camel"):
    id: str
    name: str = ""
    inward: str = ""
    outward: str = ""


class WireLink(WireShape, frozen=True, gc=False, rename="camel"):
    type: WireLinkType
    inward_issue: WireRef | None = None
    outward_issue: WireRef | None = None


CORE: tuple[tuple[str, Any, Any], ...] = (
    ("project", WireProject, msgspec.NODEFAULT),
    ("issuetype", WireIssueType, msgspec.NODEFAULT),
    ("status", WireStatus, msgspec.NODEFAULT),
    ("created", str, msgspec.NODEFAULT),
    ("updated", str, msgspec.NODEFAULT),
    ("summary", str | None | UnsetType, UNSET),
    ("resolution", WireValue | None | UnsetType, UNSET),
    ("priority", WireValue | None | UnsetType, UNSET),
    ("parent", WireRef | None, None),
    ("labels", list[str] | None | UnsetType, UNSET),
    ("components", list[WireValue] | None | UnsetType, UNSET),
    ("fixVersions", list[WireValue] | None | UnsetType, UNSET),
    ("versions", list[WireValue] | None | UnsetType, UNSET),
    ("assignee", WireUser | None | UnsetType, UNSET),
    ("reporter", WireUser | None | UnsetType, UNSET),
    ("creator", WireUser | None | UnsetType, UNSET),
    ("duedate", str | None | UnsetType, UNSET),
    ("resolutiondate", str | None | UnsetType, UNSET),
    ("statuscategorychangedate", str | None | UnsetType, UNSET),
    ("issuelinks", list[WireLink] | None | UnsetType, UNSET),
    ("archiveddate", str | None | UnsetType, UNSET),
)
"""System fields the mirror always keeps, with their shapes; without the first five an issue cannot be read. Of the others one that is
not in the answer is UNSET (all but `parent`: that key Jira leaves out where there is no parent)."""
OMISSIBLE: tuple[str, ...] = tuple(name for name, _, default in CORE if default is UNSET)
"""The system fields that an answer has to name, be it with null."""


def core_fields() -> tuple[str, ...]:
    """Ids of the system fields every read asks for, beside those of the mapping."""
    return tuple(name for name, _, _ in CORE)


CORE_SHAPES: dict[str, Any] = {name: shape for name, shape, _ in CORE}


def fields_shape(names: tuple[str, ...], plain: frozenset[str]) -> type[msgspec.Struct]:
    """A Struct of the core fields and of `names` as plain JSON, held as attributes `x0`, `x1`, … A field that is not in the
    answer at all is UNSET, which is not the same as null.

    The core fields in `plain` are left as plain JSON too: a mapping names them, and wants them as Jira has them.
    """
    held = {f"x{index}": name for index, name in enumerate(names)}
    core = [(name, Any if name in plain else shape, default) for name, shape, default in CORE]
    own = [(attribute, Any, msgspec.UNSET) for attribute in held]
    return msgspec.defstruct("WireFields", [*core, *own], rename=held, frozen=True, gc=False)


def page_shape(fields: type[msgspec.Struct], properties: bool = False) -> type[IssuePage]:
    """A Struct for any answer that lists issues: Cloud search, Data Center search, bulk read.

    With `properties` the issues carry entity properties by key, where they have any of those asked for.
    """
    held: list[Any] = [("properties", dict[str, Any] | None, None)] if properties else []
    issue = msgspec.defstruct(
        "WireIssue", [("id", str), ("key", str), ("fields", fields), *held], frozen=True, gc=False
    )
    return _listing("WirePage", issue)


class IssuePage(msgspec.Struct, gc=False, rename="camel"):
    """What every answer that lists issues may say beside them; what it does not say is None."""

    is_last: bool | None = None
    next_page_token: str | None = None
    total: int | None = None
    warnings: list[object] | None = None
    warning_messages: list[object] | None = None
    issue_errors: list[object] | None = None


def _listing(name: str, issue: type[msgspec.Struct]) -> type[IssuePage]:
    issues = ("issues", list[issue])  # type: ignore[valid-type]
    made = msgspec.defstruct(name, [issues], bases=(IssuePage,), gc=False, rename="camel", kw_only=True)
    return cast("type[IssuePage]", made)


ID_PAGES: msgspec.json.Decoder[Any] = typed_json.decoder(_listing("WireIdPage", WireRef))
