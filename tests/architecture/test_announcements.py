"""What becomes due, or is to be read, is announced in the transaction that makes it so, and an act wakes the engine once that is committed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

MADE_DUE = {
    "due.mark": "marked",
    "due.retry": "marked",
    "inbox.store": "delivered",
    "inbox.replay": "delivered",
}
"""What makes work, and by which word it is announced."""
BY_THE_SWEEP = {
    "plugin/runtime/connector.py:catalogue": "a probe of what was refused, which hurries nobody",
    "plugin/sync/refresh/names.py:hold_against": "in bulk",
    "plugin/sync/refresh/names.py:keep_arrivals": "in bulk",
    "plugin/sync/reconcile/survey.py:mark_differing": "in bulk",
    "plugin/sync/resync/resync_end.py:settle": "in bulk",
    "plugin/sync/write_back/permits.py:look": "a probe of what was refused, which hurries nobody",
    "plugin/use_cases/forge/admission.py:_note": "a probe of what was refused, which hurries nobody",
    "plugin/use_cases/work/plans.py:apply": "it works them off itself",
    "plugin/use_cases/work/site_read.py:_read_for": "in bulk",
}
"""Who leaves it to the sweep, which looks every few seconds for what is due and was not announced; and why."""


def calls(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.Call]]:
    """What it calls, as it is written."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def who_makes_work(sources: list[Source]) -> Iterator[tuple[str, str, ast.Call, list[tuple[str, ast.Call]]]]:
    """Module and name of each function that makes work, how it is to be announced, and all that it calls."""
    for source in sources:
        if source.package == "plugin":
            for function in source.functions():
                called = list(calls(function))
                for name, call in called:
                    if name in MADE_DUE:
                        yield f"{source.path}:{function.name}", MADE_DUE[name], call, called


def test_what_makes_work_announces_it_in_the_same_transaction(sources: list[Source]) -> None:
    silent: set[str] = set()
    for where, word, made, called in who_makes_work(sources):
        said = [
            call
            for name, call in called
            if name.endswith(f"announcer.{word}") and ast.unparse(call.args[0]) == ast.unparse(made.args[0])
        ]
        if not said:
            silent.add(where)
    assert silent == BY_THE_SWEEP.keys()


def test_an_act_that_announces_wakes_the_engine(sources: list[Source]) -> None:
    asleep: list[str] = []
    for source in sources:
        if source.path.startswith("plugin/use_cases/"):
            functions = {one.name: one for one in source.functions()}
            called = {name: {said for said, _ in calls(one)} for name, one in functions.items()}
            announcing = reaching(called, (".marked", ".delivered"))
            waking = reaching(called, (".announce",))
            asleep += [
                f"{source.path}:{name}"
                for name in sorted(announcing - waking)
                if any("act" in ast.unparse(one) for one in functions[name].decorator_list)
            ]
    assert asleep == []


def reaching(called: dict[str, set[str]], words: tuple[str, ...]) -> set[str]:
    """The functions of a module that call what ends with one of these words, or call such a function of it."""
    found = {name for name, those in called.items() if any(one.endswith(words) for one in those)}
    while more := {name for name, those in called.items() if those & found} - found:
        found |= more
    return found
