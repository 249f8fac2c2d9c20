"""What Jira says of edits that no delivery told of: whether the history of an issue tells of what moved, or its `updated` alone grew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

import structlog

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.read.changelog import UNNAMED
from connectors.store.database import json_text
from connectors.store.mirror import mirror
from mappings.explain.past import FieldChange
from mappings.facts.issue import STATUS_CATEGORY, Issue
from mappings.fields import field_type
from mappings.fields.thing_states import ThingReader, same_things
from mappings.write_back.evidence import UnheardEdit, changed_ends, entrances, moved_facts, plain_facts
from plugin.sync.context import Context

AT_ONCE = 1_000
log = structlog.get_logger("jira_okr.brake")


def unheard_edit(context: Context, before: Issue, after: Issue) -> UnheardEdit:
    """What an issue says otherwise than it did before an edit that Jira dates later."""

    stating = context.stating_fields

    def same(field_id: str, left: object, right: object) -> bool:
        if field_id in stating:
            return same_things(stating[field_id](left), stating[field_id](right))
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

    moved = moved_facts(before, after, _told(context), same)
    named = moved | {STATUS_CATEGORY} if "status" in moved else moved
    former = (
        {name: one for name, one in fact_names(context, before).items() if name in named} if moved else {}
    )
    return UnheardEdit(before.updated, after.updated, moved, changed_ends(before, after), former=former)


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
    ways = entrances(context.mapping.scope)
    return UnheardEdit(known.updated, issue.updated, ways, came=True, former=fact_names(context, known))


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


def fact_names(context: Context, issue: Issue) -> dict[str, str]:
    """By field a short name for what an issue says of it, of all that numbers may depend on: another one after an edit of that."""
    stating = context.stating_fields
    told = {name: _plain(context, stating, name, issue.fields.get(name)) for name in _told(context)}
    return {name: _short_name(value) for name, value in {**plain_facts(issue), **told}.items()}


def _plain(context: Context, stating: Mapping[str, ThingReader], field_id: str, raw: object) -> object:
    """A raw value without what is said of it besides, as the words of an option, or in which state a sprint is that Jira itself tells."""
    if field_id in stating:
        return sorted(one.id if one.is_known else f"{one.id} {one.state}" for one in stating[field_id](raw))
    if not field_id.startswith("customfield_"):
        return _identity(raw)
    field = context.field(field_id)
    type_ = None if field is None else field_type(field)
    choices = None if type_ is None else type_.choices(raw)
    return raw if choices is None else sorted(one.id for one in choices)


def _short_name(value: object) -> str:
    return hashlib.sha256(json_text.encode(value).encode()).hexdigest()[:12]


def _told(context: Context) -> frozenset[str]:
    return context.mapping.field_ids() - context.written_places
