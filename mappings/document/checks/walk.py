"""Walks a document: every JQL and every use of a field alias in it, with its path. Judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from mappings.document.plain_parents import parent_rules, weights_of
from mappings.document.schema import (
    NOTHING,
    AlignmentPart,
    CreatePart,
    CyclePart,
    CyclesPart,
    DatesSource,
    Document,
    FieldSource,
    JqlFieldRelation,
    JqlRelation,
    KeyResultPart,
    ObjectivePart,
    RestrictedPart,
    TeamPart,
    Weight,
    WeightPart,
)
from mappings.document.text.places import Path
from mappings.fields import ReadingKind
from mappings.progress import RULE_OF_KIND
from mappings.progress.options import aliases, jql_options
from mappings.write_back.targets import WRITE_TARGETS


@dataclass(frozen=True, slots=True)
class AliasUse:
    """One place where a value is read from a field, None where any will do; `words` could stand there too."""

    path: Path
    alias: str
    wanted: ReadingKind | None
    words: tuple[str, ...] = ()


def key_results(document: Document) -> Iterator[tuple[Path, ObjectivePart, KeyResultPart]]:
    """Every key-result rule with its path and its objective."""
    for index, objective in enumerate(document.objectives):
        for number, part in enumerate(objective.key_results):
            yield ("objectives", index, "key_results", number), objective, part


def listed_cycles(document: Document) -> Iterator[tuple[Path, CyclePart]]:
    """Every cycle that is written down, with its path."""
    cycles = document.cycles
    if isinstance(cycles, CyclesPart):
        yield from ((("cycles", "listed", index), one) for index, one in enumerate(cycles.listed))
    else:
        yield from ((("cycles", index), one) for index, one in enumerate(cycles))


def progress_kind(part: KeyResultPart) -> str:
    """The kind of a key result."""
    return part.progress.kind


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
        for name, text in jql_options(kpi.source).items():
            yield ("kpis", index, "source", name), text
    for index, rule in enumerate(document.write_back):
        if rule.rows is not None and rule.rows.strip():  # empty: everything below
            yield ("write_back", index, "rows"), rule.rows
        if rule.parents is not None:
            yield ("write_back", index, "parents"), rule.parents
    if document.coverage is not None and document.coverage.select is not None:
        yield ("coverage", "select"), document.coverage.select
    restricted = restricted_part(document)
    if restricted is not None:
        yield restricted_path(document), restricted.when


def restricted_part(document: Document) -> RestrictedPart | None:
    """Which issues are restricted, and what becomes of them; None where the document does not say it."""
    said = document.restricted
    return said if isinstance(said, RestrictedPart) or said is None else RestrictedPart(policy=said)


def restricted_path(document: Document) -> Path:
    """Where the JQL of the restricted issues stands, or what stands for it."""
    said = document.restricted
    written = isinstance(said, RestrictedPart) and "when" in said.model_fields_set
    return ("restricted", "when") if written else ("restricted",)


def _key_result_jql(path: Path, part: KeyResultPart) -> Iterator[tuple[Path, str]]:
    if part.select is not None:
        yield (*path, "select"), part.select
    if isinstance(part.relation, JqlRelation):
        yield (*path, "relation", "jql"), part.relation.jql
    for name, text in jql_options(part.progress).items():
        yield (*path, "progress", name), text


def alias_uses(document: Document) -> Iterator[AliasUse]:
    """Every field alias a value is read from; what is written back is not among them."""
    if isinstance(document.team, TeamPart) and document.team.field is not None:
        yield AliasUse(("team", "field"), document.team.field, None)
    for index, objective in enumerate(document.objectives):
        path: Path = ("objectives", index)
        if isinstance(objective.cycle, FieldSource):
            yield AliasUse((*path, "cycle", "field"), objective.cycle.field, None)
        if isinstance(objective.cycle, DatesSource):
            for name, alias in (("start", objective.cycle.dates.start), ("end", objective.cycle.dates.end)):
                if alias is not None:
                    yield AliasUse((*path, "cycle", "dates", name), alias, ReadingKind.DATE)
        if isinstance(objective.perspective, FieldSource):
            yield AliasUse((*path, "perspective", "field"), objective.perspective.field, None)
        if isinstance(objective.aligned_to, AlignmentPart):
            yield from weight_uses((*path, "aligned_to", "weight"), objective.aligned_to.weight)
    for path, _, part in key_results(document):
        yield from weight_uses((*path, "weight"), part.weight)
        if isinstance(part.relation, JqlFieldRelation):
            yield AliasUse((*path, "relation", "jql_field"), part.relation.jql_field, ReadingKind.TEXT)
        yield from option_uses((*path, "progress"), part.progress)
    for index, kpi in enumerate(document.kpis):
        yield from option_uses(("kpis", index, "source"), kpi.source)
    for path, made in creations(document):
        for name in CREATED:
            alias = getattr(made.fields, name)
            if alias is not None:
                yield AliasUse((*path, "fields", name), alias, ReadingKind.NUMBER)
    for place, rule, _ in parent_rules(document):
        yield from option_uses(place, weights_of(rule))
    if document.coverage is not None:
        yield from weight_uses(("coverage", "weight"), document.coverage.weight)
    for index, written in enumerate(document.write_back):
        for target in WRITE_TARGETS:
            for path, alias in target.sources(written):
                yield AliasUse(("write_back", index, *path), alias, None)


CREATED = ("start", "current", "target")


def creations(document: Document) -> Iterator[tuple[Path, CreatePart]]:
    """What is made of KPIs, with its path."""
    for index, kpi in enumerate(document.kpis):
        if kpi.promote is not None and kpi.promote.create is not None:
            yield ("kpis", index, "promote", "create"), kpi.promote.create


def weight_uses(path: Path, weight: Weight | None) -> Iterator[AliasUse]:
    """The aliases a weight is read from, if it is not written as a number."""
    at, said = ((*path, "field"), weight.field) if isinstance(weight, WeightPart) else (path, weight)
    if isinstance(said, str):
        yield AliasUse(at, said, ReadingKind.NUMBER)
    elif isinstance(said, tuple):
        yield from (AliasUse((*at, place), alias, ReadingKind.NUMBER) for place, alias in enumerate(said))


def option_uses(path: Path, options: BaseModel) -> Iterator[AliasUse]:
    """Aliases among the options of a progress rule, as the rule itself marks them."""
    for option in aliases(options):
        if not option.is_word:
            yield AliasUse((*path, *option.place), option.text, option.mark.wanted, tuple(option.mark.words))
