"""Health as a word, a shape and a sentence; the colour only repeats them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.health_rules import HEALTH_RULES, verdict
from mappings.rollup.state import Health, HealthLevel
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import length

WORDS = {
    HealthLevel.OFF_TRACK: "Off track",
    HealthLevel.AT_RISK: "At risk",
    HealthLevel.UNKNOWN: "Unknown",
    HealthLevel.PENDING: "Pending",
    HealthLevel.ON_TRACK: "On track",
    HealthLevel.ACHIEVED: "Achieved",
}
KEY = re.compile(r"^[A-Z][A-Z0-9_]*-[0-9]+ ")
OF_A_PART = {HEALTH_RULES["not-achieved"].verdict: "Part of it was not achieved"}
"""What is said of an objective in a narrow line where the verdict is one of a row, and would be taken for its own."""
WORST = "as the worst of its rows is: "


@dataclass(frozen=True, slots=True)
class Badge:
    """One health: `level` names colour and shape, `word` says it, `rule` fired, `sentence` explains with its figures.

    `brief` is the sentence where the word stands beside it already; `meaning` is what the rule says in general. `verdict` is the same
    in plain words, `line` is that where the row may be cut off, and `row` the row that decides, where the worst one speaks (`row_title` is its name without the key).
    """

    level: str
    word: str
    rule: str
    sentence: str
    brief: str
    meaning: str
    verdict: str
    line: str
    row: str
    row_title: str


@dataclass(frozen=True, slots=True)
class Total:
    """How many objectives have one health; `start` and `width` place it in the strip of all, as SVG lengths."""

    level: str
    word: str
    count: int
    start: str
    width: str


def badge(health: Health) -> Badge:
    """The badge of one health."""
    _, repeated, rest = health.sentence.partition(WORST)
    brief = rest if repeated and health.rule == "worst" else health.sentence
    rule = HEALTH_RULES.get(health.rule)
    return Badge(
        level=health.level.value,
        word=WORDS[health.level],
        rule=health.rule,
        sentence=finish_clause(health.sentence),
        brief=finish_clause(brief),
        meaning=rule.means if rule is not None else "",
        verdict=(said := verdict(health) or WORDS[health.level]),
        line=OF_A_PART.get(said, said) if health.row else said,
        row=health.row,
        row_title=KEY.sub("", health.row),
    )


def totals(levels: Iterable[HealthLevel] | Mapping[HealthLevel, int]) -> tuple[Total, ...]:
    """Counts by health, worst first, with their places in the strip; of levels, or of counts that are known already."""
    counts = Counter(levels)
    whole = sum(counts.values()) or 1
    found: list[Total] = []
    before = 0
    for level in HealthLevel:
        width = Fraction(counts[level], whole)
        found.append(
            Total(
                level=level.value,
                word=WORDS[level],
                count=counts[level],
                start=length(Fraction(before, whole)),
                width=length(width),
            )
        )
        before += counts[level]
    return tuple(found)
