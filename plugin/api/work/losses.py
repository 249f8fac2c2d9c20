"""`/losses`: issues that Jira shows no more without saying that they are deleted, and a person's word on them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from mappings.numbers import count_of
from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import page_of
from plugin.doors.model import JsonShape, OutcomeJson, Page, PageQuery, RequestPart, SiteName, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import LOSSES
from plugin.use_cases.work import losses
from plugin.use_cases.work.losses import Loss, UnknownLoss

ROUTES = Routes()

MOST_NAMES = 1_000


class LossJson(JsonShape):
    """An issue that Jira shows no more: why that is doubted, whose numbers it is behind, and what became of it.

    `state` is held (it waits for a person and counts as it was read last), left (it was little enough to leave by itself), kept or
    accepted (what a person decided).
    """

    issue: str
    issue_id: str
    title: str
    project: str
    state: Literal["held", "left", "kept", "accepted"]
    reason: str
    since: datetime
    by: str | None
    objectives: list[str] = Field(description="Ids of the objectives that it is beneath.")


class LossesQuery(PageQuery):
    """Which losses."""

    state: Literal["held", "left", "kept", "accepted"] | None = Field(
        "held", description="What became of them; those that wait for a person where it is left out."
    )


class LossesBody(RequestPart):
    """Which of the losses that are held."""

    names: list[Word] = Field(
        min_length=1, max_length=MOST_NAMES, description="Keys or ids of issues, or keys of whole projects."
    )
    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


@ROUTES.get("/losses", "viewer", "Issues that Jira shows no more without saying that they are deleted.")
def list_losses(caller: Caller, query: LossesQuery) -> Reply[Page[LossJson]]:
    """By project and key."""
    site = site_of(caller, query)
    known = losses.list_losses(caller.connector, caller.actor, site)
    found = [one for one in known if query.state in (None, one.state)]
    return Reply(page_of(Page[LossJson], f"losses:{site}", query, found, loss_json))


def loss_json(one: Loss) -> LossJson:
    """One loss as an answer shows it."""
    return LossJson(
        issue=one.issue_key,
        issue_id=one.issue_id,
        title=one.title,
        project=one.project_key,
        state=one.state,
        reason=one.reason,
        since=one.at,
        by=one.by or None,
        objectives=list(one.objectives),
    )


@ROUTES.post("/losses/accept", "editor", "Believe that they are gone.")
def accept_losses(caller: Caller, body: LossesBody) -> Reply[OutcomeJson]:
    """They are gone: they leave the local copy, and what stood on them is computed without them."""
    site = known_site(caller.connector, body.site)
    try:
        done = losses.accept(caller.connector, caller.actor, site, body.names)
    except UnknownLoss as error:
        raise no_loss(error) from None
    return Reply(
        OutcomeJson(
            said=f"{count_of(len(done), 'issue is', 'issues are')} accepted as gone: the numbers are computed without {'it' if len(done) == 1 else 'them'}."
        )
    )


@ROUTES.post("/losses/dismiss", "editor", "Keep counting them as they were read last.")
def dismiss_losses(caller: Caller, body: LossesBody) -> Reply[OutcomeJson]:
    """They are not gone, only out of sight: they count as they were read last, and wait no more."""
    site = known_site(caller.connector, body.site)
    try:
        done = losses.dismiss(caller.connector, caller.actor, site, body.names)
    except UnknownLoss as error:
        raise no_loss(error) from None
    return Reply(
        OutcomeJson(
            said=f"{count_of(len(done), 'issue goes on counting as it was', 'issues go on counting as they were')} read last."
        )
    )


def no_loss(error: UnknownLoss) -> Exception:
    """404: nothing of this name is held."""
    return not_found("held loss", ", ".join(error.names), LOSSES)
