"""Where the rows of a file hang: by ids, numbers, titles, paths or their place; what hangs nowhere is blocked, with all that is below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mappings.diagnostic import Severity
from mappings.imports.column_map import Hangs
from mappings.imports.row import ImportProblem, ImportRow, ParentWord


@dataclass(frozen=True, slots=True)
class HungRow:
    """A row with what it hangs below (None: nothing), and further rows it is aligned to; `blocked` where it cannot be made."""

    row: ImportRow
    above: ImportRow | None = None
    others: tuple[ImportRow, ...] = ()
    blocked: bool = False


def hang(
    rows: Sequence[ImportRow], hangs: Hangs, faulty: frozenset[int]
) -> tuple[tuple[HungRow, ...], tuple[ImportProblem, ...]]:
    """Each row at its place, of its kind. `faulty` are the numbers of rows that an error blocks already."""
    problems: list[ImportProblem] = []
    found: list[tuple[ImportRow, ImportRow | None, tuple[ImportRow, ...], bool]] = []
    finder = _Finder(rows, hangs)
    problems += finder.doubled()
    twice = {one.row for one in problems}
    for number, row in enumerate(rows):
        above, others, fault = finder.above(number, row)
        blocked = row.row in faulty or row.row in twice
        if fault is not None:
            problems.append(fault)
            blocked = True
        if others:
            said = f"It hangs below the first of {len(others) + 1}; the others become links."
            problems.append(_problem(row, "several_parents", said, Severity.WARNING))
        found.append((row, above, others, blocked))
    return _settled(found, problems)


def _settled(
    found: list[tuple[ImportRow, ImportRow | None, tuple[ImportRow, ...], bool]],
    problems: list[ImportProblem],
) -> tuple[tuple[HungRow, ...], tuple[ImportProblem, ...]]:
    """With the kinds that follow from the place, and everything below a blocked row blocked as well."""
    up = {id(row): above for row, above, _, _ in found}
    with_child = {id(above) for above in up.values() if above is not None}
    kinds = {
        id(row): row.kind
        or ("key_result" if above is not None and id(row) not in with_child else "objective")
        for row, above, _, _ in found
    }
    blocked = {id(row) for row, _, _, wrong in found if wrong}
    for row, above, _, _ in found:
        if id(row) in blocked:
            continue
        fault = None
        if _circles(row, up):
            fault = ("hierarchy_circle", "It hangs below itself.")
        elif kinds[id(row)] == "key_result" and above is None:
            fault = ("key_result_without_objective", "A key result hangs below an objective.")
        elif above is not None and kinds[id(above)] == "key_result":
            fault = ("below_key_result", f"Row {above.row} is a key result: nothing hangs below it.")
        if fault is not None:
            problems.append(_problem(row, *fault))
            blocked.add(id(row))
    hung = []
    for row, above, others, _ in found:
        if id(row) not in blocked and _below_blocked(above, up, blocked):
            said = "What it hangs below is not imported."
            problems.append(_problem(row, "parent_blocked", said))
            blocked.add(id(row))
        kind = kinds[id(row)]
        hung.append(
            HungRow(
                replace(row, kind=kind),
                above,
                tuple(one for one in others if id(one) not in blocked),
                id(row) in blocked,
            )
        )
    return tuple(hung), tuple(problems)


def _circles(row: ImportRow, up: dict[int, ImportRow | None]) -> bool:
    seen, one = set[int](), up.get(id(row))
    while one is not None and id(one) not in seen:
        if one is row:
            return True
        seen.add(id(one))
        one = up.get(id(one))
    return False


def _below_blocked(above: ImportRow | None, up: dict[int, ImportRow | None], blocked: set[int]) -> bool:
    seen = set[int]()
    while above is not None and id(above) not in seen:
        if id(above) in blocked:
            return True
        seen.add(id(above))
        above = up.get(id(above))
    return False


def _problem(row: ImportRow, code: str, said: str, severity: Severity = Severity.ERROR) -> ImportProblem:
    return ImportProblem(row=row.row, code=code, message=said, severity=severity, value=row.title or None)


class _Finder:
    """Finds what a row hangs below, in the way of the file."""

    def __init__(self, rows: Sequence[ImportRow], hangs: Hangs) -> None:
        self._rows, self._hangs = rows, hangs
        self._by_id = _grouped((row.external_id, row) for row in rows)
        self._by_place = (
            _grouped((row.place, row) for row in rows) if hangs in ("row", "dotted", "path") else {}
        )
        self._by_title = _grouped((row.title.casefold(), row) for row in rows if row.part is None)

    def doubled(self) -> Iterator[ImportProblem]:
        """Rows that say to be the same."""
        for group in (*self._by_id.values(), *self._by_place.values()):
            if len(group) > 1:
                others = ", ".join(str(one.row) for one in group)
                for row in group:
                    yield _problem(row, "id_twice", f"The rows {others} have the same id.")

    def above(
        self, number: int, row: ImportRow
    ) -> tuple[ImportRow | None, tuple[ImportRow, ...], ImportProblem | None]:
        """The row above, further ones, and what is wrong where it is not found."""
        if row.part is not None:
            return next(one for one in self._rows if one.row == row.row and one.part is None), (), None
        if self._hangs == "indent":
            own = int(row.place or 0)
            before = (one for one in reversed(self._rows[:number]) if int(one.place or 0) < own)
            return next(before, None), (), None
        if self._hangs == "above":
            if row.kind != "key_result":
                return None, (), None
            return (
                next((one for one in reversed(self._rows[:number]) if one.kind == "objective"), None),
                (),
                None,
            )
        found = []
        for word in row.parents:
            one = self._named(word)
            if isinstance(one, str):
                said = word.title or word.id or ""
                why = "There is no such row" if one == "parent_missing" else "Several rows are called so"
                problem = _problem(
                    row, one, f"It hangs below “{said}”. {why}: correct it, or give that row an id."
                )
                return None, (), replace(problem, value=said, valid=self._alike(said))
            found.append(one)
        return (found[0], tuple(found[1:]), None) if found else (None, (), None)

    def _named(self, word: ParentWord) -> ImportRow | str:
        for group in (self._by_id, self._by_place):
            if word.id is not None and len(group.get(word.id, ())) == 1:
                return group[word.id][0]
        same = self._by_title.get((word.title or "").casefold(), ()) if word.title else ()
        if len(same) == 1:
            return same[0]
        return "parent_ambiguous" if same else "parent_missing"

    def _alike(self, said: str) -> tuple[str, ...]:
        words = set(said.casefold().split())
        scored = sorted(((len(words & set(title.split())), title) for title in self._by_title), reverse=True)
        return tuple(self._by_title[title][0].title for score, title in scored[:3] if score)


def _grouped(pairs: Iterable[tuple[str | None, ImportRow]]) -> dict[str, list[ImportRow]]:
    found: dict[str, list[ImportRow]] = {}
    for name, row in pairs:
        if name:
            found.setdefault(name, []).append(row)
    return found
