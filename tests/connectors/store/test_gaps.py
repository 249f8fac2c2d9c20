"""What a gap says of an issue is kept as it was said."""

from __future__ import annotations

from datetime import datetime

from connectors.store import Store
from connectors.store.absence import gaps
from mappings.facts.gap import Gap


def test_what_an_answer_left_out_is_kept_by_its_names(store: Store, now: datetime) -> None:
    """Keys of entity properties may hold blanks, and anything else."""
    lacks = ("duedate", "property:okr of the team", 'property:a,"b"')
    found = [Gap("10001", "A-1", "It was left out.", omitted=lacks), Gap("10002", "A-2", "No.")]
    with store.write() as conn:
        gaps.put(conn, "main", found, now)
    with store.read() as conn:
        assert [one.gap.omitted for one in gaps.open_gaps(conn, "main")] == [lacks, ()]
