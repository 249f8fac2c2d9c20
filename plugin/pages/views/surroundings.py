"""What one objective is read in: the clock, the zone, the cycle, links into Jira, and how much of it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from plugin.pages.sources import Cycle
from plugin.pages.views.ledger import SHOWN, Browse


@dataclass(frozen=True, slots=True)
class Reference:
    """Another objective this one hangs together with; where it stands is said of those below."""

    name: str
    title: str
    progress: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`everything` shows every row of every ledger, however long."""

    now: datetime
    zone: tzinfo
    browse: Browse
    cycle: Cycle | None = None
    aligned_to: tuple[Reference, ...] = ()
    below: tuple[Reference, ...] = ()
    everything: bool = False

    @property
    def shown(self) -> int | None:
        """How many rows of a ledger are shown; None is all."""
        return None if self.everything else SHOWN
