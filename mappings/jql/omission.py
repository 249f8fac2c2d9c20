"""Which JQL may say something else for a field that Jira's answer left out: so few readings as can be wait for such a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mappings.facts.issue import PARENT, STATUS_CATEGORY
from mappings.facts.selector import Selector

ASKED_BY: Mapping[str, frozenset[str]] = {
    "summary": frozenset({"summary"}),
    "resolution": frozenset({"resolution"}),
    "priority": frozenset({"priority"}),
    "labels": frozenset({"labels"}),
    "components": frozenset({"component"}),
    "fixVersions": frozenset({"fixVersion"}),
    "versions": frozenset({"affectedVersion"}),
    "assignee": frozenset({"assignee"}),
    "reporter": frozenset({"reporter"}),
    "creator": frozenset({"creator"}),
    "duedate": frozenset({"due"}),
    "resolutiondate": frozenset({"resolved"}),
    "statuscategorychangedate": frozenset({"statusCategoryChangedDate"}),
    "issuelinks": frozenset({"issueLinkType", "issuekey"}),
}
"""By which fields of JQL a system field is asked for, by its id; `issue in linkedIssues(…)` asks for links."""
ALWAYS = frozenset({PARENT, STATUS_CATEGORY, "archiveddate"})
"""What decides even where no JQL names it: what an issue is part of, how far it is, and whether it counts at all."""
EVERY_TEXT = "text"


def decides(select: Selector, omitted: Collection[str]) -> bool:
    """Whether a JQL may match otherwise for what these fields hold; of what nobody lists here, custom fields as well, `fields` decides."""
    if not ALWAYS.isdisjoint(omitted) or EVERY_TEXT in select.asks:
        return True
    return any(
        not asked.isdisjoint(select.asks)
        if (asked := ASKED_BY.get(name)) is not None
        else name in select.fields
        for name in omitted
    )
