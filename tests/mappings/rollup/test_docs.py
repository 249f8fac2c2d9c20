"""The worked examples of docs/numbers.md say what the code does."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mappings.numbers import percent

DOCS = Path(__file__).parents[3] / "docs" / "numbers.md"
EXAMPLES = re.findall(
    r"^```yaml example\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_worked_example(a_mapping, objective, stand, an_issue, on_day, text):
    example = YAML(typ="safe").load(text)
    cycle = example.get("cycle", {"id": "c", "start": "2026-10-01", "end": "2026-12-31"})
    mapping = a_mapping(
        objective(*example["key_results"], cycle="c"),
        fields=example.get("fields", ["points"]),
        cycles=(cycle,),
    )
    issues = [an_issue(facts.pop("id"), parent=1, **facts) for facts in example["issues"]]
    state = stand(
        mapping, [an_issue(1, type="Epic"), *issues], on_day(str(example.get("day", "2026-11-15")))
    )["1"]
    expect = example["expect"]
    assert state.progress == Fraction(expect.pop("progress"))
    assert percent(state.progress) == expect.pop("shown")
    seen = {
        "delivery": state.delivery,
        "outcome": state.outcome,
        "expected": state.expected,
        "flags": list(state.flags),
        "health": str(state.health.level),
        "sentence": state.key_results[0].health.sentence,
    }
    for name, value in expect.items():
        assert seen[name] == (Fraction(value) if name == "expected" else value)
