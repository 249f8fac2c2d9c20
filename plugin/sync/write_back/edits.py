"""What Jira says of edits that no delivery told of: whether the history of an issue tells of what moved, or its `updated` alone grew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

import structlog

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.read.changelog import UNNAMED
from connectors.store.database import json_text
from connectors.store.mirror import mirror
from mappings.explain.past import FieldChange
from mappings.facts.issue import Issue
from mappings.fields import field_type
from mappings.write_back.evidence import UnheardEdit, changed_ends, entrances, moved_facts
from plugin.sync.context import Context

AT_ONCE = 1_000
log = structlog.get_logger("jira_okr.brake")


def unheard_edit(context: Context, before: Issue, after: Issue) -> UnheardEdit:
    """What an issue says otherwise than it did before an edit that Jira dates later."""

    def same(field_id: str, left: object, right: object) -> bool:
        if not field_id.startswith("customfield_"):
            return _identity(left) == _identity(right)
        field = context.field(field_id)
        type_ = None if field is None else field_type(field)
        if type_ is None:
            return False
        choices = type_.choices(left), type_.choices(right)
        if None not in choices:
            return {one.id for one in choices[0] or ()} == {one.id for one in choices[1] or ()}
        return type_.equal(left, right)

    told = context.mapping.field_ids() - context.written_places
    moved = moved_facts(before, after, told, same)
    return UnheardEdit(before.updated, after.updated, moved, changed_ends(before, after))


def _identity(raw: object) -> object:
    """Of a value of Jira's own with an id that, and the category of a project: what else is said of it moves nothing."""
    if not isinstance(raw, Mapping) or "id" not in raw:
        return raw
    return raw["id"], raw.get("projectCategory")


def arrival(context: Context, issue: Issue, read_at: datetime) -> UnheardEdit:
    """An issue that was not known: one that was made since all were read proves itself, the others by what brought them in."""
    fields = frozenset[str]() if issue.created > read_at else entrances(context.mapping.scope)
    return UnheardEdit(read_at, issue.updated, fields, came=True)


def departure(context: Context, known: Issue, issue: Issue) -> UnheardEdit:
    """An issue that is outside of the scope now: proven by an entry that brought it out, as one that came is by what brought it in."""
    return UnheardEdit(known.updated, issue.updated, entrances(context.mapping.scope), came=True)


def unproven(context: Context, edits: Mapping[str, UnheardEdit]) -> frozenset[str]:
    """Which of these issues moved by something that their history does not tell of. Asks Jira. One whose history cannot be had proves nothing.

    Raises a JiraError where Jira cannot be asked for a passing reason.
    """
    edits = _without_gone_ends(context, edits)
    asked = {id_: one for id_, one in edits.items() if one.moved and one.tellable}
    found = {id_ for id_, one in edits.items() if not one.tellable}
    for part in _parts(context, asked):
        steps = _steps(context, {id_: asked[id_] for id_ in part})
        found |= {id_ for id_ in part if id_ not in steps or not asked[id_].told_by(steps[id_])}
    if found:
        log.info("edits that explain nothing", site=context.site, of=len(found))
    return frozenset(found)


def _parts(context: Context, edits: Mapping[str, UnheardEdit]) -> Iterator[list[str]]:
    """The issues whose histories are asked for at once. Cloud gives every entry where one may be told without the id of its field: not of those that need none such."""
    unnamed = {id_ for id_, one in edits.items() if context.api == 3 and not one.moved.isdisjoint(UNNAMED)}
    for some in (edits.keys() - unnamed, unnamed):
        source = iter(sorted(some))
        while part := list(islice(source, AT_ONCE)):
            yield part


def _without_gone_ends(context: Context, edits: Mapping[str, UnheardEdit]) -> Mapping[str, UnheardEdit]:
    """With an issue its links go, and the histories of those at the other ends do not tell of it: where each of these is gone, nothing is to be told."""
    ends = frozenset[str]().union(*(one.ends for one in edits.values()))
    if not ends:
        return edits
    with context.store.read() as conn:
        standing = mirror.get(conn, context.site, ends).keys()
    return {
        id_: one.without_links() if one.ends and one.ends.isdisjoint(standing) else one
        for id_, one in edits.items()
    }


def _steps(context: Context, edits: Mapping[str, UnheardEdit]) -> Mapping[str, tuple[FieldChange, ...]]:
    fields = frozenset[str]().union(*(one.moved for one in edits.values()))
    updated = {id_: one.updated for id_, one in edits.items()}
    try:
        return context.jira.steps(updated, sorted(fields), updated, context.called_fields)
    except (JiraRefusal, IncompleteRead) as error:
        log.warning("histories of edits cannot be had", site=context.site, of=len(edits), error=str(error))
        return {}


def facts_digest(context: Context, issue: Issue) -> str:
    """A short name for what an issue says of all that numbers may depend on: another one after an edit of that, the same after a comment."""
    fields = {
        id_: issue.fields.get(id_) for id_ in sorted(context.mapping.field_ids() - context.written_places)
    }
    plain = replace(
        issue,
        updated=issue.created,
        summary="",
        fields=fields,
        readings={},
        unknowns={},
        absent=frozenset(),
        history_at=None,
        history_names=0,
    )
    return hashlib.sha256(json_text.encode(plain).encode()).hexdigest()[:16]
