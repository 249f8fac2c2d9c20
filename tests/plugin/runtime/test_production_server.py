"""What ends a serving process, and what does not."""

from __future__ import annotations

import threading

from plugin.runtime.serving.production_server import InProcess


def test_once_all_requests_have_ended_nobody_cuts_off_the_work_that_is_finished_then() -> None:
    server = InProcess("jira-okr", log_enabled=False)
    server.patience = 3600.0
    server.signal_handler_interrupt()
    (watching,) = [one for one in threading.enumerate() if one.name == "okr-give-up"]
    server.over.set()
    watching.join(20)
    assert not watching.is_alive()
