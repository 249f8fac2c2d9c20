"""The built wheel holds the three packages, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The paths of the files in a wheel that is built for this test."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    [wheel] = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def test_it_holds_exactly_the_three_packages(names: list[str], packages: tuple[str, ...]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(packages)


def test_it_holds_every_file_of_them(names: list[str], packages: tuple[str, ...], root: Path) -> None:
    there = {
        path.relative_to(root).as_posix()
        for package in packages
        for path in (root / package).rglob("*")
        if path.is_file()
        and not {"__pycache__", "node_modules", "dist"} & set(path.parts)
        and path.suffix != ".pyc"
    }
    assert there - set(names) == set()


def test_it_says_that_it_is_typed_and_installs_one_command(
    names: list[str], packages: tuple[str, ...]
) -> None:
    assert {f"{package}/py.typed" for package in packages} <= set(names)
    assert sum(name.endswith("entry_points.txt") for name in names) == 1
