"""`jira-okr check-in`: what people say key results stand at, instead of what is derived."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import click

from mappings.explain.check_in import DELTA, bounds, share
from mappings.json_value import PlainValues
from mappings.rollup.check_in_override import measure_of
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.check_ins.check_ins import (
    KeptCheckIn,
    KeptComment,
    Statement,
    check_in,
    key_result_of,
    list_check_ins,
    list_comments,
    typed_confidence,
    typed_delta,
    typed_value,
    withdraw,
)
from plugin.use_cases.check_ins.conversation import CheckInReply, list_replies, reply, take_back
from plugin.use_cases.check_ins.due_check_ins import Reminder, due_check_ins, due_values
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.objectives.objectives import SavedObjective, objective

COLUMNS = ("Number", "Key result", "Says", "Confidence", "By", "At", "Holds", "Note")
by_option = click.option("--by", default="command line", show_default=True, help="Who says so.")


@click.group("check-in")
def check_in_group() -> None:
    """Say what a key result stands at where people know better; the page asks when it is time to look again."""


@check_in_group.command("list")
@click.argument("key")
@click.option("--all", "everything", is_flag=True, help="Ended ones too.")
@site_option
@json_option
def list_command(key: str, everything: bool, site: str, as_json: bool) -> None:
    """List the check-ins of an objective, the latest first."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        known = list_check_ins(connector, COMMAND_LINE, site, saved.state.id)
        found = [one for one in known if everything or one.ended_at is None]
    if as_json:
        show_json([check_in_values(one) for one in found])
    elif not found:
        say(f"Nobody has checked in a key result of {key}.")
    else:
        names = {one.id: one.key or one.title for one in saved.state.key_results}
        rows = [_row(one, names) for one in found]
        show_table("Check-ins", COLUMNS, rows)


@check_in_group.command("due")
@click.option("--owner", default="", help="Only what waits for this person (their name).")
@site_option
@json_option
def due_command(owner: str, site: str, as_json: bool) -> None:
    """List the key results that wait for a check-in, and objectives of an ended cycle that wait for their score."""
    with open_connector(site=site) as connector:
        found = due_check_ins(connector, COMMAND_LINE, site, owner)
    if as_json:
        show_json([due_values(one) for one in found])
    elif not found:
        say("No check-in is due.")
    else:
        columns = ("Objective", "Key result", "Owner", "Since", "Missed", "Last word")
        show_table("Due", columns, [_due_row(one) for one in found])


def _due_row(one: Reminder) -> tuple[str, ...]:
    own = one.key_result
    return (
        one.objective.key or one.objective.id,
        "score it" if own is None else own.key or own.title,
        one.owner or "",
        one.since.isoformat(),
        str(one.missed),
        "" if one.last is None else one.last.isoformat(),
    )


@check_in_group.command("comments")
@click.argument("key")
@site_option
@json_option
def comments_command(key: str, site: str, as_json: bool) -> None:
    """List the comments on key results of an objective that begin as check-ins do, and why some were refused."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        found = list_comments(connector, COMMAND_LINE, site, saved.state.id)
    if as_json:
        show_json([comment_values(one) for one in found])
    elif not found:
        say(f"No comment on a key result of {key} begins with OKR.")
    else:
        names = {one.issue_id: one.key for one in saved.state.key_results}
        rows = [
            (
                names.get(one.issue_id, ""),
                one.by,
                f"{one.at:%Y-%m-%d %H:%M} UTC",
                one.line,
                one.fault or "taken",
            )
            for one in found
        ]
        show_table("Comments", ("Key result", "By", "At", "Comment", "How it was taken"), rows)


# A value below zero begins like an option.
@check_in_group.command("add", context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.argument("key_result")
@click.argument("value", required=False)
@click.option("--confidence", default="", help="How sure you are: 0 to 10, on, at or off.")
@click.option("--note", default="", help="Why.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds (2026-12-31).")
@click.option(
    "--delta",
    default=str(int(DELTA * 100)),
    show_default=True,
    help="By how many points of progress the derived value may move; 'none' for any number.",
)
@by_option
@site_option
@json_option
def add_command(
    key: str,
    key_result: str,
    value: str | None,
    confidence: str,
    note: str,
    until: datetime | None,
    delta: str,
    by: str,
    site: str,
    as_json: bool,
) -> None:
    """Say that a key result (issue key or id) stands at VALUE: a percentage, or the current value of a metric.

    Without VALUE it says only how sure you are, or a note, and overrides nothing.
    """
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        measure = measure_of(key_result_of(saved.state, key_result).kind)
        wanted = Statement(
            key_result=key_result,
            value=None if value is None else typed_value(value, measure),
            note=note,
            until=_day(until),
            delta=None if delta == "none" else typed_delta(delta),
            measure=measure,
            confidence=typed_confidence(confidence),
        )
        kept = check_in(connector, _said_by(by), site, saved.state.id, wanted)
    if as_json:
        show_json(check_in_values(KeptCheckIn(kept)))
    else:
        instead = (
            f" instead of the derived {share(kept.derived)} of progress" if kept.value is not None else ""
        )
        say(f"Check-in {kept.id}: {kept.said}{instead}.")


@check_in_group.command("withdraw")
@click.argument("key")
@click.argument("number", type=int)
@by_option
@site_option
@json_option
def withdraw_command(key: str, number: int, by: str, site: str, as_json: bool) -> None:
    """Withdraw a check-in by its number: the derived value is shown again."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        ended = withdraw(connector, _said_by(by), site, saved.state.id, number)
    if ended is None:
        raise Refusal(f"{key} has no check-in {number} that stands. jira-okr check-in list {key} shows them.")
    if as_json:
        show_json(check_in_values(ended))
    else:
        say(f"Withdrawn: {ended.check_in.said} by {ended.check_in.by}.")


@check_in_group.command("replies")
@click.argument("key")
@site_option
@json_option
def replies_command(key: str, site: str, as_json: bool) -> None:
    """List what was answered to the check-ins of an objective, the first one first."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        found = list_replies(connector, COMMAND_LINE, site, saved.state.id)
    if as_json:
        show_json([reply_values(one) for one in found])
    elif not found:
        say(f"Nobody has answered a check-in of {key}.")
    else:
        rows = [
            (str(one.id), str(one.check_in), one.by, f"{one.at:%Y-%m-%d %H:%M} UTC", one.said)
            for one in found
        ]
        show_table("Answers", ("Number", "To check-in", "By", "At", "Says"), rows)


@check_in_group.command("reply")
@click.argument("key")
@click.argument("number", type=int)
@click.argument("said")
@by_option
@site_option
@json_option
def reply_command(key: str, number: int, said: str, by: str, site: str, as_json: bool) -> None:
    """Answer the check-in of this number with the text SAID. No number follows from it."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        made = reply(connector, _said_by(by), site, saved.state.id, number, said)
    if as_json:
        show_json(reply_values(made))
    else:
        say(f"Answer {made.id} to check-in {number}.")


@check_in_group.command("take-back")
@click.argument("key")
@click.argument("number", type=int)
@by_option
@site_option
@json_option
def take_back_command(key: str, number: int, by: str, site: str, as_json: bool) -> None:
    """Take an answer to a check-in back by its number: it is gone for everybody."""
    with open_connector(site=site) as connector:
        saved = _objective(connector, site, key)
        gone = take_back(connector, _said_by(by), site, saved.state.id, number)
    if gone is None:
        raise Refusal(f"{key} has no answer {number}. jira-okr check-in replies {key} shows them.")
    if as_json:
        show_json(reply_values(gone))
    else:
        say(f"Taken back: the answer to check-in {gone.check_in} by {gone.by}.")


def reply_values(one: CheckInReply) -> PlainValues:
    """One answer for programs."""
    return {
        "id": one.id,
        "check_in": one.check_in,
        "key_result": one.key_result_id,
        "said": one.said,
        "by": one.by,
        "at": one.at,
    }


def check_in_values(one: KeptCheckIn) -> PlainValues:
    """One check-in for programs."""
    about = one.check_in
    return {
        "id": about.id,
        "key_result": about.key_result_id,
        "measure": about.measure.value,
        "value": number(about.value),
        "value_exact": exact_text(about.value),
        "derived": exact_text(about.derived),
        "confidence": None if about.confidence is None else about.confidence.confidence.text,
        "note": about.note,
        "comment": about.comment,
        "by": about.by,
        "at": about.at,
        "until": about.until,
        "delta": exact_text(about.delta),
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "ended_how": one.ended_how,
    }


def comment_values(one: KeptComment) -> PlainValues:
    """One comment for programs."""
    return {
        "issue": one.issue_id,
        "comment": one.id,
        "by": one.by,
        "at": one.at,
        "edited": one.updated,
        "line": one.line,
        "fault": one.fault,
    }


def _row(one: KeptCheckIn, names: dict[str, str]) -> tuple[str, ...]:
    about = one.check_in
    holds = f"{one.ended_how} by {one.ended_by}" if one.ended_how else bounds(about)
    return (
        str(about.id),
        names.get(about.key_result_id, about.key_result_id),
        about.said,
        "" if about.confidence is None else about.confidence.confidence.said,
        about.by,
        f"{about.at:%Y-%m-%d %H:%M} UTC",
        holds,
        about.note,
    )


def _said_by(name: str) -> Actor:
    """Whoever runs commands may say it for somebody else."""
    return replace(COMMAND_LINE, label=name)


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _objective(connector: Connector, site: str, key: str) -> SavedObjective:
    saved = objective(connector, COMMAND_LINE, site, key)
    if saved is None:
        raise Refusal(f"{key} is no objective here.", step=OBJECTIVES)
    return saved
