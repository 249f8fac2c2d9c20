"""The mirror: newest facts win, whatever order they come in."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.store import Store
from connectors.store.mirror import former_titles, mirror
from connectors.store.mirror.issue_text import IssueReader, text_of
from connectors.store.visibility.mentions import mentions
from mappings.facts.issue import Issue, Link, Project
from tests.examples import examples

AnIssue = Callable[..., Issue]


@pytest.fixture
def phrase() -> Callable[..., Link]:
    return lambda other, text="is measured by": Link("3", "Measures", text, other)


def test_what_is_put_is_read_back_whole(store: Store, full_issue: Issue) -> None:
    with store.write() as conn:
        assert mirror.put(conn, "main", [full_issue]) == {"10007"}
    with store.read() as conn:
        assert mirror.get(conn, "main", ["10007", "404"]) == {"10007": full_issue}
        assert list(mirror.every(conn, "main")) == [full_issue]
        assert mirror.count(conn, "main") == 1
        assert mirror.newest(conn, "main") == full_issue.updated


def test_up_to_when_a_history_is_whole_is_kept_beside_the_facts(full_issue: Issue, now: datetime) -> None:
    """Rows from before it was kept read as they were written: an upgrade changes no issue."""
    for issue in (full_issue, replace(full_issue, archived=True), replace(full_issue, unknowns={})):
        assert "history_at" not in text_of(replace(issue, history_at=None))
        assert IssueReader().read(text_of(replace(issue, history_at=now))).history_at == now
        assert IssueReader().read(text_of(replace(issue, history_at=None))).history_at is None


def test_what_a_row_of_an_earlier_version_said_is_said_in_its_words(full_issue: Issue, now: datetime) -> None:
    """What is empty and came later is not told: the same facts give the same text, before an upgrade and after."""
    later = ("unknowns", "absent", "archived", "history_at", "history_names")
    facts = {"unknowns": {}, "absent": frozenset(), "archived": False, "history_at": None, "history_names": 0}
    plain = replace(full_issue, **facts)
    assert [name for name in later if f'"{name}":' in text_of(plain)] == []
    news = {"unknowns": {"f": "not a date"}, "archived": True, "history_at": now, "history_names": 2}
    for name, value in news.items():
        issue = replace(plain, **{name: value})
        assert f'"{name}":' in text_of(issue)
        assert IssueReader().read(text_of(issue)) == issue


def test_whoever_stops_reading_early_leaves_no_cursor_open(store: Store, an_issue: AnIssue) -> None:
    """On PostgreSQL an abandoned one warns when it is thrown away, and holds the server until then."""
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue(str(number)) for number in range(1, 4)])
    with store.read() as conn:
        for _ in mirror.every(conn, "main"):
            break
        assert mirror.count(conn, "main") == 3
    gc.collect()


def test_the_same_again_is_no_change(store: Store, full_issue: Issue, an_issue: AnIssue) -> None:
    reordered = replace(full_issue, fields=dict(reversed(full_issue.fields.items())))
    with store.write() as conn:
        mirror.put(conn, "main", [full_issue])
        assert mirror.put(conn, "main", [reordered, an_issue("10008")]) == {"10008"}


@pytest.mark.parametrize(
    ("minutes", "changed"), [(-1, False), (0, True), (1, True)], ids=["older", "same age", "newer"]
)
def test_older_never_overwrites_newer(store: Store, an_issue: AnIssue, minutes: int, changed: bool) -> None:
    later = an_issue("1", summary="other", minutes=minutes)
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue("1", summary="first")])
        assert mirror.put(conn, "main", [later]) == ({"1"} if changed else set())
        assert mirror.get(conn, "main", ["1"])["1"].summary == ("other" if changed else "first")


def test_sites_do_not_see_each_other(store: Store, an_issue: AnIssue) -> None:
    child = an_issue("2", parent_id="1", links=(Link("3", "Measures", "measures", "1"),))
    with store.write() as conn:
        mirror.put(conn, "other", [an_issue("1"), child])
        mirror.put(conn, "main", [an_issue("1", summary="mine")])
        assert [found.summary for found in mirror.subtree(conn, "main", ["1"])] == ["mine"]
        assert mirror.load_linked(conn, "main", ["1"]) == []
        assert [id_ for id_, _ in mirror.ids(conn, "main")] == ["1"]
        mirror.delete(conn, "main", ["1", "2"])
        assert mirror.count(conn, "main") == 0
        assert mirror.newest(conn, "main") is None
        assert mirror.count(conn, "other") == 2


def test_subtree_and_above_walk_every_level_and_circles_once(store: Store, an_issue: AnIssue) -> None:
    parents = {"1": None, "2": "1", "3": "2", "4": "2", "5": "9", "7": "8", "8": "7", "6": None}
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue(id_, parent_id=parent) for id_, parent in parents.items()])
        below = {roots: _ids(mirror.subtree(conn, "main", list(roots))) for roots in ("1", "9", "7", "16")}
        above = {ids: _ids(mirror.load_above(conn, "main", list(ids))) for ids in ("4", "5", "7", "36")}
    assert below == {"1": ["1", "2", "3", "4"], "9": ["5"], "7": ["7", "8"], "16": ["1", "2", "3", "4", "6"]}
    assert above == {"4": ["1", "2", "4"], "5": ["5"], "7": ["7", "8"], "36": ["1", "2", "3", "6"]}


def test_linked_sees_both_ends_and_forgets_links_that_went(
    store: Store, an_issue: AnIssue, phrase: Callable[..., Link]
) -> None:
    first = an_issue("1", links=(phrase("2"), phrase("2", "blocks")))
    with store.write() as conn:
        mirror.put(conn, "main", [first, an_issue("2"), an_issue("3", links=(phrase("1"),))])
        assert _ids(mirror.load_linked(conn, "main", ["1"])) == ["2", "3"]
        assert _ids(mirror.load_linked(conn, "main", ["2"])) == ["1"]
        mirror.put(conn, "main", [an_issue("1", minutes=1)])
        assert _ids(mirror.load_linked(conn, "main", ["1"])) == ["3"]
        mirror.delete(conn, "main", ["3"])
        assert mirror.load_linked(conn, "main", ["1"]) == []


def test_former_keys_still_find_the_issue(store: Store, an_issue: AnIssue) -> None:
    there = Project("2", "CORE", "Core")
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue("1", key="PLAT-1")])
        mirror.put(conn, "main", [an_issue("1", key="CORE-5", project=there, minutes=1)])
        assert mirror.id_of_key(conn, "main", "CORE-5") == "1"
        assert mirror.id_of_key(conn, "main", "PLAT-1") == "1"
        assert mirror.id_of_key(conn, "main", "PLAT-2") is None
        mirror.put(conn, "main", [an_issue("2", key="PLAT-1")])
        assert mirror.id_of_key(conn, "main", "PLAT-1") == "2", "whoever has the key now comes first"
        mirror.delete(conn, "main", ["1", "2"])
        assert mirror.id_of_key(conn, "main", "PLAT-1") is None


def test_what_an_issue_was_called_before_is_kept_with_it_and_of_many_names_the_newest(
    store: Store, an_issue: AnIssue
) -> None:
    with store.write() as conn:
        for minute in range(former_titles.KEPT + 4):
            mirror.put(conn, "main", [an_issue("1", summary=f"Name {minute}", minutes=minute), an_issue("2")])
        called = former_titles.load_titles(conn, "main", ["1", "2"])
        assert called.keys() == {"1"}
        assert len(called["1"]) == former_titles.KEPT
        assert {"Name 2", "Name 53"}.isdisjoint(called["1"]), "the oldest went, and so it is called now"
        assert mentions(conn, "main", ["1"], ())["1"].former_titles == called["1"]
        mirror.put(conn, "main", [an_issue("1", summary="Name 4", minutes=90)])
        mirror.delete(conn, "main", ["1"])
        assert former_titles.load_titles(conn, "main", ["1"]) == {}


def test_an_issue_twice_in_one_batch_keeps_the_newer(store: Store, an_issue: AnIssue) -> None:
    twice = [an_issue("1", summary="new", minutes=5), an_issue("1", summary="old")]
    with store.write() as conn:
        assert mirror.put(conn, "main", twice) == {"1"}
        assert mirror.get(conn, "main", ["1"])["1"].summary == "new"


def test_every_streams_with_flat_memory(store: Store, an_issue: AnIssue) -> None:
    summary = "x" * 2_000

    def many() -> Iterator[Issue]:
        return (an_issue(str(number), summary=summary) for number in range(6_000))

    with store.write() as conn:
        assert len(mirror.put(conn, "main", many())) == 6_000
    with store.read() as conn:
        tracemalloc.start()
        seen = sum(1 for _ in mirror.every(conn, "main"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seen == 6_000
    assert peak < 6_000_000, "all at once would be 13 MB and more"


@given(
    st.lists(
        st.tuples(
            st.sampled_from("123"),
            st.integers(0, 4),
            st.sampled_from("ab"),
            st.sampled_from([None, "1", "2"]),
        ),
        max_size=12,
    )
)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_puts_ends_at_the_newest(
    sqlite_store: Store, an_issue: AnIssue, puts: list[tuple[str, int, str, str | None]]
) -> None:
    newest: dict[str, Issue] = {}
    with sqlite_store.write() as conn:
        mirror.delete(conn, "main", "123")
        for id_, minutes, summary, parent in puts:
            told = an_issue(id_, minutes=minutes, summary=summary, parent_id=parent)
            known = newest.get(id_)
            news = known is None or (told.updated >= known.updated and told != known)
            assert mirror.put(conn, "main", [told]) == ({id_} if news else set())
            if news:
                newest[id_] = told
        assert mirror.get(conn, "main", "123") == newest


def test_the_watermark_is_the_newest_update(store: Store, an_issue: AnIssue, now: datetime) -> None:
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue("1", minutes=3), an_issue("2", minutes=7), an_issue("3")])
        assert mirror.newest(conn, "main") == now + timedelta(minutes=7)
        assert dict(mirror.ids(conn, "main"))["1"] == now + timedelta(minutes=3)


def _ids(issues: list[Issue]) -> list[str]:
    return sorted(found.id for found in issues)
