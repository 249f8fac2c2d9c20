"""KPI ⇄ key result: when a watched number becomes a key result and when it goes back to being watched. Decides; creates nothing.

A level goes in and a level comes out: the state is kept by the caller and handed in again with the next settled period (`counting`
says which those are). A period without a value, or not later than the last one counted, neither counts nor resets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from mappings.document.schema import KpiPart
from mappings.facts.issue import Reading
from mappings.kpi.band import Band


class KpiStatus(StrEnum):
    """The states of a KPI."""

    WATCHING = "watching"
    KR_PROPOSED = "kr_proposed"
    KR_OPEN = "kr_open"
    CLOSE_PROPOSED = "close_proposed"


class EpisodeStep(StrEnum):
    """What the last step or decision did; every step names one. `stayed` is also said of a proposal that has lost its objective."""

    STAYED = "stayed"
    PROPOSED = "proposed"
    CREATED = "created"
    WITHDRAWN = "withdrawn"
    CLOSE_PROPOSED = "close_proposed"
    KEPT_OPEN = "kept_open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    LOST = "lost"
    REOPENED = "reopened"
    REBANDED = "rebanded"
    CYCLE_ENDED = "cycle_ended"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The key result to be: from the latest reading to the edge of the band that it has left. `objective` is where it would hang.

    `band` is set where the band has two bounds: then reaching the edge is not enough, the number has to stay between them.
    """

    start: Fraction
    target: Fraction
    objective: str | None = None
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Creation:
    """How far the making of the issue in Jira has come; by whom it was wanted, empty where the mapping wants it by itself.

    `tried`: since when Jira has been asked, and no answer is known: the issue may exist. `said` and `remedy` are why there is none yet, `again` is when it is
    tried again by itself; `asks`: only a person can tell.
    """

    by: str = ""
    tried: datetime | None = None
    said: str = ""
    remedy: str = ""
    again: datetime | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class KpiState:
    """Where a KPI stands. `outside` and `inside` count settled periods running; at most one of them is above 0.

    `episode` numbers what begins when the KPI leaves watching and ends when it is back; `former` is the issue of the key result that the last one had.
    `missing` is since when the issue of the open key result is not to be seen.
    `told` is the last period whose value was written to that issue; `refused`: it was closed without being done, so nothing is proposed until the KPI has been in its band.
    `under` is the issue id of the objective that is named for what is proposed, once it was seen.
    `carried` is the closed cycle out of which the key result went on into a later one; `left` is since when the mapping has no such KPI.
    `creation` says how far the issue is that is to be made, `began` is the last millisecond of the period that began the episode.
    `latest` is the last millisecond of the last period counted, `band` what was written of the band it was counted under. `key_result` is the issue id of the open key result. `kr_open` without one means that it has still to be created in Jira.
    """

    status: KpiStatus = KpiStatus.WATCHING
    outside: int = 0
    inside: int = 0
    latest: datetime | None = None
    value: Fraction | None = None
    proposal: Proposal | None = None
    key_result: str | None = None
    transition: EpisodeStep = EpisodeStep.STAYED
    band: str = ""
    episode: int = 0
    former: str | None = None
    missing: datetime | None = None
    creation: Creation | None = None
    began: datetime | None = None
    told: datetime | None = None
    refused: bool = False
    carried: str = ""
    under: str = ""
    left: datetime | None = None

    @property
    def wanted(self) -> bool:
        """Whether a key result is decided on and stands nowhere yet."""
        return self.status is KpiStatus.KR_OPEN and self.key_result is None


def step(state: KpiState, reading: Reading | None, kpi: KpiPart, healthy: Band) -> KpiState:
    """The state after the value of a settled period, `at` its last millisecond, judged by the band of its last day.

    Its `transition` says what happened, `stayed` where nothing did.
    """
    if reading is None or reading.value is None or (state.latest is not None and reading.at <= state.latest):
        return replace(state, transition=EpisodeStep.STAYED)
    crossed = healthy.crossed(reading.value)
    out = crossed is not None
    counted = replace(
        state,
        outside=state.outside + 1 if out else 0,
        inside=0 if out else state.inside + 1,
        latest=reading.at,
        value=reading.value,
        transition=EpisodeStep.STAYED,
        refused=state.refused and out,
    )
    return came_in(counted, kpi) if crossed is None else went_out(counted, kpi, reading.value, healthy)


def went_out(state: KpiState, kpi: KpiPart, value: Fraction, healthy: Band) -> KpiState:
    """After a value out of the band: propose, refresh what is proposed, or keep open what was about to be closed."""
    if kpi.promote is None or state.status is KpiStatus.KR_OPEN:
        return state
    if state.status is KpiStatus.KR_PROPOSED:
        known = kpi.promote.objective if state.proposal is None else state.proposal.objective
        return replace(state, proposal=propose(known, value, healthy))
    if state.outside < kpi.promote.after or state.refused:
        return state
    if state.status is KpiStatus.CLOSE_PROPOSED:
        return replace(state, status=KpiStatus.KR_OPEN, transition=EpisodeStep.KEPT_OPEN)
    creates = kpi.promote.mode == "create"
    return replace(
        state,
        status=KpiStatus.KR_OPEN if creates else KpiStatus.KR_PROPOSED,
        proposal=propose(kpi.promote.objective, value, healthy),
        transition=EpisodeStep.CREATED if creates else EpisodeStep.PROPOSED,
        episode=state.episode + 1,
        former=None,
        creation=None,
        under="",
        began=state.latest,
    )


def propose(objective: str | None, value: Fraction, healthy: Band) -> Proposal:
    """What a value out of the band makes of it, below this objective."""
    two_sided = healthy.at_least is not None and healthy.at_most is not None
    edge = healthy.crossed(value)
    return Proposal(value, value if edge is None else edge, objective, healthy if two_sided else None)


def came_in(state: KpiState, kpi: KpiPart) -> KpiState:
    """After a value in the band: withdraw what does not stand in Jira yet, or propose to close; without `revert` a person decides."""
    if kpi.revert is None or state.inside < kpi.revert.after:
        return state
    if state.wanted and state.creation is not None and state.creation.tried is not None:
        return state  # its issue may exist: first that has to be known
    if state.status is KpiStatus.KR_PROPOSED or state.wanted:
        return replace(
            state,
            status=KpiStatus.WATCHING,
            proposal=None,
            former=None,
            creation=None,
            transition=EpisodeStep.WITHDRAWN,
        )
    if state.status is KpiStatus.KR_OPEN:
        return replace(state, status=KpiStatus.CLOSE_PROPOSED, transition=EpisodeStep.CLOSE_PROPOSED)
    return state


def accept(state: KpiState, by: str) -> KpiState:
    """A person accepted what is proposed, and its issue is to be made; said once more, whatever stood in the way is forgotten."""
    return replace(
        state,
        status=KpiStatus.KR_OPEN,
        inside=0,
        creation=Creation(by),
        transition=EpisodeStep.CREATED,
    )


def open_key_result(state: KpiState, key_result: str) -> KpiState:
    """The key result stands in Jira under this issue id: a proposal was accepted, or what was to be created is there."""
    return replace(
        state,
        status=KpiStatus.KR_OPEN,
        key_result=key_result,
        inside=0,
        missing=None,
        creation=None,
        transition=EpisodeStep.ACCEPTED,
    )


def dismiss_proposal(state: KpiState) -> KpiState:
    """A person said no: to a new key result (watch on, and count anew), or to closing one (it stays open, counting anew)."""
    if state.status is KpiStatus.CLOSE_PROPOSED:
        return replace(state, status=KpiStatus.KR_OPEN, outside=0, inside=0, transition=EpisodeStep.DISMISSED)
    if state.status is KpiStatus.KR_PROPOSED or state.wanted:
        return begin_watch(state, EpisodeStep.DISMISSED)
    return replace(state, transition=EpisodeStep.STAYED)


class SeenIssue(StrEnum):
    """What is known of the issue of a key result."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    """Closed without being done, as the mapping says by `statuses.excluded`."""
    MISSING = "missing"
    DELETED = "deleted"
    CYCLE_CLOSED = "cycle_closed"
    """Its cycle was closed, and its objective runs in no other."""


PATIENCE = timedelta(days=7)
"""How long the issue of a key result may be out of sight before its episode ends as lost."""


def follow(state: KpiState, seen: SeenIssue, now: datetime) -> KpiState:
    """After a look at the issue of the key result, of the open one or the one that was closed last. `stayed` where nothing follows."""
    if state.status is KpiStatus.WATCHING:
        if state.former is None or seen is not SeenIssue.OPEN:
            return replace(state, transition=EpisodeStep.STAYED)
        anew = replace(state, status=KpiStatus.KR_OPEN, outside=0, inside=0, refused=False)
        return replace(
            anew, key_result=state.former, former=None, missing=None, transition=EpisodeStep.REOPENED
        )
    if state.key_result is None:
        return replace(state, transition=EpisodeStep.STAYED)
    if seen in (SeenIssue.DONE, SeenIssue.REFUSED):
        closed = begin_watch(state, EpisodeStep.CLOSED)
        return replace(closed, former=state.key_result, refused=seen is SeenIssue.REFUSED)
    if seen is SeenIssue.DELETED:
        return begin_watch(state, EpisodeStep.LOST)
    if seen is SeenIssue.CYCLE_CLOSED:
        return begin_watch(state, EpisodeStep.CYCLE_ENDED)
    since = None if seen is SeenIssue.OPEN else state.missing or now
    if since is not None and now - since >= PATIENCE:
        return begin_watch(state, EpisodeStep.LOST)
    return replace(state, missing=since, transition=EpisodeStep.STAYED)


def carry(state: KpiState, cycle_id: str) -> KpiState:
    """The cycle of the key result was closed and it goes on in a later one: nothing changes, counters go on, and that is told once."""
    if state.key_result is None or state.carried == cycle_id:
        return replace(state, transition=EpisodeStep.STAYED)
    return replace(state, carried=cycle_id, transition=EpisodeStep.CARRIED)


def without_objective(state: KpiState) -> KpiState:
    """The objective below which the key result would be made is closed or gone: what is proposed stands without one, and a person chooses.

    What the mapping wanted made by itself is proposed instead, unless Jira was asked for it already.
    """
    if state.proposal is None or state.proposal.objective is None:
        return state
    alone = replace(state, proposal=replace(state.proposal, objective=None))
    if state.status is KpiStatus.KR_PROPOSED:
        return replace(alone, transition=EpisodeStep.STAYED)
    by_itself = state.creation is None or (not state.creation.by and state.creation.tried is None)
    if state.wanted and by_itself:
        return replace(alone, status=KpiStatus.KR_PROPOSED, creation=None, transition=EpisodeStep.PROPOSED)
    return state


def begin_watch(state: KpiState, transition: EpisodeStep) -> KpiState:
    """Back to the beginning, remembering only what was read last, and how many episodes there were."""
    return KpiState(
        latest=state.latest,
        value=state.value,
        transition=transition,
        band=state.band,
        episode=state.episode,
        carried=state.carried,
    )
