"""The page about KPIs names the states and transitions there are, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path

from mappings.kpi.episode import KpiStatus, Transition

PAGE = Path(__file__).parents[3] / "docs" / "kpi.md"


def test_states_and_transitions_are_those_of_the_code() -> None:
    text = PAGE.read_text()
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", text, re.MULTILINE) == list(KpiStatus)
    named = re.findall(r"\| `(\w+)` \|$", text, re.MULTILINE)
    assert set(named) == set(Transition) - {Transition.STAYED}
