"""The page about KPIs names the states and transitions there are, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from mappings.document.text.shape import kinds_at
from mappings.document.text.source import read_document
from mappings.kpi.band import KpiLevel
from mappings.kpi.episode import EpisodeStep, KpiStatus
from mappings.kpi.sources import SOURCE_OPTIONS

PAGE = Path(__file__).parents[3] / "docs" / "kpi.md"


def test_states_and_transitions_are_those_of_the_code() -> None:
    text = PAGE.read_text().split("## States")[1]
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", text, re.MULTILINE) == list(KpiStatus)
    named = re.findall(r"\| `(\w+)` \|$", text, re.MULTILINE)
    assert set(named) == set(EpisodeStep)


def test_the_examples_are_valid() -> None:
    first = re.findall(r"```yaml\n(.*?)```", (PAGE.parent / "mapping.md").read_text(), re.DOTALL)[0]
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        before = first.partition("objectives:")[0] if example.startswith("objectives:") else first
        assert [str(one) for one in read_document(before + example).diagnostics] == []


def test_levels_and_sources_are_those_of_the_code() -> None:
    text = PAGE.read_text()
    assert {level.value.replace("_", " ") for level in KpiLevel} == set(
        re.findall(r"^\| (healthy|watch|unhealthy|no data) \|", text, re.MULTILINE)
    )
    documented = re.findall(r"^\| `(\w+)` \|", text.split("## Sources")[1].split("##")[0], re.MULTILINE)
    assert set(documented) == set(kinds_at(("kpis", 0, "source")))


def test_each_source_that_is_asked_has_an_example() -> None:
    shown = set(re.findall(r"kind: (\w+)", PAGE.read_text()))
    assert {get_args(one.model_fields["kind"].annotation)[0] for one in SOURCE_OPTIONS} <= shown
