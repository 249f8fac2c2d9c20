"""The rules of health: what each means, and what it says of a key result in plain words, from its pace and never from mood."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.state import Health

Steps = tuple[tuple[Fraction | None, str], ...]
"""What is said up to each pace; the bounds are exclusive, the last has none."""

BEHIND = (
    (Fraction(2, 100), "Has not moved yet"),
    (Fraction(15, 100), "A tenth of where it should be"),
    (Fraction(225, 1000), "A fifth of where it should be"),
    (Fraction(29, 100), "A quarter of where it should be"),
    (Fraction(38, 100), "A third of where it should be"),
    (Fraction(46, 100), "Under half of where it should be"),
    (Fraction(54, 100), "Half of where it should be"),
    (Fraction(63, 100), "Over half of where it should be"),
    (Fraction(70, 100), "Two thirds of where it should be"),
    (Fraction(79, 100), "Three quarters of where it should be"),
    (None, "Nearly where it should be"),
)
GOING = (
    (Fraction(79, 100), "Behind, but still on track"),
    (Fraction(93, 100), "A little behind"),
    (Fraction(108, 100), "Where it should be"),
    (Fraction(125, 100), "A little ahead"),
    (None, "Well ahead"),
)


@dataclass(frozen=True, slots=True)
class HealthRule:
    """One rule: what it `means` in general, and its `verdict`, or what it says by the pace. Neither where another speaks for it."""

    means: str
    verdict: str = ""
    by_pace: Steps = ()


HEALTH_RULES: dict[str, HealthRule] = {
    "achieved": HealthRule("progress has reached what its commitment asks for", "Reached"),
    "excluded": HealthRule("closed with a resolution that leaves the denominator", "Closed undone, left out"),
    "not-achieved": HealthRule("closed as not achieved", "Closed as not achieved, counts as 0"),
    "not-computable": HealthRule(
        "something else than the measurement is missing or wrong", "Cannot be computed"
    ),
    "never-measured": HealthRule("nobody has measured it yet", "Never measured"),
    "stale": HealthRule("the last reading is older than stale_after", "No fresh reading"),
    "no-expected": HealthRule(
        "there is no cycle (or it has no worked day), so nothing says what to expect", "Belongs to no cycle"
    ),
    "early": HealthRule("less than a tenth of the cycle has passed", "Too early to say"),
    "pace-on-track": HealthRule("pace is at or above on_track", by_pace=GOING),
    "pace-at-risk": HealthRule("pace is at or above at_risk", by_pace=BEHIND),
    "pace-off-track": HealthRule("pace is below at_risk", by_pace=BEHIND),
    "before-date": HealthRule("a milestone whose date has not passed", "Its date is still to come"),
    "after-date": HealthRule("a milestone whose date has passed", "Overdue"),
    "no-date": HealthRule("a milestone without a date and without a cycle", "Has no date"),
    "unreadable-date": HealthRule("a milestone whose date is no day", "Its date is no day"),
    "level-on-track": HealthRule("a threshold whose progress is at or above on_track", by_pace=GOING),
    "level-at-risk": HealthRule("a threshold whose progress is at or above at_risk", by_pace=BEHIND),
    "level-off-track": HealthRule("a threshold whose progress is below at_risk", by_pace=BEHIND),
    "baseline-pending": HealthRule("a baseline without a reading", "First reading to come"),
    "broken-weight": HealthRule("a row whose weight cannot be used", "A weight cannot be used"),
    "worst": HealthRule("the worst of the contributing rows"),
    "no-key-result": HealthRule("nothing contributes to the objective", "Nothing measures it"),
    "circle": HealthRule("objectives aligned in a circle", "Aligned in a circle"),
    "plain-parent": HealthRule("sums are written to it: it is no objective, and has no health"),
}
"""Every rule that can fire: stable codes, each with a row in `docs/numbers.md`."""


def verdict(health: Health) -> str:
    """The sentence of a health; that of the row that decides where the worst row speaks. Empty where no words are known."""
    rule = HEALTH_RULES.get(health.row_rule or health.rule)
    if rule is None:
        return ""
    if not rule.by_pace or health.pace is None:
        return rule.verdict
    bounds = [bound for bound, _ in rule.by_pace if bound is not None]
    return rule.by_pace[bisect_right(bounds, health.pace)][1]
