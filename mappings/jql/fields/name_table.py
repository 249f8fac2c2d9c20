"""Whether a word is among the wanted ones, whatever its case: one dictionary look-up for each word seen before."""

from __future__ import annotations

from collections.abc import Iterable

MOST_REMEMBERED = 4_096


class NameTable(dict[str, bool]):
    """`known[word]` says whether the word, case-folded, is wanted; forgets all once it holds MOST_REMEMBERED words.

    The hottest conditions ask the sets first, which costs half as much: `word in yes or (word not in no and known[word])`.
    """

    __slots__ = ("no", "wanted", "yes")

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__()
        spelt = frozenset(words)
        self.wanted = frozenset(word.casefold() for word in spelt)
        self.yes = set(spelt)
        self.no: set[str] = set()

    def __missing__(self, word: str) -> bool:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
            self.yes.clear()
            self.no.clear()
        verdict = self[word] = word.casefold() in self.wanted
        (self.yes if verdict else self.no).add(word)
        return verdict
