"""A rule of a mapping tried on issues: which it takes, and of one issue what it asks and what the issue answers. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.document.binder import with_weeks
from mappings.document.mapping import KeyResultRule, Mapping, ObjectiveRule
from mappings.document.schema import JqlFieldRelation, LinkRelation
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.facts.selector import Selector
from mappings.jql.trial import ClauseAnswer, answer, clauses
from mappings.rollup.assessment import Assessment
from mappings.rollup.rows.rows import SUBTASK
from mappings.rollup.structure.relation import related_issues

SCOPE = "scope"
MOST_WHOSE = 5


@dataclass(frozen=True, slots=True)
class RuleName:
    """A rule as people name it (`scope`, `epics`, `epics/delivery`), what it takes, and its JQL (empty: every related issue)."""

    name: str
    takes: str
    jql: str


@dataclass(frozen=True, slots=True)
class TakenIssue:
    """An issue that a rule takes; `whose` are the objectives that it belongs to by a rule of key results, as far as MOST_WHOSE."""

    issue: Issue
    whose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a rule asks of an issue, whether it holds, and why in words or clause by clause."""

    asks: str
    holds: bool
    why: str = ""
    clause: ClauseAnswer | None = None

    @property
    def told(self) -> str:
        """In one line why it does not hold: the first condition that keeps it from that; empty where it holds."""
        broken = self.clause.broken if self.clause is not None else ()
        if self.holds:
            return ""
        if not broken:
            return self.why or f"{self.asks}: no"
        first = broken[0]
        return f"not {first.text}" + (f"; it holds: {first.held}" if first.held else "")


@dataclass(frozen=True, slots=True)
class IssueTrial:
    """Whether a rule takes an issue, and everything that it asks, met or not."""

    rule: RuleName
    taken: bool
    requirements: tuple[Requirement, ...]
    whose: tuple[str, ...] = ()

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What keeps the issue out."""
        return tuple(one for one in self.requirements if not one.holds)


class RuleBench:
    """A mapping bound by a catalogue, and the issues that its rules are tried on."""

    def __init__(self, mapping: Mapping, catalogue: Catalogue, forest: Forest, moment: Moment) -> None:
        self.mapping = mapping
        self.catalogue = with_weeks(mapping.document, catalogue)
        self.forest = forest
        self.moment = moment
        self._assessment = Assessment(mapping, forest, moment)
        self._assessment.look_at_all()
        self._objectives: dict[str, list[Issue]] | None = None

    def rules(self) -> tuple[RuleName, ...]:
        """What can be tried, in the order of the mapping."""
        return tuple(self._names())

    def rule(self, name: str) -> RuleName | None:
        """The rule of this name, None where there is none."""
        return next((one for one in self._names() if one.name == name), None)

    def _names(self) -> Iterator[RuleName]:
        yield RuleName(SCOPE, "issues that are read", self.mapping.document.scope)
        for objective in self.mapping.objectives:
            if objective.select is not None:
                takes = "issues that get sums" if objective.plain else "objectives"
                yield RuleName(objective.part.id, takes, objective.select.jql)
            for rule in objective.key_results:
                takes = "rows of the sums" if objective.plain else "key results and their issues"
                jql = rule.select.jql if rule.select is not None else ""
                yield RuleName(f"{objective.part.id}/{rule.part.id}", takes, jql)

    def taken(self, name: str) -> tuple[TakenIssue, ...]:
        """Every issue that the rule of this name takes, by id; raises KeyError where there is none of this name."""
        if name == SCOPE:
            return tuple(TakenIssue(one) for one in self.forest if self._assessment.inside(one))
        objective, rule = self._parts(name)
        if rule is None:
            return tuple(TakenIssue(one) for one in self._objectives_of(objective))
        whose: dict[str, list[str]] = {}
        for id_, owner, one in self._related(objective, rule):
            if self._selects(rule, one):
                owners = whose.setdefault(id_, [])
                if len(owners) < MOST_WHOSE:
                    owners.append(owner)
        return tuple(TakenIssue(one, tuple(whose[one.id])) for one in self.forest if one.id in whose)

    def tried(self, name: str, issue: Issue) -> IssueTrial:
        """What the rule of this name asks of an issue; raises KeyError where there is none of this name."""
        found = self.rule(name)
        if found is None:
            raise KeyError(name)
        within = self._by_jql("It is within the scope of the mapping", self.mapping.scope, issue)
        if name == SCOPE:
            return IssueTrial(found, within.holds, (within,))
        objective, rule = self._parts(name)
        if rule is None:
            asked = (*self._of_objective(objective, issue), within)
            return IssueTrial(found, all(one.holds for one in asked), asked)
        whose = self._whose(objective, rule, issue)
        asked = (*self._of_key_result(objective, rule, issue, whose), within)
        return IssueTrial(found, all(one.holds for one in asked), asked, whose[:MOST_WHOSE])

    def _parts(self, name: str) -> tuple[ObjectiveRule, KeyResultRule | None]:
        for objective in self.mapping.objectives:
            if name == objective.part.id and objective.select is not None:
                return objective, None
            for rule in objective.key_results:
                if name == f"{objective.part.id}/{rule.part.id}":
                    return objective, rule
        raise KeyError(name)

    def _objectives_of(self, wanted: ObjectiveRule) -> list[Issue]:
        if self._objectives is None:
            self._objectives = {}
            for issue in self.forest:
                rule = self._assessment.rule_for(issue)
                if rule is not None:
                    self._objectives.setdefault(rule.part.id, []).append(issue)
        return self._objectives.get(wanted.part.id, [])

    def _related(self, objective: ObjectiveRule, rule: KeyResultRule) -> Iterator[tuple[str, str, Issue]]:
        """Every issue in relation to an objective of the rule: its id, how the objective is called, and itself."""
        if objective.select is None:
            name = objective.part.title or objective.part.id
            yield from ((one.id, name, one) for one in related_issues(self._assessment, rule, None))
            return
        stand = self._objectives_of(objective)
        for stands in stand if rule.related is None else stand[: MOST_WHOSE + 1]:  # the same for each of them
            yield from ((one.id, stands.key, one) for one in related_issues(self._assessment, rule, stands))

    def _whose(self, objective: ObjectiveRule, rule: KeyResultRule, issue: Issue) -> tuple[str, ...]:
        """Every objective of the rule that an issue is in relation to."""
        if rule.related is None or objective.select is None:
            found = (owner for id_, owner, _ in self._related(objective, rule) if id_ == issue.id)
            return tuple(dict.fromkeys(found))
        if all(one.id != issue.id for one in self._assessment.matching(rule.related)):
            return ()
        return tuple(one.key for one in self._objectives_of(objective) if one.id != issue.id)

    def _selects(self, rule: KeyResultRule, issue: Issue) -> bool:
        chosen = rule.select is None or rule.select.matches(issue, self.moment)
        return chosen and self._assessment.inside(issue)

    def _by_jql(self, asks: str, selector: Selector, issue: Issue) -> Requirement:
        clause = clauses(selector.jql, self.catalogue)
        said = answer(clause, issue, self.moment, self._key_of) if clause is not None else None
        return Requirement(asks, selector.matches(issue, self.moment), clause=said)

    def _key_of(self, id_: str) -> str:
        found = self.forest.issue(id_)
        return found.key if found is not None else f"an issue that is not in the local copy ({id_})"

    def _of_objective(self, wanted: ObjectiveRule, issue: Issue) -> Iterator[Requirement]:
        if issue.archived:
            yield Requirement("It is not archived", holds=False, why="Jira has archived it")
        for earlier in self.mapping.objectives[: self.mapping.objectives.index(wanted)]:
            if earlier.select is not None and earlier.select.matches(issue, self.moment):
                why = f"“{earlier.part.id}” stands earlier and takes it: the first rule that matches decides"
                yield Requirement("No earlier rule takes it", holds=False, why=why)
                break
        if wanted.select is not None:
            yield self._by_jql("It matches the JQL of the rule", wanted.select, issue)

    def _of_key_result(
        self, objective: ObjectiveRule, rule: KeyResultRule, issue: Issue, whose: tuple[str, ...]
    ) -> Iterator[Requirement]:
        what = "plain parent" if objective.plain else "objective"
        asks = f"It belongs to {'an' if what[0] in 'aeiou' else 'a'} {what} of “{objective.part.id}”: {_relation(rule)}"
        if whose:
            more = f" and {len(whose) - MOST_WHOSE} more" if len(whose) > MOST_WHOSE else ""
            yield Requirement(asks, holds=True, why=f"It belongs to {', '.join(whose[:MOST_WHOSE])}{more}")
        else:
            yield Requirement(asks, holds=False, why=self._why_unrelated(objective, rule, issue))
        if rule.related is not None:
            yield self._by_jql("It matches the JQL of the relation", rule.related, issue)
        if rule.select is not None:
            found = self._by_jql("It matches the JQL of the rule", rule.select, issue)
            yield found
            if not found.holds and rule.part.subtasks == "through_parent" and issue.type.level == SUBTASK:
                why = f"It is a sub-task: it counts through {self._key_of(issue.parent_id or '')} where that is taken"
                yield Requirement("It counts by itself", holds=False, why=why)

    def _why_unrelated(self, objective: ObjectiveRule, rule: KeyResultRule, issue: Issue) -> str:
        """What stands above or beside it instead."""
        relation = rule.part.relation
        if objective.select is not None and not self._objectives_of(objective):
            return f"No issue is taken by “{objective.part.id}”, so nothing can belong to one"
        if isinstance(relation, LinkRelation):
            linked = ", ".join(
                f"{link.phrase} {self._key_of(link.issue_id)}" for link in issue.links[:MOST_WHOSE]
            )
            return f"Its links are: {linked}" if linked else "It has no link"
        if rule.related is not None:
            return "The JQL of the relation does not take it"
        above = self._above(issue)
        if not above:
            return "It has no parent"
        named = above[:1] if relation == "child" or isinstance(relation, JqlFieldRelation) else above
        said = ", ".join(self._key_of(id_) for id_ in named)
        if any(one.id == issue.id for one in self._objectives_of(objective)):
            return f"It is such an objective itself; above it: {said}"
        return f"Above it: {said}, which {'is none' if len(named) == 1 else 'are none'}"

    def _above(self, issue: Issue) -> list[str]:
        found: list[str] = []
        parent_id = issue.parent_id
        while parent_id is not None and parent_id not in found:
            found.append(parent_id)
            parent = self.forest.issue(parent_id)
            parent_id = parent.parent_id if parent is not None else None
        return found


def _relation(rule: KeyResultRule) -> str:
    relation = rule.part.relation
    if relation == "child":
        return "as its child"
    if relation == "descendant":
        return "somewhere below it"
    if isinstance(relation, LinkRelation):
        return f"by a link, “{relation.link}”"
    if isinstance(relation, JqlFieldRelation):
        return "as its child with a JQL of its own"
    return "by the JQL of the relation"
