"""One governor per site for all processes: what Jira refused to one is known to all within a second."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jira.http.call import Call
from connectors.jira.http.governor import CLOUD, CallPermit, Pause, Wait
from connectors.store import Store
from plugin.runtime.processes.governors import (
    LOOK_SECONDS,
    SHARE,
    SharedGovernor,
    divide_rates,
    merge_pauses,
)

NOW = 1_793_000_000.0
SEARCH = Call("POST", "search/jql")
READ = Call("POST", "issue/bulkfetch")
QUOTA = {"RateLimit-Reason": "jira-quota-global-based", "Retry-After": "600"}
BURST = {"RateLimit-Reason": "jira-burst-based", "Retry-After": "8"}
ISSUE = {"RateLimit-Reason": "jira-per-issue-on-write", "Retry-After": "4"}


def edit(issue: str) -> Call:
    return Call("PUT", "issue/*", issue)


def governor(store: Store, site: str = "main") -> SharedGovernor:
    return SharedGovernor(store, site, jitter=lambda: 0.0)


@pytest.mark.parametrize(
    ("refused", "headers", "waits", "goes"),
    [
        (SEARCH, QUOTA, [SEARCH, READ, edit("1")], []),
        (SEARCH, BURST, [SEARCH], [READ, edit("1")]),
        (edit("1"), ISSUE, [edit("1")], [edit("2"), SEARCH]),
    ],
)
def test_a_refusal_is_seen_by_every_process_within_a_second(
    store: Store, refused: Call, headers: Any, waits: list[Call], goes: list[Call]
) -> None:
    one, other = governor(store), governor(store)
    assert isinstance(other.before(READ, NOW), CallPermit)
    one.before(refused, NOW)
    one.after(refused, 429, headers, NOW)

    later = NOW + LOOK_SECONDS
    seconds = float(headers["Retry-After"])
    for call in waits:
        decision = other.before(call, later)
        assert isinstance(decision, Wait)
        assert decision.seconds == pytest.approx(seconds - LOOK_SECONDS)
        assert decision.reason == headers["RateLimit-Reason"]
    for call in goes:
        assert isinstance(other.before(call, later), CallPermit)
    assert isinstance(other.before(waits[0], NOW + seconds + 0.1), CallPermit)


def test_sites_do_not_wait_for_each_other(store: Store) -> None:
    one, other = governor(store), governor(store, "second")
    one.before(SEARCH, NOW)
    one.after(SEARCH, 429, QUOTA, NOW)

    assert isinstance(other.before(SEARCH, NOW + 1), CallPermit)


def test_processes_share_the_rates(store: Store) -> None:
    both = [governor(store), governor(store)]
    for one in both:
        one.before(READ, NOW)
    taken = 0
    for one in both:
        # the second look, when each knows of the other
        one.before(READ, NOW + 6)
    for one in both:
        one.before(READ, NOW + 12)
    for one in both:
        while isinstance(one.before(SEARCH, NOW + 12.1), CallPermit):
            taken += 1

    assert taken <= CLOUD.by_method["POST"] * SHARE + 2


@pytest.mark.parametrize(("callers", "most"), [(1, 20), (2, 10), (4, 5), (50, 1)])
def test_processes_share_the_writes_to_one_issue(callers: int, most: int) -> None:
    from connectors.jira.http.governor import LimitState, decide

    state, taken = LimitState(), 0
    rates = divide_rates(CLOUD, callers)
    for step in range(40):
        decision, state = decide(state, edit("1"), NOW + step * 0.02, rates)
        taken += isinstance(decision, CallPermit)

    assert taken <= most


def test_pauses_are_merged_to_the_longer_one() -> None:
    short, long = Pause(NOW + 1, 1, "a"), Pause(NOW + 9, 2, "b")

    assert merge_pauses({"site": short}, {"site": long, "x": short}) == {"site": long, "x": short}
    assert merge_pauses({"site": long}, {"site": short}) == {"site": long}


def test_a_store_that_is_away_leaves_each_process_to_itself(sqlite_store: Store) -> None:
    from contextlib import contextmanager

    from connectors.store import StoreError

    class Away:
        @contextmanager
        def read(self) -> Any:
            raise StoreError("away", "here", "wait")
            yield

        write = read

    alone = SharedGovernor(Away(), "main", jitter=lambda: 0.0)  # type: ignore[arg-type]
    assert isinstance(alone.before(SEARCH, NOW), CallPermit)
    alone.after(SEARCH, 429, BURST, NOW)
    assert isinstance(alone.before(SEARCH, NOW + 1), Wait)
