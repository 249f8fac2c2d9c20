"""Every use case says what of the numbers of objectives is in its answer."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pkgutil import walk_packages

import plugin.use_cases
from plugin.use_cases.permission import MARK
from plugin.use_cases.visibility.number_rules import NAMES, ROOM, NumberRule, rule_of


def use_cases() -> set[str]:
    found = set()
    for module in walk_packages(plugin.use_cases.__path__, ROOM):
        for value in vars(import_module(module.name)).values():
            if callable(value) and hasattr(value, MARK):
                found.add(f"{value.__module__}.{value.__qualname__}".removeprefix(ROOM))
    return found


def test_every_use_case_stands_under_one_rule_of_numbers_and_nothing_else_does() -> None:
    named = Counter(
        f"{module}.{name}"
        for rule in NAMES.values()
        for module, names in rule.items()
        for name in names.split()
    )
    there = use_cases()
    unsaid, gone = sorted(there - named.keys()), sorted(named.keys() - there)
    assert not unsaid, f"say in number_rules.NAMES what of numbers is in the answers of {unsaid}"
    assert not gone, f"number_rules.NAMES names what is no use case any more: {gone}"
    assert {name for name, times in named.items() if times > 1} == set()


def test_a_use_case_that_nobody_thought_of_has_the_strictest_rule() -> None:
    def new() -> None:
        """One that was added to a room of which every other is cut."""

    new.__module__ = f"{ROOM}work.gaps"
    new.__qualname__ = "new"
    assert rule_of(new) is NumberRule.ALL
