"""The work behind an objective as squares: done, begun, to do. They are the rows of its delivery that count."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.rollup.rows.ledger import Disposition, hidden_issues, unseen_words
from mappings.rollup.state import ObjectiveState

STEP = 11
"""From one square to the next, in pixels."""
MOST_SQUARES = 18
"""Of more issues each square stands for several."""


@dataclass(frozen=True, slots=True)
class Work:
    """How many of its issues are done, begun and to do; of `hidden` ones, which whoever looks may not see, it is not told."""

    done: int
    begun: int
    waiting: int
    hidden: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.done + self.begun + self.waiting

    @property
    def each(self) -> int:
        """For how many issues a square stands."""
        return -(-self.total // MOST_SQUARES) or 1

    @property
    def squares(self) -> tuple[str, ...]:
        """What each square is, done, begun or waiting, in this order. One that stands for several is done where all are, and begun where some are more than waiting."""
        fills = ["done"] * self.done + ["begun"] * self.begun + ["waiting"] * self.waiting
        parts = [fills[at : at + self.each] for at in range(0, len(fills), self.each)]
        return tuple(part[0] if len(set(part)) == 1 else "begun" for part in parts)

    @property
    def wide(self) -> int:
        """How wide they are, side by side."""
        return STEP * len(self.squares)

    @property
    def filled(self) -> str:
        """An SVG path of what is filled: all of what is done, the lower half of what is begun."""
        tops = {"done": (".5", 8), "begun": ("4.5", 4)}
        return "".join(
            f"M{at * STEP}.5 {tops[one][0]}h8v{tops[one][1]}h-8z"
            for at, one in enumerate(self.squares)
            if one in tops
        )

    @property
    def outline(self) -> str:
        """The same of what is drawn empty."""
        return "".join(f"M{at * STEP}.5 .5h8v8h-8z" for at, one in enumerate(self.squares) if one != "done")

    @property
    def words(self) -> str:
        """`6 of 9 issues done, 2 begun, 1 to do`; of those that are hidden that they are left out."""
        said = f"{self.done} of {self.total} {'issue' if self.total == 1 else 'issues'} done"
        said += f", {self.begun} begun" if self.begun else ""
        said += f", {self.waiting} to do" if self.waiting else ""
        return f"{said}; without {unseen_words(self.hidden)}" if self.hidden else said


def work_of(state: ObjectiveState) -> Work | None:
    """What counts in the delivery of an objective; None where nothing is delivered, or whoever looks may see none of it."""
    ledgers = [one.measurement.ledger for one in state.key_results if one.nature == "delivery"]
    counted = {
        row.id: row
        for ledger in ledgers
        if not ledger.plain
        for row in ledger.rows
        if row.disposition is Disposition.COUNTED
    }
    hidden = sum(map(hidden_issues, counted))
    seen = [
        row.progress for row in counted.values() if row.progress is not None and not hidden_issues(row.id)
    ]
    if not seen:
        return None
    done, waiting = sum(progress >= 1 for progress in seen), sum(progress <= 0 for progress in seen)
    return Work(done, len(seen) - done - waiting, waiting, hidden)


KEY = {"done": Work(1, 0, 0), "begun": Work(0, 1, 0), "waiting": Work(0, 0, 1)}
"""One square of each kind, to say what it means."""
