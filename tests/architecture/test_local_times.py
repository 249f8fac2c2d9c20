"""Local times become instants in one place: elsewhere the hour that comes twice is counted once, and the end of such a day is an hour early."""

from __future__ import annotations

import ast

from tests.architecture.conftest import Source

PLACE = "mappings/facts/local_time.py"
ELSEWHERE = {
    "mappings/jql/dates.py": "JQL is read as Jira reads it",
    "mappings/jql/functions/functions.py": "likewise",
}
IN_UTC = {"UTC", "None"}


def aware_of_local(node: ast.AST) -> bool:
    """Whether it puts a zone to a local time: `combine(day, time, zone)` or `replace(tzinfo=zone)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    zones = [one.value for one in node.keywords if one.arg == "tzinfo"]
    if node.func.attr == "combine":
        zones += node.args[2:]
    elif node.func.attr != "replace":
        return False
    return any(ast.unparse(one) not in IN_UTC for one in zones)


def test_zones_are_put_to_local_times_in_one_place(sources: list[Source]) -> None:
    found = {source.path for source in sources if any(map(aware_of_local, ast.walk(source.tree)))}
    assert found - ELSEWHERE.keys() == {PLACE}
    assert ELSEWHERE.keys() <= found
