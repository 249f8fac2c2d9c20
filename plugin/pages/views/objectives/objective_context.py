"""What one objective is read in: the clock, the zone, the cycle, links into Jira, check-ins, and how much of it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from mappings.explain.marks import Mark
from plugin.pages.views.objectives.check_in_form import CheckInForm, ReplyForm
from plugin.pages.views.objectives.ledger import SHOWN, Browse
from plugin.use_cases.check_ins.check_ins import KeptCheckIn, KeptComment
from plugin.use_cases.check_ins.conversation import CheckInReply
from plugin.use_cases.check_ins.due_check_ins import Reminder
from plugin.use_cases.cycles.cycles import CycleDays
from plugin.use_cases.objectives.objectives import ObjectiveDrift
from plugin.use_cases.work.obstacles import Obstacle


def never(_reply: CheckInReply) -> bool:
    """Nobody takes an answer back where nobody is known to look."""
    return False


@dataclass(frozen=True, slots=True)
class NeighbourLink:
    """Another objective this one hangs together with, and where its page is; where it stands is said of those below."""

    name: str
    title: str
    address: str = ""
    progress: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class ObjectiveContext:
    """`everything` shows every row of every ledger, however long; `refused` is a check-in that has to be mended.

    `asked` is the id or key of the issue whose row is asked for.
    """

    now: datetime
    zone: tzinfo
    browse: Browse
    cycle: CycleDays | None = None
    aligned_to: tuple[NeighbourLink, ...] = ()
    below: tuple[NeighbourLink, ...] = ()
    everything: bool = False
    marks: Sequence[Mark] = ()
    check_ins: Sequence[KeptCheckIn] = ()
    comments: Sequence[KeptComment] = ()
    replies: Sequence[CheckInReply] = ()
    takes_back: Callable[[CheckInReply], bool] = never
    due: Mapping[str, Reminder] = field(default_factory=dict)
    refused: CheckInForm | None = None
    unanswered: tuple[int, ReplyForm] | None = None
    """The number of a check-in whose answer has to be mended, and what was typed."""
    drifted: ObjectiveDrift | None = None
    obstacles: Sequence[Obstacle] = ()
    asked: str | None = None

    @property
    def over(self) -> bool:
        """Whether its cycle, or its own days, are over."""
        return self.cycle is not None and self.cycle.end < self.now.astimezone(self.zone).date()

    @property
    def shown(self) -> int | None:
        """How many rows of a ledger are shown; None is all."""
        return None if self.everything else SHOWN
