"""`/sites/{site}/mapping/preview-as-of`: what a mapping would have read at an earlier time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from plugin.api.mappings.texts import TextBody
from plugin.api.objectives.cycles import ObjectiveReplayJson
from plugin.api.objectives.objectives import instant_in
from plugin.api.objectives.past import PastHistoriesJson
from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, RequestPart
from plugin.use_cases.mappings.past_preview import past_preview_values, preview_as_of, read_lacking_then

ROUTES = Routes()


class PastText(TextBody):
    """The same, at a time."""

    at: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="A day, which stands for its end, or an instant."
    )


class PastPreviewJson(JsonShape):
    """What would have been different at an earlier time: `objectives` of the `looked_at`; those that read the same are left out."""

    site: str
    at: datetime
    mapping_revision: str
    ruling_revision: str
    looked_at: int
    objectives: list[ObjectiveReplayJson]
    said: list[str] = Field(description="Why it is not surer, in sentences.")
    histories_missing: int = Field(description="Issues touched since whose history is not kept.")


@ROUTES.post(
    "/sites/{site}/mapping/preview-as-of",
    "admin",
    "What every objective would have read under a text at an earlier time.",
    heavy=True,
)
def preview_mapping_as_of(caller: Caller, path: SiteAddress, body: PastText) -> Reply[PastPreviewJson]:
    """Beside what it read under the mapping that rules, with how sure that is; asks Jira nothing, writes nothing."""
    site = site_of(caller, path)
    found = preview_as_of(
        caller.connector, caller.actor, site, body.text, instant_in(caller, site, body.at, "/at")
    )
    return Reply(PastPreviewJson.model_validate(past_preview_values(found)))


class PastPreviewBody(RequestPart):
    """A time that is over."""

    at: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="A day, which stands for its end, or an instant."
    )


@ROUTES.post(
    "/sites/{site}/mapping/preview-as-of/histories",
    "admin",
    "Read from Jira the histories that a preview as of an earlier time lacks.",
    heavy=True,
)
def read_histories_of_preview(
    caller: Caller, path: SiteAddress, body: PastPreviewBody
) -> Reply[PastHistoriesJson]:
    """Afterwards `POST /sites/{site}/mapping/preview-as-of` is surer."""
    site = site_of(caller, path)
    done = read_lacking_then(caller.connector, caller.actor, site, instant_in(caller, site, body.at, "/at"))
    return Reply(PastHistoriesJson(read=done.read, refused=done.refused, left=done.left))
