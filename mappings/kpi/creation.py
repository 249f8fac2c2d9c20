"""The issue that is made in Jira for a key result that a KPI became: what it is, where it hangs, and by what it is found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.names import NameKind
from mappings.document.schema import CreatePart, KpiPart, LabelRelation
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project
from mappings.kpi.episode import KpiState, Proposal
from mappings.numbers import plain
from mappings.progress.options import KpiCurrent, RuleOptions
from mappings.progress.threshold import ThresholdOptions
from mappings.progress.transition import TransitionOptions

PROPERTY = "jira-okr.kpi"
"""The entity property that says of which episode an issue is the key result."""
LONGEST_SUMMARY = 255
MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an issue cannot be made, and what a person can do."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class PlannedIssue:
    """An issue as it is to be made: `types` are the ids of the types that are called so, `numbers` what its fields hold, by id."""

    project: Project
    types: tuple[IssueType, ...]
    summary: str
    labels: tuple[str, ...]
    parent: Issue | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    property: Mapping[str, object] = field(default_factory=dict)


def episode_label(site: str, kpi_id: str, episode: int) -> str:
    """The label by which the key result of an episode is found again: two sites may read one Jira, each with a KPI of this id."""
    return f"okr-kpi-{site}/{kpi_id}-{episode}"


def planned_issue(
    mapping: BoundMapping,
    catalogue: Catalogue,
    part: KpiPart,
    state: KpiState,
    objective: Issue | None,
    site: str,
) -> PlannedIssue | Hindrance:
    """What is to be made for this episode; `objective` is the issue that `promote.objective` names, None where none is known."""
    create = part.promote.create if part.promote is not None else None
    proposal = state.proposal
    if create is None or proposal is None:
        return Hindrance(
            "The mapping does not say as what the issue would be made.",
            "Make the issue in Jira and name it, or write `promote.create` for this KPI.",
        )
    if objective is None and (create.relation == "child" or create.project is None):
        return _without_objective(proposal)
    project = _project(mapping, catalogue, create, objective)
    if project is None:
        return Hindrance(
            f"The project {create.project} is not among those that the account sees.",
            "Correct `promote.create.project`, or let the account browse it.",
        )
    ids = set(mapping.ids_of(NameKind.TYPE, create.type))
    types = tuple(one for one in catalogue.issue_types if one.id in ids)
    parent = objective if create.relation == "child" else None
    label = (create.relation.label,) if isinstance(create.relation, LabelRelation) else ()
    return PlannedIssue(
        project=project,
        types=types,
        summary=summary_of(part, proposal),
        labels=(episode_label(site, part.id, state.episode), *label),
        parent=parent,
        numbers=_numbers(mapping, create, proposal),
        property={"site": site, "kpi": part.id, "episode": state.episode},
    )


def _without_objective(proposal: Proposal) -> Hindrance:
    if proposal.objective is None:
        return Hindrance(
            "The mapping names no objective under which it would be made.",
            "Name one when you accept, write `promote.objective` for this KPI, or make the issue in Jira and name it.",
        )
    return Hindrance(
        f"The objective {proposal.objective} is not known here.",
        "Correct `promote.objective`, or bring that issue within the scope of the mapping; or make the issue in Jira and name it.",
    )


def _project(
    mapping: BoundMapping, catalogue: Catalogue, create: CreatePart, objective: Issue | None
) -> Project | None:
    if create.project is None:
        return objective.project if objective is not None else None
    ids = mapping.ids_of(NameKind.PROJECT, create.project)
    return next((one for one in catalogue.projects if one.id in ids), None)


def _numbers(mapping: BoundMapping, create: CreatePart, proposal: Proposal) -> dict[str, float]:
    """Where it starts it stands, too."""
    fields = create.fields
    values = (
        (fields.start, proposal.start),
        (fields.current, proposal.start),
        (fields.target, proposal.target),
    )
    return {mapping.fields[alias].id: float(value) for alias, value in values if alias is not None}


def summary_of(part: KpiPart, proposal: Proposal) -> str:
    """`Open P1 bugs: from 9 to 5`; where the band has two bounds, `Load: from 90 to between 70 and 80`."""
    band = proposal.band
    aim = plain(proposal.target, MOST_DECIMALS)
    if band is not None and band.at_least is not None and band.at_most is not None:
        low, high = (plain(one, MOST_DECIMALS) for one in (band.at_least, band.at_most))
        aim = f"between {low} and {high}"
    end = f": from {plain(proposal.start, MOST_DECIMALS)} to {aim}"
    return f"{part.name[: LONGEST_SUMMARY - len(end)]}{end}"


def aim_of(kpi_id: str, proposal: Proposal) -> RuleOptions:
    """By what the key result of an episode is measured: from where it started to the edge of the band; with two bounds, back between them.

    Start, edge and bounds are those of its beginning, exactly; it stands at what the KPI was worth last.
    """
    current, band = KpiCurrent(kpi=kpi_id), proposal.band
    if band is None:
        return TransitionOptions.model_construct(
            kind="transition", start=proposal.start, current=current, target=proposal.target
        )
    return ThresholdOptions.model_construct(
        kind="threshold",
        current=current,
        at_least=band.at_least,
        at_most=band.at_most,
        tolerance=abs(proposal.start - proposal.target),
    )


def misfit(planned: PlannedIssue, kind: IssueType) -> str:
    """Why an issue of this type cannot stand below its parent, by their levels in the hierarchy; empty where it can."""
    parent = planned.parent
    if parent is None or kind.level == parent.type.level - 1:
        return ""
    return f"The type {kind.name} cannot stand below {parent.key}, which is of the type {parent.type.name}."
