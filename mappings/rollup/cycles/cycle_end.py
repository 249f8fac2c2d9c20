"""What an objective of a cycle that has ended is measured from: its facts as they stood when the last day was over. Reads no clock.

What is known of an issue then, in this order: as it is now, where it has not been touched since; as its history tells; as it was first
seen after the end. What was deleted since stays as it was first seen, and so do links where the history does not tell them, and whatever
changes without an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from mappings.explain.certainty import Uncertainty
from mappings.explain.past import LINKS, FieldChange, LinkHistory, PastIssues
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import PARENT, Issue
from mappings.facts.local_time import MILLISECOND, day_end, day_start
from mappings.facts.moment import Moment
from mappings.numbers import json_number

if TYPE_CHECKING:
    from mappings.document.schema import CyclePart
    from mappings.rollup.state import ObjectiveState


@dataclass(frozen=True, slots=True)
class EndFacts:
    """The issues of one objective as they stood at the end of one cycle, and the states of what is aligned to it.

    `doubts` names the issues (by key) of which something is not certain. `aligned` None: as they are now.
    """

    cycle_id: str
    issues: tuple[Issue, ...]
    aligned: tuple[ObjectiveState, ...] | None = None
    doubts: tuple[tuple[Uncertainty, str], ...] = ()

    @property
    def forest(self) -> Forest:
        """The issues, to be measured from."""
        return Forest.of(self.issues)

    @property
    def exact(self) -> bool:
        """Whether nothing of it is in doubt."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class PastFacts:
    """What tells of the past: the issues as they are now, the whole histories of some of them, and Jira's names; `linked` where the mapping goes by links."""

    issues: Iterable[Issue]
    histories: Mapping[str, Iterable[FieldChange]] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)
    former_keys: Mapping[str, str] = field(default_factory=dict)
    linked: bool = False

    @property
    def keys(self) -> Mapping[str, str]:
        """The ids of issues by the keys that they have or had."""
        return {**self.former_keys, **{one.key: one.id for one in self.issues}}

    @property
    def links_told(self) -> LinkHistory:
        """What the histories tell of links."""
        return LinkHistory(self.histories, self.catalogue.link_types, self.keys)


def end_of(cycle: CyclePart, zone: tzinfo) -> datetime:
    """The last millisecond of a cycle."""
    return day_end(cycle.end, zone)


def end_before(cycle: CyclePart, zone: tzinfo) -> datetime:
    """The last millisecond before a cycle begins."""
    return day_start(cycle.start, zone) - MILLISECOND


def has_ended(cycle: CyclePart | None, moment: Moment) -> bool:
    """Whether its last local day is over."""
    return cycle is not None and moment.today > cycle.end


def facts_at_end(
    cycle: CyclePart, end: datetime, witness: PastFacts, first: EndFacts | None = None
) -> EndFacts:
    """The facts of the end as they are known now; `first` are those of an earlier look, of which nothing is lost.

    A fact of before the end that comes late enters: an issue that was not touched since, or whose history is known.
    """
    seen = {one.id: one for one in first.issues} if first is not None else {}
    doubts = {key: doubt for doubt, key in first.doubts} if first is not None else {}
    found = dict(seen)
    stood, links = _by_history(witness, end), witness.links_told
    for issue in witness.issues:
        if issue.created > end:
            continue
        before = seen.get(issue.id)
        then, doubt = _stood(issue, before, end, stood if issue.id in witness.histories else None)
        edited = None
        if then is not None and before is not None:
            edited = _edited(issue, before, end, witness.histories.get(issue.id))
            then = _as_noted(before, then, edited)
        if then is not None and issue.updated > end:
            tells, as_now = links.of(issue.id, end), doubts.get(issue.key) is Uncertainty.LINKS_AS_NOW
            # a history does not tell of a link that goes with the issue at its other end
            silent = edited is not None and LINKS not in edited and not as_now
            if before is not None and (silent or not tells):
                then = replace(then, links=before.links)
            if not tells and witness.linked and (before is None or as_now):
                doubt = Uncertainty.LINKS_AS_NOW
        if then is None and first is not None and before is None:
            continue  # it came to the objective after the first look: nobody says that it was there
        found[issue.id] = then or _until(before or issue, issue, end)
        if doubt is None and then is not None:
            doubts.pop(issue.key, None)
        elif doubt is not None:
            doubts[issue.key] = doubt
    told = tuple(sorted((doubt, key) for key, doubt in doubts.items()))
    issues = tuple(found[id_] for id_ in sorted(found))
    return EndFacts(cycle.id, issues, first.aligned if first is not None else None, told)


def _by_history(witness: PastFacts, end: datetime) -> Mapping[str, Issue]:
    """The issues that were touched since as their histories have them at the end, by id."""
    later = [one for one in witness.issues if one.updated > end and one.id in witness.histories]
    if not later:
        return {}
    return {
        one.id: one for one in PastIssues(later, witness.histories, witness.catalogue, witness.keys).at(end)
    }


def _stood(
    issue: Issue, before: Issue | None, end: datetime, stood: Mapping[str, Issue] | None
) -> tuple[Issue | None, Uncertainty | None]:
    """How an issue stood at the end by its history (None where that is not known), and what is in doubt but for its links."""
    if issue.updated <= end:
        return issue, None
    if stood is None:
        return None, None if before is not None else Uncertainty.AS_FIRST_SEEN
    return stood.get(issue.id), None


def _edited(
    issue: Issue, before: Issue, end: datetime, history: Iterable[FieldChange] | None
) -> Set[str] | None:
    """The fields that were edited between what was noted of an issue and the end; None where nobody knows."""
    if before.updated == issue.updated <= end:
        return frozenset()
    if history is None:
        return None
    since, until = sorted((before.updated, end))
    return frozenset(step.field_id for step in history if since < step.at <= until)


NAMED = ("status", "type", "priority", "resolution", "components", "fix_versions", "affects_versions")
"""What an issue holds by id and is called, or counts, otherwise once somebody administers it."""


def _as_noted(before: Issue, then: Issue, edited: Set[str] | None) -> Issue:
    """What changes without an edit is as it was first seen after the end: an issue may be archived since, its sprint closed, its version
    released or called otherwise, its status put into another category, what it hung below deleted.
    """
    kept = replace(then, archived=before.archived)
    if edited is None or before.unknowns != then.unknowns:
        return kept  # of an edit of before the end, or of what could not be read, is told late
    fields = {id_: raw for id_, raw in before.fields.items() if id_ not in edited}
    orphaned = then.parent_id is None and PARENT not in edited
    same = {name: getattr(before, name) for name in NAMED if _ids(before, name) == _ids(then, name)}
    parent_id = before.parent_id if orphaned else then.parent_id
    return replace(kept, parent_id=parent_id, fields={**then.fields, **fields}, **same)


def _ids(issue: Issue, name: str) -> object:
    held = getattr(issue, name)
    return [one.id for one in held] if isinstance(held, tuple) else held and held.id


def _until(then: Issue, now: Issue, end: datetime) -> Issue:
    """An issue as it was seen, with its readings up to the end: those have a history of their own.

    A field holds what Jira shows, a JSON number: what is noted of an end is kept as text, and a fraction would come back as none.
    """
    if not now.readings:
        return then
    readings = {
        field_id: tuple(one for one in found if one.at <= end) for field_id, found in now.readings.items()
    }
    values = {
        field_id: json_number(found[-1].value) if found else None
        for field_id, found in readings.items()
        if now.readings[field_id] and now.readings[field_id][-1].at > end
    }
    return replace(then, readings=readings, fields={**then.fields, **values})
