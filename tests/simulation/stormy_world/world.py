"""One seed's world: a sandbox, people, a post office, workers and a clock, all in one thread. The same seed tells the same story."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, func, select
from stormy_world.approval import accept_losses
from stormy_world.clock import BEGINNING, NEW_QUARTER, SHORTLY_BEFORE, VirtualClock
from stormy_world.forge_app import found_app, jira_as_app
from stormy_world.goals import found_goals
from stormy_world.jira import URL, connected, environ_of, sandbox_site
from stormy_world.judged import SITE
from stormy_world.people import CYCLE, NEXT_CYCLE, People
from stormy_world.perils import SAFE, Chances, PerilousStore, Perils, WorkerDied
from stormy_world.planning import EVENTS as PLANNED_EVENTS
from stormy_world.planning import Planning
from stormy_world.post import PostOffice, Reliability
from stormy_world.stage import Stage
from stormy_world.upheaval import Upheaval
from stormy_world.verdict import wrong_mirror
from stormy_world.weather import worsen
from stormy_world.witness import Witness
from werkzeug.test import run_wsgi_app

from connectors.jira.http.address import Deployment
from connectors.jira.http.errors import JiraError
from connectors.sandbox import Fault
from connectors.sandbox.traffic.webhooks import SignedBody
from connectors.store import Store, StoreError
from connectors.store.cycles import closings
from connectors.store.database.instant import to_ms
from connectors.store.jobs.background_jobs import SILENT_FOR
from connectors.store.mappings import activation_runs, revisions
from connectors.store.numbers import objectives
from connectors.store.schema import due as due_table
from connectors.store.sites import catalogues
from connectors.store.work import due, inbox
from connectors.store.writes import brakes
from mappings.diagnostic import MappingError
from mappings.document.mapping import Mapping
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.jobs.schedules import look_at_pace, with_names_of_today
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.connector import Site as JiraSite
from plugin.runtime.demonstration import EVENTS
from plugin.sync.context import Context
from plugin.sync.refresh import names
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.work import turn
from plugin.sync.write_back import hold
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.cycles.cycles import is_closed
from plugin.use_cases.mappings.mapping_life import activate, resume_activation

PERSON = Actor("a person", Permission.ADMIN)
SECRET = "a secret of the simulation"
PATH_TOKEN = "an-unguessable-end-of-the-path"
HOOKS = "http://okr.example.test/webhooks/jira/main"
MOST_TURNS = 600
ANOTHER_DAY = timedelta(minutes=30)
"""What waits longer than this waits for tomorrow: nothing else is put off for so long."""
MOST_TRIES = 3
"""So often an interrupted activation is gone on with in the calm: where names of its text mean nothing any more, it never ends."""
A_QUOTA = timedelta(hours=1)
"""An hourly quota comes back with the full hour: what was told by then to wait for it asks Jira for nothing, however calm it is."""
UPHEAVAL = 0.12
"""How likely something happens to the site itself in a step."""
ANOTHER_PLAN = 0.2
"""How likely sprints, versions or who is in them change in a step, where they matter."""
ANOTHER_MAPPING = 0.015
"""How likely a person activates another mapping in a step: in half of the storms nobody does."""
A_CLOSING = 0.1
"""How likely a person closes the quarter in a step, or opens it again."""
A_LOOK_AT_THE_DAY = 0.3
"""How likely a step looks whether another day has begun, where one does."""
EVERYTHING_DUE = 0.04
"""How likely all objectives become due at once in a step, as at midnight: children and parents together."""


def deployment_of(seed: int) -> Deployment:
    """One seed in three plays on Data Center. Dice of its own: the stories of the others stay what they were."""
    return "datacenter" if random.Random(f"{seed}:on").random() < 1 / 3 else "cloud"


def goes_by_plan(seed: int) -> bool:
    """In one seed of six sprints and versions decide what counts; with dice of its own, too."""
    return random.Random(f"{seed}:by plan").random() < 1 / 6


def turns_the_quarter(seed: int) -> bool:
    """In one seed of six a cycle ends in the midst of the storm."""
    return random.Random(f"{seed}:new quarter").random() < 1 / 6


class World:
    """Everything of one seed."""

    def __init__(self, stage: Stage, seed: int, deployment: Deployment | None = None) -> None:
        self.seed = seed
        self.ground = stage.grounds[deployment or deployment_of(seed)]
        self.dice = random.Random(seed)
        random.seed(seed)  # jitter of the code under test
        stage.clear()
        self.stage = stage
        self.turning = turns_the_quarter(seed)
        self.clock = VirtualClock(SHORTLY_BEFORE if self.turning else BEGINNING)
        self.perils = Perils(self._dice("perils"))
        self.post = PostOffice(self.clock, self._dice("post"))
        self.site = sandbox_site(self.clock, self.post, self.ground.deployment)
        if self.ground.deployment == "cloud":
            found_goals(self.site.sandbox)
            found_app(self.site.sandbox)
        self.people = People(self.site.sandbox, self._dice("people"))
        self.upheaval = Upheaval(self.site.sandbox, self._dice("upheaval"))
        self.people.remade = self.upheaval.remade
        if self.turning:
            self.people.cycles = (CYCLE, NEXT_CYCLE)
        self.jira, self.adapter = connected(
            self.site, self.perils, self.clock, governed=self.dice.random() < 0.5
        )
        self._app = jira_as_app(self.adapter, self.clock)
        mapping = self.dice.choice(self.ground.mappings)
        self.planning = Planning(self.site.sandbox, self._dice("planning")) if goes_by_plan(seed) else None
        if self.planning is not None:
            mapping = self.ground.planned
        self.store = PerilousStore(stage.store, self.perils)
        self.adapter.page_size = self._dice("pages").choice((7, 100))
        self.workers = 0
        self.resyncs = 0
        self.activated = 0
        self.findings: list[str] = []
        self.trouble = ""
        self._mind = self._dice("mind")
        self.connector = self._connector()
        self._onlooker = replace(self.connector, store=stage.store)
        self.mapping = mapping
        self.witness = Witness(self)
        self.store.committed = self.witness.look
        self.adapter.took = self.witness.wrote
        self._open_the_door()

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")

    def _connector(self) -> Connector:
        secret = SECRET if self._signs else None
        sites = {SITE: JiraSite(SITE, self.jira, URL, secret, PATH_TOKEN)}
        found = Connector(self.stage.settings, self.store, sites, self.clock)  # type: ignore[arg-type]
        found.as_app = lambda _site, _field: self._app
        found.monotonic = (
            self.clock.seconds
        )  # else how long this machine takes would decide what is looked up anew
        return found

    @property
    def mapping(self) -> Mapping:
        """The mapping in force."""
        return self.context().mapping

    @mapping.setter
    def mapping(self, mapping: Mapping) -> None:
        """Before anything was read: nobody needs a preview, and the site's names are known."""
        now, text = self.clock(), self.ground.texts[mapping.revision]
        with self.tables.write() as conn:
            catalogues.put(conn, SITE, self.ground.catalogue, now)
            revisions.add(conn, SITE, text, mapping.revision, "a founder", now)
            revisions.activate(conn, SITE, mapping.revision, "a founder", now)
            names.keep(conn, SITE, mapping, self.ground.catalogue)

    def _open_the_door(self) -> None:
        self.app = self.stage.open_for(self.connector)
        self.post.deliver = self._deliver
        self.perils.meanwhile = self._meanwhile
        door = {"url": HOOKS, "secret": SECRET} if self._signs else {"url": f"{HOOKS}/{PATH_TOKEN}"}
        events = EVENTS if self.planning is None else (*EVENTS, *PLANNED_EVENTS)
        self.site.webhooks.create({"name": "OKR", "events": events, **door})

    @property
    def _signs(self) -> bool:
        """Data Center 9 cannot sign: an unguessable path stands for the signature."""
        return self.ground.deployment == "cloud"

    @property
    def tables(self) -> Store:
        """The store without its perils."""
        return self.stage.store

    def was_mirrored(self, issue_id: str) -> bool:
        """Whether the mirror ever held this issue."""
        return self.witness.saw(issue_id)

    @property
    def unheard(self) -> int:
        """How many deliveries never came."""
        return self.post.dropped

    @property
    def upheavals(self) -> int:
        """How often something happened to the site itself, or to its mapping: each may change every number."""
        planned = self.planning.happened if self.planning is not None else 0
        return 5 * (self.upheaval.happened.total() + self.activated + planned)

    @property
    def repeats(self) -> Counter[tuple[str, str]]:
        """Writes that brought nothing new."""
        return self.adapter.repeats

    def context(self) -> Context:
        """What a worker that starts now knows, for whoever looks on: nothing happens to it."""
        return self._known(self._onlooker)

    def _known(self, connector: Connector) -> Context:
        """As the connector has it; but in one thread, and without asking whether people are told by e-mail."""
        return replace(connector.context(SITE), reads_ahead=False, notifying=None)

    def _deliver(self, message: SignedBody) -> int | None:
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
            done = turn(self._known(self.connector), f"worker-{self.workers}")
        except (WorkerDied, StoreError):
            return 1
        return done.deliveries + done.reconciled + done.failed

    def look_again(self, *, anew: bool = False) -> bool:
        """A resync, as the schedule runs it; False where it did not come to its end: then the next one goes on, unless `anew`."""
        try:
            resync(self._known(self.connector), anew=anew)
        except (WorkerDied, StoreError, JiraError) as trouble:
            self.trouble = repr(trouble)
            return False
        self.resyncs += 1
        return True

    def look_at_recent(self) -> None:
        """An incremental resync, as the schedule runs it; it may not come to its end."""
        with suppress(WorkerDied, StoreError, JiraError):
            resync_recent(self._known(self.connector))

    def learn_names(self) -> bool:
        """What Jira calls things now, as the schedule asks before each read; whether it answered."""
        try:
            with_names_of_today(self.connector, SITE)
        except (WorkerDied, StoreError, JiraError) as trouble:
            self.trouble = repr(trouble)
            return False
        return True

    def read_first(self) -> None:
        """The first read of all, which may be short: then it does not come to its end, and nothing is written of it."""
        dice = self._dice("first")
        kind = dice.choice((None, None, "empty_page", "last_with_token", "lost_token"))
        if kind is not None:
            path = "search/jql" if self.ground.deployment == "cloud" else "search"
            self.site.faults.add(
                Fault(kind, path=path, times=dice.randint(1, 3), skip=dice.choice((0, 0, 1, 2)))
            )
            came = self.look_again()
            self.site.faults.clear()
            for _ in range(3):
                self.work()
                self.clock.sleep(20)
            if came:
                self.findings += [f"after a first read with {kind}: {one}" for one in wrong_mirror(self)]
            elif self.site.calls.edits.total():
                self.findings.append(f"fields were written after a first read that was cut short by {kind}")
        assert self.look_again(), f"seed {self.seed}: the first read in the calm: {self.trouble}"

    def activate_another(self) -> None:
        """A person wants another mapping to rule. Where its names are other ones by now, or a worker dies over it, it may not come to that."""
        ruling, planned = self._ruling(), self.ground.planned.revision
        others = [
            text
            for name, text in self.ground.texts.items()
            if name != ruling and (name != planned or self.planning is not None)
        ]
        text = self._mind.choice(others)
        with suppress(WorkerDied, StoreError, JiraError, Refusal, MappingError):
            activate(self.connector, PERSON, SITE, text, large=True)
            self.activated += 1

    def _ruling(self) -> str | None:
        with self.tables.read() as conn:
            return revisions.active_name(conn, SITE)

    def go_on_activating(self) -> bool:
        """As the schedule does, where an activation was interrupted; whether none waits any more."""
        with suppress(WorkerDied, StoreError, JiraError, Refusal, MappingError):
            resume_activation(self.connector, SITE)
        with self.tables.read() as conn:
            return activation_runs.get(conn, SITE) is None

    def everything_due(self) -> None:
        """As at midnight: children and parents together."""
        with suppress(WorkerDied, StoreError), self.store.write() as conn:
            due.mark(conn, SITE, objectives.ids(conn, SITE), self.clock(), "a new day")

    def begin_day(self) -> bool:
        """As the schedule does after midnight; False where it did not come to its end."""
        with suppress(WorkerDied, StoreError, JiraError):
            look_at_pace(self.connector, SITE, lambda: None)
            return True
        return False

    def close_or_reopen(self, *, closes: bool = True) -> None:
        """A person closes the quarter, or opens it again: it may not be over yet, or not be looked at."""
        with self.tables.read() as conn:
            closed = is_closed(closings.acts(conn, SITE, CYCLE))
        with suppress(WorkerDied, StoreError, JiraError, Refusal):
            if closed:
                reopen_cycle(self.connector, PERSON, SITE, CYCLE, "Something was forgotten.")
            elif closes:
                close_cycle(self.connector, PERSON, SITE, CYCLE, reason="The quarter is over.")

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
        if self.planning is not None and self.planning.dice.random() < ANOTHER_PLAN:
            self.planning.happen()
        self.perils.chances = chances
        try:
            self._rule()
            self.post.hand_over(dice.choice((0, 3, 1000)))
            for _ in range(dice.choice((0, 1, 1, 2))):
                self.work()
            if dice.random() < 0.02 and self.learn_names():
                self.look_again()
            if dice.random() < 0.05 and self.learn_names():
                self.look_at_recent()
        finally:
            self.perils.chances = SAFE

    def _rule(self) -> None:
        """What concerns the mapping and all objectives at once."""
        if self._mind.random() < ANOTHER_MAPPING:
            self.activate_another()
        if self._mind.random() < 0.1:
            self.go_on_activating()
        if self._mind.random() < EVERYTHING_DUE:
            self.everything_due()
        if self.turning and self._mind.random() < A_LOOK_AT_THE_DAY:
            self.begin_day()
        if self.turning and self._mind.random() < A_CLOSING:
            self.close_or_reopen()

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
        for _ in range(MOST_TRIES):
            self.clock.sleep(SILENT_FOR.total_seconds())
            if self.go_on_activating():
                break
        if not self.learn_names() and "RateLimitError" in self.trouble:
            self.clock.sleep(A_QUOTA.total_seconds())
        assert self.learn_names(), f"seed {self.seed}: the names in the calm: {self.trouble}"
        if self.turning:
            self.clock.sleep((NEW_QUARTER - self.clock()).total_seconds())
            assert self.begin_day(), f"seed {self.seed}: a new day in the calm"
            self.close_or_reopen(closes=False)
        if self.upheaval.fields_anew:
            activate(self.connector, PERSON, SITE, self.ground.texts[self.mapping.revision], large=True)

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
        accepted = accept_losses(self.context(), self.site.sandbox.records)
        with self.stage.store.read() as conn:
            held = brakes.load_standing(conn, SITE)
        if held is None:
            return accepted
        hold.release(self.context())
        with self.stage.store.write() as conn:
            due.mark(conn, SITE, held.objectives, self.clock(), "approved")
        return True

    def _put_off(self, conn: Connection) -> int:
        """How many objectives wait for another day: the goals that they feed were told enough today."""
        tomorrow = to_ms(self.clock() + ANOTHER_DAY)
        put_off = select(func.count()).select_from(due_table).where(due_table.c.run_after > tomorrow)
        return int(conn.execute(put_off).scalar_one())

    def _left(self) -> tuple[object, ...]:
        with self.stage.store.read() as conn:
            pending = [delivery.id for delivery in inbox.load_pending(conn, 10)]
            count = due.pending_count(conn) - self._put_off(conn)
        return (f"{count} objectives are due", pending) if count or pending else ()


def storm(world: World, steps: int, chances: Chances, wind: Callable[[random.Random], Reliability]) -> None:
    """Found the company, sync it, then let it storm."""
    world.people.found()
    if world.planning is not None:
        world.planning.found()
    world.read_first()
    world.settle()
    world.post.reliability = wind(world.dice)
    world.site.sandbox.search_lag = timedelta(seconds=world.dice.choice((0, 0, 5, 60)))
    for _ in range(steps):
        world.step(chances)
    world.calm()
