"""The running connector: its store, its sites, and the mapping each site works by. Made in `plugin.runtime.composition`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlencode

from connectors.goals import goals_of
from connectors.jira import Jira
from connectors.jira.http.errors import AuthFailure, JiraError
from connectors.jira.sign_in.authorization import OAuthClient
from connectors.store import Store
from connectors.store.cycles import cycle_locks
from connectors.store.mappings import bindings, coming_mappings, revisions
from connectors.store.mappings.coming_mappings import ComingMapping
from connectors.store.sites import api_versions, catalogues, former_names
from connectors.store.visibility.counted_issues import CountedIssues
from connectors.store.visibility.hidden_numbers import HiddenNumbers
from connectors.store.visibility.modes import Visibility
from connectors.store.work import due
from mappings.diagnostic import MappingError
from mappings.document.lock_binding import under_locks
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.document.version_orders import compares_versions, projects_of
from mappings.explain.week import WeekMove
from mappings.facts.catalogue import Catalogue, Field, ProjectVersions
from mappings.facts.goal import GoalBoard
from mappings.fields import Api
from mappings.jql.fields.versions import MOST_PROJECTS
from mappings.kpi.sources import SOURCE_OPTIONS
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets import needs_goals
from plugin.next_steps import FIRST_MAPPING, Door, NextStep
from plugin.runtime.memory import Memory
from plugin.runtime.processes.counters import Meter
from plugin.runtime.settings import Settings
from plugin.sync.announcement import SILENT, Announcer
from plugin.sync.bindings import bound_text
from plugin.sync.context import Context, no_app
from plugin.sync.refresh import names
from plugin.sync.refresh.project_access import ProjectSight
from plugin.sync.resync import activation_read
from plugin.sync.write_back.notification import NotificationPolicy
from plugin.sync.write_back.permits import TRIED, try_again

MOST_WEEKS = 4000
"""Of so many objectives it is kept what their week did."""

WeekKey = tuple[str, str, datetime, datetime]
"""Site and objective, and from when the snapshots are between which it moved."""


@dataclass(frozen=True, slots=True)
class Site:
    """One Jira with what is needed to talk to it and to believe its webhooks."""

    name: str
    jira: Jira
    browse_url: str
    webhook_secret: str | None
    path_token: str | None = None
    token_expires: date | None = None
    """The day that an admin entered; None where nobody did."""
    former_secrets: tuple[str, ...] = ()
    """What proved deliveries before the secret was changed."""
    former_until: datetime | None = None
    """Until when that goes on proving them; None for as long as it stands in the settings."""
    path_stays: bool = False
    """Whether the address proved them before, and does as long."""
    app_secret: str | None = None
    """Of an app that a Jira user allowed: it registers its webhooks itself, and Jira signs a token for each delivery with this."""
    former_app_secret: str | None = None
    """What it signed with before its secret was changed."""
    former_app_until: datetime | None = None
    """Until when that goes on proving them; None for as long as it stands in the settings."""
    is_cloud: bool = True
    """Whether its credentials are those of Jira Cloud."""
    link: OAuthClient | None = None
    """The application link by which people of a Data Center prove who they are."""

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """What proves a delivery, the one that is given out first; none where the address does."""
        if not self.webhook_secret:
            return ()
        return (self.webhook_secret, *(self.former_secrets if self._still(now) else ()))

    def app_secrets_at(self, now: datetime) -> tuple[str, ...]:
        """What proves a delivery to the app, the present secret first; none where the site is reached by no app."""
        lasts = self.former_app_until is None or now <= self.former_app_until
        known = (self.app_secret, self.former_app_secret if lasts else None)
        return tuple(one for one in known if one) if self.app_secret else ()

    def path_proves(self, now: datetime) -> bool:
        """Whether a delivery to the unguessable address needs no signature."""
        return not self.webhook_secret or (self.path_stays and self._still(now))

    def _still(self, now: datetime) -> bool:
        return self.former_until is None or now <= self.former_until

    def issue_url(self, key: str) -> str:
        """Where people see an issue."""
        return f"{self.browse_url.rstrip('/')}/browse/{key}"

    def search_url(self, jql: str) -> str:
        """Where people see what a JQL finds."""
        return f"{self.browse_url.rstrip('/')}/issues/?{urlencode({'jql': jql})}"


class SiteWatch(Protocol):
    """Looks what other processes made of the sites."""

    def look(self) -> None:
        """Bring in what was added, changed or removed until now."""


class Refusal(Exception):
    """Something has to be done by a person before the connector can work; the message says what, `about` which of the things given it is about.

    `step` is what to do next where doors have ways of their own to do it; each door says its own (`said_at`), and whoever is none says the page.
    """

    def __init__(self, message: str, about: str = "", step: NextStep | None = None) -> None:
        self.message, self.about, self.step = message, about, step
        super().__init__(self.said_at(Door.PAGE))

    def remedy_at(self, door: Door) -> str:
        """What to do next at a door; empty where the message says it."""
        return self.step.at(door) if self.step is not None else ""

    def said_at(self, door: Door) -> str:
        """All of it in the words of a door."""
        return f"{self.message} {self.remedy_at(door)}".rstrip()


@dataclass(frozen=True, slots=True)
class ActiveMapping:
    """The active mapping in its bound form, of which version, and the catalogue as Jira has it today."""

    revision: str
    version: int
    mapping: Mapping
    catalogue: Catalogue
    former_names: tuple[Field, ...] = ()
    read_at: datetime | None = None
    """When the catalogue was read, where what is written depends on the goals in it: another process may read them anew."""


@dataclass(slots=True)
class Connector:
    """Store, sites and clock; hands out a Context per site under the active mapping revision."""

    settings: Settings
    store: Store
    sites: dict[str, Site]
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    """Seconds by which what was asked a moment ago is believed, and how long is waited; never goes back."""
    announce: Callable[[], None] = lambda: None
    announcer: Announcer = SILENT
    meter: Meter = field(default_factory=Meter)
    watch: SiteWatch | None = None
    move_clock: Callable[[datetime], None] | None = None
    """Makes it later; only the demo has it. May be called within a transaction, and opens none."""
    receive_figures: Callable[[], None] = lambda: None
    """Lets the figures of the days that passed come in, where somebody makes such: in the demo."""
    as_app: Callable[[str, Field], Jira] = lambda _site, field: no_app(field)
    """Gives Jira of a site as the Forge app that owns a field; raises JiraRefusal where that cannot be."""
    written_at: datetime | None = None
    """When the database was last seen to take a write."""
    weeks: Memory[WeekKey, WeekMove] = field(default_factory=lambda: Memory(MOST_WEEKS))
    modes: tuple[float, dict[str, Visibility]] = (float("-inf"), {})
    """What of hidden issues is shown, by site, and when that was read."""
    counted: dict[str, tuple[float, CountedIssues]] = field(default_factory=dict)
    """Which issues the numbers of a site count, and when that was read."""
    numberless: dict[tuple[str, str], tuple[float, HiddenNumbers]] = field(default_factory=dict)
    """Of which objectives somebody sees no numbers, by site and person, and when that was found."""
    noted_sights: dict[tuple[str, str], tuple[float, frozenset[str]]] = field(default_factory=dict)
    """Of which projects somebody saw all that is counted, by site and person, and when that was kept last."""
    asking: dict[tuple[str, str], tuple[threading.Thread, float]] = field(default_factory=dict)
    """Who asks Jira what somebody may see, by site and person, and since which second of `monotonic`."""
    unanswered: dict[tuple[str, str], float] = field(default_factory=dict)
    """Until which second of it Jira is not asked that again, as it gave no answer."""
    asking_lock: threading.Lock = field(default_factory=threading.Lock)
    _bound: dict[str, ActiveMapping] = field(default_factory=dict)
    _read_for: dict[str, tuple[str, Catalogue, Mapping | None]] = field(default_factory=dict)
    _notifying: dict[str, NotificationPolicy] = field(default_factory=dict)
    _sights: dict[str, ProjectSight] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def site(self, name: str) -> Site:
        """The site of this name; raises Refusal naming the sites there are."""
        found = self.known_site(name)
        if found is not None:
            return self._watched(found)
        known = ", ".join(sorted(self.sites)) or "none yet: add one, or set JIRA_OKR_JIRA__URL"
        raise Refusal(f"There is no site called {name!r}. Known sites: {known}.")

    def known_site(self, name: str) -> Site | None:
        """The site of this name, also if another process added it a moment ago; None where there is none."""
        if name not in self.sites:
            self.look()
        return self.sites.get(name)

    def look(self) -> None:
        """Bring in what other processes made of the sites until now; else it is known within seconds."""
        if self.watch is not None:
            self.watch.look()

    def forget(self, name: str) -> None:
        """Keep nothing that was worked out for a site that changed or went."""
        with self._lock:
            self._bound.pop(name, None)
            self._notifying.pop(name, None)
            self._sights.pop(name, None)

    def catalogue(self, name: str, *, fresh: bool = False) -> Catalogue:
        """The site's catalogue: the stored snapshot, or read from Jira where there is none or a fresh one is asked for."""
        with self.store.read() as conn:
            stored = catalogues.get(conn, name)
        if stored is not None and not fresh:
            return stored
        catalogue = self.site(name).jira.catalogue()
        active = self._active_binding(name)
        if active is not None and needs_goals(active.document):
            known = stored.goals if stored is not None else None
            catalogue = replace(catalogue, goals=self._board(name, known))
        if active is not None and compares_versions(active.document):
            known_orders = stored.version_orders if stored is not None else ()
            catalogue = replace(catalogue, version_orders=known_orders)
            catalogue = self.with_orders(name, active.document, catalogue, fresh=True)
        # Cloud tells of changes by the ids of fields, and needs no names of before.
        before = stored.fields if stored is not None and self.api(name) != 3 else ()
        with self.store.write() as conn:
            catalogues.put(conn, name, catalogue, self.clock())
            if stored is not None and stored != catalogue:
                due.mark(conn, name, try_again(conn, name), self.clock(), TRIED)
            renamed = former_names.note(conn, name, before, catalogue.fields)
            if active is not None:
                names.hold_against(conn, name, active, catalogue, self.clock())
                if renamed:
                    names.read_anew(conn, name, active, renamed, self.clock())
        with self._lock:
            self._bound.pop(name, None)
        return catalogue

    def catalogue_for(self, name: str, document: Document, *, fresh: bool = False) -> Catalogue:
        """The catalogue with all that a document may name: with the goals of the site where it writes to them, and the order of versions where it compares them."""
        found = wider = self.catalogue(name, fresh=fresh)
        if needs_goals(document) and (found.goals is None or found.goals.problem):
            wider = replace(found, goals=self._board(name))
        if compares_versions(document):
            wider = self.with_orders(name, document, wider)
        if wider == found:
            return found
        with self.store.write() as conn:
            catalogues.put(conn, name, wider, self.clock())
        return wider

    def with_orders(
        self, name: str, document: Document, catalogue: Catalogue, *, fresh: bool = False
    ) -> Catalogue:
        """The catalogue with the order of the versions of each project that a document may select from; as it was where nobody can say it now."""
        wanted = projects_of(document, catalogue)
        known = {one.project_id: one for one in catalogue.version_orders}
        asked = sorted(wanted if fresh else wanted - known.keys())
        if len(wanted) > MOST_PROJECTS:
            return catalogue
        jira = self.site(name).jira
        try:
            told = {id_: jira.project_parts(id_).order for id_ in asked}
        except JiraError:
            return catalogue
        # A project that Jira does not show tells none, and its issues keep their versions: the order that is known stands.
        known |= {
            id_: ProjectVersions(id_, found) for id_, found in told.items() if found or id_ not in known
        }
        return replace(catalogue, version_orders=tuple(known[id_] for id_ in sorted(known)))

    def _board(self, name: str, known: GoalBoard | None = None) -> GoalBoard | None:
        """The goals of a site, none of a Data Center; as they are known where nobody can say it now, or the sign-in is refused."""
        if self.api(name) != 3:
            return None
        try:
            return goals_of(self.site(name).jira).board()
        except AuthFailure as error:
            return known or GoalBoard(problem=error.message)
        except JiraError:
            return known

    def _active_binding(self, name: str) -> Mapping | None:
        """The active mapping as it is bound; None where none is active, or none of this product's making."""
        with self.store.read() as conn:
            known = catalogues.is_known(conn, name)
        try:
            return self._active_mapping(name).mapping if known else None
        except (Refusal, MappingError):
            return None

    def context(self, name: str) -> Context:
        """What a sync step needs, under the active mapping; raises Refusal where none is active."""
        site = self.site(name)
        bound = self._active_mapping(name)
        with self.store.read() as conn:
            absences = names.absences_of(conn, name, bound.mapping.revision)
            ahead = coming_mappings.get(conn, name)
        return Context(
            site=name,
            jira=site.jira,
            store=self.store,
            mapping=bound.mapping,
            catalogue=bound.catalogue,
            clock=self.clock,
            quiet=timedelta(seconds=self.settings.quiet_seconds),
            ceiling=timedelta(seconds=self.settings.ceiling_seconds),
            lease=timedelta(seconds=self.settings.lease_seconds),
            announcer=self.announcer,
            notifying=self._notifying_of(site),
            project_sight=self._sight_of(site),
            meter=self.meter,
            reads_ahead=True,
            gather=timedelta(seconds=self.settings.gather_seconds),
            absences=absences,
            former_names=bound.former_names,
            coming=self._coming(name, ahead, bound.mapping, bound.catalogue),
            binding=bound.version,
            pages=self.pages,
            as_app=partial(self.as_app, name),
        )

    @property
    def pages(self) -> str:
        """The address by which people open the pages, as somebody set it; where it is served may be behind a proxy."""
        return self.settings.public_url if self.settings.base_url is not None else ""

    def basis(self, name: str) -> WriteBasis:
        """What the values that are written to a site are made on."""
        with self.store.read() as conn:
            known = catalogues.get(conn, name)
        return WriteBasis(self.api(name), self.pages, goals=known.goals if known is not None else None)

    def watches_kpis(self, name: str) -> bool:
        """Whether the mapping that was bound last watches any; nothing is asked, for it is bound anew each minute anyway."""
        with self._lock:
            bound = self._bound.get(name)
        return bound is not None and bool(bound.mapping.document.kpis)

    def signs_in_by_app(self, name: str) -> bool:
        """Whether the site is reached by an app that a Jira user allowed, whose webhook has to be kept alive."""
        site = self.sites.get(name)
        return site is not None and site.app_secret is not None

    def reads_kpis(self, name: str) -> bool:
        """Whether it watches any whose source is asked."""
        with self._lock:
            bound = self._bound.get(name)
        parts = bound.mapping.document.kpis if bound is not None else ()
        return any(isinstance(part.source, SOURCE_OPTIONS) for part in parts)

    def api(self, name: str) -> Api:
        """3 for Jira Cloud, 2 for Data Center; kept in the store, so that a preview need not ask."""
        with self.store.read() as conn:
            known = api_versions.get(conn, name)
        if known is None:
            known = 3 if self.site(name).jira.deployment == "cloud" else 2
            with self.store.write() as conn:
                api_versions.put(conn, name, known)
        return known

    def _watched(self, site: Site) -> Site:
        """Its calls are counted from now on."""
        transport = getattr(site.jira, "transport", None)
        if transport is not None and transport.observer is None:
            transport.observer = partial(self.meter.called, site.name)
        return site

    def _notifying_of(self, site: Site) -> NotificationPolicy:
        with self._lock:
            known = self._notifying.get(site.name)
            if known is None or known.jira is not site.jira:
                known = self._notifying[site.name] = NotificationPolicy(site.jira, self.clock)
        return known

    def _sight_of(self, site: Site) -> ProjectSight:
        with self._lock:
            known = self._sights.get(site.name)
            if known is None or known.jira is not site.jira:
                known = self._sights[site.name] = ProjectSight(site.jira, self.clock)
        return known

    def _coming(
        self, name: str, found: ComingMapping | None, ruling: Mapping, catalogue: Catalogue
    ) -> Mapping | None:
        """The mapping that is read for beside the one that rules; None where there is none, or it no longer fits the site."""
        if (
            found is None
            or self.clock() - found.began > activation_read.LONGEST
            or found.revision == ruling.revision
        ):
            return None
        with self._lock:
            bound = self._read_for.get(name)
        if bound is None or bound[:2] != (found.text, catalogue):
            try:
                with self.store.read() as conn:
                    mapping, _ = bound_text(conn, name, found.text, catalogue)
                bound = (found.text, catalogue, mapping)
            except MappingError:
                bound = (found.text, catalogue, None)
            with self._lock:
                self._read_for[name] = bound
        return bound[2]

    def _active_mapping(self, name: str) -> ActiveMapping:
        with self.store.read() as conn:
            active = revisions.active(conn, name)
            version = bindings.version(conn, name, active.revision) if active is not None else None
            read_at = catalogues.read_at(conn, name) if self._feeds_goals(name) else None
        if active is None:
            raise Refusal(f"No mapping is active for site {name!r}.", step=FIRST_MAPPING)
        with self._lock:
            bound = self._bound.get(name)
        if (
            bound is not None
            and version is not None
            and (bound.revision, bound.version, bound.read_at) == (active.revision, version, read_at)
        ):
            return bound
        catalogue = self.catalogue(name)
        if version is None:
            self._bind_first(name, active.text, catalogue)
        with self.store.read() as conn:
            version = bindings.version(conn, name, active.revision) or 0
            mapping, _ = bound_text(conn, name, active.text, catalogue, active=True)
            mapping = under_locks(mapping, cycle_locks.every(conn, name))
            former = former_names.every(conn, name)
        catalogue = self.catalogue_for(name, mapping.document)
        with self.store.read() as conn:
            read_at = catalogues.read_at(conn, name) if needs_goals(mapping.document) else None
        bound = ActiveMapping(
            revision=active.revision,
            version=version,
            mapping=mapping,
            catalogue=catalogue,
            former_names=former,
            read_at=read_at,
        )
        with self._lock:
            self._bound[name] = bound
        return bound

    def _feeds_goals(self, name: str) -> bool:
        """Whether the mapping that was bound last writes to goals."""
        with self._lock:
            bound = self._bound.get(name)
        return bound is not None and needs_goals(bound.mapping.document)

    def _bind_first(self, name: str, text: str, catalogue: Catalogue) -> None:
        """A revision from before there were bound forms is bound to what is known of the site, once."""
        with self.store.write() as conn:
            mapping, known = bound_text(conn, name, text, catalogue)
            names.keep(conn, name, mapping, known)
