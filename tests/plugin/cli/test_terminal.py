"""What others wrote is shown on a terminal, and orders it nothing: neither in tables nor in lines."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from plugin.cli.terminal import output

CLI = Path(output.__file__).parents[1]
OF_OTHERS = "Bell\x07 \x1b[2Jcleared \x1b]0;title\x07 \u202etxet\r\x9b5n"
OBEYED = ("\x07", "\x1b", "\u202e", "\r", "\x9b")


def test_lines_order_a_terminal_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    output.say(f"PLAT-1 {OF_OTHERS}\tlast\nnext")
    output.say(OF_OTHERS, err=True)
    told = capsys.readouterr()
    for said in (told.out, told.err):
        assert not any(order in said for order in OBEYED)
        assert "cleared" in said
    assert told.out.endswith("\tlast\nnext\n")


def test_commands_speak_by_that_alone() -> None:
    """Whole documents, which end without a line break of ours, are printed as they are."""
    raw = [
        f"{path.relative_to(CLI)}:{node.lineno}"
        for path in sorted(CLI.rglob("*.py"))
        if path != Path(output.__file__)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("click.echo", "click.secho", "print")
        and "nl" not in {keyword.arg for keyword in node.keywords}
    ]
    assert raw == []
