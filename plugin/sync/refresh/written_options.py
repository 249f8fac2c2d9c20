"""The options that a mapping writes, by their ids: edit screens list them, and nothing else does. A screen of an issue of each project is asked."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from itertools import islice

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store.mirror import mirror
from mappings.document.checks.walk import is_issue_each
from mappings.document.mapping import Mapping
from mappings.document.names import Kind
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, Named
from mappings.facts.moment import Moment
from mappings.rollup.measurement import objective_rule
from plugin.sync.context import Context
from plugin.sync.refresh import names

log = structlog.get_logger()
MOST_SCREENS = 5
MOST_LOOKED_AT = 20_000
"""Issues among which those are looked for whose screens are asked."""


def compare(context: Context) -> None:
    """Learn the ids of written options that are not known, and what the known ones are called today. Where Jira does not answer, the next time.

    A field of which not every word is among its options stays unbound and is written by the words: then Jira says what is wrong with them.
    """
    written = context.mapping.written_options()
    if not written:
        return
    fields = {field.id: field for field in context.mapping.fields.values()}
    unknown = [id_ for id_, words in written.items() if not words <= _said(fields[id_].options)]
    try:
        seen = _seen(context, frozenset(written), MOST_SCREENS if unknown else 1)
    except JiraError as error:
        log.info("options could not be looked up", site=context.site, why=error.message)
        return
    today = [
        replace(fields[id_], options=tuple(found.values()))
        for id_, found in seen.items()
        if written[id_] <= _said((*fields[id_].options, *found.values()))
    ]
    if today:
        with context.store.write() as conn:
            listed = Catalogue(fields=tuple(today))
            names.hold_against(conn, context.site, context.mapping, listed, context.clock(), [Kind.OPTION])


def _said(options: Iterable[Named]) -> frozenset[str]:
    return frozenset(text for one in options for text in (one.id, one.name))


def _seen(context: Context, fields: Set[str], screens: int) -> dict[str, dict[str, Named]]:
    """The options of these fields on so many screens, by field and id."""
    seen: dict[str, dict[str, Named]] = {}
    for issue in _samples(context, screens):
        for id_, field in context.jira.edit_fields(issue.id).items():
            if id_ in fields and field.options:
                seen.setdefault(id_, {}).update((one.id, one) for one in field.options)
    return seen


def _samples(context: Context, number: int) -> list[Issue]:
    """An issue that is written to of each project, of so many projects."""
    found: dict[str, Issue] = {}
    moment = context.moment()
    with context.store.read() as conn:
        for issue in islice(mirror.every(conn, context.site), MOST_LOOKED_AT):
            if (
                issue.project.id not in found
                and not issue.archived
                and _is_written(context.mapping, issue, moment)
            ):
                found[issue.project.id] = issue
            if len(found) == number:
                break
    return list(found.values())


def _is_written(mapping: Mapping, issue: Issue, moment: Moment) -> bool:
    if objective_rule(mapping, issue, moment) is not None:
        return True
    rules = (rule for objective in mapping.objectives for rule in objective.key_results)
    return any(
        is_issue_each(rule.part) and rule.select is not None and rule.select.matches(issue, moment)
        for rule in rules
    )
