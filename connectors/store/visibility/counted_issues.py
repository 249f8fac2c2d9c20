"""Which issues the numbers of a site count, without the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.store.visibility.counted_spans import CountedSpan
from connectors.store.visibility.mentions import Mention


@dataclass(frozen=True, slots=True)
class CountedIssues:
    """Of one site: how each objective is called (`names`) and the issues in its number (`rows`), by its id; those `above` it, which count it
    or which it is aligned to; and the `keys` of all these issues, by id.

    `spans` are what was counted and when, by objective; `gone` are those issues among them that are not read any more, `places` the
    projects of the others. `read_ms` is when all this was so.
    """

    names: Mapping[str, Mention]
    rows: Mapping[str, frozenset[str]]
    above: Mapping[str, set[str]]
    keys: Mapping[str, str]
    spans: Mapping[str, Sequence[CountedSpan]]
    gone: frozenset[str]
    places: Mapping[str, frozenset[str]]
    """By id of a project its issues among `keys`."""
    first_seen: Mapping[str, int]
    """When the numbers of those that counted an issue that is gone were observed first (epoch milliseconds)."""
    ends: Mapping[tuple[str, str], int]
    """When the cycles ended (epoch milliseconds) that objectives were in, by objective and cycle."""
    runs: Mapping[str, str | None]
    """In which cycle each objective runs, of those that stand now."""
    read_ms: int
