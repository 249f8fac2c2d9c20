"""The options that a mapping writes, by their ids and contexts: edit screens list them, and nothing else does for an account without more rights.

A select field has options of its own in each of its contexts, so the screen of one issue of each project and type is asked, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import islice

import structlog
from sqlalchemy import Connection

from connectors.jira import EditField
from connectors.jira.http.errors import JiraError, JiraRefusal
from connectors.store.mirror import mirror
from connectors.store.writes import refusals
from mappings.document.checks.walk import is_issue_each
from mappings.document.names import NameKind
from mappings.document.schema import Subject
from mappings.facts.catalogue import Catalogue, Field, OptionContext
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, JiraValue
from mappings.rollup.assessment import Assessment
from mappings.write_back.targets import WRITE_TARGETS
from plugin.sync.context import Context
from plugin.sync.refresh import names

log = structlog.get_logger()
MOST_SCREENS = 20
"""Screens that are asked at a time; of more projects and types the next full read asks."""
A_FEW = 20
MOST_REFUSED = 200
"""Refusals whose issues are looked at."""

Place = tuple[str, str]
"""A project and a type, by id: all their issues are of one context of a field."""


def compare(context: Context, among: Set[str] | None = None) -> None:
    """Learn the ids and contexts of written options, and what the known ones are called today. Where Jira does not answer, the next time.

    A field of which not every word is among its options stays unbound and is written by the words: then Jira says what is wrong with them.
    `among`: the issues that are objectives or plain parents, where somebody knows them.
    """
    written = context.mapping.written_options()
    if not written:
        return
    fields = {field.id: field for field in context.mapping.fields.values() if field.id in written}
    today: dict[str, Field] = {id_: replace(field, options=(), contexts=()) for id_, field in fields.items()}
    for issue, screen in _screens(context, _samples(context, fields, written, among)):
        for id_, field in today.items():
            today[id_] = _with_context(field, issue, screen.get(id_))
    known = [
        field if written[id_] <= _said((*fields[id_].options, *field.options)) else replace(field, options=())
        for id_, field in today.items()
        if field.contexts
    ]
    if known:
        with context.store.write() as conn:
            listed = Catalogue(fields=tuple(known))
            names.hold_against(
                conn, context.site, context.mapping, listed, context.clock(), [NameKind.OPTION]
            )


def _said(options: Iterable[JiraValue]) -> frozenset[str]:
    return frozenset(text for one in options for text in (one.id, one.name))


def _with_context(field: Field, issue: Issue, shown: EditField | None) -> Field:
    """With the options that the screen of an issue shows; a field that is on none of its screens has none there."""
    found = shown.options if shown is not None else ()
    own = OptionContext(issue.project.id, issue.type.id, tuple(one.id for one in found))
    options = {one.id: one for one in (*field.options, *found)}
    return replace(field, options=tuple(options.values()), contexts=(*field.contexts, own))


def _screens(context: Context, issues: Iterable[Issue]) -> Iterator[tuple[Issue, Mapping[str, EditField]]]:
    for issue in issues:
        try:
            yield issue, context.jira.edit_fields(issue.id)
        except JiraRefusal as error:
            log.info("options of an issue are not shown", issue=issue.key, why=error.message)
        except JiraError as error:
            log.info("options could not be looked up", site=context.site, why=error.message)
            return


def _samples(
    context: Context,
    fields: Mapping[str, Field],
    written: Mapping[str, frozenset[str]],
    among: Set[str] | None,
) -> list[Issue]:
    """An issue of each project and type whose screen is to be asked.

    Where every option is known, these are the places where Jira refused one, those whose context is not known, and of the others the one
    that was asked longest ago: somebody may have renamed an option since.
    """
    with context.store.read() as conn:
        standing = [one.issue_id for one in refusals.load_all(conn, context.site) if one.field_id in fields]
        refused = mirror.get(conn, context.site, standing[:MOST_REFUSED]).values()
        found = {_place(issue): issue for issue in refused if not issue.archived}
        again = frozenset(found)
        for issue in _written(context, conn, among):
            found.setdefault(_place(issue), issue)
    if all(words <= _said(fields[id_].options) for id_, words in written.items()):
        wanted = _in_turn(found.keys(), again, list(fields.values()))
        found = {place: issue for place, issue in found.items() if place in wanted}
    return list(found.values())[:MOST_SCREENS]


def _in_turn(places: Set[Place], again: Set[Place], fields: Sequence[Field]) -> frozenset[Place]:
    """Of these places those that are asked `again`, those of which a field's context is not known, and the one that was asked longest ago."""
    known = frozenset(place for place in places if all(field.context_of(*place) for field in fields))
    asked = [(one.project_id, one.type_id) for field in fields for one in field.contexts]
    turn = min(known - again, key=asked.index, default=None)
    return frozenset((places - known) | (places & again) | ({turn} if turn is not None else set()))


def _place(issue: Issue) -> Place:
    return issue.project.id, issue.type.id


def _written(context: Context, conn: Connection, among: Set[str] | None) -> Iterator[Issue]:
    """One issue for each project and type that options are written to."""
    mapping = context.mapping
    subjects = {
        rule.subject
        for rule in mapping.document.write_back
        if any(any(target.options(rule, mapping.fields)) for target in WRITE_TARGETS)
    }
    assessment = Assessment(mapping, Forest.of(()), context.moment(conn))
    if among is None or "key_result" in subjects:
        issues = mirror.every(conn, context.site)
        yield from _one_each(issues, lambda issue: _is_any(assessment, issue, subjects))
        return
    for ids in mirror.by_place(conn, context.site, among).values():
        issues = _a_few(context, conn, ids)
        yield from islice(_one_each(issues, lambda issue: _is_any(assessment, issue, subjects)), 1)


def _one_each(issues: Iterable[Issue], is_written: Callable[[Issue], bool]) -> Iterator[Issue]:
    seen: set[Place] = set()
    for issue in issues:
        if _place(issue) in seen or issue.archived or not is_written(issue):
            continue
        seen.add(_place(issue))
        yield issue


def _a_few(context: Context, conn: Connection, ids: Iterable[str]) -> Iterator[Issue]:
    """These issues, read a few at a time: the first will nearly always do."""
    source = iter(ids)
    while chunk := list(islice(source, A_FEW)):
        yield from mirror.get(conn, context.site, chunk).values()


def _is_any(assessment: Assessment, issue: Issue, subjects: Set[Subject]) -> bool:
    """Whether an issue is one of these to the mapping."""
    own = assessment.rule_for(issue)
    if own is not None and ("parent" if own.plain else "objective") in subjects:
        return True
    rules = (rule for objective in assessment.mapping.objectives for rule in objective.key_results)
    return "key_result" in subjects and any(
        is_issue_each(rule.part) and rule.select is not None and rule.select.matches(issue, assessment.moment)
        for rule in rules
    )
