"""Who saw issues that are gone: of those alone that an objective counts or has counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store import Store
from connectors.store.database.instant import to_ms
from connectors.store.mirror import mirror
from connectors.store.schema import departed_sight, dependency
from connectors.store.visibility import counted_spans, past_sights
from connectors.store.visibility.counted_spans import CountedSpan
from connectors.store.visibility.hidden_numbers import HiddenTimes
from mappings.facts.issue import Issue

AnIssue = Callable[..., Issue]


def kept(conn: Connection) -> set[tuple[str, str, str]]:
    rows = conn.execute(select(departed_sight.c.site, departed_sight.c.issue_id, departed_sight.c.person))
    return {(row.site, row.issue_id, row.person) for row in rows}


def test_of_issues_that_no_objective_counted_it_is_not_kept_who_saw_them(
    store: Store, an_issue: AnIssue, now: datetime
) -> None:
    issues = [an_issue(str(number)) for number in range(1, 9)]
    with store.write() as conn:
        mirror.put(conn, "main", issues)
        past_sights.note(conn, "main", "ada", [issues[0].project.id], now)
        past_sights.note(conn, "main", "bo", [issues[0].project.id], now)
        conn.execute(dependency.insert(), {"site": "main", "issue_id": "3", "objective_id": "9"})
        conn.execute(dependency.insert(), {"site": "other", "issue_id": "4", "objective_id": "9"})
        counted_spans.note_past(conn, "main", [CountedSpan("9", "5", 0, 7)])
        mirror.delete(conn, "main", [one.id for one in issues])
        assert kept(conn) == {("main", id_, who) for id_ in ("3", "5") for who in ("ada", "bo")}
        assert past_sights.of_departed(conn, "main", "ada", ["3", "4"]) == {"3": to_ms(now)}


def test_who_saw_an_issue_is_forgotten_once_nothing_tells_that_it_was_counted(
    store: Store, now: datetime
) -> None:
    turns = list[None]()
    with store.write() as conn:
        rows = [
            {"site": site, "issue_id": id_, "person": "ada", "at": to_ms(now)}
            for site, id_ in (("main", "1"), ("main", "2"), ("main", "3"), ("other", "1"))
        ]
        conn.execute(departed_sight.insert(), rows)
        conn.execute(dependency.insert(), {"site": "main", "issue_id": "2", "objective_id": "9"})
        counted_spans.note_past(conn, "main", [CountedSpan("9", "3", 0, 7)])
    past_sights.forget_uncounted(store, "main", lambda: turns.append(None))
    with store.read() as conn:
        assert kept(conn) == {("main", "2", "ada"), ("main", "3", "ada"), ("other", "1", "ada")}
    assert len(turns) == 1


def test_hidden_times_are_put_together_where_they_touch() -> None:
    spans = [(40, 50), (0, 10), (2, 5), (20, 30), (30, 35), (34, 33), (60, 60)]
    assert HiddenTimes.of(spans) == HiddenTimes(((0, 10), (20, 35), (40, 50)))
    assert [
        HiddenTimes(((0, 10), (20, 35))).touch(*one) for one in ((10, 19), (10, 20), (9, 9), (35, 99))
    ] == [
        False,
        True,
        True,
        False,
    ]
