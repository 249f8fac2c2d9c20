"""What a made issue holds of a row, in the form that each Jira takes: people and words are other JSON on Data Center than on Cloud."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.diagnostic import Severity
from mappings.imports.issue import _IssueMaker
from mappings.imports.row import ImportProblem

WORDS = "Make it calm\nAlso owned by: Bo, Cy\nMeasured in: ms"


def row(**more: Any) -> Any:
    known = {
        "row": 4,
        "owner": None,
        "description": "",
        "co_owner_names": (),
        "metric": None,
        "end_date": None,
    }
    return SimpleNamespace(**{**known, **more})


def maker(api: int, of: Any, **basis: Any) -> _IssueMaker:
    return _IssueMaker(SimpleNamespace(api=api, **basis), SimpleNamespace(), of)  # type: ignore[arg-type]


@pytest.mark.parametrize("api", [2, 3])
def test_who_until_when_and_the_words(api: int) -> None:
    full = row(
        owner="ada",
        description="Make it calm",
        co_owner_names=("Bo", "Cy"),
        metric=SimpleNamespace(unit="ms"),
        end_date=date(2026, 12, 31),
    )
    made = maker(api, full)
    made.describe()
    assert made.fields["assignee"] == ({"accountId": "ada"} if api == 3 else {"name": "ada"})
    assert made.fields["duedate"] == "2026-12-31"
    said = made.fields["description"]
    if api == 2:
        assert said == WORDS
    else:
        assert isinstance(said, dict)
        assert said["type"] == "doc"
        assert all(line in str(said) for line in WORDS.splitlines())
    for metric in (None, SimpleNamespace(unit=None)):
        bare = maker(api, row(metric=metric))
        bare.describe()
        assert bare.fields == {}


def test_a_link_is_said_by_the_phrase_of_its_direction() -> None:
    types = (SimpleNamespace(id="1", outward="blocks", inward="is blocked by"), SimpleNamespace(id="2", outward="Measures", inward="is measured by"))  # fmt: skip
    made = maker(3, row(), link_types=types)
    for phrase, found in (
        ("measures", ("2", True)),
        ("Is Measured By", ("2", False)),
        ("blocks", ("1", True)),
    ):
        link = made._link(phrase, "a row")
        assert link is not None
        assert (link.type_id, link.outward, link.to) == (*found, "a row")
    assert made._link("relates to", "a row") is None


def test_an_error_blocks_a_row_and_a_warning_does_not() -> None:
    made = maker(3, row())
    made._say("value_unfit", "It is no number.", "weight")
    made._warn("not_aligned", "It is left out.")
    assert made.problems == [
        ImportProblem(4, "value_unfit", "It is no number.", severity=Severity.ERROR, value="weight"),
        ImportProblem(4, "not_aligned", "It is left out.", severity=Severity.WARNING),
    ]
