"""What a condition is compiled on: the catalogue, and what compiling found out. Holds no semantics of any field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from mappings.catalogue import Catalogue
from mappings.diagnostic import Severity, did_you_mean
from mappings.issue import Issue
from mappings.jql.finding import MOST_FINDINGS, Finding
from mappings.jql.known import Known
from mappings.moment import Moment

Verdict = Callable[[Issue, Moment], bool]
Then = Callable[[Verdict], Verdict]
MOST_VALID = 20
LONGEST_GUESS = 100


class Placed(Protocol):
    """Anything with a place in the text."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def nobody(_key: str) -> str | None:
    """The issue id of a key where no key is known."""
    return None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a verdict is made of: the issue types it wants, and what else must hold."""

    ids: frozenset[str]
    words: Known
    rest: Verdict


@dataclass(slots=True)
class Ground:
    """Collects findings, the raw field ids that are read, and whether the answer changes with the clock."""

    catalogue: Catalogue
    issue_id_of: Callable[[str], str | None] = nobody
    findings: list[Finding] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    timed: bool = False
    thens: dict[Verdict, Then] = field(default_factory=dict)
    typed: dict[Verdict, Typed] = field(default_factory=dict)

    def chained(self, alone: Verdict, then: Then) -> Verdict:
        """`alone`, of which AND may take `then(rest)` instead: one call less for each issue."""
        self.thens[alone] = then
        return alone

    def refuse(
        self, code: str, message: str, place: Placed, valid: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        """Note an error at a place; the JQL will not be compiled."""
        self.findings.append(Finding(code, message, place.start, place.end, valid, remedy))

    def warn(
        self, code: str, message: str, place: Placed, valid: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        """Note something that is probably not meant; the JQL works all the same."""
        if len(self.findings) >= MOST_FINDINGS:
            return
        finding = Finding(code, message, place.start, place.end, valid, remedy, Severity.WARNING)
        self.findings.append(finding)

    def guess(self, word: str, known: Iterable[str]) -> str:
        """`did you mean …?`, for as many findings as will be shown: looking for the nearest word is slow."""
        return did_you_mean(word[:LONGEST_GUESS], known) if len(self.findings) < MOST_FINDINGS else ""

    def unknown_value(self, what: str, word: str, place: Placed, known: tuple[str, ...]) -> None:
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
