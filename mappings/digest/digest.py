"""The weekly digest: from what objectives stand at and what they stood at, what is worth telling, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from mappings.kpi.band import KpiLevel
from mappings.numbers import percent
from mappings.rollup.state import HealthLevel

MOVED = Fraction(1, 100)
SOON = timedelta(days=14)
MOST_ROWS = 10
WORDS = {
    HealthLevel.OFF_TRACK: "off track",
    HealthLevel.AT_RISK: "at risk",
    HealthLevel.UNKNOWN: "unknown",
    HealthLevel.PENDING: "pending",
    HealthLevel.ON_TRACK: "on track",
    HealthLevel.ACHIEVED: "achieved",
}


@dataclass(frozen=True, slots=True)
class FormerStanding:
    """What an objective stood at when the digest before was made."""

    progress: Fraction | None
    health: HealthLevel


@dataclass(frozen=True, slots=True)
class ObjectiveStanding:
    """What an objective stands at now; `cycle_end` is the last day of its cycle, `link` its page."""

    id: str
    key: str
    title: str
    progress: Fraction | None
    expected: Fraction | None
    health: HealthLevel
    sentence: str
    commitment: str = "committed"
    cycle_id: str = ""
    cycle_end: date | None = None
    asks: tuple[str, ...] = ()
    link: str = ""


KPI_WORST_FIRST = (KpiLevel.UNHEALTHY, KpiLevel.NO_DATA, KpiLevel.WATCH, KpiLevel.HEALTHY)


@dataclass(frozen=True, slots=True)
class DigestKpi:
    """What the last settled period of a KPI is worth now, its level at the digest before, and what became of it since, in words."""

    name: str
    was: KpiLevel
    level: KpiLevel
    sentence: str = ""
    happened: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """Something that waits for somebody: a check-in, or the score of an objective."""

    name: str
    said: str
    owner: str = ""
    link: str = ""
    issue_id: str = ""


@dataclass(frozen=True, slots=True)
class Happenings:
    """What is told beside where objectives stand: by objective what moved it most, the KPIs, and what waits for the reader.

    `turned` are ids of objectives that ran in another cycle when the digest before was made: what they stood at there is not compared.
    """

    causes: Mapping[str, str] = field(default_factory=dict)
    kpis: tuple[DigestKpi, ...] = ()
    waits: tuple[WaitingTask, ...] = ()
    turned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of a section: what is said, and the page it leads to.

    The `owner` for whom it waits is kept apart, with the issue that it is about: whoever may not see that one is not told the owner either.
    """

    text: str
    link: str = ""
    owner: str = ""
    issue_id: str = ""

    @property
    def said(self) -> str:
        """Everything that it says."""
        return f"{self.text} ({self.owner})" if self.owner else self.text


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines; `more` are so many that were left out."""

    title: str
    lines: tuple[DigestLine, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """What is told, whatever the channel. `key` says which message it is, for ever; `empty`: nothing happened."""

    key: str
    subject: str
    lead: str
    sections: tuple[Section, ...]
    link: str = ""
    empty: bool = False


NOTHING_BESIDE = Happenings()


def digest(
    key: str,
    week: date,
    today: date,
    now: Iterable[ObjectiveStanding],
    before: Mapping[str, FormerStanding],
    link: str,
    beside: Happenings = NOTHING_BESIDE,
) -> DigestMessage:
    """The digest of a week: counts with their change, healths that changed, what moved and by what, KPIs, what waits for the reader, check-ins that ask,
    cycles that end soon.
    """
    stands = sorted(now, key=lambda one: (tuple(HealthLevel).index(one.health), one.key, one.id))
    compared = [one for one in stands if one.id not in beside.turned]
    found = (
        cut_section("Health changed", (_health(one, before) for one in compared)),
        cut_section("Moved", (_moved(one, before, beside) for one in _by_movement(compared, before))),
        cut_section("KPIs", (_kpi(one) for one in _worst_first(beside.kpis))),
        cut_section("Check-ins that are due", list_waiting(beside.waits)),
        cut_section("Check-ins that ask", (_line(one, "; ".join(one.asks)) for one in stands if one.asks)),
        cut_section("Cycles that end soon", _ending(stands, today)),
    )
    sections = tuple(one for one in found if one.lines)
    subject = f"OKR digest, week of {week.isoformat()}"
    return DigestMessage(
        key=key,
        subject=subject,
        lead=_counts(stands, before) + _turned(stands, beside),
        sections=sections,
        link=link,
        empty=not sections,
    )


def _counts(stands: Iterable[ObjectiveStanding], before: Mapping[str, FormerStanding]) -> str:
    """The change is that of the objectives that are told of: `before` knows those of former cycles as well."""
    stands = list(stands)
    healths = Counter(one.health for one in stands)
    former = Counter(before[one.id].health for one in stands if one.id in before)
    parts = []
    for level in HealthLevel:
        number, was = healths[level], former[level]
        if not number and not was:
            continue
        change = f" ({number - was:+d})" if before and number != was else ""
        parts.append(f"{number} {WORDS[level]}{change}")
    count = len(stands)
    return f"{count} {'objective' if count == 1 else 'objectives'}: {', '.join(parts) or 'nothing known'}."


def _turned(stands: Iterable[ObjectiveStanding], beside: Happenings) -> str:
    count = sum(one.id in beside.turned for one in stands)
    if not count:
        return ""
    run = "1 of them runs" if count == 1 else f"{count} of them run"
    return f" {run} in another cycle than before, and what was before is not compared."


def cut_section(title: str, lines: Iterable[DigestLine | None]) -> Section:
    """A section with the first of the lines; the others are counted."""
    found = [one for one in lines if one is not None]
    return Section(title, tuple(found[:MOST_ROWS]), max(len(found) - MOST_ROWS, 0))


def _line(one: ObjectiveStanding, said: str) -> DigestLine:
    return DigestLine(f"{f'{one.key} {one.title}'.strip()}: {said}", one.link)


def _health(one: ObjectiveStanding, before: Mapping[str, FormerStanding]) -> DigestLine | None:
    was = before.get(one.id)
    if was is None or was.health is one.health:
        return None
    return _line(one, f"{WORDS[was.health]} → {WORDS[one.health]}. {one.sentence}")


def _by_movement(
    stands: Iterable[ObjectiveStanding], before: Mapping[str, FormerStanding]
) -> list[ObjectiveStanding]:
    return sorted(stands, key=lambda one: -abs(_way(one, before) or Fraction(0)))


def _way(one: ObjectiveStanding, before: Mapping[str, FormerStanding]) -> Fraction | None:
    was = before.get(one.id)
    if was is None or was.progress is None or one.progress is None:
        return None
    return one.progress - was.progress


def list_changed(
    now: Iterable[ObjectiveStanding], before: Mapping[str, FormerStanding]
) -> list[ObjectiveStanding]:
    """The objectives of which there is something to compare: they moved, or their health is another."""
    return [one for one in now if _health(one, before) or abs(_way(one, before) or Fraction(0)) >= MOVED]


def far_moved(
    now: Iterable[ObjectiveStanding], before: Mapping[str, FormerStanding]
) -> list[ObjectiveStanding]:
    """The objectives of which a digest tells that they moved, the farthest first."""
    found = [one for one in now if abs(_way(one, before) or Fraction(0)) >= MOVED]
    return _by_movement(sorted(found, key=lambda one: (one.key, one.id)), before)[:MOST_ROWS]


def list_waiting(found: Iterable[WaitingTask], *, whose: bool = True) -> list[DigestLine]:
    """A line of each; with whom it waits for, where that is said."""
    return [
        DigestLine(f"{one.name}: {one.said}", one.link, one.owner if whose else "", one.issue_id)
        for one in found
    ]


def _worst_first(kpis: Iterable[DigestKpi]) -> list[DigestKpi]:
    return sorted(kpis, key=lambda one: KPI_WORST_FIRST.index(one.level))


def _kpi(one: DigestKpi) -> DigestLine | None:
    """Told where it turned, where something became of it, and where it has no data."""
    if one.was is one.level and not one.happened and one.level is not KpiLevel.NO_DATA:
        return None
    level = level_word(one.level)
    if one.was is not one.level:
        level = f"{level_word(one.was)} → {level}"
    return DigestLine(
        ". ".join([f"{one.name}: {level}", *filter(None, [one.sentence, "; ".join(one.happened)])]), one.link
    )


def level_word(level: KpiLevel) -> str:
    """A level in words."""
    return level.value.replace("_", " ")


def _moved(
    one: ObjectiveStanding, before: Mapping[str, FormerStanding], beside: Happenings
) -> DigestLine | None:
    way = _way(one, before)
    was = before.get(one.id)
    if way is None or was is None or was.progress is None or one.progress is None or abs(way) < MOVED:
        return None
    why = beside.causes.get(one.id, "")
    return _line(one, f"{_share(was.progress)} → {_share(one.progress)}" + (f", {why}" if why else ""))


def _ending(stands: Iterable[ObjectiveStanding], today: date) -> Iterable[DigestLine]:
    cycles: dict[str, list[ObjectiveStanding]] = {}
    for one in stands:
        if one.cycle_end is not None and today <= one.cycle_end <= today + SOON:
            cycles.setdefault(one.cycle_id, []).append(one)
    for id_, members in sorted(cycles.items()):
        end = members[0].cycle_end
        days = (end - today).days if end is not None else 0
        behind = [one for one in members if _is_behind(one)]
        said = f"{id_} ends on {end}, in {days} {'day' if days == 1 else 'days'}"
        yield DigestLine(f"{said}; {len(behind)} committed of {len(members)} below what is expected today")
        yield from (_line(one, f"{_share(one.progress)}, expected {_share(one.expected)}") for one in behind)


def _is_behind(one: ObjectiveStanding) -> bool:
    if one.commitment != "committed" or one.progress is None or one.expected is None:
        return False
    return one.progress < one.expected


def _share(value: Fraction | None) -> str:
    return "unknown" if value is None else f"{percent(value)} %"
