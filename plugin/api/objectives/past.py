"""The past: reconstructed from Jira's changelogs in the background, the histories that an answer lacks, and a draft held against it."""

from __future__ import annotations

from pydantic import Field

from plugin.api.mappings.texts import TextBody
from plugin.api.objectives.objectives import LedgersJson, instant_in
from plugin.api.protocol.addresses import ObjectiveAddress, SiteAddress
from plugin.api.protocol.lookup import objective_of, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.api.work.freshness import JobJson, job_json
from plugin.doors.model import JsonShape, RequestPart, SiteQuery, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import BACKFILL
from plugin.use_cases.objectives import backfill
from plugin.use_cases.objectives.as_of import as_of_draft, read_lacking
from plugin.use_cases.objectives.objective_values import as_of_values, ledgers_of

ROUTES = Routes()


class ReconstructionBody(RequestPart):
    """How far to go back."""

    days: int | None = Field(
        None, ge=1, le=backfill.MOST_DAYS, description="To the start of the current cycle where it is null."
    )
    again: bool = Field(False, description="Also where it was done under this mapping revision already.")


@ROUTES.post(
    "/sites/{site}/history",
    "editor",
    "Reconstruct where objectives stood before, from Jira's changelogs, in the background.",
    status=202,
)
def start_reconstruction(caller: Caller, path: SiteAddress, body: ReconstructionBody) -> Reply[JobJson]:
    """Points made this way are marked as `backfilled`, and replaced when this runs again; where one runs already, that one is told of."""
    site = site_of(caller, path)
    started = backfill.begin(caller.connector, caller.actor, site, body.days, body.again)
    return Reply(_latest(caller, site, started), {"Location": f"/api/v1/sites/{site}/history"})


@ROUTES.get("/sites/{site}/history", "viewer", "How far the latest reconstruction is.")
def show_reconstruction(caller: Caller, path: SiteAddress) -> Reply[JobJson]:
    """How far the latest reconstruction is."""
    return Reply(_latest(caller, site_of(caller, path), False))


def _latest(caller: Caller, site: str, started: bool) -> JobJson:
    found = backfill.latest_backfill(caller.connector, caller.actor, site)
    if found is None:
        raise not_found("reconstruction", site, BACKFILL)
    return job_json(site, found, started)


class HistoryBody(RequestPart):
    """For which answer."""

    at: Word = Field(description="A day, which stands for its end, or an instant.")
    mapping: Word | None = Field(
        None, description="A revision, or its beginning, or `then`; the one that rules now where it is null."
    )


class PastHistoriesJson(JsonShape):
    """How many histories were read, how many Jira did not give, and how many are left: call again for those."""

    read: int
    refused: int
    left: int


@ROUTES.post(
    "/objectives/{objective}/histories",
    "editor",
    "Read from Jira the histories that an answer about the past lacks.",
    heavy=True,
)
def read_histories_lacking(
    caller: Caller, path: ObjectiveAddress, query: SiteQuery, body: HistoryBody
) -> Reply[PastHistoriesJson]:
    """Afterwards `GET /objectives/{objective}/ledger?at=` is surer."""
    site, saved = objective_of(caller, path, query)
    at = instant_in(caller, site, body.at, "/at")
    done = read_lacking(caller.connector, caller.actor, site, saved.state.id, at, body.mapping)
    return Reply(PastHistoriesJson(read=done.read, refused=done.refused, left=done.left))


class PastDraft(TextBody):
    """A mapping that never ruled, and the moment."""

    at: Word | None = Field(
        None, description="A day, which stands for its end, or an instant; now where it is null."
    )


@ROUTES.post(
    "/objectives/{objective}/ledger",
    "admin",
    "Where an objective would stand, or would have stood, under a mapping that never ruled.",
    heavy=True,
)
def drafted_ledger(
    caller: Caller, path: ObjectiveAddress, query: SiteQuery, body: PastDraft
) -> Reply[LedgersJson]:
    """Worked out from the histories that are kept; changes nothing."""
    site, saved = objective_of(caller, path, query)
    at = caller.connector.clock() if body.at is None else instant_in(caller, site, body.at, "/at")
    past = as_of_draft(caller.connector, caller.actor, site, saved.state.id, at, body.text)
    told = as_of_values(past.at, past.saved.mapping_revision, past.stood)
    return Reply(LedgersJson.model_validate({**ledgers_of(past.saved.state), "as_of": told}))
