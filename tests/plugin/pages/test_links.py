"""Every page that code or a template leads to is there, with the parts of the address that it takes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from plugin.runtime.application import create_app
from plugin.runtime.demonstration import Demo

PLUGIN = Path(__file__).parents[3] / "plugin"
LED_TO = re.compile(r"""url_for\(\s*['"]([a-z_.]+)['"]([^()]*(?:\([^()]*\)[^()]*)*)\)""")
NAMED = re.compile(r"(?:^|,)\s*([a-z_]+)\s*=")

ELSEWHERE = {
    "access.sign_in_elsewhere": "with a provider of identities",
    "access.signed_in_elsewhere": "with a provider of identities",
    "control.tour": "in the demo",
    "control.leave_tour": "in the demo",
    "control.let_days_pass": "in the demo",
    "pages.": "the beginning of a name that is put together",
}
"""What is there only so."""


def led_to() -> Iterator[tuple[str, str, set[str]]]:
    """Where it is said, the endpoint, and the names of what is given."""
    for file in PLUGIN.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "url_for" and node.args:
                named = node.args[0]
                if isinstance(named, ast.Constant) and not any(one.arg is None for one in node.keywords):
                    yield f"{file.name}:{node.lineno}", named.value, {one.arg or "" for one in node.keywords}
    for file in PLUGIN.rglob("*.html"):
        for found in LED_TO.finditer(file.read_text("utf-8")):
            if "**" not in found[2]:
                yield file.name, found[1], set(NAMED.findall(found[2]))


def test_every_page_that_is_led_to_is_there(world: Demo) -> None:
    routes: dict[str, list[set[str]]] = {}
    for route in create_app(world.connector).url_map.iter_rules():
        routes.setdefault(route.endpoint, []).append(set(route.arguments) - set(route.defaults or {}))
    found = list(led_to())
    assert len(found) > 100
    astray = [
        (where, endpoint, given)
        for where, endpoint, given in found
        if endpoint not in ELSEWHERE and not any(wanted <= given for wanted in routes.get(endpoint, []))
    ]
    assert astray == []
