"""What `jira-okr status` says of processes, sources of deliveries and the webhook, line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.store.jobs.counts import ProcessCounts
from plugin.cli.work import status as command
from plugin.runtime.processes.heartbeat import Process
from plugin.runtime.processes.process import this_process
from plugin.use_cases.health.status import SiteStatus

NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)


def process(role: str, age: int, **more: str) -> Process:
    at = NOW - timedelta(seconds=age)
    return Process(role, "okr-1", 4711, role, at, 2, 2, ProcessCounts(), **more)


def test_each_process_is_told_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    killed = {"place": this_process().place, "began": "1"}
    found = [process("serve", 5), process("worker", 3_600), process("serve", 5, **killed)]
    command._show_processes(SiteStatus("main", NOW, processes=tuple(found)))
    assert capsys.readouterr().out == (
        "serve okr-1, process 4711: 2 workers, heard 5 seconds ago\n"
        "worker okr-1, process 4711: SILENT: stopped or stuck, heard 60 minutes ago\n"
        "serve okr-1, process 4711: GONE: it was killed or crashed, heard 5 seconds ago\n"
    )
    command._show_processes(SiteStatus("main", NOW, processes=tuple(found[1:])))
    assert capsys.readouterr().out.endswith("no process is at work: start jira-okr serve\n")
