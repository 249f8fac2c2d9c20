"""What was learnt from each objective of a cycle: written while it runs, at its end, and after it was closed. No number follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.store.cycles import learnings
from connectors.store.cycles.learnings import Learning
from connectors.store.database import json_text
from connectors.store.lists import list_rows
from connectors.store.lists.list_rows import RowSelection
from connectors.store.people import audit
from mappings.explain.check_in import LONGEST_NOTE
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.next_steps import CYCLE
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle, past_cycles
from plugin.use_cases.mappings import revisions
from plugin.use_cases.objectives.objective_list import Headline
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["Learning", "ToldLearning", "learning_values", "learnings_of", "list_learnings", "write_learning"]


@dataclass(frozen=True, slots=True)
class ToldLearning:
    """What was learnt, and of which objective."""

    learning: Learning
    key: str
    title: str


@question(VIEWER)
def list_learnings(connector: Connector, actor: Actor, site: str, cycle_id: str) -> tuple[ToldLearning, ...]:
    """Those of the objectives that are in the cycle, or were when it was over, by key. Raises UnknownCycle for one that there is not, and never was."""
    with connector.store.read() as conn:
        written = learnings.load_learnings(conn, site, cycle_id)
        # Of very many objectives each is decoded for that: only where anything was written.
        heads = {one.id: one for one in _heads(conn, site, cycle_id)} if written else {}
        found = [one for one in written if one.objective_id in heads]
    if not written and not _is_known(connector, actor, site, cycle_id):
        raise UnknownCycle(cycle_id)
    told = [ToldLearning(one, heads[one.objective_id].key, heads[one.objective_id].title) for one in found]
    return tuple(sorted(told, key=lambda one: (one.key, one.learning.objective_id)))


def _is_known(connector: Connector, actor: Actor, site: str, cycle_id: str) -> bool:
    mapping = revisions.bound(connector, actor, site)
    if mapping is None or mapping.cycles.get(cycle_id) is not None:
        return True  # which cycles there are is not known either, as long as none can be bound
    return cycle_id in past_cycles(connector, actor, site)


def learning_values(one: ToldLearning) -> PlainValues:
    """The same for programs."""
    kept = one.learning
    return {
        "cycle": kept.cycle_id,
        "objective": kept.objective_id,
        "key": one.key,
        "title": one.title,
        "said": kept.said,
        "by": kept.by,
        "at": kept.at.isoformat(),
    }


@question(VIEWER)
def learnings_of(connector: Connector, _actor: Actor, site: str, objective_id: str) -> tuple[Learning, ...]:
    """What was learnt from one objective, in whichever cycles, the last written first."""
    with connector.store.read() as conn:
        return tuple(learnings.load_of_objective(conn, site, objective_id))


@act(EDITOR)
def write_learning(
    connector: Connector, actor: Actor, site: str, cycle_id: str, objective: str, said: str
) -> Learning | None:
    """Keep what was learnt from an objective (its key or id), in the place of what stood there; nothing said takes that away, and gives None.

    Raises CycleRefusal where it is too long, or no objective of the cycle.
    """
    text, now = said.strip(), connector.clock()
    if len(text) > LONGEST_NOTE:
        raise CycleRefusal(
            f"What was learnt has at most {LONGEST_NOTE} characters; this has {len(text)}.", about="said"
        )
    wanted = objective.strip().casefold()
    with connector.store.read() as conn:  # very many are decoded: nobody who writes waits for that
        names = (
            (one, {one.id.casefold(), one.key.casefold()} - {""}) for one in _heads(conn, site, cycle_id)
        )
        head = next((one for one, mine in names if wanted in mine), None)
    if head is None:
        raise CycleRefusal(f"“{objective}” is no objective of {cycle_id}.", step=CYCLE)
    detail = {"cycle": cycle_id, "objective": head.id}
    with connector.store.write() as conn:
        if not text:
            if learnings.remove(conn, site, cycle_id, head.id):
                audit.note(conn, actor.label, "what was learnt taken away", now, detail, site)
            return None
        kept = Learning(site=site, cycle_id=cycle_id, objective_id=head.id, said=text, by=actor.label, at=now)
        learnings.save(conn, kept)
        audit.note(conn, actor.label, "what was learnt written", now, detail, site)
    return kept


def _heads(conn: Connection, site: str, cycle_id: str) -> list[Headline]:
    """The objectives of a cycle: as it runs, as they stood at its end, or by its records."""
    decode = json_text.decoder(Headline).decode
    wanted = RowSelection(sites=(site,), cycles=(cycle_id,))
    return [decode(one.headline) for one in list_rows.heads(conn, wanted)]
