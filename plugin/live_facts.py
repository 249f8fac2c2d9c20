"""What a live check has to ask Jira: the edit screen of one real issue per project and type, and the account's permissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from connectors.jira import EditField, Jira
from connectors.store import mirror
from mappings.document.live import EditableField, EditScreen, LiveFacts, PointsSample, ProjectAccess, Target
from mappings.issue import Issue, Project
from mappings.mapping import Mapping
from mappings.measuring import objective_rule
from mappings.moment import Moment
from mappings.numbers import exact
from plugin.connector import Connector

MOST_SCREENS = 60
PERMISSIONS = ("BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER_PROJECTS")
Place = tuple[str, str]


def read_live_facts(connector: Connector, site: str, mapping: Mapping) -> LiveFacts:
    """Ask for at most one issue per project and type; without a mirror yet, a few issues of the scope are searched for."""
    jira = connector.site(site).jira
    moment = Moment(connector.clock(), mapping.zone)
    with connector.store.read() as conn:
        issues: Iterable[Issue] = list(mirror.every(conn, site)) if mirror.count(conn, site) else ()
    issues = issues or next(iter(jira.search(mapping.document.scope, sorted(mapping.field_ids())))).issues
    targets = _targets(mapping, issues, moment)
    screens = [_screen(jira, issue, wanted) for issue, wanted in list(targets)[:MOST_SCREENS]]
    projects = {screen.project.key: screen.project for screen in screens}
    return LiveFacts(
        screens, [_access(jira, project) for project in projects.values()], list(_samples(mapping, issues))
    )


def _targets(
    mapping: Mapping, issues: Iterable[Issue], moment: Moment
) -> Iterator[tuple[Issue, frozenset[Target]]]:
    """One issue for each project and type that is written to, with what such issues are."""
    found: dict[Place, Issue] = {}
    wanted: dict[Place, set[Target]] = defaultdict(set)
    for issue in issues:
        for target in _roles(mapping, issue, moment):
            place = (issue.project.id, issue.type.id)
            found.setdefault(place, issue)
            wanted[place].add(target)
    for place, issue in found.items():
        yield issue, frozenset(wanted[place])


def _roles(mapping: Mapping, issue: Issue, moment: Moment) -> Iterator[Target]:
    if objective_rule(mapping, issue, moment) is not None:
        yield "objective"
    for rule in mapping.objectives:
        for key_result in rule.key_results:
            is_each = key_result.part.as_ == "each_issue" or key_result.part.progress.kind != "delivery"
            if is_each and key_result.select is not None and key_result.select.matches(issue, moment):
                yield "key_result"
                return


def _screen(jira: Jira, issue: Issue, targets: frozenset[Target]) -> EditScreen:
    fields = {id_: _editable(field) for id_, field in jira.edit_fields(issue.id).items()}
    return EditScreen(issue.project, issue.type, targets, fields, issue.key)


def _editable(field: EditField) -> EditableField:
    return EditableField(tuple(field.operations), tuple(option.name for option in field.options))


def _access(jira: Jira, project: Project) -> ProjectAccess:
    granted = jira.permissions(project.key, PERMISSIONS)
    return ProjectAccess(project, *(granted.get(name) for name in PERMISSIONS))


def _samples(mapping: Mapping, issues: Iterable[Issue]) -> Iterator[PointsSample]:
    """One estimated issue, with what each field that may hold story points says of it."""
    points = [field.id for field in mapping.fields.values() if "point" in field.name.casefold()]
    for issue in issues:
        if any(issue.fields.get(field_id) is not None for field_id in points):
            yield PointsSample(
                issue.key, {field_id: exact(issue.fields.get(field_id)) for field_id in points}
            )
            return
