"""Atlassian Goals beside a site: which goals there are, and whether they can be worked with."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.goals import Goals, goals_of
from connectors.jira.http.errors import AuthFailed, JiraError, Permanent
from mappings.facts.goal import Goal, Scoring
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, NotReady
from plugin.use_cases.permission import EDITOR, question

__all__ = ["Goal", "GoalCheck", "check", "list_goals"]

CLOUD_ALONE = "Atlassian Goals exist on Jira Cloud alone; {site} is a Jira Data Center."
SWITCHED_OFF = "See in the browser whether the site has Goals and whether the connector's account may open it (docs/goals.md)."
NO_GOALS = "Create a goal in Atlassian Goals, or give the connector's account access to those there are."
NO_POSTS = (
    "Make the connector's account an owner or contributor of the goals, or see who may post updates there."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands in the way, and what to do about it."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class GoalCheck:
    """What the gateway says: by what it knows the site, how goals are scored (None where it does not say), how many the account
    sees, and to how many of them it may post. What was not reached is None.
    """

    cloud_id: str | None = None
    scoring: Scoring | None = None
    goals: int | None = None
    posting: int | None = None
    findings: tuple[Finding, ...] = ()


@question(EDITOR)
def list_goals(connector: Connector, _actor: Actor, site: str) -> tuple[Goal, ...]:
    """Every goal that the connector's account sees and that is not archived, by key, with what was posted last. Raises JiraError."""
    goals = _goals(connector, site)
    ids = [one.id for one in goals.every()]
    return tuple(sorted(goals.standing(ids).values(), key=_by_key))


@question(EDITOR)
def check(connector: Connector, _actor: Actor, site: str) -> GoalCheck:
    """Ask the gateway, and write nothing. Raises JiraError where that says nothing of Goals: an outage, or a sign-in that failed."""
    goals = _goals(connector, site)
    try:
        cloud_id, scoring = goals.cloud_id, goals.scoring()
        found = goals.standing([one.id for one in goals.every()])
    except AuthFailed:
        raise
    except Permanent as error:
        return GoalCheck(findings=(Finding(_said(error), f"{error.remedy} {SWITCHED_OFF}".strip()),))
    may = sum(one.may_post is not False for one in found.values())
    findings = []
    if not found:
        findings.append(Finding("The connector's account sees no goal.", NO_GOALS))
    elif not may:
        findings.append(Finding("The connector's account may post to none of the goals.", NO_POSTS))
    return GoalCheck(cloud_id, scoring, len(found), may, tuple(findings))


def _goals(connector: Connector, site: str) -> Goals:
    jira = connector.site(site).jira
    if jira.deployment != "cloud":
        raise NotReady(CLOUD_ALONE.format(site=site))
    return goals_of(jira)


def _said(error: JiraError) -> str:
    messages = error.messages if isinstance(error, Permanent) else ()
    return " ".join(messages) or error.message


def _by_key(goal: Goal) -> tuple[str, int]:
    name, _, number = goal.key.rpartition("-")
    return name, int(number) if number.isdigit() else 0
