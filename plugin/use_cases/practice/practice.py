"""How healthy the practice of OKRs is: per team and cycle what of the craft is kept, what is behind it, and how much work serves it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from connectors.store.cycles import cycle_ends
from connectors.store.lists import cycle_lines
from connectors.store.mirror import mirror
from mappings.document.mapping import Mapping
from mappings.document.schema import CyclePart
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from mappings.practice.coverage import (
    Candidate,
    CandidateSearch,
    Coverage,
    coverage,
    issues_served,
    weight_aliases,
)
from mappings.practice.practice import COUNSEL, Practice, PracticeMeasure, practices
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import CYCLES
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleRefusal, mapping_and_moment, past_cycles, show_cycle
from plugin.use_cases.objectives.objective_list import every_headline
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.objectives.objectives import list_all
from plugin.use_cases.permission import VIEWER, question

__all__ = [
    "Coverage",
    "Practice",
    "PracticeAssessment",
    "PracticeMeasure",
    "TeamPractice",
    "assess_practice",
    "assessed_values",
]


@dataclass(frozen=True, slots=True)
class TeamPractice:
    """One team: what of the craft it keeps, and how much of its work serves the cycle; None where that cannot be told."""

    practice: Practice
    coverage: Coverage | None


@dataclass(frozen=True, slots=True)
class PracticeAssessment:
    """A cycle of a site, team by team. `coverage` is that of all work, of teams without objectives too; None of a cycle that has ended:
    what was open then is not known.
    """

    site: str
    cycle: str
    ended: bool
    cycles: tuple[str, ...]
    teams: tuple[TeamPractice, ...]
    coverage: Coverage | None
    weighed: bool


@question(VIEWER)
def assess_practice(
    connector: Connector, actor: Actor, site: str, cycle_id: str | None = None, team: str | None = None
) -> PracticeAssessment:
    """One cycle, of one team or of all; without a cycle the one that runs and ends first among those with objectives.

    Raises CycleRefusal for a cycle that the mapping does not have, or where no objective runs in any.
    """
    mapping, moment = mapping_and_moment(connector, site)
    known = _cycles(connector, actor, site, mapping)
    if cycle_id is None:
        running = [one for one in known if one.start <= moment.today <= one.end]
        if not running:
            raise CycleRefusal("No objective runs in a cycle now. Name one that did.", step=CYCLES)
        cycle_id = min(running, key=lambda one: (one.end, -one.start.toordinal())).id
    detail = show_cycle(connector, actor, site, cycle_id)
    states = tuple(one.state for one in detail.objectives)
    ended = has_ended(detail.shown.cycle, moment)
    above = _served_at_end(connector, site, cycle_id) if ended else _served_now(connector, actor, site)
    found = () if ended else _candidates(connector, actor, site, mapping, cycle_id, moment)
    serving, weighed = issues_served(states), bool(weight_aliases(mapping))
    by_team: dict[str, list[Candidate]] = defaultdict(list)
    for one in found:
        by_team[one.team or one.project].append(one)
    teams = tuple(
        TeamPractice(one, None if ended else coverage(by_team[one.team], serving, weighed=weighed))
        for one in practices(states, above)
        if team is None or one.team.casefold() == team.casefold()
    )
    whole = None if ended else coverage(found, serving, weighed=weighed)
    return PracticeAssessment(
        site=site,
        cycle=cycle_id,
        ended=ended,
        cycles=tuple(one.id for one in known),
        teams=teams,
        coverage=whole,
        weighed=weighed,
    )


def _served_now(connector: Connector, actor: Actor, site: str) -> set[str]:
    """Ids of those that any objective is aligned to."""
    return {target for one in every_headline(connector, actor, site) for target in one.state.aligned_to}


def _served_at_end(connector: Connector, site: str, cycle_id: str) -> set[str]:
    """Ids of those of a cycle that any objective was aligned to at its end."""
    with connector.store.read() as conn:
        return cycle_lines.list_served(conn, site, cycle_id)


def _cycles(connector: Connector, actor: Actor, site: str, mapping: Mapping) -> list[CyclePart]:
    """The cycles that objectives run in, or ran in, the latest end first."""
    with connector.store.read() as conn:
        ids = {*cycle_ends.list_running(conn, site), *past_cycles(connector, actor, site)}
    found = (mapping.cycles.get(id_) for id_ in ids)
    return sorted(
        (one for one in found if one is not None), key=lambda one: (one.end, one.start, one.id), reverse=True
    )


def _candidates(
    connector: Connector, actor: Actor, site: str, mapping: Mapping, cycle_id: str, moment: Moment
) -> tuple[Candidate, ...]:
    """The work of the site, streamed: only what is a candidate is kept."""
    cycle = mapping.cycles.get(cycle_id)
    if cycle is None:
        return ()
    every: tuple[ObjectiveState, ...] = tuple(one.state for one in list_all(connector, actor, site))
    search = CandidateSearch(mapping, cycle, moment, every)
    with connector.store.read() as conn:
        found = (search.candidate(issue) for issue in mirror.every(conn, site))
        return tuple(one for one in found if one is not None)


def assessed_values(one: PracticeAssessment) -> PlainValues:
    """A cycle, for programs."""
    return {
        "site": one.site,
        "cycle": one.cycle,
        "ended": one.ended,
        "teams": [
            {
                "team": each.practice.team,
                "objectives": each.practice.objectives,
                "key_results": each.practice.key_results,
                "measures": [measure_values(measure) for measure in each.practice.measures],
                "coverage": coverage_values(each.coverage),
            }
            for each in one.teams
        ],
        "coverage": coverage_values(one.coverage),
    }


def measure_values(one: PracticeMeasure) -> PlainValues:
    """One measure, for programs."""
    counsel = COUNSEL[one.aspect]
    return {
        "aspect": one.aspect.value,
        "asks": counsel.asks,
        "met": one.met,
        "of": one.of,
        "share": number(one.share),
        "share_exact": exact_text(one.share),
        "kept": one.kept,
        "behind": [
            {
                "id": each.id,
                "key": each.key,
                "title": each.title,
                "why": each.why,
                "objective": each.objective,
            }
            for each in one.behind
        ],
        "advice": counsel.advice,
        "source": counsel.source,
    }


def coverage_values(one: Coverage | None) -> PlainValues | None:
    """How much work serves, for programs; None where that cannot be told."""
    if one is None:
        return None
    return {
        "candidates": one.candidates,
        "serving": one.serving,
        "share": number(one.share),
        "share_exact": exact_text(one.share),
        "share_by_weight": number(one.weighed),
        "share_by_weight_exact": exact_text(one.weighed),
        "orphans": [{"project": each.project, "count": each.count, "jql": each.jql} for each in one.orphans],
    }
