"""What is wrong with something a person wrote, said so that the person can mend it. Holds no checks itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LONGEST_QUOTE = 60
LONGEST_RAW = 80


class Severity(StrEnum):
    """How much a diagnostic weighs: an error refuses the mapping, a warning does not, advice is lint."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `path` is the place in the document (`objectives[0].select`); line and column count from 1, 0 is unknown.

    `code` is stable, kebab-case and documented; `valid` lists the values that would have been accepted; `remedy` says what to do.
    """

    code: str
    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    severity: Severity = Severity.ERROR
    value: str | None = None
    valid: tuple[str, ...] = ()
    remedy: str = ""
    file: str = ""

    def __str__(self) -> str:
        place = (
            f"{self.file or 'mapping'}:{self.line}:{self.column}" if self.line else (self.file or "mapping")
        )
        where = f" ({self.path})" if self.path else ""
        valid = f"\n    valid: {', '.join(self.valid)}" if self.valid else ""
        remedy = f"\n    to do: {self.remedy}" if self.remedy else ""
        return f"{place}: {self.severity} {self.code}: {self.message}{where}{valid}{remedy}"


ALIKE, VERY_ALIKE = 0.6, 0.75
"""How alike two words have to be, of 1, that one may be meant by the other: with the same first letter, and with another."""


class MappingError(Exception):
    """A document was refused; carries every diagnostic at once, never only the first."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them refuses the mapping."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "Done"?` for the nearest known word, or an empty string. Nobody mistakes the first letter of a word that is hardly alike."""
    folded = word.casefold()
    by_folded = {candidate.casefold(): candidate for candidate in known}
    alike = [one for one in by_folded if one[:1] == folded[:1]]
    near = difflib.get_close_matches(folded, by_folded, n=1, cutoff=VERY_ALIKE) or difflib.get_close_matches(
        folded, alike, n=1, cutoff=ALIKE
    )
    return f'did you mean "{by_folded[near[0]]}"?' if near else ""


def quote(text: str) -> str:
    """What a person wrote, in quotes and cut where it is long."""
    return f'"{text[:LONGEST_QUOTE]}"'


def raw_text(raw: object) -> str:
    """What Jira sent, as it stands and cut where it is long."""
    return repr(str(raw)[:LONGEST_RAW])
