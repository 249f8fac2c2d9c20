"""The histories of issues: read from Jira in bulk where nobody read them yet or the issue was touched since, and kept.

What nobody looks back at is not read. A history is whole up to the `updated` of its issue that it was read for, unless it was read so soon
after that another change may bear the same one (`own_writes.is_over`): then it is read once more, as readings are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from connectors.store.mirror import issue_histories
from mappings.explain.past import FieldChange
from plugin.sync.context import Context
from plugin.sync.refresh.own_writes import is_over

AT_ONCE = 1_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)
log = structlog.get_logger("jira_okr.histories")
Histories = dict[str, tuple[FieldChange, ...]]


def load_histories(context: Context, conn: Connection, updated: Mapping[str, datetime]) -> Histories:
    """The histories of these issues (id → `updated`) that are known whole."""
    if not updated:
        return {}
    now = context.clock()

    def is_near(at: datetime) -> bool:
        return not is_over(at, now)

    return issue_histories.load_known(conn, context.site, updated, context.history_fields, is_near)


def read(
    context: Context,
    updated: Mapping[str, datetime],
    report: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Histories:
    """Ask Jira for the histories of these issues, and keep them; those that it does not give are left out. Raises a JiraError."""
    found: Histories = {}
    fields, wanted = context.history_fields, sorted(updated)
    jira = context.jira.in_background()
    for place in range(0, len(wanted), AT_ONCE):
        part = {id_: updated[id_] for id_ in wanted[place : place + AT_ONCE]}
        read_at = context.clock()
        steps = jira.steps(list(part), fields, part, context.called_fields)
        left_open = {id_ for id_, at in part.items() if not is_over(at, read_at)}
        with context.store.write() as conn:
            torn = _torn(context, conn, steps)
            steps = {id_: its for id_, its in steps.items() if id_ not in torn}
            issue_histories.put(conn, context.site, steps, part, fields, left_open)
        found |= steps
        report(min(place + AT_ONCE, len(wanted)), len(wanted))
    return found


def _torn(context: Context, conn: Connection, steps: Histories) -> frozenset[str]:
    """Those without any change of which changes are kept: histories only grow, and an answer that is empty for no reason looks the same."""
    empty = dict.fromkeys((id_ for id_, its in steps.items() if not its), LONG_AGO)
    known = load_histories(context, conn, empty)
    torn = frozenset(id_ for id_, its in known.items() if its)
    if torn:
        log.warning("histories that lost all their changes are not believed", site=context.site, of=len(torn))
    return torn


def brought(
    context: Context,
    updated: Mapping[str, datetime],
    report: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Histories:
    """Those that are kept, and the others read."""
    with context.store.read() as conn:
        known = load_histories(context, conn, updated)
    return known | read(context, {id_: at for id_, at in updated.items() if id_ not in known}, report)


def keep_up(context: Context, report: Callable[[int, int | None], None] = lambda _done, _total: None) -> None:
    """Read those histories again that are kept and were overtaken by their issues, or lack fields that are asked for now; asks Jira nothing where none is kept."""
    with context.store.read() as conn:
        updated = issue_histories.overtaken(conn, context.site, context.history_fields)
    if updated:
        read(context, updated, report)
