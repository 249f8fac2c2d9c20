"""The text of a snapshot as it is kept: a long one as what differs from a text that is kept once for many.

An objective of 20,000 rows is six megabytes of text, 180 kilobytes compressed, and mostly one row of it changes. A text is cut between its
rows, and what differs says which pieces of the base come when, and what is new; so it does not matter what a text means, nor in which
release it was written. What differs is compressed with the base as the dictionary of the compression, for new pieces look like those
of the base: of fifty rows, two kilobytes become some hundred bytes.

Before that the shares are left out that follow from the weight and the progress of their row and from the sum of all weights, for a weight that
changed changes the share of every row.

What differs grows with each row that changed since the base, so a short text gets a new base soon, which is kept itself as what differs from
the base before, up to `MOST_STEPS` away from one that is kept whole.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from math import gcd

from sqlalchemy import Connection, bindparam, delete, insert, select

from connectors.store.database.sql import Statement, StoredRow
from connectors.store.schema import snapshot_base

BETWEEN_ROWS = "},{"
KEPT_WHOLE = 8_192
"""Shorter texts, in characters, are kept whole: compressed they are small by themselves."""
DICTIONARY = 32_768
"""So many bytes, the last of the base, are the dictionary of the compression: so far zlib looks back."""
WORTH_A_BASE = 4
"""A difference that is not so many times shorter than a long text makes a new base: where another mapping rules, say, every row may be another."""
WORTH_A_STEP = 8
"""The same of a text no longer than the dictionary, whose base is small where it is kept as a difference itself."""
WORTH_A_ROOT = 2
"""A base that is not so many times shorter as a difference is kept whole."""
MOST_STEPS = 3
"""So many bases at most are told from one another before one is told from the one that is kept whole again."""
PACKED = b"\x01"
"""What a difference that is compressed with its base begins with; what former releases kept begins as zlib does."""

_NEWEST: Statement = (
    select(snapshot_base.c.id, snapshot_base.c.content, snapshot_base.c.base_id)
    .where(
        snapshot_base.c.site == bindparam("of_site"),
        snapshot_base.c.objective_id == bindparam("of_objective"),
    )
    .order_by(snapshot_base.c.id.desc())
    .limit(1)
)
_BY_ID: Statement = select(snapshot_base.c.id, snapshot_base.c.content, snapshot_base.c.base_id).where(
    snapshot_base.c.id == bindparam("of_base")
)
_BASE = insert(snapshot_base).returning(snapshot_base.c.id)


class KnownBase:
    """A base and its text, as it was read. `told_from`: the base that it differs from, where it is not kept whole."""

    def __init__(self, id_: int, text: str, told_from: KnownBase | None = None) -> None:
        self.id, self.text, self.told_from = id_, text, told_from

    @property
    def lineage(self) -> list[KnownBase]:
        """Itself, what it is told from, and so on to one that is kept whole."""
        return [self, *(self.told_from.lineage if self.told_from is not None else ())]

    @cached_property
    def tail(self) -> bytes:
        """The dictionary that it makes."""
        return self.text[-DICTIONARY:].encode()[-DICTIONARY:]


def shrink(conn: Connection, site: str, objective_id: str, text: str) -> dict[str, object]:
    """The columns that keep the text. A base that is needed is kept at once."""
    return _shrink(conn, site, objective_id, without_shares(text))


def _shrink(conn: Connection, site: str, objective_id: str, text: str) -> dict[str, object]:
    if len(text) < KEPT_WHOLE:
        return {"base_id": None, "content": zlib.compress(text.encode())}
    row = conn.execute(_NEWEST, {"of_site": site, "of_objective": objective_id}).one_or_none()
    newest = None if row is None else _known(conn, row)
    if newest is not None:
        content = _beside(newest, text)
        if content is not None:
            return {"base_id": newest.id, "content": content}
    base = _new_base(newest, text)
    base_id = conn.execute(_BASE, {"site": site, "objective_id": objective_id, **base}).scalar_one()
    return {"base_id": base_id, "content": _packed(KnownBase(base_id, text), text)}


def _beside(base: KnownBase, text: str) -> bytes | None:
    """What is kept of a text beside that base; None where a new base is better."""
    if len(text) < DICTIONARY:
        packed = _packed(base, text)
        small = len(packed) * WORTH_A_STEP <= len(zlib.compress(text.encode()))
    else:
        steps = difference(base.text, text)
        small = len(steps) * WORTH_A_BASE <= len(text)
        packed = _compressed(base, steps) if small else b""
    # Better whole once more than one text that is not had back.
    return packed if small and _read(base, packed) == text else None


def _new_base(former: KnownBase | None, text: str) -> dict[str, object]:
    """The columns of a base of this text: a short one is told from the former, or the one that is kept whole, where that is worth it."""
    whole = zlib.compress(text.encode())
    if former is not None and len(text) < DICTIONARY:
        lineage = former.lineage
        near = former if len(lineage) <= MOST_STEPS else lineage[-1]
        packed = _packed(near, text)
        if len(packed) * WORTH_A_ROOT <= len(whole) and _read(near, packed) == text:
            return {"content": packed, "base_id": near.id}
    return {"content": whole, "base_id": None}


def forget_bases(conn: Connection, site: str, objective_id: str) -> None:
    """Take away what texts of an objective are told from; its texts are to be kept anew."""
    mine = (snapshot_base.c.site == site, snapshot_base.c.objective_id == objective_id)
    conn.execute(delete(snapshot_base).where(*mine))


def texts(conn: Connection, rows: Iterable[StoredRow]) -> Iterator[str]:
    """The texts of these rows, of which many may share a base."""
    base: KnownBase | None = None
    for row in rows:
        if row.base_id is None:
            yield with_shares(zlib.decompress(row.content).decode())
            continue
        if base is None or row.base_id != base.id:
            base = _load(conn, row.base_id)
        yield with_shares(_read(base, row.content))


_SHARE = re.compile(r'("weight":"(\d+)/(\d+)","progress":"(-?\d+)/(\d+)","share":")(-?[1-9]\d*)/([1-9]\d*)"')
_NO_SHARE = re.compile(r'("weight":"(\d+)/(\d+)","progress":"(-?\d+)/(\d+)","share":")(?:\*|:(-?\d+)/(\d+))"')
"""A share that is left out: `*`, or `:` with the sum of the weights from here on. A share is `n/d`, and within a text of
the state every quotation mark has a backslash before it: neither is found where it does not stand for a share."""


def without_shares(text: str) -> str:
    """The text with each share left out that is the weight of its row times its progress, by a sum that rows which follow have in common."""
    whole, part = 0, 1

    def lean(row: re.Match[str]) -> str:
        nonlocal whole, part
        before, rest = row.group(1), map(int, row.groups()[1:])
        weight, of_weight, progress, of_progress, share, of_share = rest
        above, below = weight * progress * of_share, of_weight * of_progress * share
        if above * below <= 0 or gcd(share, of_share) != 1:
            return row.group()  # what is told of it later is in lowest terms
        if above * part == below * whole:
            return f'{before}*"'
        common = gcd(above, below) if above > 0 else -gcd(above, below)
        whole, part = above // common, below // common
        return f'{before}:{whole}/{part}"'

    return text if _NO_SHARE.search(text) else _SHARE.sub(lean, text)


def with_shares(text: str) -> str:
    """The text as it was; what former releases kept has its shares."""
    whole, part = 1, 1

    def full(row: re.Match[str]) -> str:
        nonlocal whole, part
        before, weight, of_weight, progress, of_progress, news, of_news = row.groups()
        if news:
            whole, part = int(news), int(of_news)
        above, below = int(weight) * int(progress) * part, int(of_weight) * int(of_progress) * whole
        common = gcd(above, below)
        return f'{before}{above // common}/{below // common}"'

    return _NO_SHARE.sub(full, text)


def _load(conn: Connection, base_id: int) -> KnownBase:
    return _known(conn, conn.execute(_BY_ID, {"of_base": base_id}).one())


def _known(conn: Connection, row: StoredRow) -> KnownBase:
    if row.base_id is None:
        return KnownBase(row.id, zlib.decompress(row.content).decode())
    near = _load(conn, row.base_id)
    return KnownBase(row.id, _read(near, row.content), near)


COPIED, NEW, STEP_ENDS = "=", "+", "\n"
"""No JSON text has the end of a line in it, but between its values; where one has, it is kept whole."""


def difference(base: str, text: str) -> str:
    """What makes the text of the base: a line of new text, or one that says from which piece of the base on how many follow."""
    places = {piece: place for place, piece in enumerate(base.split(BETWEEN_ROWS))}
    steps: list[str] = []
    begun, number = -1, 0
    for piece in text.split(BETWEEN_ROWS):
        place = places.get(piece)
        if place is not None and place == begun + number:
            number += 1
            continue
        if number:
            steps.append(f"{COPIED}{begun} {number}")
        begun, number = (-1, 0) if place is None else (place, 1)
        if place is None:
            steps.append(NEW + piece)
    if number:
        steps.append(f"{COPIED}{begun} {number}")
    return STEP_ENDS.join(steps)


def apply_steps(base: str, steps: str) -> str:
    """The text that differs so from the base."""
    known = base.split(BETWEEN_ROWS)
    pieces: list[str] = []
    for step in steps.split(STEP_ENDS):
        if step.startswith(NEW):
            pieces.append(step[1:])
        else:
            begun, number = map(int, step[1:].split(" "))
            pieces += known[begun : begun + number]
    return BETWEEN_ROWS.join(pieces)


def _former_steps(base: str, steps: str) -> str:
    """The same of what former releases kept: a list of new text and of pairs."""
    known = base.split(BETWEEN_ROWS)
    pieces: list[str] = []
    for step in json.loads(steps):
        pieces += [step] if isinstance(step, str) else known[step[0] : step[0] + step[1]]
    return BETWEEN_ROWS.join(pieces)


HAS_DICTIONARY = 0x20
"""The bit of the second byte that says of compressed data that they need a dictionary (RFC 1950, FDICT)."""


def _packed(base: KnownBase, text: str) -> bytes:
    return _compressed(base, difference(base.text, text))


def _compressed(base: KnownBase, steps: str) -> bytes:
    packing = zlib.compressobj(zlib.Z_BEST_COMPRESSION, wbits=-zlib.MAX_WBITS, zdict=base.tail)
    return PACKED + packing.compress(steps.encode()) + packing.flush()


def _read(base: KnownBase, content: bytes) -> str:
    if content[:1] == PACKED:
        unpacking = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=base.tail)
        return apply_steps(base.text, unpacking.decompress(content[1:]).decode())
    if content[1] & HAS_DICTIONARY:
        return zlib.decompressobj(zdict=base.text.encode()).decompress(content).decode()
    return _former_steps(base.text, zlib.decompress(content).decode())
