"""Which issues the numbers of a site count, without the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.store.visibility.mentions import Mention


@dataclass(frozen=True, slots=True)
class CountedIssues:
    """Of one site: how each objective is called (`names`) and the issues in its number (`rows`), by its id; those `above` it, which count it
    or which it is aligned to; and the `keys` of all these issues, by id.
    """

    names: Mapping[str, Mention]
    rows: Mapping[str, frozenset[str]]
    above: Mapping[str, set[str]]
    keys: Mapping[str, str]
