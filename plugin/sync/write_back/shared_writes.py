"""What the objectives of a turn leave for one another: changes that Jira takes for many issues in one call are sent together, once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mappings.write_back.plan import Change
    from plugin.sync.write_back.application import OpenedPlan, WriteResult


@dataclass(frozen=True, slots=True)
class WaitingWrites:
    """Changes of one objective that are in the ledger and not sent yet. `settled` is called with what became of them, `failed` where
    that is not known: they stay open in the ledger then, as after any interruption, and the objective stays due.
    """

    plan: OpenedPlan
    changes: tuple[Change, ...]
    settled: Callable[[WriteResult], None]
    failed: Callable[[Exception], None]


class SharedWrites:
    """The waiting changes of one turn, in one thread. `put_back` says what is done with an objective whose changes could not be sent."""

    def __init__(self, put_back: Callable[[OpenedPlan, Exception], None]) -> None:
        self._waiting: list[WaitingWrites] = []
        self._put_back = put_back
        self.written = 0
        """How many changes were written so far."""

    def add(
        self, plan: OpenedPlan, changes: tuple[Change, ...], settled: Callable[[WriteResult], None]
    ) -> None:
        """Leave changes for the next call."""
        self._waiting.append(WaitingWrites(plan, changes, settled, lambda error: self._put_back(plan, error)))

    def concerns(self, issue_ids: Iterable[str]) -> bool:
        """Whether something waits for one of these issues: what is decided of them before it is sent is decided too early."""
        ids = set(issue_ids)
        return any(change.issue_id in ids for one in self._waiting for change in one.changes)

    def take(self) -> list[WaitingWrites]:
        """All that waits, which waits no more."""
        waiting, self._waiting = self._waiting, []
        return waiting
