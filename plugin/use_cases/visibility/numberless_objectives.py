"""Which objectives count an issue that somebody may not see: where numbers are by permission, they see the health of these alone."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.store.lists import cycle_lines
from connectors.store.mirror import former_titles
from connectors.store.numbers import objectives
from connectors.store.visibility.counted_issues import CountedIssues
from connectors.store.visibility.mentions import Mention, mentions
from mappings.rollup.state import counted_in
from plugin.runtime.connector import Connector
from plugin.use_cases.visibility.sights import visible

BELIEVED_S = 5.0
"""So long it is believed what a site counts, and for one person which objectives they are: a page asks many times."""


def numberless(connector: Connector, site: str, person: str) -> dict[str, Mention]:
    """By id: those of a site which count what the person may not see, or what is aligned to them and does; an objective that is hidden itself is one of them."""
    name, now = (site, person), connector.monotonic()
    at, found = connector.numberless.get(name, (float("-inf"), {}))
    if now - at < BELIEVED_S:
        return found
    counted = _counted(connector, site)
    may = visible(connector, site, person, counted.keys) if counted.keys else frozenset[str]()
    lacking = {id_ for id_, mine in counted.rows.items() if not mine <= may}
    found = {id_: counted.names[id_] for id_ in _with_those_above(lacking, counted.above)}
    fresh = {one: kept for one, kept in list(connector.numberless.items()) if now - kept[0] < BELIEVED_S}
    connector.numberless = fresh | {name: (connector.monotonic(), found)}
    return found


def _counted(connector: Connector, site: str) -> CountedIssues:
    """The same for whoever asks: all states of a site are read for it, those of cycles that are over too, and of them only names and ids are held."""
    at, known = connector.counted.get(site, (float("-inf"), None))
    if known is not None and connector.monotonic() - at < BELIEVED_S:
        return known
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_all(conn, site)]
        rows = {state.id: counted_in(state) for state in states}
        past = cycle_lines.names(conn, site)
        every = (*rows.values(), *(line.counted for line in past))
        meant = mentions(conn, site, {row for mine in every for row in mine}, ())
        called = former_titles.load_titles(conn, site, rows)
        for line in past:
            # What was deleted since keeps no number from anybody: nobody can be asked about it any more.
            rows[line.id] = rows.get(line.id, frozenset()) | (line.counted & meant.keys())
    above: dict[str, set[str]] = {}
    for state in states:
        above.setdefault(state.id, set()).update(rows.keys() & state.aligned_to)
        for row in rows[state.id] & rows.keys():
            above.setdefault(row, set()).add(state.id)
    for line in past:
        for target in rows.keys() & line.aligned_to:
            above.setdefault(line.id, set()).add(target)
        for row in line.counted & rows.keys() - {line.id}:
            above.setdefault(row, set()).add(line.id)
    names = [(line.id, line.key, line.title) for line in past]
    names += [(state.id, state.key, state.title) for state in states]
    found = CountedIssues(
        names={id_: Mention(id_, key, title, former_titles=called.get(id_, ())) for id_, key, title in names},
        rows=rows,
        above=above,
        keys={one.id: one.key for one in meant.values()},
    )
    connector.counted[site] = (connector.monotonic(), found)
    return found


def _with_those_above(lacking: set[str], above: Mapping[str, set[str]]) -> set[str]:
    """These, and all that count one of them, however far above."""
    found, reached = set(lacking), list(lacking)
    while reached:
        for one in above.get(reached.pop(), set()) - found:
            found.add(one)
            reached.append(one)
    return found
