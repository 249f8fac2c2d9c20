"""One word for one thing: what commands, operations and the audit log say goes by the words of the product, and by no others for the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from plugin.api import current_document, operations
from plugin.cli import cli

ROOT = Path(__file__).resolve().parents[2]
INSTEAD = {
    r"tickets?": "issue",
    r"tenants?|workspaces?|jira instances?|servers? of jira": "site",
    r"rule ?sets?|mapping files? of rules": "mapping",
    r"queues?|mailbox of webhooks|webhook calls? received|hook events?|next event": "delivery, inbox",
    r"replicas?|cached cop(?:y|ies)|shadow cop(?:y|ies)|issue cache": "mirror",
    r"re-sync(?:s|ed)?|synchroni[sz](?:e|es|ed|ation)": "sync, resync",
    r"discrepanc(?:y|ies)|deviations? found": "drift",
    r"quarantined?|poison(?:ed)?|stuck items?|dead-lettered": "dead letter",
    r"parked|on hold|suspended (?:changes?|writes?)|pending changes?": "held",
    r"rejected (?:by jira|fields?|writes?|changes?)": "refused",
    r"snapshots?": "history point, closing record",
    r"breakdowns?|audit trails? of a number|calculation logs?": "ledger",
    r"squads?|departments?": "team",
    r"okr periods?|okr quarters?": "cycle",
    r"status updates?|progress reports?": "check-in",
    r"n/a|not available": "unknown",
    r"data feeds?": "source",
}
"""What is not said (as a pattern of whole words), and what is said instead."""
FORBIDDEN = re.compile(rf"(?<![\w-])(?:{'|'.join(f'(?:{one})' for one in INSTEAD)})(?![\w-])", re.IGNORECASE)


def commands(command: click.Command = cli, name: str = "jira-okr") -> Iterator[tuple[str, str]]:
    """What help says of every command and option."""
    yield name, command.help or ""
    for option in command.params:
        yield f"{name} {option.name}", getattr(option, "help", None) or ""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for one in command.list_commands(context):
            found = command.get_command(context, one)
            assert found is not None
            yield from commands(found, f"{name} {one}")


def api() -> Iterator[tuple[str, str]]:
    """What the API says of every operation, shape and property."""
    for one in operations():
        yield f"{one.method} {one.path}", f"{one.summary} {one.handler.__doc__ or ''}"
    for shape, schema in current_document()["components"]["schemas"].items():
        yield shape, str(schema.get("description", ""))
        for name, one in schema.get("properties", {}).items():
            yield f"{shape}.{name}", str(one.get("description", ""))


def audit_entries() -> Iterator[tuple[str, str]]:
    """What the audit log says was done, by the modules that note it."""
    for path in sorted((ROOT / "plugin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in ("note", "_note"):
                continue
            for one in node.args:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield path.name, one.value


@pytest.mark.parametrize("door", [commands, api, audit_entries])
def test_no_other_word_is_said_for_what_has_one(door) -> None:
    told = dict.fromkeys(door())
    assert len(told) > 60
    assert [(place, found.group()) for place, said in told if (found := FORBIDDEN.search(said))] == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Retry every ticket.", "ticket"),
        ("The next event makes it due.", "next event"),
        ("Synchronise the site.", "Synchronise"),
        ("Resync the site; the issue is held.", None),
    ],
)
def test_a_word_that_is_not_said_is_found(said: str, found: str | None) -> None:
    match = FORBIDDEN.search(said)
    assert (match.group() if match else None) == found
