"""What became of the KPIs since a moment: levels that turned, proposals and key results that came and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.kpis import kpis
from connectors.store.people import audit
from mappings.digest.digest import DigestKpi
from mappings.document.mapping import Mapping as BoundMapping
from mappings.kpi.band import KpiLevel
from mappings.kpi.cadence import Cadence
from plugin.runtime.connector import Connector
from plugin.use_cases.kpis.board import ShownKpi, settled_kpis
from plugin.use_cases.kpis.kpi_words import TRANSITIONS, period_name, value_words

LATEST_COUNT = timedelta(days=100)
"""So long after its end a period is counted at the latest: its `grace`, and a connector that stood still."""


def kpi_changes(connector: Connector, conn: Connection, site: str, since: datetime) -> tuple[DigestKpi, ...]:
    """Every KPI of the active mapping: where it stands now, where it stood then, and what happened in between."""
    mapping = connector.context(site).mapping
    if not mapping.document.kpis:
        return ()
    happened = _happened(conn, site, since)
    before = _levels(conn, site, mapping, since)
    return tuple(
        DigestKpi(
            name=one.part.name or one.part.id,
            was=before[one.part.id],
            level=one.standing.level,
            sentence=kpi_sentence(one),
            happened=happened.get(one.part.id, ()),
            link=f"{connector.pages}/kpis/{one.part.id}" if connector.pages else "",
        )
        for one in settled_kpis(conn, site, mapping, connector.clock())
    )


def kpi_sentence(one: ShownKpi) -> str:
    """`9 bugs, 27 Nov 2026`: what the last settled period is worth; without data, what was known last. Empty where nothing ever was."""
    settled, known = one.standing.settled, one.standing.last_known
    if settled is None:
        return ""
    if settled.value is None and known is not None:
        when = period_name(one.part.cadence, known.period, one.zone)
        return f"last known {value_words(known.value, one.part.unit)}, {when}"
    when = period_name(one.part.cadence, settled.period, one.zone)
    return f"{value_words(settled.value, one.part.unit)}, {when}"


def _levels(conn: Connection, site: str, mapping: BoundMapping, at: datetime) -> Mapping[str, KpiLevel]:
    """The level of the period that was the last settled one then. Where every reading is a period, of the last that was counted by then."""
    found = {}
    for one in settled_kpis(conn, site, mapping, at):
        level = one.standing.level
        if Cadence(one.part.cadence) is Cadence.EACH:
            judged = kpis.judgements(conn, site, one.part.id, before=at, limit=1).values()
            level = next((judgement.level for judgement in judged), KpiLevel.NO_DATA)
        found[one.part.id] = level
    return found


def _happened(conn: Connection, site: str, since: datetime) -> Mapping[str, tuple[str, ...]]:
    """By KPI what its state machine did and what people did about it, in the order of time."""
    found: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for id_, judged in kpis.turns(conn, site, since - LATEST_COUNT):
        at = judged.at or judged.period.end
        if at > since and judged.transition in TRANSITIONS:
            found[id_].append((at, TRANSITIONS[judged.transition]))
    for one in audit.of_kpis(conn, site, since):
        issue = one.detail.get("issue", "")
        said = one.what.replace(" of a KPI", "") + (f" ({issue})" if issue else "")
        found[str(one.detail["kpi"])].append((one.at, said))
    return {
        id_: tuple(said for _, said in sorted(events, key=lambda one: one[0]))
        for id_, events in found.items()
    }
