"""Takes pictures of every page, light and dark, phone and desktop: `python docs/screenshots/make.py [folder]`.

With `--base` it photographs a connector that runs already, signed in as `--user`; the password is read from the environment
variable SCREENSHOTS_PASSWORD, or asked for. Else it serves an invented company on loopback.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
THEMES = ("light", "dark")
PAGES = {
    "objectives": "/",
    "objectives-by-team": "/?group=team",
    "objectives-filtered": "/?project=GROW&health=off_track",
    "objectives-nothing": "/?q=zzz",
    "objective": "/objectives/GROW-4",
    "objective-exact": "/objectives/GROW-7?exact=1",
    "kpis": "/kpis",
    "kpi": "/kpis/p1-bugs",
    "kpi-weekly": "/kpis/uptime",
    "kpi-empty": "/kpis/load",
    "review": "/review",
    "practice": "/practice",
    "scorecard": "/scorecard",
    "health": "/health",
    "missing": "/objectives/NOPE-1",
}
EMPTY = {
    "empty-objectives": "/",
    "empty-kpis": "/kpis",
    "empty-review": "/review",
    "empty-practice": "/practice",
    "empty-scorecard": "/scorecard",
    "empty-health": "/health",
}
VARIABLE = "SCREENSHOTS_PASSWORD"
Enter = Callable[[Any, str], None]


def shoot(base: str, folder: Path, pages: dict[str, str], enter: Enter | None = None) -> list[Path]:
    """One picture per page, size and theme; names say which. The whole page is in the picture."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        for size, (width, height) in SIZES.items():
            for theme in THEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=theme, timezone_id="Europe/Berlin", locale="en-GB"
                )  # fmt: skip
                if enter is not None:
                    enter(context.new_page(), base)
                for name, address in pages.items():
                    page = context.new_page()
                    page.goto(base + address)
                    page.evaluate("document.fonts.ready")
                    path = folder / f"{name}-{size}-{theme}.png"
                    page.screenshot(path=path, full_page=True)
                    page.close()
                    taken.append(path)
                context.close()
        browser.close()
    return taken


@contextmanager
def served(sources: object) -> Iterator[str]:
    """The pages over these sources on loopback; gives the address."""
    from flask import Flask
    from werkzeug.serving import make_server

    from plugin.pages import pages_blueprint

    app = Flask("pages")
    app.register_blueprint(pages_blueprint(sources))  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def readme_picture(base: str, path: Path) -> None:
    """The picture of the README: the list, light, on a desktop, small enough to load at once."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        page.goto(f"{base}/")
        page.evaluate("document.fonts.ready")
        page.screenshot(path=path)
        browser.close()


def documented(folder: Path) -> None:
    """The pictures of the documentation: light, on a desktop, what is seen before anybody scrolls."""
    from playwright.sync_api import sync_playwright

    from docs.screenshots import control

    with control.running() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = browser.new_context(
            viewport={"width": 1120, "height": 760}, color_scheme="light", timezone_id="Europe/Berlin", locale="en-GB"
        )  # fmt: skip
        signing_in(control.EMAIL, control.PASSWORD)(context.new_page(), base)
        page = context.new_page()
        page.goto(f"{base}/")
        page.get_by_role("button", name="Skip the tour").click()
        for name, address in control.DOCUMENTED.items():
            page = context.new_page()
            page.goto(base + address)
            page.evaluate("document.fonts.ready")
            page.screenshot(path=folder / f"{name}.png")
            page.close()
        browser.close()


def signing_in(email: str, password: str) -> Enter:
    """Signs in as this person in a page's context."""

    def entered(page: Any, base: str) -> None:
        page.goto(f"{base}/sign-in")
        page.fill("[name=email]", email)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_selector(".me, [role=alert]")
        if page.locator(".me").count() == 0:
            raise SystemExit(f"{base} let nobody in: {page.locator('[role=alert]').inner_text()}")
        page.close()

    return entered


def photograph_running(base: str, folder: Path, site: str, user: str | None) -> None:
    """A connector that runs already: what its objectives and this person's role let one see."""
    from docs.screenshots import control

    if user is None:
        shoot(base, folder, control.DOORS)
        return
    password = os.environ.get(VARIABLE) or getpass.getpass(f"Password of {user}: ")
    pages = {name: address.replace("/main", f"/{site}") for name, address in control.PAGES.items()}
    shoot(base, folder, pages, signing_in(user, password))


def photograph_invented(folder: Path, readme: Path | None) -> None:
    """Every page there is, over invented companies."""
    from docs.screenshots import control
    from docs.screenshots.company import Company, seeded

    with served(seeded()) as base:
        shoot(base, folder, PAGES)
        if readme:
            readme_picture(base, readme)
    with served(Company()) as base:
        shoot(base, folder, EMPTY)
    with control.running() as base:
        shoot(base, folder, control.PAGES, signing_in(control.EMAIL, control.PASSWORD))
    with control.vacant() as (base, pages):
        shoot(base, folder, pages)
    with control.vacant(somebody=True) as (base, _):
        shoot(base, folder, control.NO_SITE, signing_in(control.EMAIL, control.PASSWORD))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path, default=ROOT / "data" / "screenshots")
    arguments.add_argument("--base", help="address of a connector that runs already")
    arguments.add_argument("--user", help="with --base: whose e-mail address to sign in with")
    arguments.add_argument("--site", default="main", help="with --base: the site whose pages are wanted")
    arguments.add_argument("--readme", type=Path, help="also write the README's picture there")
    arguments.add_argument(
        "--docs", type=Path, help="write the pictures of the documentation there, and no other"
    )
    chosen = arguments.parse_args()
    sys.path.insert(0, str(ROOT))
    if chosen.docs:
        documented(chosen.docs)
    elif chosen.base:
        photograph_running(chosen.base.rstrip("/"), chosen.folder, chosen.site, chosen.user)
    else:
        photograph_invented(chosen.folder, chosen.readme)


if __name__ == "__main__":
    main()
