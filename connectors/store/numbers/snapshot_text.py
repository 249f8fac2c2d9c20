"""The text of a snapshot as it is kept: a long one as what differs from a text that is kept once for many.

An objective of 20,000 rows is six megabytes of text, 180 kilobytes compressed, and mostly one row of it changes. A text is cut between its
rows, and what differs says which pieces of the base come when, and what is new; so it does not matter what a text means, nor in which
release it was written. A text of fifty rows is compressed with its base as the dictionary of the compression: two kilobytes become two hundred
bytes, also where the share of every row changed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, bindparam, insert, select

from connectors.store.database.sql import StoredRow
from connectors.store.schema import snapshot_base

BETWEEN_ROWS = "},{"
KEPT_WHOLE = 8_192
"""Shorter texts, in characters, are kept whole: compressed they are small by themselves."""
DICTIONARY = 32_768
"""So long a text, in characters, is compressed with its base as dictionary, for so far zlib looks back; of longer ones the rows that differ are kept."""
WORTH_A_BASE = 4
"""A difference that is not so many times shorter than the text makes a new base: a weight that changed, say, changes the share of every row."""

_NEWEST = (
    select(snapshot_base.c.id, snapshot_base.c.content)
    .where(
        snapshot_base.c.site == bindparam("of_site"),
        snapshot_base.c.objective_id == bindparam("of_objective"),
    )
    .order_by(snapshot_base.c.id.desc())
    .limit(1)
)
_BASE = insert(snapshot_base).returning(snapshot_base.c.id)


def shrink(conn: Connection, site: str, objective_id: str, text: str) -> dict[str, object]:
    """The columns that keep the text. A base that is needed is kept at once."""
    if len(text) < KEPT_WHOLE:
        return {"base_id": None, "content": zlib.compress(text.encode())}
    newest = conn.execute(_NEWEST, {"of_site": site, "of_objective": objective_id}).one_or_none()
    if newest is not None:
        known = zlib.decompress(newest.content).decode()
        content = _beside(known, text)
        # Better whole once more than one text that is not had back.
        if content is not None and _read(known, content) == text:
            return {"base_id": newest.id, "content": content}
    base = {"site": site, "objective_id": objective_id, "content": zlib.compress(text.encode())}
    base_id = conn.execute(_BASE, base).scalar_one()
    own = _packed(text, text) if len(text) < DICTIONARY else zlib.compress(difference(text, text).encode())
    return {"base_id": base_id, "content": own}


def _beside(base: str, text: str) -> bytes | None:
    """What is kept of a text beside that base; None where a new base is better."""
    if len(text) < DICTIONARY:
        packed = _packed(base, text)
        return packed if len(packed) * WORTH_A_BASE <= len(zlib.compress(text.encode())) else None
    steps = difference(base, text)
    return zlib.compress(steps.encode()) if len(steps) * WORTH_A_BASE <= len(text) else None


def _packed(base: str, text: str) -> bytes:
    packing = zlib.compressobj(zdict=base.encode())
    return packing.compress(text.encode()) + packing.flush()


def texts(conn: Connection, rows: Iterable[StoredRow]) -> Iterator[str]:
    """The texts of these rows, of which many may share a base."""
    base_id, base = None, ""
    for row in rows:
        if row.base_id is None:
            yield zlib.decompress(row.content).decode()
            continue
        if row.base_id != base_id:
            kept = select(snapshot_base.c.content).where(snapshot_base.c.id == row.base_id)
            base_id, base = row.base_id, zlib.decompress(conn.execute(kept).scalar_one()).decode()
        yield _read(base, row.content)


def difference(base: str, text: str) -> str:
    """What makes the text of the base: a list of new text, and of pairs that say from which piece of the base on how many follow."""
    places = {piece: place for place, piece in enumerate(base.split(BETWEEN_ROWS))}
    steps: list[str | list[int]] = []
    begun, number = -1, 0
    for piece in text.split(BETWEEN_ROWS):
        place = places.get(piece)
        if place is not None and place == begun + number:
            number += 1
            continue
        if number:
            steps.append([begun, number])
        begun, number = (-1, 0) if place is None else (place, 1)
        if place is None:
            steps.append(piece)
    if number:
        steps.append([begun, number])
    return json.dumps(steps)


def apply_steps(base: str, steps: str) -> str:
    """The text that differs so from the base."""
    known = base.split(BETWEEN_ROWS)
    pieces: list[str] = []
    for step in json.loads(steps):
        if isinstance(step, str):
            pieces.append(step)
        else:
            pieces += known[step[0] : step[0] + step[1]]
    return BETWEEN_ROWS.join(pieces)


HAS_DICTIONARY = 0x20
"""The bit of the second byte that says of compressed data that they need a dictionary (RFC 1950, FDICT)."""


def _read(base: str, content: bytes) -> str:
    if content[1] & HAS_DICTIONARY:
        return zlib.decompressobj(zdict=base.encode()).decompress(content).decode()
    return apply_steps(base, zlib.decompress(content).decode())
