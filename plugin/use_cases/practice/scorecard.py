"""The balanced scorecard of a site: objectives and KPIs by perspective, as they stand."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.store.cycles import closings
from mappings.json_value import PlainValues
from mappings.practice.scorecard import Perspective, scorecard
from mappings.rollup.cycles.cycle_end import end_of, has_ended
from mappings.rollup.health import SEVERITY
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.cycles import cycle_named, mapping_and_moment
from plugin.use_cases.kpis.board import PastBoard, ShownKpi, list_kpis, past_kpis
from plugin.use_cases.kpis.kpi_values import kpi_values
from plugin.use_cases.objectives.as_of import THEN, rules_at
from plugin.use_cases.objectives.objective_list import Head, cycle_headlines, cycles_to_list, every_headline
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

__all__ = ["Perspective", "Scorecard", "scorecard_values", "show_scorecard"]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The perspectives of a site in their order. `cycle` is the one that was asked for, `over` whether it has ended; None: all that have not ended."""

    site: str
    cycle: str | None
    cycles: tuple[str, ...]
    perspectives: tuple[Perspective[Head, ShownKpi], ...]
    over: bool = False


@question(VIEWER)
def show_scorecard(connector: Connector, actor: Actor, site: str, cycle_id: str | None = None) -> Scorecard:
    """The objectives of a cycle (as they stood, where it is over), without one those whose cycle has not ended or that have none; and every KPI, as it
    stood when the cycle was over where one is named that is.

    Raises CycleRefusal for a cycle that the mapping does not have.
    """
    mapping, moment = mapping_and_moment(connector, site)
    over = cycle_id is not None and has_ended(cycle_named(mapping, cycle_id), moment)
    if cycle_id is None:
        every = [one.state for one in every_headline(connector, actor, site)]
        chosen = [one for one in every if not has_ended(mapping.cycles.get(one.cycle_id or ""), moment)]
    else:
        chosen = [one.state for one in cycle_headlines(connector, actor, site, cycle_id)]
    chosen.sort(key=lambda one: (SEVERITY[one.health.level], one.project_key, one.key, one.id))
    found = scorecard(
        chosen,
        _kpis_of(connector, actor, site, cycle_id if over else None),
        lambda one: one.perspective,
        lambda one: one.part.perspective,
    )
    cycles = sorted(cycles_to_list(connector, actor, site), reverse=True)
    return Scorecard(site=site, cycle=cycle_id, cycles=tuple(cycles), perspectives=found, over=over)


def _kpis_of(connector: Connector, actor: Actor, site: str, over: str | None) -> tuple[ShownKpi, ...]:
    """Every KPI; as it stood at the end of the cycle that is `over`, by its mapping of then: of a closed one by what had come in until it was closed."""
    if over is None:
        return list_kpis(connector, actor, site)
    mapping, moment = mapping_and_moment(connector, site)
    at = end_of(cycle_named(mapping, over), mapping.zone)
    with connector.store.read() as conn:
        act = closings.load_closed(conn, site).get(over)
    try:
        then = rules_at(connector, connector.context(site), at if act is None else act.at, THEN).mapping
    except Refusal:  # none ruled yet, or it fits this Jira no more: by the one that rules now
        then = mapping
    with connector.store.read() as conn:
        past = PastBoard(at, None if act is None else act.at)
        return past_kpis(conn, site, then, moment.now, past)


def scorecard_values(one: Scorecard) -> PlainValues:
    """A scorecard, for programs."""
    return {
        "site": one.site,
        "cycle": one.cycle,
        "perspectives": [
            {
                "perspective": each.name,
                "objectives": [_objective(head) for head in each.objectives],
                "kpis": [_kpi(kpi) for kpi in each.kpis],
            }
            for each in one.perspectives
        ],
    }


def _objective(head: Head) -> PlainValues:
    return {
        "id": head.id,
        "key": head.key,
        "title": head.title,
        "team": head.team,
        "owner": head.owner,
        "cycle": head.cycle_id,
        "progress": number(head.progress),
        "progress_exact": exact_text(head.progress),
        "health": head.health.level.value,
    }


def _kpi(one: ShownKpi) -> PlainValues:
    told = kpi_values(one)
    wanted = ("id", "name", "owner", "unit", "indicator", "level", "value", "value_exact", "trend")
    return {name: told[name] for name in wanted}
