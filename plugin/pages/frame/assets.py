"""Static files by content: an address that changes with the file may be kept by browsers for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import url_for

STATIC = Path(__file__).parents[1] / "static"


def asset_address() -> Callable[[str], str]:
    """A function from a file's name to its address; each file is hashed once."""
    known: dict[str, str] = {}

    def asset(name: str) -> str:
        if name not in known:
            known[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
        return url_for("pages.static", filename=name, v=known[name])

    return asset
