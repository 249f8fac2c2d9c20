"""Carrying an objective forward as a copy: which issues are made anew, with what, and which work moves below them. The old ones stay as they are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mappings.document.mapping import KeyResultRule, ObjectiveRule
from mappings.document.schema import (
    CyclePart,
    DatesSource,
    FieldSource,
    JqlFieldRelation,
    LabelSource,
    LinkRelation,
    VersionSource,
)
from mappings.facts.catalogue import Field
from mappings.facts.issue import DUE, Issue, Link
from mappings.fields import FieldValueError, field_type
from mappings.fields.field_type import is_empty
from mappings.fields.parent_link import CUSTOM_KEYS
from mappings.fields.sprint import KEY as SPRINT
from mappings.progress import RULE_OF_KIND
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.cycles.carry_plan import (
    LABELS,
    VERSIONS,
    CarryBasis,
    CarryChoice,
    CarryPlan,
    done_rows,
    field_there,
    field_write,
    reason_unmarked,
    rule_of,
    unmarked_plan,
)
from mappings.rollup.cycles.carry_steps import CopiedLink, FieldWrite, IssueCopy, RowMove
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.state import KeyResultState
from mappings.rollup.structure.alignment import link_phrase

CONTINUES = ("continues", "clones", "relates to")
"""What a copy says of the issue that it continues: the first of these that the site knows."""
COPY_LABEL = "okr-continues-"
NOT_COPIED = frozenset({SPRINT, *CUSTOM_KEYS})
"""Kinds of fields that are the place of an issue, not what it says."""
TEAM = "team"
"""The type of Atlassian's and of Advanced Roadmaps' field for a team: an object when it is read, its id alone when it is written."""
DONE = "done"


def copy_plan(
    basis: CarryBasis,
    record: ClosingRecord,
    into: CyclePart,
    choice: CarryChoice,
    former: CarriedObjective | None = None,
) -> CarryPlan:
    """The plan for one objective of a closed cycle that goes on as a new issue, its key results that come along as new ones."""
    plan, rule = unmarked_plan(basis, record, into, choice, former), rule_of(basis, record)
    issue = basis.issues.get(record.state.issue_id or "")
    if rule is None or issue is None:
        lacks = "the mapping no longer has its rule" if rule is None else _no_issue(record)
        return replace(plan, writes=(), problem=lacks)
    mark, problem = _mark(basis, rule, issue, into)
    parts = {one.part.id: one for one in rule.key_results}
    states = {one.id: one for one in record.state.key_results}
    own, moves = list[IssueCopy](), dict[str, RowMove]()
    told = []
    for one in plan.key_results:
        part, state = parts.get(states[one.id].rule_id), states[one.id]
        flags: tuple[str, ...] = ()
        if one.along and part is not None:
            found, moved, flags = _key_result(basis, plan, into, part, state, issue, choice)
            own += found
            moves.update((each.issue_id, each) for each in moved)
        told.append(replace(one, flags=(*one.flags, *flags)))
    copied = {one.source_id for one in own}
    first = _copied(basis, into, issue, (), frozenset((DUE, *(one.field_id for one in mark))))
    links = _links(basis, issue, link_phrase(basis.mapping, rule))
    objective = replace(first, mark=mark, parent_id=issue.parent_id, links=links)
    return replace(
        plan,
        key_results=tuple(told),
        writes=(),
        problem=problem or plan.problem,
        copies=(objective, *own),
        moves=tuple(each for id_, each in moves.items() if id_ not in copied),
        continues=_continues(basis),
    )


def copy_label(site: str, source_id: str, into: str) -> str:
    """The label by which the copy of an issue is found again: two sites may read one Jira. It has no blanks."""
    return re.sub(r"\s+", "_", f"{COPY_LABEL}{site}/{source_id}-{into}")


def carried_as(plan: CarryPlan, made: Mapping[str, str]) -> CarriedObjective | None:
    """What the copy brought along; `made` is the id of the copy of each issue. None until that of the objective is made."""
    new = made.get(plan.objective_id)
    if new is None:
        return None
    counted = {_renamed(id_, plan.objective_id, made): rows for id_, rows in plan.carried.counted.items()}
    behind = {_renamed(id_, plan.objective_id, made): cycle for id_, cycle in plan.carried.behind.items()}
    return CarriedObjective(new, plan.into, counted, behind)


def _renamed(id_: str, objective_id: str, made: Mapping[str, str]) -> str:
    """The id of a key result of the copy: where issues together are one it begins with that of the objective."""
    if id_ in made:
        return made[id_]
    first, slash, rest = id_.partition("/")
    return f"{made[objective_id]}/{rest}" if slash and first == objective_id else id_


def _no_issue(record: ClosingRecord) -> str:
    if record.state.issue_id is None:
        return "no Jira issue stands for it: there is nothing to copy"
    return "its issue is not at hand before the next sync"


def _continues(basis: CarryBasis) -> str | None:
    for word in CONTINUES:
        for one in basis.link_types:
            if one.outward.casefold() == word:
                return one.id
    return None


# -- one issue ----------------------------------------------------------------------------------------------------


def _copied(
    basis: CarryBasis,
    into: CyclePart,
    issue: Issue,
    news: Iterable[FieldWrite],
    besides: frozenset[str] = frozenset(),
) -> IssueCopy:
    """What it says, but for what the connector writes and for `besides`; `news` stands above what it holds now. A due date before the cycle stays behind."""
    written = {place.id for place in basis.mapping.places()}
    set_ = {one.field_id: one for one in news}
    left_out = written | besides | set_.keys()
    label = copy_label(basis.site, issue.id, into.id)
    sets = [_labels(basis, issue, label)]
    if issue.assignee is not None:
        person = {"accountId" if basis.api == 3 else "name": issue.assignee.id}
        sets.append(_given(issue, "assignee", "Assignee", issue.assignee.name, person))
    if issue.priority is not None:
        sets.append(_given(issue, "priority", "Priority", issue.priority.name, {"id": issue.priority.id}))
    if issue.components:
        names = ", ".join(one.name for one in issue.components)
        sets.append(
            _given(issue, "components", "Components", names, [{"id": one.id} for one in issue.components])
        )
    if issue.due is not None and issue.due >= into.start and DUE not in left_out:
        sets.append(_given(issue, DUE, "Due date", issue.due.isoformat(), issue.due.isoformat()))
    known, unsaid = {DUE, *(one.field_id for one in sets)}, list[str]()
    for field in sorted(basis.mapping.fields.values(), key=lambda one: one.id):
        raw = issue.fields.get(field.id)
        if raw is None or field.id in left_out | known or field.custom in NOT_COPIED:
            continue
        said = _said(issue, field, raw)
        if said is None and not is_empty(raw):
            unsaid.append(field.name or field.id)
        if said is not None:
            known.add(field.id)
            sets.append(_given(issue, field.id, field.name or field.id, *said))
    sets += [one for one in set_.values() if json.loads(one.value) is not None]
    return IssueCopy(
        source_id=issue.id,
        source_key=issue.key,
        title=issue.summary,
        project=issue.project,
        type=issue.type,
        label=label,
        sets=tuple(sets),
        left_out=tuple(unsaid),
    )


def _labels(basis: CarryBasis, issue: Issue, label: str) -> FieldWrite:
    """Its labels without those that name a cycle or are of an earlier copy or KPI; those of the mark come later."""
    sources = [one.part.cycle for one in basis.mapping.objectives]
    prefixes = tuple(one.label for one in sources if isinstance(one, LabelSource))
    of_cycles = {
        label
        for label in issue.labels
        for prefix in prefixes
        if label.startswith(prefix) and basis.mapping.cycles.get(label.removeprefix(prefix)) is not None
    }
    kept = [
        one for one in issue.labels if one not in of_cycles and not one.startswith((COPY_LABEL, "okr-kpi-"))
    ]
    return _given(issue, LABELS, "Labels", ", ".join([*kept, label]), [*kept, label])


def _given(issue: Issue, field_id: str, name: str, text: str, value: object) -> FieldWrite:
    return FieldWrite(
        issue_id=issue.id,
        issue_key=issue.key,
        field_id=field_id,
        name=name,
        before="empty",
        after=text,
        value=json.dumps(value, sort_keys=True),
    )


def _said(issue: Issue, field: Field, raw: object) -> tuple[str, object] | None:
    """A raw value for a person and as Jira takes it; None for what cannot be said again. A sub-task has the team of its parent, and takes no other."""
    if field.type == TEAM:
        team = raw if isinstance(raw, Mapping) else {}
        id_ = team.get("id")
        return (
            None
            if id_ is None or issue.type.level < 0
            else (str(team.get("name") or team.get("title") or id_), str(id_))
        )
    type_ = field_type(field)
    sent = None if type_ is None else type_.again(raw, field)
    return None if type_ is None or sent is None else (type_.text(raw), sent)


# -- the objective --------------------------------------------------------------------------------------------------


def _mark(
    basis: CarryBasis, rule: ObjectiveRule, issue: Issue, into: CyclePart
) -> tuple[tuple[FieldWrite, ...], str]:
    """What says in Jira that the copy runs in the next cycle; why that cannot be said, where it cannot."""
    source = rule.part.cycle
    if isinstance(source, LabelSource):
        word = source.label + into.id
        return (replace(_given(issue, LABELS, "Labels", word, word), adds=True),), ""
    if isinstance(source, VersionSource):
        word = source.version + into.id
        return (replace(_given(issue, VERSIONS, "Fix versions", word, {"name": word}), adds=True),), ""
    if isinstance(source, DatesSource):
        days = ((source.dates.start, into.start), (source.dates.end, into.end))
        return _in_fields(basis, issue, [(alias, day) for alias, day in days if alias is not None])
    if isinstance(source, FieldSource):
        return _in_fields(basis, issue, [(source.field, into.id)])
    return (), reason_unmarked(basis, rule, into) or ""


def _in_fields(
    basis: CarryBasis, issue: Issue, values: Sequence[tuple[str, object]]
) -> tuple[tuple[FieldWrite, ...], str]:
    found = []
    for alias, value in values:
        mapped = basis.mapping.fields.get(alias)
        field = basis.field_of(mapped.id) if mapped is not None else None
        type_ = field_type(field) if field is not None else None
        if field is None or type_ is None:
            return (), f"the field {alias} is of a type that is not written"
        said = [value] if field.type == "array" else value
        try:
            made = type_.encode(said, field_there(field, issue), basis.api)
        except FieldValueError as error:
            return (), str(error)
        found.append(field_write(issue, field, "empty", type_.text(made), made))
    return tuple(found), ""


def _links(basis: CarryBasis, issue: Issue, phrase: str | None) -> tuple[CopiedLink, ...]:
    """Its links of this phrase: to what it is aligned."""
    if phrase is None:
        return ()
    word = basis.mapping.link(phrase)
    found = (_link(basis, link) for link in issue.links if word.says(link))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _link(basis: CarryBasis, link: Link) -> CopiedLink | None:
    outward = link.outward
    if outward is None:
        kind = next((one for one in basis.link_types if one.id == link.type_id), None)
        if kind is None:
            return None
        outward = kind.outward.casefold() == link.phrase.casefold()
    return CopiedLink(link.type_id, outward, link.issue_id)


# -- key results ----------------------------------------------------------------------------------------------------


def _key_result(
    basis: CarryBasis,
    plan: CarryPlan,
    into: CyclePart,
    rule: KeyResultRule,
    state: KeyResultState,
    objective: Issue,
    choice: CarryChoice,
) -> tuple[list[IssueCopy], list[RowMove], tuple[str, ...]]:
    """Its issue made anew, or its rows that move; what to look at."""
    relation = rule.part.relation
    if rule.related is not None:
        return (
            [],
            [],
            (
                "its rule finds issues by JQL, wherever they are: what it selects counts for the copy as it is",
            ),
        )
    if RULE_OF_KIND[rule.part.progress.kind].by_rows:
        if isinstance(relation, JqlFieldRelation) and state.issue_id is None:
            return [], [], ()
        if not isinstance(relation, JqlFieldRelation):
            return [], _moves(basis, rule, state, objective, choice), ()
    issue = basis.issues.get(state.issue_id or "")
    if issue is None:
        return [], [], ("its issue is not at hand: it is not copied",)
    copy = _copied(basis, into, issue, [one for one in plan.writes if one.issue_id == issue.id])
    if not isinstance(relation, LinkRelation):
        return [replace(copy, below=True)], [], ()
    word = basis.mapping.link(relation.link)
    said = [_link(basis, one) for one in objective.links if one.issue_id == issue.id and word.says(one)]
    links = tuple(CopiedLink(one.type_id, not one.outward, objective.id) for one in said if one is not None)
    return [replace(copy, parent_id=issue.parent_id, links=links)], [], ()


def _moves(
    basis: CarryBasis, rule: KeyResultRule, state: KeyResultState, objective: Issue, choice: CarryChoice
) -> list[RowMove]:
    """What hangs at the objective and holds work that goes on: not done at the end, or opened again since."""
    counted = {one.id for one in state.measurement.ledger.rows if one.disposition is Disposition.COUNTED}
    finished = set() if choice.all_rows else set(done_rows(state))

    def goes_on(id_: str) -> bool:
        issue = basis.issues.get(id_)
        return id_ in counted and issue is not None and (id_ not in finished or issue.status.category != DONE)

    relation = rule.part.relation
    if isinstance(relation, LinkRelation):
        word = basis.mapping.link(relation.link)
        found = [(one.issue_id, _link(basis, one)) for one in objective.links if word.says(one)]
        return [_move(basis.issues[id_], link) for id_, link in found if link is not None and goes_on(id_)]
    tops = {top.id: top for id_ in sorted(counted) if goes_on(id_) and (top := _top(basis, id_, objective))}
    return [_move(one) for one in tops.values()]


def _move(issue: Issue, link: CopiedLink | None = None) -> RowMove:
    return RowMove(
        issue_id=issue.id,
        issue_key=issue.key,
        title=issue.summary,
        type=issue.type,
        link=link,
    )


def _top(basis: CarryBasis, id_: str, objective: Issue) -> Issue | None:
    """The issue right below the objective of which this one is a part."""
    issue, passed = basis.issues.get(id_), set[str]()
    while issue is not None and issue.parent_id != objective.id and issue.id not in passed:
        passed.add(issue.id)
        issue = basis.issues.get(issue.parent_id or "")
    return issue if issue is not None and issue.parent_id == objective.id else None
