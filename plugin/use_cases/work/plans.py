"""Plans: what would be written to Jira and why, writing it, and what was written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.store.lists import records
from connectors.store.lists.records import RecordSearch, WriteRecord
from connectors.store.people.audit import note
from connectors.store.work import due
from connectors.store.writes import writes
from mappings.facts.forest import issue_order
from mappings.write_back.plan import Change
from plugin.access.authorization.actor import Actor
from plugin.jobs.orphans import free_orphans
from plugin.runtime.connector import Connector
from plugin.runtime.processes.process import worker_name
from plugin.sync.reconcile.reconcile import ReconcileResult, reconcile
from plugin.sync.work import reconcile_one
from plugin.sync.write_back import hold
from plugin.sync.write_back.application import WriteRefusal
from plugin.use_cases.objectives.objective_lookup import name_objectives, objective_ids
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = [
    "PlanOutcome",
    "RecordSearch",
    "WaitingObjective",
    "WriteRecord",
    "WriteRefusal",
    "apply",
    "list_writes",
    "objectives_in_order",
    "plan",
    "written_fields",
]


@dataclass(frozen=True, slots=True)
class WaitingObjective:
    """An objective that could not be reconciled now, and why; it stays due, and workers go on with it."""

    objective_id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What became of it: fields that were written, those that Jira refused, and objectives that have to wait. Not tried were the changes that
    are `held` for a person, and those that Jira had `refused_before`.
    """

    written: tuple[Change, ...]
    refused: tuple[WriteRefusal, ...]
    waiting: tuple[WaitingObjective, ...] = ()
    held: tuple[Change, ...] = ()
    refused_before: tuple[Change, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether something of it differs in Jira still."""
        return bool(self.refused or self.waiting or self.held or self.refused_before)


@question(VIEWER)
def objectives_in_order(
    connector: Connector, _actor: Actor, site: str, names: Sequence[str] = ()
) -> tuple[str, ...]:
    """The ids of all that something may be written for, or of those named, in the order of their issues. Raises UnknownObjective where nobody
    knows one of them.
    """
    return tuple(sorted(objective_ids(connector, site, names), key=issue_order))


@question(VIEWER)
def plan(
    connector: Connector, _actor: Actor, site: str, objective_ids: Sequence[str]
) -> tuple[ReconcileResult, ...]:
    """A dry run of the real planner over the mirror, objective by objective; asks Jira nothing."""
    context = connector.context(site)
    return tuple(reconcile(context, id_, write=False) for id_ in objective_ids)


@act(EDITOR)
def apply(
    connector: Connector,
    actor: Actor,
    site: str,
    objective_ids: Sequence[str],
    *,
    release_held: bool = False,
    everything: bool = False,
) -> PlanOutcome:
    """Reconcile these objectives now and write what differs, each under a claim, so that no worker writes beside it.

    With `release_held` also what waits for a person: of these objectives, or with `everything` all there is.
    """
    context, now = connector.context(site), connector.clock()
    if release_held:
        hold.release(context, None if everything else objective_ids)
    with connector.store.write() as conn:
        due.mark(conn, site, objective_ids, now, f"applied by {actor.label}")
        detail = {"objectives": len(objective_ids), "release_held": release_held}
        note(conn, actor.label, "plan applied", now, detail, site)
    free_orphans(connector.store)
    worker = worker_name(f"apply-{uuid.uuid4().hex[:8]}")
    done: list[ReconcileResult] = []
    waiting: list[WaitingObjective] = []
    for id_ in objective_ids:
        outcome = reconcile_one(connector.context(site), worker, id_)
        if outcome is None:
            with connector.store.read() as conn:
                name = name_objectives(conn, site, [id_])[id_]
            waiting.append(WaitingObjective(id_, name, _why(connector, site, id_)))
        else:
            done.append(outcome)
    return PlanOutcome(
        written=tuple(change for one in done for change in one.applied.written),
        refused=tuple(refusal for one in done for refusal in one.applied.refused),
        waiting=tuple(waiting),
        held=tuple(change for one in done for change in one.held),
        refused_before=tuple(change for one in done for change in one.refused),
    )


@question(VIEWER)
def list_writes(
    connector: Connector, _actor: Actor, search: RecordSearch, limit: int, before: int | None = None
) -> tuple[WriteRecord, ...]:
    """The ledger of writes, the newest first from before this one on, refused and held writes too."""
    with connector.store.read() as conn:
        return tuple(records.load_writes(conn, search, limit, before))


@question(VIEWER)
def written_fields(connector: Connector, _actor: Actor, site: str) -> dict[str, int]:
    """How many fields were written for each objective."""
    with connector.store.read() as conn:
        return writes.written_by_objective(conn, site)


def _why(connector: Connector, site: str, objective_id: str) -> str:
    with connector.store.read() as conn:
        return (
            due.last_error(conn, site, objective_id) or "another worker has it, or Jira is left alone for now"
        )
