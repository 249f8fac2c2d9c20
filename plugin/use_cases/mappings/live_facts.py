"""What a live check has to ask Jira: the edit screen of one real issue per project and type, and the account's permissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from connectors.jira import EditField, Jira
from connectors.store.forge import installations
from connectors.store.mirror import mirror
from mappings.document.checks.live.catalogue import STORY_POINT_NAMES
from mappings.document.checks.live.doubts import doubts
from mappings.document.checks.live.writes import (
    ADMINISTER,
    BROWSE,
    EditableField,
    EditScreen,
    LiveFacts,
    PointsSample,
    ProjectAccess,
)
from mappings.document.checks.walk import alias_uses
from mappings.document.mapping import Mapping
from mappings.document.schema import Subject
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, Project
from mappings.facts.moment import Moment
from mappings.numbers import exact
from mappings.progress import RULE_OF_KIND
from mappings.rollup.measurement import objective_rule
from plugin.runtime.connector import Connector
from plugin.use_cases.mappings.number_readers import restricted_issues, wider_numbers

MOST_SCREENS = 60
Place = tuple[str, str]


def read_live_facts(connector: Connector, site: str, mapping: Mapping, catalogue: Catalogue) -> LiveFacts:
    """Ask for at most one issue per project and type; without a mirror yet, a few issues of the scope are searched for."""
    jira = connector.site(site).jira
    moment = Moment(connector.clock(), mapping.zone)
    with connector.store.read() as conn:
        mirrored = list(mirror.every(conn, site)) if mirror.count(conn, site) else []
    issues = mirrored or _first_page(jira, mapping, mapping.field_ids())
    moment = Forest.of(issues).moment(moment, mapping.roots())
    targets = _targets(mapping, issues, moment)
    screens = [_screen(jira, issue, wanted) for issue, wanted in list(targets)[:MOST_SCREENS]]
    projects = {screen.project.key: screen.project for screen in screens}
    taken = {place.target.permission for place in mapping.places()}
    access = [_access(jira, project, taken) for project in projects.values()]
    points = _points(mapping, catalogue)
    # The mirror holds mapped fields alone: of another one for story points some issues are asked.
    known = mapping.field_ids().issuperset(points)
    estimated = issues if known else _first_page(jira, mapping, mapping.field_ids() | points)
    found = replace(
        doubts(mapping, issues, moment), points=doubts(mapping, estimated, moment, sorted(points)).points
    )
    with connector.store.read() as conn:
        apps = tuple(
            (one.key.app_id, one.key.environment_id)
            for one in installations.of_site(conn, site)
            if one.uninstalled_at is None
        )
    samples = list(_samples(points, estimated))
    return LiveFacts(
        screens,
        access,
        samples,
        doubts=found,
        apps=apps,
        restricted=restricted_issues(jira, mapping),
        wider=wider_numbers(connector, site, mapping),
    )


def _first_page(jira: Jira, mapping: Mapping, fields: Iterable[str]) -> Sequence[Issue]:
    return next(iter(jira.search(mapping.scope_by_id, sorted(fields)))).issues


def _points(mapping: Mapping, catalogue: Catalogue) -> frozenset[str]:
    """Ids of the fields of the site for story points, where the mapping reads one of them and there are several."""
    known = frozenset(one.id for one in catalogue.fields if one.name.casefold() in STORY_POINT_NAMES)
    used = {
        mapping.fields[use.alias].id for use in alias_uses(mapping.document) if use.alias in mapping.fields
    }
    return known if known & used else frozenset()


def _targets(
    mapping: Mapping, issues: Iterable[Issue], moment: Moment
) -> Iterator[tuple[Issue, frozenset[Subject]]]:
    """One issue for each project and type that is written to, with what such issues are."""
    found: dict[Place, Issue] = {}
    wanted: dict[Place, set[Subject]] = defaultdict(set)
    for issue in issues:
        for target in _roles(mapping, issue, moment):
            place = (issue.project.id, issue.type.id)
            found.setdefault(place, issue)
            wanted[place].add(target)
    for place, issue in found.items():
        yield issue, frozenset(wanted[place])


def _roles(mapping: Mapping, issue: Issue, moment: Moment) -> Iterator[Subject]:
    own = objective_rule(mapping, issue, moment)
    if own is not None:
        yield "parent" if own.plain else "objective"
    for rule in mapping.objectives:
        for key_result in rule.key_results:
            is_each = (
                key_result.part.as_ == "each_issue" or not RULE_OF_KIND[key_result.part.progress.kind].by_rows
            )
            if is_each and key_result.select is not None and key_result.select.matches(issue, moment):
                yield "key_result"
                return


def _screen(jira: Jira, issue: Issue, targets: frozenset[Subject]) -> EditScreen:
    fields = {id_: _editable(field) for id_, field in jira.edit_fields(issue.id).items()}
    return EditScreen(
        project=issue.project, issue_type=issue.type, targets=targets, fields=fields, issue_key=issue.key
    )


def _editable(field: EditField) -> EditableField:
    return EditableField(tuple(field.operations), field.options)


def _access(jira: Jira, project: Project, taken: Iterable[str]) -> ProjectAccess:
    return ProjectAccess(project, jira.permissions(project.key, (BROWSE, *sorted(taken), ADMINISTER)))


def _samples(points: Iterable[str], issues: Iterable[Issue]) -> Iterator[PointsSample]:
    """One estimated issue, with what each field for story points says of it."""
    points = sorted(points)
    for issue in issues:
        if any(issue.fields.get(field_id) is not None for field_id in points):
            yield PointsSample(
                issue.key, {field_id: exact(issue.fields.get(field_id)) for field_id in points}
            )
            return
