"""What a weekly digest says, in which order, and when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from mappings.digest.digest import (
    DigestKpi,
    DigestLine,
    DigestMessage,
    FormerStanding,
    Happenings,
    ObjectiveStanding,
    Section,
    WaitingTask,
    cut_section,
    digest,
    far_moved,
    list_changed,
    list_waiting,
)
from mappings.digest.slack import slack
from mappings.digest.week import last_due, next_due, week_of
from mappings.digest.words import html, subject, text
from mappings.kpi.band import KpiLevel
from mappings.rollup.state import HealthLevel

BERLIN = ZoneInfo("Europe/Berlin")


def stands(id_: str, progress: str | None, health: HealthLevel, **more: object) -> ObjectiveStanding:
    parts: dict[str, object] = {
        "expected": Fraction(1, 2),
        "sentence": f"It is {health.value}.",
        "link": f"https://okr.acme.example/why/{id_}",
    }
    share = None if progress is None else Fraction(progress)
    return ObjectiveStanding(id_, f"PLAT-{id_}", f"Goal {id_}", share, health=health, **{**parts, **more})  # type: ignore[arg-type]


BEFORE = {
    "1": FormerStanding(Fraction(1, 2), HealthLevel.ON_TRACK),
    "2": FormerStanding(Fraction(1, 4), HealthLevel.ON_TRACK),
    "3": FormerStanding(None, HealthLevel.PENDING),
}
NOW = (
    stands("1", "501/1000", HealthLevel.ON_TRACK),
    stands("2", "1/5", HealthLevel.OFF_TRACK, cycle_id="2026-Q4", cycle_end=date(2026, 12, 31)),
    stands("3", None, HealthLevel.PENDING, asks=("the value is a month old",)),
    stands("4", "1", HealthLevel.ACHIEVED),
)


def told(**more: object) -> DigestMessage:
    day = date(2026, 12, 21)
    return digest("k", day, day, NOW, BEFORE, "https://okr.acme.example/", **more)  # type: ignore[arg-type]


def test_what_runs_in_another_cycle_than_before_is_not_compared_with_what_was_before() -> None:
    every = told(beside=Happenings(turned=frozenset({"2"})))
    assert [one.title for one in told().sections] == [
        *("Health changed", "Moved", "Check-ins that ask", "Cycles that end soon"),
    ]
    assert [one.title for one in every.sections] == ["Check-ins that ask", "Cycles that end soon"]
    assert every.lead == (
        f"{told().lead} 1 of them runs in another cycle than before, and what was before is not compared."
    )
    assert list_changed(NOW, BEFORE) == [NOW[1]]


def test_a_digest_says_what_changed_the_worst_first_and_nothing_twice() -> None:
    assert text(told()) == (
        "4 objectives: 1 off track (+1), 1 pending, 1 on track (-1), 1 achieved (+1).\n\n"
        "Health changed\n"
        "- PLAT-2 Goal 2: on track → off track. It is off_track. <https://okr.acme.example/why/2>\n\n"
        "Moved\n"
        "- PLAT-2 Goal 2: 25 % → 20 % <https://okr.acme.example/why/2>\n\n"
        "Check-ins that ask\n"
        "- PLAT-3 Goal 3: the value is a month old <https://okr.acme.example/why/3>\n\n"
        "Cycles that end soon\n"
        "- 2026-Q4 ends on 2026-12-31, in 10 days; 1 committed of 1 below what is expected today\n"
        "- PLAT-2 Goal 2: 20 %, expected 50 % <https://okr.acme.example/why/2>\n\n"
        "https://okr.acme.example/\n"
    )


BESIDE = Happenings(
    {"2": "removed -5 (PLAT-9 removed)"},
    (
        DigestKpi("Uptime", KpiLevel.HEALTHY, KpiLevel.HEALTHY, "99.9 %, 20 Dec 2026"),
        DigestKpi("eNPS", KpiLevel.NO_DATA, KpiLevel.NO_DATA, "last known 31, Sep 2026"),
        DigestKpi("Signups", KpiLevel.WATCH, KpiLevel.WATCH, "12", ("the key result is closed",)),
        DigestKpi(
            "Open bugs",
            KpiLevel.HEALTHY,
            KpiLevel.UNHEALTHY,
            "9 bugs, 20 Dec 2026",
            ("a key result is proposed", "key result accepted (PLAT-40)"),
            "https://okr.acme.example/kpis/bugs",
        ),
    ),
    (WaitingTask("PLAT-8 Latency", "a check-in is due since 2026-12-18, 2 are missed", "Ada Brandt"),),
)


def test_a_digest_names_what_moved_an_objective_what_became_of_kpis_and_what_waits() -> None:
    day = date(2026, 12, 21)
    found = digest("k", day, day, NOW, BEFORE, "", BESIDE)
    assert [(one.title, [line.said for line in one.lines]) for one in found.sections[1:4]] == [
        ("Moved", ["PLAT-2 Goal 2: 25 % → 20 %, removed -5 (PLAT-9 removed)"]),
        (
            "KPIs",
            [
                "Open bugs: healthy → unhealthy. 9 bugs, 20 Dec 2026. a key result is proposed; key result accepted (PLAT-40)",
                "eNPS: no data. last known 31, Sep 2026",
                "Signups: watch. 12. the key result is closed",
            ],
        ),
        (
            "Check-ins that are due",
            ["PLAT-8 Latency: a check-in is due since 2026-12-18, 2 are missed (Ada Brandt)"],
        ),
    ]
    still = digest("k", day, day, (), {}, "", Happenings(kpis=BESIDE.kpis[:1]))
    assert (still.empty, still.sections) == (True, ())


def test_the_change_of_a_count_is_that_of_what_is_told_of_and_not_of_cycles_that_ended() -> None:
    day = date(2026, 12, 21)
    ended = {f"old{number}": FormerStanding(Fraction(1), HealthLevel.ACHIEVED) for number in range(40)}
    both = digest("k", day, day, NOW, BEFORE | ended, "")
    assert both.lead == "4 objectives: 1 off track (+1), 1 pending, 1 on track (-1), 1 achieved (+1)."


def test_a_week_in_which_nothing_happened_is_empty_and_unknown_is_no_movement() -> None:
    day = date(2026, 11, 16)
    before = {
        "3": FormerStanding(Fraction(1, 2), HealthLevel.PENDING),
        "1": FormerStanding(Fraction(1, 2), HealthLevel.ON_TRACK),
    }
    quiet = digest(
        "k",
        day,
        day,
        [stands("1", "509/1000", HealthLevel.ON_TRACK), stands("3", None, HealthLevel.PENDING)],
        before,
        "",
    )
    assert (quiet.empty, quiet.sections) == (True, ())


def test_what_is_told_begins_at_a_point_and_ends_at_ten_rows() -> None:
    day = date(2026, 11, 16)
    half = FormerStanding(Fraction(1, 2), HealthLevel.ON_TRACK)
    ways = {"a": "51/100", "b": "49/100", "c": "509/1000", "d": "491/1000", "e": "9/10"}
    one = [stands(id_, share, HealthLevel.ON_TRACK) for id_, share in ways.items()]
    before = dict.fromkeys(ways, half)
    found = digest("k", day, day, one, before, "x", Happenings({"a": "why"}))
    assert (found.key, found.subject, found.link, found.empty) == (
        "k",
        "OKR digest, week of 2026-11-16",
        "x",
        False,
    )
    assert found.lead == "5 objectives: 5 on track."
    assert [(section.title, [line.said for line in section.lines], section.more) for section in found.sections] == [
        ("Moved", ["PLAT-e Goal e: 50 % → 90 %", "PLAT-a Goal a: 50 % → 51 %, why", "PLAT-b Goal b: 50 % → 49 %"], 0)
    ]  # fmt: skip
    assert [each.id for each in far_moved(one, before)] == ["e", "a", "b"]
    many = [stands(f"{number:02}", "1", HealthLevel.ON_TRACK) for number in range(12)]
    assert [each.id for each in far_moved(many[::-1], dict.fromkeys([one.id for one in many], half))] == [
        f"{number:02}" for number in range(10)
    ]
    section = cut_section("t", [DigestLine(str(number)) if number else None for number in range(12)])
    assert section == Section("t", tuple(DigestLine(str(number)) for number in range(1, 11)), 1)
    assert cut_section("t", [DigestLine("1")]) == Section("t", (DigestLine("1"),), 0)


def test_cycles_end_soon_within_fourteen_days_and_only_committed_ones_are_behind() -> None:
    day = date(2026, 12, 17)

    def ending(id_: str, days: int, **more: object) -> ObjectiveStanding:
        end = day + timedelta(days=days)
        return stands(
            id_, more.pop("progress", "1/5"), HealthLevel.ON_TRACK, cycle_id=f"c{days}", cycle_end=end, **more
        )  # type: ignore[arg-type]

    one = [
        ending("1", -1),
        ending("2", 0),
        ending("3", 1, commitment="aspirational"),
        ending("4", 14),
        ending("5", 14, progress="1/2"),
        ending("6", 14, progress=None),
        ending("7", 14, expected=None),
        ending("8", 15),
        stands("9", "1/5", HealthLevel.ON_TRACK),
    ]
    found = digest("k", day, day, one, {}, "")
    assert found.lead == "9 objectives: 9 on track."
    assert [line.said for line in found.sections[-1].lines] == [
        "c0 ends on 2026-12-17, in 0 days; 1 committed of 1 below what is expected today",
        "PLAT-2 Goal 2: 20 %, expected 50 %",
        "c1 ends on 2026-12-18, in 1 day; 0 committed of 1 below what is expected today",
        "c14 ends on 2026-12-31, in 14 days; 1 committed of 4 below what is expected today",
        "PLAT-4 Goal 4: 20 %, expected 50 %",
    ]
    assert digest("k", day, day, [], {}, "").lead == "0 objectives: nothing known."
    assert digest("k", day, day, one[:1], {}, "").lead == "1 objective: 1 on track."
    waits = (WaitingTask("A", "due", "Ada", "x"), WaitingTask("B", "due"))
    assert list_waiting(waits) == [DigestLine("A: due", "x", "Ada"), DigestLine("B: due")]
    assert list_waiting(waits, whose=False) == [DigestLine("A: due", "x"), DigestLine("B: due")]


@pytest.mark.parametrize(
    ("now", "due", "after"),
    [
        ("2026-11-30 07:59:59", "2026-11-23 08:00", "2026-11-30 08:00"),  # 08:59:59 in Berlin
        ("2026-11-30 08:00", "2026-11-30 08:00", "2026-12-07 08:00"),
        ("2026-12-03 22:00", "2026-11-30 08:00", "2026-12-07 08:00"),
        ("2026-10-26 07:59", "2026-10-19 07:00", "2026-10-26 08:00"),  # summer time ended on the 25th
        ("2026-10-26 08:00", "2026-10-26 08:00", "2026-11-02 08:00"),
    ],
)
def test_it_is_due_at_the_local_time_of_its_day(now: str, due: str, after: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert last_due(moment, BERLIN, "mon", "09:00") == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert next_due(moment, BERLIN, "mon", "09:00") == datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert week_of(date(2026, 11, 29)) == date(2026, 11, 23)


def test_no_title_pings_a_channel_ends_a_link_or_breaks_a_limit() -> None:
    lines = tuple(
        DigestLine(f"<!channel> & a|b {'x' * 2_000}", "https://okr.acme.example/") for _ in range(60)
    )
    made = slack(
        DigestMessage(
            "digest|slack|okr|weekly|2026-11-30", "A\u202edigest\nof it", "Lead", (Section("S", lines, 3),)
        )
    )
    blocks = made["blocks"]
    assert isinstance(blocks, list)
    assert len(blocks) <= 50
    texts = [block["text"]["text"] for block in blocks[:-1]]
    assert max(map(len, texts)) <= 3_000
    assert sum(map(len, texts)) <= 12_150
    assert texts[0] == "Adigest of it"
    assert texts[-1] == "53 more lines: there is no room for them here"
    assert sum(one.count("•") for one in texts) == 10
    assert all("<!channel>" not in one for one in texts)
    assert "<https://okr.acme.example/|&lt;!channel&gt; &amp; a¦b " in texts[2]
    assert blocks[-1]["elements"][0]["text"] == "digest|slack|okr|weekly|2026-11-30"


def test_mail_escapes_titles() -> None:
    made = DigestMessage(
        "k", "S", "1 < 2", (Section("A & B", (DigestLine('"><script>', "https://x.example/?a=1&b"),)),)
    )
    assert html(made) == (
        "<!doctype html><html><body><p>1 &lt; 2</p><h2>A &amp; B</h2><ul><li>"
        '<a href="https://x.example/?a=1&amp;b">&quot;&gt;&lt;script&gt;</a></li></ul></body></html>'
    )
    assert subject(made) == "S"
