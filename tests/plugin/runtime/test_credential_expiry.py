"""When a credential expires: what is known, what is said, and what settings take for a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from plugin.runtime.settings import SettingsError, read_settings
from plugin.runtime.sites.credential_expiry import (
    RENEW,
    SOON_DAYS,
    day_given,
    expiry,
    expiry_at,
    seconds_left,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "state", "said", "remedy"),
    [
        (None, "unknown", "expiry not known", "enter it under Sites"),
        (date(2027, 3, 3), "known", "expires 3 Mar 2027, in 101 days", ""),
        (TODAY + timedelta(days=SOON_DAYS + 1), "known", "expires 7 Dec 2026, in 15 days", ""),
        (TODAY + timedelta(days=SOON_DAYS), "soon", "expires 6 Dec 2026, in 14 days", RENEW),
        (date(2026, 11, 23), "soon", "expires 23 Nov 2026, in 1 day", RENEW),
        (TODAY, "soon", "expires 22 Nov 2026, today", RENEW),
        (date(2026, 11, 21), "over", "expired 21 Nov 2026, 1 day ago", RENEW),
        (date.min, "over", "expired 1 Jan 1, 739941 days ago", RENEW),
        (date.max, "known", "expires 31 Dec 9999, in 2912117 days", ""),
    ],
)
def test_a_day_is_far_near_or_over(day: date | None, state: str, said: str, remedy: str) -> None:
    found = expiry(day, TODAY)
    assert (found.state, found.said, found.remedy) == (state, said, remedy)
    assert found.wants_renewal == (state in ("soon", "over"))


def test_days_are_those_of_utc_and_seconds_agree_with_them() -> None:
    last = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    assert expiry_at(TODAY, last).state == "soon"
    assert seconds_left(TODAY, last) > 0
    assert expiry_at(TODAY, last + timedelta(seconds=1)).state == "over"
    assert seconds_left(TODAY, last + timedelta(seconds=1)) < 0
    assert seconds_left(date.max, last) > 0


def test_a_day_is_written_one_way() -> None:
    assert day_given(" 2027-03-01 ") == date(2027, 3, 1)
    assert day_given("") is None
    for wrong in ("01.03.2027", "20270301", "2027-W01-1", "2027-02-30", "1700006400", "soon"):
        with pytest.raises(ValueError, match="year-month-day"):
            day_given(wrong)


def test_the_setting_is_a_day_and_wrong_ones_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.example")
    assert read_settings(None).jira.token_expires is None  # type: ignore[union-attr]
    monkeypatch.setenv("JIRA_OKR_JIRA__TOKEN_EXPIRES", "")
    assert read_settings(None).jira.token_expires is None  # type: ignore[union-attr]
    monkeypatch.setenv("JIRA_OKR_JIRA__TOKEN_EXPIRES", "2027-03-01")
    assert read_settings(None).jira.token_expires == date(2027, 3, 1)  # type: ignore[union-attr]
    monkeypatch.setenv("JIRA_OKR_JIRA__TOKEN_EXPIRES", "next year")
    with pytest.raises(
        SettingsError, match=r"JIRA_OKR_JIRA__TOKEN_EXPIRES is not usable.*It should be: the day"
    ):
        read_settings(None)
