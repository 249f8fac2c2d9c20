"""What a person decides who looks at what waits for one."""

from __future__ import annotations

from collections.abc import Container

from connectors.store.absence import losses
from plugin.sync.context import Context
from plugin.sync.refresh.reread import land_issues


def accept_losses(context: Context, in_jira: Container[str]) -> bool:
    """Of what Jira shows no more a person knows what is deleted; the rest comes back to sight. Whether any was: then there is work."""
    with context.store.read() as conn:
        waiting = {one.issue_id for one in losses.load_all(conn, context.site, "held")}
    gone = {one for one in waiting if one not in in_jira}
    if gone:
        with context.store.write() as conn:
            land_issues(context, conn, [], gone)
            losses.settle(conn, context.site, gone, "accepted", "a person", context.clock())
    return bool(gone)
