"""What opens connections is counted: each way out has its limits, and a new one has to say here by which it is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPENERS = {
    "create_connection",
    "HTTPConnection",
    "HTTPSConnection",
    "HTTPAdapter",
    "OAuth2Session",
    "PoolManager",
    "Session",
    "SMTP",
    "SMTP_SSL",
    "urlopen",
}
CALLS = {
    "requests.get",
    "requests.post",
    "requests.put",
    "requests.delete",
    "requests.request",
    "requests.head",
}
MODULES = {"aiohttp", "ftplib", "httpx", "imaplib", "poplib", "telnetlib", "urllib.request", "xmlrpc"}
HELD = {
    "connectors/forge/signing_keys.py": "TimedAdapter, and a largest body counted as it is unpacked",
    "connectors/jira/http/connection.py": "is what holds the others",
    "connectors/jira/http/transport.py": "GuardedAdapter, and a largest body counted as it is unpacked",
    "connectors/metrics/basis/connections.py": "connects to the address that was looked at; cut off; a largest body, nothing unpacked",
    "connectors/notify/log_receiver.py": "cut off; the address that is connected to; reads one byte",
    "connectors/notify/mail.py": "cut off; the address that is connected to; lines of the library's limit",
    "plugin/access/authentication/provider.py": "LimitedAdapter",
    "plugin/runtime/demonstration.py": "asks the sandbox that it started itself",
}
"""By which limits what opens connections is held (`tests/connectors/test_ways_out.py` attacks them)."""


def openings(tree: ast.AST) -> Iterator[str]:
    """What a module says by which a connection can be opened."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith(tuple(MODULES)))
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.startswith(tuple(MODULES)):
                yield node.module
            yield from (
                one.name for one in node.names if one.name in OPENERS and "sqlalchemy" not in node.module
            )
        elif isinstance(node, ast.Call | ast.ClassDef):
            for used in (node.func,) if isinstance(node, ast.Call) else node.bases:
                whole = ast.unparse(used)
                if whole in CALLS or whole.rpartition(".")[2] in OPENERS:
                    yield whole


def test_nothing_calls_out_but_what_is_held() -> None:
    found = {}
    for room in ("mappings", "connectors", "plugin"):
        for file in (ROOT / room).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if name.startswith("connectors/sandbox/"):
                continue
            said = set(openings(ast.parse(file.read_text("utf-8"))))
            if said:
                found[name] = said
    assert found.keys() == HELD.keys(), {name: found[name] for name in found.keys() - HELD.keys()}


def test_a_call_past_the_limits_is_found() -> None:
    for text in (
        "import requests\nrequests.get('https://a.example')",
        "from urllib.request import urlopen",
        "import httpx",
        "from requests import Session",
        "import socket\nsocket.create_connection(('a', 1))",
    ):
        assert list(openings(ast.parse(text))), text
