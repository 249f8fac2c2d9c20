"""Fields that an answer leaves out altogether. That is not the same as empty: what we knew of them stays, and is said to be a gap.

Jira leaves a field out where it does not exist for the issue's project and type, or was deleted. Only where we know of a value, and
the issue is what and where it was, is that suspicious.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from mappings.gap import Gap
from mappings.issue import PARENT, WHOLE, Issue

REMEDY = (
    "Look whether the field still exists in Jira and its context still covers the project; point the mapping at another field, "
    "or accept the gap."
)


def spared(
    known: Mapping[str, Issue], issues: Iterable[Issue], ours: Set[str], names: Mapping[str, str]
) -> tuple[list[Issue], list[Gap]]:
    """The issues with what we knew of fields that the answers left out, and a gap for each such issue.

    `ours` are fields that we write: where such a one is out, Jira's own word on our next write tells more. `names` by field id.
    """
    found: list[Issue] = []
    gaps: list[Gap] = []
    for issue in issues:
        former = known.get(issue.id)
        missing = _missing(former, issue) - ours if issue.absent and former is not None else frozenset()
        if former is None or not missing:
            found.append(replace(issue, absent=frozenset()) if issue.absent else issue)
            continue
        found.append(_with(former, issue, missing))
        gaps.append(_gap(issue, sorted(missing), names))
    return found, gaps


def _missing(former: Issue, issue: Issue) -> frozenset[str]:
    """What the answer lacks though we know of a value and the issue is of the project and type that it was."""
    if (former.project.id, former.type.id) != (issue.project.id, issue.type.id):
        return frozenset()
    held = issue.absent & former.fields.keys()
    parent = {PARENT} if PARENT in issue.absent and former.parent_id and not issue.parent_id else set[str]()
    return frozenset(held | parent)


def _with(former: Issue, issue: Issue, missing: frozenset[str]) -> Issue:
    kept = {name: former.fields[name] for name in missing if name in former.fields}
    accepted = {WHOLE: former.unknowns[WHOLE]} if WHOLE in former.unknowns else {}
    return replace(
        issue,
        fields={**issue.fields, **kept},
        parent_id=former.parent_id if PARENT in missing else issue.parent_id,
        unknowns={**issue.unknowns, **accepted},
        absent=frozenset(),
    )


def _gap(issue: Issue, missing: list[str], names: Mapping[str, str]) -> Gap:
    said = ", ".join(f"{names[name]} ({name})" if name in names else name for name in missing)
    reason = f"Jira's answer leaves out {said}, which had a value before; what it was is still counted with."
    return Gap(issue.id, issue.key, reason, REMEDY, missing[0])
