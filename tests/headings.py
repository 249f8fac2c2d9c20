"""Tables of tests that stand in a text of their own: lines below headings."""

from __future__ import annotations

from pathlib import Path


def lines_by_heading(path: Path) -> dict[str, list[str]]:
    """The lines below each `## heading`, in the order of the text; empty lines and those that begin with `# ` are left out."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("## "):
            lines = found.setdefault(line[3:], [])
        elif line and not line.startswith("# "):
            lines.append(line)
    return found
