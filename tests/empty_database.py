"""An empty database with all its tables, made once for each process and copied: upgrading one takes a third of a second."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from connectors.store import open_store, upgrade


def lay_empty_database(path: Path) -> None:
    """Put one where none is yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_template(), path)


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="okr-empty-")) / "okr.sqlite3"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    store.close()
    return path
