"""The order in which a search is paged. Paging is no snapshot: an order that editing changes loses and repeats issues."""

from __future__ import annotations

import re

QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)
ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
STABLE = "ORDER BY created ASC, key ASC"


def stable(jql: str) -> str:
    """The query ordered by what does not change. An order of the query's own has no meaning here and is replaced."""
    unquoted = QUOTED.sub(lambda match: "_" * len(match[0]), jql)
    own = ORDER_BY.search(unquoted)
    question = (jql[: own.start()] if own else jql).strip()
    return f"{question} {STABLE}".strip()
