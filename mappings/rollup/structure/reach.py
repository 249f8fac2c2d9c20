"""Which objectives a changed issue may concern, by structure alone. Too many does no harm; one too few is a bug."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mappings.document.mapping import KeyResultRule, Mapping, ObjectiveRule
from mappings.document.schema import JqlFieldRelation
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.assessment import Assessment
from mappings.rollup.structure.alignment import link_phrase, written_target
from mappings.rollup.structure.relation import held_by, related_issues


def affected_objectives(
    mapping: Mapping, forest: Forest, before: Issue | None, after: Issue | None, moment: Moment
) -> frozenset[str]:
    """Ids of the objectives whose state may depend on an issue as it was or as it is (None: not there).

    `forest` holds the issues as they are now. Ids of issues that are no objectives (any more) may be among them.
    """
    versions = [issue for issue in (before, after) if issue is not None]
    if not versions or before == after:
        return frozenset()
    assessment = Assessment(mapping, forest, moment)
    kin = _kin(forest, versions, moved=_moved(before, after))
    near = set(kin) | set(_linked(forest, kin, versions))
    found = {id_ for id_ in near if _may_be_objective(assessment, id_, versions)}
    found |= _by_jql(assessment, kin, versions)
    return frozenset(found | _above(assessment, found, versions))


def _moved(before: Issue | None, after: Issue | None) -> bool:
    """Whether the shape of the tree may have changed: then what lies below is concerned as well."""
    return before is None or after is None or before.parent_id != after.parent_id


def _kin(forest: Forest, versions: Iterable[Issue], *, moved: bool) -> dict[str, None]:
    """The issue, everything above it then and now, its children, and after a move everything below it."""
    kin: dict[str, None] = {}
    for issue in versions:
        kin[issue.id] = None
        below = forest.descendants(issue.id) if moved else forest.children(issue.id)
        kin.update(dict.fromkeys(one.id for one in below))
        parent_id = issue.parent_id
        climbed = set()
        while parent_id is not None and parent_id not in climbed:
            climbed.add(parent_id)
            kin[parent_id] = None
            parent = forest.issue(parent_id)
            parent_id = parent.parent_id if parent is not None else None
    return kin


def _linked(forest: Forest, ids: Iterable[str], versions: Iterable[Issue]) -> Iterator[str]:
    """Ids of issues linked with any of these, in either direction, then and now."""
    for id_ in ids:
        issue = forest.issue(id_)
        if issue is not None:
            yield from (link.issue_id for link in issue.links)
        yield from forest.linking(id_)
    for issue in versions:
        yield from (link.issue_id for link in issue.links)


def _may_be_objective(assessment: Assessment, id_: str, versions: Iterable[Issue]) -> bool:
    own = [issue for issue in versions if issue.id == id_]
    issue = assessment.forest.issue(id_)
    candidates = own if issue is None else [*own, issue]
    return any(_rule_of(assessment, candidate) is not None for candidate in candidates)


def _rule_of(assessment: Assessment, issue: Issue) -> ObjectiveRule | None:
    """The rule that selects this version of an issue (an Assessment remembers one version only)."""
    mapping, moment = assessment.mapping, assessment.moment
    if mapping.locks and (locked := assessment.locked(issue.id, issue, None)) is not None:
        return locked[1]
    if not mapping.scope.matches(issue, moment):
        return None
    rules = (rule for rule in mapping.objectives if rule.select is not None)
    return next((rule for rule in rules if rule.select and rule.select.matches(issue, moment)), None)


def _by_jql(assessment: Assessment, kin: Iterable[str], versions: Iterable[Issue]) -> set[str]:
    """Objectives that look for issues by JQL and find, or found, one of these."""
    issues = [issue for issue in map(assessment.forest.issue, kin) if issue is not None]
    asked = [*versions, *issues]
    found: set[str] = set()
    for rule in assessment.mapping.objectives:
        if any(_finds(assessment, part, asked) for part in rule.key_results):
            found |= _objectives_of(assessment, rule)
        for part in rule.key_results:
            if isinstance(part.part.relation, JqlFieldRelation):
                found |= _holders(assessment, rule, part, asked)
    return found


def _finds(assessment: Assessment, part: KeyResultRule, issues: Iterable[Issue]) -> bool:
    moment = assessment.moment
    return part.related is not None and any(part.related.matches(issue, moment) for issue in issues)


def _objectives_of(assessment: Assessment, rule: ObjectiveRule) -> set[str]:
    if rule.select is None:
        return {f"@{rule.part.id}"}
    return {issue.id for issue in assessment.forest if _rule_of(assessment, issue) is rule}


def _holders(
    assessment: Assessment, rule: ObjectiveRule, part: KeyResultRule, asked: list[Issue]
) -> set[str]:
    """Objectives with a key-result issue whose own JQL selects one of these, or that may hold one of these as such."""
    found: set[str] = set()
    for objective_id in _objectives_of(assessment, rule):
        objective = assessment.forest.issue(objective_id)
        holders = assessment.selected(part.select, related_issues(assessment, part, objective))
        if objective is None or any(_holds(assessment, part, holder, asked) for holder in holders):
            found.add(objective_id)
    return found


def _holds(assessment: Assessment, part: KeyResultRule, holder: Issue, asked: list[Issue]) -> bool:
    relation = part.part.relation
    if not isinstance(relation, JqlFieldRelation):
        return False
    selector = held_by(assessment, relation, holder).selector
    return selector is not None and any(selector.matches(issue, assessment.moment) for issue in asked)


def _above(assessment: Assessment, found: Iterable[str], versions: Iterable[Issue]) -> set[str]:
    """Objectives to which any of these is, or was, aligned, all the way up."""
    above: set[str] = set()
    waiting = list(found)
    own = list(versions)
    while waiting:
        id_ = waiting.pop()
        current = assessment.forest.issue(id_)
        seen = [issue for issue in own if issue.id == id_] + ([current] if current is not None else [])
        targets = set(chain.from_iterable(_targets(assessment, issue) for issue in seen))
        if id_.startswith("@"):
            targets |= _written_targets(assessment.mapping, id_)
        waiting += targets - above
        above |= targets
    return above


def _targets(assessment: Assessment, issue: Issue) -> Iterator[str]:
    rule = _rule_of(assessment, issue)
    if rule is None:
        return
    written, phrase = written_target(assessment.mapping, rule), link_phrase(assessment.mapping, rule)
    if written is not None:
        yield written
    if phrase is not None:
        word = assessment.mapping.link(phrase)
        yield from (link.issue_id for link in issue.links if word.says(link))


def _written_targets(mapping: Mapping, id_: str) -> set[str]:
    rules = (rule for rule in mapping.objectives if rule.select is None and f"@{rule.part.id}" == id_)
    targets = (written_target(mapping, rule) for rule in rules)
    return {target for target in targets if target is not None}
