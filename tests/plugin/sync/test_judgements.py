"""Tables of what a sync believes: of ends that were noted, of rows that a brake doubts, of reads that were interrupted or end oddly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira, SearchPage
from connectors.jira.http.errors import IncompleteRead
from connectors.store import Store
from connectors.store.absence import gaps
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.database import json_text
from connectors.store.mirror import mirror
from connectors.store.reads import read_requests, resyncs
from connectors.store.work import due, inbox
from connectors.store.writes import brakes
from connectors.store.writes.brakes import DoubtedRow
from mappings.document.binder import bind
from mappings.document.names import MappingName, NameKind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.forest import Forest
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue, JiraValue, User
from mappings.fields import CUSTOM
from mappings.fields.request_type import KEY as REQUEST_TYPE
from mappings.rollup.cycles.cycle_end import EndFacts
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from mappings.write_back.evidence import UnheardEdit
from plugin.sync import bindings, drain
from plugin.sync.context import Context
from plugin.sync.reconcile import cycle_ends
from plugin.sync.refresh import written_options
from plugin.sync.refresh.reread import ReadById
from plugin.sync.resync import checkpoint, completeness, mirror_update, missing_issues, recent_read
from plugin.sync.resync.checkpoint import ReadPlace, RunningRead
from plugin.sync.resync.mirror_update import MirrorUpdate, ResyncResult
from plugin.sync.write_back import doubts, edits
from tests.mappings.rollup.conftest import build_issue

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FINE = Health(HealthLevel.ON_TRACK, "", "")


@pytest.fixture
def bare(sqlite_store: Store, document: dict[str, Any]) -> Context:
    mapping = bind(Document.model_validate(document), Catalogue())
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, Catalogue(), lambda: NOW)


def on_data_center(context: Context) -> Context:
    return replace(context, jira=cast("Jira", SimpleNamespace(deployment="datacenter")))


# -- ends of cycles

EPIC, STORY = build_issue(9, type="Epic"), build_issue(9)
STATE = ObjectiveState("9", "epics", "", Fraction(1, 2), FINE, Ledger((), Fraction(1, 2)))


@pytest.mark.parametrize(
    ("issue", "cycle", "closed", "former", "stands"),
    [
        (EPIC, "2026-Q4", 1, False, True),
        (EPIC, "2026-Q4", 0, True, True),
        (EPIC, "2026-Q4", 0, False, False),  # this revision makes of the facts what it makes of them
        (EPIC, "2026-Q3", 1, False, False),  # it runs in a later one
        (STORY, "2026-Q4", 1, False, True),  # no objective any more, and closed
        (STORY, "2026-Q4", 0, True, False),
        (None, "2026-Q4", 1, False, False),
        (None, "2026-Q4", 0, True, False),
    ],
)
def test_an_objective_stands_by_what_was_noted_of_its_end(
    bare: Context, issue: Issue | None, cycle: str, closed: int, former: bool, stands: bool
) -> None:
    revision = "another" if former else bare.mapping.revision
    end = CycleEnd(NOW - DAY, EndFacts(cycle, ()), STATE, revision, closed)
    forest = Forest.of([] if issue is None else [issue])
    found = cycle_ends.standing_by_notes(bare.mapping, {"9": end}, forest, bare.moment())
    assert found == ({"9": STATE} if stands else {})


@pytest.mark.parametrize(
    ("ids", "late"),
    [(("1", "2"), False), (("1", "2", "3"), False), (("1",), True), (("1", "2 again"), True)],
)
def test_what_is_told_late_is_of_an_issue_that_was_noted(ids: tuple[str, ...], late: bool) -> None:
    issues = {one: build_issue(one[0], summary=one) for one in ("1", "2", "3", "2 again")}
    noted = EndFacts("2026-Q4", (issues["1"], issues["2"]))
    assert cycle_ends._told_late(EndFacts("2026-Q4", tuple(issues[one] for one in ids)), noted) is late


# -- rows that a brake doubts

SAME, OTHER = {"status": "x"}, {"status": "y"}
CAME = frozenset({"parent"})


@pytest.mark.parametrize(
    ("row", "issue", "seen", "asked", "explained", "noted"),
    [
        (DoubtedRow(NOW, base=SAME), NOW, None, [set(), set()], True, None),
        (DoubtedRow(NOW, base=OTHER), NOW, None, [set(), set()], False, None),
        (DoubtedRow(NOW, base=OTHER), NOW + SECOND, None, [{"30"}, set()], True, None),
        (DoubtedRow(NOW, base=SAME, came=CAME), NOW, None, [set(), set()], False, None),
        (DoubtedRow(NOW, base=SAME, came=CAME), NOW + SECOND, None, [set(), {"30"}], True, None),
        (DoubtedRow(NOW, base=OTHER, came=CAME), NOW + SECOND, None, [{"30"}, {"30"}], True, None),
        (DoubtedRow(NOW, base=OTHER, left=True), NOW, None, [{"30"}, set()], True, None),
        (DoubtedRow(NOW), NOW + SECOND, None, [set(), set()], False, None),
        (DoubtedRow(NOW), None, None, [{"30"}, set()], True, NOW),
        (DoubtedRow(NOW, left=True), None, None, [set(), set()], False, None),
        (DoubtedRow(NOW, left=True), None, NOW, [set(), set()], False, None),
        (DoubtedRow(NOW, left=True), None, NOW + SECOND, [{"30"}, set()], True, NOW + SECOND),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_doubted_row_is_explained_by_what_it_says_or_its_history_asked_once(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    row: DoubtedRow,
    issue: datetime | None,
    seen: datetime | None,
    asked: list[set[str]],
    explained: bool,
    noted: datetime | None,
    told: bool,
) -> None:
    """Row 30 of objectives 9 and 10, and 31 of 9, of which nothing is known; another site has the same in doubt."""
    unexplained = DoubtedRow(NOW + HOUR, left=True)
    found: list[Mapping[str, UnheardEdit]] = []

    def unproven(_context: Context, some: Mapping[str, UnheardEdit]) -> frozenset[str]:
        found.append(some)
        return frozenset() if told else frozenset(some)

    monkeypatch.setattr(doubts, "unproven", unproven)
    monkeypatch.setattr(doubts, "fact_names", lambda *_: SAME)
    brake = brakes.Brake("too much", NOW, 1, frozenset({"9", "10"}))
    with bare.store.write() as conn:
        for site in ("main", "other"):
            brakes.put(
                conn, site, brake, {"9": {"9": {"30": row, "31": unexplained}}, "10": {"10": {"30": row}}}
            )
        if issue is not None:
            mirror.put(conn, "main", [build_issue(30, updated=issue)])
    doubts.settle_doubts(bare, "9", {} if seen is None else {"30": seen})
    assert found == [one for one in found if set(one) == {"30"}]
    ways = [bool(asked[0]), bool(asked[1])]
    assert len(found) == sum(ways)
    assert [one["30"].came for one in found] == [
        came for came, some in ((issue is None, asked[0]), (True, asked[1])) if some
    ]
    gone = explained and (told or not any(asked))
    with bare.store.read() as conn:
        left = brakes.doubts_of(conn, "main", "9") or {}
        assert set(left.get("9", {})) == ({"31"} if gone else {"30", "31"})
        if not gone and any(asked):
            again = left["9"]["30"]
            assert (again.at, again.left) == (noted or issue, issue is None)
        assert due.ids(conn, "main") == ({"10"} if gone else set())
        assert set((brakes.doubts_of(conn, "other", "9") or {})["9"]) == {"30", "31"}


@pytest.mark.parametrize("cloud", [True, False])
def test_rows_that_left_are_looked_for_by_id_where_a_brake_doubts_them(
    bare: Context, monkeypatch: pytest.MonkeyPatch, cloud: bool
) -> None:
    """30 is shown outside, 31 is gone, 32 is back in the mirror, and 33 never left."""
    context = bare if cloud else on_data_center(bare)
    rows = {str(one): DoubtedRow(NOW, left=one != 33) for one in (30, 31, 32, 33)}
    brake = brakes.Brake("too much", NOW, 1, frozenset({"8", "9"}))
    with bare.store.write() as conn:
        brakes.put(conn, "main", brake, {"9": {"9": rows}, "8": {"8": {"31": rows["31"]}}})
        mirror.put(conn, "main", [build_issue(32)])
    read: list[list[str]] = []

    def read_again(_context: Context, ids: Sequence[str]) -> ReadById:
        read.append(list(ids))
        return ReadById([build_issue(30, project="SHOP", updated=NOW + HOUR)], frozenset({"31"}))

    settled: list[tuple[str, object]] = []
    gone: list[frozenset[str]] = []
    monkeypatch.setattr(missing_issues, "read_again", read_again)
    monkeypatch.setattr(
        missing_issues, "settle_doubts", lambda _context, id_, seen: settled.append((id_, seen))
    )
    monkeypatch.setattr(missing_issues, "explain_gone", lambda _context, _conn, ids: gone.append(ids))
    missing_issues.look_for_doubted(context)
    assert (read, settled) == ([["30", "31"]], [("9", {"30": NOW + HOUR})])
    assert gone == ([] if cloud else [frozenset({"31"})])


def test_what_is_listed_and_not_shown_is_a_gap_on_cloud_unless_it_is_known(bare: Context) -> None:
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(1)])
        mirror.put(conn, "other", [build_issue(2)])
    read = ReadById([], frozenset({"3", "2", "1"}), (Gap("7", "PLAT-7", "It is garbage."),))
    found = missing_issues.listed_gaps(bare, read)
    assert [(one.issue_id, one.listed) for one in found] == [("7", True), ("2", True), ("3", True)]
    assert [one.issue_id for one in missing_issues.listed_gaps(on_data_center(bare), read)] == ["7"]


# -- reads that were interrupted, or end oddly


@pytest.mark.parametrize(
    ("place", "rested", "asked", "usable"),
    [
        ({}, timedelta(0), 0, True),
        ({}, DAY, 0, True),
        ({}, DAY + SECOND, 0, False),
        ({"under": "another mapping"}, timedelta(0), 0, False),
        ({}, timedelta(0), 1, False),
        ({"wanted": 1}, timedelta(0), 1, True),
        ({"wanted": 3}, timedelta(0), 0, True),  # that was served since
        ({"after": None}, timedelta(0), 0, False),
        ({"after": None, "complete": True}, timedelta(0), 0, True),
    ],
)
def test_a_read_is_gone_on_with_where_the_same_is_asked_and_nothing_was_asked_for_since(
    bare: Context, place: dict[str, Any], rested: timedelta, asked: int, usable: bool
) -> None:
    known = ReadPlace(checkpoint._under(bare), False, 10, NOW, after="page 2")
    reached = replace(known, **place)
    kept = resyncs.UnfinishedRead("r", json_text.encode(reached), NOW - rested)
    with bare.store.write() as conn:
        for _ in range(asked):
            read_requests.ask(conn, "main", NOW)
        read_requests.ask(conn, "other", NOW)
        assert checkpoint._usable(bare, conn, kept) == (reached if usable else None)
        assert checkpoint._usable(bare, conn, None) is None


@pytest.mark.parametrize(("began", "met"), [(None, 2), (NOW - HOUR, 2), (NOW, 1), (NOW + SECOND, 0)], ids=str)
def test_what_this_read_met_and_could_not_read_counts_as_shown(
    bare: Context, began: datetime | None, met: int
) -> None:
    with bare.store.write() as conn:
        gaps.put(conn, "main", [Gap("1", "PLAT-1", "It is garbage.")], NOW - HOUR)
        gaps.put(conn, "main", [Gap("2", "PLAT-2", "It is garbage.")], NOW)
        gaps.put(conn, "main", [Gap("", "", "Some are missing.", field=completeness.UNCOUNTED)], NOW)
        gaps.put(conn, "other", [Gap("3", "PLAT-3", "It is garbage.")], NOW)
    place = ReadPlace("", False, 10, NOW, began_here=began)
    assert completeness._unread(bare, RunningRead("r", place, ResyncResult())) == met


def a_page(*updated: datetime, last: bool) -> SearchPage:
    issues = [build_issue(number, updated=at) for number, at in enumerate(updated, 1)]
    return cast(
        "SearchPage", SimpleNamespace(issues=issues, gaps=(), size=len(issues), last=last, after=None)
    )


@pytest.mark.parametrize(
    ("pages", "mark", "counted"),
    [
        ([a_page(NOW - SECOND, NOW - HOUR, last=True)], NOW - SECOND, False),
        ([a_page(NOW - HOUR, last=False), a_page(NOW, last=True)], NOW - HOUR, False),
        ([a_page(NOW - 3 * DAY, last=True)], NOW - DAY, False),
        ([a_page(NOW + HOUR, last=True)], NOW + recent_read.AHEAD, False),
        ([a_page(last=True)], NOW - DAY, True),
        ([a_page(NOW, last=False), a_page(last=True)], NOW, True),
        ([a_page(NOW, last=False)], None, False),
        ([], None, False),
    ],
)
def test_the_mark_follows_the_newest_of_the_first_page_as_far_as_the_clock(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    pages: list[SearchPage],
    mark: datetime | None,
    counted: bool,
) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(recent_read, "changed_pages", lambda _context, since: (f"since {since}", iter(pages)))
    monkeypatch.setattr(recent_read, "require_names", lambda *_: None)
    monkeypatch.setattr(recent_read, "with_readings", lambda _context, issues, *_, **__: issues)
    monkeypatch.setattr(recent_read, "look_again", lambda *_: None)
    monkeypatch.setattr(recent_read, "land_again", lambda *_, **__: MirrorUpdate(1, 1))
    monkeypatch.setattr(recent_read, "confirm_end", lambda _context, jql, shown: asked.append((jql, shown)))
    told: list[tuple[int, int | None]] = []
    known = recent_read.Watermark(NOW - DAY, "")
    with nullcontext() if mark is not None else pytest.raises(IncompleteRead):
        found = recent_read._read(bare, known, ResyncResult(kind="recent"), lambda *at: told.append(at))
        assert found == mark
    shown = sum(one.size for one in pages)
    assert asked == ([(f"since {NOW - DAY - recent_read.OVERLAP}", shown)] if counted else [])
    assert told == [(at, at if page.last else None) for at, page in enumerate(pages, 1)]


@pytest.mark.parametrize(
    ("deliveries", "ahead", "rows", "pause"),
    [
        (0, None, 0, drain.SHORTEST),
        (1, None, 1, drain.SHORTEST),
        (0, timedelta(0), 1, drain.SHORTEST),
        (0, timedelta(seconds=0.7), 1, 0.7),
        (0, timedelta(seconds=30), 1, drain.LONGEST),
        (0, timedelta(seconds=31), 0, drain.SHORTEST),
        (1, timedelta(seconds=31), 2, drain.SHORTEST),
    ],
)
def test_what_is_waited_for_is_what_comes_within_the_patience(
    bare: Context, deliveries: int, ahead: timedelta | None, rows: int, pause: float
) -> None:
    with bare.store.write() as conn:
        for number in range(deliveries):
            inbox.store(conn, "main", f"{number}", b"{}", NOW)
        inbox.store(conn, "other", "0", b"{}", NOW)
        due.mark(conn, "other", ["1"], NOW, "a test")
        if ahead is not None:
            due.mark(conn, "main", ["1"], NOW, "a test", NOW + ahead)
    left = drain._left(bare, timedelta(seconds=30))
    assert (left.rows, left.pause) == (rows, pytest.approx(pause))


# -- who is meant by a word

ADA, OTHER_ADA, BEA = User("a", "Ada", "ada@acme.example"), User("b", "Ada"), User("c", "Bea")


@pytest.mark.parametrize(
    ("word", "people", "meant"),
    [
        ("ada", [ADA, BEA], (ADA,)),
        ("Ada", [ADA, OTHER_ADA], ()),
        ("ADA@acme.example", [ADA, OTHER_ADA], (ADA,)),
        ("b", [ADA, OTHER_ADA], (OTHER_ADA,)),
        ("Ad", [ADA], ()),
        ("Ada", [], ()),
    ],
)
def test_a_word_means_a_person_where_one_alone_bears_it(
    word: str, people: list[User], meant: tuple[User, ...]
) -> None:
    jira = cast("Jira", SimpleNamespace(people=lambda _word: people))
    assert bindings._person(jira, word) == meant


# -- what moved, and what nobody edited


def test_that_an_issue_was_archived_is_jiras_own_word_and_no_silent_change(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 was archived without an edit, 2 was archived before, 3 is back, and 4 came as it is; 5 was edited."""
    monkeypatch.setattr(mirror_update, "all_read_at", lambda *_: NOW - HOUR)
    was = {"1": False, "2": True, "3": True, "5": False}
    now = {"1": True, "2": True, "3": False, "4": True, "5": False}
    known = {id_: build_issue(id_, updated=NOW - DAY, archived=gone) for id_, gone in was.items()}
    news = [
        build_issue(id_, updated=NOW if id_ == "5" else NOW - DAY, archived=gone) for id_, gone in now.items()
    ]
    with bare.store.read() as conn:
        silent, edited = mirror_update.evidence(bare, conn, known, news)
        assert mirror_update.evidence(bare, conn, known, []) == (frozenset(), {})
    assert set(silent) == {"2", "3", "4"}
    assert {id_: one.came for id_, one in edited.items()} == {"2": False, "3": False, "4": True, "5": False}


@pytest.mark.parametrize(
    ("field", "raw", "plain"),
    [
        ("customfield_1", {"requestType": {"id": "4", "name": "Get help"}}, ["4"]),
        ("customfield_1", None, []),
        ("customfield_2", 3, 3),
        ("customfield_3", {"id": "4", "value": "Big"}, {"id": "4", "value": "Big"}),  # nobody knows how to read it
        ("priority", {"id": "2", "name": "High"}, ("2", None)),
    ],
)  # fmt: skip
def test_of_a_value_its_short_name_is_made_without_its_words(field: str, raw: object, plain: object) -> None:
    fields = {
        "customfield_1": Field("customfield_1", "Request type", custom=REQUEST_TYPE),
        "customfield_2": Field("customfield_2", "Points", "number", custom=CUSTOM + "float"),
    }
    context = cast("Context", SimpleNamespace(field=fields.get, stating_fields={}))
    assert edits._plain(context, {}, field, raw) == plain


def test_options_are_learnt_from_each_screen_that_is_shown(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of f both words are among its options then; of g one is not, so that it is written by its words."""
    fields = {one: Field(one, one.upper(), options=(JiraValue("old", "Old"),)) for one in "fg"}
    written = {"f": frozenset({"Low", "High"}), "g": frozenset({"Low", "Lost"})}
    mapping = cast("Any", SimpleNamespace(written_options=lambda: written, fields=fields))
    low, high = JiraValue("1", "Low"), JiraValue("2", "High")
    screens = [
        (build_issue(1), {"f": SimpleNamespace(options=(low,)), "g": SimpleNamespace(options=(low,))}),
        (build_issue(2, type="Epic"), {"f": SimpleNamespace(options=(high,))}),
    ]
    held: list[Catalogue] = []
    monkeypatch.setattr(written_options, "_samples", lambda *_: [])
    monkeypatch.setattr(written_options, "_screens", lambda *_: screens)
    monkeypatch.setattr(
        written_options.names,
        "hold_against",
        lambda _conn, _site, _mapping, catalogue, *_: held.append(catalogue),
    )
    written_options.compare(replace(bare, mapping=mapping))
    ((f, g),) = [one.fields for one in held]
    assert (f.options, g.options) == ((low, high), ())
    assert [(one.type_id, one.options) for one in f.contexts] == [("Story", ("1",)), ("Epic", ("2",))]
    assert [(one.type_id, one.options) for one in g.contexts] == [("Story", ("1",)), ("Epic", ())]


def test_each_word_is_looked_up_where_such_things_are(bare: Context) -> None:
    """Issues and people by their word, components and versions with the projects of the scope; what Jira lists in full is not asked for."""
    asked: list[tuple[str, str]] = []

    def issue_of(word: str) -> None:
        asked.append(("issue", word))

    def people(word: str) -> list[User]:
        asked.append(("people", word))
        return []

    def project_parts(id_: str) -> Catalogue:
        asked.append(("parts", id_))
        return Catalogue()

    jira = cast("Jira", SimpleNamespace(issue_of=issue_of, people=people, project_parts=project_parts))
    projects = tuple(MappingName(NameKind.PROJECT, word, (word,)) for word in ("20", "10"))
    others = (MappingName(NameKind.STATUS, "Done", ("7",)),)
    mapping = cast("Any", SimpleNamespace(scope=SimpleNamespace(names=(*projects, *others))))
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in NameKind:
        asked.clear()
        assert bindings._asked(jira, mapping, [MappingName(kind, "x")]) == Catalogue()
        found[kind.value] = list(asked)
    parts = [("parts", "10"), ("parts", "20")]
    assert {kind: calls for kind, calls in found.items() if calls} == {
        "issue": [("issue", "x")],
        "person": [("people", "x")],
        "component": parts,
        "version": parts,
    }
