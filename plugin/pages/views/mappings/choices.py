"""A mapping as a form: what can be chosen on it, and what a sent form chose. What that makes of the document is `mappings.document.choices`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from mappings.document.choices import (
    Choices,
    CycleChoice,
    ListedCycle,
    ObjectiveChoice,
    ScopeChoice,
    SumsChoice,
    alias_uses,
    chosen_field,
    fractions_by_status,
    sums_places,
)
from mappings.document.schema import Document, FieldPart
from mappings.facts.catalogue import Catalogue
from mappings.write_back.targets import fields_of
from plugin.use_cases.mappings.field_samples import Samples, choosable

LEVELS = ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")
CATEGORIES = ("new", "indeterminate", "done")
MOST_STATUSES = 80

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
class SumsLine:
    """One rule that writes sums to plain parents; `written` says to which aliases, and of what."""

    place: int
    parents: str
    rows: str
    relation: str
    written: str


def sums_lines(document: Document) -> list[SumsLine]:
    """Every such rule, as it is."""
    return [_sums(document, place) for place in sums_places(document)]


def _sums(document: Document, place: int) -> SumsLine:
    rule = document.write_back[place]
    told = [f"{alias}: {target.value.replace('_', ' ')}" for _, alias, target in fields_of(rule)]
    return SumsLine(
        place=place,
        parents=rule.parents or "",
        rows=rule.rows or "",
        relation=rule.relation,
        written=", ".join(told),
    )


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """Which option of a select field is written for one level of health; `known` is empty where the options are not known."""

    name: str
    level: str
    value: str
    known: tuple[str, ...]


def alias_choices(document: Document, catalogue: Catalogue, samples: Samples) -> list[AliasChoice]:
    """Every alias of the document with what it could stand for."""
    known = Catalogue(
        fields=tuple(
            sorted((one for one in catalogue.fields if choosable(one)), key=lambda one: one.name.casefold())
        )
    )
    uses = alias_uses(document)
    return [_alias(alias, part, known, samples, uses) for alias, part in document.fields.items()]


def _alias(
    alias: str, part: FieldPart, known: Catalogue, samples: Samples, uses: Mapping[str, str]
) -> AliasChoice:
    chosen = chosen_field(part, known)
    fields = tuple(
        FieldChoice(
            id=one.id, name=one.name, type=one.type, sample=sample_text(one.id, samples), chosen=one is chosen
        )
        for one in known.fields
    )
    sample = sample_text(chosen.id, samples) if chosen else ""
    unknown = "" if chosen else (part.name or part.id or "")
    return AliasChoice(
        alias=alias, use=uses.get(alias, "not used"), fields=fields, sample=sample, unknown=unknown
    )


def sample_text(field_id: str, samples: Samples) -> str:
    """`5 in PLAT-7`; what is said where no issue holds a value."""
    found = samples.values.get(field_id)
    return f"{found[1]} in {found[0]}" if found else "empty in the issues looked at"


def status_fractions(document: Document, catalogue: Catalogue) -> list[tuple[str, str, str, str]]:
    """Id, name, category and own fraction (as text, empty for none) of each status."""
    own = fractions_by_status(document, catalogue)
    return [
        (one.id, one.name, one.category or "", own.get(one.id, ""))
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
    named = chosen_field(part, catalogue)
    if named is None:
        return ()
    return samples.options.get(named.id) or tuple(option.name for option in named.options)


def chosen(document: Document, form: Form) -> Choices:
    """What a sent form chose. Of what it does not show, nothing is."""
    return Choices(
        name=form.get("name", "").strip(),
        scope=_scope(form),
        fields={alias: part for alias in document.fields if (part := _field(form.get(f"field-{alias}", "")))},
        by_category={name: form[f"category-{name}"] for name in CATEGORIES if form.get(f"category-{name}")},
        by_status=_by_status(form),
        options=_options(document, form),
        sums={place: _chosen_sums(form, place) for place in sums_places(document)},
        cycles=_cycles(form),
        objectives={index: _objective(document, form, index) for index in range(len(document.objectives))},
    )


def _scope(form: Form) -> ScopeChoice | None:
    rest = form.get("scope", "").strip()
    projects = tuple(form.getlist("project")) if "by_projects" in form else ()
    return ScopeChoice(projects or None, rest) if projects or rest else None


def _field(text: str) -> FieldPart | None:
    """`customfield_1|Story Points` as it is sent."""
    field_id, _, name = text.partition("|")
    return FieldPart(id=field_id, name=name or None) if field_id else None


def _by_status(form: Form) -> dict[str, str] | None:
    if "statuses" not in form:
        return None
    return {
        key.removeprefix("status-"): text for key, text in form.items() if key.startswith("status-") and text
    }


def _options(document: Document, form: Form) -> dict[tuple[int, str], dict[str, str]]:
    places = [
        (index, alias) for index, part in enumerate(document.write_back) for _, alias, _ in fields_of(part)
    ]
    return {
        (index, alias): {
            level: text for level in LEVELS if (text := form.get(f"option-{index}-{alias}-{level}"))
        }
        for index, alias in places
    }


def _cycles(form: Form) -> CycleChoice | None:
    ids, starts, ends, former = (form.getlist(f"cycle-{name}") for name in ("id", "start", "end", "former"))
    if not ids:
        return None
    listed = tuple(
        ListedCycle(name.strip(), start, end, was)
        for name, start, end, was in zip(ids, starts, ends, former, strict=False)
    )
    return CycleChoice(tuple(form.getlist("cycle-every")), form.get("cycle-starts", "").strip(), listed)


def _objective(document: Document, form: Form, index: int) -> ObjectiveChoice:
    place = f"objective-{index}"
    rules = range(len(document.objectives[index].key_results))
    return ObjectiveChoice(
        form.get(f"{place}-select", "").strip(),
        form.get(f"{place}-commitment", ""),
        {number: form.get(f"{place}-{number}", "").strip() for number in rules},
    )


def _chosen_sums(form: Form, place: int) -> SumsChoice:
    rows = form.get(f"sums-{place}-rows")
    return SumsChoice(
        parents=form.get(f"sums-{place}-parents", "").strip(),
        rows=None if rows is None else rows.strip(),
        relation=form.get(f"sums-{place}-relation", ""),
    )
