"""What Jira would say to the writes of a mapping, decided from facts that were read before. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mappings.diagnostic import Diagnostic
from mappings.document.calendar import looks_like
from mappings.document.checks.codes import Code
from mappings.document.checks.live.catalogue import STORY_POINT_NAMES
from mappings.document.checks.live.doubts import Doubts, IssueSample
from mappings.document.checks.live.readers import WiderNumber, check_readers
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import alias_uses
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import Subject
from mappings.document.text.places import Path, Positions
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import IssueType, JiraValue, Project
from mappings.write_back.targets import WRITE_TARGETS

BROWSE, ADMINISTER = "BROWSE_PROJECTS", "ADMINISTER_PROJECTS"


@dataclass(frozen=True, slots=True)
class EditableField:
    """One field of an edit screen: what may be done to it (`set`, `add`, …) and, for a select field, the options of its context there."""

    operations: tuple[str, ...] = ("set",)
    options: tuple[JiraValue, ...] = ()


@dataclass(frozen=True, slots=True)
class EditScreen:
    """What `editmeta` of one real issue said: the fields that can be written on issues of this type in this project.

    `targets` says what such issues are to the mapping; `issue_key` is the issue that was asked about.
    """

    project: Project
    issue_type: IssueType
    targets: frozenset[Subject]
    fields: Mapping[str, EditableField]
    issue_key: str = ""

    @property
    def name(self) -> str:
        """`Epic in PLAT`."""
        return f"{self.issue_type.name} in {self.project.key}"


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """What the connector's account may do in one project, by permission; what is not there is not known."""

    project: Project
    granted: Mapping[str, bool] = field(default_factory=dict)

    def lacks(self, permission: str) -> bool:
        """Whether Jira said that the account has it not."""
        return self.granted.get(permission) is False


@dataclass(frozen=True, slots=True)
class PointsSample:
    """The number that each field for story points holds on one real, estimated issue, by field id."""

    issue_key: str
    values: Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """Everything a live check has to read beside the catalogue."""

    screens: Sequence[EditScreen] = ()
    access: Sequence[ProjectAccess] = ()
    samples: Sequence[PointsSample] = field(default_factory=tuple)
    doubts: Doubts = field(default_factory=Doubts)
    apps: Sequence[tuple[str, str]] = ()
    """The Forge apps that are paired with the site, each with its environment."""
    restricted: IssueSample = field(default_factory=IssueSample)
    """The restricted issues of the scope, where they count or are refused."""
    wider: Sequence[WiderNumber] = ()
    """The numbers that people read who may not see all that they count."""


def check_live(
    mapping: BoundMapping, catalogue: Catalogue, facts: LiveFacts, *, positions: Positions | None = None
) -> tuple[Diagnostic, ...]:
    """What stands in the way of writing: screens, contexts, options, permissions, notifications; and doubtful story points."""
    report = Report(positions or Positions())
    for target in WRITE_TARGETS:
        target.check_live(mapping, facts, report)
    for access in facts.access:
        _check_access(mapping, access, report)
    _check_samples(mapping, catalogue, facts.samples, report)
    _check_doubts(mapping, catalogue, facts.doubts, report)
    check_readers(mapping, facts.restricted, facts.wider, report)
    return report.diagnostics()


def _check_access(mapping: BoundMapping, access: ProjectAccess, report: Report) -> None:
    key = access.project.key
    if access.lacks(BROWSE):
        message = f"the connector's account cannot see issues of {key}"
        remedy = f"grant it Browse projects in {key}, or take {key} out of `scope`"
        report.add(Code.NO_BROWSE_PERMISSION, message, ("scope",), value=key, remedy=remedy)
    for permission, options in _taken(mapping).items():
        if access.lacks(permission):
            what = permission.replace("_", " ").lower()
            message = (
                f"the connector's account may not {what} of {key}, so nothing is written there by {options}"
            )
            remedy = f"grant it {what.capitalize()} in {key}"
            report.add(Code.NO_EDIT_PERMISSION, message, ("write_back",), value=key, remedy=remedy)


def _taken(mapping: BoundMapping) -> Mapping[str, str]:
    """The permissions that what is written takes, each with the keys of the rules that take it."""
    taken: dict[str, list[str]] = {}
    for target in WRITE_TARGETS:
        if any(map(target.is_written, mapping.document.write_back)):
            taken.setdefault(target.permission, []).append(f"`{target.option}`")
    return {permission: " and ".join(options) for permission, options in taken.items()}


def _check_samples(
    mapping: BoundMapping, catalogue: Catalogue, samples: Sequence[PointsSample], report: Report
) -> None:
    """Shows, on a real issue, that the mapped field for story points is not the one that is filled in."""
    names = {one.id: one.name for one in catalogue.fields if one.name.casefold() in STORY_POINT_NAMES}
    used = {use.alias for use in alias_uses(mapping.document)}
    for alias, mapped in mapping.fields.items():
        if mapped.id not in names or alias not in used:
            continue
        for sample in samples:
            others = {
                id_: value for id_, value in sample.values.items() if value is not None and id_ != mapped.id
            }
            if sample.values.get(mapped.id) is None and others:
                held = ", ".join(
                    f"{show_value(names.get(id_, id_))} ({id_}) holds {value}"
                    for id_, value in others.items()
                )
                message = (
                    f"{sample.issue_key} has nothing in {show_value(mapped.name)} ({mapped.id}), while {held}"
                )
                remedy = "use the field that holds the points of these issues"
                report.warn(
                    Code.STORY_POINTS_AMBIGUOUS,
                    message,
                    ("fields", alias),
                    value=mapped.id,
                    valid=names,
                    remedy=remedy,
                )


def _check_doubts(mapping: BoundMapping, catalogue: Catalogue, found: Doubts, report: Report) -> None:
    """What is taken at its word and may not be meant, with the issues concerned."""
    for name, issues in found.cancelled.items():
        message = f"what is {show_value(name)} counts as done: {issues}"
        remedy = (
            f"add `status = {show_value(name)}` to `excluded` (or to `not_achieved`), if they were not done"
        )
        report.warn(Code.CANCELLED_COUNTS, message, ("statuses", "excluded"), value=name, remedy=remedy)
    for (path, doubt), issues in found.by_rules.items():
        report.warn(doubt.code, f"{doubt.message}: {issues}", path, value=doubt.value, remedy=doubt.remedy)
    for (path, name), issues in found.cycles.items():
        period = looks_like(name)
        message = f"no cycle is called {show_value(name)}, which {issues} name: they run in no cycle"
        remedy = f"write `cycles: {{every: {period.name if period else 'quarter'}}}`, or add {name} with its days under `cycles`"
        report.warn(Code.UNLISTED_CYCLE, message, path, value=name, remedy=remedy)
    names = {one.id: one.name for one in catalogue.fields}
    aliases = {one.id: alias for alias, one in mapping.fields.items()}
    for pair, issues in found.points.items():
        both = " and ".join(f"{show_value(names.get(id_, id_))} ({id_})" for id_ in pair)
        message = f"different numbers in {both}: {issues}"
        alias = next((aliases[id_] for id_ in pair if id_ in aliases), None)
        place: Path = ("fields",) if alias is None else ("fields", alias)
        remedy = "clear the one that is out of use in Jira, or name first the field that decides: `weight: [points, story_points]`"
        report.warn(Code.STORY_POINTS_DIFFER, message, place, value=pair[0], remedy=remedy)
