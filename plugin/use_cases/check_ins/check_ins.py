"""Check-ins by page, API and command: somebody says what a key result stands at, or takes it back. What follows is the sync's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import Connection

from connectors.store.cycles import closings
from connectors.store.numbers import check_ins, comments, objectives
from connectors.store.numbers.check_ins import WITHDRAWN, KeptCheckIn
from connectors.store.numbers.comments import KeptComment
from connectors.store.people import audit
from connectors.store.work import due
from mappings.explain.check_in import DELTA, CheckIn, Measure, faults, share
from mappings.explain.confidence import Confidence, SpokenConfidence, confidence_of
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from mappings.numbers import exact
from mappings.rollup.check_in_override import measure_of
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = [
    "WITHDRAWN",
    "CheckInRefusal",
    "KeptCheckIn",
    "KeptComment",
    "Statement",
    "check_in",
    "derived_progress",
    "keep",
    "key_result_of",
    "list_check_ins",
    "list_comments",
    "typed_confidence",
    "typed_delta",
    "typed_value",
    "withdraw",
]


class CheckInRefusal(Refusal):
    """A check-in that cannot be kept; `faults` are its wrong parts, each with what would be right."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(found)
        super().__init__("; ".join(f"{part}: {said}" for part, said in self.faults))


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says of a key result: progress as a share of 1, or the current value of a metric, and how confident they are.

    Without a value it overrides nothing.

    `measure` is which of the two was meant, where that is known: the mapping may ask for the other one by now.
    """

    key_result: str
    value: Fraction | None
    note: str = ""
    until: date | None = None
    delta: Fraction | None = DELTA
    measure: Measure | None = None
    confidence: Confidence | None = None


def key_result_of(state: ObjectiveState, name: str) -> KeyResultState:
    """The key result of this id, issue key or rule id; raises CheckInRefusal naming those there are."""
    wanted = name.strip().casefold()
    found = [one for one in state.key_results if wanted in (one.id.casefold(), one.key.casefold() or None)]
    found = found or [one for one in state.key_results if wanted == one.rule_id.casefold()]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.key or one.id for one in state.key_results) or "none"
    what = f"“{name}” names several key results" if found else f"there is no key result “{name}” here"
    raise CheckInRefusal([("key_result", f"{what}; name one of: {known}")])


def derived_progress(key_result: KeyResultState) -> Fraction | None:
    """What Jira alone says of it."""
    said = key_result.check_in
    return key_result.measurement.progress if said is None else said.derived


@question(VIEWER)
def list_check_ins(
    connector: Connector, _actor: Actor, site: str, objective_id: str
) -> tuple[KeptCheckIn, ...]:
    """What people said of the key results of an objective, the latest first, ended ones too."""
    with connector.store.read() as conn:
        return tuple(check_ins.load_all(conn, site, objective_id))


@question(VIEWER)
def list_comments(
    connector: Connector, _actor: Actor, site: str, objective_id: str
) -> tuple[KeptComment, ...]:
    """The comments on its key results that begin as check-ins do, the latest first; those that were refused say why."""
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id)
        issues = [] if saved is None else [one.issue_id for one in saved.state.key_results if one.issue_id]
        return tuple(reversed([*comments.load_comments(conn, site, issues).values()]))


@act(EDITOR)
def check_in(connector: Connector, actor: Actor, site: str, objective_id: str, said: Statement) -> CheckIn:
    """Keep what somebody says; its objective is due in the same transaction. Raises CheckInRefusal."""
    now = connector.clock()
    today = Moment(now, connector.context(site).mapping.zone).today
    with connector.store.write() as conn:
        saved = objectives.load(conn, site, objective_id)
        if saved is None or saved.state.plain:
            raise CheckInRefusal([("objective", "it is no objective any more")])
        key_result = key_result_of(saved.state, said.key_result)
        wanted = CheckIn(
            objective_id=objective_id,
            key_result_id=key_result.id,
            measure=measure_of(key_result.kind),
            value=said.value,
            by=actor.label,
            at=now,
            note=said.note.strip(),
            until=None if said.value is None else said.until,
            delta=None if said.value is None else said.delta,
            derived=derived_progress(key_result),
            confidence=None
            if said.confidence is None
            else SpokenConfidence(said.confidence, actor.label, now),
        )
        ended = _after_the_end(conn, site, saved.state, wanted, connector)
        wrong = [*_misread(said, wanted.measure), *ended, *faults(wanted, today)]
        if wrong:
            raise CheckInRefusal(wrong)
        kept = check_ins.add(conn, site, wanted)
        _follow(connector, conn, site, kept, "key result checked in", actor)
    connector.announce()
    return kept


def _after_the_end(
    conn: Connection, site: str, state: ObjectiveState, said: CheckIn, connector: Connector
) -> Iterator[tuple[str, str]]:
    """After the end of a cycle a check-in counts as made at its end, and says why; once the cycle is closed there is none."""
    mapping = connector.context(site).mapping
    cycle = mapping.cycles.get(state.cycle_id)
    if cycle is None or not has_ended(cycle, Moment(connector.clock(), mapping.zone)):
        return
    if cycle.id in closings.load_closed(conn, site):
        yield "key_result", f"{cycle.id} is closed: its numbers stand. An admin may open it again"
    elif not said.note:
        yield "note", f"{cycle.id} has ended: say why this is known only now"


def _misread(said: Statement, measure: Measure) -> Iterator[tuple[str, str]]:
    if said.measure is not None and said.measure is not measure:
        yield (
            "value",
            f"it says the {said.measure.words}; the mapping asks for the {measure.words} now: check in anew",
        )


@act(EDITOR)
def keep(
    connector: Connector, actor: Actor, site: str, objective_id: str, number: int, until: date | None
) -> CheckIn | None:
    """Say again what a check-in said, one that stands or one that was withdrawn, from where the derived value is now.

    None where there is none of this number, or another stands in its place. Raises CheckInRefusal.
    """
    with connector.store.read() as conn:
        found = check_ins.load(conn, site, number)
        standing = check_ins.load_standing(conn, site, objective_id)
    if found is None or found.check_in.objective_id != objective_id:
        return None
    former = found.check_in
    now = standing.get((objective_id, former.key_result_id), former)
    if former.value is None or (now.value is not None and now.id != number):
        return None
    delta = DELTA if until is None and former.delta is None else former.delta
    said = Statement(
        key_result=former.key_result_id,
        value=former.value,
        note=former.note,
        until=until,
        delta=delta,
        measure=former.measure,
    )
    return check_in(connector, actor, site, objective_id, said)


@act(EDITOR)
def withdraw(
    connector: Connector, actor: Actor, site: str, objective_id: str, number: int
) -> KeptCheckIn | None:
    """End a check-in of this objective: the derived value is shown again, and its confidence is taken back. None where none of this number stands."""
    with connector.store.write() as conn:
        found = check_ins.load(conn, site, number)
        if found is None or found.check_in.objective_id != objective_id:
            return None
        ended = check_ins.withdraw(conn, site, number, actor.label, connector.clock())
        if ended is not None:
            _follow(connector, conn, site, ended.check_in, "check-in withdrawn", actor)
    connector.announce()
    return ended


def _follow(
    connector: Connector, conn: Connection, site: str, about: CheckIn, what: str, actor: Actor
) -> None:
    """Note the act, and make the objective due, so that what is written back follows."""
    now = connector.clock()
    audit.note(conn, actor.label, what, now, _detail(about), site)
    due.mark(conn, site, [about.objective_id], now, f"{what} by {actor.label}")
    connector.announcer.marked(conn, site, [about.objective_id], now)


def _detail(about: CheckIn) -> PlainValues:
    return {
        "check_in": about.id,
        "objective": about.objective_id,
        "key_result": about.key_result_id,
        "said": about.said,
        "derived": share(about.derived),
        "until": None if about.until is None else about.until.isoformat(),
        "delta": None if about.delta is None else share(about.delta),
        "note": about.note,
        "confidence": None if about.confidence is None else about.confidence.confidence.text,
    }


def typed_value(text: str, measure: Measure) -> Fraction:
    """What a person typed: a percentage (`60` or `60 %`) for progress, a number for a metric. Raises CheckInRefusal."""
    plain_text = text.strip().replace("\u202f", "").replace("−", "-")
    if measure is Measure.PROGRESS:
        plain_text = plain_text.removesuffix("%").strip()
    number = exact(plain_text)
    if number is None:
        meant = "a percentage, such as 60" if measure is Measure.PROGRESS else "a number, such as 47.5"
        raise CheckInRefusal([("value", f"“{text}” is no number here: write {meant}")])
    return number / 100 if measure is Measure.PROGRESS else number


def typed_confidence(text: str) -> Confidence | None:
    """How sure a person says to be; None where nothing was typed. Raises CheckInRefusal."""
    if not text.strip():
        return None
    found = confidence_of(text)
    if found is None:
        wanted = "write 0 to 10, or one of: on track, at risk, off track"
        raise CheckInRefusal([("confidence", f"“{text}” is no confidence: {wanted}")])
    return found


def typed_delta(text: str) -> Fraction | None:
    """Percentage points as a person types them; None where nothing was. Raises CheckInRefusal."""
    if not text.strip():
        return None
    number = exact(text.strip().removesuffix("%").strip())
    if number is None:
        raise CheckInRefusal([("delta", f"“{text}” is no number of points: write one such as 10")])
    return number / 100
