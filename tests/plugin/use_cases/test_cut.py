"""A read model as somebody sees it from whom issues are hidden: numbers stay, what names an issue goes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState
from plugin.use_cases.visibility.cut import Cut, HiddenIssues, NotCut, names_in

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
    assert CUT.value({"SEC-7": ["SEC-7 moved"], "PLAT-8": ("kept",)}) == {
        "An issue you may not see": ["An issue you may not see moved"],
        "PLAT-8": ("kept",),
    }


def test_what_nobody_thought_of_is_refused_and_not_shown() -> None:
    with pytest.raises(NotCut):
        CUT.value([object()])
    with pytest.raises(NotCut):
        CUT.value(b"SEC-7")


def test_ids_and_keys_are_found_however_deep_they_stand() -> None:
    @dataclass(frozen=True)
    class Note:
        about: frozenset[str]
        words: str

    found = names_in((Note(frozenset({"7"}), "see SEC-7."), {"PLAT-8": None}))
    assert found.ids == {"7"}
    assert found.keys == {"SEC-7", "PLAT-8"}
