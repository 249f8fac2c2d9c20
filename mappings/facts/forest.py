"""Issues and how they hang together: by id, by parent, by link. A view over what the mirror holds; reads nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from mappings.document.names import LinkWord
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment


@dataclass(frozen=True, slots=True)
class Forest:
    """An indexed set of issues. Order of the input never matters: every sequence it gives is sorted by numeric id."""

    by_id: dict[str, Issue]
    children_of: dict[str, tuple[Issue, ...]]
    linked_to: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, issues: Iterable[Issue]) -> Forest:
        """Index issues; where an id repeats the last one wins."""
        by_id = {issue.id: issue for issue in issues}
        by_id = {id_: by_id[id_] for id_ in in_order(by_id)}
        children: dict[str, list[Issue]] = defaultdict(list)
        linking: dict[str, list[str]] = defaultdict(list)
        for issue in by_id.values():
            if issue.parent_id is not None:
                children[issue.parent_id].append(issue)
            for link in issue.links:
                linking[link.issue_id].append(issue.id)
        return cls(
            by_id,
            {parent: tuple(found) for parent, found in children.items()},
            {target: tuple(dict.fromkeys(ids)) for target, ids in linking.items()},
        )

    def __iter__(self) -> Iterator[Issue]:
        return iter(self.by_id.values())

    def issue(self, issue_id: str) -> Issue | None:
        """The issue, or None where the mirror does not hold it."""
        return self.by_id.get(issue_id)

    def children(self, issue_id: str) -> Sequence[Issue]:
        """Direct children by the `parent` field."""
        return self.children_of.get(issue_id, ())

    def descendants(self, issue_id: str) -> Iterator[Issue]:
        """Everything below, breadth first; a circle in the data is walked once."""
        children_of = self.children_of
        seen = {issue_id}
        level = [issue_id] if issue_id in children_of else []
        while level:
            found = [child for parent in level for child in children_of[parent] if child.id not in seen]
            seen.update([child.id for child in found])
            yield from found
            level = [child.id for child in found if child.id in children_of]

    def above(self, issue_ids: Iterable[str]) -> frozenset[str]:
        """Ids of everything above these, as far as the forest holds it and one step further."""
        found: set[str] = set()
        for issue_id in issue_ids:
            issue = self.by_id.get(issue_id)
            while issue is not None and issue.parent_id is not None and issue.parent_id not in found:
                found.add(issue.parent_id)
                issue = self.by_id.get(issue.parent_id)
        return frozenset(found)

    def moment(self, moment: Moment, root_ids: Iterable[str]) -> Moment:
        """A moment at which this forest stood: with what was below these issues."""
        roots = list(root_ids)
        if not roots:
            return moment
        below = {root: frozenset({root, *(one.id for one in self.descendants(root))}) for root in roots}
        return replace(moment, below=below)

    def linked(self, issue_id: str, word: LinkWord) -> Sequence[Issue]:
        """Issues of which this one says "<phrase> them" (`is measured by`)."""
        own = self.by_id.get(issue_id)
        ids = {link.issue_id for link in own.links if word.says(link)} if own is not None else set()
        return [self.by_id[id_] for id_ in sorted(ids, key=issue_order) if id_ in self.by_id]

    def linking(self, issue_id: str) -> Sequence[str]:
        """Ids of the issues that hold a link to this one, by any phrase."""
        return self.linked_to.get(issue_id, ())


def issue_order(issue_id: str) -> tuple[int, str]:
    """Numeric ids in numeric order, anything else after them by text."""
    return (int(issue_id), "") if issue_id.isdecimal() else (2**63, issue_id)


def in_order(ids: Iterable[str]) -> list[str]:
    """Ids by `issue_order`, in one go where all are numeric, as Jira's are."""
    ids = list(ids)
    return sorted(ids, key=int if all(map(str.isdecimal, ids)) else issue_order)
