"""A comment on a Jira issue, as far as a check-in can be read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.facts.issue import User


@dataclass(frozen=True, slots=True)
class Comment:
    """`lines` are those at the top of its body: no quotes, code, tables or lists. `hidden`: not everybody who sees the issue may read it."""

    id: str
    author: User | None
    created: datetime
    updated: datetime
    lines: tuple[str, ...]
    hidden: bool = False
