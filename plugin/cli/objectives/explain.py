"""`jira-okr explain KEY`: the rows behind a number, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import click

from mappings.document.text.source import decode_text
from mappings.explain.certainty import sentences
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.objectives.past import moment_asked, with_histories
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.cli.work.plan import show_value
from plugin.next_steps import OBJECTIVES, Door
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.locks import waits_behind_lock
from plugin.use_cases.objectives.as_of import AsOf, as_of, as_of_draft
from plugin.use_cases.objectives.objective_values import (
    as_of_values,
    feeds_values,
    health_values,
    ledgers_of,
    percent_text,
    rows_of,
    sums_text,
)
from plugin.use_cases.objectives.objectives import (
    SavedObjective,
    explained_by,
    objective_in,
    objective_or_parent,
)
from plugin.use_cases.work.obstacles import Obstacle, obstacle_values, obstacles

MOST_OBSTACLES = 10
"""So many are told to people; of one objective thousands of changes may be held."""


@click.command("explain")
@click.argument("key")
@click.option(
    "--at",
    metavar="DATE",
    help="As it stood then: at the end of a day (2026-10-31), or at an instant (2026-10-31T12:00:00Z).",
)
@click.option(
    "--mapping",
    metavar="REVISION|FILE",
    help="Under another mapping than the one that rules: a revision (its beginning is enough), `then` for the one that ruled at that moment, or a file.",
)
@click.option(
    "--cycle", metavar="CYCLE", help="As it stood when a cycle was over; of a closed one by its record."
)
@site_option
@json_option
def explain_command(
    key: str, at: str | None, mapping: str | None, cycle: str | None, site: str, as_json: bool
) -> None:
    """Show why an objective stands where it stands, or a plain parent has its sums: every row, its weight, its share; the shares sum to the number.

    Of any other issue: whose number it is part of, and how much it counts there.

    With --at, where it stood: worked out from the histories of its issues, which are read where they are not kept yet.
    """
    if cycle is not None:
        if at is not None or mapping is not None:
            raise click.UsageError(
                "--cycle goes with neither --at nor --mapping: a cycle that is over stands as it was noted."
            )
        _show_stood(key, cycle, site, as_json=as_json)
        return
    with open_connector(site=site) as connector:
        if at is not None or mapping is not None:
            past = look_back(connector, site, key, at, mapping)
        else:
            past, saved = None, objective_or_parent(connector, COMMAND_LINE, site, key)
        found = (
            () if past is not None or saved is None else obstacles(connector, COMMAND_LINE, site, saved.state)
        )
        unknown = past is None and saved is None
        fed = explained_by(connector, COMMAND_LINE, site, key) if unknown else ()
        waits = waits_behind_lock(connector, COMMAND_LINE, site, key) if unknown and not fed else ""
    if past is not None:
        saved = past.saved
    if saved is None:
        _show_feeds(key, fed, waits, as_json=as_json)
    elif as_json:
        more = {} if past is None else {"as_of": as_of_values(past.at, saved.mapping_revision, past.stood)}
        plain = {"rule": saved.state.rule_id, "sums": sums_text(saved.state)} if saved.state.plain else {}
        health = health_values(saved.state.health)
        held_up = (
            {} if past is not None else {"obstacles": [obstacle_values(one, Door.COMMAND) for one in found]}
        )
        show_json({**ledgers_of(saved.state), "health": health, **more, **plain, **held_up})
    elif past is not None:
        show_past(past)
    else:
        show_explanation(saved, found)


def _show_stood(key: str, cycle: str, site: str, *, as_json: bool) -> None:
    """The objective as it stood when a cycle was over; raises Refusal where it was not in that cycle."""
    with open_connector(site=site) as connector:
        saved = objective_in(connector, COMMAND_LINE, site, key, cycle)
    if saved is None:
        raise Refusal(
            f"{key} was no objective of {cycle}. jira-okr cycle show {cycle} lists those that were.",
            step=OBJECTIVES,
        )
    if as_json:
        show_json({**ledgers_of(saved.state), "health": health_values(saved.state.health)})
        return
    then = saved.served_then is not None
    if then:
        say(f"As it stood when {cycle} was over, under revision {saved.mapping_revision[:8]}.")
    show_explanation(saved, then=then)


def _show_feeds(key: str, fed: Sequence[SavedObjective], waits: str, *, as_json: bool) -> None:
    """Whose numbers an issue is part of, the rows of each; raises Refusal where it is part of none."""
    if not fed:
        if waits:
            raise Refusal(waits)
        raise Refusal(
            f"{key} is no objective here, and part of no number. jira-okr mapping try --issue {key} says what keeps it out of each rule; "
            "jira-okr sync looks for new ones.",
            step=OBJECTIVES,
        )
    if as_json:
        show_json(feeds_values(key, [saved.state for saved in fed]))
        return
    for number, saved in enumerate(fed):
        say("\n" * bool(number) + f"{key} is part of {headline(saved.state)}")
        for key_result, row in rows_of(saved.state, key):
            _show_part(saved.state, key_result, row)
    first = fed[0].state
    say(f"\njira-okr explain {first.key or first.id} shows all rows.")


def _show_part(state: ObjectiveState, key_result: KeyResultState | None, row: Contribution) -> None:
    whole, bar = state.progress, ACHIEVED_AT[state.commitment]
    name = "the objective itself"
    if key_result is not None:
        whole, bar = key_result.measurement.progress, ACHIEVED_AT[key_result.commitment]
        name = f"{key_result.key} {key_result.title}".strip()
    word = row.disposition.value.replace("_", " ") + (f": {row.reason}" if row.reason else "")
    say(f"  {name}: {percent_text(row.share, 2)} of {percent_text(whole, 2, bar)}, {word}")
    if row.weight is not None:
        say(f"    weight {row.weight}, progress {percent_text(row.progress, 2)}")


def look_back(connector: Connector, site: str, key: str, at: str | None, mapping: str | None) -> AsOf:
    """Where it stood, with the histories that it takes read from Jira; raises a usage error for a moment that is none."""
    meant = connector.clock() if at is None else moment_asked(connector, site, at)
    return with_histories(connector, site, lambda: _asked(connector, site, key, meant, mapping))


def _asked(connector: Connector, site: str, key: str, at: datetime, mapping: str | None) -> AsOf:
    if mapping is not None and Path(mapping).is_file():
        text = decode_text(Path(mapping).read_bytes(), mapping)
        return as_of_draft(connector, COMMAND_LINE, site, key, at, text, mapping)
    return as_of(connector, COMMAND_LINE, site, key, at, mapping)


def show_past(past: AsOf) -> None:
    """Where it stood, for people: how sure that is comes first."""
    say(
        f"As of {past.at:%Y-%m-%d %H:%M} UTC, under revision {past.saved.mapping_revision[:8]}: {past.certainty.value}."
    )
    for sentence in sentences(past.doubts):
        say(f"  {sentence}")
    show_explanation(past.saved, then=True)


def show_explanation(saved: SavedObjective, found: Sequence[Obstacle] = (), *, then: bool = False) -> None:
    """The explanation for people, of an objective or of a plain parent, with what stands in its way; `then`: as it stood at another time than now."""
    state = saved.state
    if state.plain:
        show_plain_parent(state)
        return
    say(headline(state, "then" if then else "today"))
    say(f"  {state.health.sentence}  [rule: {state.health.rule}]")
    for flag in state.flags:
        say(f"  note: {flag}")
    for one in found[:MOST_OBSTACLES]:
        values = (
            f" Jira has {show_value(one.stands)}; wanted is {show_value(one.wanted)}."
            if one.is_of_field
            else ""
        )
        say(f"  {one.kind.value}: {one.name} {one.head}. {one.sentence}{values}")
        if remedy := one.remedy_at(Door.COMMAND):
            say(f"    to do: {remedy}")
    if len(found) > MOST_OBSTACLES:
        say(f"  and {len(found) - MOST_OBSTACLES} more; --json tells all")
    bar = ACHIEVED_AT[state.commitment]
    number = percent_text(state.progress, 2, bar)
    show_ledger(f"{state.key or state.title}: {number}", state.ledger, bar)
    if state.beside.rows:
        number = percent_text(state.beside.total, 2, bar)
        show_ledger(f"Beside it, not in the number: {number}", state.beside, bar)
    for key_result in state.key_results:
        _show_key_result(key_result)


def show_plain_parent(state: ObjectiveState) -> None:
    """The sums of a plain parent, and the rows that they are made of."""
    say(f"{state.key} {state.title}: {sums_text(state)}")
    say(f"  {state.health.sentence}; they are written by {state.rule_id} of the mapping")
    for rows in state.key_results:
        show_ledger("The rows", rows.measurement.ledger, ACHIEVED_AT[rows.commitment])


def headline(state: ObjectiveState, when: str = "today") -> str:
    """One line: key, title, progress, health, and what was expected when."""
    name = f"{state.key} {state.title}".strip()
    return (
        f"{name}: {percent_text(state.progress, 0, ACHIEVED_AT[state.commitment])}, {state.health.level.value.replace('_', ' ')}, "
        f"expected {when} {percent_text(state.expected)}"
    )


def _show_key_result(key_result: KeyResultState) -> None:
    measured = key_result.measurement
    bar = ACHIEVED_AT[key_result.commitment]
    name = f"{key_result.key or key_result.rule_id} {key_result.title}"
    say(f"\n{name}: {percent_text(measured.progress, 2, bar)} ({key_result.kind})\n  {measured.reason}")
    if not measured.ledger.plain:
        show_ledger("", measured.ledger, bar)


def show_ledger(title: str, ledger: Ledger, bar: Fraction) -> None:
    """A ledger as a table, its sum below."""
    rows = [
        (
            row.key,
            row.title,
            row.status,
            "" if row.weight is None else str(row.weight),
            "" if row.progress is None else percent_text(row.progress, 2),
            str(row.share),
            percent_text(row.share, 4),
            row.disposition.value.replace("_", " ") + (f": {row.reason}" if row.reason else ""),
        )
        for row in ledger.rows
    ]
    columns = ("Key", "Title", "Status", "Weight", "Progress", "Share (exact)", "Share", "Why")
    show_table(title, columns, rows)
    total = "unknown" if ledger.total is None else ledger.total
    say(f"sum of shares = {total} = {percent_text(ledger.total, 4, bar)}")
