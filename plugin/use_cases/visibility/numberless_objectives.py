"""Which objectives count an issue that somebody may not see, or counted one: where numbers are by permission, they see the health of these alone, or of those times."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from connectors.store import StoreError
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.lists import cycle_lines
from connectors.store.mirror import former_titles, mirror
from connectors.store.numbers import objectives, snapshots
from connectors.store.visibility import counted_spans, past_sights
from connectors.store.visibility.counted_issues import CountedIssues
from connectors.store.visibility.counted_spans import BEGINNING, CountedSpan
from connectors.store.visibility.hidden_numbers import FOR_EVER, HiddenNumbers, HiddenTimes
from connectors.store.visibility.mentions import Mention, mentions
from mappings.rollup.state import counted_ids, counted_in
from plugin.runtime.connector import Connector
from plugin.use_cases.visibility.sights import visible

BELIEVED_S = 5.0
"""So long it is believed what a site counts, and for one person which objectives they are: a page asks many times."""
NOTED_S = 600.0
"""So often it is noted at most what somebody sees, for when it is gone."""


def numberless(connector: Connector, site: str, person: str) -> Mapping[str, Mention]:
    """By id: those of a site which count what the person may not see, or what is aligned to them and does; an objective that is hidden itself is one of them."""
    return numbers_hidden(connector, site, person).now


def numbers_hidden(connector: Connector, site: str, person: str) -> HiddenNumbers:
    """The same, with those whose numbers of some time are not theirs to see."""
    name, now = (site, person), connector.monotonic()
    at, known = connector.numberless.get(name, (float("-inf"), HiddenNumbers()))
    if now - at < BELIEVED_S:
        return known
    counted = _counted(connector, site)
    may = visible(connector, site, person, counted.keys) if counted.keys else frozenset[str]()
    _note_sight(connector, site, person, counted, may)
    lacking = {id_ for id_, mine in counted.rows.items() if not mine <= may}
    times = _hidden_times(connector, site, person, counted, may)
    bare = _with_those_above(lacking, counted.above)
    times = {id_: one for id_, one in times.items() if id_ not in bare}
    found = HiddenNumbers(
        now={id_: counted.names[id_] for id_ in bare},
        times=times,
        names={id_: counted.names[id_] for id_ in times.keys() & counted.names.keys()},
        cycles=frozenset(
            whose
            for whose, ends_ms in counted.ends.items()
            if whose[0] in times and times[whose[0]].touch(ends_ms, ends_ms)
        ),
        runs=counted.runs,
    )
    fresh = {one: kept for one, kept in list(connector.numberless.items()) if now - kept[0] < BELIEVED_S}
    connector.numberless = fresh | {name: (connector.monotonic(), found)}
    return found


def _counted(connector: Connector, site: str) -> CountedIssues:
    """The same for whoever asks: all states of a site are read for it, those of cycles that are over too, and of them only names and ids are held."""
    at, known = connector.counted.get(site, (float("-inf"), None))
    if known is not None and connector.monotonic() - at < BELIEVED_S:
        return known
    read_ms = to_ms(connector.clock())  # what comes while it is read was not looked at
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_all(conn, site)]
        rows = {state.id: counted_in(state) for state in states}
        parts = {state.id: counted_ids(state) for state in states}
        past = cycle_lines.names(conn, site)
        spans: dict[str, list[CountedSpan]] = {}
        for one in counted_spans.load_all(conn, site):
            spans.setdefault(one.objective_id, []).append(one)
        then = {one.issue_id for mine in spans.values() for one in mine}
        every = (*rows.values(), *(line.counted for line in past))
        ever = {row for mine in every for row in mine} | {one for one in then if one.isdigit()}
        meant = mentions(conn, site, ever, ())
        called = former_titles.load_titles(conn, site, rows)
        places: dict[str, set[str]] = {}
        for (project_id, _), ids in mirror.by_place(conn, site, meant).items():
            places.setdefault(project_id, set()).update(ids)
        for line in past:
            # Of what was deleted since, Jira tells nothing: it keeps the numbers of the end back, from whoever had not seen it.
            rows[line.id] = rows.get(line.id, frozenset()) | (line.counted & meant.keys())
            for id_ in line.counted - meant.keys():
                span = CountedSpan(line.id, id_, line.ends_ms, line.ends_ms + 1)
                spans.setdefault(line.id, []).append(span)
        gone = (then | ever) - meant.keys()
        lacking = [id_ for id_, mine in spans.items() if any(one.issue_id in gone for one in mine)]
        first_seen = counted_spans.first_seen(conn, site, lacking) if lacking else {}
    above: dict[str, set[str]] = {}
    for state in states:
        above.setdefault(state.id, set()).update(rows.keys() & state.aligned_to)
        for row in parts[state.id] & rows.keys():
            above.setdefault(row, set()).add(state.id)
    for line in past:
        for target in rows.keys() & line.aligned_to:
            above.setdefault(line.id, set()).add(target)
        for row in line.counted & rows.keys() - {line.id}:
            above.setdefault(row, set()).add(line.id)
    names = [(line.id, line.key, line.title) for line in past]
    names += [(state.id, state.key, state.title) for state in states]
    found = CountedIssues(
        names={id_: Mention(id_, key, title, former_titles=called.get(id_, ())) for id_, key, title in names}
        | {id_: meant[id_] for id_ in spans.keys() & meant.keys() - rows.keys()},
        rows=rows,
        above=above,
        keys={one.id: one.key for one in meant.values()},
        spans=spans,
        gone=frozenset(gone),
        places={project_id: frozenset(ids) for project_id, ids in places.items()},
        first_seen=first_seen,
        ends={(line.id, line.cycle): line.ends_ms for line in past},
        runs={state.id: state.cycle_id for state in states if not state.plain},
        read_ms=read_ms,
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


def _hidden_times(
    connector: Connector, site: str, person: str, counted: CountedIssues, may: frozenset[str]
) -> dict[str, HiddenTimes]:
    """By objective the times at which it counted what they may not see, or another one that did."""
    gone = {one.issue_id for mine in counted.spans.values() for one in mine} & counted.gone
    seen: Mapping[str, int] = {}
    if gone:
        with connector.store.read() as conn:
            seen = past_sights.of_departed(conn, site, person, gone)
    parts = counted.rows.keys() | counted.spans.keys()
    own: dict[str, list[tuple[int, int]]] = {}
    edges: dict[str, list[CountedSpan]] = {}
    begun: dict[str, dict[str, int]] = {}
    for id_, mine in counted.spans.items():
        since_of = begun.setdefault(id_, {})
        for one in mine:
            since_of[one.issue_id] = min(one.since, since_of.get(one.issue_id, FOR_EVER))
    unnoted: Mapping[str, int] = {}
    for id_ in parts:
        noted = begun.get(id_, unnoted)
        still = [CountedSpan(id_, one, noted.get(one, BEGINNING), None) for one in counted.rows.get(id_, ())]
        for one in (*counted.spans.get(id_, ()), *still):
            until = FOR_EVER if one.until is None else one.until
            if one.issue_id not in may and not one.issue_id.startswith("@"):
                since = _unseen_since(one, counted, seen)
                own.setdefault(id_, []).append((since, until))
            if one.issue_id in parts and one.issue_id != id_:
                edges.setdefault(one.issue_id, []).append(one)
    for id_, those in counted.above.items():
        for other in those:
            since = begun.get(other, unnoted).get(id_, BEGINNING)
            edges.setdefault(id_, []).append(CountedSpan(other, id_, since, None))
    kept = _kept_instants(connector, site, own, edges)

    def held(id_: str, spans: Iterable[tuple[int, int]]) -> HiddenTimes:
        """What it stood at when such a time was over, it is said to stand at until a state is kept anew; if none ever is, for ever, but where it stands so now."""
        at_last = None if id_ in counted.runs else FOR_EVER
        return HiddenTimes.of(
            (since, until if until == FOR_EVER else _next(kept.get(id_, ()), until) or at_last or until)
            for since, until in spans
            if since < until
        )

    found = {id_: held(id_, mine) for id_, mine in own.items()}
    reached = list(found)
    while reached:
        below = reached.pop()
        for one in edges.get(below, ()):
            before = found.get(one.objective_id, HiddenTimes())
            until = FOR_EVER if one.until is None else one.until
            after = held(one.objective_id, (*before.spans, *found[below].within(one.since, until)))
            if after != before:
                found[one.objective_id] = after
                reached.append(one.objective_id)
    return found


def _kept_instants(
    connector: Connector,
    site: str,
    own: Mapping[str, Sequence[tuple[int, int]]],
    edges: Mapping[str, Sequence[CountedSpan]],
) -> dict[str, list[int]]:
    """When states were kept of those that have hidden times, and of those above them, since the first of these was over; in the order of time."""
    ends = [until for mine in own.values() for _, until in mine if until != FOR_EVER]
    ids, reached = set(own), list(own)
    while reached:
        more = {one.objective_id for one in edges.get(reached.pop(), ())} - ids
        ids |= more
        reached += more
    if not ends:
        return {}
    with connector.store.read() as conn:
        return snapshots.instants(conn, site, ids, min(ends))


def _next(instants: Sequence[int], at: int) -> int | None:
    """The first of them that is not before this one."""
    place = bisect_left(instants, at)
    return instants[place] if place < len(instants) else None


def _unseen_since(one: CountedSpan, counted: CountedIssues, seen: Mapping[str, int]) -> int:
    """From when on somebody may not see what was counted. Of an issue that is gone they had seen what it was in until they looked last, if that was while it counted."""
    looked = seen.get(one.issue_id) if one.issue_id in counted.gone else None
    counts = max(one.since, counted.first_seen.get(one.objective_id, FOR_EVER))
    return one.since if looked is None or looked < counts else looked


def _note_sight(
    connector: Connector, site: str, person: str, counted: CountedIssues, may: frozenset[str]
) -> None:
    """Note of which projects they see all that is counted: once such an issue is gone, Jira tells nobody who saw it."""
    whole = frozenset(place for place, ids in counted.places.items() if ids <= may)
    name, now = (site, person), connector.monotonic()
    at, known = connector.noted_sights.get(name, (float("-inf"), frozenset[str]()))
    if not whole or (whole == known and now - at < NOTED_S):
        return
    with suppress(StoreError), connector.store.write() as conn:
        past_sights.note(conn, site, person, whole, from_ms(counted.read_ms))
        connector.noted_sights[name] = (now, whole)
