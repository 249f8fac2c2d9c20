"""What is wrong with a JQL text, at its exact place. Holds no checks itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mappings.diagnostic import Severity

MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class JqlFinding:
    """One finding: `position` and `end` are 0-based offsets into the text (end is exclusive); `code` is stable and kebab-case."""

    code: str
    message: str
    position: int
    end: int
    valid: tuple[str, ...] = ()
    remedy: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        valid = f" (valid: {', '.join(self.valid)})" if self.valid else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.severity} {self.code} at character {self.position + 1}: {self.message}{valid}{remedy}"


class JqlError(Exception):
    """A JQL was refused; carries every finding at once, in the order of the text."""

    def __init__(self, findings: Iterable[JqlFinding]) -> None:
        self.findings = in_order(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def in_order(findings: Iterable[JqlFinding]) -> tuple[JqlFinding, ...]:
    """Findings without repetitions in the order of the text, at most MOST_FINDINGS of them."""
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: (finding.position, finding.end))
    if len(ordered) > MOST_FINDINGS:  # a warning must never crowd out an error
        errors = [finding for finding in ordered if finding.severity is Severity.ERROR]
        ordered = errors or ordered
    return tuple(ordered[:MOST_FINDINGS])
