"""Says that there is work, in the transaction that makes it so. The tables hold the truth; an announcement only wakes somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection


class Announcer(Protocol):
    """What intake and marking tell the engine. What is announced is rolled back with the transaction."""

    def delivered(self, conn: Connection, site: str) -> None:
        """A delivery is in the inbox."""

    def marked(self, conn: Connection, site: str, objective_ids: Iterable[str], run_after: datetime) -> None:
        """Objectives are due from an instant on."""


class SilentAnnouncer:
    """For the embedded engine, whose workers look into the tables by themselves."""

    def delivered(self, conn: Connection, site: str) -> None:
        """Nothing to do."""

    def marked(self, conn: Connection, site: str, objective_ids: Iterable[str], run_after: datetime) -> None:
        """Nothing to do."""


SILENT = SilentAnnouncer()
