"""What an alert tells, minute by minute, literally; and which moments are quiet, across the nights on which the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from mappings.digest.alert import (
    AlertKind,
    AlertSubject,
    Decision,
    LevelTurn,
    ToldLevel,
    alert,
    alert_key,
    decide,
)
from mappings.digest.quiet_times import is_quiet, quiet_until
from mappings.document.schema import QuietPart

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
RANK = {"off_track": 0, "at_risk": 1, "on_track": 4, "well": 5}
NIGHT = QuietPart(from_="18:00", to="08:00", days=("sat", "sun"))


def subject(
    level: str, id_: str = "1", kind: AlertKind = AlertKind.OBJECTIVE, usual: str = ""
) -> AlertSubject:
    return AlertSubject(kind, id_, f"PLAT-{id_}", level, RANK[level], f"{level} it is.", usual=usual)


def minutes(levels: str, quiet: tuple[int, ...] = ()) -> list[tuple[int, str, str]]:
    """At which minute what was told, from which level: levels by minute, one letter each."""
    words = {"o": "on_track", "a": "at_risk", "f": "off_track"}
    told: dict[str, ToldLevel] | None = None
    found = []
    for minute, letter in enumerate(levels):
        now = NOON + timedelta(minutes=minute)
        decision = decide(now, [subject(words[letter])], told, quiet=minute in quiet)
        told = dict(decision.levels)
        found += [(minute, one.was[:2], one.subject.level[:2]) for one in decision.turns]
    return found


@pytest.mark.parametrize(
    ("levels", "quiet", "told"),
    [
        ("f" * 30, (), []),  # the first run tells nothing
        ("o" + "a" * 30, (), [(11, "on", "at")]),  # ten minutes after it was first seen
        ("o" + "a" * 9 + "o" * 30, (), []),  # what went back is not told
        ("o" + "a" * 9 + "f" * 30, (), [(11, "on", "of")]),  # A → C in one, counted from B
        ("o" + "a" * 9 + "o" + "a" * 30, (), [(21, "on", "at")]),  # and counted anew once it was back
        ("o" + "a" * 15 + "o" * 30, (), [(11, "on", "at"), (26, "at", "on")]),
        ("o" + "a" * 40, range(5, 30), [(30, "on", "at")]),  # it waits for the end of quiet hours
        ("o" + "a" * 20 + "o" * 20, range(5, 30), []),  # and is decided again then
        ("o" + "a" * 20 + "f" * 20, range(5, 30), [(30, "on", "of")]),
    ],
)
def test_what_lasts_ten_minutes_is_told_once(
    levels: str, quiet: tuple[int, ...], told: list[tuple[int, str, str]]
) -> None:
    assert minutes(levels, tuple(quiet)) == told


def test_what_is_new_is_taken_as_told_but_a_concern_is_not() -> None:
    news = [subject("off_track"), subject("at_risk", "held", AlertKind.CONCERN, "well")]
    first = decide(NOON, news, None)
    assert (first.turns, first.held) == ((), ())
    later = decide(NOON, news, {})
    assert later.levels == {
        "objectives:1": ToldLevel("off_track"),
        "concerns:held": ToldLevel("well", NOON),
    }
    due = decide(NOON + timedelta(minutes=10), news, later.levels)
    assert [(one.subject.key, one.was, one.since) for one in due.turns] == [("concerns:held", "well", NOON)]
    assert decide(NOON, [], later.levels) == Decision((), (), {})  # what is gone is forgotten


def test_one_message_tells_all_that_turned_the_worst_first() -> None:
    since = NOON - timedelta(minutes=10)
    turns = [
        LevelTurn(subject("at_risk", "2"), "on_track", since),
        LevelTurn(subject("off_track", "1"), "on_track", since),
        LevelTurn(subject("at_risk", "held", AlertKind.CONCERN), "well", since),
    ]
    told = {one.subject.key: ToldLevel(one.was, one.since) for one in turns}
    decision = decide(NOON, [one.subject for one in turns], told)
    made = alert("k", decision.turns, "https://okr.acme.example/")
    assert (made.subject, made.lead) == ("OKR alert: 3 changes", "Changed: 1 concern, 2 objectives.")
    assert [(one.title, [line.text for line in one.lines]) for one in made.sections] == [
        ("The connector", ["PLAT-held: well → at risk. at_risk it is."]),
        (
            "Objectives",
            ["PLAT-1: on track → off track. off_track it is.", "PLAT-2: on track → at risk. at_risk it is."],
        ),
    ]
    one = alert("k", decision.turns[1:2], "")
    assert (one.subject, one.lead) == ("OKR alert: PLAT-1: on track → off track", "Changed: 1 objective.")


def test_a_key_names_recipient_alert_and_turns() -> None:
    turn = LevelTurn(subject("at_risk"), "on_track", NOON)
    key = alert_key("slack:okr", "alerts", [turn])
    assert key.startswith("alert|slack|okr|alerts|2026-11-30T12:00:00+00:00|")
    others = [
        alert_key("slack:other", "alerts", [turn]),
        alert_key("slack:okr", "more", [turn]),
        alert_key("slack:okr", "alerts", [LevelTurn(subject("off_track"), "on_track", NOON)]),
        alert_key("slack:okr", "alerts", [LevelTurn(subject("at_risk"), "off_track", NOON)]),
        alert_key("slack:okr", "alerts", [LevelTurn(subject("at_risk", "2"), "on_track", NOON)]),
        alert_key(
            "slack:okr", "alerts", [LevelTurn(subject("at_risk"), "on_track", NOON + timedelta(seconds=1))]
        ),
    ]
    assert len({key, *others}) == 7
    both = [turn, LevelTurn(subject("at_risk", "2"), "on_track", NOON)]
    assert alert_key("slack:okr", "alerts", both) == alert_key("slack:okr", "alerts", both[::-1])


@pytest.mark.parametrize(
    ("local", "quiet"),
    [
        ("2026-11-30 07:59:59", True),
        ("2026-11-30 08:00:00", False),
        ("2026-11-30 17:59:59", False),
        ("2026-11-30 18:00:00", True),
        ("2026-12-04 23:59:59", True),
        ("2026-12-05 12:00:00", True),  # a Saturday
        ("2026-12-07 08:00:00", False),
        ("2026-10-25 12:00:00", True),  # summer time ended that Sunday
        ("2026-10-26 07:59:59", True),
    ],
)
def test_quiet_hours_are_half_open_over_midnight_and_days_are_whole(local: str, quiet: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    assert is_quiet(NIGHT, now, BERLIN) is quiet


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-11-30 12:00", "2026-11-30 12:00"),
        (NIGHT, "2026-11-30 18:00", "2026-12-01 07:00"),
        (NIGHT, "2026-12-04 20:00", "2026-12-07 07:00"),  # over the weekend
        (NIGHT, "2026-10-23 20:00", "2026-10-26 07:00"),  # and over the end of summer time
        (QuietPart(days=("mon",)), "2026-11-30 12:00", "2026-11-30 23:00"),
        (QuietPart(from_="12:00", to="13:00"), "2026-11-30 11:30", "2026-11-30 12:00"),
        (QuietPart(from_="12:00", to="12:00"), "2026-11-30 11:00", "2026-11-30 11:00"),
        (
            QuietPart(from_="02:00", to="02:30"),
            "2026-03-29 00:59",
            "2026-03-29 00:59",
        ),  # hours that there are not
        (None, "2026-11-30 23:00", "2026-11-30 23:00"),
    ],
)
def test_what_is_due_waits_for_the_first_moment_that_is_not_quiet(
    quiet: QuietPart | None, now: str, until: str
) -> None:
    found = quiet_until(quiet, datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN)
    assert found == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_the_end_of_quiet_hours_is_the_first_moment_of_its_kind() -> None:
    moments = [NOON + timedelta(minutes=15 * number) for number in range(4 * 24 * 8)]
    for before, after in pairwise(moments):
        if is_quiet(NIGHT, before, BERLIN):
            assert quiet_until(NIGHT, before, BERLIN) >= after
            assert not is_quiet(NIGHT, quiet_until(NIGHT, before, BERLIN), BERLIN)
