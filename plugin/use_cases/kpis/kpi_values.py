"""KPIs in plain values, for the command line and the API: exact where programs read, rounded where people do."""

from __future__ import annotations

from mappings.json_value import PlainValues
from mappings.kpi.band import Band
from mappings.kpi.episode import Creation
from mappings.kpi.reading import KpiReading
from mappings.kpi.state import PeriodStanding
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.creation import CreationPlan
from plugin.use_cases.kpis.sources.pulls import Pull
from plugin.use_cases.objectives.objective_values import exact_text, number


def kpi_values(one: ShownKpi) -> PlainValues:
    """One KPI and where it stands."""
    part, stands = one.part, one.standing
    return {
        "id": part.id,
        "name": part.name,
        "owner": part.owner,
        "unit": part.unit,
        "direction": one.direction,
        "indicator": part.indicator,
        "perspective": part.perspective,
        "cadence": part.cadence,
        "source": part.source.kind,
        "level": stands.level.value,
        "value": number(one.latest_value),
        "value_exact": exact_text(one.latest_value),
        "trend": one.trend or None,
        "settled": period_values(stands.settled),
        "last_known": period_values(stands.last_known),
        "so_far": period_values(stands.so_far),
        "state": state_values(one),
    }


def periods_values(one: ShownKpi) -> list[PlainValues]:
    """The latest periods from the first of them that was read on, the oldest first."""
    return [values for each in one.periods if (values := period_values(each)) is not None]


def happened_values(one: ShownKpi) -> list[PlainValues]:
    """What was done about its episodes, the latest first."""
    return [{"at": each.at, "what": each.what, "issue": each.issue or None} for each in one.happened]


def period_values(one: PeriodStanding | None) -> PlainValues | None:
    """One period: what it is worth now, and what was counted of it."""
    if one is None:
        return None
    judged = one.judgement
    counted = None if judged is None else judged.counted
    return {
        "start": one.period.start,
        "end": one.period.end,
        "settled": one.settled,
        "settles_at": one.settles,
        "value": number(one.value),
        "value_exact": exact_text(one.value),
        "level": one.level.value,
        "healthy": band_values(one.bands.healthy),
        "watch": band_values(one.bands.watch),
        "readings": one.worth.readings,
        "late": one.worth.late,
        "corrected": one.worth.corrected,
        "reason": one.worth.reason or None,
        "told": one.told.value,
        "counted": number(counted),
        "counted_exact": exact_text(counted),
        "transition": None if judged is None or counted is None else judged.transition.value,
    }


def band_values(band: Band) -> dict[str, float | None]:
    """Two bounds, null where a side has none."""
    return {"at_least": number(band.at_least), "at_most": number(band.at_most)}


def state_values(one: ShownKpi) -> PlainValues:
    """What the state machine has made of it."""
    state = one.state
    proposal = state.proposal
    return {
        "status": state.status.value,
        "outside": state.outside,
        "inside": state.inside,
        "counted_until": state.latest,
        "episode": state.episode,
        "key_result": None if state.key_result is None or one.key_result is None else one.key_result.key,
        "proposal": None
        if proposal is None
        else {
            "start": number(proposal.start),
            "target": number(proposal.target),
            "objective": proposal.objective,
        },
        "creation": None if state.creation is None or not state.wanted else creation_values(state.creation),
    }


def creation_values(one: Creation) -> PlainValues:
    """How far the making of the issue of a wanted key result has come."""
    return {
        "tried": one.tried,
        "said": one.said or None,
        "remedy": one.remedy or None,
        "asks": one.asks,
        "again": one.again,
    }


def creation_plan_values(one: CreationPlan) -> PlainValues:
    """What would be made in Jira, and what stands against it."""
    planned, issue = one.planned, None
    if planned is not None:
        issue = {
            "project": planned.project.key,
            "type": None if one.kind is None else one.kind.name,
            "parent": None if planned.parent is None else planned.parent.key,
            "summary": planned.summary,
            "labels": list(planned.labels),
            "fields": dict(planned.numbers),
        }
    hindrances = [{"message": each.message, "remedy": each.remedy} for each in one.hindrances]
    return {"issue": issue, "hindrances": hindrances}


def reading_values(one: KpiReading) -> PlainValues:
    """One reading, and what it said before it was corrected, the oldest first."""
    return {
        "at": one.at,
        "value": number(one.value),
        "value_exact": exact_text(one.value),
        "received": one.received,
        "source": one.source,
        "note": one.note,
        "former": [
            {"value": number(each.value), "value_exact": exact_text(each.value), "received": each.received}
            for each in one.former
        ],
    }


def pull_values(one: Pull) -> PlainValues:
    """What came of asking a source now."""
    failure = one.failure
    return {
        "reading": None if one.reading is None else reading_values(one.reading),
        "failure": None
        if failure is None
        else {"kind": failure.kind.value, "reason": failure.reason, "remedy": failure.remedy},
    }
