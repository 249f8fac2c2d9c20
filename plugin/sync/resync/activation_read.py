"""A mapping that is read for while another one rules: before its preview, or before it is activated.

From the moment its reading begins everything that is read is read for both, and what somebody reads for the old one alone takes
nothing away of what was read for the coming one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.mappings import coming_mappings
from connectors.store.mappings.coming_mappings import ComingMapping
from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.issue import Issue
from plugin.sync.context import Context, metrics_of

LONGEST = timedelta(days=7)
"""A draft that was read for and not activated is forgotten after this."""


def begin(conn: Connection, site: str, text: str, mapping: BoundMapping, now: datetime) -> ComingMapping:
    """From now on it is read for."""
    found = ComingMapping(
        text=text,
        revision=mapping.revision,
        scope=mapping.scope_by_id,
        fields=mapping.field_ids(),
        metrics=metrics_of(mapping),
        began=now,
    )
    coming_mappings.begin(conn, site, found)
    return found


def dropped_by(conn: Connection, context: Context) -> None:
    """A full read for the old mapping alone has dropped what only the coming one holds: its reading has to begin anew."""
    found = coming_mappings.get(conn, context.site)
    if found is None or found.revision == context.mapping.revision:
        return
    if context.coming is None or context.coming.revision != found.revision:
        coming_mappings.drop(conn, context.site, found.revision)


def holds(coming: ComingMapping | None, mapping: BoundMapping) -> bool:
    """Whether everything a mapping needs was read for this one."""
    return (
        coming is not None
        and coming.complete
        and coming.scope == mapping.scope_by_id
        and mapping.field_ids() <= coming.fields
        and metrics_of(mapping) <= coming.metrics
    )


def carry_fields(
    conn: Connection, context: Context, before: Mapping[str, Issue], issues: list[Issue]
) -> list[Issue]:
    """The issues with what was read of them for the coming mapping, where this read did not ask for it."""
    found = coming_mappings.get(conn, context.site)
    unasked = found.fields - frozenset(context.fields) if found is not None else frozenset()
    return [_with(before.get(issue.id), issue, unasked) for issue in issues] if unasked else issues


def _with(former: Issue | None, issue: Issue, unasked: frozenset[str]) -> Issue:
    kept = {name: value for name, value in former.fields.items() if name in unasked} if former else {}
    return replace(issue, fields={**kept, **issue.fields}) if kept else issue
