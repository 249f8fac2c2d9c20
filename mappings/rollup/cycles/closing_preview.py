"""What somebody saw of a cycle before closing it, as a mark to close it by: the numbers are these, or it says which are others. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mappings.rollup.cycles.score import Score
from mappings.rollup.state import ObjectiveState

PART = 4
"""Bytes that stand for an objective in a mark, and for what was seen of it."""
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class ObjectiveScore:
    """One objective of a cycle with its score; `doubts` names what is not certain of the facts of the end."""

    state: ObjectiveState
    score: Score
    doubts: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """How people call it."""
        return self.state.key or self.state.id


def mark_of(revision: str, seen: Iterable[ObjectiveScore]) -> str:
    """The mark of these numbers under a mapping revision: a hash of all of it, and of each objective one that tells whether it is another."""
    parts = sorted(_part(one) for one in seen)
    told = hashlib.sha256(b"".join([revision.encode(), *parts])).hexdigest()[:32]
    return f"{told}.{b''.join(parts).hex()}"


def short_mark(mark: str) -> str:
    """Its first half, which can be typed: it tells whether anything is another, and not what."""
    return mark.partition(".")[0]


def describe_change(agreed: str, revision: str, seen: Sequence[ObjectiveScore]) -> str:
    """What is no longer as it was when the mark was made, in words; empty where all is. A short mark tells only that."""
    if agreed in (mark := mark_of(revision, seen), short_mark(mark)):
        return ""
    before = _parts(agreed.partition(".")[2])
    if not before:
        return "its numbers are others by now"
    said, known = list[str](), set[bytes]()
    for one in sorted(seen, key=lambda each: each.name):
        part = _part(one)
        known.add(part[:PART])
        if part[:PART] not in before:
            said.append(f"{one.name} was none of it, and scores {one.score.shown}")
        elif part[PART:] != before[part[:PART]]:
            health = one.state.health.level.value.replace("_", " ")
            said.append(f"{one.name} is another: it scores {one.score.shown} now, {health}")
    gone = len(before.keys() - known)
    said += [f"{gone} that belonged to it {'does' if gone == 1 else 'do'} no longer"] if gone else []
    if not said:
        return "the mapping is another"
    more = len(said) - MOST_NAMED
    return "; ".join([*said[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _part(one: ObjectiveScore) -> bytes:
    state, score = one.state, one.score
    words = [str(score.derived), score.commitment, str(score.cancelled)]
    words += [state.title, state.health.level.value, state.health.rule, state.health.sentence]
    words += [f"{doubt} {key}" for doubt, key in one.doubts]
    for key_result in state.key_results:
        words += [key_result.id, str(key_result.measurement.progress)]
    for row in state.ledger.rows:
        words += [row.id, str(row.progress), str(row.weight), row.disposition.value]
    text = b"".join(len(word.encode()).to_bytes(4, "big") + word.encode() for word in words)
    return hashlib.sha256(state.id.encode()).digest()[:PART] + hashlib.sha256(text).digest()[:PART]


def _parts(text: str) -> dict[bytes, bytes]:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return {}
    found = (raw[place : place + 2 * PART] for place in range(0, len(raw), 2 * PART))
    return {one[:PART]: one[PART:] for one in found}
