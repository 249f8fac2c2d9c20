"""Whether a process that spoke before is certainly gone: never said of one that lives, nor of one that cannot be seen from here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from plugin.jobs.orphans import find_orphans
from plugin.runtime.processes import process
from plugin.runtime.processes.process import ProcessId, is_gone, process_of, this_process, worker_name
from plugin.runtime.serving import fork_server, production_server

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


@pytest.mark.parametrize(("words", "known"), [(3, False), (19, False), (20, True), (21, True)])
def test_a_stat_that_is_cut_short_tells_nothing(
    words: int, known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """proc(5): the state is the first field behind the name, the start the twentieth; the name may hold blanks and parentheses."""
    monkeypatch.setattr(process, "PROC", tmp_path)
    (tmp_path / "7").mkdir()
    fields = ["S", *(str(number) for number in range(2, words + 1))]
    (tmp_path / "7" / "stat").write_text(f"7 (a b) c) {' '.join(fields)}\n")
    found = process._stat(7)
    assert (found is not None) is known
    if found is not None:
        assert (found[process.STATE], found[process.BEGAN]) == ("S", "20")
    assert process._stat(8) is None, "there is no such process"


@pytest.mark.parametrize("ends", [production_server._end_with, fork_server._end_with])
def test_a_process_ends_with_the_one_that_began_it(
    ends: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    parents, slept = iter([7, 7, 7, 1]), []

    class Ended(BaseException):
        pass

    def end(code: int) -> None:
        raise Ended(code)

    for module in (production_server, fork_server):
        monkeypatch.setattr(module, "os", SimpleNamespace(getppid=lambda: next(parents), _exit=end))
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=slept.append))
    with pytest.raises(Ended) as ended:
        ends(7)
    assert (ended.value.args, slept) == ((1,), [0.25] * 3)
