"""Every JQL of a document, checked, with each finding at the character of the document at which it stands."""

from __future__ import annotations

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.schema import NOTHING
from mappings.document.text.places import Path
from mappings.facts.catalogue import Catalogue
from mappings.facts.selector import Selector
from mappings.jql import JqlError, JqlFinding, check, compile_selector, restricts

PREFIX = "jql-"
"""Codes of JQL findings stand behind it, so that they cannot be taken for codes of the document."""


NAMES = ("unknown-field", "unknown-value", "ambiguous-field", "order-unknown")
"""Findings about names, which mean nothing where no catalogue is at hand."""


def check_jql(text: str, path: Path, catalogue: Catalogue, report: Report) -> None:
    """Adds the findings of one JQL: syntax and subset, and its names where the catalogue is not empty.

    Every JQL of a document says which issues are meant. One without a condition would mean all of them, which nobody
    has ever wanted of an empty text or a lone ORDER BY; so it is refused.
    """
    if not restricts(text):
        _add_unrestricted(text, path, report)
    for finding in check(text, catalogue):
        if not catalogue.fields and finding.code in NAMES:
            continue
        add_finding(finding, text, path, report)


def check_scope(text: str, catalogue: Catalogue, report: Report) -> None:
    """Refuses a scope that asks for what is below an issue: what came to be below it unseen would never be read."""
    if compile_or_nothing(text, catalogue).roots:
        message = "the scope asks for what is below an issue, and of what is outside it is not known what stands above it"
        remedy = "write the projects in the scope, and ask so in select"
        report.add(Code.TREE_IN_SCOPE, message, ("scope",), value=text, remedy=remedy)


def add_finding(finding: JqlFinding, text: str, path: Path, report: Report) -> None:
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


def compile_or_nothing(text: str, catalogue: Catalogue) -> Selector:
    """The selector of a JQL; of one that is refused (its findings are reported by `check_jql`), one that selects nothing."""
    try:
        return compile_selector(text, catalogue)
    except JqlError:
        return select_nothing(text)


def select_nothing(text: str = NOTHING) -> Selector:
    """A selector of no issue at all."""
    return Selector(text, lambda _issue, _moment: False)


def _add_unrestricted(text: str, path: Path, report: Report) -> None:
    says = "is empty" if not text.strip() else "has no condition"
    remedy = "write which issues are meant, like project = PLAT or issuetype = Story"
    if path[-1] == "excluded":
        remedy = f"write which issues are excluded, or `excluded: {NOTHING}` where none is"
    elif path[-1] in ("when", "not_achieved") or path[-2:-1] == ("progress",):
        remedy = "write a condition, or leave the key out"
    message = f"this JQL {says}, so it would mean every issue there is"
    report.add(Code.UNRESTRICTED, message, path, value=text, remedy=remedy)
