"""A table by its column map: each record becomes rows, and whatever cannot be read is named with its line, column, value and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import cast

from mappings.diagnostic import Severity
from mappings.imports import cells, viva
from mappings.imports.cells import CellFault, DayOrder, Decimal
from mappings.imports.column_map import COMMITMENTS, WORDS, ColumnMap, KindWord
from mappings.imports.files.table import FileTable, TableRecord, UnusableFile
from mappings.imports.row import (
    ImportedCheckIn,
    ImportKind,
    ImportMetric,
    ImportProblem,
    ImportRow,
    ParentWord,
    ReadRows,
)
from mappings.numbers import count_of

LONGEST_TITLE = 255
NUMBERS = ("weight", "start", "target", "current", "progress", "actual")
DAYS = ("start_date", "end_date")
HUNDRED = Fraction(100)
WIDE = re.compile(r"key_result_(\d+)_title")
ORDERS = ("=", "+", "@")
"""How a formula begins: such a text is kept as it is, and told."""
DELETES = frozenset({"delete", "remove"})


def read_table(table: FileTable, map_: ColumnMap) -> ReadRows:
    """The rows of a table. Raises UnusableFile where it lacks the column of the title, or a column that the map of whoever imports names."""
    named = {word: column for word, column in map_.columns.items() if column in table.columns}
    if unknown := sorted(map_.columns.keys() - set(WORDS)):
        raise UnusableFile(
            f"{', '.join(unknown)}: nothing that a column can be. Those are: {', '.join(WORDS)}."
        )
    missing = [map_.columns[word] for word in WORDS if word in map_.required and word not in named]
    if "title" not in named or missing:
        wanted = missing[0] if missing else map_.columns.get("title")
        lacks = f"The column “{wanted}” is missing" if wanted else "No column is said to be the title"
        raise UnusableFile(f"{lacks}. The columns are: {', '.join(table.columns)}.")
    reading = _Reading(
        map_=map_,
        named=named,
        decimal=map_.decimal
        or cells.decimal_sign(
            row.cells.get(named[word], "") for row in table.rows for word in NUMBERS if word in named
        ),
        order=map_.dates
        or cells.day_order(row.text(named[word]) for row in table.rows for word in DAYS if word in named),
    )
    rows = [one for record in table.rows for one in reading.record(record)]
    return ReadRows(
        rows=tuple(_with_ids(rows) if map_.form == "viva" else rows),
        count=len(table.rows),
        encoding=table.encoding,
        delimiter=table.delimiter,
        skipped=tuple(reading.skipped),
        problems=tuple(reading.problems),
        unread=tuple(one for one in table.columns if rows and one not in reading.asked),
    )


def _with_ids(rows: list[ImportRow]) -> Iterator[ImportRow]:
    """Where the ids were not exported, that of a row stands in what others are aligned to; taken where one row alone has the title."""
    told: dict[str, set[str]] = {}
    for row in rows:
        for parent in row.parents:
            if parent.id is not None and parent.title is not None:
                told.setdefault(parent.title, set()).add(parent.id)
    titles = [row.title for row in rows]
    for row in rows:
        ids = told.get(row.title, set())
        if row.external_id is None and len(ids) == 1 and titles.count(row.title) == 1:
            yield replace(row, external_id=next(iter(ids)))
        else:
            yield row


@dataclass
class _Reading:
    """One pass over a table."""

    map_: ColumnMap
    named: dict[str, str]
    decimal: Decimal | None
    order: DayOrder | None
    asked: set[str] = field(default_factory=set)
    """The columns that were looked into."""
    skipped: list[tuple[int, str]] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)

    def record(self, record: TableRecord) -> Iterator[ImportRow]:
        """The rows of a record: one, or none, and one for each key result that is further columns of it."""
        if self._text(record, "action").casefold() in DELETES:
            self._say(
                record,
                "action",
                CellFault("delete_refused", "An import deletes nothing: leave this row out."),
            )
        kind = self._kind(record)
        if kind == "skip":
            self.skipped.append((record.number, "kind_not_imported"))
            return
        title = self._title(record)
        parents, place = self._hangs(record)
        weight = self._number(record, "weight")
        if weight is None and parents:
            weight = parents[0].weight
        if weight is not None and weight < 0:
            self._say(record, "weight", CellFault("weight_negative", "A weight is 0 or more."))
        start, end = self._day(record, "start_date"), self._day(record, "end_date")
        if start is not None and end is not None and end < start:
            self._say(record, "end_date", CellFault("end_before_start", f"{end} is before {start}."))
        said = self._check_ins(record)
        one = ImportRow(
            row=record.number,
            title=title,
            kind=kind if kind != "depth" else None,
            external_id=viva.own_id(self._text(record, "id")),
            place=place,
            parents=parents,
            owners=self._owners(record),
            cycle=self._cycle(record),
            start_date=start,
            end_date=end,
            description=self._free(record, "description"),
            weight=weight,
            status=self._status(record),
            commitment=COMMITMENTS.get(self._text(record, "commitment").casefold()),
            metric=self._metric(record, said),
            check_ins=said,
        )
        yield replace(one, kind="objective") if self.map_.form == "wide" else one
        if self.map_.form == "wide":
            yield from self._wide(record, one)

    # -- words

    def _text(self, record: TableRecord, word: str) -> str:
        column = self._column(word)
        return record.text(column).strip() if column else ""

    def _column(self, word: str) -> str | None:
        column = self.named.get(word)
        if column:
            self.asked.add(column)
        return column

    def _kind(self, record: TableRecord) -> KindWord:
        said = self._text(record, "kind")
        if self.map_.depth or "kind" not in self.named or not said:
            return "depth"
        found = self.map_.kinds.get(said.casefold())
        if found is None:
            valid = tuple(sorted(self.map_.kinds))
            self._say(record, "kind", CellFault("kind_unknown", f"“{said}” is no kind that is known.", valid))
        return found or "depth"

    def _title(self, record: TableRecord) -> str:
        title = self._free(record, "title")
        if self.map_.hangs == "path":
            title = title.rpartition(">")[2].strip()
        if not title:
            self._say(record, "title", CellFault("title_missing", "The title is empty."))
        elif len(title) > LONGEST_TITLE:
            said = f"The title has {count_of(len(title), 'character')}: Jira takes {LONGEST_TITLE}."
            self._say(record, "title", CellFault("title_too_long", said))
        return title

    def _free(self, record: TableRecord, word: str) -> str:
        text = self._text(record, word)
        if text.startswith(ORDERS):
            said = "It begins as a formula does; it is taken as text."
            self._say(record, word, CellFault("formula_text", said), Severity.WARNING)
        return text

    def _hangs(self, record: TableRecord) -> tuple[tuple[ParentWord, ...], str | None]:
        """What it hangs below, and what others say who hang below it."""
        parent, own = self._text(record, "parent"), self._text(record, "row_id") or None
        raw = record.text(self.named["title"])
        if self.map_.form == "viva":
            return viva.aligned_to(parent, self.decimal), own
        if self.map_.hangs == "path":
            above, _, _ = raw.rpartition(">")
            steps = [" ".join(step.split()) for step in raw.split(">")]
            return ((ParentWord(id=" > ".join(steps[:-1])),) if above else ()), " > ".join(steps)
        if self.map_.hangs == "dotted":
            above = own.rpartition(".")[0] if own else ""
            return ((ParentWord(id=above),) if above else ()), own
        if self.map_.hangs == "indent":
            return (), str(len(raw.expandtabs(4)) - len(raw.expandtabs(4).lstrip()))
        if self.map_.hangs == "title":
            return ((ParentWord(title=parent),) if parent else ()), own
        rows = self._text(record, "parent_row") if "parent_row" in self.named else parent
        listed = [one.strip() for one in re.split(r"[\n,;]", rows) if one.strip()]
        if not listed and parent:
            listed = [one.strip() for one in re.split(r"[\n,;]", parent) if one.strip()]
        return tuple(ParentWord(id=one) for one in listed), own

    def _owners(self, record: TableRecord) -> tuple[str, ...]:
        text = self._text(record, "owner")
        return () if cells.is_nothing(text) else (text,)

    def _status(self, record: TableRecord) -> str | None:
        said = self._text(record, "status")
        if cells.is_nothing(said):
            return None
        found = self.map_.statuses.get(said.casefold())
        if found is None:
            valid = tuple(sorted(self.map_.statuses))
            fault = CellFault(
                "status_unknown", f"“{said}” is no status that is known; it is left out.", valid
            )
            self._say(record, "status", fault, Severity.WARNING)
        return found

    # -- values

    def _number(self, record: TableRecord, word: str) -> Fraction | None:
        column = self._column(word)
        found = cells.number(record.cells.get(column, ""), self.decimal) if column else None
        return self._value(record, word, found)

    def _day(self, record: TableRecord, word: str) -> date | None:
        found = cells.day(self._text(record, word), self.order)
        if isinstance(found, CellFault):
            self._say(record, word, found)
            return None
        return found

    def _cycle(self, record: TableRecord) -> str | None:
        found = cells.cycle(self._text(record, "cycle"), self.map_.cycles)
        if isinstance(found, CellFault):
            self._say(record, "cycle", found)
            return None
        return found

    def _check_ins(self, record: TableRecord) -> tuple[ImportedCheckIn, ...]:
        if self.map_.form != "viva":
            return ()
        texts = [text for text in (self._text(record, "check_ins"), *record.rest) if text]
        found: list[ImportedCheckIn] = []
        for one in viva.check_ins(texts, self.map_.statuses):
            if isinstance(one, CellFault):
                self._say(record, "check_ins", one, Severity.WARNING)
            else:
                found.append(one)
        return tuple(found)

    def _metric(self, record: TableRecord, said: tuple[ImportedCheckIn, ...]) -> ImportMetric | None:
        kind = self.map_.metric_kinds.get(self._text(record, "kind").casefold())
        if self.map_.percent and self.map_.form != "wide":
            progress = self._number(record, "progress")
            if progress is None and self.map_.blank_is_zero and not self._text(record, "progress"):
                progress = Fraction(0)
            return ImportMetric(start=Fraction(0), target=HUNDRED, current=progress, unit="%")
        start, target, current = (self._number(record, word) for word in ("start", "target", "current"))
        unit = self._unit(record)
        if self.map_.form == "viva":
            whole = start == 0 and target == HUNDRED
            current, unclear = viva.current_of(said, unit, whole, self._number(record, "actual"))
            if unclear and self._kind(record) == "key_result":
                fault = CellFault(
                    "current_ambiguous",
                    "Actual Progress may be the percentage or the value: what it stands at is left open.",
                )
                self._say(record, "actual", fault, Severity.WARNING)
        if kind is None and (start, target, current) == (None, None, None):
            return None
        return ImportMetric(start=start, target=target, current=current, unit=unit, kind=kind)

    def _unit(self, record: TableRecord) -> str | None:
        said = self._text(record, "unit")
        if not cells.is_nothing(said):
            return said
        shown = [self._text(record, word) for word in ("start", "target", "current")]
        filled = [one for one in shown if not cells.is_nothing(one)]
        return "%" if filled and all(one.endswith("%") for one in filled) else None

    def _wide(self, record: TableRecord, above: ImportRow) -> Iterator[ImportRow]:
        for column in record.cells:
            found = WIDE.fullmatch(column)
            if found is None:
                continue
            completion = f"key_result_{found[1]}_completion"
            self.asked |= {column, completion}
            title = record.text(column).strip()
            if not title:
                continue
            share = cells.number(record.cells.get(completion, ""), self.decimal)
            known = self._value(record, completion, share)
            if known is not None and not 0 <= known <= 1:
                fault = CellFault("number_out_of_range", "Completion runs from 0 to 1.", ("0", "0.65", "1"))
                self._say(record, completion, fault)
                known = None
            yield ImportRow(
                row=record.number,
                part=int(found[1]),
                title=title,
                kind="key_result",
                parents=(ParentWord(id=""),),
                owners=above.owners,
                cycle=above.cycle,
                end_date=above.end_date,
                metric=ImportMetric(
                    start=Fraction(0),
                    target=HUNDRED,
                    current=None if known is None else known * HUNDRED,
                    unit="%",
                ),
            )

    def _value(self, record: TableRecord, word: str, found: Fraction | CellFault | None) -> Fraction | None:
        if isinstance(found, CellFault):
            self._say(record, word, found)
            return None
        return found

    def _say(
        self, record: TableRecord, word: str, fault: CellFault, severity: Severity = Severity.ERROR
    ) -> None:
        column = self.named.get(word, word)
        self.problems.append(
            ImportProblem(
                row=record.number,
                code=fault.code,
                message=fault.message,
                column=column,
                severity=severity,
                value=record.text(column).strip() or None,
                valid=fault.valid,
            )
        )


def kind_of(word: str) -> ImportKind | None:
    """The kind that a word of another tool means, where it is one of these."""
    return cast("ImportKind", word) if word in ("objective", "key_result") else None
