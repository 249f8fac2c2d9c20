"""The archive of Viva Goals as JSON, once it is unpacked: objectives with their outcomes, and check-ins. Missing parents are told, never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from mappings.diagnostic import Severity
from mappings.imports import cells
from mappings.imports.cells import CellFault
from mappings.imports.column_map import COMMITMENTS, KINDS, ColumnMap
from mappings.imports.columns import HUNDRED, kind_of
from mappings.imports.row import ImportedCheckIn, ImportMetric, ImportProblem, ImportRow, ParentWord, ReadRows
from mappings.numbers import exact

AT_MOST = ("keep below", "at most")
AT_LEAST = ("keep above", "at least")


def read_archive(
    objectives: Sequence[object],
    check_ins: Sequence[object],
    map_: ColumnMap,
    problems: Sequence[ImportProblem] = (),
) -> ReadRows:
    """The rows of an archive: its lists of objectives and of check-ins, each as JSON has it."""
    reading = _Reading(map_, list(problems))
    said = reading.check_ins(check_ins)
    rows = [
        row
        for number, raw in enumerate(objectives, 1)
        if (row := reading.objective(number, _object(raw), said)) is not None
    ]
    return ReadRows(
        rows=tuple(rows),
        count=len(objectives),
        encoding="zip",
        skipped=tuple(reading.skipped),
        problems=tuple(reading.problems),
    )


@dataclass
class _Reading:
    map_: ColumnMap
    problems: list[ImportProblem]
    skipped: list[tuple[int, str]] = field(default_factory=list)

    def check_ins(self, raws: Sequence[object]) -> dict[str, list[ImportedCheckIn]]:
        """By the id of what was checked in, the oldest first."""
        found: dict[str, list[ImportedCheckIn]] = {}
        for raw in map(_object, raws):
            on = cells.day(_text(raw.get("CheckIn Date")), self.map_.dates)
            value = self._number(0, "Current Value", raw.get("Current Value"))
            if not isinstance(on, date):
                said = f"“{_text(raw.get('CheckIn Date'))}” is no day of a check-in."
                self._say(0, "check_in_unreadable", said, "CheckIn Date", Severity.WARNING)
                continue
            note = _object(raw.get("Check In Note"))
            found.setdefault(_text(raw.get("OKR ID")), []).append(
                ImportedCheckIn(
                    on=on,
                    value=value,
                    status=self.map_.statuses.get(_text(raw.get("Status")).casefold()),
                    note=_text(note.get("Check In Note")),
                    by=_who(_object(raw.get("Check In Owner"))),
                )
            )
        for listed in found.values():
            listed.sort(key=lambda one: one.on)
        return found

    def objective(
        self, number: int, raw: Mapping[str, object], said: Mapping[str, Sequence[ImportedCheckIn]]
    ) -> ImportRow | None:
        """One of them; None where it is no objective and no key result."""
        word, id_ = _text(raw.get("Type")), _text(raw.get("ID"))
        kind = KINDS.get(word.casefold())
        if kind == "skip":
            self.skipped.append((number, "kind_not_imported"))
            return None
        if kind is None:
            self._say(number, "kind_unknown", f"“{word}” is no kind that is known.", "Type")
        title = _text(raw.get("Title"))
        if not title:
            self._say(number, "title_missing", "The title is empty.", "Title")
        own = tuple(said.get(id_, ()))
        parents = self._parents(number, raw)
        start, end = (self._day(number, name, raw) for name in ("Start Date", "End Date"))
        if start is not None and end is not None and end < start:
            self._say(number, "end_before_start", f"{end} is before {start}.", "End Date")
        status = _text(raw.get("Status"))
        known = self.map_.statuses.get(status.casefold())
        if status and known is None:
            self._say(number, "status_unknown", f"“{status}” is left out.", "Status", Severity.WARNING)
        cycle = cells.cycle(_text(_object(raw.get("Time Period")).get("Name")), self.map_.cycles)
        if isinstance(cycle, CellFault):
            self._say(number, cycle.code, cycle.message, "Time Period")
            cycle = None
        owners = raw.get("Owner")
        return ImportRow(
            row=number,
            title=title,
            kind=kind_of(kind or ""),
            external_id=id_ or None,
            parents=parents,
            owners=tuple(
                who
                for one in (owners if isinstance(owners, list) else ())
                if (who := _who(_object(one))) is not None
            ),
            cycle=cycle,
            start_date=start,
            end_date=end,
            description=_text(raw.get("Description")),
            weight=parents[0].weight if parents else None,
            status=known,
            commitment=COMMITMENTS.get(_text(raw.get("Goal Type")).casefold()),
            metric=self._metric(number, raw, own) if kind == "key_result" else None,
            check_ins=own,
        )

    def _parents(self, number: int, raw: Mapping[str, object]) -> tuple[ParentWord, ...]:
        aligned = raw.get("Alignment")
        weights = {
            _text(one.get("ID")): self._number(number, "Alignment", one.get("Weight"))
            for one in map(_object, aligned if isinstance(aligned, list) else ())
        }
        listed = raw.get("Parent IDs")
        ids = [*weights, *(_text(one) for one in (listed if isinstance(listed, list) else ()))]
        return tuple(ParentWord(id=id_, weight=weights.get(id_)) for id_ in dict.fromkeys(ids) if id_)

    def _metric(
        self, number: int, raw: Mapping[str, object], said: Sequence[ImportedCheckIn]
    ) -> ImportMetric:
        outcome = _object(raw.get("Outcome"))
        values = [one.value for one in said if one.value is not None]
        progress = self._number(number, "Progress", raw.get("Progress"))
        if _text(outcome.get("Outcome Type")) != "Metric":
            current = values[-1] if values else progress
            return ImportMetric(start=Fraction(0), target=HUNDRED, current=current, unit="%")
        start, target = (self._number(number, name, outcome.get(name)) for name in ("Start", "Target"))
        if not values and progress:
            self._say(
                number,
                "current_ambiguous",
                "Only its progress is known, not its value: what it stands at is left open.",
                "Progress",
                Severity.WARNING,
            )
        aim = _text(outcome.get("Target Type")).casefold()
        below, above = aim.startswith((*AT_MOST, "maintain")), aim.startswith((*AT_LEAST, "maintain"))
        return ImportMetric(
            start=start,
            target=target,
            current=values[-1] if values else None,
            unit=_text(outcome.get("Metric Unit")) or None,
            kind="threshold" if below or above else None,
            at_least=target if above else None,
            at_most=target if below else None,
        )

    def _number(self, number: int, column: str, raw: object) -> Fraction | None:
        """A number as JSON has it, or as text with commas between the thousands, as this tool writes it."""
        found = (
            exact(raw) if isinstance(raw, int | float) else cells.number(_text(raw), self.map_.decimal or ".")
        )
        if isinstance(found, CellFault):
            self._say(number, found.code, found.message, column)
            return None
        return found

    def _day(self, number: int, column: str, raw: Mapping[str, object]) -> date | None:
        found = cells.day(_text(raw.get(column)), self.map_.dates)
        if isinstance(found, CellFault):
            self._say(number, found.code, found.message, column)
            return None
        return found

    def _say(
        self, number: int, code: str, said: str, column: str, severity: Severity = Severity.ERROR
    ) -> None:
        self.problems.append(
            ImportProblem(row=number, code=code, message=said, column=column, severity=severity)
        )


def _who(raw: Mapping[str, object]) -> str | None:
    return _text(raw.get("Email")) or _text(raw.get("Name")) or None


def _object(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, Mapping) else {}


def _text(raw: object) -> str:
    return "" if raw is None or isinstance(raw, Mapping | list) else str(raw).strip()
