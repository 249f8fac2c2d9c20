"""`jira-okr serve` says how the first person gets in, and the link it prints works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connectors.store import open_store
from connectors.store.people import audit


@pytest.fixture
def serve(tmp_path):
    """Starts `jira-okr serve` on a free port and reads what it prints; stops it at the end."""
    started: list[subprocess.Popen[str]] = []

    def start() -> list[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("JIRA_OKR_")},
            "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }
        command = [
            sys.executable,
            "-c",
            "from plugin.cli import main; main()",
            "serve",
            "--port",
            "0",
            "--workers",
            "0",
        ]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        impatience = threading.Timer(90, process.kill)
        impatience.start()
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "/set-up/" in line:
                break
        impatience.cancel()
        return lines

    yield start
    for process in started:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def answering(address: str) -> requests.Session:
    """A session with a server that may take a moment to listen: the line is printed just before it does."""
    session = requests.Session()
    retry = Retry(connect=180, backoff_factor=0.1, backoff_max=0.5)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    assert session.get(f"{address}/healthz", timeout=10).ok
    return session


@pytest.mark.slow
def test_the_first_start_prints_a_link_that_makes_the_first_account(serve) -> None:
    said = "".join(serve())
    address = re.search(r"http://127\.0\.0\.1:\d+/set-up/\S+", said).group()
    session = answering(address.partition("/set-up")[0])
    token = re.search(r'csrf_token" value="([^"]+)', session.get(address, timeout=10).text).group(1)
    password = "correct horse battery staple"
    form = {
        "csrf_token": token,
        "email": "lee@acme.example",
        "name": "Lee",
        "password": password,
        "again": password,
    }
    assert session.post(address, data=form, timeout=10).url.endswith("/")
    account = session.get(address.partition("/set-up")[0] + "/account", timeout=10)
    assert "lee@acme.example" in account.text
    assert requests.get(address, timeout=10).status_code == 410


@pytest.mark.slow
def test_the_address_of_a_visitor_is_noted_without_its_port(serve, tmp_path) -> None:
    address = re.search(r"(http://127\.0\.0\.1:\d+)/set-up/\S+", "".join(serve())).group(1)
    session = answering(address)
    token = re.search(
        r'csrf_token" value="([^"]+)', session.get(f"{address}/sign-in", timeout=10).text
    ).group(1)
    form = {"csrf_token": token, "email": "lee@acme.example", "password": "guess"}
    assert session.post(f"{address}/sign-in", data=form, timeout=10).status_code == 401
    store = open_store(f"sqlite:///{tmp_path / 'okr.sqlite3'}")
    with store.read() as conn:
        assert audit.recent(conn, 1)[0].detail["from"] == "127.0.0.1"
    store.close()
