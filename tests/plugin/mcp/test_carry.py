"""What a person is shown before objectives are carried, or taken back: each step of it, and why there is nothing to do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plugin.mcp.cycles.carry import _would, _would_undo
from plugin.mcp.protocol.tool import UnanswerableQuestion


def objective(key: str, *, meant: bool = True, open_: bool = True, **why: str) -> Any:
    plan = SimpleNamespace(
        key=key, objective_id="10007", title=f"Title of {key}", problem=why.pop("problem", ""), key_results=[],
        writes=[], copies=[], moves=[],
    )  # fmt: skip
    given = {"standing": "", "why_not": "", **why}
    return SimpleNamespace(plan=plan, open=open_, meant=meant, **given)


def preview(*objectives: Any) -> Any:
    return SimpleNamespace(from_cycle="2026-Q3", into=SimpleNamespace(id="2026-Q4"), objectives=objectives)


@pytest.mark.parametrize(
    ("named", "carried"),
    [
        ([], ["A-1 Title of A-1", "A-2 Title of A-2 (scored well)"]),
        (["a-3"], ["A-3 Title of A-3 (nobody meant it)"]),
        ([" A-1 ", "a-3"], ["A-1 Title of A-1", "A-3 Title of A-3 (nobody meant it)"]),
        (["10007"], ["A-1 Title of A-1", "A-2 Title of A-2 (scored well)", "A-3 Title of A-3 (nobody meant it)"]),
    ],
)  # fmt: skip
def test_those_are_carried_that_are_named_or_else_meant(named: list[str], carried: list[str]) -> None:
    found = preview(
        objective("A-1"),
        objective("A-2", why_not="scored well"),
        objective("A-3", meant=False, why_not="nobody meant it"),
        objective("A-4", open_=False, standing="carried already"),
    )
    assert _would(found, named).splitlines() == ["Carry from 2026-Q3 into 2026-Q4:", *carried]


def test_where_nothing_would_be_carried_each_says_why() -> None:
    found = preview(
        objective("A-1", open_=False, standing="carried already", problem="no place", why_not="scored well"),
        objective("A-2", open_=False, problem="no place", why_not="scored well"),
        objective("", meant=False, why_not="scored well"),
    )
    with pytest.raises(UnanswerableQuestion) as refused:
        _would(found, [])
    assert str(refused.value) == (
        "Nothing of 2026-Q3 would be carried: A-1: carried already; A-2: no place; 10007: scored well."
    )
    with pytest.raises(UnanswerableQuestion, match=r"Nothing of 2026-Q3 would be carried: it has none\."):
        _would(preview(), ["A-1"])


def undo(**more: Any) -> Any:
    return SimpleNamespace(**{"hindrances": [], "writes": [], "moves": [], "copies": [], **more})


@pytest.mark.parametrize(
    ("delete", "fate"), [(True, "is deleted in Jira"), (False, "stays in Jira, for a person to delete")]
)
def test_each_step_back_is_shown(delete: bool, fate: str) -> None:
    steps = undo(
        writes=[SimpleNamespace(issue_key="A-1", name="Labels", before="2026-Q4", after="2026-Q3")],
        moves=[SimpleNamespace(issue_key="A-9", title="A story")],
        copies=[SimpleNamespace(key="A-20", source_key="A-2")],
    )
    one = SimpleNamespace(name="A-1", title="Grow", into="2026-Q4", undo=steps)
    found: Any = SimpleNamespace(from_cycle="2026-Q3", objectives=[one])
    assert _would_undo(found, delete_copies=delete).splitlines() == [
        "Take back what was carried out of 2026-Q3:",
        "A-1 Grow, carried into 2026-Q4",
        "- A-1 Labels: 2026-Q4 → 2026-Q3",
        "- A-9 A story moves back below A-1",
        f"- A-20, the copy of A-2, {fate}",
    ]


def test_what_hinders_it_is_said_of_each() -> None:
    hindered = [
        SimpleNamespace(name=name, undo=undo(hindrances=why))
        for name, why in (("A-1", ["it was edited", "work is below it"]), ("A-2", []), ("A-3", ["it is closed"]))
    ]  # fmt: skip
    found: Any = SimpleNamespace(from_cycle="2026-Q3", objectives=hindered)
    with pytest.raises(UnanswerableQuestion) as refused:
        _would_undo(found, delete_copies=False)
    assert str(refused.value) == (
        "It cannot be taken back: A-1: it was edited, work is below it; A-3: it is closed."
    )
