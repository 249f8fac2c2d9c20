"""Importing does no work: modules declare, and nothing is opened, written, connected or started by importing them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

DECLARATIONS = (
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)
RUN_BY_ALEMBIC = "migrations/env.py"
"""Alembic executes this file: to be run is what it is for, and nobody imports it."""

WATCHED = """
import importlib, json, sys, threading

FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "sqlite3.connect", "os.mkdir",
             "os.remove", "os.rename", "os.fork", "os.system", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp")
found, current = [], ""

def watch(event, arguments):
    if not current:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event in FORBIDDEN:
        found.append(f"{current}: {event} {arguments[0]!r}")

libraries, modules = json.loads(sys.stdin.read())
for name in libraries:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
sys.addaudithook(watch)
for current in modules:
    before = threading.active_count()
    importlib.import_module(current)
    if threading.active_count() > before:
        found.append(f"{current}: starts a thread")
current = ""
print(json.dumps(found))
"""


def is_declaration(node: ast.stmt) -> bool:
    """Docstrings, imports, assignments, definitions; `if TYPE_CHECKING` and `if __name__ == "__main__"`."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    return isinstance(node, DECLARATIONS)


def test_modules_only_declare(sources: list[Source]) -> None:
    wrong = [
        f"{source.path}:{node.lineno}: {ast.unparse(node)[:80]}"
        for source in sources
        if not source.path.endswith(RUN_BY_ALEMBIC)
        for node in source.tree.body
        if not is_declaration(node)
    ]
    assert wrong == []


def test_importing_touches_nothing(sources: list[Source], packages: tuple[str, ...], root: Path) -> None:
    modules = [
        source.module for source in sources if not source.path.endswith((RUN_BY_ALEMBIC, "__main__.py"))
    ]
    libraries = sorted(
        {name for source in sources for name in imported(source) if name.split(".")[0] not in packages}
    )
    assert findings(root, libraries, modules) == []


def test_the_distributed_engine_and_its_library_are_imported_where_they_run(sources: list[Source]) -> None:
    """They took a twelfth of the start of every command, and most work on SQLite: connections to a server are loaded where there is one."""
    named = (
        "procrastinate",
        "psycopg",
        "plugin.jobs.distributed_engine",
        "connectors.store.database.watched_connection",
    )
    importing = {
        source.path
        for source in sources
        for node in source.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
        if name.startswith(named)
    }
    assert importing == {
        "plugin/jobs/distributed_engine.py",
        "connectors/store/database/watched_connection.py",
    }


def test_the_watch_sees_what_it_forbids(tmp_path: Path) -> None:
    (tmp_path / "writes.py").write_text(
        "import socket\nopen('made.txt', 'w').close()\nsocket.getaddrinfo('127.0.0.1', 1)\n"
    )
    (tmp_path / "declares.py").write_text("NAMES = tuple(open(__file__))\n")
    seen = findings(tmp_path, [], ["declares", "writes"])
    assert [finding.split()[:2] for finding in seen] == [
        ["writes:", "open"],
        ["writes:", "socket.getaddrinfo"],
    ]


def findings(place: Path, libraries: list[str], modules: list[str]) -> list[str]:
    """What importing these modules does that it should not, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED],
        input=json.dumps([libraries, modules]),
        capture_output=True,
        text=True,
        cwd=place,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[str] = json.loads(done.stdout)
    return found


def imported(source: Source) -> list[str]:
    """Modules named at the top of a module: loaded beforehand, since what libraries do when imported is theirs."""
    names: list[str] = []
    for node in source.tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


@pytest.mark.parametrize(
    ("line", "declares"),
    [
        ('"""A docstring."""', True),
        ("NAMES = ('a', 'b')", True),
        ("if TYPE_CHECKING:\n    import x", True),
        ("configure()", False),
        ("for name in NAMES: register(name)", False),
        ("with lock: pass", False),
    ],
)
def test_what_counts_as_a_declaration(line: str, declares: bool) -> None:
    assert is_declaration(ast.parse(line).body[0]) is declares
