"""From key result to KPI: what was achieved in each of the last closed cycles is proposed; an admin takes it into a draft of the mapping, or an editor says no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from connectors.store.cycles import carries, closings
from connectors.store.kpis import promotions
from connectors.store.mappings import drafts, revisions
from connectors.store.people import audit
from mappings.document.mapping import Mapping
from mappings.document.schema import Document, KeyResultPart, KpiPart
from mappings.document.text.canonical import list_text
from mappings.document.text.source import read_document
from mappings.json_value import PlainValues
from mappings.kpi.creation import Hindrance
from mappings.kpi.promotion import (
    AchievementRun,
    ClosedCycle,
    in_chains,
    kpi_of,
    last_of,
    proposed_of,
    upkeep,
    watched_as,
    with_kpi,
)
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.cycles import mapping_and_moment
from plugin.use_cases.mappings.revisions import bound
from plugin.use_cases.permission import ADMIN, EDITOR, VIEWER, act, question

CYCLES_RUNNING = 3
"""A key result that was achieved in so many cycles, one after the other, is upkeep and no longer a goal."""


@dataclass(frozen=True, slots=True)
class ShownPromotion:
    """A key result that is proposed as a KPI; `kpi` is the document of that, or why none can be written of itself."""

    site: str
    upkeep: AchievementRun
    kpi: KpiPart | Hindrance

    @property
    def name(self) -> str:
        """What it is called by: the key of its issue, or its id."""
        return self.upkeep.key_result.key or self.upkeep.key_result.id

    @property
    def text(self) -> str:
        """The KPI as it would stand in the mapping; empty where none can be written."""
        return "" if isinstance(self.kpi, Hindrance) else list_text("kpis", [self.kpi])


@dataclass(frozen=True, slots=True)
class PromotedKpi:
    """A KPI that was made of a key result, and the whole mapping with it. Nothing of it holds until that is activated."""

    kpi: KpiPart
    text: str


@question(VIEWER)
def list_promotions(connector: Connector, actor: Actor, site: str) -> tuple[ShownPromotion, ...]:
    """The key results that are proposed as KPIs; what the mapping watches already is none."""
    mapping = bound(connector, actor, site)
    if mapping is None:
        return ()
    with connector.store.read() as conn:
        return _proposed(conn, site, mapping, mapping.document)


@act(ADMIN)
def promote(connector: Connector, actor: Actor, site: str, name: str, *, keep: bool = True) -> PromotedKpi:
    """Put the KPI that watches a key result (its key or id) into the actor's draft of the mapping, begun from the one that rules where there is none.

    Without `keep` its text is given alone, and nothing was done that a record had to tell. Refusal where it is not proposed, or no KPI can be written of itself.
    """
    mapping, _ = mapping_and_moment(connector, site)
    now = connector.clock()
    with connector.store.write() as conn:
        draft = drafts.get(conn, site, actor.account_id) if keep else None
        active = revisions.active(conn, site)
        text = draft.text if draft is not None else active.text if active is not None else ""
        document = read_document(text).document
        if document is None:
            raise Refusal(
                "Your draft of the mapping cannot be read: mend it, or drop it, then take the KPI into it."
            )
        one = _named(_proposed(conn, site, mapping, document), name)
        if isinstance(one.kpi, Hindrance):
            raise Refusal(f"{one.kpi.message} {one.kpi.remedy}")
        made = PromotedKpi(one.kpi, with_kpi(text, document, one.kpi))
        if keep:
            base = active.revision if active is not None else ""
            drafts.put(conn, site, actor.account_id, made.text, now, None if draft is not None else base)
            detail = {"kpi": one.kpi.id, "issue": one.name, "cycles": one.upkeep.cycles}
            audit.note(conn, actor.label, "key result promoted to a KPI", now, detail, site)
    return made


@act(EDITOR)
def dismiss_promotion(connector: Connector, actor: Actor, site: str, name: str) -> None:
    """Say no: it is proposed again after as many further cycles in which it is achieved. Refusal where it is not proposed."""
    mapping, _ = mapping_and_moment(connector, site)
    now = connector.clock()
    with connector.store.write() as conn:
        one = _named(_proposed(conn, site, mapping, mapping.document), name)
        promotions.dismiss(conn, site, one.upkeep.key_result.id, one.upkeep.until, actor.label, now)
        detail = {"issue": one.name, "cycles": one.upkeep.cycles}
        audit.note(conn, actor.label, "promotion of a key result dismissed", now, detail, site)


def upkeep_of(conn: Connection, site: str, mapping: Mapping) -> tuple[AchievementRun, ...]:
    """What was achieved in each of the last closed cycles, watched already or not.

    Whole records, with their ledgers, are read of what is proposed alone: there may be thousands of others in each cycle.
    """
    acts = sorted(
        (
            (cycle.end, act)
            for id_, act in closings.load_closed(conn, site).items()
            if (cycle := mapping.cycles.get(id_)) is not None
        ),
        key=lambda one: (one[0], one[1].version, one[1].cycle_id),
    )
    if len(acts) < CYCLES_RUNNING:
        return ()
    made = carries.load_copies(conn, site)
    copies = {source: one.id for source, one in made.items()}
    no: dict[str, date] = {}
    for id_, until in promotions.load_dismissed(conn, site).items():
        last = last_of(copies, id_)
        no[last] = max(until, no.get(last, until))
    ends = [(end, closings.ends(conn, site, act)) for end, act in acts]
    levels = [(end, {last_of(copies, one.key_result_id): one.level for one in found}) for end, found in ends]
    proposed = proposed_of(levels, CYCLES_RUNNING, no)
    if not proposed:
        return ()
    held = {
        one.objective_id
        for _, found in ends
        for one in found
        if last_of(copies, one.key_result_id) in proposed
    }
    records = closings.of_objectives(conn, site, held)
    cycles = [
        ClosedCycle(end, tuple(one.state for one in records.get((act.cycle_id, act.version), ())))
        for end, act in acts
    ]
    cycles = in_chains(cycles, copies, {one.id: one.key for one in made.values()})
    # of another key result of these objectives not every cycle was read
    return tuple(one for one in upkeep(cycles, CYCLES_RUNNING, no) if one.key_result.id in proposed)


def _proposed(
    conn: Connection, site: str, mapping: Mapping, document: Document
) -> tuple[ShownPromotion, ...]:
    """By the mapping that rules, of what this document does not watch."""
    found = []
    for one in upkeep_of(conn, site, mapping):
        part = _rule(document, one)
        if watched_as(document, part, one.key_result) is None:
            found.append(ShownPromotion(site, one, kpi_of(document, part, one.key_result)))
    return tuple(found)


def _rule(document: Document, one: AchievementRun) -> KeyResultPart | None:
    """The rule that makes it a key result."""
    rules = (part.key_results for part in document.objectives if part.id == one.objective.rule_id)
    return next((part for parts in rules for part in parts if part.id == one.key_result.rule_id), None)


def _named(found: tuple[ShownPromotion, ...], name: str) -> ShownPromotion:
    wanted = name.strip().casefold()
    for one in found:
        if wanted in (one.name.casefold(), one.upkeep.key_result.id.casefold()):
            return one
    known = ", ".join(one.name for one in found) or "none"
    raise Refusal(f"{name} is not proposed as a KPI, or is watched already. Proposed: {known}.")


def promotion_values(one: ShownPromotion) -> PlainValues:
    """One proposal, for programs."""
    refused = one.kpi if isinstance(one.kpi, Hindrance) else None
    return {
        "key_result": one.upkeep.key_result.id,
        "key": one.upkeep.key_result.key,
        "title": one.upkeep.key_result.title,
        "objective": one.upkeep.objective.key or one.upkeep.objective.id,
        "cycles": one.upkeep.cycles,
        "kpi": None if isinstance(one.kpi, Hindrance) else one.kpi.id,
        "text": one.text,
        "hindrance": None if refused is None else f"{refused.message} {refused.remedy}",
    }


def promoted_values(one: PromotedKpi) -> PlainValues:
    """What was made, for programs."""
    return {"kpi": one.kpi.id, "text": list_text("kpis", [one.kpi]), "mapping": one.text}
