"""What each command takes, as it is declared: how often, of which kind, between which bounds, and what is taken where nothing is said."""

from __future__ import annotations

from pathlib import Path

import click

from tests.plugin.cli.test_exit_codes import EVERY

DECLARED = Path(__file__).with_name("parameters.txt")
USUAL = {
    "param_type_name": "option",
    "nargs": 1,
    "default": False,
    "file_okay": True,
    "dir_okay": True,
    "readable": True,
    "case_sensitive": True,
}
"""What goes without saying, besides what is not so or not there."""
TOLD_ELSEWHERE = ("name", "opts", "secondary_opts", "type", "help", "prompt", "param_type")


def test_every_command_takes_what_it_always_took(tmp_path: Path) -> None:
    there = tmp_path / "parameters.txt"
    there.write_text("".join(f"{line}\n" for name in sorted(EVERY) for line in described(name, EVERY[name])))
    assert there.read_text() == DECLARED.read_text(), f"where it is meant: cp {there} {DECLARED}"


def described(name: str, command: click.Command) -> list[str]:
    """The command, and a line for each of its parameters."""
    hidden = " (hidden)" if command.hidden else ""
    return [f"{name}{hidden}", *(f"    {_parameter(one)}" for one in command.params)]


def _parameter(one: click.Parameter) -> str:
    told = one.to_info_dict()
    traits = told["type"] | told
    unusual = (f"{name}={value!r}" for name, value in traits.items() if _is_unusual(name, value))
    return " ".join(["/".join([*one.opts, *one.secondary_opts]), told["type"]["param_type"], *unusual])


def _is_unusual(name: str, value: object) -> bool:
    return name not in TOLD_ELSEWHERE and value is not None and value != USUAL.get(name, False)
