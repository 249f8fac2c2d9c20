"""The production server: Granian in processes that this one starts, watches, and replaces where they die.

One of them serves and works; several leave the work to `jira-okr worker`, and need one database that they can all write. The
process that watches them opens nothing and answers nobody: what could end it is not in it.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NoReturn

import structlog
from granian._granian import ListenerSpec
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from connectors.store import StoreError
from plugin.jobs import engine_for
from plugin.runtime.application import caller, create_app, lanes, quick_application, refusal, worth_reading
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.heartbeat import Heartbeat
from plugin.runtime.processes.logs import configure_logs, known_secrets
from plugin.runtime.saved_sites import watch_sites
from plugin.runtime.serving.asgi_application import AsgiApplication, Limits
from plugin.runtime.serving.fork_server import ForkServer
from plugin.runtime.serving.health_listener import health_listener
from plugin.runtime.serving.heavy_process import work
from plugin.runtime.serving.heavy_work import HeavyWork
from plugin.runtime.serving.restarts import Restarts, end_said
from plugin.runtime.settings import Settings

HEADER_MS = 10_000
"""How long a client may take to send the head of a request, and how long an idle connection is kept."""
WAITING = 1024
"""Connections that may wait to be accepted; as many may be open at once."""
LOOK_S = 0.25
"""How often a serving process looks whether the one that started it lives."""

CUT_OFF = signal.SIGUSR1
"""Tells a serving process that the requests under way had their time."""
LAST_S = 5.0
"""How long objectives may still take where requests have used up the patience."""

log = structlog.get_logger("jira_okr.server")


class WatchedProcesses(MPServer):
    """Granian's server of processes, with our rule for those that die: it would say nothing, and give up at the second one."""

    exhausted = False
    """Whether processes of one place died too often: then the exit code is 1."""
    patience: float
    """Seconds that requests have when all of it stops."""

    def _init_shared_socket(self) -> None:
        """Where one process serves, its socket is held here: who connects while a successor starts waits, and is not turned away."""
        if self.workers > 1:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
            return
        held = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd, self._sfd = held, held.get_fd()  # type: ignore[assignment]
        self._sso = socket.socket(fileno=held.get_fd())
        self._sso.set_inheritable(True)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        fared: dict[int, Restarts] = {}
        due: dict[int, float] = {}
        while True:
            self.main_loop_interrupt.wait(min(due.values()) - time.monotonic() if due else None)
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            while self.interrupt_children:
                place = self.interrupt_children.pop()
                fared[place] = fared.get(place, Restarts()).after(time.monotonic() - self.wrks[place].birth)
                pause = fared[place].pause_s
                self._tell(place, fared[place])
                if pause is None:
                    self.exhausted = True
                    return
                due[place] = time.monotonic() + pause
            for place in [one for one, at in due.items() if at <= time.monotonic()]:
                del due[place]
                self._respawn_workers([place], spawn_target, target_loader)
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop those that are left, and end: with 1 where there was no successor."""
        super().shutdown(1 if self.exhausted else exit_code)  # type: ignore[no-untyped-call]

    def _stop_workers(self) -> None:
        """Let each end in order; one that a request keeps goes on without it, and takes itself off the list still."""
        for one in self.wrks:
            one.terminate()  # type: ignore[no-untyped-call]
        over = time.monotonic() + self.patience + 1.0
        for one in self.wrks:
            one.join(max(0.0, over - time.monotonic()))  # type: ignore[no-untyped-call]
        for one in self.wrks:
            if one.inner.is_alive():
                with suppress(ProcessLookupError):
                    os.kill(one.inner.pid, CUT_OFF)
        super()._stop_workers()  # type: ignore[no-untyped-call]
        self.interrupt_children.clear()  # Ctrl-C reaches them too, and who was quick did not die

    def _tell(self, place: int, fared: Restarts) -> None:
        ended = self.wrks[place].inner
        by = end_said(ended.exitcode)
        if fared.pause_s is None:
            log.error(
                "serving processes die again and again", process=ended.pid, by=by, times=fared.short_lives
            )
        else:
            log.error(
                "a serving process died; another starts", process=ended.pid, by=by, seconds=fared.pause_s
            )


def serve_until_stopped(
    settings: Settings, host: str, port: int, ready: Callable[[], object], patience: float
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way; exits with 1 where serving processes die again and again.

    `patience` is in seconds, for requests and once more for objectives. Nothing may be open here that a child must not inherit.
    """
    server = WatchedProcesses(
        **_options(host, port),
        workers=settings.http_processes,
        workers_kill_timeout=int(max(patience, LAST_S)) + 2,
    )
    server.patience = patience
    ready()
    server.serve(
        spawn_target=_serve_in_child,
        target_loader=partial(_begun, settings, os.getpid(), patience),
        wrap_loader=False,
    )


@contextmanager
def _begun(settings: Settings, parent: int, patience: float) -> Iterator[AsgiApplication]:
    """In a serving process: a connector of its own, and the engine where it is the only one; finished at the end of the block."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # those of the parent mean nothing here
    fork_server = ForkServer(partial(work, settings))  # before there are threads, and anything to hand on
    signal.pthread_sigmask(signal.SIG_BLOCK, {CUT_OFF})  # in every thread: one waits for it
    threading.Thread(target=_end_with, args=(parent,), name="okr-parent", daemon=True).start()
    configure_logs(settings.log_format, secrets=known_secrets(settings))
    connector = build_connector(settings)
    workers = workers_here(settings)
    engine = engine_for(connector, workers)
    connector.announce = engine.announce
    heartbeat = Heartbeat(connector, "serve", workers)
    ending = threading.Lock()

    def finish(patience: float) -> None:
        engine.stop(patience)
        heartbeat.stop()
        connector.store.close()

    def cut_off() -> None:
        signal.sigwait({CUT_OFF})
        if ending.acquire(blocking=False):
            log.warning("a request did not end in time; it is cut off", seconds=patience)
            finish(LAST_S)
            end_process(0)

    with watch_sites(connector), health_listener(connector):
        heavy_work = HeavyWork(
            fork_server, settings.heavy_processes, lambda: connector.announce(), connector.meter.add
        )
        app = asgi_application(connector, heavy_work)
        engine.start()
        heartbeat.start()
        threading.Thread(target=cut_off, name="okr-cut-off", daemon=True).start()
        yield app
    with ending:
        finish(patience)
        fork_server.close()


def _serve_in_child(number: int, name: str | None, begin: Any, *rest: Any) -> NoReturn:
    """What Granian starts as a process: serves until a signal, then ends in order."""
    try:
        with begin() as app:
            MPServer._spawn_asgi_worker(number, name, lambda: app, *rest)
    except (Refusal, StoreError) as reason:
        log.error("a serving process could not start", why=str(reason))
        end_process(1)
    except Exception:
        log.exception("a serving process failed")
        end_process(1)
    end_process(0)


def end_process(code: int) -> NoReturn:
    """End, where everything is finished and closed.

    Not by the interpreter's own end: a thread of the server that still lets go of a connection then finds no interpreter, and aborts.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _end_with(parent: int) -> None:
    """Whoever kills the process that was started means all of them: at once, as it was killed, and the port is free."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def asgi_application(connector: Connector, heavy_work: HeavyWork | None = None) -> AsgiApplication:
    """What the server runs: pages, API and webhooks behind an event loop that waits for their clients. Heavy requests go to
    processes of their own where there are any.
    """
    app = create_app(connector)
    return AsgiApplication(
        quick_application(app),
        Limits(threads=connector.settings.http_threads),
        worth_reading,
        constant=("/healthz",),
        lanes=lanes(app),
        wording=refusal,
        heavy_work=heavy_work,
        callers=partial(caller, app, connector),
    )


def require_one_writer(settings: Settings) -> None:
    """Several serving processes need PostgreSQL, and leave the work to `jira-okr worker`; raises Refusal."""
    if settings.http_processes > 1 and settings.engine_name == "embedded":
        raise Refusal(
            "JIRA_OKR_HTTP_PROCESSES above 1 needs the distributed engine. Set JIRA_OKR_DATABASE_URL to "
            "postgresql://…, or leave JIRA_OKR_HTTP_PROCESSES at 1 and raise JIRA_OKR_HTTP_THREADS."
        )


def workers_here(settings: Settings) -> int:
    """How many workers a serving process has: none where several serve, which leave the work to `jira-okr worker`."""
    return settings.workers if settings.http_processes == 1 else 0


def _options(host: str, port: int) -> dict[str, Any]:
    return {
        "target": "jira-okr",
        "address": host,
        "port": port,
        "interface": Interfaces.ASGINL,
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=HEADER_MS),
        "backlog": WAITING,
        "backpressure": WAITING,
        "websockets": False,
        "log_enabled": False,
    }
