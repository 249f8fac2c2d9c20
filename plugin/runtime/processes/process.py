"""Which process is speaking, and whether one that spoke before is certainly gone.

A pid says something only where it was given: on the same boot of the same kernel, within the same pid namespace (each container
has its own). Together these are the `place`. What another place says is neither confirmed nor denied here.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")
STATE, BEGAN = 0, 19
"""Places in /proc/<pid>/stat after the name, which may hold anything but ends with the last parenthesis."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """`began` is the kernel's count of ticks when it started, so that a pid that is used again is another process."""

    place: str
    pid: int
    began: str

    @property
    def name(self) -> str:
        """As claims bear it."""
        return f"{self.place}.{self.pid}.{self.began}"


def this_process() -> ProcessId:
    """The one this code runs in; also right after a fork."""
    return _identified(os.getpid())


def worker_name(part: str) -> str:
    """The name under which a part of this process claims work."""
    return f"{this_process().name}/{part}"


def process_of(worker: str) -> ProcessId | None:
    """The process that a worker's name tells of, None where it tells of none."""
    words = worker.partition("/")[0].split(".")
    if len(words) != 3 or not words[1].isdecimal():
        return None
    return ProcessId(words[0], int(words[1]), words[2])


def is_gone(process: ProcessId) -> bool:
    """Whether it certainly lives no more. False where that cannot be known from here."""
    if not process.place or process.place != this_process().place:
        return False
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is there, and belongs to another user
    stat = _stat(process.pid)
    return stat is not None and (stat[BEGAN] != process.began or stat[STATE] in ("Z", "X"))


@lru_cache(maxsize=4)
def _identified(pid: int) -> ProcessId:
    stat = _stat(pid)
    return ProcessId(_place() if stat else "", pid, stat[BEGAN] if stat else "0")


def _place() -> str:
    """Empty where there is no Linux to say."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = (PROC / "self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:12]


def _stat(pid: int) -> list[str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    words = text.rpartition(")")[2].split()
    return words if len(words) > BEGAN else None
