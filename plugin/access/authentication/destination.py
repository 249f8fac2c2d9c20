"""Where to go after signing in: the page that was asked for, and never another host."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"


def safe_destination(wanted: str | None) -> str:
    """The path and query of a page of ours; the start page for anything that a browser could take for another place."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > 2000:
        return HOME
    if "\\" in wanted or any(ord(character) < 33 or ord(character) == 127 for character in wanted):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
