"""A mapping looking at a forest at one moment, with what is worth remembering while all its objectives are measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.explain.check_in import CheckIns
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, Reading
from mappings.facts.moment import Moment
from mappings.facts.selector import Selector
from mappings.fields import FIELD_TYPES
from mappings.fields import ReadingKind as Use
from mappings.numbers import KnownNumbers
from mappings.progress.options import KpiCurrent, RuleOptions
from mappings.rollup.cycles.carry import NO_CARRIES, Carries
from mappings.rollup.cycles.cycle_end import EndFacts, end_of
from mappings.rollup.health import HealthCriteria
from mappings.rollup.rows.statuses import StatusReader

if TYPE_CHECKING:  # the mapping's schema imports the progress rules, which are handed an Assessment
    from mappings.document.lock import LockedObjective
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.mapping import ObjectiveRule
    from mappings.document.schema import CyclePart

NO_CHECK_INS: CheckIns = MappingProxyType({})
KpiReadings = Mapping[str, tuple[Reading, ...]]
"""By KPI, what its settled periods were worth, each at its last millisecond, the oldest first."""
NO_KPIS: KpiReadings = MappingProxyType({})
Aims = Mapping[str, RuleOptions]
"""By the issue of a key result that a KPI became, the rule that its episode measures it by, whatever the mapping says of it."""
NO_AIMS: Aims = MappingProxyType({})
Ends = Mapping[str, EndFacts]
"""By objective, the facts of the end of the last cycle of it that has ended."""
NO_ENDS: Ends = MappingProxyType({})


class Assessment:
    """What every measurement of one run shares. Lives as long as the run: nothing in it outlives a change of issues."""

    __slots__ = (
        "_ends",
        "_inside",
        "_matching",
        "_outside",
        "aims",
        "carries",
        "check_ins",
        "ended",
        "forest",
        "kpis",
        "ledgers",
        "mapping",
        "moment",
        "numbers",
        "over",
        "standings",
        "statuses",
    )

    def __init__(
        self,
        mapping: BoundMapping,
        forest: Forest,
        moment: Moment,
        check_ins: CheckIns = NO_CHECK_INS,
        *,
        ledgers: bool = True,
        ended: Ends = NO_ENDS,
        over: bool = False,
        kpis: KpiReadings = NO_KPIS,
        aims: Aims = NO_AIMS,
        carries: Carries = NO_CARRIES,
    ) -> None:
        self.carries = carries
        self.kpis = kpis
        self.aims = aims
        self.ended = ended
        self.over = over
        self.check_ins = check_ins
        self.ledgers = ledgers
        self.mapping = mapping
        self.forest = forest
        self.moment = moment
        self.statuses = StatusReader(mapping.statuses, moment)
        self.numbers = KnownNumbers(type_.decode for type_ in FIELD_TYPES if type_.reading is Use.NUMBER)
        self.standings: dict[tuple[tuple[str, date, date] | None, str], HealthCriteria] = {}
        self._ends: dict[date, Assessment] = {}
        self._inside: dict[str, bool] = {}
        self._outside: set[str] | None = None
        self._matching: dict[str, Sequence[Issue]] = {}

    def at_end(self, cycle: CyclePart, facts: EndFacts | None) -> Assessment:
        """The same as of the end of a cycle: at its last millisecond, and from the facts of that moment where they are known."""
        known = self._ends.get(cycle.end) if facts is None else None
        if known is not None:
            return known
        forest = self.forest if facts is None else facts.forest
        moment = replace(self.moment, now=end_of(cycle, self.mapping.zone), zone=self.mapping.zone)
        if facts is not None:
            moment = forest.moment(moment, self.mapping.roots())
        found = Assessment(
            self.mapping,
            forest,
            moment,
            self.check_ins,
            ledgers=self.ledgers,
            over=True,
            kpis=self.kpis,
            aims=self.aims,
            carries=self.carries,
        )
        if facts is None:
            self._ends[cycle.end] = found
        return found

    def with_kpi(self, issue: Issue, current: KpiCurrent) -> Issue:
        """The issue as if a field of it held what a KPI was worth, and had held it period by period until this moment."""
        if current.field_id in issue.fields:
            return issue  # somebody checked in another value
        readings = tuple(one for one in self.kpis.get(current.kpi, ()) if one.at <= self.moment.now)
        held = readings[-1].value if readings else None
        return replace(
            issue,
            fields={**issue.fields, current.field_id: held},
            readings={**issue.readings, current.field_id: readings},
        )

    def look_at_all(self) -> None:
        """Ask the scope about every issue of the forest at once: cheaper than one by one where all are needed."""
        holds, moment = self.mapping.scope.matches, self.moment
        self._outside = {issue.id for issue in self.forest if not holds(issue, moment)}

    def inside(self, issue: Issue) -> bool:
        """Whether the mapping's scope holds the issue: everything selects within it."""
        if self._outside is not None:
            return issue.id not in self._outside
        known = self._inside.get(issue.id)
        if known is None:
            known = self._inside[issue.id] = self.mapping.scope.matches(issue, self.moment)
        return known

    def selected(self, selector: Selector | None, issues: Sequence[Issue]) -> list[Issue]:
        """Those of the issues that are in scope and match; all in scope where there is no selector."""
        inside, moment = self.inside, self.moment
        if selector is None:
            return [issue for issue in issues if inside(issue)]
        matches, outside = selector.matches, self._outside
        if outside is None:
            return [issue for issue in issues if matches(issue, moment) and inside(issue)]
        found = [issue for issue in issues if matches(issue, moment)]
        return [issue for issue in found if issue.id not in outside] if outside else found

    def matching(self, selector: Selector) -> Sequence[Issue]:
        """All issues of the forest that are in scope and match; searched once per JQL."""
        known = self._matching.get(selector.jql)
        if known is None:
            known = self._matching[selector.jql] = self.selected(selector, list(self.forest))
        return known

    def rule_for(self, issue: Issue) -> ObjectiveRule | None:
        """The first objective rule that selects the issue, or None where it is no objective; an archived one is none.

        In a locked cycle an objective keeps the rule that it was locked with, and what is new waits: it is none.
        """
        if issue.archived:
            return None
        rule = self._selecting(issue)
        return self._under_lock(issue.id, issue, rule) if self.mapping.locks else rule

    def written(self) -> Iterator[tuple[str, ObjectiveRule]]:
        """The objectives that the mapping holds itself, by id; under a lock those that were locked, and no others."""
        rules = {f"@{one.part.id}": one for one in self.mapping.objectives if one.select is None}
        locks = self.mapping.locks
        for id_ in (*rules, *sorted(locks.written() - rules.keys())) if locks else rules:
            rule = rules.get(id_)
            rule = self._under_lock(id_, None, rule) if locks else rule
            if rule is not None:
                yield id_, rule

    def locked(
        self, objective_id: str, issue: Issue | None, rule: ObjectiveRule | None
    ) -> tuple[LockedObjective, ObjectiveRule, CyclePart] | None:
        """The terms that an objective was locked with, and its cycle; None where no lock holds it.

        Once the cycle is over, they hold as long as `rule`, which selects it now, puts it in no other.
        """
        locks = self.mapping.locks
        found = locks.of_objective(objective_id, self.moment.now) if locks else None
        cycle = self.mapping.cycles.get(found.lock.cycle_id) if found is not None else None
        if found is None or cycle is None:
            return None
        today = Moment(self.moment.now, self.mapping.zone).today
        if today > cycle.end:
            now = (
                self.carries.cycle_of(self.mapping, rule.part.cycle, objective_id, issue, today)
                if rule is not None
                else None
            )
            if now is not None and now.id != cycle.id:
                return None
        return (*found.objectives[objective_id], cycle)

    def _under_lock(
        self, objective_id: str, issue: Issue | None, rule: ObjectiveRule | None
    ) -> ObjectiveRule | None:
        locked = self.locked(objective_id, issue, rule)
        if locked is not None:
            return locked[1]
        if rule is None or rule.plain:
            return rule
        today = Moment(self.moment.now, self.mapping.zone).today
        cycle = self.carries.cycle_of(self.mapping, rule.part.cycle, objective_id, issue, today)
        waits = cycle is not None and self.mapping.locks.of_cycle(cycle.id, self.moment.now) is not None
        return None if waits else rule

    def _selecting(self, issue: Issue) -> ObjectiveRule | None:
        moment = self.moment
        for rule in self.mapping.objectives:
            if rule.select is not None and rule.select.matches(issue, moment):
                return rule if self.inside(issue) else None
        return None
