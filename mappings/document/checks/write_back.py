"""Contradictions in what a document writes back: what each target finds, and rules that can never write anything."""

from __future__ import annotations

from mappings.diagnostic import Diagnostic
from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import alias_uses, is_issue_each, key_results
from mappings.document.schema import Document, WriteBackPart
from mappings.document.text.places import Path, Positions
from mappings.progress import RULE_OF_KIND
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets import WRITE_TARGETS
from mappings.write_back.targets.field import field_identity
from mappings.write_back.values import VALUE_OF_NAME, WRITTEN_VALUES


def check_write_back(document: Document, report: Report) -> None:
    """Adds what is wrong with `write_back` as a whole and with each place it writes."""
    sources = {field_identity(document, use.alias): use.alias for use in alias_uses(document)}
    for index, part in enumerate(document.write_back):
        path: Path = ("write_back", index)
        if _check_form(part, path, report):
            _check_reach(document, part, path, report)
            _check_subject(part, path, report)
            _check_values(part, path, report)
    for target in WRITE_TARGETS:
        target.check(document, sources, report)


def check_basis(
    document: Document, basis: WriteBasis, *, positions: Positions | None = None
) -> tuple[Diagnostic, ...]:
    """What the connector itself lacks for what a document writes back, and whether it is for another site."""
    report = Report(positions or Positions())
    if basis.site and "site" in document.model_fields_set and document.site != basis.site:
        message = f"this document is for the site `{document.site}`, and not for `{basis.site}`"
        remedy = f"write `site: {basis.site}`, leave the line out, or name the other site"
        report.add(Code.OTHER_SITE, message, ("site",), value=document.site, remedy=remedy)
    for target in WRITE_TARGETS:
        target.check_basis(document, basis, report)
    return report.diagnostics()


def _check_form(part: WriteBackPart, path: Path, report: Report) -> bool:
    """Adds where it is not said, or said twice, to what issues a rule writes; whether it is said."""
    sums = [name for name in ("rows", "parents") if getattr(part, name) is not None]
    if part.target is None and len(sums) == 2:
        return True
    if part.target is not None and not sums:
        _check_sums_alone(part, path, report)
        return True
    valid = ("target", "rows and parents")
    if part.target is not None:
        message = f"`{sums[0]}` stands beside `target`: a rule writes to the one or to the other"
        remedy = "remove `target` to write sums to plain parents, or make two rules"
    elif sums:
        lacking = "parents" if sums == ["rows"] else "rows"
        message = f"`{sums[0]}` stands without `{lacking}`"
        remedy = (
            "add `parents: <JQL>`, which issues get the sums"
            if lacking == "parents"
            else 'add `rows: <JQL>`, which of the issues below are summed, or `rows: ""` for all of them'
        )
    else:
        message = "this rule does not say to what it writes"
        remedy = (
            "add `target: objective`, key_result or row; or `rows:` and `parents:` for sums on plain parents"
        )
    report.add(Code.TARGET_OR_ROWS, message, (*path, *sums[:1]), valid=valid, remedy=remedy)
    return False


def _check_sums_alone(part: WriteBackPart, path: Path, report: Report) -> None:
    """Warns of options that only sums have."""
    for name in ("relation", "weight", "missing"):
        if name in part.model_fields_set:
            message = f"`{name}` has no effect beside `target`: it belongs to `rows` and `parents`"
            report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, name), remedy="remove it")


def _check_subject(part: WriteBackPart, path: Path, report: Report) -> None:
    """Not every target is written to every kind of issue."""
    named = "a plain parent" if part.subject == "parent" else part.one
    for target in WRITE_TARGETS:
        if target.is_written(part) and part.subject not in target.subjects:
            message = f"`{target.option}` is not written to {named}"
            fitting = [one.option for one in WRITE_TARGETS if part.subject in one.subjects]
            remedy = f"{named} takes {', '.join(f'`{one}`' for one in fitting)}"
            report.add(Code.WRONG_SUBJECT, message, (*path, target.option), valid=fitting, remedy=remedy)


def _check_values(part: WriteBackPart, path: Path, report: Report) -> None:
    """A plain parent has what its rows say, and no more."""
    if part.subject != "parent":
        return
    fitting = [value.name for value in WRITTEN_VALUES if value.of_rows]
    for target in WRITE_TARGETS:
        for inner, name in target.values(part) if part.subject in target.subjects else ():
            if not VALUE_OF_NAME[name].of_rows:
                message = f"{show_value(name)} is not written to a plain parent, which is no objective: it has neither cycle nor health"
                remedy = (
                    "write what the rows say, or make it an objective"
                    if len(inner) > 1
                    else f"add `values:`, like {{key: …, values: [{', '.join(fitting[-5:-3])}]}}"
                )
                report.add(
                    Code.NO_CYCLE_HERE, message, (*path, *inner), value=name, valid=fitting, remedy=remedy
                )


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
