"""What is kept of past ledgers, how it is thinned out, and that what was reconstructed stays apart from what was observed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.store import Store
from connectors.store.database import deletion, json_text
from connectors.store.numbers import history_retention, objectives, snapshot_text, snapshots
from connectors.store.schema import snapshot, snapshot_base
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState

AnObjective = Callable[..., ObjectiveState]
HOUR = timedelta(hours=1)


def test_a_snapshot_is_kept_where_a_row_or_the_mapping_changed(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    one = an_objective()
    other = replace(one, ledger=replace(one.ledger, rows=(replace(one.ledger.rows[0], id="3"),)))
    moments = [(one, "r1"), (replace(one, title="Renamed"), "r1"), (other, "r1"), (other, "r2")]
    with store.write() as conn:
        for step, (state, revision) in enumerate(moments):
            objectives.save(conn, "main", state, revision, now + step * HOUR)
        turns = snapshots.turns(conn, "main", one.id, now - HOUR, now + 9 * HOUR)
        assert turns == [(now + step * HOUR, moments[step][1]) for step in (0, 2, 3)]
        assert len(objectives.history(conn, "main", one.id)) == 1
        assert snapshots.begins(conn, "main", one.id) == now
        assert snapshots.load_at(conn, "main", one.id, now - HOUR) is None
        middle = snapshots.load_at(conn, "main", one.id, now + HOUR)
    assert middle == snapshots.StateSnapshot(now, "r1", False, replace(one, touched=frozenset()))


def test_of_what_is_old_the_last_of_each_day_and_revision_stays(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    midnight = now.replace(hour=0, minute=0)
    revisions = ["r1", "r1", "r2", "r2", "r2", "r2"]
    with store.write() as conn:
        for step, revision in enumerate(revisions):
            state = an_objective(progress=Fraction(step, 10))
            objectives.save(conn, "main", state, revision, midnight + 7 * step * HOUR)
    bound = midnight + 34 * HOUR
    assert history_retention.thin(store, "main", bound) == 3 + 2  # the snapshots on both sides of a turn stay
    assert history_retention.thin(store, "main", bound) == 0
    with store.read() as conn:
        points = objectives.history(conn, "main", "10001")
        kept = [snapshots.load_at(conn, "main", "10001", point.at) for point in points]
    assert [point.progress for point in points] == [Fraction(step, 10) for step in (1, 3, 5)]
    assert [found.state.progress for found in kept if found] == [point.progress for point in points]


def test_on_both_sides_of_every_turn_what_held_stays(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    """What the mapping changed is told from these; that another stood between them, or later on that day, made work of theirs its doing."""
    morning = now.replace(hour=1, minute=0)
    revisions = ["r1", "r1", "r2", "r2", "r2", "r1", "r1", "r1"]
    with store.write() as conn:
        for step, revision in enumerate(revisions):
            state = an_objective(progress=Fraction(step, 10))
            snapshots.keep_several(conn, "main", [state], revision, morning + step * HOUR)
    assert history_retention.thin(store, "main", now + 48 * HOUR) == 3
    assert history_retention.thin(store, "main", now + 48 * HOUR) == 0
    with store.read() as conn:
        kept = snapshots.turns(conn, "main", "10001", morning - HOUR, now + 48 * HOUR)
    assert [(at - morning) // HOUR for at, _ in kept] == [1, 2, 4, 5, 7]


def test_how_it_stood_when_a_mapping_began_to_rule_is_kept_once(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    one = an_objective()
    other = replace(one, ledger=replace(one.ledger, rows=(replace(one.ledger.rows[0], id="3"),)))
    with store.write() as conn:
        objectives.save(conn, "main", one, "r1", now)
        snapshots.keep_several(conn, "main", [other], "r2", now + HOUR)
        assert snapshots.load_turned(conn, "main", one.id, "r1") is None
        turned = snapshots.load_turned(conn, "main", one.id, "r2")
        objectives.save(conn, "main", other, "r2", now + 2 * HOUR)  # nothing came in between
        snapshots.keep_several(conn, "main", [one], "r3", now + 3 * HOUR)
        objectives.save(conn, "main", other, "r3", now + 4 * HOUR)
        snapshots.keep_several(conn, "main", [one], "r4", now + 5 * HOUR)
        objectives.save(
            conn, "main", other, "r3", now + 6 * HOUR
        )  # r3 rules again, and nobody kept how it stood then
        turns = snapshots.turns(conn, "main", one.id, now, now + 9 * HOUR)
    assert turned == replace(other, touched=frozenset())
    assert turns == [
        (now + step * HOUR, name) for step, name in ((1, "r2"), (3, "r3"), (4, "r3"), (5, "r4"), (6, "r3"))
    ]


def test_of_what_is_older_still_the_last_of_each_week_and_revision_stays(
    store: Store, an_objective: AnObjective
) -> None:
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    days = {-1: "r1", 0: "r1", 2: "r1", 6: "r1", 7: "r1", 8: "r2", 13: "r1", 14: "r1", 15: "r1"}
    with store.write() as conn:
        for step, (day, revision) in enumerate(days.items()):
            state = an_objective(progress=Fraction(step, 10))
            objectives.save(conn, "main", state, revision, monday + timedelta(days=day, hours=12))
    daily, weekly = monday + timedelta(days=30), monday + timedelta(days=14)
    assert history_retention.thin(store, "main", daily, weekly) == 3 + 2  # before a turn one more stays
    assert history_retention.thin(store, "main", daily, weekly) == 0
    with store.read() as conn:
        points = objectives.history(conn, "main", "10001")
        kept = snapshots.load_at(conn, "main", "10001", monday + timedelta(days=10))
    told = {(point.at - monday).days: point.progress for point in points}
    assert told == {
        -1: Fraction(0),  # a Sunday
        6: Fraction(3, 10),
        8: Fraction(5, 10),  # under another revision
        13: Fraction(6, 10),
        14: Fraction(7, 10),  # not old enough
        15: Fraction(8, 10),
    }
    assert kept is not None
    assert kept.state.progress == Fraction(5, 10)


def test_it_is_told_from_when_on_there_are_more_points_than_so_many(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    """Of days, the latest first; what is as new as the instant is not counted."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    ten_days = [
        (midnight + timedelta(days=day, hours=hour), an_objective(progress=Fraction(10 * day + hour, 100)))
        for day in range(10)
        for hour in (1, 2)
    ]
    with store.write() as conn:
        objectives.backfill(conn, "main", ten_days, "r1")
        objectives.backfill(conn, "other", ten_days, "r1")
        before = midnight + timedelta(days=8)
        told = [
            history_retention.last_of_many(conn, "main", before, most) for most in (0, 1, 2, 3, 4, 15, 16)
        ]
    days = [8, 8, 7, 7, 6, 1, None]
    assert told == [None if day is None else midnight + timedelta(days=day) for day in days]


def test_a_point_that_stays_keeps_the_ledgers_it_was_made_from(
    store: Store, an_objective: AnObjective
) -> None:
    """A row changed later on the same day, and the number did not: the ledgers that go by themselves are the ones that no point is told from."""
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    before, state = an_objective(progress=Fraction(1, 10)), an_objective(progress=Fraction(4, 10))

    def renamed(row: str) -> ObjectiveState:
        return replace(state, ledger=replace(state.ledger, rows=(replace(state.ledger.rows[0], id=row),)))

    with store.write() as conn:
        for hours, one in ((-200, before), (10, state), (15, renamed("3")), (20, renamed("4"))):
            objectives.save(conn, "main", one, "r1", monday + hours * HOUR)
    late = monday + timedelta(days=900)
    assert history_retention.thin(store, "main", late, late) == 1
    with store.read() as conn:
        points = objectives.history(conn, "main", "10001")
        kept = [snapshots.load_at(conn, "main", "10001", point.at) for point in points]
        last = snapshots.load_at(conn, "main", "10001", late)
    assert [point.progress for point in points] == [Fraction(1, 10), Fraction(4, 10)]
    assert [found and found.state.progress for found in kept] == [Fraction(1, 10), Fraction(4, 10)]
    assert last is not None
    assert last.state.ledger.rows[0].id == "4"


def test_what_held_where_a_cycle_begins_stays_and_a_thousand_rows_go_at_a_time(
    store: Store, an_objective: AnObjective, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins at midnight of its own zone, which is 22:00 of a day in UTC, in the middle of a week."""
    monkeypatch.setattr(deletion, "MOST_AT_ONCE", 2)
    wednesday = datetime(2026, 9, 30, tzinfo=UTC)
    with store.write() as conn:
        for hour in (1, 21, 23, 47, 48 + 23):
            objectives.save(
                conn, "main", an_objective(progress=Fraction(hour, 100)), "r1", wednesday + hour * HOUR
            )
    begins, late = wednesday + 22 * HOUR, wednesday + timedelta(days=800)
    steps: list[int] = []
    went = history_retention.thin(store, "main", late, late, [begins], lambda: steps.append(len(steps)))
    with store.read() as conn:
        told = [point.progress for point in objectives.history(conn, "main", "10001")]
        found = snapshots.load_at(conn, "main", "10001", begins)
    assert told == [Fraction(21, 100), Fraction(71, 100)]
    assert went == 2 * 3
    assert len(steps) == 2 * 2  # of both tables one by days, two by weeks
    assert found is not None
    assert found.state.progress == Fraction(21, 100)


def test_reconstructed_points_stand_before_the_observed_ones_and_say_so(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    day = timedelta(days=1)
    past = [(now - (3 - step) * day, an_objective(progress=Fraction(step // 2, 4))) for step in range(5)]
    with store.write() as conn:
        objectives.save(conn, "main", an_objective(), "r1", now)
        assert objectives.backfill(conn, "main", past, "r1") == 2
        found = [(point.progress, point.backfilled) for point in objectives.history(conn, "main", "10001")]
        assert found == [(Fraction(0), True), (Fraction(1, 4), True), (Fraction(5, 8), False)]
        first = snapshots.load_at(conn, "main", "10001", now - 2 * day)
        assert first is not None
        assert first.backfilled
        snapshots.forget_backfilled(conn, "main", ["10001"])
        assert [point.backfilled for point in objectives.history(conn, "main", "10001")] == [False]
        assert snapshots.begins(conn, "main", "10001") == now


PIECES = st.lists(st.sampled_from(["a", "b", "c", '"', "{", "", "},", ",{", "ü\\", "0:9"]), max_size=12)


@given(PIECES, PIECES)
@example([], [])
@example(["a", "b", "a", "b"], ["b", "a", "b", "a", "b"])
def test_a_difference_gives_back_the_very_text(base: list[str], text: list[str]) -> None:
    old, new = (snapshot_text.BETWEEN_ROWS.join(pieces) for pieces in (base, text))
    assert snapshot_text.apply_steps(old, snapshot_text.difference(old, new)) == new


SHARES = st.tuples(
    *(st.fractions(min_value=-2, max_value=9, max_denominator=12) for _ in range(3)), st.booleans()
)


@given(st.lists(st.lists(SHARES, max_size=6), max_size=4), st.text(max_size=6))
def test_shares_that_were_left_out_are_had_back(ledgers: list[list[tuple[Any, ...]]], title: str) -> None:
    """Of each ledger most follow from its weights, some do not; and what looks like one left out, in a title, is none."""
    title += '"weight":"1/2","progress":"1/2","share":"*"'
    text = ""
    for rows in ledgers:
        whole = sum((abs(weight) for weight, *_ in rows), Fraction(0)) or Fraction(1)
        for weight, progress, share, follows in rows:
            told = {
                "title": title,
                "weight": abs(weight),
                "progress": progress,
                "share": abs(weight) * progress / whole if follows else share,
            }
            text += json_text.encode(told)
    assert snapshot_text.with_shares(text) == text
    lean = snapshot_text.without_shares(text)
    assert snapshot_text.with_shares(lean) == text
    assert snapshot_text.without_shares(lean) == lean


@pytest.mark.parametrize("share", ["2/4", "-1/-2", "01/2", "1/02", "0/1", "1/0"])
def test_a_share_that_is_written_otherwise_than_we_do_stays_as_it_is(share: str) -> None:
    text = f'"weight":"1/1","progress":"1/1","share":"{share}"'
    assert snapshot_text.with_shares(snapshot_text.without_shares(text)) == text


def test_an_event_a_day_leaves_a_hundred_and_some_bytes_of_fifty_rows(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    """Whichever rows changed since, and where each share is another as a weight changed; thinned out, what stays is read as it was."""
    chance, state = random.Random(7), _long(an_objective(), rows=50)
    progress, weights = [Fraction(0)] * 50, [Fraction(1 + at % 8) for at in range(50)]
    kept = []
    with store.write() as conn:
        for day in range(100):
            row = chance.randrange(50)
            if day % 5:
                progress[row] = Fraction(chance.randint(0, 4), 4)
            else:
                weights[row] = Fraction(chance.randint(1, 13))
            rows = tuple(
                replace(
                    one,
                    weight=weights[at],
                    progress=progress[at],
                    share=weights[at] * progress[at] / sum(weights),
                    reason=f"stands at {progress[at]}",
                )
                for at, one in enumerate(state.ledger.rows)
            )
            total = sum((one.share for one in rows), Fraction(0))
            state = replace(state, progress=total, ledger=replace(state.ledger, rows=rows, total=total))
            kept.append((now + timedelta(days=day), state))
            objectives.save(conn, "main", state, "r1", kept[-1][0])
        held = sum(
            len(content)
            for table in (snapshot, snapshot_base)
            for content in conn.execute(select(table.c.content)).scalars()
        )
        bases = conn.execute(select(snapshot_base.c.base_id)).scalars().all()
    assert held < 200 * len(kept)
    assert bases.count(None) < len(bases), "bases are told from another"
    history_retention.thin(store, "main", kept[60][0], weekly=kept[30][0])
    with store.read() as conn:
        left = set(snapshots.turns(conn, "main", state.id, now - HOUR, kept[-1][0]))
        for at, one in kept:
            if (at, "r1") in left:
                found = snapshots.load_at(conn, "main", one.id, at)
                assert found is not None
                assert found.state == replace(one, touched=frozenset())
        assert 60 < len(left) <= 40 + 30 + 30 // 7 + 1


def _long(state: ObjectiveState, changed: int = 0, rows: int = 1_000) -> ObjectiveState:
    """Many rows of which so many are not as they were."""
    (row, *_) = state.ledger.rows
    told = tuple(
        replace(
            row, id=str(at), title=f"{'Other' if at < changed else 'Story'} {at * at}", share=Fraction(at, 7)
        )
        for at in range(rows)
    )
    return replace(state, ledger=replace(state.ledger, rows=told))


@given(st.frozensets(st.text(max_size=6)), st.text(max_size=6))
def test_a_snapshot_says_all_but_what_the_state_hangs_on(touched: frozenset[str], title: str) -> None:
    """Whatever the texts of the state say, that of the ids among them."""
    title += json.dumps({"touched": sorted(touched)})
    state = ObjectiveState("1", "rule", title, None, Health(HealthLevel.PENDING, "x", title), Ledger())
    state = replace(state, touched=touched)
    text = snapshots.without_touched(state, json_text.encode(state))
    assert text == json_text.encode(replace(state, touched=frozenset()))


def test_of_fifty_rows_a_tenth_is_kept_once_their_base_is(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    """Also where the share of each row is another; what was kept whole by a former release is read beside it."""
    steps = [_long(an_objective(), changed, rows=60) for changed in (0, 1, 2, 3)]
    with store.write() as conn:
        for step, state in enumerate(steps):
            objectives.save(conn, "main", state, "r1", now + step * HOUR)
        conn.execute(
            snapshot.insert().from_select(
                ["site", "objective_id", "at", "mapping_revision", "backfilled", "content"],
                select(
                    snapshot.c.site, snapshot.c.objective_id, snapshot.c.at + 1, snapshot.c.mapping_revision,
                    snapshot.c.backfilled, snapshot_base.c.content,
                ).join(snapshot_base, snapshot_base.c.id == snapshot.c.base_id).limit(1),
            )
        )  # fmt: skip
        for step, state in enumerate(steps):
            found = snapshots.load_at(conn, "main", state.id, now + step * HOUR)
            assert found is not None
            assert found.state == replace(state, touched=frozenset())
        (base,) = conn.execute(select(snapshot_base.c.content)).scalars()
        sizes = [
            len(one)
            for one in conn.execute(
                select(snapshot.c.content).where(snapshot.c.base_id.is_not(None))
            ).scalars()
        ]
        assert len(sizes) == len(steps)
        assert max(sizes) * 4 < len(base)
        whole = snapshots.load_at(conn, "main", steps[0].id, now + timedelta(milliseconds=1))
        assert whole is not None
        assert whole.state == replace(steps[0], touched=frozenset())


def test_of_a_long_ledger_only_what_differs_is_kept(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    """Once most rows have changed a new base is made; a base goes with the last snapshot that it is the base of, but for the two newest."""
    steps = [_long(an_objective(), changed) for changed in (0, 1, 900, 901, 5, 903)]
    with store.write() as conn:
        objectives.save(conn, "main", replace(steps[0], id="other"), "r1", now)
        for step, state in enumerate(steps):
            objectives.save(conn, "main", state, "r1", now + step * HOUR)
        for step, state in enumerate(steps):
            found = snapshots.load_at(conn, "main", state.id, now + step * HOUR)
            assert found is not None
            assert found.state == replace(state, touched=frozenset())
        sizes = [
            len(one) for one in conn.execute(select(snapshot.c.content).order_by(snapshot.c.id)).scalars()
        ]
        bases = list(conn.execute(select(snapshot_base.c.content).order_by(snapshot_base.c.id)).scalars())
        assert len(bases) == 5
        assert max(sizes) * 20 < min(len(base) for base in bases)
        assert len(snapshots.outlines(conn, "main", steps[0].id)) == 1
    assert (
        history_retention.thin(store, "main", now + timedelta(days=3)) == 4
    )  # a point of history is told from the first
    with store.read() as conn:
        last = snapshots.load_at(conn, "main", steps[0].id, now + timedelta(days=9))
        assert last is not None
        assert last.state.ledger == steps[-1].ledger
        assert list(conn.execute(select(snapshot_base.c.content).order_by(snapshot_base.c.id)).scalars()) == [
            bases[0], bases[1], bases[3], bases[4],
        ]  # fmt: skip
        assert snapshots.load_at(conn, "main", "other", now) is not None
