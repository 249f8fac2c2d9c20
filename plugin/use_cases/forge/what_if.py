"""What the page beside an issue makes an objective's number again of, with values that somebody tries."""

from __future__ import annotations

from connectors.store.numbers import objectives
from mappings.facts.moment import Moment
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.structure.what_if import Calculation, calculation_of
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, question


@question(VIEWER)
def calculation(connector: Connector, _actor: Actor, site: str, objective_id: str) -> Calculation | None:
    """How the number of this objective is made; None where it is none, or where there is nothing to try."""
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id)
        below = objectives.aligned_to(conn, site, saved.state.id) if saved is not None else []
    if saved is None or saved.state.plain:
        return None
    state, context = saved.state, connector.context(site)
    mapping = context.mapping
    rule = next((rule for rule in mapping.objectives if rule.part.id == state.rule_id), None)
    cycle = mapping.cycles.get(state.cycle_id) if state.cycle_id is not None else None
    if rule is None or cycle is None or saved.mapping_revision != mapping.revision:
        return None
    levels = {one.state.id: one.state.health.level for one in below}
    ended = has_ended(cycle, Moment(connector.clock(), mapping.zone))
    return calculation_of(state, rule, cycle.health, levels, ended=ended)
