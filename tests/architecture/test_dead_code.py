"""That nothing is dead is asked by `make lint`; here, that the question would notice."""

from __future__ import annotations

from tests.architecture.dead_code import EXCEPTIONS, judged


def test_what_nothing_uses_is_dead_unless_tests_use_it_of_the_sandbox_or_a_reason_stands() -> None:
    found = [
        ("mappings/rollup/rows/ledger.py:3", "nobody_asks", "function"),
        ("connectors/sandbox/site_state/state.py:3", "nobody_asks", "function"),
        ("connectors/sandbox/site_state/state.py:9", "asked_by_tests", "function"),
        ("plugin/doors/model.py:2", "model_config", "variable"),
        ("plugin/pages/views/objectives/history/chart.py:7", "happened_kinds", "variable"),
        ("mappings/document/checks/codes.py:7", "SYNTAX", "variable"),
    ]
    dead, needed = judged(found, {"nobody_asks"})
    assert [place for place, _, _ in dead] == [
        "mappings/rollup/rows/ledger.py:3",
        "connectors/sandbox/site_state/state.py:3",
    ]
    assert needed == {"model_config"}


def test_each_exception_says_why() -> None:
    assert [name for name, reason in EXCEPTIONS.items() if len(reason.split()) < 3] == []
