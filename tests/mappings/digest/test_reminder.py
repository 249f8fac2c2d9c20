"""A reminder, and who is told something, literally."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from mappings.digest.digest import WaitingTask
from mappings.digest.recipient import PATTERN, channel_of, is_address, mailbox
from mappings.digest.reminder import due_at, reminder, reminder_day, reminder_key

DAY = date(2026, 12, 18)
ONE, OTHER = (
    WaitingTask("PLAT-8 Latency", "due since 2026-12-18", "Ada", "x"),
    WaitingTask("PLAT-9 Uptime", "due"),
)


@pytest.mark.parametrize(
    ("waits", "what", "whose", "said", "lead", "lines"),
    [
        ((ONE,), "check_in", True, "a check-in is due", "A check-in is due.", ["PLAT-8 Latency: due since 2026-12-18 (Ada)"]),
        ((ONE,), "check_in", False, "a check-in is due", "A check-in is due from you.", ["PLAT-8 Latency: due since 2026-12-18"]),
        ((ONE, OTHER), "score", True, "2 scores are due", "2 scores are due.", ["PLAT-8 Latency: due since 2026-12-18 (Ada)", "PLAT-9 Uptime: due"]),
        ((ONE,), "score", False, "a score is due", "A score is due from you.", ["PLAT-8 Latency: due since 2026-12-18"]),
        ((), "check_in", True, "0 check-ins are due", "0 check-ins are due.", []),
    ],
)  # fmt: skip
def test_a_reminder_says_what_is_due_and_of_whom(
    waits: tuple[WaitingTask, ...], what: str, whose: bool, said: str, lead: str, lines: list[str]
) -> None:
    found = reminder("k", waits, "https://okr.example", what=what, whose=whose)
    assert (found.key, found.subject, found.lead, found.link) == (
        "k",
        f"OKR reminder: {said}",
        lead,
        "https://okr.example",
    )
    links = ["x", ""]
    told = list(zip(lines, links, strict=False))
    assert [(one.said, one.link) for section in found.sections for one in section.lines] == told
    assert [one.title for one in found.sections] == (["Due"] if lines else [])
    assert found.empty is (not lines)


def test_each_is_told_once_by_a_key_of_its_day() -> None:
    assert reminder_day("weekly", DAY) == "reminder|weekly|2026-12-18|"
    assert reminder_key("mail:ada@acme.example", "weekly", DAY, "score") == (
        "reminder|weekly|2026-12-18|score|mail|ada@acme.example"
    )
    rome = ZoneInfo("Europe/Rome")
    assert due_at(DAY, "08:30", rome) == datetime(2026, 12, 18, 8, 30, tzinfo=rome)


@pytest.mark.parametrize(
    ("recipient", "valid", "channel"),
    [
        ("owners", True, ("owners", "")),
        ("mail:ada@acme.example", True, ("mail", "ada@acme.example")),
        ("slack:team-a_1", True, ("slack", "team-a_1")),
        ("google-chat:x", True, ("google-chat", "x")),
        ("teams:" + "x" * 63, True, ("teams", "x" * 63)),
        ("teams:" + "x" * 64, False, ("teams", "x" * 64)),
        ("webhook:_x", False, ("webhook", "_x")),
        ("slack:Team", False, ("slack", "Team")),
        ("mail:ada", False, ("mail", "ada")),
        ("mail:a@b@c", False, ("mail", "a@b@c")),
        ("mail:a,b@c", False, ("mail", "a,b@c")),
        ("pager:x", False, ("pager", "x")),
        ("", False, ("", "")),
    ],
)
def test_who_can_be_told(recipient: str, valid: bool, channel: tuple[str, str]) -> None:
    assert (re.match(PATTERN, recipient) is not None) is valid
    assert channel_of(recipient) == channel
    assert is_address(channel[1]) is (valid and channel[0] == "mail")
    assert mailbox("Ada@ACME.example") == "mail:ada@acme.example"
