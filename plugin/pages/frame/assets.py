"""Static files by content: an address that changes with the file may be kept by browsers for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import url_for

STATIC = Path(__file__).parents[1] / "static"
STYLES = ("pages.css", "access.css", "mapping.css")
"""What all pages look like, in the order in which one overrules the other; browsers ask for it once."""


def asset_address() -> Callable[[str], str]:
    """A function from a file's name to its address; each file is hashed once."""
    known: dict[str, str] = {}

    def asset(name: str) -> str:
        if name not in known:
            known[name] = _hashed((STATIC / name).read_bytes())
        return url_for("pages.static", filename=name, v=known[name])

    return asset


@lru_cache(maxsize=1)
def styles() -> bytes:
    """All style sheets as one."""
    return b"\n".join((STATIC / name).read_bytes() for name in STYLES)


@lru_cache(maxsize=1)
def styles_version() -> str:
    """What of their address changes with them."""
    return _hashed(styles())


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
