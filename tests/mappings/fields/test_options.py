"""How an option is found and named, and what a person is told when there is none."""

from __future__ import annotations

import pytest

from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields import FIELD_TYPES, FieldValueError, JqlView, jql_view
from mappings.fields.select import Select


def health(*options: JiraValue) -> Field:
    return Field("customfield_10061", "OKR health", "option", options=options)


def test_exact_words_win_over_words_in_another_case() -> None:
    assert Select().encode("done", health(JiraValue("1", "Done"), JiraValue("2", "done"))) == {
        "id": "2",
        "value": "done",
    }


def test_a_value_wins_over_an_id_that_looks_like_it() -> None:
    assert Select().encode("2", health(JiraValue("2", "two"), JiraValue("3", "2"))) == {
        "id": "3",
        "value": "2",
    }


def test_without_known_options_the_words_are_sent() -> None:
    assert Select().encode("At risk", health()) == {"value": "At risk"}
    assert Select().encode(JiraValue("7", "At risk"), health()) == {"id": "7"}


def test_a_missing_option_names_the_field_and_the_options_it_has() -> None:
    with pytest.raises(
        FieldValueError, match="OKR health has no option 'Green'; its options: On track, At risk"
    ):
        Select().encode("Green", health(JiraValue("1", "On track"), JiraValue("2", "At risk")))


def test_text_that_a_history_tells_is_what_stood_there() -> None:
    type_ = next(one for one in FIELD_TYPES if one.name == "fixed_text")
    assert (type_.from_change(None, "Linux"), type_.from_change("7", "")) == ("Linux", None)
    assert jql_view(Field("customfield_1", "Odd", "made-up")) is JqlView.CHOICE
    assert jql_view(Field("customfield_2", "Size", "number")) is JqlView.NUMBER
