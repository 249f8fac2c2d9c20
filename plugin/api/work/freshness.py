"""`/sites/…/status` and `/sites/…/sync`: how fresh the data is, what waits, and "sync now" with its progress."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice
from typing import Literal

from pydantic import Field

from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import known_objective, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.model import JsonShape, Page, PageQuery, RequestPart, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import SYNC, Door
from plugin.sync.outage import Outage
from plugin.use_cases.health.budget import Budget
from plugin.use_cases.health.concerns import concerns, verdict
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.kept_data import kept_data, kept_values
from plugin.use_cases.health.missing_matters import list_matters, matters_of, missing_values
from plugin.use_cases.health.status import SiteStatus, installation
from plugin.use_cases.health.status import status as status_of
from plugin.use_cases.work import sync
from plugin.use_cases.work.background_jobs import BackgroundJob
from plugin.use_cases.work.obstacles import MissingKind

ROUTES = Routes()


class DataSizeJson(JsonShape):
    """What is kept of one kind."""

    what: str
    rows: int = Field(description="How many rows there are of it.")
    bytes: int = Field(description="What the values hold, without indexes and empty space.")


class DataSizesJson(JsonShape):
    """Everything that grows, of one site."""

    items: list[DataSizeJson]


class MissingFactJson(JsonShape):
    """One thing that is missing: `unknown` number, check-in that `asks`, `unread` or `lost` issue, `held` or `refused` write, `dead_letter`."""

    kind: MissingKind = Field(description="What of it is missing.")
    objectives: list[str] = Field(description="Whose it is, by key or else by id.")
    key_result: str | None
    issue: str | None
    what: str = Field(description="What is wrong, and why.")
    remedy: str


class MissingQuery(PageQuery):
    """What of it."""

    objective: Word | None = Field(None, description="Only what concerns this objective.")


class ObjectiveDriftJson(JsonShape):
    """An objective under which the local copy was wrong; key and title are empty where it is none any more."""

    objective: str
    key: str
    title: str
    issues: int
    at: datetime


class DriftJson(JsonShape):
    """The corrections that full reads found (drift): what was wrong in the local copy."""

    issues: int = Field(description="Of the last full read.")
    read: int
    at: datetime | None
    recent: int = Field(description="Of the reads of recent changes since then, all together.")
    objectives: list[ObjectiveDriftJson] = Field(description="The objectives with the most such issues.")


class OutageJson(JsonShape):
    """Jira cannot be worked with: `kind` is unreachable, sign_in, limited or refused."""

    kind: str
    since: datetime
    tries: int = Field(description="Failures in a row.")
    next_try: datetime
    error: str
    remedy: str


class CallPauseJson(JsonShape):
    """Calls that Jira asked not to make before `until`."""

    what: str
    reason: str
    until: datetime


class BudgetJson(JsonShape):
    """What the site grants the connector. `left`, `of` and `renewed` are what Jira said last, null where it says nothing."""

    calls_last_hour: int = Field(description="By the processes that serve and work, to a few seconds.")
    calls_last_minute: int
    held: list[CallPauseJson] = Field(description="The calls that Jira asked not to make for a while.")
    left: int | None
    of: int | None
    renewed: datetime | None


class ConcernJson(JsonShape):
    """One thing that ought to trouble somebody; where it is `wrong`, `jira-okr status` exits with 1."""

    kind: str
    level: str
    word: str
    sentence: str
    to_do: str
    wrong: bool


class SourceJson(JsonShape):
    """`webhook` (of Jira and of workflows, signed), `app` (of an OAuth app, with a signed token), `rule` (of Jira Automation), `address` (unsigned), or `refused`."""

    source: str
    heard: datetime = Field(description="When it was heard last, to some seconds.")
    former: bool = Field(description="Whether that was by a secret that was changed since.")
    remedy: str


class StatusJson(JsonShape):
    """How fresh one site's data is. Null is "never" or "not known yet"."""

    site: str
    url: str
    mapping_revision: str | None = Field(
        description="The revision of the active mapping; null where none is."
    )
    issues: int
    newest_change: datetime | None
    last_delivery: datetime | None
    last_resync: datetime | None
    last_recent: datetime | None = Field(description="When recent changes were read last.")
    last_reconcile: datetime | None
    drift: DriftJson | None
    deliveries: dict[str, int] = Field(description="How many deliveries there are by status.")
    sources: list[SourceJson] = Field(description="From where deliveries come, each that was ever heard.")
    due: int = Field(description="Objectives that wait to be worked out.")
    dead_letters: int
    refused: int = Field(description="How many fields Jira refused to take.")
    gaps: int = Field(description="Issues that could not be read and that wait for a person.")
    losses: int = Field(
        description="Issues that Jira shows no more without a word of its own, and that wait for a person."
    )
    held: int = Field(description="Changes that wait for a person instead of being written.")
    outage: OutageJson | None = Field(description="Null while Jira answers.")
    budget: BudgetJson
    credential_expires: date | None = Field(
        description="The day that an admin entered for the token; null where nobody did."
    )
    workers: int = Field(description="Living workers of all processes.")
    verdict: str = Field(description="What to think of the site in a word, as pages and commands say it.")
    concerns: list[ConcernJson] = Field(description="What ought to trouble somebody, the worst first.")


class StatusesJson(JsonShape):
    """Every site."""

    now: datetime
    sites: list[StatusJson]


class SyncBody(RequestPart):
    """How to sync."""

    kind: Literal["full", "recent"] = Field(
        "full",
        description="recent: only what changed since the last sync, where a full one came before; deletions stay unseen.",
    )
    anew: bool = Field(False, description="Begin at the first issue even where a sync was interrupted.")
    accept_loss: bool = Field(False, description="Believe Jira even if most issues are gone from it.")
    write: bool = Field(True, description="False: only bring the local copy up to date.")


class JobJson(JsonShape):
    """Long work in the background: `state` is running, done or failed; `said` is its result or what went wrong, `remedy` what to do about it."""

    site: str
    state: str
    by: str
    began: datetime
    seen: datetime
    done: int
    total: int | None
    per_second: float | None = Field(description="How fast it goes; null while that cannot be said.")
    seconds_left: int | None
    said: str
    remedy: str
    started: bool = Field(description="Whether this request started it; false where one ran already.")


@ROUTES.get("/status", "viewer", "How fresh the data of every site is, and what waits.")
def list_status(caller: Caller) -> Reply[StatusesJson]:
    """All sites side by side."""
    found = installation(caller.connector, caller.actor)
    return Reply(StatusesJson(now=found.at, sites=[status_json(one) for one in found.sites]))


@ROUTES.get("/sites/{site}/status", "viewer", "How fresh the data of one site is.")
def status(caller: Caller, path: SiteAddress) -> Reply[StatusJson]:
    """One site."""
    return Reply(status_json(status_of(caller.connector, caller.actor, site_of(caller, path))))


@ROUTES.get("/sites/{site}/kept", "viewer", "How much is kept of what grows.", heavy=True)
def kept(caller: Caller, path: SiteAddress) -> Reply[DataSizesJson]:
    """Rows, and the bytes of their values without indexes."""
    found = kept_data(caller.connector, caller.actor, site_of(caller, path))
    return Reply(DataSizesJson.model_validate({"items": kept_values(found)}))


@ROUTES.get("/missing", "viewer", "What is missing, each with what to do about it.", heavy=True)
def list_missing(caller: Caller, query: MissingQuery) -> Reply[Page[MissingFactJson]]:
    """What waits for a person first, then objective by objective."""
    site = site_of(caller, query)
    name = list_name(f"missing:{site}", query)
    begun = number_after(query.cursor, name) or 0
    if query.objective is None:
        every = list_matters(caller.connector, caller.actor, site)
    else:
        saved = known_objective(caller, site, query.objective)
        every = iter(matters_of(caller.connector, caller.actor, site, saved.state))
    found = [*islice(every, begun, begun + query.limit + 1)]
    items = [MissingFactJson.model_validate(missing_values(one, Door.API)) for one in found[: query.limit]]
    following = cursor(name, begun + query.limit) if len(found) > query.limit else None
    return Reply(Page[MissingFactJson](items=items, next=following))


def status_json(found: SiteStatus) -> StatusJson:
    """The figures of one site as an answer shows them."""
    return StatusJson(
        site=found.site,
        url=found.url or "",
        mapping_revision=found.mapping_revision,
        issues=found.issues or 0,
        newest_change=found.newest_change,
        last_delivery=found.last_delivery,
        last_resync=found.last_resync,
        last_reconcile=found.last_reconcile,
        last_recent=found.last_recent,
        drift=_drift(found.drift),
        deliveries=dict(found.deliveries or {}),
        sources=[
            SourceJson(source=one.source, heard=one.heard, former=one.former, remedy=one.remedy)
            for one in found.sources
        ],
        due=found.due,
        dead_letters=len(found.dead),
        refused=len(found.refused),
        gaps=sum(one.waits for one in found.gaps),
        losses=len(found.losses),
        held=len(found.held),
        outage=_outage(found.outage),
        budget=_budget(found.budget),
        credential_expires=found.token_expires,
        workers=sum(process.workers for process in found.at_work),
        verdict=verdict(found).word,
        concerns=[
            ConcernJson(
                kind=one.kind,
                level=one.level,
                word=one.word,
                sentence=one.sentence,
                to_do=one.todo_at(Door.API),
                wrong=one.wrong,
            )
            for one in concerns(found)
        ],
    )


def _budget(found: Budget | None) -> BudgetJson:
    left = found.left if found else None
    return BudgetJson(
        calls_last_hour=found.hour if found else 0,
        calls_last_minute=found.minute if found else 0,
        held=[
            CallPauseJson(what=one.what, reason=one.reason, until=one.until)
            for one in (found.held if found else ())
        ],
        left=left.remaining if left else None,
        of=left.most if left else None,
        renewed=left.until if left else None,
    )


def _outage(found: Outage | None) -> OutageJson | None:
    if found is None:
        return None
    return OutageJson(
        kind=found.kind,
        since=found.since,
        tries=found.tries,
        next_try=found.next_try,
        error=found.error,
        remedy=found.remedy,
    )


def _drift(found: Drift | None) -> DriftJson | None:
    if found is None:
        return None
    worst = [
        ObjectiveDriftJson(objective=one.id, key=one.key, title=one.title, issues=one.issues, at=one.at)
        for one in found.worst
    ]
    return DriftJson(issues=found.full, read=found.read, at=found.at, recent=found.recent, objectives=worst)


@ROUTES.post(
    "/sites/{site}/sync",
    "editor",
    "Sync now: read the whole scope and work everything out, in the background.",
    status=202,
)
def start_sync(caller: Caller, path: SiteAddress, body: SyncBody) -> Reply[JobJson]:
    """Begins in the background; where a sync runs already, that one is told of."""
    site = site_of(caller, path)
    wanted = sync.SyncRequest(body.kind, body.anew, body.accept_loss, body.write)
    started = sync.begin(caller.connector, caller.actor, site, wanted)
    return Reply(sync_json(caller, site, started), {"Location": f"/api/v1/sites/{site}/sync"})


@ROUTES.get("/sites/{site}/sync", "viewer", "How far the latest sync is.")
def show_sync(caller: Caller, path: SiteAddress) -> Reply[JobJson]:
    """How far the latest sync is."""
    return Reply(sync_json(caller, site_of(caller, path), False))


def sync_json(caller: Caller, site: str, started: bool) -> JobJson:
    """The latest sync that was asked for."""
    found = sync.latest_sync(caller.connector, caller.actor, site)
    if found is None:
        raise not_found("sync", site, SYNC)
    return job_json(site, found, started)


def job_json(site: str, found: BackgroundJob, started: bool) -> JobJson:
    """How far a background job is."""
    return JobJson(
        site=site,
        state=found.state,
        by=found.by,
        began=found.began,
        seen=found.seen,
        done=found.done,
        total=found.total,
        per_second=found.per_second,
        seconds_left=found.seconds_left,
        said=found.said,
        remedy=found.todo,
        started=started,
    )
