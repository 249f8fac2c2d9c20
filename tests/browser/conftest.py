"""A real Chromium over pages served on loopback, and axe-core to look for what keeps people out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs.screenshots.company import Company, seeded
from docs.screenshots.make import ARGUMENTS, CHROMIUM, served

AXE = "axe-core@4"


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """The browser of this machine; all tests of a run share it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    path = os.environ.get("JIRA_OKR_CHROMIUM") or (
        str(CHROMIUM) if CHROMIUM.exists() else shutil.which("chromium")
    )
    if not path:
        pytest.skip("no Chromium here: install it, or name it in JIRA_OKR_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def base() -> Iterator[str]:
    """The address of the pages over an invented company."""
    with served(seeded()) as address:
        yield address


@pytest.fixture(scope="session")
def empty_base() -> Iterator[str]:
    """The address of the pages over nothing."""
    with served(Company()) as address:
        yield address


@pytest.fixture
def open_page(chromium) -> Iterator[Callable[..., object]]:
    """Opens an address in a context of its own; `page.faults` lists what went wrong there, such as policy violations."""
    contexts = []

    def opened(address: str, **options: object):
        options.setdefault("locale", "en-GB")
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on(
            "console",
            lambda message: (
                page.faults.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, fetched once by npm into a cache outside the repository."""
    given = os.environ.get("JIRA_OKR_AXE")
    if given:
        return Path(given).read_text(encoding="utf-8")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jira-okr-tests"
    script = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        _fetch(cache)
    if not script.exists():
        pytest.skip("no axe-core here: npm could not fetch it; name its file in JIRA_OKR_AXE")
    return script.read_text(encoding="utf-8")


def _fetch(cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no axe-core here: install npm, or name its file in JIRA_OKR_AXE")
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(cache), AXE]
    subprocess.run(command, check=False, capture_output=True, timeout=120)
