"""What forms of the mapping begin with: the statuses of the site with what was said of each, and whether anything was chosen yet."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Status
from plugin.pages.mappings import wizard
from plugin.pages.views.mappings import choices


def test_each_status_is_shown_with_its_category_and_what_was_said_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choices, "fractions_by_status", lambda *_: {"2": "1/2"})
    site = Catalogue(statuses=(Status("1", "To Do", "new"), Status("2", "Limbo", None)))
    document: Any = None
    assert choices.status_fractions(document, site) == [("1", "To Do", "new", ""), ("2", "Limbo", "", "1/2")]


@pytest.mark.parametrize(
    ("draft", "activations", "nothing"),
    [(None, (), True), ("a draft", (), False), (None, ("one",), False), ("a draft", ("one",), False)],
)
def test_nothing_is_chosen_while_there_is_neither_a_draft_nor_a_mapping_that_rules(
    monkeypatch: pytest.MonkeyPatch, draft: Any, activations: tuple[str, ...], nothing: bool
) -> None:
    monkeypatch.setattr(wizard, "draft_of", lambda *_: draft)
    monkeypatch.setattr(wizard, "current_actor", lambda: None)
    monkeypatch.setattr(wizard.revisions, "list_activations", lambda *_: activations)
    connector: Any = None
    assert wizard.nothing_chosen(connector, "main") is nothing
