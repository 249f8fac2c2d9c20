"""What must hold when the storm is over, worked out anew from Jira's own state. Every finding is a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime

from stormy_world.judged import SITE, Judged
from stormy_world.links import links_of, only_linked_since

from connectors.store.cycles import cycle_ends
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.mappings import coming_mappings
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.sites import former_names
from connectors.store.work import due
from mappings.facts.app_field import app_field_id
from mappings.facts.catalogue import Field
from mappings.facts.entity_property import property_key
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, Reading
from mappings.fields import field_type
from mappings.rollup.cycles.cycle_end import EndFacts, PastFacts, end_of, facts_at_end
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.targets import target_of
from mappings.write_back.targets.entity_property import property_place
from plugin.sync.context import Context
from plugin.sync.reconcile.cycle_ends import standing_by_notes
from plugin.sync.write_back.places import with_places
from plugin.use_cases.objectives.as_of import Lookback, current_rules

LONG_AGO = datetime.min.replace(tzinfo=UTC)
NO_FACTS = ("history_at", "history_names")
"""What an issue says of how we read it."""


def jira_now(world: Judged) -> dict[str, Issue]:
    """Every issue of the scope that can be known, as Jira has it, with the whole history of its metrics.

    What was archived before anybody told of it is shown by no search: nobody can know of it. Nor of what became of it since, as
    a status that got another name: what is known to be archived stands as it was known last.
    """
    context = world.context()
    records = world.site.sandbox.records
    up_to_date = dict.fromkeys(
        records, LONG_AGO
    )  # the storm is over: a search is as good as a read one by one, and quicker
    read = context.jira.read(records, context.fields, up_to_date).issues if records else ()
    issues = with_places(context, list(read), anew=True)
    archived = [issue.id for issue in issues if issue.archived]
    with world.tables.read() as conn:
        resting = {id_: one for id_, one in mirror.get(conn, SITE, archived).items() if one.archived}
    known = [
        resting.get(issue.id, issue) for issue in issues if not issue.archived or world.was_mirrored(issue.id)
    ]
    inside = [issue for issue in known if context.mapping.scope.matches(issue, context.moment())]
    metrics = context.metric_fields
    measured = [one.id for one in inside if any(one.fields.get(field) is not None for field in metrics)]
    born = {one.id: one.created for one in inside}
    readings = (
        context.jira.readings(measured, metrics, born, named=_called(world)) if measured and metrics else {}
    )
    sandbox = world.site.sandbox
    return {
        one.id: replace(
            one, readings=readings.get(one.id, {}), fields={**one.fields, **links_of(sandbox, one.id)}
        )
        for one in inside
    }


def _called(world: Judged) -> list[Field]:
    """The fields under their names of now, and under those that were seen before: Data Center's histories tell of a change by the name of then.

    A name that came and went between two looks at the site is known to nobody.
    """
    today = [
        Field(id=one.id, name=one.name, type=one.type, custom=one.custom)
        for one in world.site.sandbox.fields.values()
    ]
    with world.tables.read() as conn:
        return [*today, *former_names.every(conn, SITE)]


def recomputed(world: Judged, issues: dict[str, Issue]) -> dict[str, ObjectiveState]:
    """What every objective stands at, from nothing but Jira's state."""
    context = world.context()
    return standing_still(context, issues)


def standing_still(context: Context, issues: dict[str, Issue]) -> dict[str, ObjectiveState]:
    """What every objective stands at; what the connector noted at the end of a cycle is believed, for Jira has forgotten it, and what
    came late and is of before the end enters.
    """
    mapping, forest, moment = context.mapping, Forest.of(issues.values()), context.moment()
    ids = [*issues, *(f"@{rule.part.id}" for rule in mapping.objectives)]
    with context.store.read() as conn:
        noted = cycle_ends.load_latest(conn, SITE, ids)
    open_ends = {id_: end for id_, end in noted.items() if not end.settled(mapping.revision)}
    ended = {id_: _told_by_now(context, end, issues) for id_, end in open_ends.items()}
    fixed = standing_by_notes(mapping, noted, forest, moment)
    return assess(mapping, forest, moment, ended=ended, settled=fixed)


def _told_by_now(context: Context, end: CycleEnd, issues: dict[str, Issue]) -> EndFacts:
    cycle = context.mapping.cycles.get(end.facts.cycle_id)
    if cycle is None:
        return end.facts
    mine = [issues.get(one.id, one) for one in end.facts.issues]
    return facts_at_end(cycle, end_of(cycle, context.mapping.zone), PastFacts(mine), end.facts)


def wrong_fields(world: Judged) -> Iterator[str]:
    """Fields in Jira that do not hold what a full recomputation says."""
    issues = jira_now(world)
    states = recomputed(world, issues)
    context = world.context()
    owned = owners(context.mapping, states.values(), context.instant.today)
    for state in states.values():
        for wanted in desired_values(context.mapping, state, issues.get, context.basis, owned):
            if target_of(wanted.place.id).consults:
                continue  # a goal is told once a day, and judged by itself
            found = wanted.place.actual(issues[wanted.issue_id])
            if not wanted.place.equal(found, wanted.raw):
                yield f"{wanted.issue_key} {wanted.place.name}: Jira has {found!r}, should be {wanted.raw!r}"


def wrong_mirror(world: Judged) -> Iterator[str]:
    """Issues the mirror lacks, has too many, or has otherwise than Jira."""
    issues = jira_now(world)
    context = world.context()
    fields, recalled = context.catalogue.fields, context.recalled_places
    with world.tables.read() as conn:
        mirrored = {one.id: one for one in mirror.every(conn, SITE)}
        coming = coming_mappings.get(conn, SITE)
    # An activation that cannot end keeps what it read, until a person corrects its text.
    awaited = frozenset(world.context().jira.search_ids(coming.scope)) if coming else frozenset()
    for issue_id in sorted(issues.keys() | mirrored.keys(), key=int):
        theirs, ours = issues.get(issue_id), mirrored.get(issue_id)
        if _rests(world, issue_id, theirs, ours):
            continue
        if theirs is None and issue_id in awaited:
            continue
        if theirs is None or ours is None:
            yield f"{issue_id}: Jira {theirs and theirs.key}, mirror {ours and ours.key}"
        elif names := _differing(fields, recalled, theirs, ours):
            if "updated" in names and only_linked_since(world.site.sandbox, ours):
                names.remove("updated")
            if not names:
                continue
            if names == ["readings"] and world.unheard and _came_back(theirs.readings, ours.readings):
                continue
            told = ", ".join(
                f"{name} {getattr(theirs, name)!r}, mirror {getattr(ours, name)!r}" for name in names
            )
            yield f"{theirs.key} differs: Jira has {told}"


def _rests(world: Judged, issue_id: str, theirs: Issue | None, ours: Issue | None) -> bool:
    """Archived in Jira and known to be, or not known at all, as where it was hidden when that was done: no search shows what else
    became of it, no number counts it, and it is read when it comes back. So of one that was deleted in the archive the delivery alone tells.
    """
    if ours is None:
        return theirs is not None and theirs.archived
    if not ours.archived:
        return False
    if theirs is not None:
        return theirs.archived
    return world.unheard > 0 or issue_id in world.site.sandbox.records


def _came_back(theirs: Mapping[str, Sequence[Reading]], ours: Mapping[str, Sequence[Reading]]) -> bool:
    """Values that went and came back while nobody told of it: no state shows that there is more of their history than is known."""
    return all(
        set(ours.get(name, ())) <= set(history)
        and [one.value for one in history[-1:]] == [one.value for one in ours.get(name, ())[-1:]]
        for name, history in theirs.items()
    )


def _differing(known: tuple[Field, ...], recalled: Set[str], theirs: Issue, ours: Issue) -> list[str]:
    """Which facts differ. The history of a metric that is empty now says nothing, and may be there or not; nor does what is known by our
    own writes alone where this mapping does not write it: of an ended cycle it stays in Jira.
    """
    facts = (name for name in Issue.__dataclass_fields__ if name not in NO_FACTS)
    names = [name for name in facts if getattr(theirs, name) != getattr(ours, name)]
    if "readings" in names and not theirs.readings:
        names.remove("readings")
    if "fields" in names and all(
        _equal(known, field, theirs.fields.get(field), ours.fields.get(field))
        for field in theirs.fields.keys() | ours.fields.keys()
        if not target_of(field).consults and (field in recalled or not target_of(field).recalled)
    ):
        names.remove("fields")
    return names


def _equal(known: tuple[Field, ...], field_id: str, theirs: object, ours: object) -> bool:
    """Equal as field values are: an option we wrote by its id is the option Jira shows with its name."""
    if target_of(field_id).recalled:
        place = target_of(field_id).place(field_id, lambda _id: None)
        return place is not None and place.equal(theirs, ours)
    key = property_key(field_id)
    if key is not None:
        return property_place(key).equal(theirs, ours)
    field = next(one for one in known if one.id == (app_field_id(field_id) or field_id))
    type_ = field_type(field)
    return type_.equal(theirs, ours) if type_ is not None else theirs == ours


def wrong_states(world: Judged) -> Iterator[str]:
    """Saved objectives that differ from the recomputation, and ledgers that do not sum."""
    wanted = recomputed(world, jira_now(world))
    with world.tables.read() as conn:
        saved = {one.state.id: one.state for one in objectives.load_all(conn, SITE)}
    if saved.keys() != wanted.keys():
        yield f"objectives missing {sorted(wanted.keys() - saved.keys())}, too many {sorted(saved.keys() - wanted.keys())}"
    for id_ in sorted(saved.keys() & wanted.keys()):
        state = saved[id_]
        if _shown(state) != _shown(wanted[id_]):
            yield f"{state.key}: saved {_shown(state)}, should be {_shown(wanted[id_])}"
        ledgers = [state.ledger, state.beside, *(one.measurement.ledger for one in state.key_results)]
        if not all(ledger.exact for ledger in ledgers):
            yield f"{state.key}: a ledger does not sum"


def wrong_past(world: Judged) -> Iterator[str]:
    """Objectives that stand otherwise as of this moment, asked as any other of the past, than they are saved: in a number or in a word."""
    context = world.context()
    stood = Lookback(context).states(context.clock(), current_rules(context)).states
    with world.tables.read() as conn:
        saved = {one.state.id: one.state for one in objectives.load_all(conn, SITE)}
    if saved.keys() != stood.keys():
        yield f"as of now {sorted(stood.keys() - saved.keys())} more, {sorted(saved.keys() - stood.keys())} less"
    with world.tables.read() as conn:
        noted = cycle_ends.load_latest(conn, SITE, saved)
    for id_ in sorted(saved.keys() & stood.keys()):
        if id_ in noted and noted[id_].facts.cycle_id != saved[id_].cycle_id:
            continue  # what was told late of before the end took it out of the cycle whose end was noted
        then = replace(stood[id_], touched=saved[id_].touched)
        if then != saved[id_]:
            names = [
                name
                for name in ObjectiveState.__dataclass_fields__
                if getattr(then, name) != getattr(saved[id_], name)
            ]
            told = ", ".join(
                f"{name} {getattr(then, name)!r}, saved {getattr(saved[id_], name)!r}" for name in names
            )
            yield f"{saved[id_].key} as of now: {told}"


def _shown(state: ObjectiveState) -> tuple[object, ...]:
    return state.progress, state.health.level, state.delivery, state.outcome, state.ledger


def dead_letters(world: Judged) -> Iterator[str]:
    """Work that was given up although nothing is wrong any more."""
    with world.tables.read() as conn:
        for letter in due.dead(conn):
            yield f"dead letter {letter.objective_id}: {letter.error}"


def repeated_writes(world: Judged) -> Iterator[str]:
    """Writes of a value that was there already, but for fields somebody wrote by hand behind our back."""
    for (issue_id, field), times in world.repeats.items():
        if (issue_id, field) not in world.people.meddled:
            yield f"issue {issue_id} {field}: written {times} times with the value it had"


def too_many_writes(world: Judged) -> Iterator[str]:
    """More edits than the deeds of people can explain."""
    edits = world.site.calls.edits.total()
    deeds = world.people.deeds + world.upheavals
    most = 8 * deeds + 2 * len(world.site.sandbox.records) + 40
    if edits > most:
        yield f"{edits} edits for {deeds} deeds (at most {most})"
