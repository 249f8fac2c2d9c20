"""Anything may stand anywhere in any answer of Jira: it stops nothing, and once Jira speaks sense again all is as if nothing had been.

A node of a third of all answers is left out or holds something else: of searches, reads by id, histories, comments, remote links,
properties, parents, permissions and the catalogue, whatever is asked. Only a number never becomes another number: nobody could tell.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.jira.http.errors import JiraError
from connectors.jira.http.transport import JiraReply, Transport
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.work import due, inbox
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from tests.plugin.sync.conftest import Hand
from tests.quarter import MAPPING

ROUNDS = 6
TEXT = MAPPING.replace("  set:", "  property: jira-okr.rollup\n    set:") + (
    "  - {target: key_result, set: {okr_progress: {value: confidence}}}\n"
    "  - {target: objective, remote_link: numbers}\n"
    "  - {target: row, remote_link: plain}\n"
    "check_ins: {who: owners}\n"
)
ANYTHING: tuple[Any, ...] = (
    None, "", "x", True, [], {}, [None], [[[]]], "2026-13-45", "0001-01-01T00:00:00.000+1400", "\x00", "9" * 400,
    {"id": 7}, {"key": None}, [{"id": None}],
)  # fmt: skip
NO_NUMBER: tuple[Any, ...] = (None, "", "x", [], {}, "9" * 50)
LEFT_OUT = object()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every node of an answer, of lists the first few."""
    yield path
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:6] if isinstance(value, list) else ())
    )
    for name, part in inner:
        yield from places(part, (*path, name))


def spoilt(body: bytes, dice: random.Random) -> bytes:
    """The answer with one node that is left out or holds something else."""
    answer = json.loads(body)
    *way, last = dice.choice(list(places(answer))) or ("",)
    if last == "":
        return json.dumps(dice.choice(ANYTHING)).encode()
    holder = answer
    for step in way:
        holder = holder[step]
    number = isinstance(holder[last], int | float) and not isinstance(holder[last], bool)
    if dice.random() < 1 / 3:
        del holder[last]
    else:
        holder[last] = dice.choice(NO_NUMBER if number else ANYTHING)
    return json.dumps(answer).encode()


@pytest.mark.slow
@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_garbage_anywhere_stops_nothing_and_leaves_nothing_behind(
    hand: Hand, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, mad, plain = random.Random(seed), [False], Transport._ask

    def asked(self: Transport, *call: Any, **more: Any) -> JiraReply:
        reply = plain(self, *call, **more)
        if mad[0] and reply.body and dice.random() < 1 / 3:
            return JiraReply(reply.status, spoilt(reply.body, dice), reply.headers)
        return reply

    monkeypatch.setattr(Transport, "_ask", asked)
    hand.clock.now = datetime(2026, 11, 10, 9, tzinfo=UTC)
    epics = [hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(2)]
    metric = hand.issue("Key Result", epics[0])
    hand.edit(metric, customfield_10051=31, customfield_10052=31, customfield_10053=64)
    stories = [hand.issue("Story", epic) for epic in (*epics, *epics)]
    hand.activate(TEXT)
    hand.sync()

    acts: tuple[Callable[[], object], ...] = (
        lambda: refresh(hand.context, "worker"),
        hand.work_off,
        lambda: resync_recent(hand.context),
        lambda: resync(hand.context),
        hand.work_off,
    )
    for _ in range(ROUNDS):
        hand.clock.pass_by(minutes=dice.choice((1, 5, 70)))
        hand.status(dice.choice(stories), dice.choice(("Done", "To Do", "In Progress")))
        hand.edit(metric, customfield_10052=dice.randrange(31, 64))
        stories.append(hand.issue("Story", dice.choice(epics), "Done"))
        deliver(hand, [*epics, metric, *stories], dice)
        mad[0] = True
        for act in acts:
            with suppress(JiraError):  # whatever else is raised is a fault
                act()
        mad[0] = False

    hand.clock.pass_by(hours=3)
    for _ in range(2):
        refresh(hand.context, "worker")
        hand.sync()
        hand.work_off()
        hand.clock.pass_by(hours=2)
    _, done = hand.sync()

    with hand.connector.store.read() as conn:
        known = {one.id: one for one in mirror.every(conn, "main")}
        assert (gaps.open_gaps(conn, "main"), due.dead(conn, "main")) == ([], [])
    truth = {one.id: one for one in hand.context.jira.read(list(known), hand.context.fields).issues}
    assert known.keys() == truth.keys() == {*epics, metric, *stories}
    for id_, one in truth.items():
        mine = known[id_]
        assert (mine.status, mine.parent_id, mine.labels, mine.resolution, mine.unknowns) == (
            one.status, one.parent_id, one.labels, one.resolution, {},
        )  # fmt: skip
        assert {name: mine.fields[name] for name in one.fields} == one.fields
    assert done.written == 0


def deliver(hand: Hand, ids: list[str], dice: random.Random) -> None:
    """What Jira tells of most of these issues."""
    with hand.connector.store.write() as conn:
        for id_ in ids:
            body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": id_}}).encode()
            if dice.random() < 0.6:
                inbox.store(conn, "main", f"{id_} {hand.clock()}", body, hand.clock(), "jira:issue_updated")
