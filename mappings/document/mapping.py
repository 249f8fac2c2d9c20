"""A mapping document bound to one Jira site: selectors compiled, aliases and names resolved to ids. Made by `mappings.document.binder`."""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction

from mappings.document.calendar import Calendar
from mappings.document.lock import NO_LOCKS, Locks
from mappings.document.names import LinkWord, MappingName, NameKind, link_word
from mappings.document.schema import Document, KeyResultPart, ObjectivePart, RestrictedPolicy, WriteBackPart
from mappings.document.text.places import Path
from mappings.facts.catalogue import Field
from mappings.facts.selector import Selector
from mappings.progress.options import RuleOptions, aliases, current_kpi, reading_alias
from mappings.write_back.target import Aim, Place
from mappings.write_back.targets import WRITE_TARGETS, aims_of


@dataclass(frozen=True, slots=True)
class StatusOverride:
    """Fractions by status id and by category key for the issues `when` selects (all where it is None)."""

    when: Selector | None
    by_status: collections.abc.Mapping[str, Fraction]
    by_category: collections.abc.Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class StatusRules:
    """Status → fraction, and the dispositions of closed issues."""

    by_category: collections.abc.Mapping[str, Fraction]
    overrides: tuple[StatusOverride, ...]
    excluded: Selector
    not_achieved: Selector | None
    restricted: Selector | None = None
    """What is left out whatever its status: fewer people may see it than the numbers that it would be in."""


@dataclass(frozen=True, slots=True)
class RestrictedRule:
    """Which issues are restricted, and what becomes of them."""

    policy: RestrictedPolicy
    when: Selector


@dataclass(frozen=True, slots=True)
class KeyResultRule:
    """One key-result rule; `select` is None where every related issue is meant, `related` is the JQL of `relation: {jql}`,
    `conditions` are the JQL options of its progress rule."""

    part: KeyResultPart
    select: Selector | None
    related: Selector | None
    conditions: collections.abc.Mapping[str, Selector] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectiveRule:
    """One objective rule; `select` is None for an objective written in the mapping itself.

    `sums` is the rule of `write_back` where what is selected is no objective but a plain parent that sums are written to.
    """

    part: ObjectivePart
    select: Selector | None
    key_results: tuple[KeyResultRule, ...]
    path: Path
    """Where it is written in the document."""
    sums: WriteBackPart | None = None

    @property
    def plain(self) -> bool:
        """Whether it is about plain parents: no objectives, without cycle, health and alignment."""
        return self.sums is not None

    def selectors(self) -> tuple[Selector, ...]:
        """Every JQL of the rule."""
        found = [self.select]
        for rule in self.key_results:
            found += [rule.select, rule.related, *rule.conditions.values()]
        return tuple(selector for selector in found if selector is not None)

    @property
    def select_path(self) -> Path:
        """Where the JQL stands that selects."""
        return (*self.path, "parents" if self.plain else "select")

    def path_of(self, key_result: int, *option: str | int) -> Path:
        """Where an option of one of its key results is written."""
        return (*self.path, *(() if self.plain else ("key_results", key_result)), *option)


@dataclass(frozen=True, slots=True)
class TeamRule:
    """Who objectives belong to: what `field` says of them, their project where it is None. `names` are what teams are called, by id, and of
    a field by the word as written, in any case, for what has no id or one that is not known.
    """

    field: Field | None
    names: collections.abc.Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping, ready to be computed with. `revision` is the hash of the document's canonical text."""

    document: Document
    revision: str
    scope: Selector
    fields: collections.abc.Mapping[str, Field]
    statuses: StatusRules
    cycles: Calendar
    objectives: tuple[ObjectiveRule, ...]
    """What selects objectives, then what selects plain parents: the first that selects an issue says what it is."""
    zone: tzinfo
    compile_jql: Callable[[str], Selector]
    """Compiles JQL that people keep in an issue field; raises `mappings.jql.JqlError`."""
    names: frozenset[MappingName] = frozenset()
    """Every name the mapping uses, with what it stands for."""
    kpis: collections.abc.Mapping[str, collections.abc.Mapping[str, Selector]] = dataclasses.field(
        default_factory=dict
    )
    """The JQL of each KPI's source, by the id of the KPI and the name of the option."""
    kpi_statuses: collections.abc.Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    """Ids of the statuses that sources of KPIs name, by the name as written."""
    links: collections.abc.Mapping[str, LinkWord] = dataclasses.field(default_factory=dict)
    """What the phrases of links mean that the mapping uses, by the phrase as written."""
    team: TeamRule | None = None
    """None: objectives belong to no team."""
    coverage: Selector | None = None
    """Which work should serve objectives, where the mapping says it."""
    restricted: RestrictedRule | None = None
    """None: nobody said which issues are restricted, and all count."""
    locks: Locks = NO_LOCKS
    """The cycles whose terms stand, whatever the mapping and Jira say by now."""
    # Worked out once, for every objective and every page of issues asks.
    _aims: dict[str, tuple[Aim, ...]] = dataclasses.field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _places: list[tuple[Place, ...]] = dataclasses.field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _field_ids: list[frozenset[str]] = dataclasses.field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _roots: list[frozenset[str]] = dataclasses.field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def scope_by_id(self) -> str:
        """The scope as Jira is asked for it: names may change, ids do not."""
        return self.scope.by_id or self.document.scope

    def parent_rule(self, rule_id: str) -> ObjectiveRule | None:
        """The rule for plain parents of this id."""
        return next((rule for rule in self.objectives if rule.plain and rule.part.id == rule_id), None)

    def link(self, phrase: str) -> LinkWord:
        """What a phrase of the mapping means."""
        return self.links.get(phrase) or link_word(phrase, ())

    def ids_of(self, kind: NameKind, word: str) -> tuple[str, ...]:
        """What a word of the mapping stands for."""
        return next((name.ids for name in self.names if name.kind is kind and name.word == word), ())

    def selectors(self) -> tuple[Selector, ...]:
        """Every JQL of the mapping."""
        found = [self.scope, self.statuses.excluded, self.statuses.not_achieved]
        found += [override.when for override in self.statuses.overrides]
        found += [selector for objective in self.objectives for selector in objective.selectors()]
        found += self.kpi_selectors()
        found += [self.coverage, self.restricted.when if self.restricted is not None else None]
        return tuple(selector for selector in found if selector is not None)

    def kpi_selectors(self) -> tuple[Selector, ...]:
        """Every JQL of the sources of KPIs."""
        return tuple(selector for each in self.kpis.values() for selector in each.values())

    def roots(self) -> frozenset[str]:
        """Ids of the issues of which some JQL asks what is below them, the JQL of locked cycles included. Worked out once."""
        if not self._roots:
            asking = [*self.selectors(), *(one for rule in self.locks.rules() for one in rule.selectors())]
            self._roots.append(frozenset(root for selector in asking for root in selector.roots))
        return self._roots[0]

    def field_ids(self) -> frozenset[str]:
        """Ids of every custom field this mapping reads and of every place it writes and looks at: what the mirror has to hold."""
        if not self._field_ids:
            self._field_ids.append(self._every_field_id())
        return self._field_ids[0]

    def _every_field_id(self) -> frozenset[str]:
        read = (field for selector in self.selectors() for field in selector.fields)
        written = {place.id for place in self.places() if not place.target.recalled}
        named = {field.id for field in self.fields.values()} | written
        return frozenset(named) | frozenset(read) | self._worded()

    def aims(self, target: str) -> tuple[Aim, ...]:
        """What the rules of `write_back` want of this kind of issue, in the order they are written."""
        found = self._aims.get(target)
        if found is None:
            rules = (rule for rule in self.document.write_back if rule.target == target)
            found = self._aims[target] = tuple(aim for rule in rules for aim in aims_of(rule, self.fields))
        return found

    def places(self) -> tuple[Place, ...]:
        """The places this mapping writes, each once."""
        if not self._places:
            found = (
                place
                for rule in self.document.write_back
                for target in WRITE_TARGETS
                for place in target.places(rule, self.fields)
            )
            self._places.append(tuple({place.id: place for place in found}.values()))
        return self._places[0]

    def written_options(self) -> dict[str, frozenset[str]]:
        """The words of this mapping for options that it writes, by the id of the field."""
        found: dict[str, set[str]] = {}
        for rule in self.document.write_back:
            for target in WRITE_TARGETS:
                for field, word in target.options(rule, self.fields):
                    found.setdefault(field.id, set()).add(word)
        return {id_: frozenset(words) for id_, words in found.items()}

    def written_aliases(self) -> tuple[str, ...]:
        """The aliases of the fields this mapping writes."""
        found = (
            alias
            for rule in self.document.write_back
            for target in WRITE_TARGETS
            for alias in target.fields(rule)
        )
        return tuple(dict.fromkeys(alias for alias in found if alias in self.fields))

    def reading_ids(self) -> frozenset[str]:
        """Ids of the fields whose history counts: what key results read as what they stand at."""
        found = (reading_alias(rule.part.progress) for one in self.objectives for rule in one.key_results)
        return frozenset(
            self.fields[alias].id for alias in found if alias is not None and alias in self.fields
        )

    def current_kpis(self) -> frozenset[str]:
        """Ids of the KPIs that key results read as what they stand at."""
        found = (current_kpi(rule.part.progress) for one in self.objectives for rule in one.key_results)
        return frozenset(one.kpi for one in found if one is not None)

    def ids_read(self, options: RuleOptions) -> tuple[str, ...]:
        """Ids of the fields that a progress rule reads, in the order of its options; those that words stand for too."""
        found = (
            self.fields[one.text].id if one.text in self.fields else one.mark.words.get(one.text)
            for one in aliases(options)
        )
        return tuple(id_ for id_ in found if id_ is not None)

    def _worded(self) -> frozenset[str]:
        """The fields behind words like `weight: time_estimate`, which have no alias."""
        options = (rule.part.progress for objective in self.objectives for rule in objective.key_results)
        found = (one.mark.words.get(one.text) for each in options for one in aliases(each))
        return frozenset(id_ for id_ in found if id_ is not None)
