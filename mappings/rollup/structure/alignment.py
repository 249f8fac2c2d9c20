"""How objectives hang together: who is aligned to whom, and where that runs in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence

from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import AlignmentPart
from mappings.facts.forest import issue_order
from mappings.facts.issue import Issue
from mappings.rollup.assessment import Assessment

Graph = Mapping[str, Sequence[str]]
"""Ids of the objectives each objective is aligned to."""


def targets_of(assessment: Assessment, rule: ObjectiveRule, objective: Issue | None) -> tuple[str, ...]:
    """Ids of the objectives this one is aligned to: by link, or one that is written in the mapping."""
    phrase = link_phrase(assessment.mapping, rule)
    written = written_target(assessment.mapping, rule)
    if written is not None:
        return (written,)
    if phrase is None or objective is None:
        return ()
    linked = assessment.forest.linked(objective.id, assessment.mapping.link(phrase))
    rules = ((issue.id, assessment.rule_for(issue)) for issue in linked)
    return tuple(id_ for id_, found in rules if found is not None and not found.plain)


def written_target(mapping: BoundMapping, rule: ObjectiveRule) -> str | None:
    """`@id` where `aligned_to` names an objective that is written in the mapping (with or without the `@`)."""
    aligned = rule.part.aligned_to
    named = aligned.objective if isinstance(aligned, AlignmentPart) else aligned
    if named is None:
        return None
    id_ = named.removeprefix("@")
    written = (other.part.id for other in mapping.objectives if other.select is None)
    return f"@{id_}" if id_ in written else None


def link_phrase(mapping: BoundMapping, rule: ObjectiveRule) -> str | None:
    """The phrase of the link that aligns, or None; a text that names no written objective is a phrase."""
    aligned = rule.part.aligned_to
    if isinstance(aligned, AlignmentPart):
        return aligned.link
    return aligned if written_target(mapping, rule) is None else None


def circle_through(graph: Graph, start: str) -> tuple[str, ...]:
    """The shortest way along alignments from an objective back to itself, or nothing. Both ends are the objective."""
    came_from: dict[str, str] = {}
    level = [start]
    while level:
        following = []
        for node in level:
            for target in sorted(graph.get(node, ()), key=issue_order):
                if target == start:
                    return _way_back(came_from, node, start)
                if target not in came_from:
                    came_from[target] = node
                    following.append(target)
        level = following
    return ()


def _way_back(came_from: Mapping[str, str], last: str, start: str) -> tuple[str, ...]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return (start, *reversed(way))


def circles_in(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The circle of every objective that is in one."""
    found = {node: circle_through(graph, node) for node in graph if graph[node]}
    return {node: circle for node, circle in found.items() if circle}


def from_below(graph: Graph, circular: Container[str]) -> list[str]:
    """Objectives so that each comes after those aligned to it; members of circles do not wait for one another."""
    above = {
        node: [
            target for target in targets if target in graph and not (node in circular and target in circular)
        ]
        for node, targets in graph.items()
    }
    waiting = Counter(target for targets in above.values() for target in targets)
    ready = [node for node in graph if not waiting[node]]
    ordered = []
    while ready:
        node = ready.pop()
        ordered.append(node)
        for target in above[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return ordered
