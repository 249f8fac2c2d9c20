"""Makes in Jira the issues of an objective that is carried forward as a copy: each once, found again after a crash at any instruction.

What is kept before Jira is asked says that it was asked. Whoever finds that without an answer looks for the issue by its label, and never makes another:
after an hour a person decides.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.jira import AuthFailure, CreatedIssue, CreateField, JiraRefusal, RateLimitError
from connectors.store.cycles import carries
from connectors.store.cycles.carries import KeptCarry, MadeCopy
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.work import due
from mappings.fields import field_type
from mappings.fields.field_type import as_sent
from mappings.kpi.episode import carry
from mappings.rollup.cycles.carry_steps import CopiedLink, FieldWrite, IssueCopy, RowMove
from mappings.write_back.target import Request
from plugin.sync.context import Context
from plugin.sync.reconcile.creation import (
    LOOKED_FOR_AFTER,
    PATIENCE,
    fields_by_kind,
    found_by_label,
    link_issue,
    make_issue,
    parent_places,
    place_issue,
)

LABELS, DESCRIPTION, PRIORITY = "labels", "description", "priority"
PLACES = frozenset({"parent", "reporter"})
"""What says where an issue stands, or is filled by Jira."""


class CopyFailure(Exception):
    """A copy cannot be made, or whether it was made cannot be found out: a person has to look."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies that stand, by what they are copies of; with what each lacks still because no create screen has it, and which hang nowhere yet for that reason."""

    made: Mapping[str, MadeCopy]
    left: Mapping[str, tuple[FieldWrite, ...]]
    unplaced: frozenset[str] = frozenset()

    def id_of(self, issue_id: str) -> str:
        """The copy of an issue; the issue itself where it is not copied."""
        one = self.made.get(issue_id)
        return one.id if one is not None else issue_id


def make_copies(context: Context, kept: KeptCarry) -> Copies | None:
    """Make what stands nowhere yet, that of the objective first. None where one is looked for: then it goes on later.

    Raises JiraRefusal for what Jira declines, CopyFailure where a person has to look, another JiraError for passing trouble.
    """
    plan, made = kept.plan, {one.source_id: one for one in kept.made}
    screens: dict[tuple[str, str], dict[str, CreateField]] = {}
    left, unplaced = {}, set()
    for copy in plan.copies:
        context.keep()
        place = (copy.project.id, copy.type.id)
        if place not in screens:
            screens[place] = context.jira.create_fields(*place)
        screen = screens[place]
        left[copy.source_id] = tuple(one for one in copy.sets if one.field_id not in screen)
        if (copy.below or copy.parent_id) and not parent_places(
            context, copy.type, "", "", fields_by_kind(screen)
        ):
            unplaced.add(copy.source_id)
        before = made.get(copy.source_id)
        if before is not None and before.id:
            continue
        one = _found(context, copy)
        if one is None:
            tried = before.tried if before is not None else None
            if tried is not None:
                _wait(context, kept, copy, tried)
                return None
            one = _made(context, kept, copy, made, screen)
        made[copy.source_id] = one
        _note(context, kept, made.values())
    return Copies(made, left, frozenset(unplaced))


def _wait(context: Context, kept: KeptCarry, copy: IssueCopy, tried: datetime) -> None:
    now = context.clock()
    if now - tried >= PATIENCE:
        raise CopyFailure(
            f"Jira was asked to copy {copy.source_key}, and its answer never came. Look there for the label {copy.label}: "
            "where the issue is there, or is not, carry it forward again; it is found, or made"
        )
    with context.store.write() as conn:
        ids = frozenset({kept.plan.objective_id})
        due.mark(conn, context.site, ids, now, "a copy is looked for", now + LOOKED_FOR_AFTER)
        context.announcer.marked(conn, context.site, ids, now + LOOKED_FOR_AFTER)


def _found(context: Context, copy: IssueCopy) -> MadeCopy | None:
    found = found_by_label(context, copy.label)
    return None if found is None else MadeCopy(copy.source_id, id=found.id, key=found.key)


def _made(
    context: Context,
    kept: KeptCarry,
    copy: IssueCopy,
    made: Mapping[str, MadeCopy],
    screen: Mapping[str, CreateField],
) -> MadeCopy:
    """The one call, which is kept before it is made."""
    others = [one for one in made.values() if one.source_id != copy.source_id]
    if LABELS not in screen:
        where = f"the create screen of {copy.type.name} in {copy.project.key}"
        raise CopyFailure(
            f"{copy.source_key} was not copied: the field Labels is not on {where}, and without its label the copy could not be found again. "
            "Add it to that screen, then carry it forward again"
        )
    fields, places = _content(context, kept, copy, made, screen)
    asked = MadeCopy(copy.source_id, tried=context.clock())
    _note(context, kept, (*others, asked))
    try:
        issue = make_issue(context, fields, places)
    except (JiraRefusal, RateLimitError, AuthFailure):
        # All of these are said before anything is made.
        _note(context, kept, others)
        raise
    return MadeCopy(copy.source_id, id=issue.id, key=issue.key)


def _content(
    context: Context,
    kept: KeptCarry,
    copy: IssueCopy,
    made: Mapping[str, MadeCopy],
    screen: Mapping[str, CreateField],
) -> tuple[dict[str, object], list[tuple[str, object]]]:
    """The fields of a copy, and the places that may say what it stands below. It is read before Jira is asked to make anything."""
    fields: dict[str, object] = {
        "project": {"id": copy.project.id},
        "issuetype": {"id": copy.type.id},
        "summary": copy.title,
        **{one.field_id: json.loads(one.value) for one in copy.sets if one.field_id in screen},
    }
    fields = {**_besides(context, copy, fields.keys(), screen), **fields}
    above = _above(context, copy, made.get(kept.plan.objective_id))
    return fields, [] if above is None else parent_places(context, copy.type, *above, fields_by_kind(screen))


def _besides(
    context: Context, copy: IssueCopy, given: Collection[str], screen: Mapping[str, CreateField]
) -> dict[str, object]:
    """Its description, and what the screen requires: read from the issue itself, since the mirror does not keep them."""
    wanted = [
        one.id
        for one in screen.values()
        if (one.required or one.id == DESCRIPTION) and one.id not in given and one.id not in PLACES
    ]
    if not wanted:
        return {}
    read = context.jira.read([copy.source_id], wanted).issues
    held = {
        id_: _again(context, id_, raw) for issue in read for id_, raw in issue.fields.items() if id_ in wanted
    }
    return {id_: value for id_, value in held.items() if value is not None}


def _again(context: Context, field_id: str, raw: object) -> object:
    field = context.field(field_id)
    type_ = field_type(field) if field is not None else None
    return as_sent(raw) if field is None or type_ is None else type_.again(raw, field)


def _above(context: Context, copy: IssueCopy, objective: MadeCopy | None) -> tuple[str, str] | None:
    """Id and key of the issue that a copy stands below: the copy of its `objective`, or that of what it is a copy of."""
    if copy.below and objective is not None:
        return objective.id, objective.key
    return None if copy.parent_id is None else (copy.parent_id, _key(context, copy.parent_id))


def _key(context: Context, issue_id: str) -> str:
    with context.store.read() as conn:
        known = mirror.get(conn, context.site, [issue_id])
    return known[issue_id].key if issue_id in known else issue_id


def join_copies(context: Context, kept: KeptCarry, copies: Copies) -> frozenset[str]:
    """Set what no create screen had, link the copies, move what goes on below them, and let the next cycle count, last. Ids of all that was touched."""
    plan = kept.plan
    objective = copies.made[plan.objective_id]
    for copy in plan.copies:
        one = copies.made[copy.source_id]
        _complete(context, one, copies.left[copy.source_id])
        above = _above(context, copy, objective) if copy.source_id in copies.unplaced else None
        if above is not None:
            place_issue(context, CreatedIssue(one.id, one.key), copy.type, *above)
        for link in copy.links:
            _link(context, one, CopiedLink(link.type_id, link.outward, copies.id_of(link.issue_id)))
        if plan.continues is not None:
            _link(context, one, CopiedLink(plan.continues, outward=True, issue_id=copy.source_id))
    for move in plan.moves:
        _move(context, objective, move)
    for copy in plan.copies:
        _edit(context, copies.made[copy.source_id], copy.mark)
    moved = {one.issue_id for one in plan.moves}
    return frozenset({one.id for one in copies.made.values()} | copies.made.keys() | moved)


def _complete(context: Context, one: MadeCopy, writes: tuple[FieldWrite, ...]) -> None:
    """Set what the create screen lacked. A priority that no screen of the project shows is the one that Jira gives by itself."""
    try:
        _edit(context, one, writes)
    except JiraRefusal as error:
        if PRIORITY not in error.fields:
            raise
        _edit(context, one, [each for each in writes if each.field_id != PRIORITY])


def _edit(context: Context, one: MadeCopy, writes: Iterable[FieldWrite]) -> None:
    body: dict[str, dict[str, object]] = {}
    for write in writes:
        value = json.loads(write.value)
        if write.adds:
            body.setdefault("update", {})[write.field_id] = [{"add": value}]
        else:
            body.setdefault("fields", {})[write.field_id] = value
    if body:
        context.tell(Request("PUT", f"/issue/{one.id}", body, notifies=True, answer="edit"), one.key)


def _link(context: Context, one: MadeCopy, link: CopiedLink) -> None:
    link_issue(context, CreatedIssue(one.id, one.key), link)


def _move(context: Context, objective: MadeCopy, move: RowMove) -> None:
    if move.link is not None:
        _link(context, objective, CopiedLink(move.link.type_id, move.link.outward, move.issue_id))
        return
    row = CreatedIssue(move.issue_id, move.issue_key)
    place_issue(context, row, move.type, objective.id, objective.key)


def lead_kpis_on(context: Context, kept: KeptCarry, copies: Copies) -> None:
    """A KPI whose key result went on as a copy has that of the copy from now on, and its counters go on; of one that had ended with its cycle the copy is what may be opened again."""
    ids = [one.id for one in context.mapping.document.kpis if one.promote is not None]
    if not ids:
        return
    with context.store.write() as conn:
        kpis.lock_site(conn, context.site)
        for id_ in ids:
            state = kpis.get(conn, context.site, id_)
            one = copies.made.get(state.key_result or state.former or "")
            if one is None or one.source_id == kept.plan.objective_id:
                continue
            news = replace(state, former=one.id)
            if state.key_result is not None:
                news = replace(carry(state, kept.plan.from_cycle), key_result=one.id)
            kpis.put(conn, context.site, id_, news, context.clock())


def lead_kpis_back(context: Context, kept: KeptCarry) -> None:
    """A KPI that followed a copy follows again what that was a copy of."""
    sources = {one.id: one.source_id for one in kept.made if one.id}
    ids = [one.id for one in context.mapping.document.kpis if one.promote is not None]
    if not ids:
        return
    with context.store.write() as conn:
        kpis.lock_site(conn, context.site)
        for id_ in ids:
            state = kpis.get(conn, context.site, id_)
            if state.key_result in sources:
                news = replace(state, key_result=sources[state.key_result], former=None, carried="")
            elif state.former in sources:
                news = replace(state, former=sources[state.former])
            else:
                continue
            kpis.put(conn, context.site, id_, news, context.clock())


def _note(context: Context, kept: KeptCarry, made: Iterable[MadeCopy]) -> None:
    with context.store.write() as conn:
        carries.note_copies(conn, context.site, kept.plan, made)
