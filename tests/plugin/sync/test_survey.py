"""A resync looks at many objectives together: only what differs, or of which something is open, is reconciled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, event, update

from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import IssueReader
from connectors.store.numbers import objectives
from connectors.store.schema import candidate_query, plan, write
from connectors.store.work import due, inbox, last_reconcile
from connectors.store.writes import brakes
from connectors.store.writes.brakes import Brake
from mappings.facts.issue import Issue
from plugin.jobs import schedules
from plugin.sync.reconcile import candidates, survey
from plugin.sync.resync.full_read import resync
from plugin.sync.work import turn
from tests.plugin.sync.conftest import PROGRESS
from tests.quarter import MAPPING, begun

MOST_OF_A_LOOK = 10
MOST_OF_AN_EVENT = 70
MOST_READS_OF_AN_OBJECTIVE = 4


@contextmanager
def asked(company: Any) -> Iterator[list[str]]:
    """The statements meanwhile."""
    said: list[str] = []

    def note(*given: Any) -> None:
        said.append(given[2])

    engine = company.connector.store.engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def objective_ids(company: Any) -> list[str]:
    with company.connector.store.read() as conn:
        return objectives.ids(conn, "main")


def mark(company: Any, ids: list[str]) -> None:
    with company.connector.store.write() as conn:
        due.mark(conn, "main", ids, company.clock(), "issues changed")


def look(company: Any) -> dict[str, survey.Look]:
    return {one.id: one for one in survey.looks(company.context, objective_ids(company))}


def standing(company: Any) -> set[str]:
    return {id_ for id_, one in look(company).items() if one.state is not None}


def test_what_a_resync_finds_as_it_was_is_not_reconciled_and_counts_as_looked_at(firm: Any) -> None:
    """Our own writes come home with it: they are no news to anybody, though the issues are newer than we knew."""
    assert len(objective_ids(firm)) == 6
    resync(firm.context)
    assert firm.due() == set()
    with firm.connector.store.read() as conn:
        computed = {one.computed_at for one in objectives.load_all(conn, "main")}
        assert computed == {last_reconcile.load_instant(conn, "main")} == {firm.clock()}


def test_only_what_differs_becomes_due(firm: Any) -> None:
    story = next(one for one in firm.records() if one.status != scheme.DONE)
    firm.move(story, scheme.DONE.name)
    resync(firm.context)
    assert firm.due() == {story.parent_id}
    firm.work_off()
    before = firm.in_jira(story.parent_id)
    other = next(id_ for id_ in objective_ids(firm) if id_ != story.parent_id)
    firm.context.jira.edit(other, {PROGRESS: 1.0})
    firm.clock.pass_by(minutes=5)
    resync(firm.context)
    assert firm.due() == {other}, "somebody wrote our field"
    assert firm.in_jira(story.parent_id) == before


def test_what_is_open_of_an_objective_is_left_to_a_reconcile(firm: Any) -> None:
    letter, braked, interrupted, failed, *still = objective_ids(firm)
    mark(firm, [letter, failed])
    with firm.connector.store.write() as conn:
        (first, second) = due.claim(conn, "me", firm.clock(), timedelta(minutes=1), 2, site="main")
        claims = {one.objective_id: one for one in (first, second)}
        due.bury(conn, claims[letter], "no", "nothing", firm.clock())
        due.postpone(conn, claims[failed], firm.clock(), "not now")
        brakes.put(conn, "main", Brake("much", firm.clock(), 1, frozenset({braked})), {})
        theirs = plan.select().where(plan.c.objective_id == interrupted).with_only_columns(plan.c.id)
        conn.execute(update(write).where(write.c.plan_id.in_(theirs)).values(outcome=None))
    assert standing(firm) == set(still)


def test_what_made_them_due_until_they_were_looked_at_is_served_and_what_came_later_is_not(firm: Any) -> None:
    early, late, *_ = objective_ids(firm)
    mark(firm, [early, late])
    looks = look(firm)
    mark(firm, [late])
    assert survey.confirm(firm.context, looks.values())
    assert firm.due() == {late}


def test_what_an_activation_made_due_is_not_served_by_a_look_of_the_former_mapping(firm: Any) -> None:
    former = firm.context
    firm.remap("indeterminate: 0.5", "indeterminate: 0.25")
    firm.clock.pass_by(minutes=5)
    before = firm.due()
    looks = list(survey.looks(former, objective_ids(firm)))
    assert len(before) == 6
    assert not survey.confirm(former, looks)
    assert firm.due() == before


def test_many_objectives_ask_no_more_of_the_database_than_one(firm: Any) -> None:
    context = firm.context

    def statements(ids: list[str]) -> int:
        with asked(firm) as said:
            found = list(survey.looks(context, ids))
        assert all(one.state is not None for one in found)
        return len(said)

    ids = objective_ids(firm)
    statements(ids)  # a new connection of the database is told how to be used
    assert statements(ids[:1]) == statements(ids) <= MOST_OF_A_LOOK


def test_an_event_asks_no_more_of_the_database_than_it_did(firm: Any) -> None:
    """From the delivery to the field, written and on record; what is rare is asked for in one statement."""
    story = next(one for one in firm.records() if one.status != scheme.DONE)
    before = firm.in_jira(story.parent_id)
    firm.move(story, scheme.DONE.name)
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": story.id}}).encode()
    with firm.connector.store.write() as conn:
        inbox.store(conn, "main", "one", body, firm.clock(), "jira:issue_updated")
    context = replace(firm.context, quiet=timedelta(0))
    with asked(firm) as said:
        assert turn(context, "me").written > 0
    assert firm.in_jira(story.parent_id) != before
    assert len(said) <= MOST_OF_AN_EVENT


def test_an_unchanged_resync_reads_what_lies_below_objectives_once(firm: Any, monkeypatch: Any) -> None:
    """What a page shows as it was is known by its text; what objectives are measured from is read by the look at them."""
    read: Counter[str] = Counter()
    as_it_was = IssueReader.read

    def counted(reader: IssueReader, text: str) -> Issue:
        found = as_it_was(reader, text)
        read[found.id] += not found.readings
        return found

    monkeypatch.setattr(IssueReader, "read", counted)
    report = resync(firm.context)
    assert report.standing == len(objective_ids(firm))
    own = set(objective_ids(firm))
    rest = {times for id_, times in read.items() if id_ not in own}
    assert rest == {1}
    assert max(read[id_] for id_ in own) <= MOST_READS_OF_AN_OBJECTIVE


def test_a_new_day_makes_those_due_whose_numbers_it_changes(firm: Any) -> None:
    """All are expected to be further each day but one that runs in no quarter: no day changes anything of it."""
    timeless, *running = objective_ids(firm)
    firm.edit(next(one for one in firm.records(scheme.EPIC) if one.id == timeless), labels=["okr"])
    resync(firm.context)
    firm.work_off()

    def told() -> int:
        said: list[int] = []
        schedules.look_at_pace(firm.connector, "main", lambda: said.append(1))
        return len(said)

    told()
    firm.work_off()
    firm.clock.pass_by(days=1)
    assert (told(), firm.due()) == (1, set(running))
    firm.work_off()
    assert (told(), firm.due()) == (0, set()), "the same day"


def test_whoever_looks_at_ended_objectives_says_so_before_each_and_reads_the_mirror_once(
    hand: Any, monkeypatch: Any
) -> None:
    """Each ended cycle is measured by itself, and this JQL needs the whole mirror: a night's look outlasted its lease."""
    timed = (
        "{id: late, select: issuetype = Bug, relation: {jql: created <= now()}, progress: {kind: delivery}}"
    )
    _, epic, *_ = begun(hand, MAPPING.replace("write_back:", f"      - {timed}\nwrite_back:"))
    more = [hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(2)]
    ended = [epic, *more]
    hand.sync()
    hand.work_off()
    every = mirror.every
    reads: list[int] = []
    said: list[int] = []

    def counted(conn: Any, site: str) -> Any:
        reads.append(len(said))
        return every(conn, site)

    monkeypatch.setattr(mirror, "every", counted)
    assert survey.mark_differing(hand.context, ended, "a new day", lambda: said.append(1)) == 0
    # Before each is measured, of which the first reads the mirror.
    assert (len(said), reads) == (len(ended), [1])


def test_who_reserved_a_look_says_so_while_it_looks_through_everything(firm: Any, monkeypatch: Any) -> None:
    """It may take long on a large site, and what was reserved for five minutes would be taken by another process meanwhile."""
    firm.remap("relation: descendant", "relation: {jql: labels = growth}")
    resync(firm.context)
    firm.work_off()
    with firm.connector.store.write() as conn:
        forgotten = conn.execute(delete(candidate_query)).rowcount
    monkeypatch.setattr(candidates, "QUERIES_AT_ONCE", 1)
    said: list[int] = []

    def going_on() -> None:
        with firm.connector.store.write():  # as the schedule does, whose reservation stands in the store
            said.append(1)

    survey.mark_differing(firm.context, objective_ids(firm), "a new day", going_on)
    assert len(said) > forgotten > 1
