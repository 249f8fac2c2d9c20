"""What the pages need to read, as a port: the composition root implements it over the store, tests over lists.

Records are protocols of read-only attributes, so that whatever the store keeps fits as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import Protocol

from mappings.document.schema import CyclePart
from mappings.explain.marks import Mark
from mappings.forecast.calibration import Calibration
from mappings.forecast.objective import ObjectiveForecast
from mappings.rollup.state import ObjectiveState
from plugin.use_cases.accounts.saved_views import SavedView
from plugin.use_cases.check_ins.check_ins import KeptCheckIn, KeptComment
from plugin.use_cases.check_ins.conversation import CheckInReply
from plugin.use_cases.check_ins.due_check_ins import Reminder
from plugin.use_cases.cycles.cycles import CycleDetail
from plugin.use_cases.cycles.learnings import Learning
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.departures import Departure
from plugin.use_cases.kpis.promotions import ShownPromotion
from plugin.use_cases.meeting.agenda import CurrentMeeting
from plugin.use_cases.objectives.as_of import AsOf
from plugin.use_cases.objectives.moments import MovementQuestion
from plugin.use_cases.objectives.movement import ToldMovement
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, ServedCount
from plugin.use_cases.objectives.objective_list import (
    Head,
    ListedHead,
    ObjectivePage,
    PageStart,
    RowSelection,
    TrendPoint,
)
from plugin.use_cases.objectives.objectives import ObjectiveDrift
from plugin.use_cases.practice.practice import PracticeAssessment
from plugin.use_cases.practice.scorecard import Scorecard
from plugin.use_cases.work.obstacles import Obstacle


class SavedHead(Protocol):
    """One objective of a list, and when it last moved."""

    @property
    def state(self) -> Head: ...
    @property
    def changed_at(self) -> datetime: ...


class SitedHead(SavedHead, Protocol):
    """The same among those of all sites: `site` is what its address has to say of the site."""

    @property
    def site(self) -> str | None: ...


class SavedObjective(Protocol):
    """One objective as the store keeps it: `computed_at` is the last reconcile, `changed_at` the last that moved it.

    `served_then` is None where it stands so now, and says by how many it was served where it stands as its cycle was over.
    """

    @property
    def state(self) -> ObjectiveState: ...
    @property
    def mapping_revision(self) -> str: ...
    @property
    def computed_at(self) -> datetime: ...
    @property
    def changed_at(self) -> datetime: ...
    @property
    def served_then(self) -> ServedCount | None: ...


@dataclass(frozen=True, slots=True)
class LocatedObjective:
    """An objective and the site it is on: ids and keys of two sites may be equal."""

    site: str
    saved: SavedObjective


class HistoryPoint(TrendPoint, Protocol):
    """What an objective stood at from `at` on, until the next point. `health` is the level."""

    @property
    def delivery(self) -> Fraction | None: ...
    @property
    def outcome(self) -> Fraction | None: ...
    @property
    def health(self) -> str: ...
    @property
    def mapping_revision(self) -> str: ...
    @property
    def backfilled(self) -> bool:
        """Whether it was reconstructed from Jira's history, not observed."""
        ...


class Cycles(Protocol):
    """The cycles of active mappings. Those that recur have no end, so they are asked for by id."""

    def get(self, id_: str, /) -> CyclePart | None: ...


class Sources(Protocol):
    """Everything the pages read. All datetimes are aware; `zone` is the zone shown where the reader's is unknown.

    Where a `site` may be named, None asks all of them.
    """

    @property
    def zone(self) -> tzinfo: ...

    def now(self) -> datetime: ...

    def objectives(self) -> Sequence[SitedHead]:
        """Every objective of every site, in any order, without its ledgers."""
        ...

    def listing(self, wanted: RowSelection, after: PageStart, size: int) -> ObjectivePage:
        """One page of the list of objectives with their histories; all sites side by side, whichever are named."""
        ...

    def members(self, wanted: RowSelection) -> Sequence[ListedHead]:
        """Every objective that the filters admit, in any order, with its week; all sites side by side, whichever are named."""
        ...

    def meeting(self) -> CurrentMeeting:
        """What runs now, as a meeting; all sites side by side."""
        ...

    def working(self, found: CurrentMeeting) -> Iterator[tuple[str | None, ObjectiveState]]:
        """What runs in full, a few at a time, each behind the site that its address has to name: of the cycles that this meeting is over."""
        ...

    def lines(self, wanted: RowSelection) -> Iterator[ObjectiveLine]:
        """Every objective that passes, of all sites, whichever are named, as files have it."""
        ...

    def saved_views(self) -> Sequence[SavedView]:
        """The pages that whoever looks keeps for themselves, by name."""
        ...

    def names(self) -> Mapping[str, str]:
        """How people are called, by the address of their account."""
        ...

    def site_names(self) -> Collection[str]:
        """The sites there are, in the order in which they are shown."""
        ...

    def located(self, id_or_key: str, site: str | None = None) -> Sequence[LocatedObjective]:
        """The objectives with this id, key or former key: at most one of each site."""
        ...

    def located_in(self, id_or_key: str, cycle: str, site: str | None = None) -> Sequence[LocatedObjective]:
        """The same as they stood when a cycle was over; as they stand, where they run in it."""
        ...

    def explained_by(self, issue: str, site: str | None = None) -> Sequence[LocatedObjective]:
        """The objectives whose numbers this issue (id or key) is part of, and the plain parents whose sums it is part of."""
        ...

    def waits_behind_lock(self, issue: str, site: str | None = None) -> str:
        """Why this issue is no objective yet, where a locked cycle is why; else empty."""
        ...

    def history(self, objective_id: str, site: str | None = None) -> Sequence[HistoryPoint]:
        """Every point of one objective, oldest first."""
        ...

    def marks(self, objective_id: str, site: str | None = None) -> Sequence[Mark]:
        """What happened to one objective beside its number, oldest first."""
        ...

    def check_ins(self, objective_id: str, site: str | None = None) -> Sequence[KeptCheckIn]:
        """What people said of its key results, ended check-ins too, the latest first."""
        ...

    def comments(self, objective_id: str, site: str | None = None) -> Sequence[KeptComment]:
        """Comments on its key results that begin as check-ins do, the latest first."""
        ...

    def replies(self, objective_id: str, site: str | None = None) -> Sequence[CheckInReply]:
        """What was answered to the check-ins of an objective, the first one first."""
        ...

    def takes_back(self) -> Callable[[CheckInReply], bool]:
        """Whether whoever looks may take an answer back."""
        ...

    def due_check_ins(self, objective_id: str, site: str | None = None) -> Mapping[str, Reminder]:
        """The check-ins of an objective that are due today, by key result."""
        ...

    def drifted(self, objective_id: str, site: str | None = None) -> ObjectiveDrift | None:
        """How many of its issues resyncs found wrong, None where none was."""
        ...

    def obstacles(self, located: LocatedObjective) -> Sequence[Obstacle]:
        """What keeps its number out of Jira, or as it was."""
        ...

    def moved(self, located: LocatedObjective, asked: MovementQuestion) -> ToldMovement:
        """Why one objective moved between these moments; raises UnknownMoment."""
        ...

    def as_of(self, objective_id: str, text: str, site: str, revision: str | None = None) -> AsOf | str:
        """Where one objective stood at the moment that a text means; in words where that cannot be told."""
        ...

    def forecast(self, objective_id: str, site: str) -> ObjectiveForecast | None:
        """How likely one objective is to be reached; None where no mapping rules."""
        ...

    def calibration(self, cycle_id: str) -> Sequence[Calibration]:
        """How good the forecasts of a cycle were, by level; empty until it has ended."""
        ...

    def aligned(
        self, objective_id: str, site: str | None = None, cycle: str | None = None
    ) -> Sequence[SavedHead]:
        """The objectives that are aligned to this one; with a cycle those that were when it was over, as they stood."""
        ...

    def cycles(self, site: str | None = None) -> Cycles:
        """The cycles of the active mappings, by id."""
        ...

    def running_cycles(self) -> Sequence[str]:
        """Ids of the cycles that hold today, the one that ends first in front."""
        ...

    def past_cycles(self) -> Sequence[str]:
        """Ids of the cycles that objectives ran in before and that have ended, closed or not."""
        ...

    def learnings(self, cycle_id: str) -> Mapping[tuple[str | None, str], Learning]:
        """What was learnt in a cycle, by what the address of an objective has to say of its site, and its id."""
        ...

    def learnings_of(self, objective_id: str, site: str | None = None) -> Sequence[Learning]:
        """What was learnt from one objective, in whichever cycles, the last written first."""
        ...

    def cycle_details(self, cycle_id: str) -> Sequence[CycleDetail]:
        """One cycle with the scores of its objectives, of each site that has it."""
        ...

    def practice(self, cycle_id: str | None) -> Sequence[PracticeAssessment]:
        """How healthy the practice of OKRs is in one cycle, of each site that has it; without one in that which runs."""
        ...

    def scorecards(self, cycle_id: str | None) -> Sequence[Scorecard]:
        """Objectives of one cycle and KPIs by perspective, of each site that has it; without one of all that have not ended."""
        ...

    def search_url(self, jql: str, site: str) -> str | None:
        """Where a person sees in Jira what a JQL finds; None where the site is not known."""
        ...

    def kpis(self) -> Sequence[ShownKpi]:
        """The KPIs of the active mappings, in their order."""
        ...

    def kpi(self, id_: str) -> Sequence[ShownKpi]:
        """The KPIs with this id: at most one of each site."""
        ...

    def departed_kpis(self) -> Sequence[Departure]:
        """KPIs that have left the mapping and are kept for a while."""
        ...

    def promotions(self) -> Sequence[ShownPromotion]:
        """Key results that are proposed as KPIs."""
        ...

    def browse_url(self, issue_key: str, site: str | None = None) -> str | None:
        """Where a person opens this issue in Jira; None where the site is not known."""
        ...

    def freshness(self) -> Sequence[SiteStatus]:
        """One row per site, in the order in which they are shown."""
        ...

    def vitals(self) -> Sequence[SiteStatus]:
        """The same with no more than one line about freshness needs: for all pages but the one about it."""
        ...
