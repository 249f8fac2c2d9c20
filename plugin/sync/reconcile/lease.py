"""A claim while its work goes on: kept alive between calls, and given up at once when it is no longer ours."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.store.work import due
from connectors.store.work.due import DueObjective
from plugin.sync.context import Context


class LostLease(Exception):
    """Another worker may have this objective by now: nothing may be written for it any more."""


class ObjectiveLease:
    """One claimed objective in the hands of one thread. A lease outlasts a single call to Jira, not a series of them."""

    def __init__(self, context: Context, claim: DueObjective) -> None:
        self._context = context
        self.claim = claim

    def keep(self) -> None:
        """Renew where half of the lease is over; raises LostLease where it was lost."""
        if self.claim.lease_until - self._context.clock() < self._context.lease / 2:
            self.confirm()

    def confirm(self) -> None:
        """Renew now, which also proves that it is still ours; raises LostLease otherwise."""
        with self._context.store.write() as conn:
            self.confirm_in(conn)

    def confirm_in(self, conn: Connection) -> None:
        """The same within a transaction that writes more than this."""
        renewed = due.renew(conn, self.claim, self._context.clock(), self._context.lease)
        if renewed is None:
            raise LostLease(
                f"the lease on {self.claim.objective_id} ran out or was taken; its work is dropped here"
            )
        self.claim = renewed
