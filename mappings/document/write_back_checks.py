"""Contradictions in what a document writes back: two writers, loops, values that a target does not have. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.diagnostic import Severity
from mappings.document.codes import Code
from mappings.document.places import Path
from mappings.document.report import Report, shown
from mappings.document.schema import Document, TargetPart, WriteBackPart
from mappings.document.walk import alias_uses, key_results

LEVELS = ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")
OBJECTIVE_VALUES = (
    "progress_percent", "progress", "delivery_percent", "outcome_percent", "expected_percent", "pace", "health", "summary",
)  # fmt: skip
KEY_RESULT_VALUES = ("progress_percent", "progress", "raw_percent", "health", "summary")
VALUES_OF: Mapping[str, tuple[str, ...]] = {"objective": OBJECTIVE_VALUES, "key_result": KEY_RESULT_VALUES}


def field_identity(document: Document, alias: str) -> str:
    """What decides whether two aliases are one field: the id, else the name; the alias itself where neither is known."""
    part = document.fields.get(alias)
    if part is None:
        return f"alias {alias}"
    return part.id or f"name {str(part.name).casefold()}"


def check_write_back(document: Document, report: Report) -> None:
    """Adds what is wrong with `write_back` as a whole and with each field it sets."""
    writers: dict[tuple[str, str], str] = {}
    read = {field_identity(document, use.alias): use.alias for use in alias_uses(document)}
    for index, part in enumerate(document.write_back):
        path: Path = ("write_back", index)
        _check_reach(document, part, path, report)
        for alias, target in part.set.items():
            inner = (*path, "set", alias)
            identity = field_identity(document, alias)
            _check_alias(document, alias, inner, report)
            _check_loop(alias, read.get(identity), inner, report)
            key = (part.target, identity)
            if key in writers:
                _two_writers(alias, writers[key], part.target, inner, report)
            writers.setdefault(key, alias)
            _check_target(part.target, target, inner, report)


def _two_writers(alias: str, first: str, target: str, path: Path, report: Report) -> None:
    message = f"the field {shown(alias)} of a {target} is written twice; {shown(first)} writes it already"
    report.add(Code.TWO_WRITERS, message, path, value=alias, remedy="let one rule write it", key=True)


def _check_alias(document: Document, alias: str, path: Path, report: Report) -> None:
    if alias not in document.fields:
        remedy = "add the alias under `fields`, or use one that is there"
        report.unknown(Code.UNKNOWN_ALIAS, "the field alias", alias, document.fields, path, remedy)


def _check_loop(alias: str, source: str | None, path: Path, report: Report) -> None:
    if source is not None:
        message = f"the field {shown(alias)} is written here and read by a rule (as {shown(source)})"
        remedy = "write to a field of its own; a number must not be derived from itself"
        report.add(Code.TARGET_IS_SOURCE, message, path, value=alias, remedy=remedy, key=True)


def _check_target(kind: str, target: TargetPart, path: Path, report: Report) -> None:
    if target.value not in VALUES_OF[kind]:
        message = f"a {kind} has no {shown(target.value)}"
        report.add(
            Code.VALUE_NOT_OF_TARGET,
            message,
            (*path, "value"),
            value=target.value,
            valid=VALUES_OF[kind],
            remedy="write one of the valid values",
        )
    if target.value in ("health", "summary") and "round" in target.model_fields_set:
        message = f"`round` has no effect on {shown(target.value)}"
        report.add(
            Code.OPTION_WITHOUT_EFFECT,
            message,
            (*path, "round"),
            severity=Severity.WARNING,
            remedy="remove it",
        )
    if target.options is None:
        return
    if target.value != "health":
        message = f"`options` belong to health, not to {shown(target.value)}"
        report.add(
            Code.OPTIONS_WITHOUT_HEALTH,
            message,
            (*path, "options"),
            remedy="remove `options`, or write `value: health`",
        )
        return
    missing = [level for level in LEVELS if level not in target.options]
    if missing:
        message = f"no option is written for {', '.join(missing)}; the field is cleared then"
        report.add(
            Code.HEALTH_LEVEL_WITHOUT_OPTION,
            message,
            (*path, "options"),
            severity=Severity.WARNING,
            valid=LEVELS,
            remedy="add an option for each level",
        )


def _check_reach(document: Document, part: WriteBackPart, path: Path, report: Report) -> None:
    """Warns of rules that can never write anything."""
    why = ""
    if not part.set and part.property is None:
        why = "`set` is empty"
    elif part.target == "objective" and all(objective.select is None for objective in document.objectives):
        why = "no objective is selected from Jira, so there is no issue to write to"
    elif part.target == "key_result" and not any(
        kr.as_ == "each_issue" or (kr.as_ is None and kr.progress.kind != "delivery")
        for _, _, kr in key_results(document)
    ):
        why = "no key result is an issue of its own (`as: each_issue`), so there is no issue to write to"
    if why:
        report.add(
            Code.NOTHING_WRITTEN,
            f"nothing is written here: {why}",
            path,
            severity=Severity.WARNING,
            remedy="remove the rule, or give it an issue",
        )
