"""One run: a sandbox Jira, people who edit it, real processes over one database, and deaths at moments that a seed chooses.

What is done and in which order is the seed's; how the processes interleave is the machine's. So everything is written down.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from fleet.chronicle import Chronicle
from fleet.gateway import Gateway, Ledger, Strike
from fleet.post import PLACE, Post
from fleet.processes import Fleet, Process
from stormy_world.approval import accept_losses
from stormy_world.judged import SITE
from stormy_world.people import People
from stormy_world.stage import DEPLOYMENTS, texts
from stormy_world.weather import trouble

from connectors.jira.http.address import Deployment
from connectors.jira.http.errors import JiraError
from connectors.sandbox import CONNECTOR, SandboxServer, WebhookFaults
from connectors.store import Store, StoreError
from connectors.store.work import due, inbox
from connectors.store.writes import brakes
from mappings.document.mapping import Mapping
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.composition import build_connector, path_token
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import EVENTS
from plugin.runtime.settings import Settings, read_settings
from plugin.sync.context import Context
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from plugin.sync.write_back import hold
from plugin.use_cases.mappings.mapping_life import activate

PERSON = Actor("a person", Permission.ADMIN)
SECRET = "a secret of the simulation"
KEY = "a long random text for sessions and paths of the simulation"
STEPS = 40
DEED_SECONDS = 0.25
"""How often somebody edits while the story waits for a process."""
LONGEST_WAIT = 3.0
"""Seconds in which a process that is to die at a call should make it, else it dies without."""
WAYS = (Strike(1, "PUT", after=True), Strike(2, "PUT"), Strike(3), Strike(2, after=True), None)
"""How processes are killed: at such a call of theirs, or at a random moment."""
DEADLINE = 180.0
"""Seconds after which something that should have come true is a failure; a busy machine may need many."""
HARMLESS = WebhookFaults()


class Story:
    """Everything of one seed over one database."""

    def __init__(self, seed: int, url: str, folder: Path) -> None:
        self.seed, self.url, self.folder = seed, url, folder
        self.distributed = url.startswith("postgres")
        self.dice = random.Random(f"{seed}:{self.distributed}:fleet")
        self.deployment: Deployment = DEPLOYMENTS[(seed + self.distributed) % 3 == 0]
        self.chronicle = Chronicle()
        self.server = self._jira()
        self.post: Post = self.server.sender  # type: ignore[assignment]
        self.gateway: Gateway = self.server.app  # type: ignore[assignment]
        self.ledger = Ledger(self.server.site, self.chronicle)
        self.people = People(self.server.sandbox, random.Random(f"{seed}:people"))
        self.fleet = Fleet(self._process)
        self.gateway.kill = self.fleet.kill
        self.post.door = lambda: self.fleet.address("serve") or PLACE
        self.connector: Connector | None = None
        self._edited_at = 0.0

    def _jira(self) -> SandboxServer:
        server = SandboxServer(seed=None, deployment=self.deployment)
        server.sender = server.site.sender = Post(self.seed, self.chronicle)
        server.app = Gateway(server.app, self.chronicle)  # type: ignore[assignment]
        return server

    # -- what the verdict looks at

    @property
    def site(self):  # type: ignore[no-untyped-def]
        return self.server.site

    upheavals = 0
    """Nothing happens to the site itself in a fleet."""

    def was_mirrored(self, _issue_id: str) -> bool:
        """Nothing is archived in a fleet, so every issue has to be found."""
        return True

    @property
    def repeats(self):  # type: ignore[no-untyped-def]
        return self.ledger.repeats

    @property
    def tables(self) -> Store:
        assert self.connector is not None
        return self.connector.store

    @property
    def mapping(self) -> Mapping:
        return self.context().mapping

    def context(self) -> Context:
        """What a worker that starts now knows."""
        assert self.connector is not None
        return self.connector.context(SITE)

    # -- settings

    def environment(self, name: str) -> dict[str, str]:
        """The settings of one process, which finds Jira's API at an address of its own."""
        jira = {
            "URL": self.server.url,
            "API_BASE": self.gateway.address(self.server.url, name) if name else self.server.url,
            **self._credentials(),
        }
        settings = {
            "DATABASE_URL": self.url,
            "SECRET_KEY": KEY,
            "BASE_URL": "https://okr.example.test",
            "QUIET_SECONDS": "0.1",
            "CEILING_SECONDS": "1",
            "LEASE_SECONDS": "60",
            "HEARTBEAT_SECONDS": "1",
            "RESYNC_MINUTES": "0",
            "DATACENTER_CALLS_PER_SECOND": "100",
            **{f"JIRA__{key}": value for key, value in jira.items()},
        }
        return {f"JIRA_OKR_{key}": value for key, value in settings.items()}

    def _credentials(self) -> dict[str, str]:
        if self.deployment == "datacenter":
            return {"PAT": CONNECTOR.token}
        return {"EMAIL": CONNECTOR.email, "TOKEN": CONNECTOR.token, "WEBHOOK_SECRET": SECRET}

    def settings(self) -> Settings:
        """The same for this process."""
        given = {key.removeprefix("JIRA_OKR_").lower(): one for key, one in self.environment("").items()}
        jira = {key.removeprefix("jira__"): given.pop(key) for key in list(given) if key.startswith("jira__")}
        return read_settings(env_file=None, jira=jira, **given)

    def _process(self, name: str, words: tuple[str, ...]) -> Process:
        return Process(name, words, self.environment(name), self.folder, self.chronicle)

    # -- the beginning

    def begin(self) -> None:
        """Found the company, bring a mapping in, sync, start the fleet, and tell Jira where to deliver."""
        self.server.start()
        self.people.found()
        self.connector = build_connector(self.settings())
        text = self.dice.choice(texts(self.deployment, fed=False))
        activate(self.connector, PERSON, SITE, text, large=True)
        resync(self.context())
        drain(self.context)
        self._start_the_fleet()
        self._open_the_door()
        self.chronicle.note("story", f"{self.mapping.document.name} on {self.deployment}; the storm begins")

    def _start_the_fleet(self) -> None:
        self.fleet.add("serve", "serve", "--port", "0", "--workers", "0" if self.distributed else "2")
        if self.distributed:
            for number in (1, 2):
                self._hire(number)
        self.eventually(self._up, "every process is up")

    def _hire(self, number: int) -> None:
        self.fleet.add(f"worker-{number}", "worker", "--threads", str(self.dice.choice((1, 2))))

    def _open_the_door(self) -> None:
        hooks = f"{PLACE}/webhooks/jira/{SITE}"
        signed = self.deployment == "cloud"
        door = (
            {"url": hooks, "secret": SECRET}
            if signed
            else {"url": f"{hooks}/{path_token(SITE, self.settings())}"}
        )
        self.server.site.webhooks.create({"name": "OKR", "events": EVENTS, **door})

    def _up(self) -> bool:
        self._nobody_fell()
        return self.fleet.ready

    def _nobody_fell(self) -> None:
        fallen = self.fleet.fallen
        said = [f"{name} ended by itself: {self.fleet.members[name].last_words}" for name in fallen]
        assert not said, said

    # -- the storm

    def storm(self) -> None:
        """Steps of people and weather; among them deaths, and more and fewer workers."""
        dice = self.dice
        share = dice.choice((0.0, 0.05, 0.15))
        self.post.faults = WebhookFaults(share, 0.1, 0.3, 0.2, dice.choice((0.2, 0.6)))
        self.server.sandbox.search_lag = timedelta(seconds=dice.choice((0.0, 0.3, 1.0)))
        events = self._events()
        for step in range(STEPS):
            self._step()
            for event in events.get(step, ()):
                event()
        for name in list(self.fleet.members):
            self.eventually(partial(self._stands, name), f"{name} is up after all", self._life_goes_on)

    def _events(self) -> dict[int, list[Callable[[], None]]]:
        """What befalls the fleet, by step."""
        some = [partial(self._kill_one, way) for way in self.dice.sample(WAYS, 4 if self.distributed else 3)]
        some += [self._sync_meanwhile]
        if self.distributed:
            some += [partial(self._hire, 3), self._let_one_go]
        steps = sorted(self.dice.sample(range(2, STEPS - 2), len(some)))
        order = some[:]
        self.dice.shuffle(order)
        return {step: [event] for step, event in zip(steps, order, strict=True)}

    def _step(self) -> None:
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            self._somebody_edits()
        if self.dice.random() < 0.2 and len(self.server.faults.waiting()) < 4:
            self._worsen()
        time.sleep(self.dice.uniform(0.01, 0.1))

    def _somebody_edits(self) -> None:
        with self.server.sandbox.lock:
            self.people.do_something()
        self._edited_at = time.monotonic()

    def _life_goes_on(self) -> None:
        if time.monotonic() - self._edited_at > DEED_SECONDS:
            self._somebody_edits()

    def _worsen(self) -> None:
        """One more fault that a run of seconds can outlast: a quota says in seconds when it comes back, else that is the full hour."""
        fault = trouble(self.dice, self.deployment)
        known = "seconds" if "quota" in (fault.reason or "") else fault.retry_after
        fault = replace(fault, seconds=self.dice.choice((0.1, 1.0)), retry_after=known)
        self.server.faults.add(fault)
        self.chronicle.note(
            "weather", f"{fault.kind} {fault.status} on {fault.path!r} x{fault.times}, {fault.reason}"
        )

    def _kill_one(self, way: Strike | None) -> None:
        """Either at one of its next calls, before or after Jira hears of it, or a moment from now, wherever it is."""
        callers = [name for name in sorted(self.fleet.members) if name != "serve" or not self.distributed]
        name = self.dice.choice(callers if way is not None else sorted(self.fleet.members))
        moment = self.dice.uniform(0, 0.1)
        self.eventually(lambda: self._stands(name), f"{name} is up", self._life_goes_on)
        if way is not None:
            self.gateway.strike(name, way)
            self.chronicle.note("story", f"{name} shall die: {way}")
        else:
            time.sleep(moment)
            self.fleet.kill(name, "at a random moment")

    def _stands(self, name: str) -> bool:
        """Up again, and struck where that was planned; who did not call for a while dies as it stands."""
        self._nobody_fell()
        if self.gateway.overdue(name, LONGEST_WAIT):
            self.fleet.kill(name, "for it made no such call")
        return not self.gateway.planned(name) and self.fleet.members[name].ready

    def _sync_meanwhile(self) -> None:
        """Somebody runs a sync beside the workers; one in two dies on the way."""
        if self.dice.random() < 0.5:
            self.gateway.strike("sync", Strike(self.dice.randint(2, 8), "", self.dice.random() < 0.5))
        self.fleet.visit("sync", "sync")

    def _let_one_go(self) -> None:
        self.eventually(self._up, "every process is up before one goes", self._life_goes_on)
        self.fleet.remove(self.dice.choice([name for name in sorted(self.fleet.members) if name != "serve"]))

    # -- the calm after

    def settle(self) -> None:
        """No more faults; everything arrives; one resync heals what was lost; work goes on until nothing waits."""
        self._calm()
        self.eventually(self._up, "every process is up")
        self.eventually(lambda: not self.post.pending, "every delivery has arrived or is lost")
        self.eventually(self._inbox_is_empty, "the inbox is empty")
        self.eventually(self._looked_again, "a resync comes to its end")
        self.eventually(self._idle, "nothing is due")

    def _calm(self) -> None:
        for name in self.gateway.spare():
            self.fleet.kill(name, "at the end of the storm")
        self.server.faults.clear()
        self.post.faults = HARMLESS
        with self.server.sandbox.lock:
            self.server.sandbox.search_lag = timedelta(0)
            self.server.sandbox.catch_up(everything=True)
        for visitor in self.fleet.passing.values():
            visitor.wait()
        self.chronicle.note("story", "the storm is over")

    def _looked_again(self) -> bool:
        try:
            resync(self.context())
        except (JiraError, StoreError) as problem:
            self.chronicle.note("story", f"resync: {problem}")
            return False
        self.chronicle.note("story", "resync done")
        return True

    def _inbox_is_empty(self) -> bool:
        with self.tables.read() as conn:
            return not inbox.load_pending(conn, 1)

    def _idle(self) -> bool:
        self._approve()
        with self.tables.read() as conn:
            waiting = due.pending_count(conn) or len(inbox.load_pending(conn, 1))
        return not waiting and not self.post.pending

    def _approve(self) -> None:
        """Where a resync was held because much would change, or is missing, a person looks at it and lets it go."""
        with self.server.sandbox.lock:
            in_jira = set(self.server.sandbox.records)
        if accept_losses(self.context(), in_jira):
            self.chronicle.note("story", "a person accepts that issues are gone")
        with self.tables.read() as conn:
            held = brakes.load_standing(conn, SITE)
        if held is not None:
            hold.release(self.context())
            with self.tables.write() as conn:
                self.context().mark(conn, held.objectives, "approved")
            self.chronicle.note("story", f"held resync released: {held.reason}")

    # -- waiting

    def eventually(
        self, truth: Callable[[], bool], what: str, meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        """Wait until something holds; fails where it never does."""
        end = time.monotonic() + DEADLINE
        while not truth():
            meanwhile()
            if time.monotonic() > end:
                raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")
            time.sleep(0.05)
        self.chronicle.note("story", what)

    def end(self) -> None:
        """Stop what runs and close what is open; what happened stays beside the data."""
        self.chronicle.keep(self.folder)
        self.fleet.end()
        self.server.stop()
        if self.connector is not None:
            for site in self.connector.sites.values():
                site.jira.close()
            self.connector.store.close()
