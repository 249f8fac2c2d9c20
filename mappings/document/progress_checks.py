"""Contradictions inside the options of one progress rule. The rules know them; here they get their place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice

from pydantic import BaseModel

from mappings.diagnostic import Severity
from mappings.document.codes import Code
from mappings.document.places import Path
from mappings.document.report import Report
from mappings.progress import RULE_OF_KIND
from mappings.progress.options import RuleOptions
from mappings.progress.rule import Finding

HARMLESS = ("weight-not-used", "share-for-percent")
"""Findings of rules that refuse nothing: a wasted line, or a number that was perhaps meant otherwise."""

FOCUS: Mapping[str, tuple[str, ...]] = {
    "wrong-direction": ("target",),
    "start-is-target": ("target",),
    "start-and-target": ("start", "target"),
    "weight-not-used": ("weight",),
}
"""Which option to point at where several together are wrong."""


def check_progress(options: RuleOptions, path: Path, report: Report) -> None:
    """Reports what the rule of this kind finds wrong with its options."""
    rule = RULE_OF_KIND[getattr(options, "kind", "")]
    for finding in rule.check(options):
        option = _option(finding, options)
        report.add(
            finding.code,
            finding.message,
            (*path, *option),
            severity=Severity.WARNING if finding.code in HARMLESS else Severity.ERROR,
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


def _option(finding: Finding, options: RuleOptions) -> Path:
    """The written option that a finding is about, as its code or the opening of its message says; or none."""
    opening = re.match(r"(\w+)(?:\.(\w+))?\b", finding.message)
    names = tuple(name for name in opening.groups() if name) if opening else ()
    opens = names if names[:1] and names[0] in options.model_fields_set else ()
    if len(opens) > 1:
        return opens
    likely = (name for name in FOCUS.get(finding.code, ()) if name in options.model_fields_set)
    return tuple(islice(likely, 1)) or opens


def _value(options: BaseModel, option: Path) -> object:
    value: object = options
    for name in option:
        value = getattr(value, str(name))
    return None if isinstance(value, BaseModel) else value
