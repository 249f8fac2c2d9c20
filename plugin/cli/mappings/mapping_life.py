"""The life of a mapping from the command line: preview, activate, diff, history, rollback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from mappings.document.text.source import decode_text
from mappings.explain.certainty import sentences
from mappings.json_value import PlainValues
from mappings.numbers import count_of, percent
from mappings.write_back.preview import ObjectiveDifference, Preview, ProgressAndHealth
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.objectives.cycle import show_replays
from plugin.cli.objectives.past import moment_asked, with_histories
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, show_table, site_option
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.mappings import revisions
from plugin.use_cases.mappings.comparison import differences
from plugin.use_cases.mappings.mapping_life import (
    AnotherActivation,
    Expected,
    LargeChange,
    PreviewedMapping,
    activate,
    expect_revision,
    preview_text,
    rollback,
)
from plugin.use_cases.mappings.past_preview import past_preview_values, preview_as_of
from plugin.use_cases.mappings.renames import reword
from plugin.use_cases.objectives.objective_values import number

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
large_option = click.option(
    "--accept-large-change", "large", is_flag=True, help="Go on although it is a large change."
)
expect_option = click.option(
    "--expect",
    "expect",
    metavar="REVISION",
    help="Only if this revision (its first characters are enough) is the active one still.",
)


@click.command("preview")
@file_argument
@site_option
@json_option
@click.option("--issues", is_flag=True, help="Show every issue that would be treated differently, and why.")
@click.option(
    "--at",
    metavar="DAY|INSTANT",
    help="What it would have read then, beside what was read by the active one.",
)
def preview_command(file: Path, site: str, as_json: bool, issues: bool, at: str | None) -> None:
    """Show what activating a mapping would do, before it does it: every objective before and after, the writes, their cost.

    Works from the local copy with the real planner; changes nothing, and
    asks Jira for its goals and the order of versions alone, where the mapping
    needs them and they are not known yet.
    """
    if at is not None:
        _preview_then(file, site, at, as_json=as_json)
        return
    with open_connector(site=site) as connector:
        previewed = preview_text(
            connector, COMMAND_LINE, site, decode_text(file.read_bytes(), str(file)), str(file)
        )
    if as_json:
        show_json(preview_values(previewed))
    else:
        _show_preview(previewed, file, issues)


def _preview_then(file: Path, site: str, at: str, *, as_json: bool) -> None:
    """Histories that are missing are read first; nothing is written."""
    text = decode_text(file.read_bytes(), str(file))
    with open_connector(site=site) as connector:
        meant = moment_asked(connector, site, at)
        found = with_histories(
            connector, site, lambda: preview_as_of(connector, COMMAND_LINE, site, text, meant, str(file))
        )
    if as_json:
        show_json(past_preview_values(found))
        return
    say(f"As of {found.at:%Y-%m-%d %H:%M} UTC, under revision {found.revision[:8]}")
    for sentence in sentences(found.doubts):
        say(f"  {sentence}")
    show_replays("What would have been different", found.changed, "no objective")
    say(
        f"{len(found.objectives) - len(found.changed)} of {count_of(len(found.objectives), 'objective')} read the same."
    )


@click.command("reword")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@site_option
@json_option
def reword_command(file: Path | None, site: str, as_json: bool) -> None:
    """Write what Jira has renamed into a mapping: into FILE, or print the active one so. Only words change; activate it as any other edit."""
    with open_connector(site=site) as connector:
        text = decode_text(file.read_bytes(), str(file)) if file is not None else None
        found = reword(connector, COMMAND_LINE, site, text)
    if file is not None and found.changed:
        file.write_bytes(found.text.encode())
    if as_json:
        left = [asdict(one) for one in found.left]
        show_json({"text": found.text, "changed": found.changed, "left": left})
        return
    if file is None:
        click.echo(found.text, nl=False)
    said = "1 place says" if found.changed == 1 else f"{found.changed} places say"
    say(f"{said} another name now.", err=True)
    for one in found.left:
        say(f"To be seen to by hand: {one}", err=True)


@click.command("activate")
@file_argument
@site_option
@click.option(
    "--preview",
    "agreed",
    metavar="HASH",
    help="Only if the preview with this hash still is what would happen.",
)
@expect_option
@large_option
def activate_command(file: Path, site: str, agreed: str | None, expect: str | None, large: bool) -> None:
    """Make a mapping the active revision of a site; every objective is worked out by it from now on.

    What it needs and the local copy does not hold is read first; the former revision rules until then.
    """
    with open_connector(site=site) as connector:
        text = decode_text(file.read_bytes(), str(file))
        expected = _expected(connector, site, expect)
        with told_what_next(), progress_bar("Reading what it needs") as report:
            previewed = activate(
                connector,
                COMMAND_LINE,
                site,
                text,
                file=str(file),
                agreed=agreed,
                expected=expected,
                large=large,
                report=report,
            )
    say(f"Active: revision {previewed.preview.revision}.")
    say("Running workers work every objective out now; without any, run jira-okr sync.")


@click.command("rollback")
@click.argument("revision", required=False)
@site_option
@expect_option
@large_option
def rollback_command(revision: str | None, site: str, expect: str | None, large: bool) -> None:
    """Go back to the revision that was active before, or to the one named (its first characters are enough)."""
    with open_connector(site=site) as connector:
        expected = _expected(connector, site, expect)
        with told_what_next(), progress_bar("Reading what it needs") as report:
            target = rollback(
                connector, COMMAND_LINE, site, revision, expected=expected, large=large, report=report
            )
    say(f"Active: revision {target}.")


def _expected(connector: Connector, site: str, name: str | None) -> Expected | None:
    if name is None:
        return None
    found = revisions.revision(connector, COMMAND_LINE, site, name)
    if found is None:
        raise Refusal(f"No revision alone begins with {name!r}. jira-okr mapping history lists them.")
    return expect_revision(found.revision)


@contextmanager
def told_what_next() -> Iterator[None]:
    """Says how a command goes on where the brake holds, or where another mapping rules than was expected."""
    try:
        yield
    except LargeChange as error:
        raise Refusal(f"{error} To go on with it: --accept-large-change.") from None
    except AnotherActivation as error:
        then = f", then give --expect {error.latest.revision[:8]}" if error.latest is not None else ""
        raise Refusal(
            f"{error} jira-okr mapping history lists what was activated. Preview again{then}."
        ) from None


@click.command("history")
@site_option
@json_option
def history_command(site: str, as_json: bool) -> None:
    """List every revision of a site, newest first, and which one is active."""
    with open_connector(site=site) as connector:
        known = revisions.list_revisions(connector, COMMAND_LINE, site)
    if as_json:
        show_json(
            [
                {
                    "revision": one.revision,
                    "author": one.author,
                    "created_at": one.created_at.isoformat(),
                    "activated_at": one.activated_at.isoformat() if one.activated_at else None,
                    "active": one.active,
                }
                for one in known
            ]
        )
    elif not known:
        say("No mapping was activated yet: jira-okr mapping activate FILE.")
    else:
        rows = [
            (
                one.revision,
                one.author,
                f"{one.created_at:%Y-%m-%d %H:%M} UTC",
                "active" if one.active else "",
            )
            for one in known
        ]
        show_table("Mapping revisions", ("Revision", "By", "Created", ""), rows)


@click.command("diff")
@click.argument("before")
@click.argument("after", required=False)
@site_option
@json_option
def diff_command(before: str, after: str | None, site: str, as_json: bool) -> None:
    """Show what differs between two mappings, each a file or a revision; AFTER is the active one unless it is named."""
    with open_connector(site=site) as connector:
        old, new = _text(connector, site, before), _text(connector, site, after)
    changes = differences(old, new, (before, after or "active"))
    if as_json:
        show_json(
            [{"path": c.path, "kind": c.kind.value, "before": c.before, "after": c.after} for c in changes]
        )
    elif not changes:
        say("No difference.")
    else:
        for change in changes:
            say(str(change))


def stored_text(connector: Connector, site: str, name: str | None) -> str:
    """The text of the active revision, or of the one whose id begins with `name`."""
    known = revisions.list_revisions(connector, COMMAND_LINE, site)
    found = revisions.find_named(known, name) if name else revisions.active(connector, COMMAND_LINE, site)
    if found is None:
        what = f"no revision {name!r}" if name else "no active mapping"
        listed = ", ".join(one.revision for one in known) or "none"
        raise Refusal(f"There is {what} for site {site!r}. Revisions: {listed}.")
    return found.text


def _text(connector: Connector, site: str, name: str | None) -> str:
    if name is not None and Path(name).is_file():
        return decode_text(Path(name).read_bytes(), name)
    return stored_text(connector, site, name)


def preview_values(previewed: PreviewedMapping) -> PlainValues:
    """A preview for programs."""
    found = previewed.preview
    return {
        "revision": found.revision,
        "hash": found.hash,
        "writes": found.cost.writes,
        "issues": found.cost.issues,
        "calls": found.cost.calls,
        "held": previewed.hold.reason if previewed.hold else None,
        "missing_fields": list(previewed.missing_fields),
        "unread": previewed.unread.said,
        "objectives": [_difference_values(one) for one in found.changed],
    }


def _difference_values(one: ObjectiveDifference) -> PlainValues:
    return {
        "id": one.id,
        "key": one.key,
        "title": one.title,
        "before": standing_values(one.before),
        "after": standing_values(one.after),
        "rows": [{"key": row.key, "title": row.title, "reason": row.reason} for row in one.rows],
        "key_results": [
            {
                "key": kr.key,
                "title": kr.title,
                "before": standing_values(kr.before),
                "after": standing_values(kr.after),
                "rows": [{"key": row.key, "title": row.title, "reason": row.reason} for row in kr.rows],
            }
            for kr in one.key_results
            if kr.changed
        ],
        "unwritten": one.unwritten,
    }


def standing_values(standing: ProgressAndHealth | None) -> PlainValues | None:
    """Where something stands, for programs; `plain` is no objective: sums are written to it."""
    if standing is None:
        return None
    progress, health = number(standing.progress), standing.health.value
    return {"progress": progress, "health": health, "plain": standing.plain}


def standing_text(standing: ProgressAndHealth | None) -> str:
    """`62 %, on track`, or what else it is."""
    if standing is None:
        return "(no objective)"
    if standing.plain:
        return "(no objective, sums only)"
    rounded = percent(standing.progress, 0, standing.achieved_at)
    return f"{'unknown' if rounded is None else f'{rounded} %'}, {standing.health.value.replace('_', ' ')}"


def _show_preview(previewed: PreviewedMapping, file: Path, issues: bool) -> None:
    found = previewed.preview
    if found.changed:
        rows = [
            (one.key, one.title, standing_text(one.before), _after_text(one), str(_rows_of(one)))
            for one in found.changed
        ]
        show_table(
            "What would change", ("Key", "Objective", "Before", "After", "Issues treated differently"), rows
        )
    else:
        say(f"No objective would change ({len(found.objectives)} looked at).")
    if issues:
        _show_issues(found)
    say(
        f"Writes to Jira: {count_of(found.cost.writes, 'field')} on {count_of(found.cost.issues, 'issue')}, {count_of(found.cost.calls, 'API call')}."
    )
    if previewed.unread:
        say(
            f"The local copy does not hold {previewed.unread.said}: this preview takes it as empty. "
            "Activating reads it first, and plans anew by what it read."
        )
    if previewed.hold:
        say(f"This is a large change: {previewed.hold.reason}.")
    say(f"To do exactly this: jira-okr mapping activate {file} --preview {found.hash}")


def _after_text(one: ObjectiveDifference) -> str:
    return standing_text(one.after) + (f" (not written: {one.unwritten})" if one.unwritten else "")


def _rows_of(one: ObjectiveDifference) -> int:
    return len(one.rows) + sum(len(kr.rows) for kr in one.key_results)


def _show_issues(found: Preview) -> None:
    rows = [
        (one.key, row.key, row.title, row.reason)
        for one in found.changed
        for row in (*one.rows, *(row for kr in one.key_results for row in kr.rows))
    ]
    if rows:
        show_table("Issue by issue", ("Objective", "Issue", "Title", "Why"), rows)
