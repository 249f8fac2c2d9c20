"""The list as both databases give it, against the same in plain Python: any forest, with circles, under any filter and order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from connectors.store import Store, open_store, upgrade
from connectors.store.database import json_text, schema_upgrade
from connectors.store.database.instant import to_ms
from connectors.store.lists import cycle_lines, list_line, list_rows, statements
from connectors.store.lists.list_rows import START, PageStart, PlacedRow, RowSelection, in_circles
from connectors.store.numbers import objectives
from connectors.store.schema import alignment
from connectors.store.schema import listing as listing_table
from docs.screenshots import plain_listing
from docs.screenshots.plain_listing import ORDERS, One
from mappings.facts.forest import issue_order
from mappings.rollup.state import Health, HealthLevel, ObjectiveState
from plugin.pages.views.objectives import names as words
from tests.examples import examples

AnObjective = Callable[..., ObjectiveState]
SITES = ("main", "second.site")
LEVELS = list(HealthLevel)
FEW = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

names = st.sampled_from(["", "PLAT-9", "PLAT-10", "PLAT-010", "A-1", "A-B-2", "Ä-3", "plat-9", "PLAT"])
ids = st.sampled_from(["1", "2", "3", "10", "11", "@company", "@Äpfel", "9223372036854775808"])
phrases = st.sampled_from(["Ship it", "STRASSE", "Straße 100%", "a_b", "a%b", "Ünder \\ over", "\x00x", ""])
owners = st.sampled_from([None, "", "none", "Ada", "ADA", "Zoë"])


@st.composite
def an_item(draw: st.DrawFn) -> dict[str, object]:
    """What is drawn of one objective."""
    return {
        "site": draw(st.sampled_from(SITES)),
        "id": draw(ids),
        "key": draw(names),
        "title": draw(phrases),
        "owner": draw(owners),
        "cycle_id": draw(st.sampled_from([None, "none", "Q3", "Q4"])),
        "project_key": draw(st.sampled_from(["", "PLAT", "A"])),
        "team": draw(st.sampled_from([None, "none", "Platform"])),
        "level": draw(st.sampled_from(LEVELS)),
        "progress": draw(st.sampled_from([None, Fraction(0), Fraction(1, 3), Fraction(2, 3), Fraction(1)])),
        "minutes": draw(st.integers(0, 3)),
        "aligned_to": tuple(draw(st.lists(ids, max_size=3))),
    }


items = st.lists(an_item(), max_size=14, unique_by=lambda one: (one["site"], one["id"]))
questions = st.builds(
    RowSelection,
    sites=st.sampled_from([SITES, SITES[:1], SITES[1:]]),
    cycles=st.sampled_from([(), (), ("Q4",), ("none", "")]),
    projects=st.sampled_from([(), (), ("PLAT",), ("nowhere",)]),
    owners=st.sampled_from([(), (), ("Ada",), ("none", ""), ("\x00",)]),
    teams=st.sampled_from([(), (), ("Platform",), ("none", "")]),
    health=st.sampled_from([(), (), (LEVELS[0],), tuple(LEVELS[:3])]),
    search=st.sampled_from(["", "", "strasse", "0%", "a_b", "\\", "ZOË", "plat-1"]),
    text=st.sampled_from(["", "", "ÜNDER", "_"]),
    owner_words=st.sampled_from(["", "", "aDa"]),
    aligned_to=st.sampled_from(["", "", "1"]),
    order=st.sampled_from(list(statements.ORDERS)),
    by_team=st.booleans(),
    folded=st.sampled_from([(), ("Platform",), ("PLAT", ""), ("none", "A", "PLAT", "")]),
)


@contextmanager
def undone(store: Store):
    """A transaction that leaves nothing behind."""
    with store.engine.connect() as conn:
        begun = conn.begin()
        yield conn
        begun.rollback()


@pytest.fixture
def built(an_objective: AnObjective, now: datetime) -> Callable[[Sequence[dict[str, object]]], list[One]]:
    """Objectives of what was drawn."""

    def build(drawn: Sequence[dict[str, object]]) -> list[One]:
        found = []
        for one in drawn:
            facts = dict(one)
            site, level, minutes = facts.pop("site"), facts.pop("level"), facts.pop("minutes")
            state = an_objective(
                facts.pop("id"), health=Health(level, "pace", "so"), touched=frozenset(), **facts
            )
            found.append(One(site, state, now + timedelta(minutes=minutes)))
        return found

    return build


def asked(conn, wanted: RowSelection, after: PageStart, size: int):
    figures = list_rows.tallies(conn, wanted)
    return figures, list_rows.page(conn, wanted, after, size, figures.found(wanted.health))


def keep(conn, every: Sequence[One]) -> None:
    for one in every:
        objectives.save(conn, one.site, one.state, "r1", one.changed_at)


stood_then = st.lists(an_item(), max_size=8, unique_by=lambda one: (one["site"], one["id"]))
cycles_over = st.sampled_from([("Q3",), ("Q3", "Q4"), ("Q4",), ("Q3", "none", "")])


@FEW
@given(drawn=items, then=stood_then, version=st.integers(0, 1), asked_for=questions, cycles=cycles_over)
def test_a_list_of_a_cycle_that_is_over_has_its_objectives_as_they_stood(
    store, built, drawn, then, version, asked_for, cycles
) -> None:
    """Of an ended cycle what runs in it still, and what was noted of the rest; of a closed one the records alone."""
    wanted = replace(asked_for, cycles=cycles)
    every, stood = built(drawn), built([{**one, "cycle_id": "Q3"} for one in then])
    with undone(store) as conn:
        keep(conn, every)
        for one in stood:
            line = cycle_lines.CycleLine(state=one.state, at=one.changed_at, ends_at=one.changed_at)
            cycle_lines.note(conn, one.site, "Q3", line)
        if version:
            for site in SITES:
                mine = [one for one in stood if one.site == site]
                stood = [one for one in stood if one.site != site]
                at = mine[0].changed_at if mine else datetime(2026, 1, 1, tzinfo=UTC)
                cycle_lines.close(conn, site, "Q3", version, [one.state for one in mine], at)
                stood += [replace(one, changed_at=at) for one in mine]
        shown = [
            one
            for one in every
            if (one.state.cycle_id or "") in cycles and not (version and one.state.cycle_id == "Q3")
        ]
        if "Q3" in cycles:
            there = {one.name for one in shown}
            shown += [one for one in stood if one.name not in there]
        figures, found = asked(conn, wanted, START, 99)
        plain = plain_listing.page(shown, wanted, START, 99)
        assert [(row.site, row.id, row.depth) for row in found.rows] == [
            (one.site, one.state.id, depth) for one, depth in plain.rows
        ]
        for after in ways(shown, wanted, 2):
            _, part = asked(conn, wanted, after, 2)
            mine = plain_listing.page(shown, wanted, after, 2)
            assert [(row.site, row.id) for row in part.rows] == [one.name for one, _ in mine.rows]
            assert (part.start, part.previous, part.next) == (mine.start, mine.previous, mine.next)
        assert figures.health == tallied(shown, wanted).health
        assert figures.known == sum(one.site in wanted.sites for one in every)
        if not wanted.folded:
            assert len(found.rows) == figures.found(wanted.health)
        assert len(list_rows.heads(conn, wanted)) == figures.found(wanted.health)
        for row, (one, _) in zip(found.rows, plain.rows, strict=True):
            assert row.headline == objectives.headline_text(one.state)
            assert (row.over == "Q3") == any(one is each for each in stood)
        for site in SITES if cycles == ("Q3",) else ():
            mine = tallied(shown, RowSelection((site,), cycles)).health
            told = {
                level: n
                for (cycle, level), n in list_rows.count_standing(conn, site).items()
                if cycle == "Q3"
            }
            assert told == {level: n for level, n in mine.items() if n}


def test_the_orders_have_words() -> None:
    assert statements.ORDERS.keys() == words.ORDERS.keys() == ORDERS.keys()


@FEW
@given(drawn=items, wanted=questions, size=st.integers(1, 5), place=st.integers(0, 16), at=ids)
def test_every_page_is_what_plain_python_gives(store, built, drawn, wanted, size, place, at) -> None:
    every = built(drawn)
    with undone(store) as conn:
        keep(conn, every)
        figures = list_rows.tallies(conn, wanted)
        assert same(figures) == same(tallied(every, wanted))
        for after in (
            START,
            PageStart(place),
            PageStart(place, wanted.sites[0], at),
            *ways(every, wanted, size),
        ):
            _, found = asked(conn, wanted, after, size)
            plain = plain_listing.page(every, wanted, after, size)
            assert [(row.site, row.id, row.depth) for row in found.rows] == [
                (one.site, one.state.id, depth) for one, depth in plain.rows
            ]
            assert (found.start, found.previous, found.next) == (plain.start, plain.previous, plain.next)


def ways(every: Sequence[One], wanted: RowSelection, size: int) -> list[PageStart]:
    """Where following "next" leads."""
    found, after = [], START
    while (after := plain_listing.page(every, wanted, after, size).next) is not None:
        found.append(after)
    return found


def tallied(every: Sequence[One], wanted: RowSelection):
    return plain_listing.tallies(every, wanted)


def same(figures) -> tuple[object, ...]:
    counts = {level: count for level, count in figures.health.items() if count}
    return figures.known, counts, figures.cycles, figures.projects, figures.owners, figures.teams


@FEW
@given(drawn=items, wanted=questions, size=st.integers(1, 5))
def test_whole_states_follow_in_the_order_of_their_ids(store, built, drawn, wanted, size) -> None:
    every = built(drawn)
    with undone(store) as conn:
        keep(conn, every)
        for site in wanted.sites:
            mine = replace(wanted, sites=(site,))
            expected = sorted(
                (one.state.id for one in every if plain_listing.admits(mine, one)), key=issue_order
            )
            found, last = [], None
            while rows := list_rows.load_following(conn, mine, last, size):
                found += [row.state.id for row in rows]
                last = found[-1]
            assert found == expected


@FEW
@given(drawn=items, changed=items)
def test_what_is_kept_is_what_was_saved_last(store, built, drawn, changed) -> None:
    """Saved, saved anew with other facts, and removed: the list is that of what is there."""
    first, then = built(drawn), built(changed)
    last = {one.name: one for one in (*first, *then)}
    gone = {one.name for one in first[::3]}
    with undone(store) as conn:
        keep(conn, first)
        keep(conn, then)
        for site, id_ in gone:
            objectives.remove(conn, site, [id_], datetime(2026, 1, 1, tzinfo=UTC))
        left = [
            One(one.site, one.state, moved_at(conn, one)) for name, one in last.items() if name not in gone
        ]
        wanted = RowSelection(SITES, order="changed")
        _, found = asked(conn, wanted, START, 99)
        plain = plain_listing.page(left, wanted, START, 99)
    assert [(row.site, row.id, row.depth) for row in found.rows] == [
        (one.site, one.state.id, depth) for one, depth in plain.rows
    ]


def moved_at(conn, one: One) -> datetime:
    saved = objectives.load(conn, one.site, one.state.id)
    assert saved is not None
    return saved.changed_at


def test_circles_stand_at_the_top_with_all_that_hangs_on_them(store, an_objective, now) -> None:
    above = {"1": "2", "2": "3", "3": "1", "4": "3", "5": "4", "6": "6", "7": "8"}
    with store.write() as conn:
        for id_, target in above.items():
            objectives.save(conn, "main", an_objective(id_, aligned_to=(target,)), "r1", now)
        _, found = asked(conn, RowSelection(("main",), order="key"), START, 99)
    assert [(row.id, row.depth) for row in found.rows] == [
        ("1", 0), ("2", 0), ("3", 0), ("4", 1), ("5", 2), ("6", 0), ("7", 0),
    ]  # fmt: skip
    assert in_circles(above) == {"1", "2", "3", "6"}


def test_a_chain_however_deep_is_shown_from_its_top_to_its_end(store, an_objective, now) -> None:
    deep = statements.DEEP + 9
    with store.write() as conn:
        for level in reversed(range(deep)):
            for branch in "ab":
                above = (f"{level - 1}a",) if level else ()
                state = an_objective(f"{level}{branch}", aligned_to=above)
                objectives.save(conn, "main", state, "r1", now)
        _, found = asked(conn, RowSelection(("main",)), START, 2 * deep)
    place = {row.id: i for i, row in enumerate(found.rows)}
    assert len(place) == 2 * deep
    assert all(
        place[f"{level}{branch}"] > place[f"{level - 1}a"] for level in range(1, deep) for branch in "ab"
    )
    assert {row.id: row.depth for row in found.rows}[f"{deep - 1}b"] == deep - 1


def test_a_row_has_what_lists_show(store, an_objective, now) -> None:
    state = an_objective("1", key="A-1", title="Größer")
    with store.write() as conn:
        objectives.save(conn, "main", state, "r1", now)
        _, found = asked(conn, RowSelection(("main",)), START, 5)
    assert found.rows == (PlacedRow("main", "1", 0, objectives.headline_text(state), to_ms(now)),)


def test_what_is_left_out_below_a_row_is_counted(store, an_objective, now) -> None:
    """Quarters below a year: the one that ended is not shown, and counts in the year's number all the same."""
    cycles = {"1": "2026", "2": "2026-Q3", "3": "2026-Q4", "4": None, "5": "2026-Q3"}
    with store.write() as conn:
        for id_, cycle in cycles.items():
            above = () if id_ in "15" else ("1",)
            objectives.save(conn, "main", an_objective(id_, aligned_to=above, cycle_id=cycle), "r1", now)
        shown = RowSelection(("main",), cycles=("2026", "2026-Q4"))
        assert list_rows.aligned_elsewhere(conn, shown, ["1", "3"]) == {("main", "1"): 2}
        assert list_rows.aligned_elsewhere(conn, replace(shown, cycles=()), ["1"]) == {}
        assert list_rows.aligned_elsewhere(conn, shown, []) == {}


def test_nothing_is_listed_of_no_site(store) -> None:
    with store.read() as conn:
        figures, found = asked(conn, RowSelection(()), START, 5)
    assert (figures.known, found.rows) == (0, ())


def test_the_way_to_the_rows_is_short(sqlite_store, an_objective, now) -> None:
    """Without statistics SQLite goes by rules of thumb: the tree must not read a whole site for each of its rows."""
    with sqlite_store.write() as conn:
        objectives.save(conn, "main", an_objective("1", aligned_to=("2",)), "r1", now)
    said: list[tuple[str, object]] = []
    with sqlite_store.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: said.append((given[2], given[3])))
        asked(conn, RowSelection(("main",)), START, 50)
        statement, values = said[-1]
        ways = [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert (
        "SEARCH above USING COVERING INDEX ix_alignment_site_target_id_position (site=? AND target_id=?)"
        in ways
    )
    assert "SEARCH below USING PRIMARY KEY (site=? AND id=?)" in ways
    assert ways.count("MATERIALIZE tree") == 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_former_release_saved_is_listed_alike(database, request, tmp_path, built) -> None:
    """Rows of revision 0008, filled in by the upgrade, are those that saving the same would make."""
    sqlite = database == "sqlite"
    store = open_store(f"sqlite:///{tmp_path}/o.db" if sqlite else request.getfixturevalue("postgres_url"))
    every = built(former())
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0008")
        conn.execute(text(FORMER), [former_row(one) for one in every])
        wrong_order = {"site": "main", "objective_id": "100", "target_id": "0"}
        conn.execute(text("INSERT INTO alignment VALUES (:site, :objective_id, :target_id)"), [wrong_order])
    upgrade(store)
    store.check()
    with store.write() as conn:
        kept = {table: rows_of(conn, table) for table in (listing_table, alignment)}
        for table in kept:
            conn.execute(table.delete())
        for one in every:
            list_line.keep(conn, list_line.values(one.site, one.state, one.changed_at), None)
            list_line.keep_alignment(conn, one.site, one.state, ())
        assert kept == {table: rows_of(conn, table) for table in kept}
        for wanted in (
            RowSelection(SITES),
            RowSelection(SITES[:1], order="changed"),
            RowSelection(SITES, search="straSSe"),
        ):
            _, found = asked(conn, wanted, START, 99)
            plain = plain_listing.page(every, wanted, START, 99)
            assert [(row.site, row.id, row.depth) for row in found.rows] == [
                (one.site, one.state.id, depth) for one, depth in plain.rows
            ]
    store.close()


FORMER = (
    "INSERT INTO objective (site, id, mapping_revision, computed_at, changed_at, headline, content)"
    " VALUES (:site, :id, 'r1', 1, :changed_at, :headline, :content)"
)


def former() -> list[dict[str, object]]:
    """Enough for several parts of the upgrade, with every kind of gap."""
    return [
        {
            "site": SITES[i % 2],
            "id": str(i) if i % 7 else f"@o{i}",
            "key": f"PLAT-{i * 7919 % 1301}" if i % 3 else "",
            "title": ("Straße", "a\x00b", "100 %")[i % 3],
            "owner": (None, "Zoë", "")[i % 3],
            "cycle_id": (None, "Q4")[i % 2],
            "project_key": ("PLAT", "")[i % 2],
            "level": LEVELS[i % 6],
            "progress": None if i % 5 == 0 else Fraction(i % 11, 11),
            "minutes": i,
            "aligned_to": tuple(str(i - j * 2) for j in (3, 1, 3))[: i % 4],
        }
        for i in range(1_100)
    ]


def former_row(one: One) -> dict[str, object]:
    return {
        "site": one.site,
        "id": one.state.id,
        "changed_at": to_ms(one.changed_at),
        "headline": objectives.headline_text(one.state),
        "content": json_text.encode(one.state),
    }


def rows_of(conn, table) -> set[tuple[object, ...]]:
    return set(map(tuple, conn.execute(table.select())))
