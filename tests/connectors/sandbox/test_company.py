from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from connectors.sandbox import Sandbox, seed_company

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def made(seed: int = 1, now: datetime = NOW) -> Sandbox:
    sandbox = Sandbox(lambda: now)
    seed_company(sandbox, seed, now)
    return sandbox


def test_the_same_seed_makes_the_same_company():
    first, second = made(), made()
    assert first.records == second.records
    assert first.histories == second.histories
    assert made(seed=2).records != first.records


def test_nothing_happens_after_now():
    sandbox = made()
    assert max(one.updated for one in sandbox.records.values()) <= NOW
    assert all(entry.created <= NOW for entries in sandbox.histories.values() for entry in entries)
    assert len(made(now=NOW - timedelta(days=30)).records) < len(sandbox.records)


def test_it_holds_what_the_demo_shows():
    sandbox = made()
    records = sandbox.records.values()
    kinds = Counter(one.type.name for one in records)
    assert kinds["Epic"] == 15
    assert kinds["Key Result"] >= 25
    assert len(records) > 250
    assert {one.project.key for one in records} == {"PLAT", "CORE", "GROW"}
    assert all("okr" in one.labels for one in records if one.type.name == "Epic")
    assert {"Won't Do", "Duplicate", "Done"} <= {one.resolution.name for one in records if one.resolution}
    assert {row.type.name for row in sandbox.links.values()} == {"Contributes", "Measures"}
    assert any(one.type.name == "Key Result" and "customfield_10052" not in one.customs for one in records)
    assert any(one.type.name == "Story" and "customfield_10016" not in one.customs for one in records)


def test_history_tells_the_way_to_the_present():
    sandbox = made()
    for issue_id, entries in sandbox.histories.items():
        assert [one.created for one in entries] == sorted(one.created for one in entries)
        moves = [item for entry in entries for item in entry.items if item.field_id == "status"]
        assert [one.new for one in moves[:-1]] == [one.old for one in moves[1:]]
        if moves:
            assert moves[-1].new == sandbox.records[issue_id].status.id
