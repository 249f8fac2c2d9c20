"""How long and how many: the numbers that other tests only compare with, as operators feel them. Whoever changes one changes it here and says why."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest

DAY, HOUR, MINUTE, SECOND = (timedelta(seconds=one) for one in (86_400, 3_600, 60, 1))
SPANS: dict[str, object] = {
    "resync.recent_read.AHEAD": 5 * MINUTE,
    "resync.mirror_update.SKEW": 10 * MINUTE,
    "resync.mirror_update.ON_ITS_WAY": 2 * MINUTE,
    "resync.resync_end.UNTIL_THE_END": HOUR,
    "resync.search_pages.REFUSED_QUERY": 400,
    "resync.search_pages.SKEW": HOUR,
    "resync.search_pages.OVERLAP": 10 * MINUTE,
    "resync.double_check.SLACK": 2,
    "resync.double_check.SHARE": 10,
    "resync.double_check.BACK": MINUTE,
    "resync.checkpoint.LONGEST_REST": DAY,
    "resync.checkpoint.SKEW": HOUR,
    "resync.activation_read.LONGEST": 7 * DAY,
    "refresh.project_access.GOOD_FOR": MINUTE,
    "refresh.tombstones.WINDOW": HOUR,
    "refresh.own_writes.WINDOW": HOUR,
    "refresh.own_writes.SAME": 2 * SECOND,
    "refresh.reread.LEASE": MINUTE,
    "refresh.reread.MOST_SHOWN": 10,
    "refresh.written_options.MOST_SCREENS": 20,
    "refresh.written_options.A_FEW": 20,
    "refresh.written_options.MOST_REFUSED": 200,
    "refresh.comments.MOST_IN_A_RESYNC": 100,
    "refresh.comments.STALE_DAYS": 14,
    "refresh.losses.AT_ONCE": HOUR,
    "refresh.losses.SHARE": 10,
    "refresh.losses.FEW": 2,
    "bindings.MOST_PROJECTS": 50,
    "outage.LONGEST_WAIT": 60.0,
    "outage.LONGEST_SIGN_IN_WAIT": 300.0,
    "outage.TRIAL": 90 * SECOND,
    "active_mapping.MOST_TRIES": 5,
    "intake.batch_size.WHOLE": 500,
    "intake.batch_size.GROWTH": 10,
    "intake.acceptance.NOTED_EACH": 10 * SECOND,
    "reconcile.kpi_readings.PERIODS": 120,
    "reconcile.creation.LOOKED_FOR_AFTER": MINUTE,
    "reconcile.creation.PATIENCE": HOUR,
    "reconcile.creation.MOST_LABELS": 50,
    "reconcile.failures.MOST_ATTEMPTS": 12,
    "reconcile.failures.MOST_REFUSALS": 8,
    "reconcile.failures.LONGEST_WAIT": 15 * MINUTE,
    "reconcile.carries.MOST_SAID": 5,
    "write_back.clearing_look.GOOD_FOR": SECOND,
    "write_back.hold.WINDOW": HOUR,
    "write_back.hold.MOST_REWRITES": 5,
    "write_back.hold.UNPACED": 20,
    "write_back.foreign_values.AGAIN": 10 * MINUTE,
    "write_back.foreign_values.MOST_LOOKED_BACK": 400,
    "write_back.places.ON_ITS_WAY": 5 * SECOND,
    "write_back.application.HALVED": {400, 404, 413},
    "write_back.notification.GOOD_FOR": HOUR,
    "write_back.notification.FRESH": MINUTE,
    "write_back.leftovers.MOST_TOLD": 100,
    "write_back.permits.MOST_PROJECTS": 20,
}


@pytest.mark.parametrize("name", SPANS)
def test_the_numbers_of_the_sync(name: str) -> None:
    module, _, constant = name.rpartition(".")
    assert getattr(import_module(f"plugin.sync.{module}"), constant) == SPANS[name]
