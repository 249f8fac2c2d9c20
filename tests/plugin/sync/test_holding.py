"""The breaker for flapping fields and the brake of a resync: what is held, what is not, and how it is let go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.site_state import scheme
from connectors.store.writes import brakes, writes
from connectors.store.writes.writes import Write, WriteOutcome
from mappings.facts.catalogue import Field
from mappings.write_back.plan import Change
from mappings.write_back.targets.field import field_place
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back.hold import MOST_REWRITES, is_war, paced_until

AT = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
NUMBER = field_place(Field("f", "F", "number"))


def written(*steps: tuple[object, object], apart: timedelta = timedelta(minutes=1)) -> list[Write]:
    """Our writes of a field, each from what stood there to what we wrote."""
    return [
        Write(
            1, "1", "r", "event", AT + at * apart, "1", "PLAT-1", "f", "F", before, after, "",
            WriteOutcome.WRITTEN, "", AT + at * apart,
        )
        for at, (before, after) in enumerate(steps)
    ]  # fmt: skip


AGAINST_US = [(None, 62), *[(1, 62)] * MOST_REWRITES]
TO_AND_FRO = [(None, 62), *[(62, 50), (50, 62)] * 9]


@pytest.mark.parametrize(
    ("lately", "before", "after", "war"),
    [
        ([], 1, 62, False),
        (AGAINST_US[:-1], 1, 62, False),
        (AGAINST_US, 1, 62, True),
        (AGAINST_US, 1, 63, False),
        (AGAINST_US, 62, 1, False),
        (TO_AND_FRO, 62, 50, False),
        (TO_AND_FRO, 1, 50, False),
        ([*TO_AND_FRO, *AGAINST_US[1:]], 1, 50, True),
    ],
    ids=[
        "nothing was written",
        "one rewrite fewer",
        "one more",
        "a value that is new",
        "Jira holds our last value",
        "the inputs change to and fro",
        "another hand for once",
        "both",
    ],
)
def test_a_war_is_one_more_value_of_another_hand_that_we_would_overwrite(
    lately: list[tuple[object, object]], before: object, after: object, war: bool
) -> None:
    change = Change("1", "PLAT-1", "f", "F", before, after, "")
    assert is_war(NUMBER, change, written(*lately)) is war


@pytest.mark.parametrize(
    ("writes", "apart", "waits"),
    [
        (19, timedelta(0), None),
        (20, timedelta(0), timedelta(minutes=3)),
        (25, timedelta(0), timedelta(minutes=3)),
        (20, timedelta(minutes=3), None),
        (20, timedelta(minutes=2), timedelta(minutes=1)),
    ],
)
def test_beyond_twenty_writes_an_hour_a_field_is_written_every_three_minutes(
    writes: int, apart: timedelta, waits: timedelta | None
) -> None:
    lately = written(*[(1, 2)] * writes, apart=apart)
    now = AT + writes * apart
    assert paced_until(lately, now) == (None if waits is None else now + waits)
    assert paced_until(lately, now + timedelta(minutes=61)) is None


def test_a_field_whose_inputs_change_ten_times_a_second_is_paced_and_never_frozen(firm: Any) -> None:
    epic = firm.records(scheme.EPIC)[0]
    stories = [one.id for one in firm.records() if one.parent_id == epic.id]
    sandbox, before = firm.sandbox.sandbox, firm.sandbox.site.calls.writes[epic.id, "customfield_10060"]

    def change(status: Any, done: Any) -> None:
        firm.clock.pass_by(milliseconds=100)
        record = sandbox.records[stories[0]]
        sandbox.add(
            replace(record, status=status, resolution=done, updated=firm.clock(), cache={}),
            record.creator,
            announce=False,
        )
        resync_recent(firm.context)
        reconcile(firm.context, epic.id)

    resync_recent(firm.context)
    for _ in range(13):
        change(scheme.DONE, scheme.RESOLUTIONS[0])
        change(scheme.TO_DO, None)
    calls = firm.sandbox.site.calls.writes[epic.id, "customfield_10060"]
    assert calls - before == 19, "the first sync wrote it within the hour too"
    stale = firm.in_jira(epic.id)

    firm.clock.pass_by(minutes=3, seconds=1)
    firm.work_off()

    with firm.connector.store.read() as conn:
        assert writes.load_held(conn, "main") == []
        last = writes.last_write(conn, "main", epic.id, "customfield_10060")
        assert last is not None
        assert last.after == firm.in_jira(epic.id)
    assert firm.in_jira(epic.id) != stale
    assert firm.sandbox.site.calls.writes[epic.id, "customfield_10060"] == calls + 1


def fight(quiet: Any, objective_id: str, rounds: int = MOST_REWRITES + 3) -> int:
    """Another app writes our field again and again; how often we wrote it back."""
    written = 0
    for _ in range(rounds):
        quiet.overwrite(objective_id, 1)
        written += len(quiet.reconcile(objective_id).applied.written)
    return written


def test_a_field_that_someone_else_writes_too_is_held_after_a_few_rewrites(quiet: Any) -> None:
    objective_id, other, *_ = quiet.objectives()

    written = fight(quiet, objective_id)

    # the first sync wrote the value once, so every one of these was a rewrite
    assert written == MOST_REWRITES
    (held,) = quiet.held()
    assert held.issue_id == objective_id
    assert "flaps" in held.note
    assert quiet.in_jira(objective_id) == 1
    quiet.overwrite(other, 1)
    assert quiet.reconcile(other).applied.written, "other fields go on"


def test_a_held_field_is_held_once_however_often_it_is_reconciled(quiet: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    for _ in range(5):
        quiet.reconcile(objective_id)

    assert len(quiet.held()) == 1


def test_a_field_that_was_calm_for_an_hour_is_written_again(quiet: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    clock = quiet.connector.clock
    quiet.connector.clock = lambda: clock() + timedelta(minutes=61)

    assert quiet.reconcile(objective_id).applied.written
    assert quiet.in_jira(objective_id) != 1


def test_a_person_lets_a_held_field_go(quiet: Any, command: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    code, said = command("status", "--json")
    assert code == 1
    (shown,) = json.loads(said)["held"]
    assert shown["field"]

    code, said = command("apply", "--release-held", shown["issue"], "--json")

    assert code == 0
    assert [change["issue"] for change in json.loads(said)["written"]] == [shown["issue"]]
    assert quiet.held() == []
    assert quiet.in_jira(objective_id) != 1
    assert json.loads(command("status", "--json")[1])["held"] == []


def test_a_value_that_was_never_written_goes_through(quiet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    (held,) = quiet.held()
    from plugin.sync.reconcile import reconcile as module

    original = module.plan_objective

    def otherwise(*given: Any, **more: Any) -> Any:
        made = original(*given, **more)
        changed = [
            replace(one, after=held.after + 1) for one in made.changes if one.field_id == held.field_id
        ]
        return replace(made, changes=tuple(changed))

    monkeypatch.setattr(module, "plan_objective", otherwise)
    written = quiet.reconcile(objective_id).applied.written

    assert [change.after for change in written] == [held.after + 1]
    assert quiet.held() == [], "what is wanted otherwise since is no longer held"


def spoil(quiet: Any, ids: list[str]) -> None:
    """A bulk change in Jira that nobody told us of."""
    for objective_id in ids:
        quiet.context.jira.edit(
            objective_id, {"customfield_10060": 1, "customfield_10061": {"value": "Pending"}}
        )


def test_a_resync_that_would_change_too_much_waits_for_a_person(quiet: Any, command: Any) -> None:
    ids = quiet.objectives()
    document = quiet.context.mapping.document
    assert len(ids) > document.brake.floor
    spoil(quiet, ids)

    found, done = quiet.sync()

    assert found.held is not None
    assert found.held.count >= len(ids)
    assert done.written == 0
    assert all(quiet.in_jira(one) == 1 for one in ids)
    code, said = command("status", "--json")
    assert code == 1
    status = json.loads(said)
    assert set(status["brake"]["objectives"]) >= set(ids)
    assert "written values would change" in status["brake"]["reason"]
    assert len(status["held"]) == found.held.count

    code, said = command("apply", "--release-held", "--json")

    assert code == 0
    assert len(json.loads(said)["written"]) >= found.held.count
    assert all(quiet.in_jira(one) != 1 for one in ids)
    with quiet.connector.store.read() as conn:
        assert brakes.load_standing(conn, "main") is None
    again, done = quiet.sync()
    assert again.held is None
    assert done.written == 0


def test_a_few_changes_are_no_reason_to_hold(quiet: Any) -> None:
    ids = quiet.objectives()[:3]
    for one in ids:
        quiet.context.jira.edit(one, {"customfield_10060": 1})

    found, done = quiet.sync()

    assert found.held is None
    assert done.written == len(ids)


def test_a_held_resync_holds_when_it_is_repeated(quiet: Any) -> None:
    ids = quiet.objectives()
    spoil(quiet, ids)
    quiet.sync()
    quiet.sync()

    assert all(quiet.in_jira(one) == 1 for one in ids)
    assert len(quiet.held()) == len({(one.issue_id, one.field_id) for one in quiet.held()})
