"""Write targets, one file each. A new kind of target is one new file and one line in `WRITE_TARGETS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mappings.facts.app_field import app_field_id, owner_of
from mappings.facts.catalogue import Field
from mappings.write_back.target import Aim, FieldLookup, Place, RuleKey, WriteRequest, WriteTarget
from mappings.write_back.targets import app_field, entity_property, field, goal, remote_link

if TYPE_CHECKING:
    from mappings.document.schema import Document, WriteBackPart
    from mappings.write_back.plan import Change
    from mappings.write_back.values import ValuePart

WRITE_TARGETS: tuple[WriteTarget, ...] = (
    field.TARGET,
    app_field.TARGET,
    entity_property.TARGET,
    remote_link.TARGET,
    goal.TARGET,
)
"""In the order in which a rule's places are planned and written."""


PLANS_TOGETHER = 20
"""Of so many objectives what goes to many issues in one call goes together: those of a turn of a worker."""


def rule_keys() -> dict[str, RuleKey]:
    """The keys of a rule of `write_back`, with type and default, as the targets declare them."""
    return {target.option: target.shape for target in WRITE_TARGETS}


def needs_goals(document: Document) -> bool:
    """Whether a document writes what depends on the goals of the site."""
    wanting = [target for target in WRITE_TARGETS if target.needs_goals]
    return any(target.is_written(rule) for rule in document.write_back for target in wanting)


def aims_of(rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:
    """Everything a rule wants."""
    for target in WRITE_TARGETS:
        yield from target.aims(rule, fields)


def fields_of(rule: WriteBackPart) -> Iterator[tuple[str, str, ValuePart]]:
    """The fields that a rule writes: the key under which the rule says so, the alias, and what it says."""
    for target in WRITE_TARGETS:
        yield from ((target.option, alias, part) for alias, part in target.fields(rule).items())


def target_of(id_: str) -> WriteTarget:
    """The target that the place of an id is one of: that with the longest prefix that fits; a field has none."""
    return max(
        (target for target in WRITE_TARGETS if id_.startswith(target.prefix)),
        key=lambda target: len(target.prefix),
    )


def place_of(id_: str, field_of: FieldLookup) -> Place | None:
    """The place of an id; None where Jira no longer has it."""
    return target_of(id_).place(id_, field_of)


def apart_and_together(changes: Iterable[Change]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What is written issue by issue, and what goes to many issues in one call."""
    apart: list[Change] = []
    together: list[Change] = []
    for change in changes:
        (together if target_of(change.field_id).together else apart).append(change)
    return tuple(apart), tuple(together)


def by_sender(changes: Iterable[Change], sender: Callable[[str], object]) -> list[list[Change]]:
    """Changes that the same sends, by the ids of their places: Jira takes nothing of a call that writes a field of another app, or of another environment of it."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        found.setdefault(sender(change.field_id), []).append(change)
    return list(found.values())


def sender_of(id_: str, field_of: FieldLookup) -> tuple[str, str] | None:
    """The app, and the environment of it, that writes to a place; None for our own account."""
    field = field_of(app_field_id(id_) or "")
    owner = owner_of(field.custom) if field is not None else None
    return None if owner is None else (owner.app, owner.environment)


def writings_of(changes: Iterable[Change]) -> Iterator[tuple[WriteTarget, WriteRequest]]:
    """The calls that write these changes, target by target: of one issue, or of several where the target writes them together."""
    every = list(changes)
    for target in WRITE_TARGETS:
        mine = [change for change in every if target_of(change.field_id) is target]
        yield from ((target, writing) for writing in target.writings(mine))
