"""What the pages read, from the store of a running connector. Nothing here ever calls Jira: a page must not wait for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy import Connection

import mappings.mapping
from connectors.store import check_ins, drifted, due, facts, inbox, kpis, mirror, objectives, refusals
from connectors.store.check_ins import Kept
from connectors.store.drifted import Drifted
from connectors.store.due import DeadLetter
from connectors.store.listing import After, Wanted
from connectors.store.names import Name, names
from mappings.diagnostic import MappingError
from mappings.marks import Mark
from plugin import errands, webhook_state
from plugin.budget import budget
from plugin.connector import Connector, NotReady
from plugin.drift import drift_of, last_recent
from plugin.finding import find_objective
from plugin.history import Told, between, happened
from plugin.pages.headlines import headlines, histories, listed
from plugin.pages.objective_address import site_in_address
from plugin.pages.sources import (
    Buried,
    Cycle,
    HistoryPoint,
    Listed,
    Located,
    Refused,
    SavedHead,
    SitedHead,
    SiteFreshness,
    WatchedKpi,
)
from plugin.reading import SYNC
from plugin.sync import checkpoint, outage

TRAFFIC = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class StoredSources:
    """All sites of one connector side by side, in the order in which it knows them."""

    connector: Connector

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

    def freshness(self) -> Sequence[SiteFreshness]:
        now = self.now()
        with self.connector.store.read() as conn:
            found = [
                replace(_freshness(conn, name, site.browse_url, now), token_expires=site.token_expires)
                for name, site in self.connector.sites.items()
            ]
        return [replace(one, sync=errands.latest(self.connector, one.site, SYNC)) for one in found]

    def vitals(self) -> Sequence[SiteFreshness]:
        now = self.now()
        with self.connector.store.read() as conn:
            return [
                replace(_vital(conn, name, site.browse_url, now), token_expires=site.token_expires)
                for name, site in self.connector.sites.items()
            ]

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


def _freshness(conn: Connection, site: str, url: str, now: datetime) -> SiteFreshness:
    return replace(
        _vital(conn, site, url, now),
        issues=mirror.count(conn, site),
        newest_change=mirror.newest(conn, site),
        drift=drift_of(conn, site),
        deliveries=inbox.counts(conn, site),
        per_minute=_per_minute(inbox.received(conn, site, now - TRAFFIC), now),
        webhook=webhook_state.known(conn, site),
        full_read=checkpoint.progress(conn, site),
        budget=budget(conn, site, now),
    )


def _vital(conn: Connection, site: str, url: str, now: datetime) -> SiteFreshness:
    """What tells whether the data is fresh; counts nothing that grows with the site."""
    latest = inbox.recent(conn, site, 1)
    resynced = facts.get(conn, site, "last_resync")
    pending = due.pending_count(conn, site)
    overdue = due.next_run(conn, site) if pending else None
    return SiteFreshness(
        site=site,
        url=url,
        last_delivery=latest[0].received_at if latest else None,
        last_resync=None if resynced is None else datetime.fromisoformat(resynced),
        last_recent=last_recent(conn, site),
        drift=drift_of(conn, site, 0),
        pending=pending,
        pending_since=overdue if overdue is not None and overdue < now else None,
        dead=_buried(conn, site),
        refused=tuple(
            Refused(
                one.issue_key,
                one.field_name,
                one.message,
                one.remedy,
                one.objective_id,
                one.issue_id,
                one.field_id,
            )
            for one in refusals.all(conn, site)
        ),
        outage=outage.standing(conn, site),
    )


def _per_minute(received: Sequence[datetime], now: datetime) -> tuple[int, ...]:
    """How many came in each of the last minutes, the latest last."""
    minutes = int(TRAFFIC.total_seconds() // 60)
    counts = [0] * minutes
    for at in received:
        counts[max(0, minutes - 1 - int((now - at).total_seconds() // 60))] += 1
    return tuple(counts)


def _buried(conn: Connection, site: str) -> tuple[Buried, ...]:
    letters = due.dead(conn, site)
    called = names(conn, site, [letter.objective_id for letter in letters])
    return tuple(_letter(one, called.get(one.objective_id)) for one in letters)


def _letter(one: DeadLetter, called: Name | None) -> Buried:
    key = "" if called is None else called.key
    return Buried(one.objective_id, key, one.error, one.remedy, one.buried_at, called is not None)
