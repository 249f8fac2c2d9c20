"""Whether a word is among the wanted ones, whatever its case: one dictionary look-up for each word seen before."""

from __future__ import annotations

from collections.abc import Iterable

MOST_REMEMBERED = 4_096


class Known(dict[str, bool]):
    """`known[word]` says whether the word, case-folded, is wanted; forgets all once it holds MOST_REMEMBERED words."""

    __slots__ = ("wanted",)

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__()
        self.wanted = frozenset(word.casefold() for word in words)

    def __missing__(self, word: str) -> bool:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        verdict = self[word] = word.casefold() in self.wanted
        return verdict
