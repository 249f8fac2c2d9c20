"""What an address chooses from a few: a word that nobody knows is refused with those there are, and never shows everything."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, request


def strange_choice(name: str, asked: str, known: Collection[str]) -> str:
    """That this is none of them, in a sentence; empty where it is one, or nothing was asked."""
    if not asked or asked in known:
        return ""
    return f"There is no {name} “{asked[:100]}”. Take one of these: {', '.join(known) or 'there is none'}."


def chosen(name: str, known: Collection[str]) -> str:
    """What the address says for this name, empty where it says nothing; 400 for what is not known."""
    asked = request.args.get(name, "")
    if said := strange_choice(name, asked, known):
        abort(400, said)
    return asked


def chosen_place(name: str, most: int) -> int:
    """The place from 1 to `most` that the address says for this name, 1 where it says nothing; 400 for what is none."""
    asked = request.args.get(name, "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10 and 1 <= int(asked) <= max(most, 1)):
        abort(400, f"There is no {name} “{asked[:100]}”. Take a number from 1 to {max(most, 1)}.")
    return int(asked)
