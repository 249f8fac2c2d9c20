"""The production server: Granian, in this process with its threads, or in several processes where the engine is distributed.

Many processes need one database that they can all write, and workers of their own: they serve only.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer
from granian.server.mt import MTServer

from plugin.jobs import engine_for
from plugin.runtime.application import create_app, lanes, refusal, worth_reading
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector, NotReady
from plugin.runtime.processes.heartbeat import Heartbeat
from plugin.runtime.processes.logs import configure_logs, known_secrets
from plugin.runtime.saved_sites import open_sites, watched
from plugin.runtime.serving.asgi_application import AsgiApplication, Limits
from plugin.runtime.settings import Settings

HEADER_MS = 10_000
"""How long a client may take to send the head of a request, and how long an idle connection is kept."""
WAITING = 1024
"""Connections that may wait to be accepted; as many may be open at once."""

log = structlog.get_logger("jira_okr.server")


class InProcess(MTServer):
    """Granian's threaded server without its supervisor: one process, and beside the requests the threads of the engine.

    Meant by its authors for Pythons without a global lock, which is all that `_check_gil` asks; Python code takes turns here.
    """

    patience: float = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.over = threading.Event()
        """Set once every request has ended: from then on nothing is cut off."""

    def _check_gil(self) -> None:
        """Any Python will do."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Stop in order, but not for ever: a request that hangs must not keep the process."""
        if not self.interrupt_signal:
            threading.Thread(target=self._give_up, name="okr-give-up", daemon=True).start()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _give_up(self) -> None:
        if self.over.wait(self.patience + 1.0):
            return
        log.warning("a request did not end in time; it is cut off", seconds=self.patience)
        os._exit(1)


def serve_alone(
    connector: Connector, host: str, port: int, ready: Callable[[], object], patience: float
) -> None:
    """Serve and work in this process until SIGTERM or SIGINT; then finish requests and objectives that are under way."""
    settings = connector.settings
    engine = engine_for(connector, settings.workers)
    connector.announce = engine.announce
    heartbeat = Heartbeat(connector, "serve", settings.workers)
    server = InProcess(**_options(host, port))
    server.patience = patience
    app = asgi_application(connector)
    engine.start()
    heartbeat.start()
    ready()
    try:
        with watched(connector):
            server.serve(target_loader=lambda: app, wrap_loader=False)
    finally:
        server.over.set()  # the engine has a patience of its own
        engine.stop(patience)
        heartbeat.stop()


def end_process() -> NoReturn:
    """End with 0, where everything is finished and closed.

    Not by the interpreter's own end: a thread of the server that still lets go of a connection then finds no interpreter, and aborts.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def serve_many(
    settings: Settings, host: str, port: int, ready: Callable[[], object], patience: float
) -> None:
    """Serve in several processes until SIGTERM or SIGINT. Nothing may be open here that a child must not inherit."""
    settings = settings.model_copy(update={"workers": 0})
    options = _options(host, port)
    server = MPServer(
        **options,
        workers=settings.http_processes,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, int(patience)),
    )
    ready()
    server.serve(target_loader=partial(_served_by_child, settings, os.getpid()), wrap_loader=False)


def asgi_application(connector: Connector) -> AsgiApplication:
    """What the server runs: pages, API and webhooks behind an event loop that waits for their clients."""
    app = create_app(connector)
    return AsgiApplication(
        app,
        Limits(threads=connector.settings.http_threads),
        worth_reading,
        constant=("/healthz",),
        lanes=lanes(app),
        wording=refusal,
    )


def require_one_writer(settings: Settings) -> None:
    """Several serving processes need PostgreSQL, and leave the work to `jira-okr worker`; raises NotReady."""
    if settings.http_processes > 1 and settings.engine_name == "embedded":
        raise NotReady(
            "JIRA_OKR_HTTP_PROCESSES above 1 needs the distributed engine. Set JIRA_OKR_DATABASE_URL to "
            "postgresql://…, or leave JIRA_OKR_HTTP_PROCESSES at 1 and raise JIRA_OKR_HTTP_THREADS."
        )


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


def _served_by_child(settings: Settings, parent: int) -> Any:
    """In a serving process: a connector of its own; ends with its parent, however that ends."""
    configure_logs(settings.log_format, secrets=known_secrets(settings))
    connector = build_connector(settings)
    threading.Thread(target=_end_with, args=(parent,), name="okr-parent", daemon=True).start()
    Heartbeat(connector, "serve", 0).start()
    open_sites(connector).start()
    return asgi_application(connector)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    with suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGTERM)
