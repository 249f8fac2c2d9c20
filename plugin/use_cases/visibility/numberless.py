"""Which objectives count an issue that somebody may not see: where numbers are by permission, they see the health of these alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from connectors.store.numbers import objectives
from connectors.store.visibility.mentions import mentions
from mappings.rollup.state import ObjectiveState
from plugin.runtime.connector import Connector
from plugin.use_cases.visibility.number_cut import counted_in
from plugin.use_cases.visibility.sights import visible

BELIEVED_S = 5.0
"""So long it is believed for one person which objectives they are: a page asks many times."""


def numberless(connector: Connector, site: str, person: str) -> dict[str, ObjectiveState]:
    """By id: those of a site which count what the person may not see, or what is aligned to them and does; an objective that is hidden itself is one of them."""
    name = (site, person)
    at, found = connector.numberless.get(name, (float("-inf"), {}))
    if time.monotonic() - at < BELIEVED_S:
        return found
    with connector.store.read() as conn:
        states = {one.state.id: one.state for one in objectives.all(conn, site)}
        rows = {id_: counted_in(state) for id_, state in states.items()}
        known = mentions(conn, site, {row for mine in rows.values() for row in mine}, ())
    may = (
        visible(connector, site, person, {one.id: one.key for one in known.values()})
        if known
        else frozenset()
    )
    lacking = {id_ for id_, mine in rows.items() if not mine <= may}
    found = {id_: states[id_] for id_ in _with_those_above(lacking, states, rows)}
    connector.numberless[name] = (time.monotonic(), found)
    return found


def _with_those_above(
    lacking: Iterable[str], states: Mapping[str, ObjectiveState], rows: Mapping[str, frozenset[str]]
) -> set[str]:
    """These, and all that count one of them, however far above."""
    found = set(lacking)
    above: dict[str, set[str]] = {}
    for id_, state in states.items():
        for target in state.aligned_to:
            above.setdefault(id_, set()).add(target)
        for row in rows[id_] & states.keys():
            above.setdefault(row, set()).add(id_)
    reached = list(found)
    while reached:
        for one in above.get(reached.pop(), set()) & states.keys() - found:
            found.add(one)
            reached.append(one)
    return found
