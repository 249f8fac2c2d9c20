"""Contradictions in what a document writes back: what each target finds, and rules that can never write anything."""

from __future__ import annotations

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.checks.walk import alias_uses, is_issue_each, key_results
from mappings.document.schema import Document, WriteBackPart
from mappings.document.text.places import Path
from mappings.write_back.targets import WRITE_TARGETS
from mappings.write_back.targets.field import field_identity


def check_write_back(document: Document, report: Report) -> None:
    """Adds what is wrong with `write_back` as a whole and with each place it writes."""
    sources = {field_identity(document, use.alias): use.alias for use in alias_uses(document)}
    for index, part in enumerate(document.write_back):
        _check_reach(document, part, ("write_back", index), report)
    for target in WRITE_TARGETS:
        target.check(document, sources, report)


def _check_reach(document: Document, part: WriteBackPart, path: Path, report: Report) -> None:
    """Warns of rules that can never write anything."""
    why = _why_nothing(document, part)
    if why:
        message = f"nothing is written here: {why}"
        report.warn(Code.NOTHING_WRITTEN, message, path, remedy="remove the rule, or give it an issue")


def _why_nothing(document: Document, part: WriteBackPart) -> str:
    if not any(target.is_written(part) for target in WRITE_TARGETS):
        return (
            f"it has none of {', '.join(f'`{target.option}`' for target in WRITE_TARGETS)}, or an empty one"
        )
    if part.target == "objective" and all(objective.select is None for objective in document.objectives):
        return "no objective is selected from Jira, so there is no issue to write to"
    if part.target == "key_result" and not any(is_issue_each(rule) for _, _, rule in key_results(document)):
        return "no key result is an issue of its own (`as: each_issue`), so there is no issue to write to"
    return ""
