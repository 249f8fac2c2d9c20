"""What two closings of one cycle differ in: it was opened again, and closed with other numbers. From the records alone."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.store.cycles import closings
from connectors.store.cycles.closings import ClosingAct
from mappings.explain.closing_difference import RecordDifference, closing_difference
from mappings.explain.movement import Effect
from mappings.json_value import PlainValues
from mappings.rollup.cycles.closing_record import ClosingRecord, LinkKind
from mappings.rollup.cycles.score import ScoreMean, means
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle, mapping_and_moment, mean_values
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

__all__ = ["ClosingAct", "VersionDifference", "alike_text", "difference", "difference_values"]


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """Two versions of a closing: the acts that made them, every objective of either, and the mean scores of both."""

    site: str
    cycle_id: str
    before: ClosingAct
    after: ClosingAct
    objectives: tuple[RecordDifference, ...]

    @property
    def differing(self) -> tuple[RecordDifference, ...]:
        """The objectives of which something differs."""
        return tuple(one for one in self.objectives if one.differs)

    @property
    def means_before(self) -> tuple[ScoreMean, ...]:
        """The mean scores of the earlier version."""
        return means(one.before.score for one in self.objectives if one.before is not None)

    @property
    def means_after(self) -> tuple[ScoreMean, ...]:
        """The mean scores of the later one."""
        return means(one.after.score for one in self.objectives if one.after is not None)


@question(VIEWER)
def difference(
    connector: Connector,
    _actor: Actor,
    site: str,
    cycle_id: str,
    before: int | None = None,
    after: int | None = None,
) -> VersionDifference:
    """What version `after` (the last) has otherwise than `before` (the one in front of it). Raises CycleRefusal."""
    with connector.store.read() as conn:
        made = {
            one.version: one for one in closings.acts(conn, site, cycle_id) if one.kind is LinkKind.CLOSED
        }
        if not made and mapping_and_moment(connector, site)[0].cycles.get(cycle_id) is None:
            raise UnknownCycle(cycle_id)
        later = max(made, default=0) if after is None else after
        earlier = later - 1 if before is None else before
        for version in (later, earlier):
            if version not in made:
                raise CycleRefusal(_lacking(cycle_id, version, tuple(made)))
        old = closings.records(conn, site, cycle_id, earlier)
        new = closings.records(conn, site, cycle_id, later)
    return VersionDifference(
        site=site,
        cycle_id=cycle_id,
        before=made[earlier],
        after=made[later],
        objectives=closing_difference(old, new),
    )


def _lacking(cycle_id: str, version: int, made: tuple[int, ...]) -> str:
    if len(made) < 2:
        times = "was closed once" if made else "was never closed"
        return (
            f"{cycle_id} {times}: two versions are there once an admin has opened it again "
            "and it was closed once more."
        )
    return f"{cycle_id} has no version {version}. Those are: {', '.join(str(one) for one in made)}."


def alike_text(one: VersionDifference) -> str:
    """`4 of 4 objectives stand alike in both; of 3 of them something else is told.`"""
    alike = [each for each in one.objectives if each.stands_alike]
    told = sum(each.differs for each in alike)
    objectives = "objective stands" if len(one.objectives) == 1 else "objectives stand"
    beside = f"; of {told} of them something else is told" if told else ""
    return f"{len(alike)} of {len(one.objectives)} {objectives} alike in both{beside}."


def difference_values(one: VersionDifference) -> PlainValues:
    """The same for programs."""
    return {
        "site": one.site,
        "cycle": one.cycle_id,
        "before": one.before.version,
        "after": one.after.version,
        "objectives": [_objective_values(each) for each in one.objectives],
        "means_before": [mean_values(mean) for mean in one.means_before],
        "means_after": [mean_values(mean) for mean in one.means_after],
    }


def _objective_values(one: RecordDifference) -> PlainValues:
    return {
        "objective": one.shown.id,
        "key": one.shown.key,
        "title": one.shown.title,
        "differs": one.differs,
        "stands_alike": one.stands_alike,
        "before": _record_values(one.before),
        "after": _record_values(one.after),
        "moved": number(one.moved),
        "moved_exact": exact_text(one.moved),
        "said": list(one.said),
        "rows": [_effect_values(row) for row in one.effects],
    }


def _record_values(one: ClosingRecord | None) -> PlainValues | None:
    if one is None:
        return None
    return {
        "score": number(one.score.value),
        "score_exact": exact_text(one.score.value),
        "shown": one.score.shown,
        "progress": number(one.state.progress),
        "progress_exact": exact_text(one.state.progress),
        "health": one.state.health.level.value,
        "mapping_revision": one.mapping_revision,
    }


def _effect_values(row: Effect) -> PlainValues:
    return {
        "part": row.part.value,
        "issue": row.id,
        "key": row.key,
        "title": row.title,
        "effect": number(row.effect),
        "effect_exact": exact_text(row.effect),
        "why": row.why,
    }
