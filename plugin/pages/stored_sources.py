"""What the pages read, from the store of a running connector. Nothing here ever calls Jira: a page must not wait for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection

import mappings.mapping
from connectors.store import check_ins, drifted, facts, kpis, mirror, objectives
from connectors.store.check_ins import Kept
from connectors.store.drifted import Drifted
from connectors.store.listing import After, Wanted
from mappings.diagnostic import MappingError
from mappings.marks import Mark
from plugin.access.actor import Actor
from plugin.access.person import acting
from plugin.connector import Connector, NotReady
from plugin.finding import find_objective
from plugin.history import Told, between, happened
from plugin.pages.headlines import headlines, histories, listed
from plugin.pages.objective_address import site_in_address
from plugin.pages.sources import (
    Cycle,
    HistoryPoint,
    Listed,
    Located,
    SavedHead,
    SitedHead,
    WatchedKpi,
)
from plugin.use_cases.status import Status, installation, vitals


@dataclass(frozen=True, slots=True)
class StoredSources:
    """All sites of one connector side by side, in the order in which it knows them."""

    connector: Connector
    who: Callable[[], Actor] = acting

    @property
    def zone(self) -> tzinfo:
        return next((mapping.zone for mapping in self._mappings()), UTC)

    def now(self) -> datetime:
        return self.connector.clock()

    def objectives(self) -> Sequence[SitedHead]:
        sites = list(self.connector.sites)
        with self.connector.store.read() as conn:
            return [one for site in sites for one in headlines(conn, site, site_in_address(site, sites))]

    def listing(self, wanted: Wanted, after: After, size: int) -> Listed:
        with self.connector.store.read() as conn:
            return listed(conn, replace(wanted, sites=tuple(self.connector.sites)), after, size)

    def site_names(self) -> Collection[str]:
        return tuple(self.connector.sites)

    def located(self, id_or_key: str, site: str | None = None) -> Sequence[Located]:
        found = ((one, find_objective(self.connector, one, id_or_key)) for one in self._sites(site))
        return [Located(one, saved) for one, saved in found if saved is not None]

    def explained_by(self, issue: str, site: str | None = None) -> Sequence[Located]:
        with self.connector.store.read() as conn:
            found = [
                (one, objectives.load(conn, one, id_))
                for one in self._sites(site)
                for id_ in _moved_by(conn, one, issue)
            ]
        return [Located(one, saved) for one, saved in found if saved is not None]

    def history(self, objective_id: str, site: str | None = None) -> Sequence[HistoryPoint]:
        with self.connector.store.read() as conn:
            found = (histories(conn, one, [objective_id]).get(objective_id) for one in self._sites(site))
            return next((points for points in found if points), ())

    def marks(self, objective_id: str, site: str | None = None) -> Sequence[Mark]:
        with self.connector.store.read() as conn:
            return [mark for one in self._sites(site) for mark in happened(conn, one, objective_id)]

    def check_ins(self, objective_id: str, site: str | None = None) -> Sequence[Kept]:
        with self.connector.store.read() as conn:
            return [kept for one in self._sites(site) for kept in check_ins.of(conn, one, objective_id)]

    def drifted(self, objective_id: str, site: str | None = None) -> Drifted | None:
        with self.connector.store.read() as conn:
            found = (drifted.of(conn, one, objective_id) for one in self._sites(site))
            return next((one for one in found if one is not None), None)

    def moved(self, objective_id: str, since: datetime, site: str | None = None) -> Told:
        now = self.now()
        with self.connector.store.read() as conn:
            found = [between(conn, one, objective_id, since, now) for one in self._sites(site)]
        return next((one for one in found if one.begins), Told(since, now, None))

    def aligned(self, objective_id: str, site: str | None = None) -> Sequence[SavedHead]:
        with self.connector.store.read() as conn:
            return [
                found for one in self._sites(site) for found in objectives.aligned_to(conn, one, objective_id)
            ]

    def cycles(self, site: str | None = None) -> Mapping[str, Cycle]:
        return {id_: cycle for mapping in self._mappings(site) for id_, cycle in mapping.cycles.items()}

    def browse_url(self, issue_key: str, site: str | None = None) -> str | None:
        site = site or self._site_of(issue_key)
        return (
            None
            if site is None
            else f"{self.connector.sites[site].browse_url.rstrip('/')}/browse/{issue_key}"
        )

    def freshness(self) -> Sequence[Status]:
        return installation(self.connector, self.who()).sites

    def vitals(self) -> Sequence[Status]:
        return vitals(self.connector, self.who())

    def kpis(self) -> Sequence[WatchedKpi]:
        found = [
            (mapping.document.site, part) for mapping in self._mappings() for part in mapping.document.kpis
        ]
        with self.connector.store.read() as conn:
            return [
                WatchedKpi(part, next(reversed(kpis.readings(conn, site, part.id)), None))
                for site, part in found
            ]

    def _site_of(self, issue_key: str) -> str | None:
        """The only site there is, or the first whose mirror knows the key."""
        sites = list(self.connector.sites)
        if len(sites) < 2:
            return sites[0] if sites else None
        with self.connector.store.read() as conn:
            return next((site for site in sites if mirror.id_of_key(conn, site, issue_key)), None)

    def _sites(self, named: str | None) -> list[str]:
        """The site that was named, where it is there; all of them where none was."""
        return [site for site in self.connector.sites if named in (None, site)]

    def _mappings(self, named: str | None = None) -> Iterator[mappings.mapping.Mapping]:
        """The active mappings that can be bound from what is stored."""
        for site in self._sites(named):
            with self.connector.store.read() as conn:
                known = facts.known(conn, site, "catalogue")
            if not known:
                continue
            try:
                yield self.connector.context(site).mapping
            except (NotReady, MappingError):
                continue


def _moved_by(conn: Connection, site: str, issue: str) -> list[str]:
    ids = {issue, mirror.id_of_key(conn, site, issue.upper())} - {None}
    return sorted(objectives.depending_on(conn, site, [id_ for id_ in ids if id_ is not None]))
