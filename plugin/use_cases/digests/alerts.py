"""Alerts: what somebody was told of healths, KPIs and concerns, what is another by now, and a message of it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.mappings import coming_mappings
from connectors.store.work import outbox, told_levels
from connectors.store.work.outbox import OutboxState, OutgoingMessage
from mappings.diagnostic import MappingError
from mappings.digest.alert import HOLD, AlertKind, AlertSubject, Decision, ToldLevel, alert, alert_key, decide
from mappings.digest.digest import KPI_WORST_FIRST, DigestMessage, ObjectiveStanding
from mappings.digest.quiet_times import is_quiet, quiet_until
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import TellPart
from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.next_steps import Door
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.digests.kpi_changes import kpi_sentence
from plugin.use_cases.digests.standings import standings
from plugin.use_cases.health.concerns import WORST_FIRST, concerns
from plugin.use_cases.health.status import status
from plugin.use_cases.kpis.board import settled_kpis

WELL = "well"
"""The level of a concern that nobody has any more."""
STOPPED = "stopped by whoever gets it"


@dataclass(frozen=True, slots=True)
class PreparedAlert:
    """What a recipient would be told now; `why_not` says why not, and is empty where they would. `at` is when that is decided again."""

    recipient: str
    message: DigestMessage
    at: datetime
    why_not: str = ""


def tell_changes(connector: Connector, site: str, part: TellPart, *, at_once: bool = False) -> None:
    """Make the messages of what turned, and remember in the same transaction that it was told."""
    mapping, now = connector.context(site).mapping, connector.clock()
    if _is_activating(connector, site):
        return  # the numbers of the former rules and of the new ones stand side by side until then
    subjects = _subjects(connector, site, part, now)
    for recipient in dict.fromkeys(part.to):
        with connector.store.read() as conn:  # most of the time nothing turned, and nothing is to be written
            told = told_levels.get(conn, site, part.id, recipient)
        if told is not None and _decided(part, mapping, now, subjects, told, at_once=at_once).levels == told:
            continue
        with connector.store.write() as conn:
            told = told_levels.get(conn, site, part.id, recipient)
            if (part.id, recipient) in outbox.load_opt_outs(conn, site):
                told = None  # whoever resumes it begins anew
            decision = _decided(part, mapping, now, subjects, told, at_once=at_once)
            told_levels.put(conn, site, part.id, recipient, decision.levels)
            if decision.turns:
                message = _message(connector, part, recipient, decision)
                one = OutgoingMessage(
                    key=message.key,
                    digest=part.id,
                    recipient=recipient,
                    message=message,
                    state=OutboxState.DUE,
                    made_at=now,
                    next_at=now,
                )
                outbox.add(conn, site, one, overtakes=False)


def prepared_alerts(connector: Connector, site: str, part: TellPart) -> tuple[PreparedAlert, ...]:
    """What would be told now, recipient by recipient, and why not. Changes nothing."""
    mapping, now = connector.context(site).mapping, connector.clock()
    subjects = _subjects(connector, site, part, now)
    with connector.store.read() as conn:
        stopped = outbox.load_opt_outs(conn, site)
        levels = {one: told_levels.get(conn, site, part.id, one) for one in dict.fromkeys(part.to)}
    found = []
    for recipient, told in levels.items():
        decision = _decided(part, mapping, now, subjects, told)
        shown = decision if decision.turns else _as_if_due(decision)
        why_not, at = _why_not(part, mapping, now, decision, told)
        if (part.id, recipient) in stopped:
            why_not = STOPPED
        elif _is_activating(connector, site):
            why_not = "another mapping is being activated"
        found.append(PreparedAlert(recipient, _message(connector, part, recipient, shown), at, why_not))
    return tuple(found)


def forget_gone(connector: Connector, site: str) -> None:
    """Whoever is told no more by the mapping begins anew where they come back. Without a mapping nobody knows who that is."""
    try:
        parts = connector.context(site).mapping.document.tell
    except (Refusal, MappingError):
        return
    known = {(part.id, recipient) for part in parts if part.every == "change" for recipient in part.to}
    with connector.store.write() as conn:
        told_levels.keep_only(conn, site, known)


def _decided(
    part: TellPart,
    mapping: BoundMapping,
    now: datetime,
    subjects: Sequence[AlertSubject],
    told: Mapping[str, ToldLevel] | None,
    *,
    at_once: bool = False,
) -> Decision:
    found = [*subjects, *_ended(subjects, told or {})]
    if at_once:
        return decide(now, found, told, hold=timedelta(0))
    return decide(now, found, told, quiet=is_quiet(part.quiet, now, mapping.zone))


def _ended(subjects: Iterable[AlertSubject], told: Mapping[str, ToldLevel]) -> Iterator[AlertSubject]:
    """Concerns that somebody was told of, or is about to be, and that nobody has any more."""
    there = {one.key for one in subjects}
    for key in told:
        kind, _, id_ = key.partition(":")
        if kind == AlertKind.CONCERN and key not in there:
            yield AlertSubject(
                kind=AlertKind.CONCERN, id=id_, name=_concern_name(id_), level=WELL, rank=len(WORST_FIRST)
            )


def _concern_name(id_: str) -> str:
    return id_.replace("_", " ").capitalize()


def _as_if_due(decision: Decision) -> Decision:
    return Decision(decision.held, (), decision.levels)


def _why_not(
    part: TellPart,
    mapping: BoundMapping,
    now: datetime,
    decision: Decision,
    told: Mapping[str, ToldLevel] | None,
) -> tuple[str, datetime]:
    if told is None:
        return "the first run tells nothing", now
    if decision.turns:
        return "", now
    if not decision.held:
        return "nothing changed", now
    lasts = max(min(one.since for one in decision.held) + HOLD, now)
    at = quiet_until(part.quiet, lasts, mapping.zone)
    why = (
        "quiet hours"
        if is_quiet(part.quiet, now, mapping.zone) or at > lasts
        else "it has to last ten minutes"
    )
    return f"{why}: decided again on {at.astimezone(mapping.zone):%Y-%m-%d at %H:%M}", at


def _message(connector: Connector, part: TellPart, recipient: str, decision: Decision) -> DigestMessage:
    link = f"{connector.pages}/" if connector.pages else ""
    return alert(alert_key(recipient, part.id, decision.turns), decision.turns, link)


def _is_activating(connector: Connector, site: str) -> bool:
    with connector.store.read() as conn:
        return coming_mappings.get(conn, site) is not None


def _subjects(connector: Connector, site: str, part: TellPart, now: datetime) -> tuple[AlertSubject, ...]:
    """What this alert is about, at its levels of now."""
    found: list[AlertSubject] = []
    if "objectives" in part.about:
        found += (_of_objective(one) for one in standings(connector, site))
    if "kpis" in part.about:
        with connector.store.read() as conn:
            found += _of_kpis(connector, conn, site, now)
    if "concerns" in part.about:
        found += _of_concerns(connector, site)
    return tuple(found)


def _of_objective(one: ObjectiveStanding) -> AlertSubject:
    name = f"{one.key} {one.title}".strip()
    rank = tuple(HealthLevel).index(one.health)
    return AlertSubject(
        kind=AlertKind.OBJECTIVE,
        id=one.id,
        name=name,
        level=one.health.value,
        rank=rank,
        sentence=one.sentence,
        link=one.link,
    )


def _of_kpis(connector: Connector, conn: Connection, site: str, now: datetime) -> Iterator[AlertSubject]:
    for one in settled_kpis(conn, site, connector.context(site).mapping, now):
        level, said = one.standing.level, kpi_sentence(one)
        sentence = f"{said}." if said else ""
        link = f"{connector.pages}/kpis/{one.part.id}" if connector.pages else ""
        name = one.part.name or one.part.id
        yield AlertSubject(
            kind=AlertKind.KPI,
            id=one.part.id,
            name=name,
            level=level.value,
            rank=KPI_WORST_FIRST.index(level),
            sentence=sentence,
            link=link,
        )


def _of_concerns(connector: Connector, site: str) -> Iterator[AlertSubject]:
    link = f"{connector.pages}/health" if connector.pages else ""
    for one in concerns(status(connector, COMMAND_LINE, site)):
        if one.wrong:
            rank = WORST_FIRST.index(one.level)
            said = f"{one.sentence} {one.todo_at(Door.PAGE)}".strip()
            yield AlertSubject(
                kind=AlertKind.CONCERN,
                id=one.kind,
                name=_concern_name(one.kind),
                level=one.level,
                rank=rank,
                sentence=said,
                link=link,
                usual=WELL,
            )
