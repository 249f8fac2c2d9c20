"""`okr_mapping`: by which rules the numbers are made."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import Field

from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Counted, Name, PageArguments, Shape, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, Unanswerable
from plugin.use_cases.mappings import revisions
from plugin.use_cases.mappings.comparison import differences
from plugin.use_cases.mappings.revisions import Revision


class RevisionShown(Shape):
    """One revision; its name is the hash of what it says."""

    revision: str
    author: Quoted
    created_at: datetime
    activated_at: datetime | None
    active: bool


class DifferenceShown(Shape):
    """One place where the active mapping differs; values as JSON, null where there is none."""

    path: Quoted
    kind: str
    before: Quoted | None
    after: Quoted | None


class LineShown(Shape):
    """One line of the text."""

    number: int
    text: Quoted


class MappingShown(Answer):
    """`counted` is of the lines with `with_text`, of the differences with `differs_from`, else of the revisions."""

    revision: str | None
    counted: Counted
    revisions: list[RevisionShown] | None
    differences: list[DifferenceShown] | None
    text: list[LineShown] | None


class MappingArguments(PageArguments):
    """What of the mapping."""

    differs_from: Name | None = Field(None, description="A revision to compare the active one with.")
    with_text: bool = Field(False, description="Its text, line by line, in the place of the revisions.")
    limit: int = Field(50, ge=1, le=200)


def okr_mapping(asking: ToolAsker, arguments: MappingArguments) -> MappingShown:
    """The active mapping: its revisions, what differs from another one, or its text."""
    site = site_of(asking, arguments)
    active = revisions.active(asking.connector, asking.actor, site)
    if arguments.with_text and arguments.differs_from is not None:
        raise Unanswerable("Ask for with_text or for differs_from, not for both at once.")
    lines, differences, known = None, None, None
    if arguments.with_text:
        every = [LineShown(number=at, text=one) for at, one in enumerate(_text(active).splitlines(), 1)]
        lines, counted = page_of(f"text:{site}", arguments, every, (one.text for one in every))
    elif arguments.differs_from is not None:
        changes = _differences(asking, site, active, arguments.differs_from)
        differences, counted = page_of(f"diff:{site}", arguments, changes, (str(one) for one in changes))
    else:
        stored = revisions.list_revisions(asking.connector, asking.actor, site)
        found, counted = page_of(f"revisions:{site}", arguments, stored, (one.revision for one in stored))
        known = [_revision(one) for one in found]
    return MappingShown(
        provenance=provenance(asking, site, MappingShown, f"/mapping/{site}"),
        revision=None if active is None else active.revision,
        counted=counted,
        revisions=known,
        differences=None if differences is None else list(differences),
        text=None if lines is None else list(lines),
    )


def _text(active: Revision | None) -> str:
    if active is None:
        raise Unanswerable("No mapping is active for this site. An admin activates one.")
    return active.text


def _differences(asking: ToolAsker, site: str, active: Revision | None, name: str) -> list[DifferenceShown]:
    other = revisions.revision(asking.connector, asking.actor, site, name)
    if other is None:
        raise Unanswerable(f"There is no single revision {name!r}. okr_mapping without arguments lists them.")
    found = differences(other.text, _text(active))
    return [
        DifferenceShown(
            path=one.path, kind=one.kind.value, before=_as_json(one.before), after=_as_json(one.after)
        )
        for one in found
    ]


def _as_json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _revision(one: Revision) -> RevisionShown:
    return RevisionShown(
        revision=one.revision,
        author=one.author,
        created_at=one.created_at,
        activated_at=one.activated_at,
        active=one.active,
    )


MAPPING = Tool(
    name="okr_mapping",
    title="The mapping",
    description="The active mapping: its revisions, where it differs from another one, or its text.",
    takes=MappingArguments,
    gives=MappingShown,
    function=okr_mapping,
)
