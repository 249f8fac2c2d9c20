"""`jira-okr goals`: the goals of Atlassian Goals, and whether they can be worked with."""

from __future__ import annotations

import click

from mappings.json_value import PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.objectives import goals
from plugin.use_cases.objectives.goals import Goal, GoalCheck, GoalTrial
from plugin.use_cases.sites.goals_account import (
    forget_goals_account,
    goals_account,
    take_goals_account,
)


@click.group("goals")
def goals_group() -> None:
    """See the goals of Atlassian Goals, whether the connector's account can work with them, and let objectives feed them."""


@goals_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List the goals that the connector's account sees, with what was posted last."""
    with open_connector(site=site) as connector:
        found = goals.list_goals(connector, COMMAND_LINE, site)
    if as_json:
        show_json([goal_values(one) for one in found])
    elif not found:
        say("No goals. jira-okr goals check says whether that may be.")
    else:
        columns = ("Goal", "Name", "Status", "Score", "Owner", "Posted last")
        show_table("Goals", columns, [_row(one) for one in found])


@goals_group.command("check")
@click.option(
    "--write",
    "goal",
    metavar="GOAL",
    help="Post one update to this goal (key or address), read what the site made of it, and take it back.",
)
@site_option
@json_option
def check_command(goal: str | None, site: str, as_json: bool) -> None:
    """Ask Atlassian's gateway what the account may do with goals; without --write nothing is written. Exit code 1 where something stands in the way."""
    with open_connector(site=site) as connector:
        found = goals.check(connector, COMMAND_LINE, site)
        tried = goals.try_out(connector, COMMAND_LINE, site, goal) if goal and not found.findings else None
    if as_json:
        show_json({**check_values(found), "tried": None if tried is None else tried_values(tried)})
    else:
        for line in (*_lines(found), *(_trial(tried) if tried is not None else ())):
            say(line)
    if found.findings or (tried is not None and tried.findings):
        raise SystemExit(1)


@goals_group.command("link")
@click.argument("objective")
@click.argument("goal")
@site_option
@json_option
def link_command(objective: str, goal: str, site: str, as_json: bool) -> None:
    """Let an objective feed a goal (its key or address): writes the key into the field of the issue that the mapping reads it from."""
    with open_connector(site=site) as connector:
        found = goals.link(connector, COMMAND_LINE, site, objective, goal)
    if as_json:
        show_json({"objective": found.objective, "goal": found.goal, "field": found.field})
    else:
        say(f"{found.objective} feeds {found.goal}: written into {found.field}.")


@goals_group.command("account")
@click.argument("email", required=False)
@click.option("--forget", is_flag=True, help="Let the account of Jira work with the goals again.")
@site_option
@json_option
def account_command(email: str | None, forget: bool, site: str, as_json: bool) -> None:
    """Show which account works with goals, or let that of EMAIL do so: the API token, one without scopes, is asked for.

    Goals are known to take no token with scopes, and a service account has no other: give them an account of their own then.
    """
    if forget and email:
        raise click.UsageError("Give an e-mail address, or --forget.")
    with open_connector(site=site) as connector:
        if forget:
            forget_goals_account(connector, COMMAND_LINE, site)
        elif email:
            token = click.prompt("API token without scopes", hide_input=True)
            take_goals_account(connector, COMMAND_LINE, site, email, token)
        found = goals_account(connector, COMMAND_LINE, site)
    if as_json:
        show_json({"site": site, "account": found})
    else:
        say(f"Goals of {site}: {found or 'the account of Jira works with them'}.")


def goal_values(one: Goal) -> PlainValues:
    """One goal for programs."""
    latest = one.latest
    return {
        "id": one.id,
        "key": one.key,
        "name": one.name,
        "url": one.url,
        "status": one.status,
        "score": one.posted_score,
        "owner": one.owner or None,
        "posted_at": latest.at.isoformat() if latest and latest.at else None,
        "posted_by": latest.by if latest else None,
        "summary": latest.words if latest else None,
        "metrics": len(one.metrics),
        "may_post": one.may_post,
    }


def check_values(found: GoalCheck) -> PlainValues:
    """What the gateway said, for programs."""
    return {
        "cloud_id": found.cloud_id,
        "scoring": found.scoring,
        "goals": found.goals,
        "posting": found.posting,
        "findings": [{"message": one.message, "remedy": one.remedy} for one in found.findings],
    }


def tried_values(one: GoalTrial) -> PlainValues:
    """What became of a trial, for programs."""
    return {
        "goal": one.goal,
        "sent": list(one.sent),
        "held": list(one.held),
        "taken_back": one.taken_back,
        "findings": [{"message": each.message, "remedy": each.remedy} for each in one.findings],
    }


def _trial(one: GoalTrial) -> list[str]:
    sent, held = (f"{status} {score}" if score else status for status, score in (one.sent, one.held))
    after = "and was taken back" if one.taken_back else "and stands there"
    return [
        f"{one.goal} was told {sent}, holds it as {held or 'nobody knows what'}, {after}.",
        *(f"{each.message} {each.remedy}" for each in one.findings),
    ]


def _row(one: Goal) -> tuple[str, ...]:
    latest = one.latest
    posted = f"{latest.at:%Y-%m-%d %H:%M} {latest.by}" if latest and latest.at else "–"
    score = "–" if one.posted_score is None else str(one.posted_score)
    return one.key, one.name, one.status, score, one.owner, posted


def _lines(found: GoalCheck) -> list[str]:
    lines = []
    if found.cloud_id is not None:
        modes = {"OKR": "are scored: the status follows from the score", "SIMPLE": "have a status alone"}
        mode = modes.get(found.scoring or "", "are scored or not: the site does not say")
        lines.append(f"Atlassian knows the site as {found.cloud_id}; its goals {mode}.")
        seen = "goals, nobody knows how many," if found.goals is None else count_of(found.goals, "goal")
        lines.append(f"The account sees {seen} and may post to {found.posting} of them.")
    return [*lines, *(f"{one.message} {one.remedy}" for one in found.findings)]
