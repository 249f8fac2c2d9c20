"""What the live catalogue says about a document: fields, their types, options and links by name or id. Compiles nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import AliasUse, alias_uses, key_results, restricted_path
from mappings.document.mapping import Mapping
from mappings.document.schema import AlignmentPart, Document, FieldPart, LinkRelation
from mappings.document.text.places import Path
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.selector import Selector
from mappings.fields import ReadingKind, schemas_reading
from mappings.numbers import count_of
from mappings.write_back.targets import WRITE_TARGETS

TIME_FIELDS = (
    "timeoriginalestimate",
    "timeestimate",
    "aggregatetimeoriginalestimate",
    "aggregatetimeestimate",
)
STORY_POINT_NAMES = ("story points", "story point estimate")
MOST_NAMES = 40


def resolve_field(alias: str, part: FieldPart, catalogue: Catalogue, report: Report) -> Field:
    """The field an alias stands for; what cannot be resolved is reported and taken as written."""
    written = Field(id=part.id or part.name or alias, name=part.name or part.id or alias)
    path: Path = ("fields", alias)
    if not catalogue.fields or (part.id is None and part.name is None):
        return written
    if part.id is None:
        return _by_name(str(part.name), catalogue, path, report) or written
    field = catalogue.field(part.id)
    if field is None:
        _unknown_id(part, catalogue, path, report)
        return written
    if part.name is not None and part.name.casefold() != field.name.casefold():
        message = f"the field {part.id} is called {show_value(field.name)} in Jira, not {show_value(part.name)}; the id decides"
        report.warn(Code.FIELD_NAME_DIFFERS, message, (*path, "name"), value=part.name,
                   valid=(field.name,), remedy="correct the name or the id")  # fmt: skip
    return field


def _by_name(name: str, catalogue: Catalogue, path: Path, report: Report) -> Field | None:
    found = [field for field in catalogue.fields if field.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    inner = (*path, "name")
    if not found:
        known = dict.fromkeys(field.name for field in catalogue.fields)
        remedy = "write the name as Jira shows it, or the id"
        report.unknown(Code.UNKNOWN_FIELD, "the field", name, known, inner, remedy)
        return None
    ids = tuple(f"{field.id} ({_projects(field, catalogue)})" for field in found)
    message = f"{count_of(len(found), 'field is', 'fields are')} called {show_value(name)}: {', '.join(ids)}"
    remedy = "write `id:` with the one that is meant"
    report.add(
        Code.AMBIGUOUS_FIELD, message, inner, value=name, valid=(field.id for field in found), remedy=remedy
    )
    return None


def _projects(field: Field, catalogue: Catalogue) -> str:
    keys = [project.key for project in catalogue.projects if project.id in field.project_ids]
    return ", ".join(keys or field.project_ids) or "all projects"


def _unknown_id(part: FieldPart, catalogue: Catalogue, path: Path, report: Report) -> None:
    same = [
        field.id for field in catalogue.fields if part.name and field.name.casefold() == part.name.casefold()
    ]
    hint = f"; a field called {show_value(part.name)} has the id {', '.join(same)}" if same else ""
    message = f"there is no field with the id {show_value(part.id)}, or this account cannot see it{hint}"
    remedy = "write an id that Jira lists, or `name:` alone"
    report.add(Code.UNKNOWN_FIELD, message, (*path, "id"), value=part.id, valid=same, remedy=remedy)


def check_bound(mapping: Mapping, catalogue: Catalogue, report: Report) -> None:
    """Adds what the catalogue says against a mapping: types, options, links, loops, doubtful story points."""
    _check_same_field(mapping, report)
    _check_selectors(mapping, report)
    if catalogue.fields:
        for use in alias_uses(mapping.document):
            _check_use(use, mapping, report)
        for target in WRITE_TARGETS:
            target.check_bound(mapping, report)
        _check_story_points(mapping, catalogue, report)
    if catalogue.link_types:
        _check_links(mapping, catalogue, report)


def _check_same_field(mapping: Mapping, report: Report) -> None:
    """Two aliases, one by name and one by id, can turn out to be one field only now."""
    owner: dict[str, str] = {}
    for alias, field in mapping.fields.items():
        first = owner.setdefault(field.id, alias)
        parts = mapping.document.fields
        written = (parts[alias].id or parts[alias].name) == (parts[first].id or parts[first].name)
        if first != alias and not written:
            message = f"{show_value(alias)} and {show_value(first)} are the same field {field.id}"
            report.add(
                Code.DUPLICATE_FIELD,
                message,
                ("fields", alias),
                value=field.id,
                remedy="keep one alias and use it everywhere",
            )


def _check_selectors(mapping: Mapping, report: Report) -> None:
    """A rule must not select by what the mapping itself writes: the choice would follow its own result."""
    written = {mapping.fields[alias].id: alias for alias in mapping.written_aliases()}
    for path, selector in selectors(mapping):
        for id_ in sorted(selector.fields & written.keys()):
            message = f"this JQL reads the field {show_value(written[id_])} ({id_}), which the mapping writes"
            remedy = "select by something that the mapping does not write"
            report.add(Code.TARGET_IS_SOURCE, message, path, value=written[id_], remedy=remedy)


def selectors(mapping: Mapping) -> Iterator[tuple[Path, Selector]]:
    """Every selector of a mapping with the path of its JQL."""
    rules = mapping.statuses
    found: list[tuple[Path, Selector | None]] = [
        (("scope",), mapping.scope),
        (("statuses", "excluded"), rules.excluded),
        (("statuses", "not_achieved"), rules.not_achieved),
        (("coverage", "select"), mapping.coverage),
        (
            restricted_path(mapping.document),
            mapping.restricted.when if mapping.restricted is not None else None,
        ),
    ]
    found += [
        (("statuses", "overrides", index, "when"), one.when) for index, one in enumerate(rules.overrides)
    ]
    for objective in mapping.objectives:
        found.append((objective.select_path, objective.select))
        for number, rule in enumerate(objective.key_results):
            chosen = "rows" if objective.plain else "select"
            found += [(objective.path_of(number, chosen), rule.select)]
            found += [(objective.path_of(number, "relation", "jql"), rule.related)]
            found += [
                (objective.path_of(number, "progress", name), one) for name, one in rule.conditions.items()
            ]
    return ((path, selector) for path, selector in found if selector is not None)


def _check_use(use: AliasUse, mapping: Mapping, report: Report) -> None:
    field = mapping.fields.get(use.alias)
    if field is None or not field.type or use.wanted is None:
        return
    fitting = schemas_reading(use.wanted)
    if field.type in fitting:
        return
    if use.wanted is ReadingKind.NUMBER and field.id in TIME_FIELDS:
        return
    _wrong_type(use.alias, field, fitting, f"a {use.wanted} is read from it", use.path, report)


def _wrong_type(
    alias: str, field: Field, fitting: Iterable[str], why: str, path: Path, report: Report
) -> None:
    message = f"the field {show_value(alias)} ({field.id}, {show_value(field.name)}) is of the type {field.type}, but {why}"
    remedy = "use a field of a fitting type, or write another value"
    report.add(Code.FIELD_TYPE, message, path, value=field.type, valid=fitting, remedy=remedy)


def _check_story_points(mapping: Mapping, catalogue: Catalogue, report: Report) -> None:
    """Sites have two fields for story points; the one that is not mapped may hold the numbers of half the projects."""
    points = [field for field in catalogue.fields if field.name.casefold() in STORY_POINT_NAMES]
    if len(points) < 2:
        return
    used = {use.alias for use in alias_uses(mapping.document)}
    for alias, field in mapping.fields.items():
        if field in points and alias in used:
            others = [other for other in points if other.id != field.id]
            if not others:
                continue
            listed = ", ".join(
                f"{other.id} {show_value(other.name)} ({_projects(other, catalogue)})" for other in others
            )
            message = f"story points are read from {field.id} {show_value(field.name)}, but the site also has {listed}"
            remedy = "look at an estimated issue of each project, and use the field that holds its points"
            report.warn(Code.STORY_POINTS_AMBIGUOUS, message, ("fields", alias), value=field.id,
                       valid=(one.id for one in points), remedy=remedy)  # fmt: skip


def _check_links(mapping: Mapping, catalogue: Catalogue, report: Report) -> None:
    phrases = dict.fromkeys(phrase for one in catalogue.link_types for phrase in (one.outward, one.inward))
    known = {phrase.casefold() for phrase in phrases}
    for path, phrase in links(mapping.document):
        if phrase.casefold() not in known:
            remedy = "write the phrase that the issue shows above the linked issues"
            report.unknown(Code.UNKNOWN_LINK, "the link phrase", phrase, phrases, path, remedy)


def links(document: Document) -> Iterator[tuple[Path, str]]:
    """Every phrase of a link that a document names, with its path."""
    written = [part.id for part in document.objectives if part.select is None]
    for index, objective in enumerate(document.objectives):
        aligned = objective.aligned_to
        if isinstance(aligned, AlignmentPart):
            if aligned.link is not None:
                yield ("objectives", index, "aligned_to", "link"), aligned.link
        elif aligned is not None and aligned.removeprefix("@") not in written:
            yield ("objectives", index, "aligned_to"), aligned
    for path, _, part in key_results(document):
        if isinstance(part.relation, LinkRelation):
            yield (*path, "relation", "link"), part.relation.link
