"""Whether a process that spoke before is certainly gone: never said of one that lives, nor of one that cannot be seen from here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from plugin.jobs.orphans import find_orphans
from plugin.runtime.processes.process import ProcessId, is_gone, process_of, this_process, worker_name

SAYS_WHO = "import sys; from plugin.runtime.processes.process import this_process; print(this_process().name, flush=True); sys.stdin.read()"


def test_a_living_process_is_not_gone_and_a_killed_one_is_at_once() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SAYS_WHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    other = process_of(child.stdout.readline().strip() + "/thread")
    assert other is not None
    assert other.pid == child.pid
    assert not is_gone(other)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(other), "nobody has asked for its exit code yet"
    child.wait()
    assert is_gone(other)
    child.stdin.close()
    child.stdout.close()


def test_what_cannot_be_known_is_not_said() -> None:
    me = this_process()
    assert not is_gone(me)
    assert not is_gone(replace(me, place="elsewhere", pid=2**22 - 1))
    assert not is_gone(replace(me, place=""))
    assert not is_gone(replace(_of(1), began=_of(1).began))


def _of(pid: int) -> ProcessId:
    from plugin.runtime.processes import process

    return process._identified(pid)


def test_a_pid_that_is_used_again_is_another_process() -> None:
    assert is_gone(replace(this_process(), began="1"))


@pytest.mark.parametrize(
    "name", ["drain", "job-12", "okr-work-0-ab12", "a.b.c/d", "", "/", "a.1", "1.2.3.4/x"]
)
def test_names_that_tell_of_no_process_are_nobodys_orphans(name: str) -> None:
    assert process_of(name) is None
    assert find_orphans([name], lambda _process: True) == []


def test_orphans_are_those_of_dead_processes_alone() -> None:
    dead, living = ProcessId("here", 7, "1"), ProcessId("here", 8, "2")
    names = [f"{dead.name}/a", f"{dead.name}/job-3", f"{living.name}/a", "drain"]
    assert find_orphans(names, lambda one: one == dead) == [f"{dead.name}/a", f"{dead.name}/job-3"]
    assert process_of(worker_name("x")) == this_process()
