"""Every `jira-okr …` that a document shows is a command that exists, with these options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plugin.cli import cli, explained_errors

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SHOWN = re.compile(r"^(?:\.venv/bin/|\$ )?(jira-okr .+?)(?:\s{2,}#.*| # .*)?$")
SAFE = ("db upgrade", "db check", "mapping presets")


def typed(path: Path) -> list[str]:
    """Commands of code blocks, which people type as they stand."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [match.group(1).strip() for line in lines if (match := SHOWN.match(line))]


def shown(path: Path) -> list[str]:
    """Commands of code blocks and of inline code."""
    told = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    inline = (SHOWN.match(line) for line in re.findall(r"`([^`\n]+)`", told))
    return [*typed(path), *(match.group(1).strip() for match in inline if match)]


TYPED = {(path.relative_to(ROOT).as_posix(), line) for path in DOCUMENTS for line in typed(path)}
EVERY = sorted({(path.relative_to(ROOT).as_posix(), line) for path in DOCUMENTS for line in shown(path)})


def test_the_documents_show_commands() -> None:
    assert len(EVERY) > 30
    assert {"README.md", "docs/operations.md"} <= {path for path, _ in EVERY}


@pytest.mark.parametrize(("path", "line"), EVERY, ids=[f"{path}: {line}" for path, line in EVERY])
def test_what_a_document_shows_exists(path: str, line: str) -> None:
    asked = re.sub(r" > \S+$", "", line)  # what the shell does with what is printed
    words = shlex.split(re.sub(r"[<\[]([\w./ -]+)[>\]](\.\.\.|…)?", r"\1", asked))[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="jira-okr")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        following = command.get_command(context, words[0])
        assert following is not None, f"{path} shows {line!r}: {command.name} has no command {words[0]!r}"
        command, context = following, click.Context(following, info_name=words[0], parent=context)
        words = words[1:]
    whole = (path, line) in TYPED
    assert not (whole and isinstance(command, click.Group) and not words), f"{path} shows {line!r}, a group"
    if (words or whole) and not isinstance(command, click.Group):
        _parsed(command, words, context, f"{path} shows {line!r}", whole=whole)


def _parsed(
    command: click.Command, words: list[str], context: click.Context, where: str, *, whole: bool
) -> None:
    """Options must exist and take these values; a sentence may leave out arguments, a block that people type may not."""
    if {"--help", "--version"} & set(words):
        return
    try:
        command.make_context(command.name, list(words), parent=context.parent)
    except click.MissingParameter as error:
        if whole:
            pytest.fail(f"{where}: {error}")
    except click.UsageError as error:
        if "does not exist" not in str(error) and not re.search(r"'[A-Z]+' is not a valid", str(error)):
            pytest.fail(f"{where}: {error}")


def names(command: click.Command, name: str = "") -> list[str]:
    """Every command by its words."""
    if not isinstance(command, click.Group):
        return [name]
    context = click.Context(command)
    below = {word: command.get_command(context, word) for word in command.list_commands(context)}
    return [
        found
        for word, one in below.items()
        if one is not None
        for found in names(one, f"{name} {word}".strip())
    ]


def test_every_command_stands_in_a_document() -> None:
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    unshown = [name for name in names(cli) if not re.search(rf"jira-okr {name}\b", text)]
    assert unshown == [], "a page of docs/ shows each command"


@pytest.mark.parametrize("words", SAFE)
def test_what_is_safe_to_run_runs(words: str, tmp_path: Path) -> None:
    environment = {"JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}"}
    assert CliRunner().invoke(cli, ["db", "upgrade"], env=environment).exit_code == 0
    ended = CliRunner().invoke(cli, words.split(), env=environment)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    assert not isinstance(ended.exception, explained_errors())
