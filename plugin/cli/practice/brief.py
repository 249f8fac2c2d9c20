"""`jira-okr brief`: how everything that runs stands, for a meeting."""

from __future__ import annotations

from collections.abc import Iterable

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.cycles.replay import moved_text
from plugin.use_cases.meeting.agenda import meeting_values, show_meeting
from plugin.use_cases.objectives.objective_list import ListedHead
from plugin.use_cases.objectives.objective_values import percent_text, progress_text


@click.command("brief")
@site_option
@json_option
def brief_command(site: str, as_json: bool) -> None:
    """Show how everything that runs stands: what needs a decision, what moved in a week, and the teams."""
    with open_connector(site=site) as connector:
        found = show_meeting(connector, COMMAND_LINE, site)
    if as_json:
        show_json(meeting_values(found, site))
        return
    told = found.meeting
    if not told.rows:
        say("No objective runs now.")
        return
    say(told.headline)
    if told.agenda:
        rows = [(*_standing(one.row), one.question) for one in told.agenda]
        show_table("Needs a decision", ("Key", "Objective", "Stands at", "Question"), rows)
    if told.moved:
        show_table(
            "What moved this week", ("Key", "Objective", "Stands at", "Week", "Because"), _moved(told.moved)
        )
    teams = [(one.name, str(len(one.rows)), percent_text(one.progress)) for one in told.teams]
    show_table("Teams", ("Team", "Objectives", "Mean"), teams)


def _standing(one: ListedHead) -> tuple[str, str, str]:
    return one.state.key or one.state.id, one.state.title, progress_text(one.state)


def _moved(moved: Iterable[tuple[ListedHead, object]]) -> list[tuple[str, ...]]:
    weeks = [(one, one.week) for one, _ in moved]
    return [
        (*_standing(one), moved_text(week.total) or "", "; ".join(week.causes)) for one, week in weeks if week
    ]
