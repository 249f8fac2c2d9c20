"""Lets every Python process of a test run live on another day: `connectors.clock`, the one module that reads the wall clock, is put forward.

It is found by PYTHONPATH (`make test-shifted`), so that the processes which tests start live on the same day. Nothing of it is in the product.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, tzinfo

FORWARD = timedelta(seconds=float(os.environ.get("JIRA_OKR_TESTS_FORWARD", "0")))


class Forward(datetime):
    """A `datetime` whose `now` is put forward."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + FORWARD


if FORWARD:
    import connectors.clock

    connectors.clock.datetime = Forward  # type: ignore[misc, attr-defined]
