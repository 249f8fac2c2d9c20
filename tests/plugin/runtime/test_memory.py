"""What was worked out is kept by what it was made from, and the longest unused goes first."""

from __future__ import annotations

from plugin.runtime.memory import Memory


def test_of_more_than_it_may_keep_the_longest_unused_are_forgotten() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name.upper()

    memory: Memory[str, str] = Memory(2)
    told = [memory.known(one, lambda one=one: make(one)) for one in ("a", "b", "a", "c")]  # type: ignore[misc]
    assert told == ["A", "B", "A", "C"]
    assert made == ["a", "b", "c"]
    assert len(memory) == 2
    assert memory.known("a", lambda: "anew") == "A", "it was asked for later than b"
    assert memory.known("b", lambda: "anew") == "anew"
    assert memory.known("a", lambda: "made again") == "A"
    assert memory.known("c", lambda: "made again") == "made again"
