"""Files that not even root can write, as on a file system that turned read-only under whoever has them open."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def immutable(files: Iterable[Path]) -> Iterator[None]:
    """These for a while. Skips the test where the machine or its file system does not know such files, or does not let one have them."""
    command, named = shutil.which("chattr"), list(files)
    if command is None:
        pytest.skip("files cannot be made immutable here: there is no chattr")
    made = subprocess.run([command, "+i", *named], capture_output=True, text=True, check=False)
    try:
        if made.returncode:
            pytest.skip(f"files cannot be made immutable here: {made.stderr.strip()}")
        yield
    finally:
        subprocess.run([command, "-i", *named], capture_output=True, check=False)
