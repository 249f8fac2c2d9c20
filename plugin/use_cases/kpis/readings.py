"""Readings that programs push and people import: all of them or none, each once, counted in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction

from connectors.store.kpis import kpis
from connectors.store.people import audit
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import KpiPart
from mappings.facts.local_time import whole_ms
from mappings.kpi.reading import AHEAD, LONGEST_NOTE, KpiReading, Receipt, is_ahead
from mappings.kpi.reading_file import FileFault, LineFault, instant_in, number_in, read_file
from mappings.numbers import count_of
from mappings.progress.options import LARGEST
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.board import GIVEN, part_of
from plugin.use_cases.kpis.settled_periods import count_after
from plugin.use_cases.permission import EDITOR, act

MOST_READINGS = 1_000
"""In one push."""
FIRST_YEAR, LAST_YEAR = 1971, 2198


class ReadingsRefusal(Refusal):
    """Readings of which none was kept; `faults` are the places that are wrong, each with what would be right."""

    def __init__(self, found: Sequence[tuple[str, str]], shown: str | None = None) -> None:
        self.faults = tuple(found)
        super().__init__(shown or "; ".join(f"{part}: {said}" for part, said in self.faults))


class FileRefusal(ReadingsRefusal):
    """A file of which no line was taken."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            [(f"line {fault.line}", fault.message) for fault in faults],
            f"Nothing was taken, for {len(faults)} line{'s' * (len(faults) > 1)} cannot be:\n{lines}",
        )


@dataclass(frozen=True, slots=True)
class PushedReading:
    """One reading as it comes in; None retracts what stood at this instant."""

    at: datetime
    value: Fraction | None
    note: str = ""


@act(EDITOR)
def push(
    connector: Connector, actor: Actor, site: str, id_: str, readings: Sequence[PushedReading]
) -> tuple[Receipt, ...]:
    """Keep readings and say of each what it was. Raises ReadingsRefusal, and then none is kept."""
    mapping = connector.context(site).mapping
    now = connector.clock()
    wrong = [*_untaken(mapping, id_), *_faults(readings, now)]
    if wrong:
        raise ReadingsRefusal(wrong)
    news = [
        KpiReading(at=whole_ms(one.at), value=one.value, received=now, source="push", note=one.note.strip())
        for one in readings
    ]
    return _keep(connector, actor, site, {id_: news}, now)[id_]


@act(EDITOR)
def import_file(
    connector: Connector, actor: Actor, site: str, text: str, id_: str | None
) -> Mapping[str, Counter[Receipt]]:
    """Keep the readings of a file, for one KPI or those that its column names. Raises FileRefusal, and then none is kept."""
    mapping = connector.context(site).mapping
    now = connector.clock()
    if id_ is not None and (wrong := list(_untaken(mapping, id_))):
        raise ReadingsRefusal(wrong)
    found, faults = read_file(text, id_, list_pushed(mapping), mapping.zone)
    ahead = [FileFault(one.line, _ahead(one.at)) for one in found if is_ahead(one.at, now)]
    if faults or ahead:
        raise FileRefusal((*faults, *ahead))
    news: dict[str, list[KpiReading]] = {}
    for one in found:
        news.setdefault(one.kpi, []).append(KpiReading(one.at, one.value, now, "csv"))
    kept = _keep(connector, actor, site, news, now)
    return {name: Counter(receipts) for name, receipts in kept.items()}


@act(EDITOR)
def receive(
    connector: Connector, actor: Actor, site: str, id_: str, readings: Sequence[KpiReading]
) -> tuple[Receipt, ...]:
    """Keep readings that came in when they say; the caller answers for what they are."""
    return _keep(connector, actor, site, {id_: readings}, connector.clock())[id_]


def typed_reading(at: str, value: str, note: str, zone: tzinfo, now: datetime) -> PushedReading:
    """A reading as a person types it; no time means now. Raises ReadingsRefusal."""
    try:
        moment = instant_in(at, zone) if at else now
    except LineFault as fault:
        raise ReadingsRefusal([("at", str(fault))]) from None
    try:
        return PushedReading(moment, number_in(value), note[:LONGEST_NOTE])
    except LineFault as fault:
        raise ReadingsRefusal([("value", str(fault))]) from None


def list_pushed(mapping: BoundMapping) -> tuple[str, ...]:
    """The ids of the KPIs whose readings are given to us."""
    return tuple(part.id for part in mapping.document.kpis if part.source.kind in GIVEN)


def _keep(
    connector: Connector,
    actor: Actor,
    site: str,
    news: Mapping[str, Sequence[KpiReading]],
    now: datetime,
) -> Mapping[str, tuple[Receipt, ...]]:
    kept: dict[str, tuple[Receipt, ...]] = {}
    context = connector.context(site)
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        for id_, readings in news.items():
            kept[id_] = kpis.record(conn, site, id_, readings)
            said = Counter(kept[id_])
            if said[Receipt.NEW] or said[Receipt.CORRECTED]:
                detail = {"kpi": id_, **{receipt.value: said[receipt] for receipt in Receipt}}
                audit.note(conn, actor.label, "KPI readings taken in", now, detail, site)
        touched = {
            id_: [
                one.at
                for one, receipt in zip(news[id_], kept[id_], strict=True)
                if receipt is not Receipt.UNCHANGED
            ]
            for id_ in kept
        }
        count_after(context, conn, touched, now)
    return kept


def _untaken(mapping: BoundMapping, id_: str) -> Iterator[tuple[str, str]]:
    part: KpiPart | None = part_of(mapping, id_)
    known = ", ".join(list_pushed(mapping)) or "none: write source: {kind: push}"
    if part is None:
        yield "kpi", f"the active mapping has no KPI “{id_}”; those that take readings: {known}"
    elif part.source.kind not in GIVEN:
        yield (
            "kpi",
            f"“{id_}” reads a source of its own ({part.source.kind}); those that take readings: {known}",
        )


def _faults(readings: Sequence[PushedReading], now: datetime) -> Iterator[tuple[str, str]]:
    if not 1 <= len(readings) <= MOST_READINGS:
        yield "readings", f"{len(readings)} came; 1 to {MOST_READINGS} are taken at once"
        return
    first: dict[datetime, PushedReading] = {}
    for index, one in enumerate(readings):
        if not FIRST_YEAR <= one.at.year <= LAST_YEAR:
            yield f"readings/{index}/at", f"it lies outside {FIRST_YEAR} to {LAST_YEAR}"
            continue
        other = first.setdefault(whole_ms(one.at), one)
        if is_ahead(one.at, now):
            yield f"readings/{index}/at", _ahead(one.at)
        elif other.value != one.value:
            yield f"readings/{index}/value", "another value for the same instant came before it: send one"
        if one.value is not None and abs(one.value) > LARGEST:
            yield f"readings/{index}/value", "it is beyond what is reckoned with"


def _ahead(at: datetime) -> str:
    minutes = int(AHEAD.total_seconds() // 60)
    return (
        f"{at.isoformat()} lies more than {count_of(minutes, 'minute')} ahead: nothing is read of the future"
    )
