"""Whose numbers somebody may not see, and of which times. Values only; worked out from what was counted and what Jira shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.store.visibility.mentions import Mention

FOR_EVER = 2**62
"""An instant after all others."""


@dataclass(frozen=True, slots=True)
class HiddenTimes:
    """Times in epoch milliseconds, each from its first instant until just before its second, in order and apart from one another."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> HiddenTimes:
        """These times, put together where they touch; those that hold no instant are none."""
        found: list[tuple[int, int]] = []
        for since, until in sorted(one for one in spans if one[0] < one[1]):
            if found and since <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], until))
            else:
                found.append((since, until))
        return cls(tuple(found))

    def within(self, since: int, until: int) -> Iterable[tuple[int, int]]:
        """As much of them as lies between two instants."""
        return ((max(one, since), min(other, until)) for one, other in self.spans)

    def touch(self, first: int, last: int) -> bool:
        """Whether any instant from the first to the last, both included, is among them."""
        return any(since <= last and first < until for since, until in self.spans)


@dataclass(frozen=True, slots=True)
class HiddenNumbers:
    """By id the objectives whose numbers of `now` are not somebody's to see, and with them those of all times; the `times` of which those of the
    others are not (`names` is how they are called). `cycles` are those among them, each with a cycle, that stood so at its end;
    `runs` says in which cycle every objective runs.
    """

    now: Mapping[str, Mention] = field(default_factory=dict)
    times: Mapping[str, HiddenTimes] = field(default_factory=dict)
    names: Mapping[str, Mention] = field(default_factory=dict)
    cycles: frozenset[tuple[str, str]] = frozenset()
    runs: Mapping[str, str | None] = field(default_factory=dict)

    def hide(self, id_: str, first: int, last: int) -> bool:
        """Whether those of an objective are not theirs to see of any instant from the first to the last (epoch milliseconds)."""
        return id_ in self.times and self.times[id_].touch(first, last)

    def during(self, first: int, last: int) -> frozenset[str]:
        """Ids of those whose numbers are not theirs to see of any instant from the first to the last (epoch milliseconds), but are now."""
        return frozenset(id_ for id_, one in self.times.items() if one.touch(first, last))
