"""What commands show of texts that others wrote: the words, and nothing that a terminal would obey."""

from __future__ import annotations

import pytest

from plugin.cli.terminal.output import show_table


@pytest.mark.parametrize(
    "title",
    ["Ship [/b] now", "[red]alert[/red]", "[link=https://evil.example]Jira[/link]", "a :bomb: b", "[", "[/]"],
)
def test_a_title_stands_in_a_table_as_it_was_written(title, capsys) -> None:
    show_table(title, ("Issue",), ((title,),))
    assert capsys.readouterr().out.count(title) == 2


@pytest.mark.parametrize("code", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b2J", "\r", "\x08", "\u202e"])
def test_a_title_gives_the_terminal_no_orders(code, capsys) -> None:
    show_table("Table", ("Issue",), ((f"before{code}after",),))
    shown = capsys.readouterr().out
    assert not set(shown) & set("\x1b\x07\x9b\r\x08\u202e")
    assert "before" in shown
    assert "after" in shown
