"""The key results of one objective: which there are, and what issue counts in which. Measures none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mappings.document.lock import LockedObjective
from mappings.document.lock_binding import as_locked
from mappings.document.mapping import KeyResultRule, ObjectiveRule
from mappings.document.schema import JqlFieldRelation
from mappings.facts.issue import Issue
from mappings.progress import RULE_OF_KIND
from mappings.progress.rule import AnyRule
from mappings.rollup.assessment import Assessment
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.rows.rows import SUBTASK, subtasks_of
from mappings.rollup.rows.statuses import DONE, StatusReading
from mappings.rollup.structure.relation import held_by, related_issues

GONE = "its issue was deleted, or left what is read, after the cycle was locked"


@dataclass(frozen=True, slots=True)
class KeyResult:
    """One key result before it is measured.

    `issue` is None where issues together are one key result. `seen` are the ids its state depends on. `problem` makes it
    unknown. `elsewhere` says where issues count already, `divisors` what `same_issue` decided about those it shares with others.
    `done_before` and `left_behind` are what carrying the objective here from an earlier cycle left of it.
    """

    id: str
    rule: KeyResultRule
    progress: AnyRule
    issue: Issue | None
    selected: Sequence[Issue]
    seen: frozenset[str] = frozenset()
    problem: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    divisors: Mapping[str, int] = field(default_factory=dict)
    done_before: int = 0
    left_behind: str = ""

    @property
    def title(self) -> str:
        """The issue's summary, or the name the mapping gives."""
        return self.issue.summary if self.issue is not None else self.rule.part.name or self.rule.part.id

    @property
    def key(self) -> str:
        """The issue key, empty where no single issue stands for it."""
        return self.issue.key if self.issue is not None else ""

    @property
    def counted_elsewhere(self) -> str:
        """Where this whole one counts already: in an earlier key result, or an earlier cycle; or an empty string."""
        if self.left_behind:
            return self.left_behind
        if self.issue is None or self.issue.id not in self.elsewhere:
            return ""
        own = self.progress.by_rows and any(issue.id not in self.elsewhere for issue in self.selected)
        return "" if own else self.elsewhere[self.issue.id]


def key_results_of(
    assessment: Assessment,
    rule: ObjectiveRule,
    objective_id: str,
    objective: Issue | None,
    carried: CarriedObjective | None = None,
) -> list[KeyResult]:
    """The key results of an objective in mapping order, each issue in its place under `same_issue`."""
    locked = assessment.locked(objective_id, objective, rule)
    terms = locked[0] if locked is not None else None
    found = [
        key_result
        for part in rule.key_results
        for key_result in _by_rule(assessment, part, objective_id, objective, terms)
    ]
    if terms is not None:
        found = [_lost(assessment, one) for one in found]
    distinct = _distinct_ids(_shared(assessment, rule.part.rollup.same_issue, found))
    return distinct if carried is None else [_brought(carried, one) for one in distinct]


def _brought(carried: CarriedObjective, key_result: KeyResult) -> KeyResult:
    """A key result in the cycle it was carried into: what was done before, and still is, counts there no more."""
    stayed_in = carried.behind.get(key_result.id)
    if stayed_in is not None:
        return replace(key_result, left_behind=f"stayed behind in {stayed_in}")
    counted = carried.counted.get(key_result.id, {})
    if not counted:
        return key_result
    elsewhere = {
        one.id: f"counted in {counted[one.id]}"
        for one in key_result.selected
        if one.id in counted and one.status.category == DONE
    }
    return replace(key_result, elsewhere={**elsewhere, **key_result.elsewhere}, done_before=len(counted))


def _by_rule(
    assessment: Assessment,
    rule: KeyResultRule,
    objective_id: str,
    objective: Issue | None,
    terms: LockedObjective | None,
) -> Iterable[KeyResult]:
    progress = RULE_OF_KIND[rule.part.progress.kind]
    issues = related_issues(assessment, rule, objective)
    selected = assessment.selected(rule.select, issues)
    if terms is not None and (not progress.by_rows or isinstance(rule.part.relation, JqlFieldRelation)):
        selected = _locked(assessment, rule, terms)
    together = (rule.part.as_ or _default_as(rule, progress)) == "one_key_result"
    seen = _seen(assessment, rule, issues, selected)
    if isinstance(rule.part.relation, JqlFieldRelation) and progress.by_rows:
        single = [_holding(assessment, rule, progress, issue) for issue in selected]
        whole = _merged(assessment, rule, progress, single, objective_id) if together else None
        return [replace(whole, seen=whole.seen | seen)] if whole is not None else single
    if together:
        return [_together(assessment, rule, progress, selected, objective_id, seen)]
    if progress.by_rows:
        topmost = _topmost(assessment, rule, progress, selected, seen)
        ids = None if terms is None else terms.key_results.get(rule.part.id, ())
        return topmost if ids is None else [one for one in topmost if one.id in ids]
    return [_each(assessment, rule, progress, issue, seen) for issue in selected]


def _locked(assessment: Assessment, rule: KeyResultRule, terms: LockedObjective) -> list[Issue]:
    """The issues that were key results when their cycle was locked, with the terms they had; one that is gone since can no longer be measured."""
    found = []
    for id_ in terms.key_results.get(rule.part.id, ()):
        then, now = terms.stood(id_), assessment.forest.issue(id_)
        if then is None:
            continue
        found.append(then if now is None else as_locked(assessment.mapping, rule.part, now, then))
    return found


def _lost(assessment: Assessment, key_result: KeyResult) -> KeyResult:
    """A locked key result whose issue is there no more can no longer be measured."""
    issue = key_result.issue
    if issue is None or assessment.forest.issue(issue.id) is not None:
        return key_result
    return replace(key_result, problem=GONE)


def _each(
    assessment: Assessment, rule: KeyResultRule, progress: AnyRule, issue: Issue, seen: frozenset[str]
) -> KeyResult:
    """One issue that is a key result; one that a KPI became is measured by its episode."""
    aim = assessment.aims.get(issue.id)
    if aim is not None:
        part = rule.part.model_copy(update={"progress": aim})
        rule, progress = replace(rule, part=part, conditions={}), RULE_OF_KIND[aim.kind]
    return KeyResult(id=issue.id, rule=rule, progress=progress, issue=issue, selected=(issue,), seen=seen)


def _default_as(rule: KeyResultRule, progress: AnyRule) -> str:
    held = isinstance(rule.part.relation, JqlFieldRelation)
    return "one_key_result" if progress.by_rows and not held else "each_issue"


def _seen(
    assessment: Assessment, rule: KeyResultRule, issues: Sequence[Issue], selected: Sequence[Issue]
) -> frozenset[str]:
    """Related issues for a relation of this objective's own; for one by JQL what it selects, and the parents between."""
    relation = rule.part.relation
    if relation == "descendant":
        return frozenset([issue.id for issue in issues])
    seen = {issue.id for issue in selected}
    if rule.part.subtasks == "through_parent":
        seen |= {child.id for issue in selected for child in subtasks_of(assessment, issue)}
    if relation == "child":
        return frozenset([*seen, *(issue.id for issue in issues)])
    return frozenset(seen | _between(assessment, selected))


def _between(assessment: Assessment, selected: Iterable[Issue]) -> set[str]:
    """Ids of everything above these issues: what decides which of them stands above which."""
    above: set[str] = set()
    for issue in selected:
        parent_id = issue.parent_id
        while parent_id is not None and parent_id not in above:
            above.add(parent_id)
            parent = assessment.forest.issue(parent_id)
            parent_id = parent.parent_id if parent is not None else None
    return above


def _together(
    assessment: Assessment,
    rule: KeyResultRule,
    progress: AnyRule,
    selected: Sequence[Issue],
    objective_id: str,
    seen: frozenset[str],
) -> KeyResult:
    """All selected issues as one; a metric needs a single issue that is not left out."""
    issue = None
    if not progress.by_rows:
        left = [one for one in selected if not is_excluded(assessment, one)]
        issue = left[0] if len(left) == 1 else None
        selected = left
    return KeyResult(
        id=f"{objective_id}/{rule.part.id}",
        rule=rule,
        progress=progress,
        issue=issue,
        selected=selected,
        seen=seen,
    )


def is_excluded(assessment: Assessment, issue: Issue) -> bool:
    """Whether the issue is closed in a way that leaves the denominator."""
    closed = assessment.statuses.closed(issue)
    return closed is not None and closed.disposition is Disposition.EXCLUDED


def _topmost(
    assessment: Assessment,
    rule: KeyResultRule,
    progress: AnyRule,
    selected: Sequence[Issue],
    seen: frozenset[str],
) -> list[KeyResult]:
    """Each selected issue without a selected one above it, with the selected ones below it."""
    by_id = {issue.id: issue for issue in selected}
    groups: dict[str, list[Issue]] = {}
    for issue in selected:
        groups.setdefault(_top(assessment, issue, by_id), []).append(issue)
    return [
        KeyResult(id=id_, rule=rule, progress=progress, issue=by_id[id_], selected=group, seen=seen)
        for id_, group in groups.items()
    ]


def _top(assessment: Assessment, issue: Issue, selected: Mapping[str, Issue]) -> str:
    """Id of the highest selected issue on the way up; in a circle of parents the smallest of them."""
    way = [issue.id]
    parent_id = issue.parent_id
    while parent_id is not None and parent_id not in way:
        way.append(parent_id)
        parent = assessment.forest.issue(parent_id)
        parent_id = parent.parent_id if parent is not None else None
    circle = way[way.index(parent_id) :] if parent_id is not None else []
    inside = [id_ for id_ in circle if id_ in selected]
    return min(inside) if inside else [id_ for id_ in way if id_ in selected][-1]


def _holding(assessment: Assessment, rule: KeyResultRule, progress: AnyRule, issue: Issue) -> KeyResult:
    """A key-result issue whose own JQL selects its rows."""
    assert isinstance(rule.part.relation, JqlFieldRelation)  # noqa: S101  the caller looked
    held = held_by(assessment, rule.part.relation, issue)
    rows = held.issues(assessment, issue)
    seen = _seen(assessment, rule, (), [issue, *rows])
    return KeyResult(
        id=issue.id, rule=rule, progress=progress, issue=issue, selected=rows, seen=seen, problem=held.problem
    )


def _merged(
    assessment: Assessment,
    rule: KeyResultRule,
    progress: AnyRule,
    single: Sequence[KeyResult],
    objective_id: str,
) -> KeyResult:
    """Key-result issues with a JQL each as one key result over all their rows; those that are left out add none."""
    left = [one for one in single if one.issue is not None and not is_excluded(assessment, one.issue)]
    rows = {issue.id: issue for one in left for issue in one.selected}
    problem = "; ".join(f"{one.key}: {one.problem}" for one in left if one.problem)
    seen = frozenset(id_ for one in single for id_ in one.seen)
    return KeyResult(
        id=f"{objective_id}/{rule.part.id}",
        rule=rule,
        progress=progress,
        issue=None,
        selected=tuple(rows.values()),
        seen=seen,
        problem=problem,
    )


def _shared(assessment: Assessment, same_issue: str, found: Sequence[KeyResult]) -> list[KeyResult]:
    """Decide about the issues that reach the objective by several key results."""
    if same_issue == "both" or len(found) < 2:
        return list(found)
    claimed = [_claimed(assessment, key_result) for key_result in found]
    if same_issue == "split":
        return _split(found, claimed)
    taken: dict[str, str] = {}
    settled = []
    for key_result, ids in zip(found, claimed, strict=True):
        elsewhere = {id_: taken[id_] for id_ in taken.keys() & ids}
        name = " ".join(filter(None, ("counted by", key_result.key, f'"{key_result.title}"')))
        taken.update(dict.fromkeys(ids - elsewhere.keys(), name))
        settled.append(replace(key_result, elsewhere=elsewhere) if elsewhere else key_result)
    return settled


def _split(found: Sequence[KeyResult], claimed: Sequence[set[str]]) -> list[KeyResult]:
    times = Counter(id_ for ids in claimed for id_ in ids)
    several = {id_: number for id_, number in times.items() if number > 1}
    return [
        replace(key_result, divisors={id_: several[id_] for id_ in several.keys() & ids})
        for key_result, ids in zip(found, claimed, strict=True)
    ]


def _claimed(assessment: Assessment, key_result: KeyResult) -> set[str]:
    """Ids that reach the objective by this key result, and count there: what is excluded counts nowhere, and claims nothing.

    Sub-tasks that stand for a selected parent are among them, unless they are left out with it.
    """
    closed = closed_as(assessment, key_result)
    if closed is not None and closed.disposition is Disposition.EXCLUDED:
        return set()
    own = [key_result.issue] if key_result.issue is not None else []
    issues = [one for one in (*own, *key_result.selected) if not is_excluded(assessment, one)]
    ids = {issue.id for issue in issues}
    if key_result.progress.by_rows and key_result.rule.part.subtasks == "through_parent":
        parents = [issue for issue in issues if issue.type.level != SUBTASK]
        ids |= {
            child.id
            for issue in parents
            for child in subtasks_of(assessment, issue)
            if not is_excluded(assessment, child)
        }
    return ids


def counting_ids(assessment: Assessment, key_result: KeyResult) -> set[str]:
    """Ids of the issues that move this key result, itself among them: not what counts elsewhere, nor what is measured by what lies below it."""
    ids = _claimed(assessment, key_result) - key_result.elsewhere.keys()
    return ids - _ways_up(assessment, key_result, ids) if key_result.progress.by_rows else ids


def _ways_up(assessment: Assessment, key_result: KeyResult, ids: set[str]) -> set[str]:
    """What lies above these of its selected issues; sub-tasks that stand for a selected parent leave it its row."""
    through = key_result.rule.part.subtasks == "through_parent"
    parents = {one.id for one in key_result.selected if one.type.level != SUBTASK} if through else set()
    above: set[str] = set()
    for issue in key_result.selected:
        if issue.id not in ids or (issue.type.level == SUBTASK and issue.parent_id in parents):
            continue
        parent_id = issue.parent_id
        while parent_id is not None and parent_id not in above:
            above.add(parent_id)
            parent = assessment.forest.issue(parent_id)
            parent_id = parent.parent_id if parent is not None else None
    return above


def closed_as(assessment: Assessment, key_result: KeyResult) -> StatusReading | None:
    """How the key-result issue is closed. Where it is a row itself the rows have decided, unless all are left out."""
    issue = key_result.issue
    closed = assessment.statuses.closed(issue) if issue is not None else None
    if closed is None or issue is None or not key_result.progress.by_rows:
        return closed
    if all(row.id != issue.id for row in key_result.selected):
        return closed
    return closed if all(is_excluded(assessment, row) for row in key_result.selected) else None


def _distinct_ids(found: Sequence[KeyResult]) -> list[KeyResult]:
    """An issue that is a key result by several rules keeps its id in the first, and takes the rule's with it after."""
    seen: set[str] = set()
    distinct = []
    for key_result in found:
        id_ = key_result.id
        if id_ in seen:
            id_ = f"{key_result.id}/{key_result.rule.part.id}"
        seen.add(id_)
        distinct.append(key_result if id_ == key_result.id else replace(key_result, id=id_))
    return distinct
