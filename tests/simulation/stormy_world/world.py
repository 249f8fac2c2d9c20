"""One seed's world: a sandbox, people, a post office, workers and a clock, all in one thread. The same seed tells the same story."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from stormy_world.clock import VirtualClock
from stormy_world.jira import URL, connected, environ_of, sandbox_site
from stormy_world.judged import SITE
from stormy_world.people import People
from stormy_world.perils import SAFE, Chances, PerilousStore, Perils, WorkerDied
from stormy_world.post import PostOffice, Reliability
from stormy_world.stage import Stage
from stormy_world.upheaval import Upheaval
from stormy_world.weather import worsen
from stormy_world.witness import Witness
from werkzeug.test import run_wsgi_app

from connectors.jira.http.address import Deployment
from connectors.jira.http.errors import JiraError
from connectors.sandbox.webhooks import Message
from connectors.store import Store, StoreError
from connectors.store.work import due, inbox, losses
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.connector import Site as JiraSite
from plugin.runtime.demonstration import EVENTS
from plugin.sync.context import Context
from plugin.sync.reconcile import hold
from plugin.sync.refresh.reread import land_issues
from plugin.sync.resync.full import resync
from plugin.sync.resync.recent import resync_recent
from plugin.sync.work import turn

SECRET = "a secret of the simulation"
PATH_TOKEN = "an-unguessable-end-of-the-path"
HOOKS = "http://okr.example.test/webhooks/jira/main"
MOST_TURNS = 600
UPHEAVAL = 0.08
"""How likely something happens to the site itself in a step."""


def deployment_of(seed: int) -> Deployment:
    """One seed in three plays on Data Center. Dice of its own: the stories of the others stay what they were."""
    return "datacenter" if random.Random(f"{seed}:on").random() < 1 / 3 else "cloud"


class World:
    """Everything of one seed."""

    def __init__(self, stage: Stage, seed: int, deployment: Deployment | None = None) -> None:
        self.seed = seed
        self.ground = stage.grounds[deployment or deployment_of(seed)]
        self.dice = random.Random(seed)
        random.seed(seed)  # jitter of the code under test
        stage.clear()
        self.stage = stage
        self.clock = VirtualClock()
        self.perils = Perils(self._dice("perils"))
        self.post = PostOffice(self.clock, self._dice("post"))
        self.site = sandbox_site(self.clock, self.post, self.ground.deployment)
        self.people = People(self.site.sandbox, self._dice("people"))
        self.upheaval = Upheaval(self.site.sandbox, self._dice("upheaval"))
        self.jira, self.adapter = connected(
            self.site, self.perils, self.clock, governed=self.dice.random() < 0.5
        )
        self.mapping = self.dice.choice(self.ground.mappings)
        self.store = PerilousStore(stage.store, self.perils)
        self.adapter.page_size = self._dice("pages").choice((7, 100))
        self.workers = 0
        self.resyncs = 0
        self.trouble = ""
        self.witness = Witness(self)
        self.store.committed = self.witness.look
        self.adapter.took = self.witness.wrote
        self._open_the_door()

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")

    def _open_the_door(self) -> None:
        connector = Connector(
            self.stage.settings,
            self.store,
            {SITE: JiraSite(SITE, self.jira, URL, SECRET if self._signs else None, PATH_TOKEN)},
            self.clock,  # type: ignore[arg-type]
        )
        self.app = create_app(connector)
        self.post.deliver = self._deliver
        self.perils.meanwhile = self._meanwhile
        door = {"url": HOOKS, "secret": SECRET} if self._signs else {"url": f"{HOOKS}/{PATH_TOKEN}"}
        self.site.webhooks.create({"name": "OKR", "events": EVENTS, **door})

    @property
    def _signs(self) -> bool:
        """Data Center 9 cannot sign: an unguessable path stands for the signature."""
        return self.ground.deployment == "cloud"

    @property
    def tables(self) -> Store:
        """The store without its perils."""
        return self.stage.store

    @property
    def upheavals(self) -> int:
        """How often something happened to the site itself: each may change every number."""
        return 5 * self.upheaval.happened.total()

    @property
    def repeats(self) -> Counter[tuple[str, str]]:
        """Writes that brought nothing new."""
        return self.adapter.repeats

    def context(self) -> Context:
        """What a worker that starts now knows."""
        return Context(
            SITE,
            self.jira,
            self.store,  # type: ignore[arg-type]
            self.mapping,
            self.ground.catalogue,
            self.clock,
            timedelta(seconds=0.4),
            timedelta(seconds=5),
        )

    def _deliver(self, message: Message) -> int | None:
        """The connector's answer; None where it died before it gave one."""
        import requests

        request = requests.Request("POST", message.url, dict(message.headers), data=message.body).prepare()
        before, self.perils.chances = self.perils.chances, self._at_the_door()
        try:
            chunks, status, _ = run_wsgi_app(self.app, environ_of(request), buffered=True)
            b"".join(chunks)
            return int(status.split()[0])
        except WorkerDied:
            return None
        finally:
            self.perils.chances = before

    def _at_the_door(self) -> Chances:
        now = self.perils.chances
        return Chances(now.death, now.locked, 0.0)

    # -- what may happen

    def work(self) -> int:
        """One worker takes one turn and may die in it; how much it did."""
        self.workers += 1
        try:
            done = turn(self.context(), f"worker-{self.workers}")
        except (WorkerDied, StoreError):
            return 1
        return done.deliveries + done.reconciled + done.failed

    def look_again(self, *, anew: bool = False) -> bool:
        """A resync, as the schedule runs it; False where it did not come to its end: then the next one goes on, unless `anew`."""
        try:
            resync(self.context(), anew=anew)
        except (WorkerDied, StoreError, JiraError) as trouble:
            self.trouble = repr(trouble)
            return False
        self.resyncs += 1
        return True

    def look_at_recent(self) -> None:
        """An incremental resync, as the schedule runs it; it may not come to its end."""
        with suppress(WorkerDied, StoreError, JiraError):
            resync_recent(self.context())

    def _meanwhile(self) -> None:
        """At a boundary of a worker the world moves on."""
        what = self.dice.random()
        if what < 0.4:
            self.people.do_something()
        elif what < 0.7:
            self.post.hand_over()
        elif what < 0.9:
            self.work()
        else:
            self.clock.sleep(self.dice.uniform(0, 10))

    def step(self, chances: Chances) -> None:
        """A little of everything."""
        dice = self.dice
        self.clock.sleep(dice.choice((0.05, 0.3, 1, 3, 10, 70)))
        for _ in range(dice.choice((0, 1, 1, 2))):
            self.people.do_something()
        if dice.random() < 0.25:
            worsen(self.site, dice)
        if dice.random() < UPHEAVAL:
            self.upheaval.happen()
        self.perils.chances = chances
        try:
            self.post.hand_over(dice.choice((0, 3, 1000)))
            for _ in range(dice.choice((0, 1, 1, 2))):
                self.work()
            if dice.random() < 0.02:
                self.look_again()
            if dice.random() < 0.05:
                self.look_at_recent()
        finally:
            self.perils.chances = SAFE

    # -- the calm after

    def calm(self) -> None:
        """No more faults; what is under way arrives, and what was out of sight is seen again."""
        self.upheaval.mend()
        self.perils.chances = SAFE
        self.site.faults.clear()
        self.site.searcher.expire_tokens = False
        self.post.reliability = Reliability()
        self.site.sandbox.search_lag = timedelta(0)
        self.site.sandbox.catch_up(everything=True)

    def settle(self) -> int:
        """Let workers take turns until nothing waits; how many turns. Fails where it does not end."""
        for turns in range(MOST_TURNS):
            self.post.hand_over()
            if not self._left() and not self.post.waiting and not self._approve():
                return turns
            if not self.work():
                self.clock.sleep(20)
        raise AssertionError(f"seed {self.seed}: still not settled after {MOST_TURNS} turns: {self._left()}")

    def _approve(self) -> bool:
        """Where a resync was held because much would change, or is missing, a person looks at it and lets it go."""
        accepted = self._accept_losses()
        with self.stage.store.read() as conn:
            held = hold.standing(conn, SITE)
        if held is None:
            return accepted
        hold.release(self.context())
        with self.stage.store.write() as conn:
            due.mark(conn, SITE, held.objectives, self.clock(), "approved")
        return True

    def _accept_losses(self) -> bool:
        """Of what Jira shows no more a person knows what is deleted; the rest comes back to sight. Whether any was: then there is work."""
        with self.stage.store.read() as conn:
            waiting = {one.issue_id for one in losses.all(conn, SITE, "held")}
        gone = waiting - self.site.sandbox.records.keys()
        if gone:
            with self.stage.store.write() as conn:
                land_issues(self.context(), conn, [], gone)
                losses.settle(conn, SITE, gone, "accepted", "a person", self.clock())
        return bool(gone)

    def _left(self) -> tuple[object, ...]:
        with self.stage.store.read() as conn:
            pending = [delivery.id for delivery in inbox.pending(conn, 10)]
            count = due.pending_count(conn)
        return (f"{count} objectives are due", pending) if count or pending else ()


def storm(world: World, steps: int, chances: Chances, wind: Callable[[random.Random], Reliability]) -> None:
    """Found the company, sync it, then let it storm."""
    world.people.found()
    assert world.look_again()
    world.settle()
    world.post.reliability = wind(world.dice)
    world.site.sandbox.search_lag = timedelta(seconds=world.dice.choice((0, 0, 5, 60)))
    for _ in range(steps):
        world.step(chances)
    world.calm()
