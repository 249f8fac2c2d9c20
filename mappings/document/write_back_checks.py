"""Contradictions in what a document writes back: two writers, loops, values that a target does not have. Writes nothing."""

from __future__ import annotations

from mappings.document.codes import Code
from mappings.document.places import Path
from mappings.document.report import Report, shown
from mappings.document.schema import Document, PropertyPart, TargetPart, WriteBackPart
from mappings.document.walk import alias_uses, is_issue_each, key_results
from mappings.write_back.figures import WORDED
from mappings.write_back.property_values import MOST_PROPERTIES, property_part

LEVELS = ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")


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
            _check_target(target, inner, report)
    _check_properties(document, report)


def _check_properties(document: Document, report: Report) -> None:
    """One rule writes a property of a kind of issue; and there are few of them, for Jira shows few with an issue."""
    keys: dict[str, None] = {}
    writers: set[tuple[str, str]] = set()
    for index, rule in enumerate(document.write_back):
        part, path = property_part(rule), ("write_back", index, "property")
        if part is None:
            continue
        if (rule.target, part.key) in writers:
            message = f"the property {shown(part.key)} of a {rule.target} is written twice"
            remedy = "let one rule write it, with all its values"
            report.add(Code.TWO_WRITERS, message, path, value=part.key, remedy=remedy)
        if part.key not in keys and len(keys) == MOST_PROPERTIES:
            message = (
                f"{shown(part.key)} is one property too many: a mapping writes at most {MOST_PROPERTIES}"
            )
            remedy = "use one of the others; one key serves objectives and key results alike"
            report.add(Code.TOO_MANY, message, path, value=part.key, valid=keys, remedy=remedy)
        else:
            keys[part.key] = None
        writers.add((rule.target, part.key))
        _check_round(part, path, report)


def _check_round(part: PropertyPart, path: Path, report: Report) -> None:
    if "round" in part.model_fields_set and part.values and WORDED.issuperset(part.values):
        message = "`round` has no effect on words"
        report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "round"), remedy="remove it")


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


def _check_target(target: TargetPart, path: Path, report: Report) -> None:
    if target.value in WORDED and "round" in target.model_fields_set:
        message = f"`round` has no effect on {shown(target.value)}"
        report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "round"), remedy="remove it")
    if target.options is None:
        return
    if target.value != "health":
        message = f"`options` belong to health, not to {shown(target.value)}"
        remedy = "remove `options`, or write `value: health`"
        report.add(Code.OPTIONS_WITHOUT_HEALTH, message, (*path, "options"), remedy=remedy)
        return
    missing = [level for level in LEVELS if level not in target.options]
    if missing:
        message = f"no option is written for {', '.join(missing)}; the field is cleared then"
        remedy = "add an option for each level"
        report.warn(
            Code.HEALTH_LEVEL_WITHOUT_OPTION, message, (*path, "options"), valid=LEVELS, remedy=remedy
        )


def _check_reach(document: Document, part: WriteBackPart, path: Path, report: Report) -> None:
    """Warns of rules that can never write anything."""
    why = _why_nothing(document, part)
    if why:
        message = f"nothing is written here: {why}"
        report.warn(Code.NOTHING_WRITTEN, message, path, remedy="remove the rule, or give it an issue")


def _why_nothing(document: Document, part: WriteBackPart) -> str:
    if not part.set and part.property is None:
        return "`set` is empty and there is no `property`"
    if part.target == "objective" and all(objective.select is None for objective in document.objectives):
        return "no objective is selected from Jira, so there is no issue to write to"
    if part.target == "key_result" and not any(is_issue_each(rule) for _, _, rule in key_results(document)):
        return "no key result is an issue of its own (`as: each_issue`), so there is no issue to write to"
    return ""
