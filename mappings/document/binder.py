"""Document to Mapping: names become ids against the live catalogue, JQL becomes selectors. All refusals come at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from fractions import Fraction

from mappings.diagnostic import Diagnostic, MappingError, has_errors
from mappings.document.calendar import calendar_of
from mappings.document.checks.codes import Code
from mappings.document.checks.jql import compile_or_nothing, select_nothing
from mappings.document.checks.live.catalogue import check_bound, links, resolve_field
from mappings.document.checks.report import Report
from mappings.document.checks.validation import find_faults, zone_of
from mappings.document.checks.walk import creations, jql_texts, restricted_part
from mappings.document.mapping import (
    KeyResultRule,
    Mapping,
    ObjectiveRule,
    RestrictedRule,
    StatusOverride,
    StatusRules,
    TeamRule,
)
from mappings.document.names import MappingName, NameKind, entries, link_word, names_of_entry
from mappings.document.plain_parents import parent_rules
from mappings.document.schema import (
    NOTHING,
    Category,
    Document,
    JqlRelation,
    KeyResultPart,
    ObjectivePart,
    OverridePart,
    StatusesPart,
    TeamPart,
)
from mappings.document.text.canonical import revision
from mappings.document.text.places import Path, Positions
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.selector import Selector
from mappings.jql import compile_selector
from mappings.kpi.sources import StatusName
from mappings.progress.options import jql_options, marked_texts

CUSTOM = "customfield_"


@dataclass(frozen=True, slots=True)
class BindResult:
    """What came of binding: the mapping, unless an error refuses it, and everything that was found."""

    mapping: Mapping | None
    diagnostics: tuple[Diagnostic, ...]


def bind(
    document: Document,
    catalogue: Catalogue,
    *,
    positions: Positions | None = None,
    today: Catalogue | None = None,
) -> Mapping:
    """The mapping for one site; raises MappingError with every diagnostic. An empty catalogue takes ids and names as written.

    `catalogue` may be a bound form (`mappings.document.names`); then `today` is the catalogue of today, for JQL that people keep in issues.
    """
    result = bind_leniently(document, catalogue, positions=positions, today=today)
    if result.mapping is None:
        raise MappingError(result.diagnostics)
    return result.mapping


def bind_leniently(
    document: Document,
    catalogue: Catalogue,
    *,
    positions: Positions | None = None,
    today: Catalogue | None = None,
) -> BindResult:
    """The same without raising: warnings come along with the mapping, errors instead of it."""
    report = Report(positions or Positions())
    catalogue, today = with_weeks(document, catalogue), with_weeks(document, today or catalogue)
    find_faults(document, report, catalogue)
    mapping = _Binder(document, catalogue, report, today).mapping()
    diagnostics = report.diagnostics()
    return BindResult(None if has_errors(diagnostics) else mapping, diagnostics)


def with_weeks(document: Document, catalogue: Catalogue) -> Catalogue:
    """The catalogue with the weeks of a document, where that says on which day they begin."""
    return replace(catalogue, week_starts=document.week_starts) if document.week_starts else catalogue


@dataclass(frozen=True, slots=True)
class _Binder:
    document: Document
    catalogue: Catalogue
    report: Report
    today: Catalogue
    names: set[MappingName] = field(default_factory=set)

    def mapping(self) -> Mapping:
        document = self.document
        fields = {
            alias: resolve_field(alias, part, self.catalogue, self.report)
            for alias, part in document.fields.items()
        }
        restricted = self.restricted()
        mapping = Mapping(
            document=document,
            revision=revision(document),
            scope=self.selector(document.scope),
            fields=fields,
            statuses=self.statuses(document.statuses, restricted),
            cycles=calendar_of(document),
            objectives=(*self.objectives(), *self.parents()),
            zone=self.zone(),
            compile_jql=lambda text: compile_selector(text, self.today),
            kpis={
                part.id: {name: self.selector(text) for name, text in jql_options(part.source).items()}
                for part in document.kpis
            },
            kpi_statuses=self.kpi_statuses(),
            links={phrase: link_word(phrase, self.catalogue.link_types) for _, phrase in links(document)},
            team=self.team(fields),
            coverage=self.optional(document.coverage.select if document.coverage is not None else None),
            restricted=restricted,
        )
        mapping = replace(mapping, names=self.every_name(mapping))
        check_bound(mapping, self.catalogue, self.report)
        return mapping

    def every_name(self, mapping: Mapping) -> frozenset[MappingName]:
        """The names of every JQL and of every other place of the document."""
        found = self.names | {name for selector in mapping.selectors() for name in selector.names}
        for _, text in jql_texts(self.document):
            found |= self.selector(text).names
        for alias, part in self.document.fields.items():
            if mapping.fields[alias].id.startswith(CUSTOM) and (part.id or part.name):
                found.add(
                    MappingName(NameKind.FIELD, part.id or part.name or "", (mapping.fields[alias].id,))
                )
        found |= {MappingName(NameKind.LINK, phrase, word.ids) for phrase, word in mapping.links.items()}
        for path, made in creations(self.document):
            found.add(self.entry(NameKind.TYPE, made.type, (*path, "type")))
            if made.project is not None:
                found.add(self.entry(NameKind.PROJECT, made.project, (*path, "project")))
        return frozenset(found | set(_written_options(mapping)))

    def entry(self, kind: NameKind, word: str, path: Path) -> MappingName:
        """A word for something that the catalogue lists in full, by name, key or id; an empty list takes it for the id."""
        listed = entries(self.catalogue, kind)
        ids = [one.id for one in listed if word == one.id or word.casefold() in names_of_entry(one)]
        if listed and not ids:
            known = dict.fromkeys(str(getattr(one, "key", one.name)) for one in listed)
            remedy = "write it as Jira shows it, or its id"
            self.report.unknown(Code.UNKNOWN_VALUE, f"the {kind}", word, known, path, remedy)
        return MappingName(kind, word, tuple(sorted(ids)) if listed else (word,))

    def team(self, fields: Dictionary[str, Field]) -> TeamRule | None:
        """The words for teams stand for projects, or for options of the field; ids decide."""
        if self.document.team is None:
            return None
        part = self.document.team if isinstance(self.document.team, TeamPart) else TeamPart()
        read = fields.get(part.field) if part.field is not None else None
        found: dict[str, str] = {}
        for word, called_so in part.names.items():
            name = self.team_word(word, part, read)
            if name is not None and name.ids:
                self.names.add(name)
            found |= dict.fromkeys(name.ids if name is not None else (), called_so)
            if read is not None:
                found.setdefault(word.strip().casefold(), called_so)
        return TeamRule(read, found)

    def team_word(self, word: str, part: TeamPart, read: Field | None) -> MappingName | None:
        """A project, or an option as far as those of the field are known; None where it is what the field holds."""
        if part.field is None:
            return self.entry(NameKind.PROJECT, word, ("team", "names", word))
        folded = word.strip().casefold()
        options = read.options if read is not None else ()
        ids = [one.id for one in options if folded in (one.name.casefold(), one.id)]
        return (
            MappingName(NameKind.OPTION, word, tuple(sorted(ids)), read.id)
            if ids and read is not None
            else None
        )

    def zone(self) -> tzinfo:
        return zone_of(self.document.time_zone or self.catalogue.time_zone) or UTC

    def selector(self, text: str) -> Selector:
        return compile_or_nothing(text, self.catalogue)

    def optional(self, text: str | None) -> Selector | None:
        return None if text is None else self.selector(text)

    def restricted(self) -> RestrictedRule | None:
        part = restricted_part(self.document)
        return None if part is None else RestrictedRule(part.policy, self.selector(part.when))

    def statuses(self, part: StatusesPart, restricted: RestrictedRule | None) -> StatusRules:
        overrides = [
            self.override(one, ("statuses", "overrides", index)) for index, one in enumerate(part.overrides)
        ]
        return StatusRules(
            by_category=_fractions(StatusesPart().by_category, part.by_category),
            overrides=tuple(overrides),
            excluded=select_nothing() if part.excluded == NOTHING else self.selector(part.excluded),
            not_achieved=self.optional(part.not_achieved),
            restricted=restricted.when
            if restricted is not None and restricted.policy == "leave_out"
            else None,
        )

    def override(self, part: OverridePart, path: Path) -> StatusOverride:
        by_status: dict[str, Fraction] = {}
        for name, share in part.by_status.items():
            ids = self.status_ids(name, (*path, "by_status", name))
            if self.catalogue.statuses:
                self.names.add(MappingName(NameKind.STATUS, name, tuple(sorted(ids))))
            for id_ in ids:
                by_status.setdefault(id_, Fraction(share))
        return StatusOverride(self.optional(part.when), by_status, _fractions(part.by_category))

    def kpi_statuses(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for index, part in enumerate(self.document.kpis):
            for place, name in marked_texts(part.source, StatusName):
                found[name] = frozenset(self.status_ids(name, ("kpis", index, "source", *place)))
                if self.catalogue.statuses:
                    self.names.add(MappingName(NameKind.STATUS, name, tuple(sorted(found[name]))))
        return found

    def status_ids(self, name: str, path: Path) -> Sequence[str]:
        """Ids win over names; one name may stand for the statuses of several projects: all of them are meant."""
        statuses = self.catalogue.statuses
        if not statuses or any(status.id == name for status in statuses):
            return (name,)
        ids = [status.id for status in statuses if status.name.casefold() == name.casefold()]
        if not ids:
            known = dict.fromkeys(status.name for status in statuses)
            remedy = "write the id of a status, or its name as Jira shows it"
            self.report.unknown(Code.UNKNOWN_STATUS, "the status", name, known, path, remedy)
        return ids

    def objectives(self) -> Iterator[ObjectiveRule]:
        for index, part in enumerate(self.document.objectives):
            yield self.objective(part, ("objectives", index))

    def parents(self) -> Iterator[ObjectiveRule]:
        for path, rule, part in parent_rules(self.document):
            yield replace(self.objective(part, path), sums=rule)

    def objective(self, part: ObjectivePart, path: Path) -> ObjectiveRule:
        rules = [self.key_result(one) for one in part.key_results]
        return ObjectiveRule(part, self.optional(part.select), tuple(rules), path)

    def key_result(self, part: KeyResultPart) -> KeyResultRule:
        related = part.relation.jql if isinstance(part.relation, JqlRelation) else None
        return KeyResultRule(
            part=part,
            select=self.optional(part.select),
            related=self.optional(related),
            conditions={name: self.selector(text) for name, text in jql_options(part.progress).items()},
        )


def _written_options(mapping: Mapping) -> Iterator[MappingName]:
    """The options that are written, as far as they are known."""
    fields = {field.id: field for field in mapping.fields.values()}
    for field_id, words in mapping.written_options().items():
        for word in words:
            folded = word.strip().casefold()
            ids = [one.id for one in fields[field_id].options if folded in (one.name.casefold(), one.id)]
            if ids:
                yield MappingName(NameKind.OPTION, word, tuple(sorted(ids)), field_id)


def _fractions(*shares: Dictionary[Category, Decimal]) -> dict[str, Fraction]:
    return {key: Fraction(share) for part in shares for key, share in part.items()}
