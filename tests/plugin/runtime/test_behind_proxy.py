"""`jira-okr serve` behind nginx, where that is installed: who a visitor is, which host is asked for, and slow bodies that end at the proxy."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from plugin.runtime.serving.listening_address import free_port
from tests.plugin.runtime.test_slow_clients import PROOF, begun

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]
HOST = "okr.example.test"
HTML = {"Host": HOST, "Accept": "text/html"}
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 26m; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {served}; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-Host $host;
    }}
  }}
}}
"""
"""As SECURITY.md asks for, but for the TLS."""
GUESSES = 5
"""So many wrong passwords of one address for one account."""


@dataclass
class Proxied:
    """Where the proxy listens, and where what is behind it does."""

    url: str
    behind: str

    def sign_in(self, password: str, headers: dict[str, str]) -> requests.Response:
        """A try by somebody who was never here."""
        page = requests.get(f"{self.url}/sign-in", headers=HTML, timeout=20)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found
        told = {"csrf_token": found[1], "email": "lee@acme.example", "password": password}
        known = {"Cookie": page.headers["Set-Cookie"].partition(";")[0], "Referer": f"https://{HOST}/sign-in"}
        return requests.post(
            f"{self.url}/sign-in", data=told, headers={**HTML, **known, **headers}, timeout=20
        )


@pytest.fixture
def proxied(commands: Any, eventually: Callable[..., float]) -> Iterator[Proxied]:
    commands.folder.chmod(0o755)
    served = commands.serve(
        "--workers", "0", JIRA_OKR_BASE_URL=f"https://{HOST}", JIRA_OKR_TRUSTED_PROXIES="1"
    )
    port = free_port("127.0.0.1", 0)
    file = commands.folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=commands.folder, port=port, served=served.url))
    process = subprocess.Popen(["nginx", "-c", str(file), "-e", str(commands.folder / "nginx.err")])
    try:

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        eventually(listens)
        yield Proxied(f"http://127.0.0.1:{port}", served.url)
    finally:
        process.terminate()
        process.wait(10)


def test_a_visitor_is_whom_the_proxy_saw(proxied: Proxied, commands: Any) -> None:
    """Whoever names other addresses does not get more guesses by it."""
    commands.run("user", "add", "lee@acme.example", "--role", "viewer", "--no-password")
    tries = [
        proxied.sign_in(
            f"guess {number}",
            {"X-Forwarded-For": f"203.0.113.{number}", "X_Forwarded_For": f"198.51.100.{number}"},
        ).status_code
        for number in range(GUESSES + 2)
    ]
    assert tries == [401] * GUESSES + [429] * 2


def test_pages_are_for_https_and_for_their_host_alone(proxied: Proxied) -> None:
    page = requests.get(
        f"{proxied.url}/sign-in", headers={**HTML, "X-Forwarded-Host": "evil.example"}, timeout=20
    )
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    assert page.headers["Set-Cookie"].startswith("__Host-")
    assert "Secure" in page.headers["Set-Cookie"]
    assert "evil.example" not in page.text
    other = requests.get(f"{proxied.url}/sign-in", headers={"Host": "evil.example"}, timeout=20)
    assert other.status_code == 400


def test_bodies_that_never_end_stop_at_the_proxy(proxied: Proxied) -> None:
    with ExitStack() as clients:
        for _ in range(60):
            clients.enter_context(
                begun(proxied.url, "/webhooks/jira/main", headers=f"{PROOF}X-Forwarded-Proto: https\r\n")
            )
        time.sleep(0.3)
        for url in (proxied.url, proxied.behind):
            assert requests.get(f"{url}/healthz", headers=HTML, timeout=5).status_code == 200
        refused = requests.post(f"{proxied.url}/webhooks/jira/main", data="{}", headers=HTML, timeout=5)
        assert refused.status_code == 401
