"""Sorts a batch of deliveries: which issues to read again, which are gone, which deliveries say nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.jira import Hints, IgnoredBody, read_hints
from connectors.store.work.inbox import Delivery
from mappings.fields.thing_states import StateChange

EchoTest = Callable[[Hints], bool]
IdOfKey = Callable[[str], str | None]
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class DeliveryBatch:
    """What a batch of deliveries asks for. `verdicts` says per delivery id how it was taken: status and note; `named` which issues it touches.

    `echoes` says when issues were last edited by our own writes, so that the mirror knows without reading them again.
    `edited` says of touched issues when they were last edited at least, `unsure` of which of them no delivery tells that.
    `state_changes` are sprints and versions that by Jira's word are in another state.
    `commented` says of issues that deliveries tell of comments on, whether one of these may be a check-in.
    `deleted` are those of which Jira says itself that they are deleted. `keys` are of touched issues whose ids we do not know.
    """

    touched: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    edited: dict[str, datetime] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    changed_fields: dict[str, set[str]] = field(default_factory=dict)
    whole_scope: bool = False
    deleted: set[str] = field(default_factory=set)
    echoes: dict[str, datetime] = field(default_factory=dict)
    verdicts: dict[int, tuple[str, str]] = field(default_factory=dict)
    named: dict[int, frozenset[str]] = field(default_factory=dict)
    commented: dict[str, bool] = field(default_factory=dict)
    state_changes: list[StateChange] = field(default_factory=list)


def sort_deliveries(
    deliveries: Iterable[Delivery],
    is_echo: EchoTest,
    id_of: IdOfKey,
    written: frozenset[str] = frozenset(),
    shown_by_now: datetime = BEGINNING,
) -> DeliveryBatch:
    """Collect the work of many deliveries; order and repetition do not matter, for only ids are taken from them.

    `written` are the places that are written: nothing else beside the fields of issues can change anything.
    What came before `shown_by_now` every search shows by now, whenever it happened.
    """
    batch = DeliveryBatch()
    for delivery in deliveries:
        hints = read_hints(delivery.body)
        if isinstance(hints, Hints) and _is_foreign(hints, written):
            batch.verdicts[delivery.id] = "ignored", "a property that the mapping does not write"
        else:
            batch.named[delivery.id] = hints.touched if isinstance(hints, Hints) else frozenset()
            batch.verdicts[delivery.id] = _verdict(
                batch, hints, is_echo, id_of, delivery.received_at < shown_by_now
            )
    for issue_id in batch.unsure:
        batch.edited.pop(issue_id, None)
    return batch


def _is_foreign(hints: Hints, written: frozenset[str]) -> bool:
    return bool(hints.beside) and hints.beside.isdisjoint(written)


def _verdict(
    batch: DeliveryBatch, hints: Hints | IgnoredBody, is_echo: EchoTest, id_of: IdOfKey, old: bool
) -> tuple[str, str]:
    if isinstance(hints, IgnoredBody):
        return "ignored", hints.reason
    if is_echo(hints):
        if hints.updated is not None:
            batch.echoes.update(dict.fromkeys(hints.issue_ids, hints.updated))
        return "done", "echo of our own write"
    batch.touched |= hints.touched
    batch.deleted |= hints.deleted_ids
    if hints.commented is not None:
        known = batch.commented
        known |= {id_: hints.commented or known.get(id_, False) for id_ in hints.issue_ids}
    batch.touched |= {found for key in hints.parent_keys | hints.link_keys if (found := id_of(key))}
    for key in hints.issue_keys:
        if (found := id_of(key)) is None:
            batch.keys.add(key)
        else:
            batch.touched.add(found)
            batch.unsure.add(found)
    _note_edits(batch, hints, old)
    for issue_id in hints.issue_ids:
        batch.changed_fields.setdefault(issue_id, set()).update(hints.changed_fields | hints.beside)
    if hints.state_change is not None:
        batch.state_changes.append(hints.state_change)
    batch.whole_scope = batch.whole_scope or bool(hints.sprint_ids or hints.version_ids)
    return "done", hints.event


def _note_edits(batch: DeliveryBatch, hints: Hints, old: bool) -> None:
    """A parent is read for what it is, not because it was edited; a link tells of no time, which of an `old` one is not asked for."""
    untold = set(hints.link_issue_ids)
    for issue_id in hints.parent_ids:
        batch.edited.setdefault(issue_id, BEGINNING)
    for issue_id in hints.issue_ids:
        if hints.updated is None:
            untold.add(issue_id)
        else:
            batch.edited[issue_id] = max(hints.updated, batch.edited.get(issue_id, BEGINNING))
    if old:
        batch.edited |= dict.fromkeys(untold - batch.edited.keys(), BEGINNING)
    else:
        batch.unsure |= untold
    batch.unsure |= hints.deleted_ids
