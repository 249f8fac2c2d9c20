"""What a mapping may write under `source` of a KPI, one entry a kind. Where the readings then come from is in `connectors/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from mappings.document.part import MOST_PARTS, Part
from mappings.progress.options import Jql

OperandName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class SourceOptions(Part):
    """Base of the options of every source. JQL among them is marked as in progress rules, and checked."""

    kind: str


class JqlCountOptions(SourceOptions):
    """How many mirrored issues a JQL selects."""

    kind: Literal["jql_count"]
    jql: Annotated[str, Jql()]


class PushOptions(SourceOptions):
    """Readings that programs send, or that are imported from a file."""

    kind: Literal["push"]


class CsvOptions(SourceOptions):
    """Readings that are imported from a file."""

    kind: Literal["csv"]


class FormulaOptions(SourceOptions):
    """Closed arithmetic over the readings of other KPIs; `of` names them for `expr`."""

    kind: Literal["formula"]
    expr: str
    of: dict[OperandName, str] = Field(min_length=1, max_length=MOST_PARTS)


SOURCE_OPTIONS: tuple[type[SourceOptions], ...] = (JqlCountOptions,)
"""Sources that are asked."""
UNASKED_OPTIONS: tuple[type[SourceOptions], ...] = (PushOptions, CsvOptions, FormulaOptions)
"""Sources that nobody asks: readings are brought, or worked out from others."""

if TYPE_CHECKING:  # made from the tuples, which a type checker cannot follow
    KpiSource = SourceOptions
else:
    KpiSource = Annotated[
        Union[(*SOURCE_OPTIONS, *UNASKED_OPTIONS)],
        Field(discriminator="kind"),
    ]
