"""What a condition is compiled on: the catalogue, and what compiling found out. Holds no semantics of any field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from mappings.diagnostic import Severity, did_you_mean
from mappings.document.names import MappingName, NameKind, plain_id
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.fields.name_table import NameTable
from mappings.jql.findings import MOST_FINDINGS, JqlFinding
from mappings.jql.text.tree import JqlValue

Verdict = Callable[[Issue, Moment], bool]
Then = Callable[[Verdict], Verdict]
MOST_VALID = 20
LONGEST_GUESS = 100


class TextSpan(Protocol):
    """Anything with a place in the text."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def nobody(_key: str) -> str | None:
    """The issue id of a key where no key is known."""
    return None


@dataclass(frozen=True, slots=True)
class TypedVerdict:
    """What a verdict is made of: the issue types it wants, and what else must hold."""

    ids: frozenset[str]
    words: NameTable
    rest: Verdict


@dataclass(frozen=True, slots=True)
class NameSpan:
    """Where in the text a name stands."""

    name: MappingName
    start: int
    end: int


@dataclass(slots=True)
class Compilation:
    """Collects findings, the raw field ids that are read, the fields asked for, the names used, and whether the answer changes with the clock alone (`timed`) or asks for links (`linked`), and the issues of which it asks what is below them (`roots`).

    `places` says what stands for the text from one offset to another where names give way to ids.
    """

    catalogue: Catalogue
    issue_id_of: Callable[[str], str | None] = nobody
    findings: list[JqlFinding] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    timed: bool = False
    linked: bool = False
    roots: set[str] = field(default_factory=set)
    thens: dict[Verdict, Then] = field(default_factory=dict)
    typed: dict[Verdict, TypedVerdict] = field(default_factory=dict)
    names: set[MappingName] = field(default_factory=set)
    places: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    spots: list[NameSpan] = field(default_factory=list)

    def mean(self, kind: NameKind, value: JqlValue, ids: Iterable[str], field_id: str = "") -> None:
        """Note what a word of the JQL stands for."""
        meant = tuple(sorted(ids))
        name = MappingName(kind, value.text, meant, field_id)
        self.names.add(name)
        self.spots.append(NameSpan(name, value.start, value.end))
        if meant:
            self.places[value.start, value.end] = tuple(dict.fromkeys(plain_id(id_) for id_ in meant))

    def chained(self, alone: Verdict, then: Then) -> Verdict:
        """`alone`, of which AND may take `then(rest)` instead: one call less for each issue."""
        self.thens[alone] = then
        return alone

    def refuse(
        self, code: str, message: str, place: TextSpan, valid: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        """Note an error at a place; the JQL will not be compiled."""
        self.findings.append(
            JqlFinding(
                code=code, message=message, position=place.start, end=place.end, valid=valid, remedy=remedy
            )
        )

    def warn(
        self, code: str, message: str, place: TextSpan, valid: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        """Note something that is probably not meant; the JQL works all the same."""
        if len(self.findings) >= MOST_FINDINGS:
            return
        finding = JqlFinding(
            code=code,
            message=message,
            position=place.start,
            end=place.end,
            valid=valid,
            remedy=remedy,
            severity=Severity.WARNING,
        )
        self.findings.append(finding)

    def guess(self, word: str, known: Iterable[str]) -> str:
        """`did you mean …?`, for as many findings as will be shown: looking for the nearest word is slow."""
        return did_you_mean(word[:LONGEST_GUESS], known) if len(self.findings) < MOST_FINDINGS else ""

    def unknown_value(self, what: str, word: str, place: TextSpan, known: tuple[str, ...]) -> None:
        """Warn that no value of this name is known on the site."""
        guess = self.guess(word, known)
        remedy = guess or f"check the spelling, or create the {what} in Jira"
        message = f'there is no {what} "{word}" on this site'
        self.warn("unknown-value", message, place, known[:MOST_VALID], remedy)


def never(_issue: Issue, _moment: Moment) -> bool:
    """Matches nothing."""
    return False


def always(_issue: Issue, _moment: Moment) -> bool:
    """Matches every issue."""
    return True
