"""Every JQL of a document, checked, with each finding at the character of the document at which it stands."""

from __future__ import annotations

from mappings.catalogue import Catalogue
from mappings.document.places import Path
from mappings.document.report import Report
from mappings.jql import Finding, JqlError, check, compile_selector
from mappings.selector import Selector

PREFIX = "jql-"
"""Codes of JQL findings stand behind it, so that they cannot be taken for codes of the document."""


NAMES = ("unknown-field", "unknown-value", "ambiguous-field", "order-unknown")
"""Findings about names, which mean nothing where no catalogue is at hand."""


def check_jql(text: str, path: Path, catalogue: Catalogue, report: Report) -> None:
    """Adds the findings of one JQL: syntax and subset, and its names where the catalogue is not empty."""
    for finding in check(text, catalogue):
        if not catalogue.fields and finding.code in NAMES:
            continue
        add_finding(finding, text, path, report)


def add_finding(finding: Finding, text: str, path: Path, report: Report) -> None:
    """Adds one finding at its own character."""
    report.add(
        finding.code if finding.code.startswith(PREFIX) else PREFIX + finding.code,
        finding.message,
        path,
        severity=finding.severity,
        value=text[finding.position : finding.end] or text,
        valid=finding.valid,
        remedy=finding.remedy or "correct the JQL at this character",
        offset=finding.position,
    )


def compiled(text: str, catalogue: Catalogue) -> Selector:
    """The selector of a JQL; of one that is refused (its findings are reported by `check_jql`), one that selects nothing."""
    try:
        return compile_selector(text, catalogue)
    except JqlError:
        return Selector(text, lambda _issue, _moment: False)
