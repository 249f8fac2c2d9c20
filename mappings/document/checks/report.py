"""Collects what is found in one document, each finding at its place. Decides nothing about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from mappings.diagnostic import Diagnostic, Severity, did_you_mean
from mappings.document.text.places import Path, Positions, path_text

MOST_FINDINGS = 500
"""A document with more slips than this is no mapping; the first ones say enough."""


class FindingTraits(TypedDict, total=False):
    """What a finding may say beside its message; see `Report.add`."""

    value: object
    valid: Iterable[str]
    remedy: str
    key: bool
    offset: int | None


@dataclass(slots=True)
class Report:
    """The findings so far, with their paths."""

    positions: Positions = field(default_factory=Positions)
    found: list[tuple[Path, Diagnostic]] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        path: Path,
        *,
        severity: Severity = Severity.ERROR,
        value: object = None,
        valid: Iterable[str] = (),
        remedy: str = "",
        key: bool = False,
        offset: int | None = None,
    ) -> None:
        """Adds one finding; `key` points at the key instead of its value, `offset` at one character of the value."""
        if len(self.found) >= MOST_FINDINGS:
            return
        line, column = self.positions.of(path, key=key, offset=offset)
        diagnostic = Diagnostic(
            code=str(code),
            message=message,
            path=path_text(path),
            line=line,
            column=column,
            severity=severity,
            value=None if value is None else show_value(value),
            valid=tuple(valid),
            remedy=remedy,
            file=self.positions.file,
        )
        self.found.append((path, diagnostic))

    def warn(self, code: str, message: str, path: Path, **more: Unpack[FindingTraits]) -> None:
        """Adds a finding that does not refuse the mapping."""
        self.add(code, message, path, severity=Severity.WARNING, **more)

    def unknown(self, code: str, what: str, name: str, known: Iterable[str], path: Path, remedy: str) -> None:
        """A name that stands for nothing: names the nearest known one."""
        valid = tuple(known)
        near = did_you_mean(name, valid)
        message = f"{what} {show_value(name)} is not known" + (f"; {near}" if near else "")
        self.add(code, message, path, value=name, valid=valid, remedy=remedy)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings in the order in which a reader meets them in the text."""
        return in_text_order(diagnostic for _, diagnostic in self.found)


def in_text_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings by line and column, each once."""
    return tuple(
        sorted(dict.fromkeys(diagnostics), key=lambda diagnostic: (diagnostic.line, diagnostic.column))
    )


def show_value(value: object) -> str:
    """A value as it may stand in a message: short, on one line, texts in quotes."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = " ".join(text.split()) or '""'
    return text if len(text) <= 80 else text[:77] + "…"
