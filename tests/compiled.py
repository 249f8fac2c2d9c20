"""What a process of tests compiles once: statements of SQLite, templates, and the texts of routes.

The product makes one store and one application in a process; tests make hundreds, and each would compile its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event
from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart


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


class Routes:
    """The texts of routes as they were taken apart for another application: the connector has 250 routes, a sandbox eighty."""

    def __init__(self, parse: Callable[[Rule, str], Iterable[RulePart]]) -> None:
        self._parse = parse
        self._kept: dict[tuple[Any, ...], tuple[list[RulePart], list[tuple[bool, str]], dict[str, Any]]] = {}

    def parse(self, rule: Rule, text: str) -> Iterable[RulePart]:
        """The parts of this text; what Werkzeug notes of them beside is noted in the rule."""
        assert rule.map is not None
        key = (text, *rule.map.converters.items())
        if key not in self._kept:
            traced, known = len(rule._trace), set(rule._converters)
            parts = list(self._parse(rule, text))
            made = {name: one for name, one in rule._converters.items() if name not in known}
            self._kept[key] = (parts, rule._trace[traced:], made)
            return parts
        parts, trace, converters = self._kept[key]
        rule._trace += trace
        rule._converters |= converters
        rule.arguments |= converters.keys()
        return parts


def compile_once() -> None:
    """From now on."""
    statements = Statements()

    @event.listens_for(Engine, "engine_connect")
    def share(conn: Connection) -> None:
        if conn.dialect.name == "sqlite":
            conn.execution_options(compiled_cache=statements)

    routes = Routes(Rule._parse_rule)

    def parse(rule: Rule, text: str) -> Iterable[RulePart]:
        return routes.parse(rule, text)

    Rule._parse_rule = parse  # type: ignore[assignment, method-assign]
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
