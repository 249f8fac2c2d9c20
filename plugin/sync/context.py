"""Everything one sync step needs to know about its site: where it reads, where it keeps, by which mapping, and at what time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connectors.goals import dispatch, goals_of
from connectors.jira import AuthFailure, Jira, JiraRefusal, core_fields
from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.work import due
from mappings.document.mapping import Mapping
from mappings.document.names import Absence
from mappings.explain.as_of import looks_at_links
from mappings.explain.past import LINKS, SYSTEM
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.fields import Api, FieldType, JqlView, field_type
from mappings.fields.thing_states import VERSION_FIELDS, ThingReader, ThingState, versions
from mappings.jql.fields.custom import refusal
from mappings.write_back.target import Place, Request, WriteBasis
from mappings.write_back.targets import place_of, sender_of, target_of
from mappings.write_back.targets.app_field import UNHEARD, owned_by
from plugin.runtime.processes.counters import Meter
from plugin.sync.announcement import SILENT, Announcer
from plugin.sync.refresh.project_access import ProjectSight
from plugin.sync.write_back.clearing_look import ClearingLook
from plugin.sync.write_back.notification import NotificationPolicy
from plugin.sync.write_back.shared_writes import SharedWrites

Clock = Callable[[], datetime]

FORBIDDEN = 403
REVOKED = "Jira does not take the token of the Forge app."
LATER = "See that the app is still installed. What waits is written with the next token that Forge sends, within the hour."


def no_app(field: Field) -> Jira:
    """There is no Forge app where nobody said how it is reached."""
    raise JiraRefusal(UNHEARD, (f"No Forge app is known that may write {field.name}.",), told=False)


def no_claim() -> None:
    """Nothing is held that would have to be kept."""


@dataclass(frozen=True, slots=True)
class Context:
    """One site under one mapping revision. `clock` gives aware datetimes; nothing below reads time by itself.

    `gather` is how long a delivery waits for others, so that one read serves them all. `reads_ahead` lets a resync fetch a page while it keeps the one before, in a thread of its own. `besides` are fields that are
    read though the mapping does not name them; `coming` is another mapping that is read for at the same time (`plugin.sync.resync.activation_read`).
    """

    site: str
    jira: Jira
    store: Store
    mapping: Mapping
    catalogue: Catalogue
    clock: Clock
    quiet: timedelta = timedelta(0)
    ceiling: timedelta | None = timedelta(seconds=5)
    lease: timedelta = timedelta(minutes=2)
    announcer: Announcer = SILENT
    notifying: NotificationPolicy | None = None
    project_sight: ProjectSight | None = None
    meter: Meter = field(default_factory=Meter)
    reads_ahead: bool = False
    gather: timedelta = timedelta(0)
    besides: frozenset[str] = frozenset()
    absences: tuple[Absence, ...] = ()
    """What the mapping names and Jira no longer has."""
    coming: Mapping | None = None
    binding: int | None = None
    """Of which version the bound form is that the mapping was bound by; None where it is nobody's yet, as a draft's."""
    former_names: tuple[Field, ...] = ()
    """The fields under the names that they had before."""
    pages: str = ""
    """The address by which people open the connector's pages; empty where nobody said it."""
    as_app: Callable[[Field], Jira] = no_app
    """Gives Jira as the Forge app that owns a field; raises JiraRefusal where that cannot be."""
    clearing_look: ClearingLook | None = None
    """What is looked at together in this turn before it is cleared; None where each objective looks for itself."""
    shared_writes: SharedWrites | None = None
    """What the objectives of this turn write together; None where each writes for itself."""
    keep: Callable[[], None] = no_claim
    """Keeps the claim on what is told of alive, before each call that tells Jira something; raises LostLease."""

    @property
    def instant(self) -> Moment:
        """Now, in the mapping's time zone, as the connector's own account: for the calendar, and for the scope, which cannot ask what is below an issue."""
        return Moment(self.clock(), self.mapping.zone, self.catalogue.account_id)

    def moment(self, conn: Connection | None = None) -> Moment:
        """Now as `instant` says it, with what is below the issues of which the mapping asks that: once for many issues, for it is read.

        That is as the transaction of `conn` sees it, where one is given.
        """
        below: dict[str, frozenset[str]] = {}
        if roots := self.mapping.roots():
            if conn is not None:
                below = mirror.load_below(conn, self.site, roots)
            else:
                with self.store.read() as own:
                    below = mirror.load_below(own, self.site, roots)
        return replace(self.instant, below=below)

    def mark(
        self, conn: Connection, objective_ids: Iterable[str], reason: str, *, bulk: bool = False
    ) -> None:
        """Make objectives due after the quiet period, or at the latest when the ceiling is reached; in `bulk` behind what people did."""
        now = self.clock()
        marked = frozenset(objective_ids)
        due.mark(conn, self.site, marked, now, reason, now + self.quiet, ceiling=self.ceiling, bulk=bulk)
        self.announcer.marked(conn, self.site, marked, now + self.quiet)

    def notifies(self, issue_key: str) -> bool:
        """Whether an edit of this issue has to let Jira tell people of it: only where the account may not silence it."""
        return self.notifying is not None and self.notifying.needed(issue_key)

    def tell(self, request: Request, issue_key: str, keep: Callable[[], None] = lambda: None) -> None:
        """What is written to an issue, silently where Jira allows that. Raises JiraRefusal for what Jira says against it.

        Where it takes several calls, `keep` is called before each: it keeps the claim alive, or stops here.
        """
        self.keep()
        if request.to == "goals":
            dispatch.tell(goals_of(self.jira), request, keep)
            return
        if request.to == "app":
            self._tell_as_app(request)
            return
        loud = request.notifies and self.notifies(issue_key)
        try:
            self.jira.tell(request, notify=loud)
        except JiraRefusal as error:
            silenced = request.notifies and not loud and error.status == FORBIDDEN
            if not silenced or not self.must_notify(issue_key):
                raise
            self.jira.tell(request, notify=True)

    def sender(self, place_id: str) -> tuple[str, str] | None:
        """The app, and the environment of it, that writes to a place; None for our own account."""
        return sender_of(place_id, self.field)

    def _tell_as_app(self, request: Request) -> None:
        id_ = owned_by(request)
        try:
            with closing(self.as_app(self.field(id_) or Field(id_, id_))) as jira:
                jira.tell(request)
        except AuthFailure:  # which is no reason to take our own sign-in for refused
            raise JiraRefusal(UNHEARD, (REVOKED,), remedy=LATER, told=False) from None

    def ask(self, request: Request) -> object:
        """What a write target asks; None where no such thing is shown. Raises JiraRefusal where it may not be read."""
        if request.to == "goals":
            return dispatch.ask(goals_of(self.jira), request)
        return self.jira.ask(request)

    def must_notify(self, issue_key: str) -> bool:
        """Whether a silent edit that was forbidden may pass where Jira tells people of it."""
        return self.notifying is not None and self.notifying.needed_after_all(issue_key)

    @property
    def fields(self) -> tuple[str, ...]:
        """What to ask Jira for: the system fields, the mapped ones and what is written, nothing else."""
        coming = self.coming.field_ids() if self.coming is not None else frozenset[str]()
        return (*core_fields(), *sorted(self.mapping.field_ids() | coming | self.besides))

    @property
    def own_fields(self) -> tuple[str, ...]:
        """What the mapping that rules needs of them."""
        return (*core_fields(), *sorted(self.mapping.field_ids()))

    def holds(self, issue: Issue) -> bool:
        """Whether the mirror keeps this issue: it is in the scope of the mapping that rules, or of the coming one."""
        moment = self.instant
        coming = self.coming
        return self.mapping.scope.matches(issue, moment) or (
            coming is not None and coming.scope.matches(issue, moment)
        )

    def field(self, field_id: str) -> Field | None:
        """The field of this id: as the mapping has it, or as Jira's catalogue has it."""
        return field_of(self.mapping, self.catalogue, field_id)

    def place(self, id_: str) -> Place | None:
        """The place of this id, written by the mapping or not; None where Jira no longer has it."""
        return place_of(id_, self.field)

    def field_ids(self, told: Iterable[str]) -> frozenset[str]:
        """Ids of fields as an event tells them: Data Center does it by name; of a name that several have, all of them."""
        if self.api == 3:
            return frozenset(told)
        ids: dict[str, set[str]] = {}
        for one in self.catalogue.fields:
            ids.setdefault(one.name.casefold(), set()).add(one.id)
        return frozenset(id_ for name in told for id_ in ids.get(name.casefold(), {name}))

    @property
    def field_names(self) -> dict[str, str]:
        """What people call the fields, by id."""
        return {one.id: one.name for one in self.catalogue.fields}

    @property
    def refusals(self) -> tuple[tuple[str, Callable[[object], str]], ...]:
        """What tells empty from a shape that nobody knows: of mapped fields that hold choices or say it themselves, and of all that JQL compares.

        What stands in a field that is only written is ours to put right. Numbers, days and texts say of each row what they cannot use.
        """
        custom = {one.id: one for one in self.catalogue.fields}
        compared = {id_ for selector in self.mapping.selectors() for id_ in selector.fields}
        read = self.mapping.field_ids() - (self.written_places - compared)
        return tuple(
            (id_, partial(refusal, custom[id_]))
            for id_ in sorted(read & custom.keys())
            if id_ in compared or _may_refuse(custom[id_])
        )

    @property
    def called_fields(self) -> tuple[Field, ...]:
        """The fields under all names by which histories may tell of them; nothing on Cloud, which tells of them by their ids."""
        return () if self.api == 3 else (*self.catalogue.fields, *self.former_names)

    @property
    def names_known(self) -> int:
        """Up to which former name those of the fields whose history matters are known; it only grows."""
        metrics = self.metric_fields
        return max((at for at, one in enumerate(self.former_names, 1) if one.id in metrics), default=0)

    @property
    def metric_fields(self) -> frozenset[str]:
        """Ids of the fields whose history matters: what key results read as their current value."""
        coming = metrics_of(self.coming) if self.coming is not None else frozenset[str]()
        return metrics_of(self.mapping) | coming

    @property
    def stating_fields(self) -> dict[str, ThingReader]:
        """What reads sprints and versions with their states from the fields that the mapping asks for, by id."""
        found: dict[str, ThingReader] = {}
        for id_ in sorted(self.mapping.field_ids()):
            field = self.field(id_) if id_ not in VERSION_FIELDS else None
            type_ = None if field is None else field_type(field)
            if id_ in VERSION_FIELDS:
                found[id_] = versions
            elif type_ is not None and type_.stated(None) is not None:
                found[id_] = partial(_stated, type_)
        return found

    @property
    def history_fields(self) -> tuple[str, ...]:
        """Whose changes are read: the system's, and the mapped ones that are not ours to write, unless a KPI reads those too; links where anything goes by them."""
        selectors = self.mapping.kpi_selectors()
        asked = {field for selector in selectors for field in selector.fields}
        if looks_at_links(self.mapping) or any(one.linked for one in selectors):
            asked.add(LINKS)
        return (*SYSTEM, *sorted((self.mapping.field_ids() - self.written_places) | asked))

    @property
    def written_places(self) -> frozenset[str]:
        """Ids of the places this mapping writes."""
        return frozenset(place.id for place in self.mapping.places())

    @property
    def ageless_places(self) -> frozenset[str]:
        """Those among them whose writes leave Jira's `updated` of the issue as it is."""
        return frozenset(id_ for id_ in self.written_places if not target_of(id_).ages)

    @property
    def recalled_places(self) -> frozenset[str]:
        """Those that are known by what we wrote alone, of the coming mapping too: a read says nothing of them."""
        coming = self.coming.places() if self.coming is not None else ()
        ours = self.written_places.union(place.id for place in coming)
        return frozenset(id_ for id_ in ours if target_of(id_).recalled)

    @property
    def basis(self) -> WriteBasis:
        """What the values that are written are made on."""
        return WriteBasis(self.api, self.pages, self.instant, goals=self.catalogue.goals)

    @property
    def unshown_places(self) -> frozenset[str]:
        """Ids of what the mirror has to hold and no search shows."""
        return frozenset(id_ for id_ in self.fields if not target_of(id_).shown(self.api))

    @property
    def api(self) -> Api:
        """The version of the REST API spoken: field values look different in 2 (Data Center) and 3 (Cloud)."""
        return 3 if self.jira.deployment == "cloud" else 2

    @property
    def reads_everything(self) -> bool:
        """Whether some key result selects by JQL alone, so that any issue of the mirror may be one of its rows."""
        relations = (
            rule.part.relation for objective in self.mapping.objectives for rule in objective.key_results
        )
        return any(hasattr(relation, "jql") or hasattr(relation, "jql_field") for relation in relations)


def field_of(mapping: Mapping, catalogue: Catalogue, field_id: str) -> Field | None:
    """A field by its id: as the mapping has it, or as Jira's catalogue has it."""
    mapped = (field for field in mapping.fields.values() if field.id == field_id)
    return next(mapped, None) or catalogue.field(field_id)


def metrics_of(mapping: Mapping) -> frozenset[str]:
    """Ids of the fields that key results of a mapping read as their current value."""
    return mapping.reading_ids()


def _stated(type_: FieldType, raw: object) -> tuple[ThingState, ...]:
    return type_.stated(raw) or ()


def _may_refuse(field: Field) -> bool:
    type_ = field_type(field)
    return type_ is not None and (type_.refuses or type_.jql_view(field) is JqlView.CHOICE)
