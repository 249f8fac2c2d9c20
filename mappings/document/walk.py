"""Walks a document: every JQL and every use of a field alias in it, with its path. Judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from mappings.document.places import Path
from mappings.document.schema import (
    NOTHING,
    AlignmentPart,
    Document,
    FieldSource,
    JqlFieldRelation,
    JqlRelation,
    KeyResultPart,
    ObjectivePart,
    Weight,
    WeightPart,
)
from mappings.progress import RULE_OF_KIND

JQL_OPTIONS = ("done_when",)
"""Options of progress rules that hold JQL; every other text option is a field alias, unless its type lists its values."""

TIME_ESTIMATE = "time_estimate"
RESERVED_WEIGHTS = ("equal", TIME_ESTIMATE)


class Wanted(StrEnum):
    """What kind of field a use needs."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class AliasUse:
    """One place where a value is read from a field."""

    path: Path
    alias: str
    wanted: Wanted


def key_results(document: Document) -> Iterator[tuple[Path, ObjectivePart, KeyResultPart]]:
    """Every key-result rule with its path and its objective."""
    for index, objective in enumerate(document.objectives):
        for number, part in enumerate(objective.key_results):
            yield ("objectives", index, "key_results", number), objective, part


def progress_kind(part: KeyResultPart) -> str:
    """The kind of a key result."""
    return str(getattr(part.progress, "kind", ""))


def is_issue_each(part: KeyResultPart) -> bool:
    """Whether every selected issue is a key result of its own, so that it can be written to."""
    if part.as_ is not None:
        return part.as_ == "each_issue"
    return isinstance(part.relation, JqlFieldRelation) or not RULE_OF_KIND[progress_kind(part)].by_rows


def jql_texts(document: Document) -> Iterator[tuple[Path, str]]:
    """Every JQL with its path, in the order of the schema."""
    yield ("scope",), document.scope
    for index, override in enumerate(document.statuses.overrides):
        if override.when is not None:
            yield ("statuses", "overrides", index, "when"), override.when
    if document.statuses.excluded != NOTHING:
        yield ("statuses", "excluded"), document.statuses.excluded
    if document.statuses.not_achieved is not None:
        yield ("statuses", "not_achieved"), document.statuses.not_achieved
    for index, objective in enumerate(document.objectives):
        if objective.select is not None:
            yield ("objectives", index, "select"), objective.select
    for path, _, part in key_results(document):
        yield from _key_result_jql(path, part)
    for index, kpi in enumerate(document.kpis):
        yield ("kpis", index, "source", "jql"), kpi.source.jql


def _key_result_jql(path: Path, part: KeyResultPart) -> Iterator[tuple[Path, str]]:
    if part.select is not None:
        yield (*path, "select"), part.select
    if isinstance(part.relation, JqlRelation):
        yield (*path, "relation", "jql"), part.relation.jql
    for name in JQL_OPTIONS:
        text = getattr(part.progress, name, None)
        if isinstance(text, str):
            yield (*path, "progress", name), text


def alias_uses(document: Document) -> Iterator[AliasUse]:
    """Every field alias a value is read from; what is written back is not among them."""
    for index, objective in enumerate(document.objectives):
        path: Path = ("objectives", index)
        if isinstance(objective.cycle, FieldSource):
            yield AliasUse((*path, "cycle", "field"), objective.cycle.field, Wanted.ANY)
        if isinstance(objective.aligned_to, AlignmentPart):
            yield from weight_uses((*path, "aligned_to", "weight"), objective.aligned_to.weight)
    for path, _, part in key_results(document):
        yield from weight_uses((*path, "weight"), part.weight)
        if isinstance(part.relation, JqlFieldRelation):
            yield AliasUse((*path, "relation", "jql_field"), part.relation.jql_field, Wanted.TEXT)
        yield from option_uses((*path, "progress"), part.progress)


def weight_uses(path: Path, weight: Weight | None) -> Iterator[AliasUse]:
    """The alias a weight is read from, if it is not written as a number."""
    if isinstance(weight, WeightPart):
        yield AliasUse((*path, "field"), weight.field, Wanted.NUMBER)
    elif weight is not None and not isinstance(weight, Decimal):
        yield AliasUse(path, weight, Wanted.NUMBER)


def option_uses(path: Path, options: BaseModel) -> Iterator[AliasUse]:
    """Aliases among the options of a progress rule, whatever its kind."""
    for name, info in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, BaseModel):
            yield from option_uses((*path, name), value)
        elif isinstance(value, tuple):
            for place, one in enumerate(value):
                if one != TIME_ESTIMATE:
                    yield AliasUse((*path, name, place), one, Wanted.NUMBER)
        elif isinstance(value, str) and _is_alias(name, value, info.annotation):
            yield AliasUse((*path, name), value, Wanted.DATE if name == "due" else Wanted.NUMBER)


def _is_alias(name: str, value: str, annotation: object) -> bool:
    listed = any(get_origin(one) is Literal for one in (annotation, *get_args(annotation)))
    reserved = name == "weight" and value in RESERVED_WEIGHTS
    return not listed and not reserved and name not in JQL_OPTIONS
