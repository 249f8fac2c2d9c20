"""`milestone`: 1 when its status is done or its `done_when` JQL holds, else 0; done after the date is 1 and late."""

from __future__ import annotations

from datetime import date
from typing import Literal

from mappings.progress.options import RuleOptions


class MilestoneOptions(RuleOptions):
    """`due` is a date, or the alias of a date field; absent, the issue's own due date."""

    kind: Literal["milestone"]
    due: date | str | None = None
    done_when: str | None = None
