"""Which issue ids a read has shown already: one bit each, so that what a read remembers hardly grows with the site."""

from __future__ import annotations

BITS = 1 << 15
"""Ids that share one block of 4 KiB; Jira counts its issue ids upwards, so blocks are well filled."""


class SeenIds:
    """A set of ids that can only grow. Ids are decimal numbers in Jira; any other text is kept as it is."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[str] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, issue_id: str) -> bool:
        if not (issue_id.isascii() and issue_id.isdecimal() and str(int(issue_id)) == issue_id):
            return issue_id in self._others
        block, place = divmod(int(issue_id), BITS)
        bits = self._blocks.get(block)
        return bits is not None and bool(bits[place >> 3] & 1 << (place & 7))

    def add(self, issue_id: str) -> bool:
        """Remember it; whether it is new."""
        if not (issue_id.isascii() and issue_id.isdecimal() and str(int(issue_id)) == issue_id):
            new = issue_id not in self._others
            self._others.add(issue_id)
        else:
            new = self._mark(int(issue_id))
        self._count += new
        return new

    def _mark(self, number: int) -> bool:
        block, place = divmod(number, BITS)
        bits = self._blocks.setdefault(block, bytearray())
        if not bits:
            bits.extend(bytes(BITS // 8))
        byte, bit = place >> 3, 1 << (place & 7)
        new = not bits[byte] & bit
        bits[byte] |= bit
        return new
