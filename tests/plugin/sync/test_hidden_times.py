"""Numbers of a time at which a hidden issue counted stay hidden when it counts no more, at every door; those of other times are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event

from connectors.sandbox.site_state.edits import delete, move
from connectors.sandbox.site_state.scheme import CONNECTOR, PEOPLE, VIEWER
from connectors.sandbox.site_state.state import person as as_person
from connectors.store.database.instant import to_ms
from connectors.store.numbers import history_retention, objectives
from connectors.store.people import accounts
from connectors.store.visibility import counted_spans
from connectors.store.visibility.counted_issues import CountedIssues
from connectors.store.visibility.counted_spans import CountedSpan
from connectors.store.visibility.hidden_numbers import FOR_EVER
from connectors.store.visibility.modes import Visibility
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.jobs.history_retention import read_counted
from plugin.use_cases.objectives.moments import MovementQuestion
from plugin.use_cases.objectives.movement import WITHHELD
from plugin.use_cases.objectives.objectives import every_point, marks, movement
from plugin.use_cases.visibility import numberless_objectives
from plugin.use_cases.visibility.account_people import tie
from plugin.use_cases.visibility.number_cut import RESTRICTED
from plugin.use_cases.visibility.site_visibility import change_visibility
from tests.plugin.mcp.conftest import ERAS, Assistant
from tests.plugin.sync.test_cycle_doors import Door
from tests.quarter import MAPPING, state
from tests.sight import unpacked

SEEN = 21
"""So many stories of the objective everybody sees: its numbers have denominators that stand nowhere else."""


@dataclass
class Case:
    """An objective that counted a hidden story for a while; what it stood at before, with it, and since."""

    hand: Any
    epic: str
    hidden: str
    call: Door
    before: list[Fraction]
    within: list[Fraction]
    instants: list[datetime]

    def forget(self) -> None:
        connector = self.hand.connector
        connector.counted.clear()
        connector.numberless = {}
        connector.noted_sights.clear()

    def history(self) -> list[str | None]:
        self.forget()
        code, found = self.call("GET", f"/objectives/{self.epic}/history")
        assert code == 200, found
        return [one["progress_exact"] for one in found["items"]]


def prepared(hand: Any) -> Case:
    hand.activate(MAPPING)
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    stories = [hand.issue("Story", epic) for _ in range(SEEN)]
    hand.sync()
    hand.clock.pass_by(days=1)
    step(hand, stories[0])
    before = [state(hand, epic).progress]
    hand.clock.pass_by(days=1)
    instants = [hand.clock.now]
    hidden = hand.issue("Story", epic)
    hand.sandbox.sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    hand.sandbox.sandbox.secure(hidden, "directors")
    hand.land(hidden)
    hand.work_off()
    within = [state(hand, epic).progress]
    for issue in (hidden, stories[1]):
        hand.clock.pass_by(days=1)
        step(hand, issue)
        within.append(state(hand, epic).progress)
        instants.append(hand.clock.now)
    hand.clock.pass_by(days=1)
    call = Door(hand.connector)
    with hand.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    tie(hand.connector, COMMAND_LINE, account, "main", VIEWER.id)
    change_visibility(hand.connector, COMMAND_LINE, "main", Visibility.NUMBERS)
    return Case(hand, epic, hidden, call, before, within, instants)


def step(hand: Any, issue: str) -> None:
    hand.status(issue, "Done")
    hand.land(issue)
    hand.work_off()


def deleted(case: Case) -> None:
    sandbox = case.hand.sandbox.sandbox
    delete(sandbox, sandbox.records[case.hidden], CONNECTOR, with_subtasks=True)


def moved(case: Case) -> None:
    sandbox = case.hand.sandbox.sandbox
    move(sandbox, sandbox.records[case.hidden], "CORE", as_person(PEOPLE[0]))


def put_elsewhere(case: Case) -> None:
    other = case.hand.issue("Epic")
    case.hand.edit(case.hidden, parent={"id": other})


WAYS: dict[str, Callable[[Case], None]] = {"deleted": deleted, "moved": moved, "re-parented": put_elsewhere}


def departed(case: Case, way: str) -> Fraction:
    """The hidden story counts no more; what the objective stands at since."""
    WAYS[way](case)
    case.hand.sync()
    case.hand.work_off()
    case.forget()
    case.hand.clock.pass_by(hours=1)
    progress = state(case.hand, case.epic).progress
    assert progress not in case.within
    assert isinstance(progress, Fraction)
    return progress


def text(one: Fraction) -> str:
    return f"{one.numerator}/{one.denominator}"


def doors(case: Case) -> dict[str, str]:
    """Every address that can be read, by the viewer, with the objective and each instant in it."""
    known = {"site": ["main"], "cycle": ["2026-Q4"], "form": ["csv", "json", "jsonl"]}
    known |= {name: [case.epic] for name in ("objective", "id_or_key", "issue")}
    told: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {case.call.tokens['viewer']}"}
    for rule in case.call.client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/forge/", "/assets/")):
            continue
        for number in range(max((len(known.get(name, "1")) for name in rule.arguments), default=1)):
            address = rule.rule
            for name in rule.arguments:
                values = known.get(name, ["1"])
                address = re.sub(rf"<(?:[^:<>]+:)?{name}>", values[number % len(values)], address)
            asked = [address]
            if case.epic in address:
                asked += [
                    f"{address}?{name}={one.isoformat().replace('+00:00', 'Z')}"
                    for one in case.instants
                    for name in ("at", "since", "until")
                ]
                asked += [f"{address}?since=first", f"{address}?since=week"]
            for one in asked:
                answer = case.call.client.get(one, headers=headers)
                assert answer.status_code < 500, (one, answer.status_code)
                told[one] = unpacked(answer.data).decode(errors="replace")
    return told


def leaks(told: dict[str, str], numbers: list[Fraction]) -> dict[str, list[str]]:
    shown = {
        said for one in numbers for said in (text(one), f"{float(one) * 100:.2f}", f"{float(one):.6f}"[:7])
    }
    found = {
        door: sorted(one for one in shown if re.search(rf"(?<![0-9.]){re.escape(one)}", body))
        for door, body in told.items()
    }
    return {door: those for door, those in found.items() if those}


@pytest.mark.parametrize("way", WAYS)
def test_the_history_of_the_days_that_a_hidden_issue_counted_stays_hidden(hand: Any, way: str) -> None:
    case = prepared(hand)
    assert case.history() == []
    since = departed(case, way)
    told = case.history()
    assert told[0] == "0"
    assert text(case.before[0]) in told
    assert text(since) in told
    assert None in told
    assert not {text(one) for one in case.within} & {*told}
    for at in case.instants:
        code, found = case.call("GET", f"/objectives/{case.epic}/ledger?at={at:%Y-%m-%dT%H:%M:%SZ}")
        assert code == 200, found
        assert (found["key_results"], found["headline"]["rows"]) == ([], [])
    code, found = case.call("GET", f"/objectives/{case.epic}")
    assert found["progress_exact"] == text(since)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_numbers_that_a_hidden_issue_was_in_are_told_at_no_door_once_it_counts_no_more(
    hand: Any, way: str
) -> None:
    case = prepared(hand)
    departed(case, way)
    assert leaks(doors(case), case.within) == {}
    change_visibility(hand.connector, COMMAND_LINE, "main", Visibility.EVERYONE)
    assert leaks(doors(case), case.within), "else the walk would prove nothing"


def test_whoever_saw_a_deleted_issue_while_it_counted_is_told_the_numbers_until_they_looked_last(
    hand: Any,
) -> None:
    case = prepared(hand)
    hand.sandbox.sandbox.secure(case.hidden, None)
    hand.clock.pass_by(hours=2)
    assert {text(one) for one in case.within} <= {*case.history()}
    hand.clock.pass_by(days=1)
    hand.sandbox.sandbox.secure(case.hidden, "directors")
    for issue in (hand.issue("Story", case.epic), hand.issue("Story", case.epic, "Done")):
        hand.land(issue)
        hand.work_off()
    unseen = state(hand, case.epic).progress
    hand.clock.pass_by(days=1)
    departed(case, "deleted")
    told = case.history()
    assert {text(one) for one in case.within} <= {*told}
    assert text(unseen) not in told


def test_where_numbers_are_not_by_permission_what_counted_is_not_read(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = prepared(hand)
    departed(case, "re-parented")
    change_visibility(hand.connector, COMMAND_LINE, "main", Visibility.ROWS)
    monkeypatch.setattr(counted_spans, "load_all", None)
    case.forget()
    assert len({text(one) for one in case.within} & {*case.history()}) == len(case.within)


def test_what_an_objective_counts_costs_a_statement_where_it_is_another_and_none_where_it_is_not(
    hand: Any,
) -> None:
    case = prepared(hand)
    told = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if "counted_span" in statement:
            told.append(statement.split()[0])

    engine = hand.connector.store.engine
    event.listen(engine, "before_cursor_execute", note)
    stories = [one.id for one in hand.sandbox.sandbox.records.values() if one.id != case.hidden][2:4]
    step(hand, stories[1])
    assert told == []
    put_elsewhere(case)
    hand.land(case.hidden)
    hand.work_off()
    assert told == ["INSERT"]
    event.remove(engine, "before_cursor_execute", note)
    with hand.connector.store.read() as conn:
        (span,) = counted_spans.load_all(conn, "main")
    assert (span.objective_id, span.issue_id) == (case.epic, case.hidden)
    assert span.since == to_ms(case.instants[0])
    assert span.until == to_ms(hand.clock.now)


def test_the_past_of_a_former_release_is_hidden_whole_until_its_kept_states_are_read(hand: Any) -> None:
    case = prepared(hand)
    since = departed(case, "re-parented")
    with hand.connector.store.write() as conn:
        conn.execute(counted_spans.table.delete())
        last = max(one.at for one in objectives.history(conn, "main", case.epic))
        unread = CountedSpan(case.epic, counted_spans.UNREAD, 0, to_ms(last) + 1)
        counted_spans.note_past(conn, "main", [unread])
    assert {*case.history()} == {None}
    read_counted(hand.connector, "main", lambda: None)
    told = case.history()
    assert {"0", text(case.before[0]), text(since)} <= {*told}
    assert not {text(one) for one in case.within} & {*told}
    with hand.connector.store.read() as conn:
        assert counted_spans.unread(conn, "main") == []


def test_what_left_at_the_end_of_a_hidden_time_is_not_marked_for_it_is_told_against_that_time(
    hand: Any,
) -> None:
    case = prepared(hand)
    departed(case, "re-parented")
    late = hand.issue("Story", case.epic)
    hand.clock.pass_by(days=1)
    hand.land(late)
    hand.work_off()
    case.forget()
    with hand.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    viewer = Actor("viewer", Permission.VIEWER, account.id)
    whole = [
        one for one in marks(hand.connector, COMMAND_LINE, "main", case.epic) if one.at > case.instants[0]
    ]
    removed = [one.at for one in whole if one.text.endswith("removed")]
    added = [one.at for one in whole if one.text.endswith("added")]
    assert (len(removed), len(added)) == (1, 1)
    told = {one.at for one in marks(hand.connector, viewer, "main", case.epic) if one.text != RESTRICTED}
    assert not told & {*removed}
    assert {*added} <= told


def test_with_many_spans_and_parts_what_is_hidden_is_worked_out_by_an_index(hand: Any) -> None:
    reads = list[str]()

    class Spans(tuple[CountedSpan, ...]):
        def __iter__(self) -> Iterator[CountedSpan]:
            reads.append("")
            return super().__iter__()

    number = 40
    children = [f"{9000 + one}" for one in range(number)]
    counted = CountedIssues(
        names={},
        rows={one: frozenset[str]() for one in children} | {"1": frozenset()},
        above={one: {"1"} for one in children},
        keys={},
        spans={"1": Spans(CountedSpan("1", one, 5, None) for one in children)},
        gone=frozenset(),
        places={},
        first_seen={},
        ends={},
        runs={},
        read_ms=0,
    )
    times = numberless_objectives._hidden_times(hand.connector, "main", VIEWER.id, counted, frozenset())
    assert times["1"].spans == ((5, FOR_EVER),)
    assert len(reads) < number


def left_for_a_while(case: Case) -> datetime:
    hand = case.hand
    hand.edit(case.epic, labels=["2026-Q4"])
    hand.sync()
    hand.work_off()
    hand.clock.pass_by(days=1)
    between: datetime = hand.clock.now
    put_elsewhere(case)
    hand.edit(case.epic, labels=["okr", "2026-Q4"])
    hand.clock.pass_by(days=1)
    hand.sync()
    hand.work_off()
    return between


def thinned(case: Case) -> datetime:
    hand = case.hand
    departed(case, "re-parented")
    between: datetime = hand.clock.now
    hand.clock.pass_by(hours=1)
    step(hand, hand.issue("Story", case.epic))
    hand.clock.pass_by(days=2)
    assert history_retention.thin(hand.connector.store, "main", hand.clock.now) > 0
    return between


def why_untold(case: Case, viewer: Actor, at: str) -> dict[str, str]:
    """What each door says in the place of a movement."""
    client, token = case.call.client, case.call.tokens["viewer"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    page = client.get(f"/objectives/{case.epic}?since={at}", headers=headers).get_data(as_text=True)
    part = BeautifulSoup(page, "html.parser").select_one("section[aria-labelledby=moved]")
    assert part is not None
    assistant = Assistant(case.hand.connector, client.application, token, ERAS[0], viewer)
    (untold,) = assistant.ask("okr_moved", objective_key=case.epic, since=at)["unknown"]
    _, told = case.call("GET", f"/objectives/{case.epic}/movement?since={at}")
    return {"API": told["detail"], "page": part.text, "tool": untold["why"]}


@pytest.mark.parametrize("way", [left_for_a_while, thinned])
def test_what_stood_in_a_hidden_time_is_not_told_as_what_stood_after_it(
    hand: Any, way: Callable[[Case], datetime]
) -> None:
    case = prepared(hand)
    at = f"{way(case):%Y-%m-%dT%H:%M:%SZ}"
    case.forget()
    hand.clock.pass_by(hours=1)
    for path in (f"movement?since={at}", f"ledger?at={at}"):
        code, found = case.call("GET", f"/objectives/{case.epic}/{path}")
        assert code == (403 if path.startswith("movement") else 200), found
        assert [text(one) for one in case.within if text(one) in str(found)] == [], path
    with hand.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    viewer = Actor("viewer", Permission.VIEWER, account.id)
    why = why_untold(case, viewer, at)
    assert {door: WITHHELD in said for door, said in why.items()} == {"API": True, "page": True, "tool": True}
    assert [door for door, said in why.items() if "begins on" in said] == []
    whole = movement(hand.connector, COMMAND_LINE, "main", state(hand, case.epic), MovementQuestion(at))
    assert whole.movement is not None
    points = [one for one in every_point(hand.connector, viewer, "main") if one.point.progress]
    assert not {one.progress_before for one in points} & {*case.within}
    code, found = case.call("GET", f"/objectives/{case.epic}")
    assert found["progress_exact"] == text(state(hand, case.epic).progress)
