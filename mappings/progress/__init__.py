"""Progress rules, one file each. A new kind of key result is one new file and one line in `PROGRESS_RULES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from mappings.progress import baseline, decrease, delivery, increase, milestone, threshold, transition
from mappings.progress.options import Mark, RuleOptions, list_marks
from mappings.progress.rule import AnyRule

PROGRESS_RULES: tuple[AnyRule, ...] = (
    delivery.RULE,
    transition.RULE,
    increase.RULE,
    decrease.RULE,
    threshold.RULE,
    baseline.RULE,
    milestone.RULE,
)

RULE_OF_KIND = {rule.kind: rule for rule in PROGRESS_RULES}


def option_names(kind: type[Mark]) -> frozenset[str]:
    """Names of the options that some rule marks so."""
    return frozenset(name for rule in PROGRESS_RULES for name, _ in list_marks(rule.options, kind))


if TYPE_CHECKING:  # the union below is made from the tuple, which a type checker cannot follow
    ProgressOptions = RuleOptions
else:
    ProgressOptions = Annotated[
        Union[tuple(rule.options for rule in PROGRESS_RULES)],  # noqa: UP007
        Field(discriminator="kind"),
    ]
