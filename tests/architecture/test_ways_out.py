"""What opens connections is counted: each way out has its limits, and a new one has to say here by which it is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPENERS = {
    "connection_to",
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
    "connectors/name_lookup.py": "connects and says nothing; names with a deadline",
    "connectors/metrics/basis/connections.py": "connects to the address that was looked at; cut off; a largest body, nothing unpacked",
    "connectors/notify/log_receiver.py": "cut off; the address that is connected to; reads one byte",
    "connectors/notify/mail.py": "cut off; the address that is connected to; lines of the library's limit",
    "plugin/access/authentication/provider.py": "LimitedAdapter",
    "plugin/runtime/demonstration.py": "asks the sandbox that it started itself",
}
"""By which limits what opens connections is held (`tests/connectors/test_ways_out.py` attacks them)."""

LOOK_UPS = {"getaddrinfo", "getfqdn", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo"}
LOOKING_UP = {
    "connectors/name_lookup.py": "in threads of its own, few of them, and nobody waits for them without a deadline",
    "plugin/runtime/serving/health_listener.py": "where the server itself listens, as it starts",
    "plugin/runtime/serving/listening_address.py": "where the server itself listens, as it starts",
}
"""Who asks the system what a name means, which has no deadline."""


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


def test_names_are_looked_up_with_a_deadline() -> None:
    found = set()
    for room in ("mappings", "connectors", "plugin"):
        for file in (ROOT / room).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith("connectors/sandbox/") and set(
                looks_up(ast.parse(file.read_text("utf-8")))
            ):
                found.add(name)
    assert found == LOOKING_UP.keys()


def looks_up(tree: ast.AST) -> Iterator[str]:
    """What a module says by which a name is looked up."""
    for node in ast.walk(tree):
        names = [node.attr] if isinstance(node, ast.Attribute) else []
        if isinstance(node, ast.ImportFrom):
            names = [one.name for one in node.names]
        yield from (name for name in names if name in LOOK_UPS)


def test_a_look_up_past_the_deadline_is_found() -> None:
    for text in ("import socket\nsocket.getfqdn()", "from socket import getaddrinfo"):
        assert list(looks_up(ast.parse(text))), text


def test_a_call_past_the_limits_is_found() -> None:
    for text in (
        "import requests\nrequests.get('https://a.example')",
        "from urllib.request import urlopen",
        "import httpx",
        "from requests import Session",
        "import socket\nsocket.create_connection(('a', 1))",
    ):
        assert list(openings(ast.parse(text))), text
