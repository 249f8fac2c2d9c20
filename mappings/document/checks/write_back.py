"""Contradictions in what a document writes back: what each target finds, and rules that can never write anything."""

from __future__ import annotations

from mappings.diagnostic import Diagnostic
from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.checks.walk import alias_uses, is_issue_each, key_results
from mappings.document.schema import Document, WriteBackPart
from mappings.document.text.places import Path, Positions
from mappings.progress import RULE_OF_KIND
from mappings.write_back.target import Ground
from mappings.write_back.targets import WRITE_TARGETS
from mappings.write_back.targets.field import field_identity


def check_write_back(document: Document, report: Report) -> None:
    """Adds what is wrong with `write_back` as a whole and with each place it writes."""
    sources = {field_identity(document, use.alias): use.alias for use in alias_uses(document)}
    for index, part in enumerate(document.write_back):
        _check_reach(document, part, ("write_back", index), report)
        _check_subject(part, ("write_back", index), report)
    for target in WRITE_TARGETS:
        target.check(document, sources, report)


def check_ground(
    document: Document, ground: Ground, *, positions: Positions | None = None
) -> tuple[Diagnostic, ...]:
    """What the connector itself lacks for what a document writes back, and whether it is for another site."""
    report = Report(positions or Positions())
    if ground.site and "site" in document.model_fields_set and document.site != ground.site:
        message = f"this document is for the site `{document.site}`, and not for `{ground.site}`"
        remedy = f"write `site: {ground.site}`, leave the line out, or name the other site"
        report.add(Code.OTHER_SITE, message, ("site",), value=document.site, remedy=remedy)
    for target in WRITE_TARGETS:
        target.check_ground(document, ground, report)
    return report.diagnostics()


def _check_subject(part: WriteBackPart, path: Path, report: Report) -> None:
    """Not every target is written to every kind of issue."""
    for target in WRITE_TARGETS:
        if target.is_written(part) and part.target not in target.subjects:
            message = f"`{target.option}` is not written to a {part.target}"
            fitting = [one.option for one in WRITE_TARGETS if part.target in one.subjects]
            remedy = f"a {part.target} takes {', '.join(f'`{one}`' for one in fitting)}"
            report.add(Code.WRONG_SUBJECT, message, (*path, target.option), valid=fitting, remedy=remedy)


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
    if part.target == "row" and not any(
        RULE_OF_KIND[rule.progress.kind].by_rows for _, _, rule in key_results(document)
    ):
        return "no key result is measured by rows, so there is no issue to write to"
    return ""
