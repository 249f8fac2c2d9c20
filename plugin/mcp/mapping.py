"""`okr_mapping` and `okr_draft`: by which rules the numbers are made, and the draft of others."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import Field

from mappings.diagnostic import Severity
from mappings.numbers import count_of
from plugin.access.authorization.permission import Permission
from plugin.doors.model import MappingText
from plugin.mcp.protocol.confirmation import ActArguments, ActReceipt, two_calls
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, PageArguments, RowCount, Shape, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.mappings import drafts, revisions
from plugin.use_cases.mappings.comparison import differences
from plugin.use_cases.mappings.mapping_life import read_text
from plugin.use_cases.mappings.revisions import Revision


class RevisionShape(Shape):
    """One revision; its name is the hash of what it says."""

    revision: str
    author: Quoted
    created_at: datetime
    activated_at: datetime | None
    active: bool


class DifferenceShape(Shape):
    """One place where the active mapping differs; values as JSON, null where there is none."""

    path: Quoted
    kind: str
    before: Quoted | None
    after: Quoted | None


class LineShape(Shape):
    """One line of the text."""

    number: int
    text: Quoted


class MappingAnswer(Answer):
    """`counted` is of the lines with `with_text` or `draft`, of the differences with `differs_from`, else of the revisions. `seen` is what
    `okr_draft` takes to change your draft; empty where you have none.
    """

    revision: str | None
    counted: RowCount
    revisions: list[RevisionShape] | None
    differences: list[DifferenceShape] | None
    text: list[LineShape] | None
    seen: str


class MappingArguments(PageArguments):
    """What of the mapping."""

    differs_from: Name | None = Field(None, description="A revision to compare the active one with.")
    with_text: bool = Field(False, description="Its text, line by line, in the place of the revisions.")
    draft: bool = Field(False, description="The text of your own draft, line by line.")
    limit: int = Field(50, ge=1, le=200)


def okr_mapping(asking: ToolAsker, arguments: MappingArguments) -> MappingAnswer:
    """The active mapping: its revisions, what differs from another one, or its text."""
    site = site_of(asking, arguments)
    active = revisions.active(asking.connector, asking.actor, site)
    if (arguments.with_text, arguments.differs_from is not None, arguments.draft).count(True) > 1:
        raise UnanswerableQuestion(
            "Ask for one of with_text, differs_from and draft, not for several at once."
        )
    own = drafts.own_draft(asking.connector, asking.actor, site)
    lines, differences, known = None, None, None
    if arguments.with_text or arguments.draft:
        text = _drafted(own) if arguments.draft else _text(active)
        every = [LineShape(number=at, text=one) for at, one in enumerate(text.splitlines(), 1)]
        what = "draft" if arguments.draft else "text"
        lines, counted = page_of(f"{what}:{site}", arguments, every, (one.text for one in every))
    elif arguments.differs_from is not None:
        changes = _differences(asking, site, active, arguments.differs_from)
        differences, counted = page_of(f"diff:{site}", arguments, changes, (str(one) for one in changes))
    else:
        stored = revisions.list_revisions(asking.connector, asking.actor, site)
        found, counted = page_of(f"revisions:{site}", arguments, stored, (one.revision for one in stored))
        known = [_revision(one) for one in found]
    return MappingAnswer(
        provenance=provenance(asking, site, MappingAnswer, f"/mapping/{site}"),
        revision=None if active is None else active.revision,
        counted=counted,
        revisions=known,
        differences=None if differences is None else list(differences),
        text=None if lines is None else list(lines),
        seen=drafts.version_of(own),
    )


class DraftArguments(ActArguments):
    """What your draft shall say."""

    text: MappingText = Field(description="The whole mapping, as YAML.")
    seen: str = Field(
        "", max_length=64, description="As okr_mapping tells it with your draft; empty where you have none."
    )


def okr_draft(asking: ToolAsker, arguments: DraftArguments) -> ActReceipt:
    """Keep a text as one's own draft, which the editor of the pages shows then."""
    site = site_of(asking, arguments)
    found = read_text(arguments.text)
    wrong = [one for one in found if one.severity is Severity.ERROR]
    said = (
        f"It has {count_of(len(wrong), 'error')}, the first: {wrong[0]}"
        if wrong
        else "It has no errors by itself."
    )

    def do() -> str:
        kept = drafts.keep(asking.connector, asking.actor, site, arguments.text, expected={arguments.seen})
        return f"Kept as your draft for {site}, as {drafts.version_of(kept)}. Preview and activate it in the pages."

    would = f"Keep {count_of(len(arguments.text.splitlines()), 'line')} as your draft for {site}; it activates nothing. {said}"
    return two_calls(asking, DRAFT.name, arguments, site, f"/mapping/{site}", would, do)


def _drafted(own: drafts.Draft | None) -> str:
    if own is None:
        raise UnanswerableQuestion("You have no draft for this site. okr_draft keeps one.")
    return own.text


def _text(active: Revision | None) -> str:
    if active is None:
        raise UnanswerableQuestion("No mapping is active for this site. An admin activates one.")
    return active.text


def _differences(asking: ToolAsker, site: str, active: Revision | None, name: str) -> list[DifferenceShape]:
    other = revisions.revision(asking.connector, asking.actor, site, name)
    if other is None:
        raise UnanswerableQuestion(
            f"There is no single revision {name!r}. okr_mapping without arguments lists them."
        )
    found = differences(other.text, _text(active))
    return [
        DifferenceShape(
            path=one.path, kind=one.kind.value, before=_as_json(one.before), after=_as_json(one.after)
        )
        for one in found
    ]


def _as_json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _revision(one: Revision) -> RevisionShape:
    return RevisionShape(
        revision=one.revision,
        author=one.author,
        created_at=one.created_at,
        activated_at=one.activated_at,
        active=one.active,
    )


MAPPING = Tool(
    name="okr_mapping",
    title="The mapping",
    description="The active mapping: its revisions, where it differs from another one, or its text; or your own draft of another.",
    takes=MappingArguments,
    gives=MappingAnswer,
    function=okr_mapping,
)
DRAFT = Tool(
    name="okr_draft",
    title="Draft a mapping",
    description="Keep a text as your own draft of the mapping, for the pages to preview and activate. For admins; it activates and writes nothing. "
    "Call without confirm first, show the person `would`, call again with confirm after their yes.",
    takes=DraftArguments,
    gives=ActReceipt,
    function=okr_draft,
    permission=Permission.ADMIN,
)
