"""Contradictions inside the options of one progress rule. The rules know them; here they get their place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.text.places import Path
from mappings.progress import RULE_OF_KIND
from mappings.progress.options import RuleOptions


def check_progress(options: RuleOptions, path: Path, report: Report) -> None:
    """Reports what the rule of this kind finds wrong with its options."""
    for finding in RULE_OF_KIND[options.kind].check(options):
        option = (
            finding.option if finding.option[:1] and finding.option[0] in options.model_fields_set else ()
        )
        report.add(
            finding.code,
            finding.message,
            (*path, *option),
            severity=finding.severity,
            value=_value(options, option),
            remedy=finding.remedy,
        )


def check_band(at_least: Decimal | None, at_most: Decimal | None) -> Iterator[tuple[Code, str, str]]:
    """Code, message and remedy where a band of numbers has no bound or has them the wrong way round."""
    if at_least is None and at_most is None:
        yield Code.NO_BOUND, "neither at_least nor at_most is written", "write at_least, at_most or both"
    elif at_least is not None and at_most is not None and at_least > at_most:
        yield (
            Code.EMPTY_BAND,
            f"no value is at least {at_least} and at most {at_most}",
            "swap at_least and at_most",
        )


def _value(options: BaseModel, option: Path) -> object:
    value: object = options
    for name in option:
        value = getattr(value, str(name))
    return None if isinstance(value, BaseModel) else value
