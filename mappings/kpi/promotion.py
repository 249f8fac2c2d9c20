"""From key result to KPI: what was achieved in cycle after cycle is upkeep, and becomes a figure to watch. Decides and words; activates nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from types import MappingProxyType

from mappings.document.schema import BandPart, Document, KeyResultPart, KpiPart
from mappings.document.text.canonical import export, list_text
from mappings.document.text.source import read_document
from mappings.kpi.creation import Hindrance
from mappings.kpi.sources import JiraFieldOptions
from mappings.progress.options import DECIMALS, current_kpi, reading_alias
from mappings.rollup.state import HealthLevel, KeyResultState, Measurement, ObjectiveState

LONGEST_ID = 40
BY_HAND = "Add a KPI under `kpis:` of the mapping by hand, or dismiss this."
TOP_LEVEL = re.compile(r"^[^\s#-]", re.MULTILINE)
ITEM_LINE = re.compile(r"^(?:-|[ ]+\S)[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A proposal to watch as a KPI what has been a key result achieved in `cycles` cycles running."""

    key_result: str
    cycles: int


@dataclass(frozen=True, slots=True)
class ClosedCycle:
    """A closed cycle: its last day, and its objectives as they were frozen."""

    end: date
    objectives: tuple[ObjectiveState, ...]


@dataclass(frozen=True, slots=True)
class AchievementRun:
    """A key result that was achieved in `cycles` closed cycles running, and its objective, as they were frozen last; `until` is the last day of that."""

    objective: ObjectiveState
    key_result: KeyResultState
    cycles: int
    until: date


def promotion(key_result: str, levels: Sequence[HealthLevel | None], after: int) -> Promotion | None:
    """The proposal for a key result's final health in each cycle, oldest first; None is a cycle in which it was not there.

    Like a missing reading, such a cycle neither counts nor resets; so does one that ended unmeasured.
    """
    known = [level for level in levels if level not in (None, HealthLevel.PENDING, HealthLevel.UNKNOWN)]
    running = 0
    for level in reversed(known):
        if level is not HealthLevel.ACHIEVED:
            break
        running += 1
    return Promotion(key_result, running) if after > 0 and running >= after else None


def upkeep(
    cycles: Sequence[ClosedCycle], after: int, dismissed: Mapping[str, date] = MappingProxyType({})
) -> tuple[AchievementRun, ...]:
    """What is proposed after these closed cycles, the oldest first, by id. What was dismissed counts anew from the cycle after that day."""
    latest: dict[str, tuple[ObjectiveState, KeyResultState, date]] = {}
    levels: list[tuple[date, dict[str, HealthLevel]]] = []
    for cycle in cycles:
        of_cycle: dict[str, HealthLevel] = {}
        for objective in cycle.objectives:
            for one in objective.key_results:
                of_cycle[one.id] = one.health.level
                latest[one.id] = objective, one, cycle.end
        levels.append((cycle.end, of_cycle))
    return tuple(
        AchievementRun(latest[id_][0], latest[id_][1], proposed.cycles, latest[id_][2])
        for id_, proposed in sorted(proposed_of(levels, after, dismissed).items())
    )


def last_of(copies: Mapping[str, str], id_: str) -> str:
    """The id of the last in the chain of copies by which a key result was carried forward; its own where there is none. `copies` names the copy of each issue.

    Where issues together are a key result its id begins with that of the objective.
    """
    first, slash, rest = id_.partition("/")
    passed = {first}
    while (following := copies.get(first)) is not None and following not in passed:
        passed.add(following)
        first = following
    return first + slash + rest


def in_chains(
    cycles: Iterable[ClosedCycle], copies: Mapping[str, str], keys: Mapping[str, str]
) -> list[ClosedCycle]:
    """The same cycles, in which a key result and what it was carried forward as are one: by the id and key (`keys`) of the last."""

    def renamed(one: KeyResultState) -> KeyResultState:
        last = last_of(copies, one.id)
        key = keys.get(last, one.key) if last != one.id else one.key
        issue_id = None if one.issue_id is None else last_of(copies, one.issue_id)
        return replace(one, id=last, key=key, issue_id=issue_id)

    return [
        replace(
            cycle,
            objectives=tuple(
                replace(each, key_results=tuple(map(renamed, each.key_results))) for each in cycle.objectives
            ),
        )
        for cycle in cycles
    ]


def proposed_of(
    levels: Sequence[tuple[date, Mapping[str, HealthLevel]]], after: int, dismissed: Mapping[str, date]
) -> dict[str, Promotion]:
    """The same by the last day of each cycle and how its key results ended, the oldest first."""
    found = {}
    for id_ in {id_ for _, ended in levels for id_ in ended}:
        since = dismissed.get(id_, date.min)
        proposed = promotion(id_, [ended.get(id_) for end, ended in levels if end > since], after)
        if proposed is not None:
            found[id_] = proposed
    return found


def watched_as(document: Document, part: KeyResultPart | None, state: KeyResultState) -> str | None:
    """The KPI that watches already what this key result stands at: the one that it stands at, or one that reads the same field of its issue."""
    if part is None:
        return None
    current = current_kpi(part.progress)
    if current is not None:
        return current.kpi if any(one.id == current.kpi for one in document.kpis) else None
    alias = reading_alias(part.progress)
    same = (one.id for one in document.kpis if _reads(one, state.key, alias))
    return next(same, None) if alias is not None else None


def _reads(kpi: KpiPart, key: str, alias: str | None) -> bool:
    source = kpi.source
    return isinstance(source, JiraFieldOptions) and (source.issue, source.field) == (key, alias)


def kpi_of(document: Document, part: KeyResultPart | None, state: KeyResultState) -> KpiPart | Hindrance:
    """The KPI that watches what this key result stands at, healthy where the key result is achieved; or why none can be written of itself."""
    name = state.key or state.id
    if part is None:
        return Hindrance(f"No rule of the mapping makes {name} a key result any more.", BY_HAND)
    alias = reading_alias(part.progress)
    if alias is None or not state.key:
        return Hindrance(f"{name} stands at no field of one issue that could be read.", BY_HAND)
    band = _band(state.measurement)
    if band is None:
        return Hindrance(f"What {name} aimed at is not known, so no band follows from it.", BY_HAND)
    return KpiPart(
        id=_id(state, {one.id for one in document.kpis}),
        name=state.title or name,
        source=JiraFieldOptions(kind="jira_field", issue=state.key, field=alias),
        owner=state.owner,
        healthy=band,
    )


def _band(measurement: Measurement) -> BandPart | None:
    """Where it is achieved: from the target on, on the side that is away from the start; or between the bounds it had."""
    low, high = measurement.at_least, measurement.at_most
    if low is None and high is None:
        start, target = measurement.start, measurement.target
        if start is None or target is None or start == target:
            return None
        low, high = (target, None) if target > start else (None, target)
    return BandPart(at_least=_written(low), at_most=_written(high))


def _written(bound: Fraction | None) -> Decimal | None:
    """As it can be written in a mapping: exactly, or to so many decimals as that takes."""
    if bound is None:
        return None
    with localcontext(prec=60):
        found = Decimal(bound.numerator) / Decimal(bound.denominator)
        return found if Fraction(found) == bound else round(found, DECIMALS // 3)


def _id(state: KeyResultState, taken: Collection[str]) -> str:
    """Its title as it can stand in an address, else its key; a number behind it where that is taken."""
    letters = unicodedata.normalize("NFKD", state.title).encode("ascii", "ignore").decode().casefold()
    words = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST_ID].strip("-")
    wanted = words or state.key.casefold()
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (wanted, *numbered) if one not in taken)


def with_kpi(text: str, document: Document, part: KpiPart) -> str:
    """The text of a document with one KPI more, behind the others; comments and form stay where that can be done."""
    wanted = document.model_copy(update={"kpis": (*document.kpis, part)})
    written = _inserted(text, list_text("kpis", [part]), begun=bool(document.kpis))
    return written if read_document(written).document == wanted else export(wanted)


def _inserted(text: str, added: str, *, begun: bool) -> str:
    """The text with the lines of a list, below its key where that is written, else at the end."""
    text = text if text.endswith("\n") else f"{text}\n"
    if not begun:
        return f"{text}{added}"
    key = re.search(r"^kpis:[^\n]*\n", text, re.MULTILINE)
    if key is None:
        return text
    following = TOP_LEVEL.search(text, key.end())
    end = following.start() if following is not None else len(text)
    block = text[key.end() : end]
    # what is blank, and a comment that is not indented, belongs to what follows
    last = key.end() + max((one.end() for one in ITEM_LINE.finditer(block)), default=0)
    indent = re.match(r"(?:[ ]*(?:#[^\n]*)?\n)*([ ]*)-", block)
    shift = "" if indent is None else indent[1]
    lines = added.splitlines(keepends=True)[1:]
    return text[:last] + "".join(f"{shift}{line[2:]}" for line in lines) + text[last:]
