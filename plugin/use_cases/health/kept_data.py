"""How much is kept of what grows: histories, steps, readings and records of one site."""

from __future__ import annotations

from connectors.store.database.kept_rows import KeptRows, kept_rows
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, question

__all__ = ["KeptRows", "kept_data", "kept_values", "size_text"]


@question(VIEWER)
def kept_data(connector: Connector, _actor: Actor, site: str) -> tuple[KeptRows, ...]:
    """Rows and bytes by what they are of; it reads all of them."""
    with connector.store.read() as conn:
        return kept_rows(conn, site)


def size_text(size: int) -> str:
    """`512 B`, `14.2 KB`, `3.1 MB`: thousands, as disks are sold."""
    value, unit = float(size), "B"
    for following in ("KB", "MB", "GB", "TB"):
        if value < 1_000:
            break
        value, unit = value / 1_000, following
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def kept_values(found: tuple[KeptRows, ...]) -> list[PlainValues]:
    """The same for programs."""
    return [{"what": one.what, "rows": one.rows, "bytes": one.bytes} for one in found]
