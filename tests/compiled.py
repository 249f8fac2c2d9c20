"""What a process of tests compiles once: statements of SQLite and templates.

The product makes one store and one application in a process; tests make hundreds, and each would compile its own.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event


class Statements:
    """Compiled statements by all of SQLAlchemy's key but the dialect, of which each engine has an equal one of its own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Any] = {}

    def get(self, key: tuple[Any, ...]) -> Any:
        """The statement as it was compiled for another engine, or None."""
        return self._kept.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._kept[key[1:]] = compiled


class Templates(BytecodeCache):
    """Compiled templates by name, file and text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give it the code of another application, if there is any."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code for other applications."""
        self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """From now on."""
    statements = Statements()

    @event.listens_for(Engine, "engine_connect")
    def share(conn: Connection) -> None:
        if conn.dialect.name == "sqlite":
            conn.execution_options(compiled_cache=statements)

    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
