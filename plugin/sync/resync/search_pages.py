"""What is asked of Jira's search, in one place: the scope in an order that stays, and what of it changed since an instant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from math import ceil

from connectors.jira import SearchPage
from connectors.jira.http.errors import JiraRefusal
from connectors.jira.read.page_order import ORDER_BY
from connectors.store.database.instant import to_ms
from mappings.document.mapping import Mapping
from mappings.document.names import LOOKED_UP, SINGLE
from mappings.jql import parse
from plugin.sync.context import Context
from plugin.sync.resync.read_ahead import read_ahead

REFUSED_QUERY = 400
SKEW = timedelta(hours=1)
"""How far Jira's clock may be ahead of ours, where Jira does not tell the time."""
OVERLAP = timedelta(minutes=10)
"""How far before the instant known complete a look at recent changes begins: longer than Jira's search index lags, as a rule."""


def pages(context: Context, jql: str, after: str | None = None) -> Iterator[SearchPage]:
    """The pages of a search with everything the mapping needs, from a place where it stopped earlier on."""
    found = context.jira.search(jql, context.fields, after=after)
    return read_ahead(found) if context.reads_ahead else found


def question_name(context: Context) -> str:
    """A short name for what is asked of each issue, and of which issues: another scope or another field is another name."""
    what = [condition(context.mapping.scope_by_id), sorted(context.own_fields)]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def in_order(scope: str) -> str:
    """The scope in an order that does not change while pages are read; its own ORDER BY, if any, goes."""
    return f"({condition(scope)}) ORDER BY id ASC"


def namesakes(mapping: Mapping) -> str | None:
    """What the words of the scope find and its ids do not: the same option of another context of a field, the component of another project.

    None where every word is of a kind that Jira lists in full, stands for one thing alone, or is the id itself.
    """
    shared = frozenset(LOOKED_UP) - frozenset(SINGLE)
    if not any(one.kind in shared and one.ids and not one.written_as_id for one in mapping.scope.names):
        return None
    return f"({condition(mapping.document.scope)}) AND NOT ({condition(mapping.scope_by_id)})"


def changed_since(scope: str, since: datetime) -> str:
    """What of the scope changed at or after an instant.

    In milliseconds since 1970, for Jira reads a written date in the time zone of the account, to the minute.
    """
    return f"({condition(scope)}) AND updated >= {to_ms(since)}"


def changed_of_late(scope: str, minutes: int) -> str:
    """The same in the form that Jira's documentation lists: so many minutes before now, whatever the zone of the account."""
    return f'({condition(scope)}) AND updated >= "-{minutes}m"'


def changed_pages(context: Context, since: datetime) -> tuple[str, Iterator[SearchPage]]:
    """The query for what changed at or after an instant, in a form that this Jira takes, and its pages.

    Jira takes milliseconds for a date and says so nowhere; where it refuses them (400), minutes before now are asked for.
    """
    scope = context.mapping.scope_by_id
    jql = changed_since(scope, since)
    try:
        found = pages(context, jql)
        return jql, chain([next(found)], found)
    except StopIteration:
        return jql, iter(())
    except JiraRefusal as error:
        if error.status != REFUSED_QUERY:
            raise
    now = context.jira.time() or context.clock() + SKEW
    jql = changed_of_late(scope, max(ceil((now - since) / timedelta(minutes=1)) + 1, 1))
    return jql, pages(context, jql)


def condition(scope: str) -> str:
    """A query without its ORDER BY."""
    order = parse(scope).order_by
    if not order:
        return scope.strip()
    *_, words = ORDER_BY.finditer(scope, 0, order[0].start)
    return scope[: words.start()].strip()
