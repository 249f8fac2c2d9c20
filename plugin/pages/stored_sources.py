"""What the pages read, from the store of a running connector. Nothing here ever calls Jira: a page must not wait for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from itertools import chain

import mappings.document.mapping
from mappings.diagnostic import MappingError
from mappings.document.calendar import Calendar
from mappings.document.schema import CyclePart
from mappings.explain.marks import Mark
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.person import current_actor
from plugin.pages.objectives.objective_address import site_in_address
from plugin.pages.sources import (
    Cycles,
    HistoryPoint,
    LocatedObjective,
    SavedHead,
    SitedHead,
)
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.accounts.people import names
from plugin.use_cases.accounts.saved_views import SavedView, list_views
from plugin.use_cases.check_ins.check_ins import KeptCheckIn, KeptComment, list_check_ins, list_comments
from plugin.use_cases.check_ins.conversation import CheckInReply, list_replies, may_take_back
from plugin.use_cases.check_ins.due_check_ins import Reminder, due_on
from plugin.use_cases.cycles.cycles import (
    CycleDetail,
    UnknownCycle,
    past_cycles,
    running_cycles,
    show_cycle,
)
from plugin.use_cases.cycles.learnings import Learning, ToldLearning, learnings_of, list_learnings
from plugin.use_cases.cycles.locks import waits_behind_lock
from plugin.use_cases.forecasts.forecast_record import Calibration, calibration_of
from plugin.use_cases.forecasts.forecasts import ObjectiveForecast, forecast_of
from plugin.use_cases.health.status import SiteStatus, installation, vitals
from plugin.use_cases.kpis import board
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.departures import Departure, departed_kpis
from plugin.use_cases.kpis.promotions import ShownPromotion, list_promotions
from plugin.use_cases.mappings import drafts, revisions
from plugin.use_cases.meeting.agenda import CurrentMeeting, show_meeting
from plugin.use_cases.objectives import objectives as questions
from plugin.use_cases.objectives.as_of import DRAFT, AsOf, as_of, as_of_draft, asked_instant
from plugin.use_cases.objectives.moments import MovementQuestion
from plugin.use_cases.objectives.movement import ToldMovement
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, lines
from plugin.use_cases.objectives.objective_list import (
    ListedHead,
    ObjectivePage,
    PageStart,
    RowSelection,
    every_headline,
    list_members,
    list_objectives,
)
from plugin.use_cases.objectives.objectives import ObjectiveDrift
from plugin.use_cases.practice.practice import PracticeAssessment, assess_practice
from plugin.use_cases.practice.scorecard import Scorecard, show_scorecard
from plugin.use_cases.work.obstacles import Obstacle, obstacles


@dataclass(frozen=True, slots=True)
class Calendars:
    """The cycles of several sites; of one id the first that has it says which days it has."""

    calendars: Sequence[Calendar]

    def get(self, id_: str, /) -> CyclePart | None:
        """The cycle of this id, or None."""
        found = (calendar.get(id_) for calendar in self.calendars)
        return next((one for one in found if one is not None), None)


@dataclass(frozen=True, slots=True)
class StoredSources:
    """All sites of one connector side by side, in the order in which it knows them."""

    connector: Connector
    who: Callable[[], Actor] = current_actor

    @property
    def zone(self) -> tzinfo:
        return next((mapping.zone for mapping in self._mappings()), UTC)

    def now(self) -> datetime:
        return self.connector.clock()

    def objectives(self) -> Sequence[SitedHead]:
        sites = list(self.connector.sites)
        asked = (self.connector, self.who())
        return [one for site in sites for one in every_headline(*asked, site, site_in_address(site, sites))]

    def listing(self, wanted: RowSelection, after: PageStart, size: int) -> ObjectivePage:
        return list_objectives(self.connector, self.who(), wanted, after, size)

    def members(self, wanted: RowSelection) -> Sequence[ListedHead]:
        return list_members(self.connector, self.who(), wanted)

    def meeting(self) -> CurrentMeeting:
        return show_meeting(self.connector, self.who())

    def working(self, found: CurrentMeeting) -> Iterator[tuple[str | None, ObjectiveState]]:
        sites = tuple(self.connector.sites)
        cycles = tuple({one.state.cycle_id or "" for one in found.meeting.rows})
        for site in sites:
            wanted = RowSelection(sites=(site,), cycles=cycles)
            for one in questions.every_objective(self.connector, self.who(), wanted):
                yield site_in_address(site, sites), one.state

    def lines(self, wanted: RowSelection) -> Iterator[ObjectiveLine]:
        who = self.who()  # while the request is there: a file is written when it has gone
        every = (
            lines(
                self.connector,
                who,
                site,
                questions.every_objective(self.connector, who, replace(wanted, sites=(site,))),
            )
            for site in self.connector.sites
        )
        return chain.from_iterable(every)

    def saved_views(self) -> Sequence[SavedView]:
        return list_views(self.connector, self.who())

    def names(self) -> Mapping[str, str]:
        return names(self.connector, self.who())

    def site_names(self) -> Collection[str]:
        return tuple(self.connector.sites)

    def located(self, id_or_key: str, site: str | None = None) -> Sequence[LocatedObjective]:
        found = (
            (one, questions.objective(self.connector, self.who(), one, id_or_key))
            for one in self._sites(site)
        )
        return [LocatedObjective(one, saved) for one, saved in found if saved is not None]

    def located_in(self, id_or_key: str, cycle: str, site: str | None = None) -> Sequence[LocatedObjective]:
        found = (
            (one, questions.objective_in(self.connector, self.who(), one, id_or_key, cycle))
            for one in self._sites(site)
        )
        return [LocatedObjective(one, saved) for one, saved in found if saved is not None]

    def explained_by(self, issue: str, site: str | None = None) -> Sequence[LocatedObjective]:
        return [
            LocatedObjective(one, saved)
            for one in self._sites(site)
            for saved in questions.explained_by(self.connector, self.who(), one, issue)
        ]

    def waits_behind_lock(self, issue: str, site: str | None = None) -> str:
        found = (waits_behind_lock(self.connector, self.who(), one, issue) for one in self._sites(site))
        return next((said for said in found if said), "")

    def history(self, objective_id: str, site: str | None = None) -> Sequence[HistoryPoint]:
        found = (
            questions.history(self.connector, self.who(), one, objective_id) for one in self._sites(site)
        )
        return next((points for points in found if points), ())

    def marks(self, objective_id: str, site: str | None = None) -> Sequence[Mark]:
        sites = self._sites(site)
        return [
            mark for one in sites for mark in questions.marks(self.connector, self.who(), one, objective_id)
        ]

    def check_ins(self, objective_id: str, site: str | None = None) -> Sequence[KeptCheckIn]:
        return [
            kept
            for one in self._sites(site)
            for kept in list_check_ins(self.connector, self.who(), one, objective_id)
        ]

    def comments(self, objective_id: str, site: str | None = None) -> Sequence[KeptComment]:
        sites = self._sites(site)
        return [
            kept for one in sites for kept in list_comments(self.connector, self.who(), one, objective_id)
        ]

    def replies(self, objective_id: str, site: str | None = None) -> Sequence[CheckInReply]:
        return [
            kept
            for one in self._sites(site)
            for kept in list_replies(self.connector, self.who(), one, objective_id)
        ]

    def takes_back(self) -> Callable[[CheckInReply], bool]:
        return partial(may_take_back, self.who())

    def due_check_ins(self, objective_id: str, site: str | None = None) -> Mapping[str, Reminder]:
        return {
            id_: due
            for one in self._sites(site)
            for id_, due in due_on(self.connector, self.who(), one, objective_id).items()
        }

    def drifted(self, objective_id: str, site: str | None = None) -> ObjectiveDrift | None:
        found = (
            questions.drift_below(self.connector, self.who(), one, objective_id) for one in self._sites(site)
        )
        return next((one for one in found if one is not None), None)

    def obstacles(self, located: LocatedObjective) -> Sequence[Obstacle]:
        return obstacles(self.connector, self.who(), located.site, located.saved.state)

    def moved(self, located: LocatedObjective, asked: MovementQuestion) -> ToldMovement:
        return questions.movement(self.connector, self.who(), located.site, located.saved.state, asked)

    def as_of(self, objective_id: str, text: str, site: str, revision: str | None = None) -> AsOf | str:
        try:
            at = asked_instant(self.connector, self.who(), site, text)
            if at is None:
                return f"“{text}” is no day. Write one like 2026-10-31."
            if revision == DRAFT:
                return self._as_drafted(objective_id, at, site)
            return as_of(self.connector, self.who(), site, objective_id, at, revision)
        except Refusal as error:
            return str(error)

    def _as_drafted(self, objective_id: str, at: datetime, site: str) -> AsOf | str:
        draft = drafts.own_draft(self.connector, self.who(), site)
        if draft is None:
            return "You have drafted no mapping for this site. Begin one on the page Mapping."
        try:
            return as_of_draft(self.connector, self.who(), site, objective_id, at, draft.text)
        except MappingError as error:
            said = error.diagnostics[0]
            return f"Your draft cannot be used as it is ({said.path}: {said.message}). Check it on the page Mapping."

    def forecast(self, objective_id: str, site: str) -> ObjectiveForecast | None:
        return forecast_of(self.connector, self.who(), site, objective_id)

    def calibration(self, cycle_id: str) -> Sequence[Calibration]:
        return calibration_of(self.connector, self.who(), cycle_id)

    def aligned(
        self, objective_id: str, site: str | None = None, cycle: str | None = None
    ) -> Sequence[SavedHead]:
        asked, found = (self.connector, self.who()), list[SavedHead]()
        for one in self._sites(site):
            if cycle is None:
                found += questions.aligned_to(*asked, one, objective_id)
            else:
                found += questions.aligned_in(*asked, one, objective_id, cycle)
        return found

    def cycles(self, site: str | None = None) -> Cycles:
        return Calendars(tuple(mapping.cycles for mapping in self._mappings(site)))

    def running_cycles(self) -> Sequence[str]:
        who = self.who()
        found = (one for site in self.connector.sites for one in running_cycles(self.connector, who, site))
        return tuple(dict.fromkeys(one.id for one in found))

    def past_cycles(self) -> Sequence[str]:
        found = (past_cycles(self.connector, self.who(), site) for site in self.connector.sites)
        return sorted({id_ for ids in found for id_ in ids})

    def learnings(self, cycle_id: str) -> Mapping[tuple[str | None, str], Learning]:
        sites = list(self.connector.sites)
        return {
            (site_in_address(site, sites), one.learning.objective_id): one.learning
            for site in sites
            for one in self._learnings_at(site, cycle_id)
        }

    def _learnings_at(self, site: str, cycle_id: str) -> Sequence[ToldLearning]:
        try:
            return list_learnings(self.connector, self.who(), site, cycle_id)
        except UnknownCycle:  # one of other sites
            return ()

    def learnings_of(self, objective_id: str, site: str | None = None) -> Sequence[Learning]:
        return [
            one
            for each in self._sites(site)
            for one in learnings_of(self.connector, self.who(), each, objective_id)
        ]

    def cycle_details(self, cycle_id: str) -> Sequence[CycleDetail]:
        ruled = (mapping_site for mapping_site in self.connector.sites if self._has(mapping_site, cycle_id))
        return [show_cycle(self.connector, self.who(), site, cycle_id) for site in ruled]

    def browse_url(self, issue_key: str, site: str | None = None) -> str | None:
        site = site or self._site_of(issue_key)
        return None if site is None else self.connector.sites[site].issue_url(issue_key)

    def practice(self, cycle_id: str | None) -> Sequence[PracticeAssessment]:
        found = []
        for site in self.connector.sites:
            with suppress(Refusal):  # no mapping rules, or no objective runs: nothing to assess
                found.append(assess_practice(self.connector, self.who(), site, cycle_id or None))
        return found

    def scorecards(self, cycle_id: str | None) -> Sequence[Scorecard]:
        found = []
        for site in self.connector.sites:
            with suppress(Refusal):  # no mapping rules, or it has no such cycle
                found.append(show_scorecard(self.connector, self.who(), site, cycle_id or None))
        return found

    def search_url(self, jql: str, site: str) -> str | None:
        known = self.connector.sites.get(site)
        return None if known is None else known.search_url(jql)

    def freshness(self) -> Sequence[SiteStatus]:
        return installation(self.connector, self.who()).sites

    def vitals(self) -> Sequence[SiteStatus]:
        return vitals(self.connector, self.who())

    def kpis(self) -> Sequence[ShownKpi]:
        asked = (self.connector, self.who())
        return [one for site in self.connector.sites for one in board.list_kpis(*asked, site)]

    def kpi(self, id_: str) -> Sequence[ShownKpi]:
        asked = (self.connector, self.who())
        found = (board.kpi(*asked, site, id_) for site in self.connector.sites)
        return [one for one in found if one is not None]

    def departed_kpis(self) -> Sequence[Departure]:
        asked = (self.connector, self.who())
        return [one for site in self.connector.sites for one in departed_kpis(*asked, site)]

    def promotions(self) -> Sequence[ShownPromotion]:
        asked = (self.connector, self.who())
        return [one for site in self.connector.sites for one in list_promotions(*asked, site)]

    def _has(self, site: str, cycle_id: str) -> bool:
        return self.cycles(site).get(cycle_id) is not None

    def _site_of(self, issue_key: str) -> str | None:
        """The only site there is, or the first whose mirror knows the key."""
        sites = list(self.connector.sites)
        if len(sites) < 2:
            return sites[0] if sites else None
        asked = (self.connector, self.who())
        return next((site for site in sites if questions.knows_issue(*asked, site, issue_key)), None)

    def _sites(self, named: str | None) -> list[str]:
        """The site that was named, where it is there; all of them where none was."""
        return [site for site in self.connector.sites if named in (None, site)]

    def _mappings(self, named: str | None = None) -> Iterator[mappings.document.mapping.Mapping]:
        """The active mappings that can be bound from what is stored."""
        for site in self._sites(named):
            mapping = revisions.bound(self.connector, self.who(), site)
            if mapping is not None:
                yield mapping
