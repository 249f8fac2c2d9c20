"""What a read has shown already."""

from __future__ import annotations

import sys
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.read.seen_ids import SeenIds

IDS = st.one_of(
    st.integers(0, 200_000).map(str),
    st.integers(0, 10**12).map(str),
    st.sampled_from(["", "007", "٣", "PLAT-1", "-5"]),
)


@given(st.lists(IDS))
def test_an_id_is_new_once_as_in_a_set(ids: list[str]) -> None:
    seen, reference = SeenIds(), set[str]()
    for issue_id in ids:
        assert seen.add(issue_id) is (issue_id not in reference)
        reference.add(issue_id)
        assert len(seen) == len(reference)


def test_a_hundred_thousand_ids_take_a_fraction_of_a_set() -> None:
    tracemalloc.start()
    try:
        seen = SeenIds()
        for number in range(100_000):
            seen.add(str(10_000 + number))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < sys.getsizeof(set(range(100_000))) / 50
