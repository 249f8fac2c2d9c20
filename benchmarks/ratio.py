"""One figure of a benchmark: ours against the other's in the same run, for absolute numbers say more about the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """`ours` and `theirs` are in `unit`; `at_least` or `at_most` is the aim for ours ÷ theirs, where there is one."""

    name: str
    ours: float
    theirs: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    theirs_name: str = ""

    @property
    def value(self) -> float:
        """Ours ÷ theirs."""
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def aim(self) -> str:
        """The aim in words, empty where there is none."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""

    @property
    def held(self) -> bool | None:
        """Whether the aim is reached, None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None
