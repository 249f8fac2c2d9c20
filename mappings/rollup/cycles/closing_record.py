"""What is frozen when a cycle is closed: one record an objective, each chained to the one before, so that a changed one is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mappings.rollup.cycles.score import Score
from mappings.rollup.state import ObjectiveState

BEGINNING = "0" * 64
"""What the first record is chained to."""


@dataclass(frozen=True, slots=True)
class ClosingRecord:
    """One objective as it was closed: its whole state with all ledgers, its score, and what is not certain of it."""

    cycle_id: str
    version: int
    start: date
    end: date
    state: ObjectiveState
    score: Score
    mapping_revision: str
    doubts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """An objective with days of its own (`span`) in a cycle that another one (`cycle_id`) scores."""

    id: str
    key: str
    title: str
    span: tuple[date, date]
    cycle_id: str | None


class LinkKind(StrEnum):
    """What a link of the chain holds: the record of an objective, or that the cycle was closed or opened again."""

    OBJECTIVE = "objective"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link of a site's chain. `content` is the text that was frozen; `hash` covers it, what it is of, and the link before."""

    number: int
    cycle_id: str
    version: int
    kind: LinkKind
    objective_id: str
    at: int
    content: str
    former: str = BEGINNING
    hash: str = ""


def hash_of(link: ChainLink) -> str:
    """What the hash of a link has to be."""
    parts = (
        link.former,
        link.cycle_id,
        str(link.version),
        link.kind.value,
        link.objective_id,
        str(link.at),
        link.content,
    )
    digest = hashlib.sha256()
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking through a chain: how many links, the hash of the last, and what is wrong with which cycle."""

    links: int
    head: str
    faults: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was changed."""
        return not self.faults


def verify(links: Iterable[ChainLink]) -> Verdict:
    """Look through a chain, the oldest link first; numbers run from 1 without a gap."""
    former, count, faults = BEGINNING, 0, list[str]()
    for link in links:
        count += 1
        name = f"{link.cycle_id} version {link.version}, {link.objective_id or link.kind.value}"
        if link.former != former or link.number != count:
            faults.append(f"{name}: what stands before it was changed, or is missing")
        if hash_of(link) != link.hash:
            faults.append(f"{name}: it is not what was closed")
        former, count = link.hash, link.number
    return Verdict(count, former, tuple(faults))
