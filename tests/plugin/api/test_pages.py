"""Every list that is told page by page: the pages are the whole, in its order, and the last one says that it is the last."""

from __future__ import annotations

from typing import Any

from plugin.api import operations
from tests.plugin.api.test_acts import Program, program

__all__ = ["program"]

PLACES = {
    "site": "main",
    "objective": "10002",
    "kpi": "sign-ups",
    "digest": "weekly",
    "person": "3",
    "cycle": "2026-Q4",
}
CHECK_IN = '> POST /objectives/10002/check-ins {"key_result": "10004", "value": 0.5}'
HAPPENED = (
    "# something waits",
    *(
        f'> POST /kpis/sign-ups/readings {{"readings": [{{"at": "2026-11-0{day}T12:00:00Z", "value": {day}}}]}}'
        for day in (5, 6, 7)
    ),
    *(CHECK_IN, CHECK_IN, CHECK_IN),
    *(f'> POST /objectives/10002/check-ins/{number}/replies {{"said": "a"}}' for number in (1, 2, 3)),
    *(f'> person PUT /views {{"name": "{name}", "address": "/kpis"}}' for name in ("b", "a", "c")),
    *(
        f'> person POST /tokens {{"name": "{name}", "scopes": ["read"], "days": 1}}'
        for name in ("one", "two")
    ),
    "> POST /digests/weekly/send",
)
FEW = {
    *("list_dead_letters", "list_due", "list_goals"),
    "list_own_drafts",
    "list_comments",
    "list_gaps",
    "list_outbox",
    "list_own_digests",
    "preview_digest",
    "list_revisions",
    "list_sessions",
}
"""Lists of which the company has one entry or none."""


def items(program: Program, address: str) -> tuple[list[Any], str | None]:
    """The entries of a page, and what leads to the next one."""
    before = len(program.answers)
    told = program.tells(f"> GET {address}")
    assert told.startswith("200"), (address, told)
    assert len(program.answers) == before + 1
    found = program.answers[-1]
    return found["items"], found["next"]


def test_pages_are_the_whole_in_its_order_and_the_last_one_says_so(program: Program) -> None:
    for line in HAPPENED:
        assert program.tells(line)[:1] in ("", "2"), line
    few = set()
    for one in operations():
        fields = one.shapes["query"].model_fields if "query" in one.shapes else {}
        if one.method != "GET" or "cursor" not in fields or one.path.startswith("/exports/"):
            continue
        address = one.path.format(**PLACES)
        whole, after = items(program, f"{address}?limit=50")
        assert after is None, one.name
        if len(whole) < 2:
            few.add(one.name)
            continue
        walked: list[Any] = []
        cursor = ""
        for number in range(1, len(whole) + 1):
            page, after = items(program, f"{address}?limit=1{cursor}")
            walked += page
            assert (len(page), after is None) == (1, number == len(whole)), (one.name, number)
            cursor = f"&cursor={after}"
        assert walked == whole, one.name
        assert items(program, f"{address}?limit={len(whole)}") == (whole, None), one.name
        first, after = items(program, f"{address}?limit={len(whole) - 1}")
        assert first == whole[:-1], one.name
        assert items(program, f"{address}?limit=50&cursor={after}") == (whole[-1:], None), one.name
    assert few == FEW, sorted(few)
