"""Fifty questions on the demo, each answered over the protocol with the numbers of the API to the last digit; and every ledger rebuilt from answers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from plugin.mcp.protocol.server import mcp_server
from tests.event_loop import run_apart

if TYPE_CHECKING:
    from tests.plugin.mcp.conftest import Assistant

AT_ONCE = 50
"""A token may ask sixty times a minute of one server."""
Ask = tuple[str, dict[str, Any]]
NUMBERS = ("progress", "delivery", "outcome", "expected")


@dataclass(frozen=True)
class Question:
    """What is asked of a tool, and what of its answer has to be what the API says."""

    words: str
    tool: str
    arguments: dict[str, Any]
    told: Callable[[Any], Any]
    path: str
    true: Callable[[Any], Any]
    query: dict[str, Any]


def exact(given: Any) -> Any:
    """A number of an answer, both ways that it is told."""
    return given["exact"], given["value"]


def asked(assistant: Assistant, questions: list[Ask]) -> list[Any]:
    """The answers, in few sessions: what a client that reads nothing else gets."""

    async def ask(some: list[Ask]) -> list[Any]:
        server = mcp_server(assistant.connector, lambda _: assistant.actor)
        async with Client(server, mode=assistant.era) as client:
            return [await client.call_tool(tool, arguments) for tool, arguments in some]

    answers: list[Any] = []
    for begin in range(0, len(questions), AT_ONCE):
        for found in run_apart(ask(questions[begin : begin + AT_ONCE])):
            assert not found.is_error, found.content
            answers.append(found.structured_content)
    return answers


def of_objective(key: str) -> list[Question]:
    """What is asked of each objective."""
    return [
        Question(
            f"Where does {key} stand, and its key results?",
            "okr_get",
            {"objective_key": key, "limit": 100},
            lambda one: (
                [exact(one["objective"][name]) for name in NUMBERS],
                [(each["id"], exact(each["progress"])) for each in one["objective"]["key_results"]],
            ),
            f"/objectives/{key}",
            lambda one: (
                [(one[f"{name}_exact"], one[name]) for name in NUMBERS],
                [(each["id"], (each["progress_exact"], each["progress"])) for each in one["key_results"]],
            ),
            {},
        ),
        Question(
            f"Why does {key} stand there?",
            "okr_explain",
            {"objective_key": key, "limit": 200},
            lambda one: (
                one["ledger"]["total"]["exact"],
                [
                    (
                        row["id"],
                        row["share"]["exact"],
                        row["progress"]["exact"],
                        row["weight"]["exact"],
                        row["reason"],
                    )
                    for row in one["ledger"]["rows"]
                ],
            ),
            f"/objectives/{key}/ledger",
            lambda one: (
                one["headline"]["total"],
                [
                    (row["id"], row["share"], row["progress"], row["weight"], row["reason"])
                    for row in one["headline"]["rows"]
                ],
            ),
            {},
        ),
        Question(
            f"Will {key} be reached?",
            "okr_forecast",
            {"objective_key": key},
            lambda one: (exact(one["probability"]), one["why"]),
            f"/objectives/{key}/forecast",
            lambda one: ((one["probability_exact"], one["probability"]), one["sentence"]),
            {},
        ),
        Question(
            f"What has moved {key}?",
            "okr_moved",
            {"objective_key": key, "since": "first", "limit": 50},
            lambda one: [exact(each["change"]) for each in one["movements"]],
            f"/objectives/{key}/movement",
            lambda one: (
                [(one["change_exact"], one["change"])] if one["change_exact"] not in ("0", None) else []
            ),
            {"since": "first"},
        ),
    ]


def of_site(cycles: list[str]) -> list[Question]:
    """What is asked of all of them."""
    return [
        Question(
            "Where do all objectives stand?",
            "okr_list",
            {"limit": 100},
            lambda one: [(each["id"], exact(each["progress"])) for each in one["objectives"]],
            "/objectives",
            lambda one: [(each["id"], (each["progress_exact"], each["progress"])) for each in one["items"]],
            {"limit": 100},
        ),
        Question(
            "Where do the KPIs stand?",
            "okr_kpis",
            {"limit": 100},
            lambda one: [(each["id"], exact(each["value"]), each["level"]) for each in one["kpis"]],
            "/kpis",
            lambda one: [
                (each["id"], (each["value_exact"], each["value"]), each["level"]) for each in one["items"]
            ],
            {},
        ),
        Question(
            "How fresh is all this?",
            "okr_freshness",
            {},
            lambda one: one["issues"],
            "/sites/main/status",
            lambda one: one["issues"],
            {},
        ),
        *(
            Question(
                f"How did {cycle} go?",
                "okr_cycle",
                {"cycle": cycle, "limit": 100},
                lambda one: (
                    one["state"],
                    [(each["id"], exact(each["score"])) for each in one["objectives"]],
                ),
                f"/cycles/{cycle}",
                lambda one: (
                    one["state"],
                    [(each["objective"], (each["score_exact"], each["score"])) for each in one["scores"]],
                ),
                {},
            )
            for cycle in cycles
        ),
    ]


@pytest.mark.slow
def test_fifty_questions_are_answered_with_the_numbers_of_the_api(modern: Assistant) -> None:
    objectives = modern.api("/objectives", limit=100)["items"]
    cycles = [one["id"] for one in modern.api("/cycles")["items"]]
    questions = [
        *of_site(cycles),
        *(each for one in objectives for each in of_objective(one["key"] or one["id"])),
    ]
    assert len(questions) >= 50
    answers = asked(modern, [(one.tool, one.arguments) for one in questions])
    wrong = [
        question.words
        for question, answer in zip(questions, answers, strict=True)
        if question.told(answer) != question.true(modern.api(question.path, **question.query))
    ]
    assert wrong == []


@pytest.mark.slow
def test_every_ledger_of_every_objective_is_rebuilt_from_answers_alone(modern: Assistant) -> None:
    """A client that reads nothing but answers, on pages of forty rows: the sum of rows, the total and the number of the API are one."""
    keys: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        (page,) = asked(modern, [("okr_list", {"limit": 6, **cursor})])
        keys += [one["key"] or one["id"] for one in page["objectives"]]
        if page["counted"]["next"] is None:
            assert page["counted"]["total"] == len(keys)
            break
        cursor = {"cursor": page["counted"]["next"]}
    rebuilt = ledgers_of(modern, keys)
    for key in keys:
        api = modern.api(f"/objectives/{key}/ledger")
        there = {
            "headline": api["headline"],
            "beside": api["beside"],
            **{one["id"]: one for one in api["key_results"]},
        }
        mine = {name: one for (of, name), one in rebuilt.items() if of == key}
        assert mine.keys() == there.keys()
        for name, (total, rows) in mine.items():
            shares = {one["id"]: one["share"]["exact"] for one in rows}
            assert shares == {one["id"]: one["share"] for one in there[name]["rows"]}, (key, name)
            assert total == there[name]["total"]
            assert sum(map(Fraction, shares.values()), Fraction(0)) == Fraction(total or 0)
        assert mine["headline"][0] == modern.api(f"/objectives/{key}")["progress_exact"]


def ledgers_of(assistant: Assistant, keys: list[str]) -> dict[tuple[str, str], tuple[Any, list[Any]]]:
    """By objective and name of the ledger its total and all of its rows, page by page."""
    found: dict[tuple[str, str], tuple[Any, list[Any]]] = {}
    waiting: list[tuple[str, str, dict[str, Any]]] = [(key, "headline", {}) for key in keys]
    while waiting:
        asks = [
            ("okr_explain", {"objective_key": key, "ledger": name, "limit": 40, **cursor})
            for key, name, cursor in waiting
        ]
        following: list[tuple[str, str, dict[str, Any]]] = []
        for (key, name, cursor), page in zip(waiting, asked(assistant, asks), strict=True):
            rows = found.setdefault((key, name), (page["ledger"]["total"]["exact"], []))[1]
            rows += page["ledger"]["rows"]
            if page["counted"]["next"] is not None:
                following.append((key, name, {"cursor": page["counted"]["next"]}))
            else:
                assert page["counted"]["total"] == len(rows)
            if name == "headline" and not cursor:
                following += [(key, one["of"], {}) for one in page["other_ledgers"]]
        waiting = following
    return found
