"""A mapping as a form: what can be chosen, read from a document, and put back into it. The document stays the one model of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from mappings.diagnostic import Diagnostic
from mappings.document.checks.walk import listed_cycles, weight_uses
from mappings.document.plain_parents import parent_rules, weights_of
from mappings.document.schema import CyclePart, CyclesPart, Document, FieldPart, KeyResultPart, TeamPart
from mappings.document.text.canonical import export, plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field
from mappings.progress.options import aliases
from mappings.write_back.targets import fields_of
from plugin.use_cases.mapping.field_samples import Samples, choosable

LEVELS = ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")
CATEGORIES = ("new", "indeterminate", "done")
MOST_STATUSES = 80

_PROJECTS = re.compile(
    r"^\s*project\s*(?:=\s*([\w-]+)|in\s*\(([^()]*)\))\s*(?:AND\s+(.*))?$", re.IGNORECASE | re.DOTALL
)

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One field of the site to choose; `sample` is what a real issue holds in it."""

    id: str
    name: str
    type: str
    sample: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class AliasChoice:
    """One alias with the fields it could stand for; `unknown` is what is written where that is no field of the site."""

    alias: str
    use: str
    fields: tuple[FieldChoice, ...]
    sample: str
    unknown: str


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """The scope as projects and the rest of the query; `projects` None where the query is of another shape."""

    projects: tuple[str, ...] | None
    rest: str


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """Which option of a select field is written for one level of health; `known` is empty where the options are not known."""

    name: str
    level: str
    value: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CycleChoice:
    """By which periods cycles recur, on which day a year begins, and the cycles that are written down."""

    every: tuple[str, ...]
    starts: str
    listed: tuple[CyclePart, ...]


def scope_choice(scope: str) -> ScopeChoice:
    """`project in (A, B) AND rest` taken apart."""
    match = _PROJECTS.match(scope)
    rest = (match.group(3) or "").strip() if match else ""
    if match is None or (re.search(r"\bOR\b", rest, re.IGNORECASE) and not rest.startswith("(")):
        return ScopeChoice(None, scope)
    listed = match.group(1) or match.group(2)
    return ScopeChoice(tuple(key.strip().strip("\"'") for key in listed.split(",") if key.strip()), rest)


def alias_choices(document: Document, catalogue: Catalogue, samples: Samples) -> list[AliasChoice]:
    """Every alias of the document with what it could stand for."""
    known = sorted((one for one in catalogue.fields if choosable(one)), key=lambda one: one.name.casefold())
    uses = alias_uses(document)
    return [_alias(alias, part, known, samples, uses) for alias, part in document.fields.items()]


def _alias(
    alias: str, part: FieldPart, known: list[Field], samples: Samples, uses: Mapping[str, str]
) -> AliasChoice:
    chosen = next((one for one in known if is_named(one, part)), None)
    fields = tuple(
        FieldChoice(one.id, one.name, one.type, sample_text(one.id, samples), one is chosen) for one in known
    )
    sample = sample_text(chosen.id, samples) if chosen else ""
    unknown = "" if chosen else (part.name or part.id or "")
    return AliasChoice(alias, uses.get(alias, "not used"), fields, sample, unknown)


def is_named(one: Field, part: FieldPart) -> bool:
    """Whether the document means this field: the id decides, else the name."""
    return one.id == part.id if part.id else one.name.casefold() == (part.name or "").casefold()


def sample_text(field_id: str, samples: Samples) -> str:
    """`5 in PLAT-7`; what is said where no issue holds a value."""
    found = samples.values.get(field_id)
    return f"{found[1]} in {found[0]}" if found else "empty in the issues looked at"


def alias_uses(document: Document) -> dict[str, str]:
    """What each alias is for, in words: what is written first, for that is what people fear."""
    uses: dict[str, str] = {}
    if isinstance(document.team, TeamPart) and document.team.field is not None:
        uses[document.team.field] = "read: team of objectives"
    for rule in document.objectives:
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


def status_fractions(document: Document, catalogue: Catalogue) -> list[tuple[str, str, str, str]]:
    """Id, name, category and own fraction (as text, empty for none) of each status."""
    override: Mapping[str, object] = next(
        (part.by_status for part in document.statuses.overrides if part.when is None), {}
    )
    by_name = {key.casefold(): value for key, value in override.items()}
    return [
        (one.id, one.name, one.category or "", str(by_name.get(one.id, by_name.get(one.name.casefold(), ""))))
        for one in catalogue.statuses[:MOST_STATUSES]
    ]


def option_choices(
    document: Document, catalogue: Catalogue, samples: Samples
) -> list[tuple[str, list[OptionChoice]]]:
    """For each place where health is written: what stands for each level."""
    found = []
    for index, part in enumerate(document.write_back):
        for _, alias, target in fields_of(part):
            if target.value == "health":
                options = {str(level): said for level, said in (target.options or {}).items()}
                known = _known_options(document.fields.get(alias), catalogue, samples)
                rows = [
                    OptionChoice(f"option-{index}-{alias}-{level}", level, options.get(level, ""), known)
                    for level in LEVELS
                ]
                found.append((f"{alias} of each {part.subject.replace('_', ' ')}", rows))
    return found


def _known_options(part: FieldPart | None, catalogue: Catalogue, samples: Samples) -> tuple[str, ...]:
    named = next((one for one in catalogue.fields if part and is_named(one, part)), None)
    if named is None:
        return ()
    return samples.options.get(named.id) or tuple(option.name for option in named.options)


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of a form: the text of the changed document, or why it is none."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def edited(document: Document, form: Form) -> Edited:
    """The document with what the form says put in. What the form does not show stays as it is."""
    value: dict[str, Any] = plain(document)
    _put_basics(value, form)
    _put_fields(value, form)
    _put_statuses(value, form)
    _put_options(value, document, form)
    _put_cycles(value, form)
    _put_objectives(value, form)
    result = read_document(json.dumps(value, ensure_ascii=False))
    found = tuple(replace(one, line=0, column=0) for one in result.diagnostics)
    return Edited(export(result.document) if result.document else "", found)


def _put_basics(value: dict[str, Any], form: Form) -> None:
    if form.get("name"):
        value["name"] = form["name"].strip()
    rest = form.get("scope", "").strip()
    projects = form.getlist("project")
    if "by_projects" in form and projects:
        listed = f"project in ({', '.join(projects)})"
        value["scope"] = f"{listed} AND {rest}" if rest else listed
    elif rest:
        value["scope"] = rest


def _put_fields(value: dict[str, Any], form: Form) -> None:
    for alias in value.get("fields", {}):
        chosen = form.get(f"field-{alias}", "")
        if chosen:
            field_id, _, name = chosen.partition("|")
            value["fields"][alias] = {"id": field_id, "name": name} if name else {"id": field_id}


def _put_statuses(value: dict[str, Any], form: Form) -> None:
    statuses = value.setdefault("statuses", {})
    categories = {name: form[f"category-{name}"] for name in CATEGORIES if form.get(f"category-{name}")}
    if categories:
        statuses["by_category"] = categories
    if "statuses" not in form:
        return
    own = {
        key.removeprefix("status-"): text for key, text in form.items() if key.startswith("status-") and text
    }
    others = [part for part in statuses.get("overrides", []) if part.get("when")]
    plainly = [{"by_status": own}] if own else []
    statuses["overrides"] = [*others, *plainly]


def _put_options(value: dict[str, Any], document: Document, form: Form) -> None:
    for index, part in enumerate(document.write_back):
        for key, alias, target in fields_of(part):
            place = f"option-{index}-{alias}-"
            chosen = {level: form[place + level] for level in LEVELS if form.get(place + level)}
            if chosen and target.value == "health":
                value["write_back"][index][key][alias]["options"] = chosen


def cycle_choice(document: Document) -> CycleChoice:
    """How the cycles of a document come about."""
    cycles = document.cycles
    listed = tuple(one for _, one in listed_cycles(document))
    if not isinstance(cycles, CyclesPart):
        return CycleChoice((), "01-01", listed)
    every = (cycles.every,) if isinstance(cycles.every, str) else cycles.every or ()
    return CycleChoice(every, cycles.starts, listed)


def _put_cycles(value: dict[str, Any], form: Form) -> None:
    """Those that recur and those that are listed; without a rule they are a plain list."""
    written = value.get("cycles", [])
    rest = written if isinstance(written, dict) else {"listed": written}
    ids, starts, ends, former = (form.getlist(f"cycle-{name}") for name in ("id", "start", "end", "former"))
    if not ids:
        return
    before = {part["id"]: part for part in rest.get("listed", [])}
    listed = [
        {**before.get(was, {}), "id": name.strip(), "start": start, "end": end}
        for name, start, end, was in zip(ids, starts, ends, former, strict=False)
        if name.strip()
    ]
    every = form.getlist("cycle-every")
    if not every:
        value["cycles"] = listed
        return
    rule = {
        "every": every[0] if len(every) == 1 else every,
        "starts": form.get("cycle-starts", "").strip() or "01-01",
    }
    value["cycles"] = {**rest, **rule, "listed": listed}


def _put_objectives(value: dict[str, Any], form: Form) -> None:
    for index, objective in enumerate(value.get("objectives", [])):
        place = f"objective-{index}"
        if form.get(f"{place}-select"):
            objective["select"] = form[f"{place}-select"].strip()
        if form.get(f"{place}-commitment"):
            objective["commitment"] = form[f"{place}-commitment"]
        for number, rule in enumerate(objective.get("key_results", [])):
            if form.get(f"{place}-{number}"):
                rule["select"] = form[f"{place}-{number}"].strip()
