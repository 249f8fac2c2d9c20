"""What happened in a run of real processes, and when: it cannot be replayed exactly, so it is written down."""

from __future__ import annotations

import threading
import time
from pathlib import Path


class Chronicle:
    """Lines with the seconds since the beginning. Threads share it."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def note(self, who: str, what: str) -> None:
        """One thing that happened, now."""
        with self._lock:
            self._lines.append(f"{time.monotonic() - self._begun:8.3f}  {who:<10} {what}")

    def count(self, word: str) -> int:
        """How many lines hold this word."""
        with self._lock:
            return sum(word in line for line in self._lines)

    def text(self) -> str:
        """All of it."""
        with self._lock:
            return "\n".join(self._lines)

    def keep(self, folder: Path) -> Path:
        """Write it into a folder; where."""
        path = folder / "chronicle.txt"
        path.write_text(self.text() + "\n", encoding="utf-8")
        return path
