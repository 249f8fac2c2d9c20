"""The column map: which column of a tool is what, and how it says it. A preset is one; whoever imports may write another, or add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mappings.document.text.nodes import UnreadableError, plain_tree
from mappings.document.text.yaml_nodes import yaml_node
from mappings.imports.cells import DayOrder, Decimal
from mappings.imports.files.table import UnusableFile

Hangs = Literal["id", "row", "dotted", "title", "path", "indent", "above"]
"""By what a row says below which other it hangs: the id of the tool, a number of this file, `1.2`, the title, `A > B`, blanks before the title, or its place."""
KindWord = Literal["objective", "key_result", "skip", "depth"]
Form = Literal["columns", "viva", "wide"]
WORDS = (
    "title",
    "id",
    "row_id",
    "parent",
    "parent_row",
    "kind",
    "action",
    "owner",
    "cycle",
    "start_date",
    "end_date",
    "description",
    "weight",
    "status",
    "commitment",
    "start",
    "target",
    "current",
    "progress",
    "actual",
    "unit",
    "check_ins",
)
"""What a column can be."""
STATUSES: Mapping[str, str] = {
    "not started": "pending",
    "pending": "pending",
    "created": "pending",
    "on track": "on_track",
    "on_track": "on_track",
    "ongoing": "on_track",
    "at risk": "at_risk",
    "at_risk": "at_risk",
    "behind": "at_risk",
    "off track": "off_track",
    "off_track": "off_track",
    "closed": "closed",
    "done": "closed",
    "completed": "closed",
    "accomplished": "closed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
KINDS: Mapping[str, KindWord] = {
    "objective": "objective",
    "goal": "objective",
    "big rock": "objective",
    "key result": "key_result",
    "key_result": "key_result",
    "kr": "key_result",
    "kpi": "key_result",
    "deliverable": "skip",
    "project": "skip",
    "initiative": "skip",
    "work item": "skip",
    "task": "skip",
}
COMMITMENTS: Mapping[str, str] = {
    "committed": "committed",
    "committed goal": "committed",
    "aspirational": "aspirational",
    "aspirational goal": "aspirational",
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How the table of a tool is read. `columns` says of what a column can be (WORDS) which column it is."""

    name: str
    tool: str
    about: str
    columns: Mapping[str, str]
    required: frozenset[str] = frozenset()
    """Of what a column can be, what whoever imports named a column for: the file has to have it."""
    hangs: Hangs = "title"
    form: Form = "columns"
    kinds: Mapping[str, KindWord] = field(default_factory=lambda: KINDS)
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUSES)
    separators: tuple[str, ...] = (",", ";", "\n")
    percent: bool = False
    """Whether every key result runs from 0 to 100 %."""
    blank_is_zero: bool = False
    """Whether a blank progress is 0, because the tool says so."""
    metric_kinds: Mapping[str, str] = field(default_factory=dict)
    """By the word of the column of the kind: of what kind its metric is."""
    depth: bool = False
    """Whether the kind follows from the place alone, whatever the column says."""
    decimal: Decimal | None = None
    dates: DayOrder | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    cycles: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


class ColumnMapPart(BaseModel):
    """A column map as somebody writes it: what it says stands over the preset."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    preset: str = Field(
        default="columns",
        description="The preset over which this stands: a tool, or `columns` for any table.",
    )
    tool: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="What the tool is called: by it and its id a row is known again."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="By what a column can be: which column it is; an empty text says that no column is it.",
    )
    cycles: dict[str, str] = Field(default_factory=dict, description="By their word: the cycle of yours.")
    people: dict[str, str] = Field(
        default_factory=dict, description="By the name in the file: the address or the name of who is meant."
    )
    statuses: dict[str, str] = Field(
        default_factory=dict,
        description="By their word: pending, on_track, at_risk, off_track, closed or cancelled.",
    )
    kinds: dict[str, KindWord] = Field(default_factory=dict, description="By their word: what a row is.")
    hangs: Hangs | None = Field(default=None, description="By what a row says below which other it hangs.")
    decimal: Decimal | None = Field(
        default=None, description="The decimal sign, where the file does not tell it."
    )
    dates: DayOrder | None = Field(
        default=None, description="Whether day or month comes first, where the file does not tell it."
    )
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "cp1252"] | None = Field(
        default=None, description="The encoding, where it is not told right from the bytes."
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        default=None,
        description="What stands between columns, where it is not told right from the first line.",
    )
    sheet: str | None = Field(
        default=None, description="The sheet of a workbook; the first where it is left out."
    )

    def over(self, preset: ColumnMap) -> ColumnMap:
        """The preset with what was written."""
        given = {
            name: value
            for name in ("tool", "hangs", "decimal", "dates", "encoding", "delimiter", "sheet")
            if (value := getattr(self, name)) is not None
        }
        return replace(
            preset,
            columns={word: one for word, one in {**preset.columns, **self.columns}.items() if one},
            required=preset.required | {word for word, one in self.columns.items() if one},
            cycles={**preset.cycles, **self.cycles},
            people={**preset.people, **self.people},
            statuses={**preset.statuses, **{word.casefold(): one for word, one in self.statuses.items()}},
            kinds={**preset.kinds, **{word.casefold(): one for word, one in self.kinds.items()}},
            **given,
        )


def read_column_map(text: str) -> ColumnMapPart:
    """The column map of a file in YAML or JSON. Raises UnusableFile with everything that is wrong with it."""
    try:
        plain = plain_tree(yaml_node(text)).plain
    except UnreadableError as error:
        raise UnusableFile(f"The column map cannot be read: line {error.line}: {error.message}.") from None
    try:
        return ColumnMapPart.model_validate(plain or {})
    except ValidationError as error:
        faults = (f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors())
        raise UnusableFile(f"The column map is wrong: {'; '.join(faults)}.") from None
