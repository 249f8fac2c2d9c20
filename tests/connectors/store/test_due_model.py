"""The due table against a model of what it promises, over random histories of events, workers and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from connectors.store import Store
from connectors.store.schema import due as table
from connectors.store.work import due
from connectors.store.work.due import DueObjective
from tests.examples import examples

LEASE = timedelta(seconds=30)
KEYS = st.sampled_from(["1", "2", "@company"])
WORKERS = st.sampled_from(["w1", "w2"])
PICK = st.integers(0, 30)


@dataclass
class Promise:
    """What must hold of one objective with an event that nobody served."""

    marks: int
    run_after: datetime
    lease_until: datetime | None = None
    holder: DueObjective | None = None
    marks_at_claim: int = 0
    buried: bool = False


class DueMachine(RuleBasedStateMachine):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = datetime(2026, 11, 3, tzinfo=UTC)
        self.promises: dict[str, Promise] = {}
        self.claims: list[DueObjective] = []
        with store.write() as conn:
            conn.execute(delete(table))

    @rule(seconds=st.sampled_from([1, 2, 3, 31]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(key=KEYS, quiet=st.sampled_from([0, 2, 5]))
    def an_event_comes(self, key: str, quiet: int) -> None:
        start = self.now + timedelta(seconds=quiet)
        with self.store.write() as conn:
            due.mark(conn, "main", [key], self.now, "event", start)
        known = self.promises.get(key)
        if known is None:
            self.promises[key] = Promise(1, start)
            return
        served = known.marks == known.marks_at_claim and self._is_held(known)
        known.run_after = start if served or known.buried else min(start, known.run_after)
        known.marks += 1
        known.buried = False

    @rule(worker=WORKERS, limit=st.integers(1, 3))
    def a_worker_claims(self, worker: str, limit: int) -> None:
        with self.store.write() as conn:
            claimed = due.claim(conn, worker, self.now, LEASE, limit)
        free = {key for key, promise in self.promises.items() if self._is_free(promise)}
        assert {held.objective_id for held in claimed} <= free
        assert len(claimed) == min(limit, len(free))
        for held in claimed:
            promise = self.promises[held.objective_id]
            promise.holder, promise.lease_until = held, held.lease_until
            promise.marks_at_claim = promise.marks
        self.claims += claimed

    @rule(pick=PICK)
    def some_worker_finishes(self, pick: int) -> None:
        if held := self._some_claim(pick):
            with self.store.write() as conn:
                finished = due.finish(conn, held)
            assert finished == self._decides(held)
            if finished:
                del self.promises[held.objective_id]
            else:
                self._let_go(held)

    @rule(pick=PICK, seconds=st.sampled_from([1, 40]))
    def some_worker_fails(self, pick: int, seconds: int) -> None:
        if held := self._some_claim(pick):
            until = self.now + timedelta(seconds=seconds)
            with self.store.write() as conn:
                postponed = due.postpone(conn, held, until, "down")
            assert postponed == self._decides(held)
            if postponed:
                self.promises[held.objective_id].run_after = until
            self._let_go(held)

    @rule(pick=PICK)
    def some_worker_gives_up(self, pick: int) -> None:
        if held := self._some_claim(pick):
            with self.store.write() as conn:
                buried = due.bury(conn, held, "403", "grant it", self.now)
            assert buried == self._decides(held)
            if buried:
                self.promises[held.objective_id].buried = True
            self._let_go(held)

    @rule(key=KEYS, again=st.booleans())
    def a_person_looks_at_a_dead_letter(self, key: str, again: bool) -> None:
        promise = self.promises.get(key)
        is_dead = promise is not None and promise.buried
        with self.store.write() as conn:
            act = due.retry(conn, "main", key, self.now) if again else due.discard(conn, "main", key)
        assert act == is_dead
        if promise is not None and is_dead:
            if again:
                promise.buried, promise.run_after = False, self.now
            else:
                del self.promises[key]

    @invariant()
    def nothing_is_lost_and_nothing_invented(self) -> None:
        with self.store.read() as conn:
            dead = {letter.objective_id for letter in due.dead(conn)}
            waiting = due.pending_count(conn)
        assert dead == {key for key, promise in self.promises.items() if promise.buried}
        assert waiting == len(self.promises) - len(dead)

    def _some_claim(self, pick: int) -> DueObjective | None:
        """Any claim that was not settled yet, also one whose lease ran out long ago. A worker settles each of its claims once."""
        return self.claims.pop(-1 - pick % len(self.claims)) if self.claims else None

    def _is_held(self, promise: Promise) -> bool:
        return promise.lease_until is not None and promise.lease_until > self.now

    def _is_free(self, promise: Promise) -> bool:
        return not promise.buried and promise.run_after <= self.now and not self._is_held(promise)

    def _is_holder(self, held: DueObjective) -> bool:
        """Nobody took it since, even if the lease is over by now."""
        promise = self.promises.get(held.objective_id)
        return promise is not None and promise.holder == held

    def _decides(self, held: DueObjective) -> bool:
        promise = self.promises.get(held.objective_id)
        return promise is not None and self._is_holder(held) and promise.marks == promise.marks_at_claim

    def _let_go(self, held: DueObjective) -> None:
        if self._is_holder(held):
            promise = self.promises[held.objective_id]
            promise.holder = promise.lease_until = None


@pytest.mark.parametrize("steps", [40])
def test_the_due_table_keeps_its_promises(store: Store, steps: int) -> None:
    quick = settings(
        max_examples=examples(60) if store.dialect == "sqlite" else 15,
        phases=[Phase.explicit, Phase.generate] if store.dialect == "postgresql" else list(Phase),
        report_multiple_bugs=False,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: DueMachine(store), settings=quick)
