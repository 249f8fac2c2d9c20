"""`/sites/…/history`: the past before the connector came, reconstructed from Jira's changelogs in the background."""

from __future__ import annotations

from pydantic import Field

from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Call, Reply, Routes
from plugin.api.work.freshness import JobGiven, job_given
from plugin.doors.model import Asked
from plugin.doors.refusal import not_found
from plugin.use_cases.objectives import backfill

ROUTES = Routes()


class Reconstruction(Asked):
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
def start_reconstruction(call: Call, path: SiteAddress, body: Reconstruction) -> Reply[JobGiven]:
    """Points made this way are marked as `backfilled`, and replaced when this runs again; where one runs already, that one is told of."""
    site = site_of(call, path)
    started = backfill.begin(call.connector, call.actor, site, body.days, body.again)
    return Reply(_latest(call, site, started), {"Location": f"/api/v1/sites/{site}/history"})


@ROUTES.get("/sites/{site}/history", "viewer", "How far the latest reconstruction is.")
def show_reconstruction(call: Call, path: SiteAddress) -> Reply[JobGiven]:
    """How far the latest reconstruction is."""
    return Reply(_latest(call, site_of(call, path), False))


def _latest(call: Call, site: str, started: bool) -> JobGiven:
    found = backfill.latest(call.connector, call.actor, site)
    if found is None:
        raise not_found("reconstruction", site, f"POST /api/v1/sites/{site}/history starts one.")
    return job_given(site, found, started)
