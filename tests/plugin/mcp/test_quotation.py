"""Text from Jira: nothing that nobody sees, bounded with a mark, and named by the answer."""

from __future__ import annotations

import pytest

from plugin.mcp.ledger import LedgerAnswer
from plugin.mcp.protocol.call_rate import AT_ONCE, Pace
from plugin.mcp.protocol.quotation import quote, quoted_fields
from plugin.mcp.protocol.tool import UnanswerableQuestion


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Cut churn <b>now</b> & [a](b)", "Cut churn <b>now</b> & [a](b)"),
        ("a\u200bb\u2060c\ufeffd", "abcd"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "gnp.exe x"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("one\ntwo\r\nthree\tfour\u2028five", "one two  three four five"),
        ("hi\U000e0068\U000e0069\U000e0001", "hi"),
        ("a\ufe0f\U000e0100b", "ab"),
        ("Größe 目標 цель", "Größe 目標 цель"),
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 492 + " … [cut]"),
    ],
)
def test_what_is_seen_stays(typed: str, shown: str) -> None:
    assert quote(typed) == shown


def test_an_answer_names_every_field_that_quotes() -> None:
    assert quoted_fields(LedgerAnswer) == (
        "provenance.partial_because[]",
        "as_of.because[]",
        "ledger.title",
        "ledger.rows[].title",
        "ledger.rows[].status",
        "ledger.rows[].reason",
        "other_ledgers[].title",
    )


def test_sixty_calls_a_minute_and_no_more() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    for at in range(60):
        now[0] = float(at) / 2
        with pace.taken("a"):
            pass
    with (
        pytest.raises(UnanswerableQuestion, match=r"60 calls within a minute\. Ask again in 31 seconds\."),
        pace.taken("a"),
    ):
        pass
    with pace.taken("b"):
        pass
    now[0] = 60.0
    with pace.taken("a"):
        pass
    with pytest.raises(UnanswerableQuestion, match=r"Ask again in 1 second"), pace.taken("a"):
        pass


def test_four_at_once_and_no_more() -> None:
    pace = Pace(lambda: 0.0)
    held = [pace.taken("a") for _ in range(AT_ONCE)]
    for one in held:
        one.__enter__()
    with pytest.raises(UnanswerableQuestion, match="4 calls of this token run already"), pace.taken("a"):
        pass
    held[0].__exit__(None, None, None)
    with pace.taken("a"):
        pass
