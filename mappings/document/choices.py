"""What a person chooses of a mapping without writing it, read from a document and put back into it. The document stays the one model of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mappings.diagnostic import Diagnostic
from mappings.document.checks.walk import listed_cycles, weight_uses
from mappings.document.plain_parents import parent_rules, weights_of
from mappings.document.schema import (
    CyclePart,
    CyclesPart,
    Document,
    FieldPart,
    FieldSource,
    KeyResultPart,
    TeamPart,
)
from mappings.document.text.canonical import export, plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field
from mappings.jql.text.words import as_value
from mappings.progress.options import aliases
from mappings.write_back.targets import fields_of

_PROJECTS = re.compile(
    r"^\s*project\s*(?:=\s*([\w-]+)|in\s*\(([^()]*)\))\s*(?:AND\s+(.*))?$", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """The scope as projects and the rest of the query; `projects` None where the query is of another shape."""

    projects: tuple[str, ...] | None
    rest: str


@dataclass(frozen=True, slots=True)
class ListedCycle:
    """A cycle that is written down: its name and days as typed, and the name by which the document knows it, if it does."""

    id: str
    start: str
    end: str
    former: str = ""


@dataclass(frozen=True, slots=True)
class CycleChoice:
    """By which periods cycles recur, on which day a year begins, and the cycles that are written down."""

    every: tuple[str, ...]
    starts: str
    listed: tuple[ListedCycle, ...]


@dataclass(frozen=True, slots=True)
class ObjectiveChoice:
    """The query and the commitment of one rule of objectives, and by number the queries of its key results; empty is not chosen."""

    select: str = ""
    commitment: str = ""
    key_results: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SumsChoice:
    """Which issues get sums and of which rows: `parents` empty is not chosen, `rows` None neither; `rows` empty means everything below."""

    parents: str = ""
    rows: str | None = None
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that was chosen; what is empty or None was not asked and stays as it is.

    `fields` are by alias, `by_status` the own fractions of statuses (empty: none has one), `options` by place in `write_back`
    and alias the option of each level of health, `objectives` by their number, `sums` by place in `write_back`.
    """

    name: str = ""
    scope: ScopeChoice | None = None
    fields: Mapping[str, FieldPart] = field(default_factory=dict)
    by_category: Mapping[str, str] = field(default_factory=dict)
    by_status: Mapping[str, str] | None = None
    options: Mapping[tuple[int, str], Mapping[str, str]] = field(default_factory=dict)
    cycles: CycleChoice | None = None
    objectives: Mapping[int, ObjectiveChoice] = field(default_factory=dict)
    sums: Mapping[int, SumsChoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """What came of choices: the text of the changed document, or why it is none."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def scope_choice(scope: str) -> ScopeChoice:
    """`project in (A, B) AND rest` taken apart."""
    match = _PROJECTS.match(scope)
    rest = (match.group(3) or "").strip() if match else ""
    if match is None or (re.search(r"\bOR\b", rest, re.IGNORECASE) and not rest.startswith("(")):
        return ScopeChoice(None, scope)
    listed = match.group(1) or match.group(2)
    return ScopeChoice(tuple(key.strip().strip("\"'") for key in listed.split(",") if key.strip()), rest)


def chosen_field(part: FieldPart | None, catalogue: Catalogue) -> Field | None:
    """The field that a document means by a part: the id decides, else the name."""
    return next((one for one in catalogue.fields if part is not None and _is_named(one, part)), None)


def _is_named(one: Field, part: FieldPart) -> bool:
    return one.id == part.id if part.id else one.name.casefold() == (part.name or "").casefold()


def sums_places(document: Document) -> tuple[int, ...]:
    """The places in `write_back` of the rules that write sums to plain parents."""
    return tuple(int(path[1]) for path, _, _ in parent_rules(document))


def alias_uses(document: Document) -> dict[str, str]:
    """What each alias is for, in words: what is written first, for that is what people fear."""
    uses: dict[str, str] = {}
    if isinstance(document.team, TeamPart) and document.team.field is not None:
        uses[document.team.field] = "read: team of objectives"
    for rule in document.objectives:
        if isinstance(rule.perspective, FieldSource):
            uses.setdefault(rule.perspective.field, "read: perspective of objectives")
        for key_result in rule.key_results:
            for what, alias in _read(key_result):
                if isinstance(alias, str) and alias in document.fields:
                    uses.setdefault(alias, f"read: {what}")
    for _, sums, _ in parent_rules(document):
        for one in aliases(weights_of(sums)):
            if one.text in document.fields:
                uses.setdefault(one.text, f"read: {one.mark.meaning}")
    for part in document.write_back:
        for _, alias, target in fields_of(part):
            what = target.value.replace("_percent", " in percent").replace("_", " ")
            uses[alias] = f"written: {what}"
    return uses


def _read(key_result: KeyResultPart) -> Iterator[tuple[str, object]]:
    """What a rule reads, in words, and by which alias."""
    for one in aliases(key_result.progress):
        yield one.mark.meaning or f"{str(one.place[-1]).replace('_', ' ')} of key results", one.text
    for use in weight_uses((), key_result.weight):
        yield "weight of key results", use.alias


def fractions_by_status(document: Document, catalogue: Catalogue) -> dict[str, str]:
    """By id of a status its own fraction as text; a status that has none is left out."""
    override: Mapping[str, object] = next(
        (part.by_status for part in document.statuses.overrides if part.when is None), {}
    )
    by_name = {key.casefold(): value for key, value in override.items()}
    found = {one.id: by_name.get(one.id, by_name.get(one.name.casefold())) for one in catalogue.statuses}
    return {id_: str(value) for id_, value in found.items() if value is not None}


def cycle_choice(document: Document) -> CycleChoice:
    """How the cycles of a document come about."""
    cycles = document.cycles
    listed = tuple(_listed(one) for _, one in listed_cycles(document))
    if not isinstance(cycles, CyclesPart):
        return CycleChoice((), "01-01", listed)
    every = (cycles.every,) if isinstance(cycles.every, str) else cycles.every or ()
    return CycleChoice(every, cycles.starts, listed)


def _listed(part: CyclePart) -> ListedCycle:
    return ListedCycle(part.id, str(part.start), str(part.end), part.id)


def with_choices(document: Document, choices: Choices) -> ChangedDocument:
    """The document with what was chosen put in. What was not asked stays as it is."""
    value: dict[str, Any] = plain(document)
    if choices.name:
        value["name"] = choices.name
    if choices.scope is not None:
        value["scope"] = _scope(choices.scope)
    for alias, part in choices.fields.items():
        if alias in value.get("fields", {}):
            value["fields"][alias] = part.model_dump(exclude_none=True)
    _put_statuses(value, choices)
    _put_options(value, document, choices)
    if choices.cycles is not None:
        value["cycles"] = _cycles(value.get("cycles", []), choices.cycles)
    _put_objectives(value, choices)
    _put_sums(value.get("write_back", []), document, choices)
    result = read_document(json.dumps(value, ensure_ascii=False))
    found = tuple(replace(one, line=0, column=0) for one in result.diagnostics)
    return ChangedDocument(export(result.document) if result.document else "", found)


def _scope(chosen: ScopeChoice) -> str:
    if not chosen.projects:
        return chosen.rest
    listed = f"project in ({', '.join(key if key.isdecimal() else as_value(key) for key in chosen.projects)})"
    return f"{listed} AND {chosen.rest}" if chosen.rest else listed


def _put_statuses(value: dict[str, Any], choices: Choices) -> None:
    statuses = value.setdefault("statuses", {})
    if choices.by_category:
        statuses["by_category"] = dict(choices.by_category)
    if choices.by_status is None:
        return
    others = [part for part in statuses.get("overrides", []) if part.get("when")]
    plainly = [{"by_status": dict(choices.by_status)}] if choices.by_status else []
    statuses["overrides"] = [*others, *plainly]


def _put_options(value: dict[str, Any], document: Document, choices: Choices) -> None:
    for index, part in enumerate(document.write_back):
        for key, alias, target in fields_of(part):
            chosen = choices.options.get((index, alias))
            if chosen and target.value == "health":
                value["write_back"][index][key][alias]["options"] = dict(chosen)


def _cycles(written: Any, chosen: CycleChoice) -> object:
    """Those that recur and those that are listed; without a rule they are a plain list."""
    rest = written if isinstance(written, dict) else {"listed": written}
    before = {part["id"]: part for part in rest.get("listed", [])}
    listed = [
        {**before.get(one.former, {}), "id": one.id, "start": one.start, "end": one.end}
        for one in chosen.listed
        if one.id
    ]
    if not chosen.every:
        return listed
    every = chosen.every[0] if len(chosen.every) == 1 else list(chosen.every)
    return {**rest, "every": every, "starts": chosen.starts or "01-01", "listed": listed}


def _put_objectives(value: dict[str, Any], choices: Choices) -> None:
    for index, objective in enumerate(value.get("objectives", [])):
        chosen = choices.objectives.get(index, ObjectiveChoice())
        if chosen.select:
            objective["select"] = chosen.select
        if chosen.commitment:
            objective["commitment"] = chosen.commitment
        for number, rule in enumerate(objective.get("key_results", [])):
            if chosen.key_results.get(number):
                rule["select"] = chosen.key_results[number]


def _put_sums(rules: list[dict[str, object]], document: Document, choices: Choices) -> None:
    for place in sums_places(document):
        chosen = choices.sums.get(place, SumsChoice())
        rule = rules[place]
        if chosen.parents:
            rule["parents"] = chosen.parents
        if chosen.rows is not None:
            rule["rows"] = chosen.rows
        if chosen.relation:
            rule["relation"] = chosen.relation
