"""Workflow: every status of the project can be reached from every other; closing sets a resolution, reopening clears it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.sandbox.site_state import scheme, values
from connectors.sandbox.site_state.edits import change_of, put
from connectors.sandbox.site_state.state import ChangeItem, Record, Sandbox
from connectors.sandbox.site_state.values import RefusedValueError, Writing
from connectors.sandbox.traffic.access import JiraAnswerError
from mappings.facts.issue import JiraValue, Status, User


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a status; closing ones have a screen that asks for the resolution."""

    id: str
    status: Status

    @property
    def closes(self) -> bool:
        return self.status.category == "done"


IDS = {scheme.TO_DO.id: "11", scheme.IN_PROGRESS.id: "21", scheme.DONE.id: "31", scheme.IN_REVIEW.id: "41"}


def transitions(sandbox: Sandbox, record: Record) -> list[Transition]:
    """What an issue can be moved to from where it stands."""
    statuses = sandbox.projects[record.project.key].statuses
    return [Transition(IDS[one.id], one) for one in statuses if one.id != record.status.id]


def transition(
    sandbox: Sandbox, record: Record, body: Mapping[str, Any], version: str, actor: User
) -> Record:
    """Apply a POST body; the transition screen takes a resolution and nothing else."""
    asked = (body.get("transition") or {}).get("id")
    found = next((one for one in transitions(sandbox, record) if one.id == str(asked)), None)
    if asked is None:
        raise JiraAnswerError(400, ("Missing 'transition' identifier",))
    if found is None:
        raise JiraAnswerError(400, (f"Transition id '{asked}' is not valid for this issue.",))
    resolution = _resolution(sandbox, record, found, body.get("fields") or {}, version)
    return to_status(sandbox, record, found.status, actor, resolution=resolution)


def _resolution(
    sandbox: Sandbox, record: Record, found: Transition, fields: Mapping[str, Any], version: str
) -> JiraValue | None:
    errors = {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in fields
        if name != "resolution" or not found.closes
    }
    if errors:
        raise JiraAnswerError(400, (), errors)
    if "resolution" not in fields:
        return None
    try:
        writing = Writing(sandbox, version, record)
        return values.resolution(fields["resolution"], sandbox.fields["resolution"], writing)
    except RefusedValueError as problem:
        raise JiraAnswerError(400, (), {"resolution": str(problem)}) from None


def to_status(
    sandbox: Sandbox,
    record: Record,
    status: Status,
    actor: User,
    *,
    resolution: JiraValue | None = None,
    at: datetime | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Record:
    """Put an issue into a status, with the resolution that goes with it (Done unless another is given)."""
    moment = at or sandbox.clock()
    closing = status.category == "done"
    solved = (resolution or record.resolution or sandbox.resolutions[0]) if closing else None
    fresh = put(record, "resolution", solved)
    if solved != record.resolution:
        fresh = replace(fresh, resolved=moment if solved else None, cache={})
    items = [change_of(sandbox, "resolution", record, fresh)] if solved != record.resolution else []
    if status.id != record.status.id:
        items.append(
            ChangeItem(
                field="status",
                field_id="status",
                old=record.status.id,
                old_text=record.status.name,
                new=status.id,
                new_text=status.name,
            )
        )
        moved = moment if status.category != record.status.category else record.status_changed
        fresh = replace(fresh, status=status, status_changed=moved, cache={})
    return sandbox.commit(fresh, items, actor, "issue_generic", at=at, extra=extra)


def bulk_to_status(sandbox: Sandbox, issue_ids: Iterable[str], status: Status, actor: User) -> None:
    """Put many issues into a status as one bulk change: its events say so, and come by the secondary flow."""
    extra = {"bulkOperationMetaData": {"sendMail": False}, "secondary": True}
    with sandbox.lock:
        for issue_id in issue_ids:
            to_status(sandbox, sandbox.records[issue_id], status, actor, extra=extra)
