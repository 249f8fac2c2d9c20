"""How many examples a property test draws: a part by day, all by night."""

from __future__ import annotations

import os

ALL = "JIRA_OKR_TESTS_ALL_EXAMPLES"


def examples(number: int) -> int:
    """This many by night (`make nightly`), a quarter of them in `make test`, never fewer than fifteen."""
    return number if os.environ.get(ALL) else max(15, number // 4)
