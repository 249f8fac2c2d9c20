"""A read model as somebody sees it from whom issues are hidden: numbers stay, what names an issue goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from time import process_time

import pytest

from connectors.store.database.instant import from_ms
from connectors.store.people.audit import AuditEntry
from connectors.store.visibility.hidden_numbers import HiddenNumbers, HiddenTimes
from connectors.store.visibility.mentions import Mention
from mappings.digest.digest import Section, WaitingTask, list_waiting
from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.imports.plan import LeftRow, LeftValue, PlannedRow
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState
from plugin.use_cases.visibility import cut as cut_module
from plugin.use_cases.visibility.cut import Cut, HiddenIssues, UncutValue, names_in

SECRET = HiddenIssues({"7": "Buy Contoso"}, {"SEC-7": "7", "OLD-3": "7"}, lambda issue: f"hidden-{issue}x")
CUT = Cut(SECRET)


def row(id_: str, key: str, title: str) -> Contribution:
    return Contribution(
        id_,
        key,
        title,
        Disposition.COUNTED,
        "in progress",
        Fraction(2),
        Fraction(1, 2),
        Fraction(1, 4),
        "Open",
    )


def test_a_hidden_row_keeps_share_weight_and_reason_and_loses_key_title_and_status() -> None:
    seen, hidden = row("8", "PLAT-8", "Paint it"), row("7", "SEC-7", "Buy Contoso")
    ledger = CUT.value(Ledger((seen, hidden), Fraction(1, 2)))
    assert isinstance(ledger, Ledger)
    assert ledger.exact
    assert ledger.rows[0] is seen
    cut = ledger.rows[1]
    assert (cut.id, cut.key, cut.title, cut.status) == ("hidden-7x", "", "An issue you may not see", "")
    assert (cut.weight, cut.progress, cut.share, cut.reason) == (
        hidden.weight,
        hidden.progress,
        hidden.share,
        hidden.reason,
    )


def test_what_jira_holds_in_a_hidden_issue_is_told_by_no_import() -> None:
    told = LeftValue(word="title", was="Buy", file="Buy it", jira="Buy at any price", why="it was changed")
    imported = PlannedRow(
        row=2,
        part=None,
        identity="a",
        external_id=None,
        kind="objective",
        title="Buy it",
        above=None,
        parent_row=None,
        owner=None,
        co_owners=(),
        co_owner_names=(),
        cycle=None,
        start_date=None,
        end_date=None,
        description="",
        weight=None,
        status=None,
        commitment=None,
        metric=None,
        check_ins=(),
    )
    hidden, seen = CUT.value((LeftRow(imported, "SEC-7", (told,)), LeftRow(imported, "PLAT-8", (told,))))
    assert "any price" not in str(hidden)
    assert seen.values == (told,)


def test_an_objective_whose_issue_is_hidden_keeps_its_number_and_its_address() -> None:
    health = Health(HealthLevel.AT_RISK, "pace", "SEC-7 Buy Contoso: half of where it should be.")
    state = ObjectiveState(
        "7", "epics", "Buy Contoso", Fraction(1, 2), health, Ledger(), issue_id="7", key="SEC-7", owner="Kim"
    )
    cut = CUT.value(state)
    assert isinstance(cut, ObjectiveState)
    assert (cut.id, cut.title, cut.key, cut.owner) == ("7", "Restricted objective", "", "")
    assert cut.progress == Fraction(1, 2)
    assert cut.health.sentence == "An issue you may not see: half of where it should be."


def test_sentences_lose_keys_that_the_issue_had_before_and_nothing_of_others() -> None:
    assert CUT.text("blocked by OLD-3, not by OLD-31 or XOLD-3") == (
        "blocked by an issue you may not see, not by OLD-31 or XOLD-3"
    )
    assert CUT.text("as sec-7 shows, utf-8 and Old-3x do not") == (
        "as an issue you may not see shows, utf-8 and Old-3x do not"
    )
    assert CUT.value({"SEC-7": ["SEC-7 moved"], "PLAT-8": ("kept",)}) == {
        "An issue you may not see": ["An issue you may not see moved"],
        "PLAT-8": ("kept",),
    }


def test_a_title_that_the_issue_had_before_goes_with_its_key() -> None:
    hidden = replace(SECRET, former_titles={"7": ("Buy them all", " ")})
    assert Cut(hidden).text("SEC-7 Buy them all: half of where it should be.") == (
        "An issue you may not see: half of where it should be."
    )


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("Test", "Testing and Contest, then Test.", "Testing and Contest, then an issue you may not see."),
        ("[Q4] Buy", "ends with [Q4] Buy", "ends with an issue you may not see"),
        ("Fix SEC-7 now", "“Fix SEC-7 now” moved", "“an issue you may not see” moved"),
        ("Buy", "_Buy_ okr-SEC-7", "_an issue you may not see_ okr-an issue you may not see"),
        ("R&D?", "of R&D?", "of an issue you may not see"),
        ("???", "what ??? is", "what an issue you may not see is"),
        (
            "Buy Contoso",
            "Buy Contosoland, then Buy Contoso",
            "Buy Contosoland, then an issue you may not see",
        ),
        ("Plan 2", "Plan 23 is not Plan 2.", "Plan 23 is not an issue you may not see."),
        ("Plan 2", "of Plan 2_x, Plan 2", "of an issue you may not see_x, an issue you may not see"),
        ("R&D?", "of R&D?s", "of an issue you may not sees"),
    ],
)
def test_titles_go_wherever_they_stand_in_whole_words(title: str, text: str, said: str) -> None:
    hidden = HiddenIssues({"7": title}, {"SEC-7": "7"}, str)
    assert Cut(hidden).text(text) == said


def test_of_two_titles_that_begin_alike_the_longer_one_goes() -> None:
    hidden = HiddenIssues({"7": "Buy Contoso", "8": "Buy Contoso abroad"}, {}, str)
    assert Cut(hidden).text("first Buy Contoso abroad, then Buy Contoso") == (
        "first an issue you may not see, then an issue you may not see"
    )


def test_many_thousand_hidden_rows_are_cut_in_the_time_of_a_page() -> None:
    rows = tuple(
        row(str(one), f"SEC-{one}", f"The secret work number {one} of all") for one in range(1, 5001)
    )
    hidden = HiddenIssues({one.id: one.title for one in rows}, {one.key: one.id for one in rows}, str)
    began = process_time()
    cut = Cut(hidden).value(rows)
    assert process_time() - began < 2  # one pattern of all titles took 18 s
    assert isinstance(cut, tuple)
    assert {one.title for one in cut} == {"An issue you may not see"}


def test_what_says_that_it_is_of_another_site_is_not_taken_for_an_issue_of_the_same_number() -> None:
    @dataclass(frozen=True)
    class OfSite:
        site: str
        id: str
        title: str

    here, there, strange = (OfSite(site, "7", "Buy Contoso") for site in ("main", "other", "unknown"))
    others = frozenset({"other"})
    said = "An issue you may not see"
    assert Cut(SECRET, others=others).value((here, there, strange)) == (
        OfSite("main", "7", said),
        there,
        OfSite("unknown", "7", said),
    )
    assert names_in((there,), others).ids == frozenset()


def test_what_nobody_thought_of_is_refused_and_not_shown() -> None:
    with pytest.raises(UncutValue):
        CUT.value([object()])
    with pytest.raises(UncutValue):
        CUT.value(b"SEC-7")


def test_ids_and_keys_are_found_however_deep_they_stand() -> None:
    @dataclass(frozen=True)
    class Note:
        about: frozenset[str]
        words: str

    found = names_in((Note(frozenset({"7"}), "see SEC-7, old-3."), {"PLAT-8": None}))
    assert found.ids == {"7"}
    assert found.keys == {"SEC-7", "old-3", "OLD-3", "PLAT-8"}


SUMMED = HiddenIssues(
    {"7": "Buy Contoso", "9": "Sell Fabrikam", "5": "Grow abroad"},
    {"SEC-7": "7", "SEC-9": "9", "SEC-5": "5"},
    lambda issue: f"hidden-{len(issue)}x",
    summed=True,
    objectives=frozenset({"5"}),
)


def test_hidden_rows_are_one_line_and_the_ledger_is_as_exact_as_before() -> None:
    seen = row("8", "PLAT-8", "Paint it")
    whole = Ledger(
        (seen, row("7", "SEC-7", "Buy Contoso"), row("9", "SEC-9", "Sell Fabrikam")), Fraction(3, 4)
    )
    cut = Cut(SUMMED).value(whole)
    assert isinstance(cut, Ledger)
    assert cut.exact
    assert cut.hidden == 2
    line = cut.rows[1]
    assert len(cut.rows) == 2
    assert (line.key, line.title, line.weight, line.share) == (
        "",
        "2 issues you may not see",
        4,
        Fraction(1, 2),
    )
    assert line.progress == Fraction(1, 2)


def test_hidden_rows_of_a_movement_are_one_line_for_each_part_and_sum_to_it() -> None:
    def effect(id_: str, part: MovementPart, by: Fraction) -> Effect:
        return Effect(part, id_, f"SEC-{id_}", "Secret", row(id_, "SEC", "Secret"), None, by, "by Kim")

    removed, added = MovementPart.REMOVED, MovementPart.ADDED
    whole = Movement(
        Fraction(0),
        Fraction(1, 2),
        (
            effect("7", removed, Fraction(1, 8)),
            effect("9", removed, Fraction(1, 8)),
            effect("9", added, Fraction(1, 4)),
        ),
    )
    cut = Cut(SUMMED).value(whole)
    assert isinstance(cut, Movement)
    assert cut.parts == whole.parts
    assert [(one.title, one.before, one.why, one.effect) for one in cut.rows] == [
        ("work you may not see", None, "", Fraction(1, 4)),
        ("work you may not see", None, "", Fraction(1, 4)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SEC-7 Buy Contoso: half of where it should be. Go on.", "Work you may not see. Go on."),
        ("waits for SEC-9 since May; all else is well", "Work you may not see; all else is well"),
        (
            "SEC-5 Grow abroad: half of where it should be.",
            "An issue you may not see: half of where it should be.",
        ),
        ("SEC-7, SEC-9 Sell Fabrikam", "2 issues you may not see"),
        (
            '{"title": "Buy Contoso", "said": "SEC-9 rose to 40 %"}',
            '{"title": "An issue you may not see", "said": "Work you may not see"}',
        ),
    ],
)
def test_a_sentence_tells_nothing_of_a_row_that_is_not_told_apart(text: str, said: str) -> None:
    assert Cut(SUMMED).text(text) == said


def test_what_tells_of_one_hidden_row_alone_is_left_out_and_what_waits_stays_without_its_values() -> None:
    @dataclass(frozen=True)
    class Said:
        key_result_id: str
        value: Fraction

    @dataclass(frozen=True)
    class Held:
        issue_id: str
        stands: object
        wanted: object

    cut = Cut(SUMMED).value(
        ((Said("7", Fraction(1)), Said("8", Fraction(1)), Said("5", Fraction(1))), [Held("7", 3.0, "4")])
    )
    assert cut == ((Said("8", Fraction(1)), Said("5", Fraction(1))), [Held("7", None, "")])


def test_issues_side_by_side_are_counted_by_what_they_are_not_by_their_names() -> None:
    hidden = HiddenIssues({"7": "Buy", "9": "Buy"}, {"SEC-7": "7", "SEC-9": "9"}, str)
    assert (
        Cut(hidden).text("see SEC-7 Buy, SEC-9 Buy and Buy")
        == "see 2 issues you may not see and an issue you may not see"
    )


def test_a_line_of_a_digest_about_a_hidden_issue_does_not_tell_for_whom_it_waits() -> None:
    lines = list_waiting(
        [
            WaitingTask("SEC-7 Buy Contoso", "score it", "Kim", "/why/7", "7"),
            WaitingTask("PLAT-8 Paint it", "score it", "Ada", "/why/8", "8"),
        ]
    )
    cut = CUT.value(Section("Due", tuple(lines)))
    assert isinstance(cut, Section)
    assert [one.said for one in cut.lines] == [
        "An issue you may not see: score it",
        "PLAT-8 Paint it: score it (Ada)",
    ]


NUMBERLESS = HiddenIssues({}, {}, str, numberless={"8": "8", "PLAT-8": "8", "Paint it": "8"})


def counting(id_: str, key: str) -> ObjectiveState:
    """An objective that counts SEC-7."""
    health = Health(HealthLevel.AT_RISK, "pace", "half of where it should be: 31 %", Fraction(1, 2), "SEC-7")
    ledger = Ledger((row("7", "SEC-7", "Buy Contoso"),), Fraction(1, 4))
    return ObjectiveState(
        id_, "epics", "Some", Fraction(1, 2), health, ledger, issue_id=id_, key=key, pace=Fraction(1)
    )


def test_what_an_objective_was_or_would_be_has_no_numbers_where_it_counted_a_hidden_issue_then() -> None:
    hidden = replace(SECRET, summed=True)
    cut = Cut(replace(hidden, unnumbered=True)).value(counting("9", "PLAT-9"))
    assert isinstance(cut, ObjectiveState)
    assert (cut.progress, cut.pace, cut.ledger, cut.health.pace) == (None, None, Ledger(), None)
    summed = Cut(hidden).value(counting("9", "PLAT-9"))
    assert isinstance(summed, ObjectiveState)
    assert summed.progress == Fraction(1, 2)
    seen = replace(counting("9", "PLAT-9"), ledger=Ledger((row("8", "PLAT-8", "Paint it"),), Fraction(1, 4)))
    told = Cut(replace(hidden, unnumbered=True)).value(seen)
    assert isinstance(told, ObjectiveState)
    assert told.progress == Fraction(1, 2)


def test_of_an_objective_without_numbers_the_health_is_left_and_of_others_all() -> None:
    state = counting
    cut, other = (Cut(NUMBERLESS).value(one) for one in (state("8", "PLAT-8"), state("9", "PLAT-9")))
    assert other == state("9", "PLAT-9")
    assert isinstance(cut, ObjectiveState)
    assert (cut.progress, cut.pace, cut.ledger, cut.health.level) == (
        None,
        None,
        Ledger(),
        HealthLevel.AT_RISK,
    )
    assert (
        cut.health.sentence
        == cut.flags[0]
        == "Its numbers are not shown to you: it counts issues that you may not see."
    )


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("Paint it rose to 40 %. PLAT-9 fell to 3 %.", "Its numbers are not shown to you: it counts issues that you may not see. PLAT-9 fell to 3 %."),
        ("PLAT-8 Paint it is at risk", "PLAT-8 Paint it is at risk"),
        ("For plat-8 we are at 40 %, plat-9 waits.", "Its numbers are not shown to you: it counts issues that you may not see."),
        ("See plat-8 and utf-8.", "See plat-8 and utf-8."),
        ("Paint it: on track → at risk. Progress 31 % is half of the expected 62 %.", "Paint it: on track → at risk. Its numbers are not shown to you: it counts issues that you may not see."),
        ("Paint it: 31 %. It was 62 %. PLAT-9 has 3 %.\nAll: 5", "Its numbers are not shown to you: it counts issues that you may not see. PLAT-9 has 3 %.\nAll: 5"),
        ({"objective": "8", "progress": 40.0, "progress_exact": "2/5", "health": "at_risk"}, {"objective": "8", "progress": None, "progress_exact": None, "health": "at_risk"}),
        ({"objective": "9", "progress": 40.0}, {"objective": "9", "progress": 40.0}),
    ],
)  # fmt: skip
def test_figures_beside_an_objective_without_numbers_go(told: object, seen: object) -> None:
    assert Cut(NUMBERLESS).value(told) == seen


def test_values_of_times_that_do_not_differ_in_what_is_hidden_share_what_finds_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = list[frozenset[str]]()
    whole = cut_module._phrases_of

    def phrases_of(names: Iterable[str]) -> object:
        made.append(frozenset(names))
        return whole(names)

    monkeypatch.setattr(cut_module, "_phrases_of", phrases_of)
    past = HiddenNumbers(
        times={"1": HiddenTimes(((0, 500),)), "2": HiddenTimes(((300, 900),))},
        names={"1": Mention("1", "PLAT-1", "Grow"), "2": Mention("2", "PLAT-2", "Win")},
    )
    cut = Cut(HiddenIssues({}, {}, str, past=past))
    entries = [
        AuditEntry(at, from_ms(at), "main", "ada", "noted", {"text": f"{key} is at {at + 1} of 90"})
        for at in range(0, 1000, 10)
        for key in ("PLAT-1", "PLAT-2")
    ]
    told = [cut.value(one) for one in entries]
    hidden = [one.id for one, after in zip(entries, told, strict=True) if one != after]
    assert hidden == sorted([*range(0, 500, 10), *range(300, 900, 10)])
    assert len(made) == 1 + 3
