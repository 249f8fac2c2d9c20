"""`/goals`: the goals of Atlassian Goals beside a site."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.cursor import page_of
from plugin.doors.model import JsonShape, Page, PageQuery, RequestPart, SiteName, SiteQuery, Word
from plugin.use_cases.objectives import goals
from plugin.use_cases.objectives.goals import Goal, GoalCheck

ROUTES = Routes()


class GoalJson(JsonShape):
    """A goal as Atlassian Goals has it. `score` is what was posted last, as the site holds it; null where that has none."""

    id: str
    key: str
    name: str
    url: str
    status: str
    score: int | None
    owner: str | None
    posted_at: datetime | None
    posted_by: str | None
    summary: str | None
    metrics: int
    may_post: bool | None = Field(
        description="Whether the connector's account may post; null where the site does not say."
    )


class GoalFindingJson(JsonShape):
    """What stands in the way, and what to do about it."""

    message: str
    remedy: str


class GoalCheckJson(JsonShape):
    """What the gateway says; what was not reached is null."""

    cloud_id: str | None
    scoring: str | None = Field(
        description="`OKR` where goals are scored, `SIMPLE` where they have a status alone."
    )
    goals: int | None = Field(description="How many goals there are; null where that was not reached.")
    posting: int | None = Field(description="To how many of them the account may post.")
    findings: list[GoalFindingJson]


class GoalLinkBody(RequestPart):
    """Which goal an objective feeds."""

    objective: Word = Field(description="Key or id of the objective.")
    goal: Word = Field(description="Key or address of the goal.")
    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


class GoalLinkJson(JsonShape):
    """The field of the issue that says so now."""

    objective: str
    goal: str
    field: str


@ROUTES.get("/goals", "editor", "The goals of Atlassian Goals.", heavy=True)
def list_goals(caller: Caller, query: PageQuery) -> Reply[Page[GoalJson]]:
    """Those that the connector's account sees and that are not archived, by key, as they are now."""
    site = site_of(caller, query)
    found = goals.list_goals(caller.connector, caller.actor, site)
    return Reply(page_of(Page[GoalJson], f"goals:{site}", query, found, goal_json), UNKEPT)


def goal_json(one: Goal) -> GoalJson:
    """One goal as an answer shows it."""
    latest = one.latest
    return GoalJson(
        id=one.id,
        key=one.key,
        name=one.name,
        url=one.url,
        status=one.status,
        score=one.posted_score,
        owner=one.owner or None,
        posted_at=latest.at if latest else None,
        posted_by=latest.by if latest else None,
        summary=latest.words if latest else None,
        metrics=len(one.metrics),
        may_post=one.may_post,
    )


@ROUTES.get("/goals/check", "editor", "Whether Atlassian Goals can be worked with.", heavy=True)
def check_goals(caller: Caller, query: SiteQuery) -> Reply[GoalCheckJson]:
    """Asks the gateway now, and writes nothing."""
    return Reply(check_json(goals.check(caller.connector, caller.actor, site_of(caller, query))), UNKEPT)


def check_json(found: GoalCheck) -> GoalCheckJson:
    """What the gateway said."""
    findings = [GoalFindingJson(message=one.message, remedy=one.remedy) for one in found.findings]
    return GoalCheckJson(
        cloud_id=found.cloud_id,
        scoring=found.scoring,
        goals=found.goals,
        posting=found.posting,
        findings=findings,
    )


@ROUTES.post("/goals/link", "editor", "Let an objective feed a goal.", heavy=True)
def link_goal(caller: Caller, body: GoalLinkBody) -> Reply[GoalLinkJson]:
    """Writes the key of the goal into the field of the objective's issue that the mapping reads it from."""
    site = known_site(caller.connector, body.site)
    found = goals.link(caller.connector, caller.actor, site, body.objective, body.goal)
    return Reply(GoalLinkJson(objective=found.objective, goal=found.goal, field=found.field))


class GoalTrialBody(RequestPart):
    """Which goal gets the trial."""

    goal: Word = Field(description="Key or address of the goal.")
    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


class GoalTrialJson(JsonShape):
    """What was posted, what the site made of it, and whether it was taken back."""

    goal: str
    sent_status: str
    sent_score: int | None
    status: str = Field(description="The status that the site made of it.")
    score: int = Field(description="The score that the site made of it.")
    taken_back: bool
    findings: list[GoalFindingJson]


@ROUTES.post("/goals/try", "editor", "Post a trial to a goal, read it, and take it back.", heavy=True)
def try_goal(caller: Caller, body: GoalTrialBody) -> Reply[GoalTrialJson]:
    """Whoever watches the goal may be told of it."""
    tried = goals.try_out(caller.connector, caller.actor, known_site(caller.connector, body.site), body.goal)
    (sent_status, sent_score), (status, score) = tried.sent, tried.held
    findings = [GoalFindingJson(message=one.message, remedy=one.remedy) for one in tried.findings]
    return Reply(
        GoalTrialJson(
            goal=tried.goal,
            sent_status=sent_status,
            sent_score=sent_score,
            status=status,
            score=score,
            taken_back=tried.taken_back,
            findings=findings,
        )
    )
