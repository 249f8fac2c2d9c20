"""What a mapping may write under `source` of a KPI, one entry a kind. Where the readings then come from is in `connectors/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from mappings.document.part import Part
from mappings.progress.options import Jql


class SourceOptions(Part):
    """Base of the options of every source. JQL among them is marked as in progress rules, and checked."""

    kind: str


class JqlCountOptions(SourceOptions):
    """How many mirrored issues a JQL selects."""

    kind: Literal["jql_count"]
    jql: Annotated[str, Jql()]


SOURCE_OPTIONS: tuple[type[SourceOptions], ...] = (JqlCountOptions,)

if TYPE_CHECKING:  # made from the tuple, which a type checker cannot follow
    KpiSource = SourceOptions
elif len(SOURCE_OPTIONS) == 1:
    KpiSource = SOURCE_OPTIONS[0]
else:
    KpiSource = Annotated[Union[SOURCE_OPTIONS], Field(discriminator="kind")]  # noqa: UP007
