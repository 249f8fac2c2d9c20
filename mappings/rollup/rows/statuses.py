"""What a status is worth, and what becomes of a closed issue. Reads the rules of the mapping; weighs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mappings.facts.issue import Issue, Status
from mappings.facts.moment import Moment
from mappings.numbers import plain
from mappings.rollup.rows.ledger import Disposition

if TYPE_CHECKING:  # the mapping's schema imports the progress rules, which import this module
    from mappings.document.mapping import StatusOverride, StatusRules

DONE = "done"
CATEGORIES = ("new", "indeterminate", DONE)
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class StatusReading:
    """What one issue's status says: counted with a fraction, not achieved (0), excluded, or unknown; and why."""

    disposition: Disposition
    fraction: Fraction | None
    reason: str


ARCHIVED = StatusReading(Disposition.EXCLUDED, None, "archived in Jira: left out")
RESTRICTED = StatusReading(Disposition.EXCLUDED, None, "restricted, left out")


class StatusReader:
    """Status → fraction and disposition under one mapping at one moment, remembered per status where no JQL decides."""

    __slots__ = ("_by_rule", "_moment", "_plain", "_resolutions", "_rules")

    def __init__(self, rules: StatusRules, moment: Moment) -> None:
        self._rules = rules
        self._moment = moment
        self._plain: dict[tuple[str, str | None], StatusReading | None] = {}
        self._by_rule: dict[tuple[int, str, str | None], StatusReading] = {}
        self._resolutions: dict[tuple[str, Disposition], StatusReading] = {}

    def read(self, issue: Issue) -> StatusReading:
        """What this issue counts as, its disposition decided only while its status category is done."""
        if self._is_restricted(issue):
            return RESTRICTED
        if issue.gap:
            return StatusReading(Disposition.UNKNOWN, None, issue.gap)
        if issue.archived:
            return ARCHIVED
        status = issue.status
        if status.category == DONE:
            closed = self._closed(issue)
            if closed is not None:
                return closed
        key = (status.id, status.category)
        try:
            known = self._plain[key]
        except KeyError:
            known = self._plain[key] = self._learn(status)
        return known if known is not None else self._by_override(issue)

    def closed(self, issue: Issue) -> StatusReading | None:
        """`excluded` or `not_achieved` for a closed issue, `excluded` for one that is archived or restricted, else None."""
        if self._is_restricted(issue):
            return RESTRICTED
        if issue.gap:
            return None
        if issue.archived:
            return ARCHIVED
        return self._closed(issue) if issue.status.category == DONE else None

    def given_up(self, issue: Issue) -> bool:
        """Whether the issue was closed as one of those that are excluded."""
        return issue.status.category == DONE and self._rules.excluded.matches(issue, self._moment)

    def _is_restricted(self, issue: Issue) -> bool:
        restricted = self._rules.restricted
        return restricted is not None and restricted.matches(issue, self._moment)

    def _closed(self, issue: Issue) -> StatusReading | None:
        rules = self._rules
        if rules.excluded.matches(issue, self._moment):
            return self._closing(issue, Disposition.EXCLUDED)
        if rules.not_achieved is not None and rules.not_achieved.matches(issue, self._moment):
            return self._closing(issue, Disposition.NOT_ACHIEVED)
        return None

    def _closing(self, issue: Issue, disposition: Disposition) -> StatusReading:
        word = issue.resolution.name if issue.resolution else issue.status.name
        if (word, disposition) not in self._resolutions:
            self._resolutions[word, disposition] = (
                StatusReading(disposition, None, f"closed as {word}: left out")
                if disposition is Disposition.EXCLUDED
                else StatusReading(disposition, ZERO, f"closed as {word}: not achieved, counts as 0")
            )
        return self._resolutions[word, disposition]

    def _learn(self, status: Status) -> StatusReading | None:
        """The reading all issues in this status share, or None where an override's JQL makes a difference."""
        default = self._default(status)
        readings = []
        for override in self._rules.overrides:
            readings.append(_overridden(override, status) or default)
            if override.when is None:
                break
        else:
            readings.append(default)
        fractions = {reading.fraction for reading in readings}
        return readings[-1] if len(fractions) == 1 else None

    def _by_override(self, issue: Issue) -> StatusReading:
        """The first override that selects the issue decides; what it leaves out falls through to the defaults."""
        overrides = self._rules.overrides
        for place, override in enumerate(overrides):
            if override.when is None or override.when.matches(issue, self._moment):
                return self._under(place, issue.status)
        return self._under(len(overrides), issue.status)

    def _under(self, place: int, status: Status) -> StatusReading:
        """The reading of a status under one override, or under the defaults behind the last."""
        key = (place, status.id, status.category)
        known = self._by_rule.get(key)
        if known is None:
            override = self._rules.overrides[place : place + 1]
            found = _overridden(override[0], status) if override else None
            known = self._by_rule[key] = found or self._default(status)
        return known

    def _default(self, status: Status) -> StatusReading:
        fraction = self._rules.by_category.get(status.category) if status.category in CATEGORIES else None
        if fraction is None:
            reason = f'status "{status.name}" has no category that the mapping gives a fraction for'
            return StatusReading(Disposition.UNKNOWN, None, reason)
        reason = f'status "{status.name}" ({status.category}) counts as {plain(fraction)}'
        return StatusReading(Disposition.COUNTED, fraction, reason)


def _overridden(override: StatusOverride, status: Status) -> StatusReading | None:
    fraction = override.by_status.get(status.id)
    if fraction is None and status.category is not None:
        fraction = override.by_category.get(status.category)
    if fraction is None:
        return None
    reason = f'status "{status.name}" counts as {plain(fraction)} by an override'
    return StatusReading(Disposition.COUNTED, fraction, reason)
