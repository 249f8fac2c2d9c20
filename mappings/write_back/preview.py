"""What a mapping would do before it does it: states before and after, the rows behind, the writes and what they cost. Reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mappings.explain.cause import figure, percentage
from mappings.facts.forest import in_order, issue_order
from mappings.numbers import WHOLE
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.state import HealthLevel, KeyResultState, ObjectiveState
from mappings.write_back.plan import Change, Plan, plan_hash
from mappings.write_back.targets import PLANS_TOGETHER, apart_and_together, by_sender, writings_of


@dataclass(frozen=True, slots=True)
class ProgressAndHealth:
    """Where an objective or key result stands; progress None is unknown. `plain` is no objective: sums are written to it, nothing is judged."""

    progress: Fraction | None
    health: HealthLevel
    achieved_at: Fraction = WHOLE
    plain: bool = False


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row of a ledger that would be treated differently, and how; None is a row that is not there."""

    id: str
    key: str
    title: str
    before: Contribution | None
    after: Contribution | None

    @property
    def reason(self) -> str:
        """How, in words: made when somebody looks, for a preview holds very many rows."""
        return "; ".join(reasons(self.before, self.after))


@dataclass(frozen=True, slots=True)
class KeyResultDifference:
    """One key result before and after; None where it is not there."""

    id: str
    key: str
    title: str
    before: ProgressAndHealth | None
    after: ProgressAndHealth | None
    rows: tuple[RowDifference, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything about it would be different."""
        return self.before != self.after or bool(self.rows)


@dataclass(frozen=True, slots=True)
class ObjectiveDifference:
    """One objective before and after, with all its key results; `rows` are those of its own ledger."""

    id: str
    key: str
    title: str
    before: ProgressAndHealth | None
    after: ProgressAndHealth | None
    rows: tuple[RowDifference, ...] = ()
    key_results: tuple[KeyResultDifference, ...] = ()
    unwritten: str = ""
    """Why nothing of it would be written; empty where everything is."""

    @property
    def changed(self) -> bool:
        """Whether anything about it or its key results would be different, or nothing of it is written."""
        different = self.before != self.after or bool(self.rows or self.unwritten)
        return different or any(found.changed for found in self.key_results)


@dataclass(frozen=True, slots=True)
class Cost:
    """What applying takes: `writes` values, on `issues` issues, by `calls` API calls.

    One edit carries all fields of an issue; what each target costs it says itself.
    """

    writes: int
    issues: int
    calls: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole preview; `hash` is what activation is bound to: the revision and every change of every plan."""

    revision: str
    objectives: tuple[ObjectiveDifference, ...]
    plans: tuple[Plan, ...]
    cost: Cost
    hash: str

    @property
    def changed(self) -> tuple[ObjectiveDifference, ...]:
        """The objectives about which anything would be different."""
        return tuple(found for found in self.objectives if found.changed)


def ourselves(_place_id: str) -> None:
    """Our own account writes to every place."""


def preview(
    revision: str,
    before: Mapping[str, ObjectiveState],
    after: Mapping[str, ObjectiveState],
    plans: Iterable[Plan],
    sender: Callable[[str], object] = ourselves,
) -> Preview:
    """Everything a person has to see before this revision is activated. States are by objective id; empty plans are dropped.

    `sender` says who writes to the place of an id: what each of them sends is calls of its own.
    """
    ids = sorted(before.keys() | after.keys(), key=issue_order)
    planned = sorted((plan for plan in plans if plan), key=lambda plan: issue_order(plan.objective_id))
    return Preview(
        revision=revision,
        objectives=tuple(
            found for id_ in ids for found in objective_difference(before.get(id_), after.get(id_))
        ),
        plans=tuple(planned),
        cost=cost(planned, sender),
        hash=plan_hash(planned, revision),
    )


def cost(plans: Iterable[Plan], sender: Callable[[str], object] = ourselves) -> Cost:
    """What applying these plans takes, if Jira refuses nothing."""
    planned = list(plans)
    edits = [changes for plan in planned for changes in plan.by_issue().values()]
    touched = {changes[0].issue_id for changes in edits}
    return Cost(writes=sum(map(len, edits)), issues=len(touched), calls=calls(planned, sender))


def calls(plans: Sequence[Plan], sender: Callable[[str], object]) -> int:
    """API calls it takes to write plans: issue by issue, but for what the same sender sends together, of as many plans as are written in a turn."""
    count = 0
    for begun in range(0, len(plans), PLANS_TOGETHER):
        common: list[Change] = []
        for plan in plans[begun : begun + PLANS_TOGETHER]:
            apart, together = apart_and_together(plan.changes)
            common += together
            edits = replace(plan, changes=apart).by_issue().values()
            count += sum(1 for changes in edits for _ in writings_of(changes))
        count += sum(1 for mine in by_sender(common, sender) for _ in writings_of(mine))
    return count


def objective_difference(
    before: ObjectiveState | None, after: ObjectiveState | None
) -> Iterator[ObjectiveDifference]:
    """The one objective that is there before, after, or both."""
    shown = after or before
    if shown is None:
        return
    yield ObjectiveDifference(
        id=shown.id,
        key=shown.key,
        title=shown.title,
        before=standing_of(before),
        after=standing_of(after),
        rows=row_differences(ledger_of(before), ledger_of(after)),
        key_results=tuple(key_result_differences(before, after)),
        unwritten=after.unwritten if after is not None else "",
    )


def key_result_differences(
    before: ObjectiveState | None, after: ObjectiveState | None
) -> Iterator[KeyResultDifference]:
    """Every key result of either side, those of the new state first and in its order."""
    old, new = key_results_of(before), key_results_of(after)
    for identity in dict.fromkeys([*new, *old]):
        one, other = old.get(identity), new.get(identity)
        shown = other or one
        if shown is not None:
            yield KeyResultDifference(
                id=shown.id,
                key=shown.key,
                title=shown.title,
                before=standing_of(one),
                after=standing_of(other),
                rows=row_differences(ledger_of(one), ledger_of(other)),
            )


def key_results_of(state: ObjectiveState | None) -> dict[str, KeyResultState]:
    """Key results by id; where two rules take the same issue, the first."""
    found: dict[str, KeyResultState] = {}
    for key_result in state.key_results if state else ():
        found.setdefault(key_result.id, key_result)
    return found


def standing_of(state: ObjectiveState | KeyResultState | None) -> ProgressAndHealth | None:
    """Where an objective or a key result stands."""
    if state is None:
        return None
    achieved_at = ACHIEVED_AT[state.commitment]
    if isinstance(state, ObjectiveState):
        return ProgressAndHealth(state.progress, state.health.level, achieved_at, state.plain)
    return ProgressAndHealth(state.measurement.progress, state.health.level, achieved_at)


def ledger_of(state: ObjectiveState | KeyResultState | None) -> Ledger:
    """The ledger of its number; an empty one where it is not there."""
    if state is None:
        return Ledger()
    return state.ledger if isinstance(state, ObjectiveState) else state.measurement.ledger


def row_differences(before: Ledger, after: Ledger) -> tuple[RowDifference, ...]:
    """The rows treated differently, in id order. A share that moved because of other rows is no difference of this one."""
    if before == after:
        return ()
    old, new = ({row.id: row for row in ledger.rows} for ledger in (before, after))
    found = (difference(old.get(id_), new.get(id_)) for id_ in in_order(old.keys() | new.keys()))
    return tuple(row for row in found if row is not None)


def difference(before: Contribution | None, after: Contribution | None) -> RowDifference | None:
    """One row's difference, or None where it is treated the same."""
    shown = after or before
    if shown is None or (before is not None and after is not None and treated_alike(before, after)):
        return None
    return RowDifference(id=shown.id, key=shown.key, title=shown.title, before=before, after=after)


def treated_alike(before: Contribution, after: Contribution) -> bool:
    """Whether nothing but the share of a row differs: exactly where it has no reason to be listed."""
    return (
        before.progress == after.progress
        and before.weight == after.weight
        and before.disposition is after.disposition
    )


def reasons(before: Contribution | None, after: Contribution | None) -> Iterator[str]:
    """Why a row is different, each reason a phrase: `counted → excluded (resolution Won't Do)`, `weight 3 → 5`."""
    if before is None and after is not None:
        yield f"now selected: {words(after)}"
    elif after is None and before is not None:
        yield f"no longer selected, was {words(before)}"
    elif before is not None and after is not None:
        if before.disposition is not after.disposition:
            yield f"{words(before)} → {words(after)} ({after.reason})"
        if before.weight != after.weight:
            yield f"weight {figure(before.weight)} → {figure(after.weight)}"
        if before.progress != after.progress:
            yield f"progress {percentage(before.progress)} → {percentage(after.progress)}"


def words(row: Contribution) -> str:
    """What became of a row, in words."""
    return row.disposition.value.replace("_", " ")
