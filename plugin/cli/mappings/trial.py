"""`jira-okr mapping try`: which issues a rule or a JQL takes, and why one of them is taken or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from mappings.document.text.source import decode_text
from mappings.jql.trial import ClauseAnswer
from mappings.numbers import count_of
from mappings.rollup.structure.trial import IssueTrial, Requirement
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.mappings.trial import MOST_SHOWN, TrialResult, TriedRule, trial_values, try_rules


@click.command("try")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--rule", metavar="NAME", help="One rule: scope, epics, epics/delivery. Without it, all of them."
)
@click.option("--jql", help="A JQL instead of a rule.")
@click.option("--issue", "key", metavar="KEY", help="Why this issue is taken or not, clause by clause.")
@click.option(
    "--limit",
    type=click.IntRange(0, MOST_SHOWN),
    default=20,
    show_default=True,
    help="How many of the issues are listed.",
)
@site_option
@json_option
def try_command(
    file: Path | None,
    rule: str | None,
    jql: str | None,
    key: str | None,
    limit: int,
    site: str,
    as_json: bool,
) -> None:
    """Try a rule of FILE (of the active mapping without it), or a JQL: which issues it takes, how many, and why or why not.

    Looks at the issues that were read; changes nothing, and asks Jira for the
    order of versions alone, where that is compared and not known yet.
    """
    if rule is not None and jql is not None:
        raise click.UsageError("Name a --rule or a --jql, not both.")
    text = decode_text(file.read_bytes(), str(file)) if file is not None else None
    with open_connector(site=site) as connector:
        found = try_rules(
            connector,
            COMMAND_LINE,
            site,
            text,
            rule=rule or "",
            jql=jql or "",
            any_issue=key or "",
            most=limit,
        )
    if as_json:
        show_json({**trial_values(found), "findings": [asdict(one) for one in found.findings]})
        return
    _show(found, one_rule=rule is not None or jql is not None)


def _show(found: TrialResult, *, one_rule: bool) -> None:
    for finding in found.findings:
        say(str(finding), err=True)
    if found.unread:
        say(f"Not read from Jira yet, so it counts as empty here: {found.unread}.", err=True)
    if one_rule:
        for tried in found.tried:
            _show_rule(tried, found.looked_at)
    elif found.issue is not None:
        _show_every_answer(found)
        return
    else:
        rows = [(one.rule.name, str(one.count), one.rule.takes, one.rule.jql) for one in found.tried]
        show_table(
            f"Taken of {count_of(found.looked_at, 'issue')}", ("Rule", "Issues", "What it takes", "JQL"), rows
        )
    for answer in found.answers:
        _show_answer(found.issue.key if found.issue is not None else "", answer)


def _show_every_answer(found: TrialResult) -> None:
    rows = [
        (answer.rule.name, "yes" if answer.taken else "no", answer.unmet[0].told if answer.unmet else "")
        for answer in found.answers
    ]
    show_table(
        f"Which rules take {found.issue.key if found.issue else ''}", ("Rule", "Taken", "Why not"), rows
    )
    say("--rule NAME says it clause by clause.")


def _show_rule(tried: TriedRule, looked_at: int) -> None:
    say(
        f"{tried.rule.name} takes {tried.count} of {count_of(looked_at, 'issue')}: {tried.rule.jql or 'all that belong to it'}"
    )
    rows = [
        (one.issue.key, one.issue.summary, one.issue.type.name, one.issue.status.name, ", ".join(one.whose))
        for one in tried.issues
    ]
    if rows:
        show_table("", ("Key", "Title", "Type", "Status", "Of"), rows)
    more = tried.count - len(tried.issues)
    if more and rows:
        say(f"and {more} more; --limit lists up to {MOST_SHOWN}")


def _show_answer(key: str, found: IssueTrial) -> None:
    of = f", of {', '.join(found.whose)}" if found.whose and found.taken else ""
    say(f"\n{found.rule.name} {'takes' if found.taken else 'does not take'} {key}{of}")
    for asked in found.requirements:
        for line in _lines(asked):
            say(line)


def _lines(asked: Requirement) -> Iterator[str]:
    yield f"  {_word(asked.holds)} {asked.asks}" + (f". {asked.why}." if asked.why else "")
    if asked.clause is not None:
        yield from _clause_lines(asked.clause, 4)


def _clause_lines(one: ClauseAnswer, indent: int) -> Iterator[str]:
    said = {"AND": "all of these:", "OR": "one of these:", "": one.text}[one.join]
    held = f"   (it holds: {one.held})" if one.held else ""
    yield f"{' ' * indent}{_word(one.holds)} {said}{held}"
    if one.note:
        yield f"{' ' * (indent + 4)}{one.note}"
    for part in one.parts:
        yield from _clause_lines(part, indent + 2)


def _word(holds: bool) -> str:
    return "yes" if holds else "no "
