"""Writes docs/doors.md: every door, whom it asks for, and what it does about what somebody may not see. `make doors` runs it; a test compares."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dis import get_instructions
from inspect import isfunction, unwrap
from itertools import pairwise
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType

from flask import Flask
from werkzeug.routing import Rule as Route

from connectors.clock import system_clock
from plugin.access.authorization.permission import SCOPES, Permission, Rule, rule_of
from plugin.api import operations
from plugin.api.protocol.operation import Operation
from plugin.mcp.protocol.tool import Tool
from plugin.mcp.tools import TOOLS
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.permission import MARK
from plugin.use_cases.visibility.number_rules import NumberRule
from plugin.use_cases.visibility.number_rules import rule_of as number_rule_of

PATH = Path(__file__).parent / "doors.md"
OURS = (
    "plugin.api",
    "plugin.doors",
    "plugin.pages",
    "plugin.forge",
    "plugin.mcp",
    "plugin.access",
    "plugin.badges",
    "plugin.unsubscribe",
)
"""Doors, and what they are made of: a use case is looked for in these."""
TOLD = {
    NumberRule.EACH: "cut",
    NumberRule.ONE: "cut; of an objective without numbers, nothing",
    NumberRule.WHOLE: "cut; none where one row is hidden",
    NumberRule.ALL: "cut; refused where one number is hidden",
}
NUMBER = re.compile(r"int\(max=[0-9]+\):")
MCP, BY_TOOL = "/mcp", "by tool"
APART = ("/webhooks/", MCP, "/healthz", "/readyz", "/metrics", "/assets/", "/badges/", "/unsubscribe/")
WHOLE = "whole"
OWN_ACTORS = {"MONITORING", "FORGE"}
"""By these the connector itself asks, who sees all."""
STRICTEST = (NumberRule.ALL, NumberRule.WHOLE, NumberRule.ONE, NumberRule.EACH)
INTRODUCTION = """\
# Every door

Made by `make doors`; a test compares it with what is there (`tests/docs/test_door_table.py`). It says of each address and each tool who comes in and
what they are shown. [Access](access.md) says what the roles, scopes and modes of `visibility` mean.

**Role**: the least that an account needs; `public` asks for no account. **Token**: the scope that an API token needs; — takes none, for somebody has
to be signed in or the caller proves itself otherwise. **More**: what is asked beside that.

- *signed in*: by a browser's session, never by a token.
- *signature*: the caller proves itself by one: Jira, the Forge app, or a link of a mail.
- *open with a given password*, *open before a second factor*: also to who has to choose a password, or set up a second factor, before anything else
  opens.

**Issues by permission** is what happens where a site does not show everything to everybody:

| word | with `titles_by_permission`, `rows_by_permission` | with `numbers_by_permission` |
|---|---|---|
| — | nothing of an issue or objective is told | the same |
| cut | keys, titles, people and texts of hidden issues go; with rows they are summed | numbers go, too, of each objective that counts what is hidden |
| cut; of an objective without numbers, nothing | the same | nothing of one objective whose numbers are hidden; a movement says so |
| cut; none where one row is hidden | none where a row of it is hidden | the same |
| whole | the connector asks for itself: what is told is counts, or a JQL of which Jira shows each person what they may see | the same |
| by tool | what stands beside the tool that is called | the same |
| cut; refused where one number is hidden | the same | refused to whoever may not see each number that it is made of |

Whoever may do a thing may do it with every objective of the site, seen or not; what they are told of it is cut.

**Commands**, those of `jira-okr` on the machine of the connector, see everything and may do everything: whoever runs them can read the database and its key.
"""


def main() -> None:
    """Write it anew."""
    PATH.write_text(table())
    sys.stdout.write(f"Written: {PATH.name}\n")


def table() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        app = complete_app(Path(folder))
        parts = [INTRODUCTION]
        for title, told, rows in sections(app):
            parts.append(f"\n## {title}\n\n{told}\n")
            parts += [_lines(rows)]
        return "\n".join(parts)


def complete_app(folder: Path) -> Flask:
    """The application with everything that is switched on by settings; it opens no connection."""
    settings = read_settings(
        env_file=None,
        database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
        secret_key="only addresses are read of this one",  # noqa: S106
        mcp="on",
        forge={
            "app_id": "ari:cloud:ecosystem::app/0a3a0000-0000-4000-8000-000000000000",
            "keys_url": "http://127.0.0.1:9",
        },
        oidc={"issuer": "http://127.0.0.1:9", "client_id": "okr", "client_secret": "none"},
    )
    connector = build_connector(settings, system_clock)
    try:
        return create_app(connector)
    finally:
        connector.store.close()


Row = tuple[str, str, str, str, str]


def sections(app: Flask) -> Iterator[tuple[str, str, list[Row]]]:
    """Title, what it is, and the rows."""
    pages, forge, machines = list[Row](), list[Row](), list[Row]()
    for method, route in _routes(app):
        if not route.rule.startswith("/api/"):
            place = (
                forge
                if route.rule.startswith("/forge/")
                else machines
                if route.rule.startswith(APART)
                else pages
            )
            place.append(_row_of_route(app, method, route))
    yield (
        "Pages",
        "Whoever is not signed in is led to the sign-in. Forms carry a token against forgery.",
        pages,
    )
    yield "API", "Below `/api/v1`.", [_row_of_operation(app, one) for one in operations()]
    yield (
        "Assistants",
        "Tools at `/mcp` and of `jira-okr mcp`. An act takes a second call, after a person's yes.",
        [_row_of_tool(one) for one in TOOLS],
    )
    yield (
        "Forge",
        "Only for the app that the settings name; but for `/forge/api/status` and `/forge/api/pair` only where it is paired.",
        forge,
    )
    yield (
        "Machines",
        "Deliveries, health, figures, files, badges, the links of mails, and the door of the tools above.",
        machines,
    )


def _routes(app: Flask) -> list[tuple[str, Route]]:
    found = [
        (method, route)
        for route in app.url_map.iter_rules()
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda one: (one[1].rule, one[0]))


def _row_of_route(app: Flask, method: str, route: Route) -> Row:
    view = app.view_functions[route.endpoint]
    rule = rule_of(route.endpoint, view) or Rule(Permission.ADMIN)
    told = WHOLE if _asks_for_itself(view) else _sight(use_cases_of(view))
    if route.rule == MCP:
        told = BY_TOOL
    return (f"{method} `{NUMBER.sub('', route.rule)}`", *_asked(rule), told)


def _asks_for_itself(view: Callable[..., object]) -> bool:
    """Whether a view, or what it is wrapped around, names an actor of the connector's own."""
    cells = getattr(view, "__closure__", None) or ()
    held = [cell.cell_contents for cell in cells if _is_full(cell)]
    return any(OWN_ACTORS & set(_names(one.__code__)) for one in (view, *held) if isfunction(one))


def _row_of_operation(app: Flask, one: Operation) -> Row:
    rule = rule_of(f"api.{one.name}", app.view_functions[f"api.{one.name}"]) or Rule(Permission.ADMIN)
    return (f"{one.method} `{one.path}`", *_asked(rule), _sight(use_cases_of(one.handler)))


def _row_of_tool(one: Tool) -> Row:
    rule = Rule(one.permission)
    return (f"`{one.name}`", *_asked(rule), _sight(use_cases_of(one.function)))


def _asked(rule: Rule) -> tuple[str, str, str]:
    """Role, scope of a token, and what is asked beside."""
    known = rule.permission is not Permission.PUBLIC
    more = {
        "signature": rule.signed,
        "signed in": rule.in_person and known,
        "open with a given password": rule.unsettled and known,
        "open before a second factor": (rule.unsettled or rule.for_factor) and known,
    }
    return str(rule.permission), _scope(rule), ", ".join(said for said, holds in more.items() if holds)


def _scope(rule: Rule) -> str:
    """The least scope of a token that is let in."""
    if rule.permission is Permission.PUBLIC or rule.in_person:
        return "—"
    return rule.scope or next(name for name, allowed in SCOPES.items() if allowed is rule.permission)


def _sight(found: Iterable[Callable[..., object]]) -> str:
    """What is done about what somebody may not see, by the strictest rule of what is asked."""
    rules = {number_rule_of(one) for one in found}
    return next((TOLD[rule] for rule in STRICTEST if rule in rules), "—")


def use_cases_of(view: Callable[..., object]) -> list[Callable[..., object]]:
    """The use cases that a view calls, itself or by what it calls in its own rooms."""
    found: dict[Callable[..., object], None] = {}
    seen = set[object]()
    waiting = [unwrap(view)]
    while waiting:
        one = waiting.pop()
        if one in seen or not isfunction(one):
            continue
        seen.add(one)
        for called in _called(one):
            if hasattr(called, MARK):
                found[called] = None
            elif isfunction(called) and called.__module__.startswith(OURS):
                waiting.append(called)
    return list(found)


def _called(function: FunctionType) -> Iterator[Callable[..., object]]:
    """What the names in a function may stand for: what its module knows, what it closes over, and methods of what pages read by."""
    known = function.__globals__
    names = set(_names(function.__code__))
    for one, part in _loaded(function.__code__):
        yield from _of_value(known.get(one), {part})
    for cell in function.__closure__ or ():
        if _is_full(cell):
            yield from _of_value(cell.cell_contents, names)
    if function.__module__.startswith("plugin.pages"):
        yield from _of_value(StoredSources, names)


def _loaded(code: CodeType) -> Iterator[tuple[str, str]]:
    """The globals that are named in some code, each with the attribute that is taken of it there; "" where none is."""
    for one, other in pairwise([*get_instructions(code), None]):
        if one is not None and one.opname == "LOAD_GLOBAL":
            taken = other is not None and other.opname in ("LOAD_ATTR", "LOAD_METHOD")
            yield str(one.argval), str(other.argval) if other is not None and taken else ""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _loaded(const)


def _of_value(one: object, names: Iterable[str]) -> Iterator[Callable[..., object]]:
    if isinstance(one, ModuleType) or (isinstance(one, type) and one.__module__.startswith(OURS)):
        parts = (vars(one).get(name) for name in names)
        yield from (each for each in parts if isfunction(each))
    elif isfunction(one):
        yield one
        if unwrap(one) is not one and not hasattr(one, MARK):
            yield unwrap(one)


def _is_full(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # it is filled later
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _names(one)


def _lines(rows: list[Row]) -> str:
    head = "| door | role | token | more | issues by permission |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
