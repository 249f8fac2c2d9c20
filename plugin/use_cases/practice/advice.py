"""What can be advised on the objectives of a site: on the craft of those that run, and key results that have become upkeep."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.store.cycles import carries
from connectors.store.lists.list_rows import RowSelection
from mappings.diagnostic import Diagnostic
from mappings.document.mapping import Mapping
from mappings.json_value import PlainValues
from mappings.practice.lint import lint_states, lint_upkeep
from mappings.progress.options import reading_alias
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import cycle_named, mapping_and_moment
from plugin.use_cases.kpis.promotions import upkeep_of
from plugin.use_cases.objectives.objectives import every_objective
from plugin.use_cases.permission import VIEWER, question


@question(VIEWER)
def list_advice(
    connector: Connector, actor: Actor, site: str, cycle_id: str | None = None
) -> tuple[Diagnostic, ...]:
    """On the objectives of one cycle; without one on those whose cycle has not ended or that have none, and on key results that are
    achieved each time. Never a fault: `path` names the issue. Raises CycleRefusal for a cycle that the mapping does not have.
    """
    mapping, moment = mapping_and_moment(connector, site)
    if cycle_id is not None:
        cycle_named(mapping, cycle_id)
        asked = every_objective(connector, actor, RowSelection((site,), (cycle_id,)))
        return _advised(connector, site, mapping, [one.state for one in asked])
    every = (one.state for one in every_objective(connector, actor, RowSelection((site,))))
    running = [one for one in every if not has_ended(mapping.cycles.get(one.cycle_id or ""), moment)]
    found = _advised(connector, site, mapping, running)
    with connector.store.read() as conn:
        proposed = upkeep_of(conn, site, mapping)
    return (*found, *lint_upkeep(proposed))


def _advised(
    connector: Connector, site: str, mapping: Mapping, states: Sequence[ObjectiveState]
) -> tuple[Diagnostic, ...]:
    """The advice on these, with how often each was carried forward and what its key results stand at."""
    with connector.store.read() as conn:
        carried = carries.times(conn, site, [one.id for one in states])
    read = {
        (rule.part.id, one.part.id): mapping.fields[alias].id
        for rule in mapping.objectives
        for one in rule.key_results
        if (alias := reading_alias(one.part.progress) or "") in mapping.fields
    }
    return lint_states(states, carried, read)


def advice_values(one: Diagnostic) -> PlainValues:
    """One piece of advice, for programs."""
    return {"code": one.code, "about": one.path, "said": one.message, "remedy": one.remedy}
