"""Until when it is quiet: always some moment, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from mappings.digest.quiet_times import LOOKED_AHEAD, is_quiet, quiet_until
from mappings.document.schema import QuietPart

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


def test_a_free_hour_that_the_clocks_leave_out_comes_a_week_later() -> None:
    """On 29 March 2026 Berlin goes from 02:00 to 03:00: the only free half hour of that week is left out."""
    quiet = QuietPart.model_validate({"days": DAYS[:6], "from": "03:00", "to": "02:30"})
    now = datetime(2026, 3, 23, 9, tzinfo=UTC)
    assert quiet_until(quiet, now, BERLIN) == datetime(2026, 4, 5, 2, 30, tzinfo=BERLIN)


@given(
    st.lists(st.sampled_from(DAYS), max_size=6),
    CLOCK,
    CLOCK,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_there_is_always_an_end_and_it_is_not_quiet(
    days: list[str], begins: str, ends: str, at: datetime
) -> None:
    quiet = QuietPart.model_validate({"days": tuple(days), "from": begins, "to": ends})
    now = at.replace(tzinfo=UTC)
    end = quiet_until(quiet, now, BERLIN)
    assert now <= end < now + timedelta(days=LOOKED_AHEAD)
    assert not is_quiet(quiet, end, BERLIN)
