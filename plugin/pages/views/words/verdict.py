"""Health in one plain sentence, from the rule that fired and its pace: never from mood. Upper bounds are exclusive."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from mappings.rollup.state import Health

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
BY_PACE = {
    "pace-off-track": BEHIND,
    "pace-at-risk": BEHIND,
    "level-off-track": BEHIND,
    "level-at-risk": BEHIND,
    "pace-on-track": GOING,
    "level-on-track": GOING,
}
SENTENCES = {
    "early": "Too early to say",
    "achieved": "Reached",
    "not-achieved": "Closed as not achieved, counts as 0",
    "excluded": "Closed undone, left out",
    "not-computable": "Cannot be computed",
    "never-measured": "Never measured",
    "baseline-pending": "First reading to come",
    "stale": "No fresh reading",
    "before-date": "Its date is still to come",
    "after-date": "Overdue",
    "no-date": "Has no date",
    "unreadable-date": "Its date is no day",
    "no-expected": "Belongs to no cycle",
    "broken-weight": "A weight cannot be used",
    "circle": "Aligned in a circle",
    "no-key-result": "Nothing measures it",
}


def verdict(health: Health) -> str:
    """The sentence of a health; that of the row that decides where the worst row speaks. Empty where no words are known."""
    rule = health.row_rule or health.rule
    steps = BY_PACE.get(rule)
    if steps is None or health.pace is None:
        return SENTENCES.get(rule, "")
    bounds = [bound for bound, _ in steps if bound is not None]
    return steps[bisect_right(bounds, health.pace)][1]
