"""What is handed out: a source archive of all there is, and the wheel built from it, with the three packages, whole, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def archives(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a source archive and the wheel that is built from it, as `make release` builds them."""
    out = tmp_path_factory.mktemp("archives")
    build(root, out)
    return out


def build(source: Path, out: Path, *words: str) -> None:
    command = [sys.executable, "-m", "build", *words, "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1793000000"},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def names(archives: Path) -> list[str]:
    """The paths of the files in the wheel."""
    [wheel] = archives.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def test_the_wheel_is_the_same_to_the_last_byte_whoever_builds_it(
    archives: Path, root: Path, tmp_path: Path
) -> None:
    build(root, tmp_path, "--wheel")
    first, second = (
        hashlib.sha256(one.read_bytes()).hexdigest()
        for folder in (archives, tmp_path)
        for one in folder.glob("*.whl")
    )
    assert first == second


def test_the_source_archive_holds_whatever_is_under_version_control(archives: Path, root: Path) -> None:
    known = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    if known.returncode:
        pytest.skip("this is no checkout")
    [archive] = archives.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    assert set(known.stdout.splitlines()) - held == set()


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
