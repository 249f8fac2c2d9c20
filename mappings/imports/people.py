"""Whom a file means: exactly one person of Jira who is active, or nobody and why. Never whoever imports."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mappings.diagnostic import Severity
from mappings.imports.row import ImportProblem, ImportRow


@dataclass(frozen=True, slots=True)
class JiraPerson:
    """A person as Jira lists them; `id` is the account id on Cloud, the user name on Data Center."""

    id: str
    name: str
    email: str | None = None
    active: bool = True


FindPeople = Callable[[str], Sequence[JiraPerson]]
"""Whom Jira lists for a name or an address."""


@dataclass
class OwnerSearch:
    """Finds the people of one file, each asked for once. `known` are words that somebody explained by an address or a name."""

    find: FindPeople
    known: Mapping[str, str]
    separators: tuple[str, ...]

    def __post_init__(self) -> None:
        self._asked: dict[str, tuple[JiraPerson | None, str]] = {}

    def owners(self, row: ImportRow) -> tuple[tuple[JiraPerson, ...], tuple[ImportProblem, ...]]:
        """Those whom a row names, the first as its owner, and who was not found."""
        found, problems = [], []
        for text in row.owners:
            for word in self._words(text):
                one, code = self._one(word)
                if one is not None:
                    found.append(one)
                else:
                    problems.append(_unknown(row, word, code))
        return tuple(dict.fromkeys(found)), tuple(problems)

    def one(self, word: str | None) -> str | None:
        """The id of the one whom a word means, None where it is nobody."""
        found = self._one(word)[0] if word else None
        return None if found is None else found.id

    def _words(self, text: str) -> list[str]:
        """Names may hold commas: one that is known as a whole is not divided."""
        if "," in text and "\n" not in text and self._one(text)[0] is not None:
            return [text]
        words = [text]
        for sign in self.separators:
            words = [part for word in words for part in word.split(sign)]
        return [word.strip() for word in words if word.strip()]

    def _one(self, word: str) -> tuple[JiraPerson | None, str]:
        said = self.known.get(word, word)
        if said not in self._asked:
            self._asked[said] = _match(said, self.find(said))
        return self._asked[said]


def _match(said: str, people: Sequence[JiraPerson]) -> tuple[JiraPerson | None, str]:
    wanted = _folded(said)
    same = [one for one in people if "@" in said and one.email is not None and _folded(one.email) == wanted]
    same = same or [one for one in people if _folded(one.name) == wanted]
    active = {one.id: one for one in same if one.active}
    if len(active) == 1:
        return next(iter(active.values())), ""
    if active:
        return None, "owner_ambiguous"
    return None, "owner_inactive" if same else "owner_unknown"


WHY = {
    "owner_unknown": "Jira knows nobody of this name or address",
    "owner_ambiguous": "Jira knows several people of this name",
    "owner_inactive": "This person is not active in Jira",
}


def _unknown(row: ImportRow, word: str, code: str) -> ImportProblem:
    return ImportProblem(
        row=row.row,
        code=code,
        message=f"{WHY[code]}: it stays without this owner. Say who is meant (people: {{“{word}”: address}}).",
        column="owner",
        severity=Severity.WARNING,
        value=word,
    )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
