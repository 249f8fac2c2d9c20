"""No tracked file names the host of a package registry or a path of somebody's machine.

The words are put together here, so that this file does not hold what it looks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

REGISTRIES = [
    ("py", "pi.org"),
    ("python", "hosted.org"),
    ("npm", "js.org"),
    ("npm", "js.com"),
    ("yarn", "pkg.com"),
    ("un", "pkg.com"),
    ("js", "delivr.net"),
    ("cdn", "js.com"),
    ("crates", ".io"),
    ("proxy.golang", ".org"),
    ("registry-1.docker", ".io"),
    ("ghcr", ".io"),
    ("quay", ".io"),
    ("conda", ".anaconda.org"),
    ("deb.", "debian.org"),
]
INDEX_OPTION = re.compile("--(?:extra-)?index" + r"-url[ =]\S|^\s*index" + r"-url\s*=", re.MULTILINE)
HOST = re.compile("|".join(re.escape(first + last) for first, last in REGISTRIES))
MACHINE_PATH = re.compile(
    r"(?<![\w./:}>-])/(?:"
    + "|".join(["wo" + "rk", "tm" + "p", "ho" + "me", "ro" + "ot", "Us" + "ers"])
    + r")/[\w.-]"
)


@pytest.fixture(scope="module")
def tracked(root: Path) -> dict[str, str]:
    """The text of every tracked file that is text."""
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("this is no git checkout, so there are no tracked files to look at")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    paths = [root / name for name in listed.stdout.split("\0") if name]
    return {
        path.relative_to(root).as_posix(): path.read_text(errors="replace")
        for path in paths
        if path.is_file() and b"\0" not in path.read_bytes()
    }


IN_A_CONTAINER = {"Dockerfile", "compose.yaml"}
"""A path in these files is one of the image, which is the same everywhere."""


def found(tracked: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for path, text in tracked.items()
        for match in pattern.finditer(text)
        if not (pattern is MACHINE_PATH and path in IN_A_CONTAINER)
    ]


@pytest.mark.parametrize(
    "pattern",
    [HOST, INDEX_OPTION, MACHINE_PATH],
    ids=["registry", "index", "path"],
)
def test_no_tracked_file_names_one(tracked: dict[str, str], pattern: re.Pattern[str]) -> None:
    assert found(tracked, pattern) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (HOST, "https://" + "py" + "pi.org/simple"),
        (INDEX_OPTION, "pip install --index" + "-url=x"),
        (MACHINE_PATH, "see /" + "work/main"),
        (MACHINE_PATH, 'open("/' + "tmp/x"),
    ],
)
def test_each_pattern_finds_what_it_is_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize("text", ["docs/work/x", "https://jira.example/tmp/x", "a/home/b", "${ROOT}/tmp/x"])
def test_a_path_within_something_is_no_machine_path(text: str) -> None:
    assert not MACHINE_PATH.search(text)
