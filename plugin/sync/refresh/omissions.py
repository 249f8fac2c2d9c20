"""Fields that an answer leaves out altogether. That is not the same as empty: what we knew of them stays, and is said to be a gap.

Jira leaves a field out where it does not exist for the issue's project and type, or was deleted. Only where we know of a value, and
the issue is what and where it was, is that suspicious; what every issue has (a resolution, links) is missed wherever the issue went.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from typing import Any

from connectors.store.mirror import mirror
from mappings.facts.entity_property import property_key
from mappings.facts.gap import Gap
from mappings.facts.issue import PARENT, STATUS_CATEGORY, WHOLE, Issue
from plugin.sync.context import Context

SYSTEM: Mapping[str, str] = {
    "summary": "summary",
    "resolution": "resolution",
    "priority": "priority",
    "labels": "labels",
    "components": "components",
    "fixVersions": "fix_versions",
    "versions": "affects_versions",
    "assignee": "assignee",
    "reporter": "reporter",
    "creator": "creator",
    "duedate": "due",
    "resolutiondate": "resolved",
    "statuscategorychangedate": "status_changed",
    "issuelinks": "links",
    "archiveddate": "archived",
    PARENT: "parent_id",
}
"""Where an issue holds the system fields, by their ids in Jira."""
EVERYWHERE = frozenset(
    {
        "resolution",
        "resolutiondate",
        "statuscategorychangedate",
        "issuelinks",
        "archiveddate",
        STATUS_CATEGORY,
    }
)
"""What no project and no type does without."""

REMEDY = (
    "Look whether the field still exists in Jira and its context still covers the project; point the mapping at another field, "
    "or accept the gap."
)


def spare_fields(
    known: Mapping[str, Issue], issues: Iterable[Issue], ours: Set[str], names: Mapping[str, str]
) -> tuple[list[Issue], list[Gap]]:
    """The issues with what we knew of fields that the answers left out, and a gap for each such issue.

    `ours` are places that we write: where such a field is out, Jira's own word on our next write tells more. An entity property takes
    every write, so that it would be written again with each such answer: it stays as it was known, and nobody is asked. `names` by field id.
    """
    found: list[Issue] = []
    gaps: list[Gap] = []
    for issue in issues:
        former = known.get(issue.id)
        held = _missing(former, issue) if issue.absent and former is not None else frozenset()
        missing = held - ours
        kept = missing | frozenset(name for name in held if property_key(name) is not None)
        if former is None or not kept:
            found.append(replace(issue, absent=frozenset()) if issue.absent else issue)
            continue
        found.append(_with(former, issue, kept))
        if missing:
            gaps.append(_gap(issue, sorted(missing), names))
    return found, gaps


def in_scope(context: Context, issues: Iterable[Issue]) -> list[Issue]:
    """Those of the issues, as they were read, that the scope takes in. What an answer left out decides as it was known."""
    found = list(issues)
    lacking = [issue for issue in found if issue.absent]
    with context.store.read() as conn:
        known = mirror.get(conn, context.site, [issue.id for issue in lacking]) if lacking else {}
    whole = {issue.id: issue for issue in spare_fields(known, lacking, frozenset(), {})[0]}
    return [one for one in found if context.holds(whole.get(one.id, one))]


def _missing(former: Issue, issue: Issue) -> frozenset[str]:
    """What the answer lacks though we know of a value, and the issue is of the project and type that it was or the field is everywhere."""
    held = frozenset(name for name in issue.absent if _known(former, issue, name))
    same = (former.project.id, former.type.id) == (issue.project.id, issue.type.id)
    return held if same else frozenset(name for name in held if name in EVERYWHERE or property_key(name))


def _known(former: Issue, issue: Issue, name: str) -> bool:
    if name == STATUS_CATEGORY:
        return former.status.category is not None
    if (name == PARENT and issue.parent_id) or (name == "archiveddate" and issue.archived):
        return False
    return name in former.fields or (name in SYSTEM and bool(getattr(former, SYSTEM[name])))


def _with(former: Issue, issue: Issue, missing: frozenset[str]) -> Issue:
    kept = {name: former.fields[name] for name in missing if name in former.fields}
    system: dict[str, Any] = {
        SYSTEM[name]: getattr(former, SYSTEM[name]) for name in missing if name in SYSTEM
    }
    accepted = {WHOLE: former.unknowns[WHOLE]} if WHOLE in former.unknowns else {}
    if (
        STATUS_CATEGORY in missing
    ):  # another status, too, counts as the one that was known, until its category is
        system["status"] = former.status
    return replace(
        issue,
        **system,
        fields={**issue.fields, **kept},
        unknowns={**issue.unknowns, **accepted},
        absent=frozenset(),
    )


def _gap(issue: Issue, missing: list[str], names: Mapping[str, str]) -> Gap:
    said = ", ".join(f"{names[name]} ({name})" if name in names else name for name in missing)
    reason = f"Jira's answer leaves out {said}, which had a value before; what it was is still counted with."
    return Gap(
        issue_id=issue.id,
        issue_key=issue.key,
        reason=reason,
        remedy=REMEDY,
        field=missing[0],
        omitted=tuple(missing),
    )
