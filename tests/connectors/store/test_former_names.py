"""What fields were called before."""

from __future__ import annotations

from connectors.store import Store
from connectors.store.sites import former_names
from mappings.facts.catalogue import Field


def test_each_name_is_kept_once_in_the_order_in_which_it_was_left(store: Store) -> None:
    points, goal = Field("customfield_1", "Points", "number", custom="float"), Field("customfield_2", "Goal")
    sizes = Field("customfield_1", "Sizes", "number", custom="float")
    with store.write() as conn:
        assert former_names.note(conn, "main", (points, goal), (points, goal)) == frozenset()
        assert former_names.note(conn, "main", (points, goal), (sizes,)) == {"customfield_1"}, (
            "gone is not renamed"
        )
        assert former_names.note(conn, "main", (sizes, goal), (points, goal)) == {"customfield_1"}
        assert former_names.note(conn, "main", (points, goal), (sizes, goal)) == {"customfield_1"}
        former_names.note(conn, "other", (goal,), (Field("customfield_2", "Aim"),))
    with store.read() as conn:
        assert former_names.every(conn, "main") == (points, sizes)
        assert former_names.every(conn, "other") == (goal,)
    with store.write() as conn:
        former_names.forget(conn, "main")
        assert former_names.every(conn, "main") == ()
        assert former_names.every(conn, "other") == (goal,)
