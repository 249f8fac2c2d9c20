"""`mappings` by itself: the names that docs/library.md promises, and that nothing else of the product is needed for them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import mappings

PAGE = (Path(__file__).parents[2] / "docs/library.md").read_text(encoding="utf-8")
ALONE = """
import sys
for name in ("connectors", "plugin", "flask", "requests", "sqlalchemy", "msgspec"):
    sys.modules[name] = None  # importing it fails
exec(sys.stdin.read())
"""


def test_the_example_runs_where_nothing_else_is_there() -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    [printed] = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", ALONE], input=example, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == (printed, "")


def test_each_name_is_there_and_told() -> None:
    [told] = re.findall(r"^## What it holds\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line.split("|")[1] for line in told.splitlines() if line.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == mappings.__all__
    assert sorted(name for names in mappings.HOMES.values() for name in names) == mappings.__all__
    assert [name for name in mappings.__all__ if getattr(mappings, name).__name__ != name] == []
    assert not hasattr(mappings, "nothing_of_the_kind")
