"""Where objectives stood at an instant of the past, under the mapping that rules or another one, and how sure that is.

Worked out from the mirror and the histories that are kept; a question asks Jira nothing. What is missing is named, and read by an
act of its own (`read_histories`), in bulk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.cycles import carries
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives, snapshots
from connectors.store.people import audit
from mappings.diagnostic import MappingError
from mappings.document.mapping import Mapping as BoundMapping
from mappings.explain.as_of import (
    PastStanding,
    Records,
    Retrospect,
    measure_as_of,
    missing_histories,
    own_doubts,
)
from mappings.explain.certainty import Certainty, NamedDoubt, Uncertainty
from mappings.facts.moment import Moment
from mappings.rollup.cycles.cycle_end import PastFacts, end_of, has_ended
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.sync.bindings import bound_text
from plugin.sync.context import Context, metrics_of
from plugin.sync.reconcile.cycle_ends import noted_ends, standing_by_notes
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings
from plugin.sync.refresh import issue_steps
from plugin.use_cases.mappings.revisions import find_named
from plugin.use_cases.objectives.moments import instant_at
from plugin.use_cases.objectives.objective_lookup import find_objective
from plugin.use_cases.objectives.objectives import SavedObjective
from plugin.use_cases.permission import ADMIN, EDITOR, VIEWER, act, question

THEN = "then"
"""Instead of a revision: the one that ruled at the moment that is asked for."""
DRAFT = "draft"
"""The same for what the actor has drafted and not activated; pages alone know it, a program sends the text."""
MOST_AT_ONCE = 1_000
"""Histories that are read while somebody waits: one call on Cloud, twenty on Data Center."""
Report = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class AsOf:
    """Where an objective stood; `untold` are the ids of issues whose histories would make it surer."""

    at: datetime
    saved: SavedObjective
    stood: PastStanding
    untold: tuple[str, ...] = ()

    def numbers_of(self, _now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of."""
        return self.at, self.at

    @property
    def certainty(self) -> Certainty:
        """How sure it is."""
        return self.stood.certainty

    @property
    def doubts(self) -> tuple[NamedDoubt, ...]:
        """Why it is not surer."""
        return self.stood.doubts


@dataclass(frozen=True, slots=True)
class HistoryReads:
    """How many histories were read, how many Jira did not give, and how many were left for another time."""

    read: int
    refused: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """A mapping to look back with; `ruling` where it is the active one, so that what was noted of ended cycles holds."""

    mapping: BoundMapping
    ruling: bool
    doubts: tuple[NamedDoubt, ...] = ()


@question(VIEWER)
def asked_instant(connector: Connector, _actor: Actor, site: str, text: str) -> datetime | None:
    """What is meant by an instant, or by a day: its last millisecond, in the zone of the mapping; None for anything else.

    A day that goes on is meant until now.
    """
    return instant_at(text, connector.clock(), connector.context(site).mapping.zone)


@question(VIEWER)
def as_of(
    connector: Connector, _actor: Actor, site: str, name: str, at: datetime, revision: str | None = None
) -> AsOf:
    """Where an objective stood: under the mapping that rules now, one that ruled before (its id, or its beginning), or THEN.

    Raises Refusal where there is nothing to tell, saying from when on there is.
    """
    context = connector.context(site)
    return _told(connector, context, name, at, rules_at(connector, context, at, revision))


@question(ADMIN)
def as_of_draft(
    connector: Connector, _actor: Actor, site: str, name: str, at: datetime, text: str, file: str = ""
) -> AsOf:
    """The same under a mapping that never ruled. Raises MappingError for a text with errors."""
    context = connector.context(site)
    return _told(connector, context, name, at, rules_of(connector, context, text, file))


@act(EDITOR)
def read_histories(
    connector: Connector,
    actor: Actor,
    site: str,
    issue_ids: Iterable[str],
    report: Report = lambda _done, _total: None,
) -> HistoryReads:
    """Read the histories of these issues from Jira, and keep them. Its calls yield to fresh events; raises a JiraError."""
    context, wanted = connector.context(site), set(issue_ids)
    with connector.store.read() as conn:
        updated = {id_: at for id_, at in mirror.ids(conn, site) if id_ in wanted}
    found = issue_steps.read(context, updated, report)
    done = HistoryReads(len(found), len(updated) - len(found))
    with connector.store.write() as conn:
        detail = {"read": done.read, "refused": done.refused}
        audit.note(conn, actor.label, "histories read", context.clock(), detail, site)
    return done


@act(EDITOR)
def read_lacking(
    connector: Connector, actor: Actor, site: str, name: str, at: datetime, revision: str | None = None
) -> HistoryReads:
    """Read of the histories that would make `as_of` surer so many as somebody can wait for; raises Refusal as it does, or a JiraError."""
    return read_some(connector, actor, site, as_of(connector, actor, site, name, at, revision).untold)


@act(EDITOR)
def read_some(connector: Connector, actor: Actor, site: str, untold: Collection[str]) -> HistoryReads:
    """Of the histories of these issues so many as somebody can wait for; raises a JiraError."""
    chosen = sorted(untold)[:MOST_AT_ONCE]
    done = read_histories(connector, actor, site, chosen) if chosen else HistoryReads(0, 0)
    return replace(done, left=len(untold) - len(chosen))


def require_past(lookback: Lookback, at: datetime) -> None:
    """Refusal for a time that is yet to come, or of which nothing is known."""
    if at > lookback.context.clock():
        raise Refusal(f"{at:%Y-%m-%d %H:%M} UTC is yet to come. Ask for a day until today.")
    begins = lookback.retrospect.begins
    if begins is None or begins > at:
        since = f"on {begins:%Y-%m-%d %H:%M} UTC" if begins is not None else "with the first sync"
        raise Refusal(f"History begins {since}.")


def rules_of(connector: Connector, context: Context, text: str, file: str = "") -> Rules:
    """A text as rules to look back with, and what it asks for that nothing tells."""
    with connector.store.read() as conn:
        mapping, _ = bound_text(conn, context.site, text, context.catalogue, file)
    if mapping.revision == context.mapping.revision:
        return current_rules(context)  # under the locks of its cycles
    return Rules(mapping, False, _untold_fields(context, mapping))


def current_rules(context: Context) -> Rules:
    """The mapping that rules."""
    return Rules(context.mapping, True, _untold_fields(context, context.mapping))


def rules_at(connector: Connector, context: Context, at: datetime, revision: str | None) -> Rules:
    """The rules that a name means: of the mapping that rules (None), of a revision, or of the one that ruled at the moment (THEN)."""
    if revision is None or (revision and context.mapping.revision.startswith(revision)):
        return current_rules(context)
    with connector.store.read() as conn:
        known = tuple(revisions.load_all(conn, context.site))
        ruled = [one.revision for one in revisions.activations(conn, context.site) if one.at <= at]
    if revision == THEN:
        if not ruled:
            raise Refusal(
                "No mapping ruled yet at that time. Choose a revision instead, such as the one that rules now."
            )
        revision = ruled[0]
    found = find_named(known, revision)
    if found is None:
        listed = ", ".join(one.revision for one in known)
        raise Refusal(f"There is no one revision {revision!r}. Revisions: {listed}; or say {THEN}.")
    try:
        return rules_of(connector, context, found.text)
    except MappingError as error:
        said = error.diagnostics[0]
        raise Refusal(
            f"Revision {found.revision[:8]} does not fit this Jira as it is now ({said.path}: {said.message}). "
            "Leave the revision out to see it under the one that rules."
        ) from error


def _untold_fields(context: Context, mapping: BoundMapping) -> tuple[NamedDoubt, ...]:
    """What a mapping reads, and the mirror lacks or nothing keeps a history of."""
    active = context.mapping
    names = {one.id: one.name or one.id for one in mapping.fields.values()}
    compared = {id_ for selector in mapping.selectors() for id_ in selector.fields}
    needed = (mapping.field_ids() | compared) - {place.id for place in mapping.places()}
    unread = needed - active.field_ids()
    silent = needed - unread - set(context.history_fields)
    silent |= metrics_of(mapping) - metrics_of(active) - unread
    found = [NamedDoubt(Uncertainty.UNREAD, names.get(id_, id_)) for id_ in unread]
    found += [NamedDoubt(Uncertainty.NO_HISTORY, names.get(id_, id_)) for id_ in silent]
    if mapping.scope_by_id != active.scope_by_id:
        found.append(NamedDoubt(Uncertainty.UNREAD, "what only this mapping's scope holds"))
    return tuple(sorted(found))


@dataclass(slots=True)
class Lookback:
    """A site as it was at any instants, latest first: read once, asked many times."""

    context: Context
    retrospect: Retrospect = field(init=False)

    def __post_init__(self) -> None:
        context = self.context
        with context.store.read() as conn:
            issues = tuple(mirror.every(conn, context.site))
            former = mirror.former_keys(conn, context.site)
            known = issue_steps.load_histories(context, conn, {one.id: one.updated for one in issues})
        self.retrospect = Retrospect(PastFacts(issues, known, context.catalogue, former), context.clock())

    def states(self, at: datetime, rules: Rules) -> Standings:
        """Where every objective stood."""
        context, mapping = self.context, rules.mapping
        moment = Moment(at, mapping.zone, context.catalogue.account_id)
        moment = self.retrospect.forest(at).moment(moment, mapping.roots())
        with context.store.read() as conn:
            noted = self._noted(conn, moment) if rules.ruling else {}
            aims = episode_aims(conn, context.site, mapping)
            records = Records(
                check_ins.load_as_stood(conn, context.site, at),
                kpi_readings(conn, context.site, mapping, at, aims),
                aims=aims,
                carries=carries.load_standing(conn, context.site),
            )
        fixed = standing_by_notes(mapping, noted, self.retrospect.forest(at), moment, records.carries)
        ended = {
            id_: end.facts
            for id_, end in noted.items()
            if id_ not in fixed and not end.settled(mapping.revision) and not _goes_on(mapping, end)
        }
        with collector_resting():
            found = measure_as_of(
                mapping, self.retrospect, moment, replace(records, ended=ended, fixed=fixed)
            )
        return Standings(lookback=self, rules=rules, moment=moment, states=found, noted=noted)

    def _noted(self, conn: Connection, moment: Moment) -> dict[str, CycleEnd]:
        ids = objectives.ids(conn, self.context.site)
        return noted_ends(conn, self.context.site, ids, moment)


def _goes_on(mapping: BoundMapping, end: CycleEnd) -> bool:
    """Whether the facts of an ended cycle are those of the moment until it is closed: what was noted of it last says nothing of earlier."""
    cycle = mapping.cycles.get(end.facts.cycle_id)
    return cycle is not None and cycle.measured == "close"


@dataclass(frozen=True, slots=True)
class Standings:
    """The states of one instant, and what is not certain of each."""

    lookback: Lookback
    rules: Rules
    moment: Moment
    states: Mapping[str, ObjectiveState]
    noted: Mapping[str, CycleEnd]

    def stood(self, id_: str) -> PastStanding:
        """One of them with its doubts."""
        state = self.states[id_]
        found = set(self.own_doubts(id_))
        if self.end_of(id_) is None:
            found |= set(missing_histories(self.lookback.retrospect, self.seen_at(state)))
        return PastStanding(state, tuple(sorted(found)))

    def own_doubts(self, id_: str) -> tuple[NamedDoubt, ...]:
        """Its doubts but those that it shares with all whose end was not noted: that the histories of other issues are missing."""
        state, end = self.states[id_], self.end_of(id_)
        if end is not None:
            return tuple(sorted(NamedDoubt(doubt, key) for doubt, key in end.facts.doubts))
        mapping, retrospect = self.rules.mapping, self.lookback.retrospect
        found = own_doubts(mapping, retrospect, self.seen_at(state), state, self.rules.doubts)
        return tuple(sorted({*found, *self._gone(state)}))

    def end_of(self, id_: str) -> CycleEnd | None:
        """What was noted of the end of its cycle: that is what it is told from."""
        end = self.noted.get(id_)
        return end if end is not None and end.facts.cycle_id == self.states[id_].cycle_id else None

    def untold(self, id_: str) -> tuple[str, ...]:
        """Ids of the issues whose histories would make it surer."""
        if self.end_of(id_) is not None:
            return ()
        return tuple(sorted(self.lookback.retrospect.untold(self.seen_at(self.states[id_]))))

    def seen_at(self, state: ObjectiveState) -> datetime:
        """As of when it was measured: the end of its cycle, where that was over."""
        mapping = self.rules.mapping
        cycle = mapping.cycles.get(state.cycle_id)
        if cycle is not None and has_ended(cycle, self.moment):
            return end_of(cycle, mapping.zone)
        return self.moment.now

    def _gone(self, state: ObjectiveState) -> Iterable[NamedDoubt]:
        """Rows that the ledger kept of that time shows, and that no longer are anywhere."""
        context = self.lookback.context
        with context.store.read() as conn:
            shown = snapshots.load_at(conn, context.site, state.id, self.seen_at(state))
            if shown is None or shown.backfilled:
                return ()
            was = shown.state
            ledgers = (was.ledger, was.beside, *(one.measurement.ledger for one in was.key_results))
            rows = {row.id: row.key for ledger in ledgers for row in ledger.rows if row.id.isdecimal()}
            known = mirror.get(conn, context.site, rows)
        return tuple(NamedDoubt(Uncertainty.GONE_SINCE, key) for id_, key in rows.items() if id_ not in known)


def _told(connector: Connector, context: Context, name: str, at: datetime, rules: Rules) -> AsOf:
    saved = find_objective(connector, context.site, name)
    if saved is None:
        raise Refusal(f"{name} is no objective here.", step=OBJECTIVES)
    lookback = Lookback(context)
    _require_facts(lookback, saved, at)
    standings = lookback.states(at, rules)
    then = standings.states.get(saved.state.id)
    if then is None or then.plain:
        raise Refusal(
            f"{saved.state.key or name} was no objective then under revision {rules.mapping.revision[:8]}: "
            "no rule of it selects the issue as it stood."
        )
    stood = standings.stood(saved.state.id)
    shown = SavedObjective(stood.state, rules.mapping.revision, at, at)
    return AsOf(at, shown, stood, standings.untold(saved.state.id))


def _require_facts(lookback: Lookback, saved: SavedObjective, at: datetime) -> None:
    created = lookback.retrospect.created(saved.state.id)
    if created is not None and created > at:
        raise Refusal(f"{saved.state.key} was not there yet: it was created on {created:%Y-%m-%d %H:%M} UTC.")
    require_past(lookback, at)
