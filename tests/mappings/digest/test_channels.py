"""A message as each channel takes it: literal for a small one; any titles at all stay within the limits and make no markup."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.digest.digest import DigestLine, DigestMessage, Section
from mappings.digest.google_chat import google_chat
from mappings.digest.slack import slack
from mappings.digest.teams import teams
from mappings.digest.values import values
from mappings.digest.words import cut

KEY = "digest|teams|okr|weekly|2026-11-30"
MESSAGE = DigestMessage(
    KEY,
    "OKR digest, week of 2026-11-30",
    "1 objective: 1 on track.",
    (Section("Moved", (DigestLine("PLAT-1 A & B: 0 % → 50 %", "https://okr.acme.example/why/1"),), 2),),
    "https://okr.acme.example/",
)


def run(said: str, **style: object) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": said, **style}]}


def test_the_card_of_teams() -> None:
    link = {"type": "Action.OpenUrl", "url": "https://okr.acme.example/why/1"}
    line = {"type": "TextRun", "text": "PLAT-1 A & B: 0 % → 50 %", "selectAction": link}
    assert teams(MESSAGE) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "fallbackText": "OKR digest, week of 2026-11-30",
                    "msteams": {"width": "Full"},
                    "body": [
                        run("OKR digest, week of 2026-11-30", size="large", weight="bolder"),
                        run("1 objective: 1 on track."),
                        {**run("Moved", weight="bolder"), "separator": True},
                        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "• "}, line]},
                        run("and 2 more", isSubtle=True),
                        run(KEY, size="small", isSubtle=True),
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "All objectives",
                            "url": "https://okr.acme.example/",
                        }
                    ],
                },
            }
        ],
    }


def test_the_card_of_google_chat() -> None:
    moved = '• <a href="https://okr.acme.example/why/1">PLAT-1 A &amp; B: 0 % → 50 %</a><br>and 2 more'
    foot = f'<a href="https://okr.acme.example/">All objectives</a><br><font color="#80868b">{KEY}</font>'
    assert google_chat(MESSAGE) == {
        "text": "OKR digest, week of 2026-11-30: 1 objective: 1 on track.",
        "cardsV2": [
            {
                "cardId": "digest",
                "card": {
                    "header": {"title": "OKR digest, week of 2026-11-30"},
                    "sections": [
                        {"widgets": [{"textParagraph": {"text": "1 objective: 1 on track."}}]},
                        {"header": "Moved", "widgets": [{"textParagraph": {"text": moved}}]},
                        {"widgets": [{"textParagraph": {"text": foot}}]},
                    ],
                },
            }
        ],
    }


def test_what_programs_get() -> None:
    assert values(MESSAGE) == {
        "version": 1,
        "key": KEY,
        "subject": "OKR digest, week of 2026-11-30",
        "lead": "1 objective: 1 on track.",
        "sections": [
            {
                "title": "Moved",
                "lines": [{"text": "PLAT-1 A & B: 0 % → 50 %", "link": "https://okr.acme.example/why/1"}],
                "more": 2,
            }
        ],
        "link": "https://okr.acme.example/",
        "text": "1 objective: 1 on track.\n\nMoved\n- PLAT-1 A & B: 0 % → 50 % <https://okr.acme.example/why/1>\nand 2 more\n\nhttps://okr.acme.example/\n",
    }


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (9, [(3, 1), (2, 0)]),
        (5, [(3, 1), (2, 0)]),
        (4, [(3, 1), (1, 1)]),
        (1, [(1, 3), (0, 2)]),
        (0, [(0, 4), (0, 2)]),
    ],
)
def test_whole_lines_are_left_out_from_the_end_and_counted(most: int, kept: list[tuple[int, int]]) -> None:
    whole = DigestMessage(
        "k", "s", "l", (Section("A", (DigestLine("a"),) * 3, 1), Section("B", (DigestLine("b"),) * 2))
    )
    found = cut(whole, lambda one: sum(len(section.lines) for section in one.sections) <= most)
    assert [(len(section.lines), section.more) for section in found.sections] == kept


TITLES = st.lists(
    st.text(max_size=300)
    | st.sampled_from(["<users/all>", "<!channel>", "</font><a href='x'>", "ü" * 3_000]),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(TITLES, st.integers(0, 9))
def test_any_titles_stay_within_the_limits_and_make_no_markup(titles: list[str], more: int) -> None:
    lines = tuple(DigestLine(one, "https://okr.acme.example/") for one in titles)
    message = DigestMessage(KEY, "S", "L", (Section("A", lines, more), Section("B", lines)))
    assert len(json.dumps(teams(message))) <= 28 * 1024
    assert len(json.dumps(google_chat(message))) <= 32_000
    card: Any = google_chat(message)
    said = json.dumps(card["cardsV2"], ensure_ascii=False)
    assert set(re.findall(r"<[^>]*", said)) <= {
        "<br",
        '<font color=\\"#80868b\\"',
        '<a href=\\"https://okr.acme.example/\\"',
        "</a",
        "</font",
    }
    blocks: Any = slack(message)["blocks"]
    assert len(blocks) <= 50
    assert all(len(one["text"]["text"]) <= 3_000 for one in blocks if "text" in one)


def test_a_long_subject_is_cut_where_each_channel_ends_it() -> None:
    """A card of Teams at 200 signs, the header of Slack at 150."""
    message = DigestMessage(KEY, "".join(str(one % 10) for one in range(300)), "L", ())
    card: Any = teams(message)
    content = card["attachments"][0]["content"]
    assert content["fallbackText"] == message.subject[:200]
    assert content["body"][0]["inlines"][0]["text"] == message.subject[:200]
    header: Any = slack(message)["blocks"]
    assert header[0]["text"]["text"] == message.subject[:150]


@pytest.mark.parametrize(("over", "told"), [(0, True), (1, False)])
def test_slack_takes_twelve_thousand_signs_of_subject_lead_and_sections_together(
    over: int, told: bool
) -> None:
    """Eleven sections of 1,000 signs each fill it with the head, to the sign; one more leaves the last section out."""
    sections = tuple(Section("T", (DigestLine("x" * 994),)) for _ in range(11))
    lead = "l" * (1_000 - 100 + over)
    blocks: Any = slack(DigestMessage(KEY, "s" * 100, lead, sections))["blocks"]
    said = [one["text"]["text"] for one in blocks[2:-1]]
    assert {len(one) for one in said[:10]} == {1_000}
    assert (said[10:] == said[:1], said[10:] == ["1 more line: there is no room for them here"]) == (
        told,
        not told,
    )
