"""What a shell completes, from a table beside this file: importing a command to learn its options takes longer than a shell waits.

`make completion` writes the table anew, and a test holds it against the commands that there are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypedDict

import click

TABLE = Path(__file__).with_name("completion.json")
VARIABLE = "_JIRA_OKR_COMPLETE"
FLAG, FILE, TEXT = "flag", "file", "text"


class ParameterWords(TypedDict):
    """An option by its names, or an argument by its own; `takes` is a flag, a file, a text, or the words it may be."""

    names: list[str]
    takes: str | list[str]
    option: bool


class CommandWords(TypedDict):
    """What stands behind a command: its parameters, and the commands of a group."""

    help: str
    parameters: list[ParameterWords]
    commands: dict[str, CommandWords] | None


def is_completing() -> bool:
    """Whether a shell asks what could be typed."""
    return os.environ.get(VARIABLE, "").endswith("_complete")


def stand_in(name: str) -> click.Command | None:
    """A command of this name that can be completed and not run; None where the table has none."""
    found: dict[str, CommandWords] = json.loads(TABLE.read_text(encoding="utf-8"))
    return _command(name, found[name]) if name in found else None


def _command(name: str, words: CommandWords) -> click.Command:
    params = [_parameter(one) for one in words["parameters"]]
    if words["commands"] is None:
        return click.Command(name, params=params, short_help=words["help"])
    below = {other: _command(other, one) for other, one in words["commands"].items()}
    return click.Group(name, commands=below, params=params, short_help=words["help"])


def _parameter(words: ParameterWords) -> click.Parameter:
    takes = words["takes"]
    kind = click.Choice(takes) if isinstance(takes, list) else click.Path() if takes == FILE else click.STRING
    if not words["option"]:
        return click.Argument(words["names"], type=kind, required=False)
    return (
        click.Option(words["names"], is_flag=True)
        if takes == FLAG
        else click.Option(words["names"], type=kind)
    )


def describe_command(command: click.Command) -> CommandWords:
    """What a shell needs to know of a command."""
    below = None
    if isinstance(command, click.Group):
        context = click.Context(command)
        found = {name: command.get_command(context, name) for name in sorted(command.list_commands(context))}
        below = {name: describe_command(one) for name, one in found.items() if one is not None}
    return {
        "help": command.get_short_help_str(100),
        "parameters": [_described(one) for one in command.params],
        "commands": below,
    }


def _described(one: click.Parameter) -> ParameterWords:
    option = isinstance(one, click.Option)
    takes: str | list[str] = TEXT
    if isinstance(one, click.Option) and one.is_flag:
        takes = FLAG
    elif isinstance(one.type, click.Choice):
        takes = [str(choice) for choice in one.type.choices]
    elif isinstance(one.type, click.Path):
        takes = FILE
    names = [*one.opts, *one.secondary_opts] if option else [one.name or ""]
    return {"names": names, "takes": takes, "option": option}


def table(commands: click.Group) -> str:
    """The table of all commands as it is kept."""
    below = describe_command(commands)["commands"] or {}
    lines = [f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in below.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_table(commands: click.Group) -> None:
    """Keep the table of all commands as they are now."""
    TABLE.write_text(table(commands), encoding="utf-8")
