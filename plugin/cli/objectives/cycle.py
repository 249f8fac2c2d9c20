"""`jira-okr cycle`: which cycles there are, what they came to, closing them and opening them again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from mappings.document.text.source import decode_text
from mappings.explain.certainty import sentences
from mappings.numbers import count_of
from mappings.rollup.cycles.carry_plan import CarryChoice
from mappings.rollup.cycles.closing_preview import short_mark
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.objectives.past import with_histories
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, show_table, site_option
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles import carry, carry_undo, closure, cycles, learnings, locks
from plugin.use_cases.cycles.carry import CarryPreview
from plugin.use_cases.cycles.carry_undo import UndoPreview
from plugin.use_cases.cycles.closure import ScoreStatement
from plugin.use_cases.cycles.cycles import mean_text
from plugin.use_cases.cycles.replay import (
    ObjectiveReplay,
    Replay,
    moved_text,
    replay,
    replay_draft,
    replay_values,
)
from plugin.use_cases.cycles.versions import VersionDifference, alike_text, difference, difference_values
from plugin.use_cases.objectives.objective_values import percent_text, progress_text
from plugin.use_cases.objectives.objectives import objective as find


@click.group("cycle")
def cycle_group() -> None:
    """Look at cycles, close one that has ended, and see that nothing that was closed was changed."""


@cycle_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List the cycles that run or that objectives ran in, with how they score."""
    with open_connector(site=site) as connector:
        found = cycles.list_cycles(connector, COMMAND_LINE, site)
    if as_json:
        show_json([cycles.cycle_values(one) for one in found])
        return
    rows = [
        (
            one.cycle.id,
            f"{one.cycle.start} to {one.cycle.end}",
            one.state.value if not one.version else f"{one.state.value}, version {one.version}",
            str(one.objectives),
            "; ".join(mean_text(mean) for mean in one.means),
        )
        for one in found
    ]
    show_table("Cycles", ("Cycle", "Days", "State", "Objectives", "Mean score"), rows)


@cycle_group.command("show")
@click.argument("cycle_id", metavar="CYCLE")
@site_option
@json_option
def show_command(cycle_id: str, site: str, as_json: bool) -> None:
    """Show the objectives of a cycle with their scores, and what was done to it."""
    with open_connector(site=site) as connector:
        found = cycles.show_cycle(connector, COMMAND_LINE, site, cycle_id)
    if as_json:
        show_json(cycles.detail_values(found))
        return
    shown = found.shown
    say(f"{shown.cycle.id}: {shown.cycle.start} to {shown.cycle.end}, {shown.state.value}")
    rows = [
        (
            one.state.key or one.state.id,
            one.state.title,
            one.score.commitment,
            one.score.shown,
            one.score.reading.value,
            one.score.reason,
        )
        for one in found.objectives
    ]
    show_table("Scores", ("Key", "Objective", "Commitment", "Score", "Reads as", "Why"), rows)
    for mean in shown.means:
        say(mean_text(mean) + (f": {mean.advice}" if mean.advice else ""))
    if not found.touching_noted:
        say(cycles.NOT_NOTED)
    for one_more in found.touching:
        say(f"Also: {cycles.touching_text(one_more)}")
    for act in found.acts:
        said = f": {act.note}" if act.note else ""
        say(f"{act.at:%Y-%m-%d %H:%M} {act.kind.value} as version {act.version} by {act.by}{said}")
    if found.preview:
        say(
            f"To close it with these numbers: jira-okr cycle close {cycle_id} --preview {short_mark(found.preview)}"
        )


@cycle_group.command("learnings")
@click.argument("cycle_id", metavar="[CYCLE]", required=False)
@click.option("--objective", metavar="KEY", help="Of this one alone; without CYCLE in whichever cycles.")
@site_option
@json_option
def learnings_command(cycle_id: str | None, objective: str | None, site: str, as_json: bool) -> None:
    """Show what was learnt from the objectives of a cycle, or from one objective."""
    if cycle_id is None and objective is None:
        raise click.UsageError("Name a cycle, or an objective with --objective.")
    with open_connector(site=site) as connector:
        found = (
            learnings.list_learnings(connector, COMMAND_LINE, site, cycle_id or "")
            if objective is None
            else _learnings_of(connector, site, objective, cycle_id)
        )
    if as_json:
        show_json([learnings.learning_values(one) for one in found])
        return
    rows = [(one.learning.cycle_id, one.key, one.title, one.learning.said, one.learning.by) for one in found]
    show_table("Learnings", ("Cycle", "Key", "Objective", "What was learnt", "By"), rows)


def _learnings_of(
    connector: Connector, site: str, objective: str, cycle_id: str | None
) -> tuple[learnings.ToldLearning, ...]:
    saved = find(connector, COMMAND_LINE, site, objective)
    if saved is None:
        raise Refusal(f"{objective} is no objective here.", step=OBJECTIVES)
    state = saved.state
    return tuple(
        learnings.ToldLearning(one, state.key, state.title)
        for one in learnings.learnings_of(connector, COMMAND_LINE, site, state.id)
        if cycle_id in (None, one.cycle_id)
    )


@cycle_group.command("learn")
@click.argument("cycle_id", metavar="CYCLE")
@click.argument("objective")
@click.argument("said", metavar="TEXT")
@site_option
def learn_command(cycle_id: str, objective: str, said: str, site: str) -> None:
    """Write what was learnt from an objective of a cycle, in the place of what stood there; an empty text takes it away."""
    with open_connector(site=site) as connector:
        kept = learnings.write_learning(connector, COMMAND_LINE, site, cycle_id, objective, said)
    say("It is kept." if kept is not None else f"Nothing is written of {objective} in {cycle_id} any more.")


@cycle_group.command("replay")
@click.argument("cycle_id", metavar="CYCLE")
@click.option(
    "--mapping",
    required=True,
    metavar="REVISION|FILE",
    help="Under which mapping: a file, a revision (its beginning is enough), or `then` for the one that ruled at the end.",
)
@click.option("--course", is_flag=True, help="Also week by week.")
@site_option
@json_option
def replay_command(cycle_id: str, mapping: str, course: bool, site: str, as_json: bool) -> None:
    """Show what a cycle would have read under another mapping, beside what it read. Histories that are missing are read; nothing is written."""
    with open_connector(site=site) as connector:
        found = with_histories(
            connector, site, lambda: _replayed(connector, site, cycle_id, mapping, course=course)
        )
    if as_json:
        show_json(replay_values(found))
        return
    say(f"{cycle_id} as of {found.at:%Y-%m-%d %H:%M} UTC, under revision {found.revision[:8]}")
    for sentence in sentences(found.doubts):
        say(f"  {sentence}")
    show_replays("Replay", found.objectives, "none of the cycle")
    for word, every in (("read", found.means_before), ("would have read", found.means_after)):
        for mean in every:
            say(f"{word}: {mean_text(mean)}")
    if found.preview and not Path(mapping).is_file():
        mark = short_mark(found.preview)
        say(
            f"To close it so: jira-okr cycle close {cycle_id} --mapping {found.revision[:8]} --reason … --preview {mark}"
        )
    if found.moments:
        days = [f"{moment:%m-%d}" for moment in found.moments]
        weekly = [
            (
                one.shown.key or one.shown.id,
                *(percent_text(each, 0, ACHIEVED_AT[one.shown.commitment]) for each in one.course),
            )
            for one in found.objectives
            if one.course
        ]
        show_table("Week by week", ("Key", *days), weekly)


def show_replays(title: str, found: Iterable[ObjectiveReplay], none: str) -> None:
    """What objectives read, and would have read; `none` where one was not there by a mapping."""
    rows = [
        (
            one.shown.key or one.shown.id,
            one.shown.title,
            _stood_text(one.before, none),
            _stood_text(one.after, none),
            moved_text(one.moved),
            one.certainty.value,
        )
        for one in found
    ]
    show_table(title, ("Key", "Objective", "Read", "Would have read", "Moved", "Certainty"), rows)


def _replayed(connector: Connector, site: str, cycle_id: str, mapping: str, *, course: bool) -> Replay:
    if Path(mapping).is_file():
        text = decode_text(Path(mapping).read_bytes(), mapping)
        return replay_draft(connector, COMMAND_LINE, site, cycle_id, text, mapping, course=course)
    return replay(connector, COMMAND_LINE, site, cycle_id, mapping, course=course)


def _stood_text(state: ObjectiveState | None, none: str) -> str:
    if state is None:
        return none
    return f"{progress_text(state)}, {state.health.level.value.replace('_', ' ')}"


@cycle_group.command("difference")
@click.argument("cycle_id", metavar="CYCLE")
@click.option(
    "--before",
    type=int,
    metavar="VERSION",
    help="The earlier version; the one in front of the other unless named.",
)
@click.option("--after", type=int, metavar="VERSION", help="The later version; the last unless named.")
@site_option
@json_option
def difference_command(
    cycle_id: str, before: int | None, after: int | None, site: str, as_json: bool
) -> None:
    """Show what a cycle was closed with otherwise, once it was opened again and closed once more."""
    with open_connector(site=site) as connector:
        found = difference(connector, COMMAND_LINE, site, cycle_id, before, after)
    if as_json:
        show_json(difference_values(found))
    else:
        _show_difference(found)


def _show_difference(found: VersionDifference) -> None:
    heads = f"version {found.before.version}", f"version {found.after.version}"
    say(f"{found.cycle_id}: {heads[1]} beside {heads[0]}")
    rows = [
        (
            one.shown.key or one.shown.id,
            one.shown.title,
            _recorded(one.before),
            _recorded(one.after),
            moved_text(one.moved),
            "; ".join(
                (
                    *(
                        f"{row.key or row.id} {row.part.value} {moved_text(row.effect)}"
                        for row in one.effects
                    ),
                    *one.said,
                )
            ),
        )
        for one in found.differing
    ]
    if rows:
        show_table("", ("Key", "Objective", *heads, "Progress moved", "By what"), rows)
    say(alike_text(found))
    for word, every in zip(heads, (found.means_before, found.means_after), strict=True):
        for mean in every:
            say(f"{word}: {mean_text(mean)}")


def _recorded(one: ClosingRecord | None) -> str:
    if one is None:
        return "none"
    health = one.state.health.level.value.replace("_", " ")
    return f"{one.score.shown} ({progress_text(one.state)}), {health}"


@cycle_group.command("close")
@click.argument("cycle_id", metavar="CYCLE")
@click.option("--score", "scores", multiple=True, metavar="KEY=SCORE", help="A score of your own, 0 to 1.")
@click.option(
    "--why", "reasons", multiple=True, metavar="KEY=TEXT", help="Why an objective scores as it does."
)
@click.option("--reason", default="", help="Why, for all that want a reason and have none of their own.")
@click.option("--note", default="", help="What was learnt in this cycle.")
@click.option(
    "--mapping",
    default="",
    metavar="REVISION",
    help="Under which revision, instead of that of the end; wants --reason.",
)
@click.option(
    "--preview",
    default="",
    metavar="MARK",
    help="Only with the numbers that were looked at: as cycle show, or cycle replay, printed it.",
)
@site_option
@json_option
def close_command(
    cycle_id: str,
    scores: tuple[str, ...],
    reasons: tuple[str, ...],
    reason: str,
    note: str,
    mapping: str,
    preview: str,
    site: str,
    as_json: bool,
) -> None:
    """Freeze the numbers of a cycle that has ended, with its scores."""
    why = dict(_pair(one) for one in reasons)
    own = {key: closure.typed_score(text) for key, text in (_pair(one) for one in scores)}
    said = {key: ScoreStatement(own.get(key), why.get(key, "")) for key in {**why, **own}}
    with open_connector(site=site) as connector:
        done = closure.close_cycle(
            connector, COMMAND_LINE, site, cycle_id, said, note, reason, mapping, preview
        )
    if as_json:
        show_json(
            {
                "cycle": done.cycle_id,
                "version": done.version,
                "objectives": done.objectives,
                "hash": done.hash,
            }
        )
    else:
        say(f"{done.cycle_id} is closed as version {done.version}: {count_of(done.objectives, 'objective')}.")


@cycle_group.command("carry")
@click.argument("cycle_id", metavar="CYCLE")
@click.argument("objectives", metavar="[KEY]...", nargs=-1)
@click.option(
    "--into", default="", metavar="CYCLE", help="Into which cycle; the one that follows unless named."
)
@click.option(
    "--along", multiple=True, metavar="KEY", help="A key result that comes along though it was reached."
)
@click.option(
    "--behind", multiple=True, metavar="KEY", help="A key result that stays behind though it was not."
)
@click.option("--keep-start", is_flag=True, help="Let metrics begin where they began before.")
@click.option("--all-rows", is_flag=True, help="Let issues that were done at the end count again.")
@click.option(
    "--copy", is_flag=True, help="Make new issues that continue the old ones, which stay as they are."
)
@click.option("--preview", is_flag=True, help="Show what would be done, and do nothing.")
@site_option
@json_option
def carry_command(
    cycle_id: str,
    objectives: tuple[str, ...],
    into: str,
    along: tuple[str, ...],
    behind: tuple[str, ...],
    keep_start: bool,
    all_rows: bool,
    copy: bool,
    preview: bool,
    site: str,
    as_json: bool,
) -> None:
    """Carry objectives of a closed cycle forward: those named, or all that were neither achieved nor given up."""
    choice = CarryChoice(
        along=frozenset(along),
        behind=frozenset(behind),
        keep_start=keep_start,
        all_rows=all_rows,
        as_copy=copy,
    )
    with open_connector(site=site) as connector:
        if preview:
            found = carry.preview_carry(connector, COMMAND_LINE, site, cycle_id, into, choice, objectives)
            if as_json:
                show_json(carry.preview_values(found))
            else:
                _show_carry(found)
            return
        done = carry.carry_forward(connector, COMMAND_LINE, site, cycle_id, objectives, into, choice)
    if as_json:
        show_json({"into": done.into, "carried": list(done.carried), "before": list(done.before)})
        return
    say(f"{done.told}; the workers tell Jira.")
    if done.before:
        say(f"Carried before: {', '.join(done.before)}.")


def _show_carry(found: CarryPreview) -> None:
    say(f"From {found.from_cycle} into {found.into.id}")
    for one in found.objectives:
        plan = one.plan
        name = plan.key or plan.objective_id
        stands = one.standing or one.why_not or plan.problem
        say(f"{name} {plan.title}" + (f": {stands}" if stands else ""))
        for each in plan.key_results:
            say(f"  {each.title}: {'; '.join((each.reason, *each.flags))}")
        for write in plan.writes:
            say(f"  {write.issue_key} {write.name}: {write.before} → {write.after}")
        for copy in plan.copies:
            say(
                f"  new {copy.type.name} in {copy.project.key} that continues {copy.source_key}: {copy.title}"
            )
            for write in carry.sets_of(copy):
                say(f"    {write.name}: {write.after}")
            if copy.left_out:
                say(f"    not copied, for Jira does not take it as it shows it: {', '.join(copy.left_out)}")
        for move in plan.moves:
            say(f"  {move.issue_key} {move.title}: goes on below the copy of {name}")
        for line in (one.advice, one.note):
            if line:
                say(f"  {line}")


@cycle_group.command("undo-carry")
@click.argument("cycle_id", metavar="CYCLE")
@click.argument("objectives", metavar="KEY...", nargs=-1)
@click.option("--delete-copies", is_flag=True, help="Delete in Jira what was made as copies of them.")
@click.option("--preview", is_flag=True, help="Show what would be done, and do nothing.")
@site_option
@json_option
def undo_carry_command(
    cycle_id: str,
    objectives: tuple[str, ...],
    delete_copies: bool,
    preview: bool,
    site: str,
    as_json: bool,
) -> None:
    """Take back that objectives of a closed cycle were carried forward, while nothing was done on what was carried."""
    with open_connector(site=site) as connector:
        if preview:
            found = carry_undo.preview_undo(connector, COMMAND_LINE, site, cycle_id, objectives)
            if as_json:
                show_json(carry_undo.preview_values(found))
            else:
                _show_undo(found)
            return
        done = carry_undo.undo_carry(
            connector, COMMAND_LINE, site, cycle_id, objectives, delete_copies=delete_copies
        )
    if as_json:
        show_json(
            {
                "cycle": done.from_cycle,
                "taken_back": list(done.taken_back),
                "by_hand": list(done.by_hand),
            }
        )
        return
    say(f"{done.told}; the workers tell Jira.")
    for line in done.by_hand:
        say(f"To do: {line}.")


def _show_undo(found: UndoPreview) -> None:
    if not found.objectives:
        say(f"Nothing was carried forward out of {found.from_cycle}.")
    for one in found.objectives:
        say(f"{one.name} {one.title}: {one.state.value} into {one.into}")
        for line in one.undo.hindrances:
            say(f"  cannot be taken back: {line}")
        for write in one.undo.writes:
            say(f"  {write.issue_key} {write.name}: {write.before} → {write.after}")
        for move in one.undo.moves:
            say(f"  {move.issue_key} {move.title}: moves back below {one.name}")
        for line in one.undo.by_hand:
            say(f"  to do: {line}")


@cycle_group.command("lock")
@click.argument("cycle_id", metavar="CYCLE")
@click.option("--reason", default="", help="Why; it is kept.")
@site_option
def lock_command(cycle_id: str, reason: str, site: str) -> None:
    """Let the objectives and key results of a running cycle keep their terms; what changes of them waits."""
    with open_connector(site=site) as connector:
        done = locks.lock_cycle(connector, COMMAND_LINE, site, cycle_id, reason)
    say(f"{cycle_id} is locked with {count_of(done.objectives, 'objective')}.")


@cycle_group.command("waiting")
@click.argument("cycle_id", metavar="CYCLE")
@site_option
@json_option
def waiting_command(cycle_id: str, site: str, as_json: bool) -> None:
    """Show whether a cycle is locked, and what waits until it is unlocked."""
    with open_connector(site=site) as connector, progress_bar("Measuring", "objective") as report:
        found = locks.show_lock(connector, COMMAND_LINE, site, cycle_id, report)
    if as_json:
        show_json(locks.lock_values(found))
    elif found.lock is None:
        say(f"{cycle_id} is not locked: what changes takes effect at once.")
    else:
        why = f": {found.lock.reason}" if found.lock.reason else ""
        say(f"{cycle_id} was locked on {found.lock.at:%Y-%m-%d %H:%M} UTC by {found.lock.by}{why}")
        for one in found.changes:
            say(f"  {one.sentence}")
        if not found.changes:
            say("Nothing waits.")


@cycle_group.command("unlock")
@click.argument("cycle_id", metavar="CYCLE")
@click.option("--reason", required=True, help="Why; it is kept.")
@site_option
def unlock_command(cycle_id: str, reason: str, site: str) -> None:
    """Unlock a cycle: what waited takes effect."""
    with open_connector(site=site) as connector, progress_bar("Measuring", "objective") as report:
        done = locks.unlock_cycle(connector, COMMAND_LINE, site, cycle_id, reason, report)
    say(f"{cycle_id} is unlocked; changes that take effect: {len(done.changes)}.")


@cycle_group.command("reopen")
@click.argument("cycle_id", metavar="CYCLE")
@click.option("--reason", required=True, help="Why; it is kept with the records.")
@site_option
def reopen_command(cycle_id: str, reason: str, site: str) -> None:
    """Open a closed cycle again; its records stay, and closing it makes the next version."""
    with open_connector(site=site) as connector:
        version = closure.reopen_cycle(connector, COMMAND_LINE, site, cycle_id, reason)
    say(f"{cycle_id} is open again; version {version} stays.")


@cycle_group.command("verify")
@site_option
@json_option
def verify_command(site: str, as_json: bool) -> None:
    """See that every record of closed cycles is what was closed. Exit code 1 where one is not."""
    with open_connector(site=site) as connector:
        found = cycles.verify_records(connector, COMMAND_LINE, site)
    if as_json:
        show_json({"records": found.links, "head": found.head, "faults": list(found.faults)})
    else:
        for fault in found.faults:
            say(fault)
        if found.whole:
            say(f"{count_of(found.links, 'record')}, none was changed. The last one is {found.head}.")
    if not found.whole:
        raise SystemExit(1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, rest = text.partition("=")
    if not equals or not key.strip():
        raise click.UsageError(f"“{text}” names no objective: write KEY=VALUE.")
    return key.strip().casefold(), rest.strip()
