"""Which issues a key-result rule looks at for one objective. Measures none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mappings.document.mapping import KeyResultRule
from mappings.document.schema import JqlFieldRelation, LinkRelation
from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.jql import JqlError, restricts
from mappings.rollup.assessment import Assessment


def related_issues(assessment: Assessment, rule: KeyResultRule, objective: Issue | None) -> Sequence[Issue]:
    """Issues in the rule's relation to the objective, selected or not, without the objective itself.

    For `jql_field` these are the key-result issues that hold the JQL: the objective's children, and for an objective
    written in the mapping, which has none, the whole forest.
    """
    found = _related(assessment, rule, objective)
    if objective is None or rule.part.relation == "descendant":
        return found
    return [issue for issue in found if issue.id != objective.id]


def _related(assessment: Assessment, rule: KeyResultRule, objective: Issue | None) -> Sequence[Issue]:
    relation, forest = rule.part.relation, assessment.forest
    if rule.related is not None:
        return assessment.matching(rule.related)
    if objective is None:
        return list(forest) if isinstance(relation, JqlFieldRelation) else ()
    if isinstance(relation, LinkRelation):
        return forest.linked(objective.id, assessment.mapping.link(relation.link))
    if relation == "descendant":
        return list(forest.descendants(objective.id))
    return forest.children(objective.id)


@dataclass(frozen=True, slots=True)
class JqlOfIssue:
    """The JQL of a key-result issue, or what is wrong with that JQL."""

    selector: Selector | None = None
    problem: str = ""

    def issues(self, assessment: Assessment, holder: Issue) -> Sequence[Issue]:
        """What the JQL selects, without the issue that holds it."""
        found = assessment.matching(self.selector) if self.selector is not None else ()
        return [issue for issue in found if issue.id != holder.id]


def held_by(assessment: Assessment, relation: JqlFieldRelation, issue: Issue) -> JqlOfIssue:
    """The JQL a person wrote into a field of this issue; a bad one is this issue's problem alone."""
    field = assessment.mapping.fields.get(relation.jql_field)
    jql = text_in(issue.fields.get(field.id)) if field is not None else ""
    if not jql:
        return JqlOfIssue(problem=f'field "{relation.jql_field}" holds no JQL')
    if not restricts(jql):
        return JqlOfIssue(
            problem=f'field "{relation.jql_field}" holds a JQL without a condition: it would mean every issue'
        )
    try:
        selector = assessment.mapping.compile_jql(jql)
    except JqlError as error:
        return JqlOfIssue(problem=f'field "{relation.jql_field}" holds a JQL that cannot be used: {error}')
    if selector.roots:
        asks = "asks for what is below an issue, which only the mapping's own JQL can"
        return JqlOfIssue(problem=f'field "{relation.jql_field}" holds a JQL that cannot be used: it {asks}')
    return JqlOfIssue(selector)


def text_in(value: object) -> str:
    """The plain text of a text field: a string, or the text nodes of a rich-text document one after the other."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        own = value.get("text")
        return own if isinstance(own, str) else text_in(value.get("content"))
    if isinstance(value, list | tuple):
        return " ".join(text for text in map(text_in, value) if text)
    return ""
