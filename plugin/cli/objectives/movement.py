"""`jira-okr moved KEY`: what changed since yesterday, last week, the start of the cycle or a day, and which issues did it."""

from __future__ import annotations

from fractions import Fraction

import click

from mappings.explain.cause import part_words, row_cause
from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.json_value import PlainValues
from mappings.rollup.health import ACHIEVED_AT
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.objectives.moments import SINCE, UNTIL, MovementQuestion, UnknownMoment
from plugin.use_cases.objectives.movement import ToldMovement, no_history
from plugin.use_cases.objectives.objective_values import contribution_values, exact_text, percent_text
from plugin.use_cases.objectives.objectives import SavedObjective, movement, objective


@click.command("moved")
@click.argument("key")
@click.option("--since", metavar="DATE", help=SINCE)
@click.option("--until", metavar="DATE", help=UNTIL)
@site_option
@json_option
def moved_command(key: str, since: str | None, until: str | None, site: str, as_json: bool) -> None:
    """Show why an objective moved: re-mapped, re-targeted, removed, re-estimated, progressed, added, said, time.

    The parts sum exactly.
    """
    with open_connector(site=site) as connector:
        saved = objective(connector, COMMAND_LINE, site, key)
        if saved is None:
            raise Refusal(f"{key} is no objective here.", step=OBJECTIVES)
        found = ask_movement(connector, site, saved, since, until)
    if found.movement is None:
        raise no_history(found)
    if as_json:
        show_json(movement_values(saved, found, found.movement))
    else:
        show_movement(saved, found, found.movement)


def ask_movement(
    connector: Connector, site: str, saved: SavedObjective, since: str | None, until: str | None
) -> ToldMovement:
    """The movement between the two moments as a person wrote them; raises a usage error naming what can be written."""
    try:
        return movement(connector, COMMAND_LINE, site, saved.state, MovementQuestion(since, until))
    except UnknownMoment as error:
        raise click.BadParameter(str(error), param_hint=f"--{error.place}") from error


def show_movement(saved: SavedObjective, found: ToldMovement, movement: Movement) -> None:
    """The movement for people."""
    name = f"{saved.state.key} {saved.state.title}".strip()
    bar = ACHIEVED_AT[saved.state.commitment]
    before, after = (percent_text(value, 2, bar) for value in (movement.before, movement.after))
    say(f"{name}: {before} → {after} ({_points(movement.total)})")
    say(f"  from {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC")
    if found.reconstructed:
        say("  The beginning was reconstructed from Jira's changelogs, not observed.")
    for part, effect in movement.parts.items():
        say(f"  {part.value:<13} {_points(effect)}")
    rows = [
        (part_words([row]), row.key, row.title, row_cause(row), _points(row.effect), str(row.effect or ""))
        for row in movement.rows
    ]
    if rows:
        show_table("", ("Part", "Key", "Title", "What happened", "Points", "Exact"), rows)
    else:
        say("Nothing changed.")


def _points(share: Fraction | None) -> str:
    """Percentage points with their sign."""
    if share is None:
        return "unknown"
    text = percent_text(share, 2).removesuffix("%").strip()
    return f"+{text}" if share > 0 else text


def movement_values(saved: SavedObjective, found: ToldMovement, movement: Movement) -> PlainValues:
    """The movement for programs: shares of 1 as exact fractions in text."""
    return {
        "objective": saved.state.id,
        "key": saved.state.key,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "reconstructed": found.reconstructed,
        "revisions": list(found.revisions),
        "before": exact_text(movement.before),
        "after": exact_text(movement.after),
        "total": exact_text(movement.total),
        "parts": {part.value: exact_text(movement.parts.get(part)) for part in MovementPart},
        "rows": [_row_values(row) for row in movement.rows],
    }


def _row_values(row: Effect) -> PlainValues:
    return {
        "part": row.part.value,
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "cause": row_cause(row),
        "effect": exact_text(row.effect),
        "before": contribution_values(row.before) if row.before else None,
        "after": contribution_values(row.after) if row.after else None,
    }
