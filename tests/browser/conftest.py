"""A real Chromium over pages served on loopback, and axe-core to look for what keeps people out."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors.clock import system_clock
from connectors.store.mappings import drafts
from connectors.store.people import accounts
from docs.screenshots.company import Company, seeded
from docs.screenshots.make import ARGUMENTS, CHROMIUM, served
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import demo_world
from plugin.runtime.serving.server import serve
from plugin.runtime.settings import read_settings
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from tests.sign_in import PASSWORD, password_hash

AXE = "axe-core@4"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "meta-viewport")
ROLES = ("viewer", "editor", "admin")
PATIENCE_MS = 15_000
"""How long something on a page may take to come; a machine may have more to do than this."""
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """The browser of this machine; all tests of a run share it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    path = os.environ.get("JIRA_OKR_CHROMIUM") or (
        str(CHROMIUM) if CHROMIUM.exists() else shutil.which("chromium")
    )
    if not path:
        pytest.skip("no Chromium here: install it, or name it in JIRA_OKR_CHROMIUM")
    sync_api.expect.set_options(timeout=PATIENCE_MS)
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


def add_account(connector: Connector, role: str) -> str:
    """Somebody of this role, whose password is PASSWORD; gives the address."""
    email = f"{role}@acme.example"
    with connector.store.write() as conn:
        accounts.add(conn, email, role.title(), role, password_hash(), connector.clock())
    return email


@pytest.fixture(scope="session")
def house(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A connector with an active mapping beside its sandbox, read once, and somebody of every role."""
    with demo_world(tmp_path_factory.mktemp("house"), clock=system_clock) as demo:
        context = demo.connector.context("main")
        resync(context)
        drain(lambda: demo.connector.context("main"))
        for role in ROLES:
            add_account(demo.connector, role)
        with serve(demo.connector, "127.0.0.1", 0, workers=0) as running:
            yield SimpleNamespace(url=running.url, connector=demo.connector, sandbox=demo.sandbox)


class Drafts:
    """What the admin of the house has typed of the mapping and not activated."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        with connector.store.read() as conn:
            admin = accounts.by_email(conn, "admin@acme.example")
        assert admin is not None
        self.account_id = admin.id

    def text(self) -> str | None:
        """The text as it is kept now, or None."""
        with self.connector.store.read() as conn:
            draft = drafts.get(conn, "main", self.account_id)
        return None if draft is None else draft.text

    def keep(self, text: str) -> None:
        """Keep a text as another window would."""
        with self.connector.store.write() as conn:
            drafts.put(conn, "main", self.account_id, text, self.connector.clock())

    def drop(self) -> None:
        """Forget the text."""
        with self.connector.store.write() as conn:
            drafts.remove(conn, "main", self.account_id)

    def wait_for(self, text: str) -> None:
        """Wait until this text is kept."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while self.text() != text:
            assert time.monotonic() < end, f"kept is {self.text()!r}"
            time.sleep(0.02)


@pytest.fixture(name="drafts")
def drafts_of_house(house) -> Drafts:
    """The drafts of the house."""
    return Drafts(house.connector)


@pytest.fixture(autouse=True)
def no_draft_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """All tests share the house: what one has typed and not dropped, because it failed, is no beginning of another."""
    yield
    if "house" in request.fixturenames:
        Drafts(request.getfixturevalue("house").connector).drop()


@pytest.fixture
def vacant(tmp_path: Path) -> Iterator[Callable[..., object]]:
    """Serves a connector that knows no Jira and nobody; `with vacant(**settings) as house`."""

    @contextmanager
    def opened(workers: int = 0, port: int = 0, **settings: object) -> Iterator[SimpleNamespace]:
        given = {
            "database_url": f"sqlite:///{tmp_path}/okr.sqlite3",
            "secret_key": "kept secret " * 4,
            **settings,
        }
        connector = build_connector(read_settings(env_file=None, **given))
        try:
            with serve(connector, "127.0.0.1", port, workers=workers) as running:
                yield SimpleNamespace(url=running.url, connector=connector)
        finally:
            connector.store.close()

    return opened


@pytest.fixture(scope="session")
def account() -> Callable[[Connector, str], str]:
    """Adds somebody of a role, with the password that `sign_in` types."""
    return add_account


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
def sign_in() -> Callable[..., None]:
    """Fills the form of the sign-in page one stands on."""

    def filled(page, email: str, password: str = PASSWORD) -> None:
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")

    return filled


@pytest.fixture(scope="session")
def type_over() -> Callable[..., None]:
    """Finds a text in the mapping editor and types another in its place, as people do with a keyboard."""

    def typed(page, old: str, new: str) -> None:
        page.locator(".cm-content").focus()
        page.keyboard.press("Control+f")
        page.keyboard.type(old)
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.keyboard.type(new)

    return typed


@pytest.fixture(scope="session")
def cookies() -> dict[tuple[str, str], object]:
    """Who has signed in already, by address and role: a session is made once and then borrowed."""
    return {}


@pytest.fixture
def at(open_page, sign_in, cookies) -> Callable[..., object]:
    """A page of somebody of a role who has signed in."""

    def opened(url: str, address: str, role: str = "admin", **options: object):
        if (url, role) not in cookies:
            page = open_page(f"{url}/sign-in")
            sign_in(page, f"{role}@acme.example")
            page.wait_for_url(lambda found: "sign-in" not in found)
            cookies[url, role] = page.context.storage_state()
        return open_page(url + address, storage_state=cookies[url, role], **options)

    return opened


@pytest.fixture(scope="session")
def oidc_provider() -> Callable[[str], object]:
    """Starts the OIDC provider of the access tests; it sends people back to the address given."""
    path = TESTS / "plugin" / "access" / "test_oidc.py"
    spec = importlib.util.spec_from_file_location("oidc_provider", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda callback: SimpleNamespace(
        server=module.OidcServer(callback), client=module.CLIENT, secret=module.SECRET
    )


@pytest.fixture(scope="session")
def violations(axe) -> Callable[..., list[str]]:
    """What axe-core finds on a page; `again` asks only what another width or colour scheme can change."""

    def found(page, again: bool = False) -> list[str]:
        # Evaluated in the page's world by the debugger, so the page's own policy stays as it is.
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe)
        kind, values = ("rule", LOOKS) if again else ("tag", WCAG)
        asked = {"runOnly": {"type": kind, "values": values}, "resultTypes": ["violations"]}
        answer = page.evaluate("asked => axe.run(asked)", asked)
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in answer["violations"]
            for node in one["nodes"]
        ]

    return found


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
