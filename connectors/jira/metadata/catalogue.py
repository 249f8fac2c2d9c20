"""Everything on a site that a mapping can name: fields, statuses, types, projects, resolutions, priorities, link types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import jira

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.metadata.server import JiraAccount, JiraLibrary
from connectors.jira.wire.issue_decoder import status_category
from connectors.jira.write.edit import EditField
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import IssueType, JiraValue, Project, Status

T = TypeVar("T")
Raw = Mapping[str, Any]


Pages = Callable[[str], Iterable[Raw]]
"""Reads a list page by page, by what stands behind the address of the API: `project/search`."""


def read_catalogue(library: JiraLibrary, account: JiraAccount, pages: Pages | None) -> Catalogue:
    """The catalogue as the connector's account sees it. Options of select fields are not in it: see `with_options`.

    Cloud is about to take the lists of projects and resolutions away that come as a whole, so there they are read by `pages`; Data
    Center has no others. Of priorities Cloud has no other list for accounts that may not configure Jira.

    Raises IncompleteRead where Jira lists no fields, statuses, types or projects at all: that is no catalogue, and nothing follows from it.
    """
    return Catalogue(
        fields=_some("fields", read_fields(library)),
        statuses=_some("statuses", _listed(library, lambda client: client.statuses(), _status)),
        issue_types=_some("issue types", _listed(library, lambda client: client.issue_types(), _issue_type)),
        projects=_some("projects", _projects(library, pages)),
        resolutions=_resolutions(library, pages),
        priorities=_all(library, lambda client: client.priorities(), _named),
        link_types=_all(library, lambda client: client.issue_link_types(), _link_type),
        time_zone=account.time_zone,
        account_id=account.user.id,
    )


def read_fields(library: JiraLibrary) -> tuple[Field, ...]:
    """The fields this account sees; names repeat, ids do not."""
    return tuple(library.ask(lambda client: [_field(raw) for raw in client.fields()]))


def with_options(catalogue: Catalogue, screens: Iterable[Mapping[str, EditField]]) -> Catalogue:
    """The catalogue with the option values that edit screens of sample issues show; needs no admin rights."""
    options: dict[str, dict[str, JiraValue]] = {}
    for screen in screens:
        for field in screen.values():
            options.setdefault(field.id, {}).update({option.id: option for option in field.options})
    fields = (
        replace(field, options=tuple(options[field.id].values())) if options.get(field.id) else field
        for field in catalogue.fields
    )
    return replace(catalogue, fields=tuple(fields))


def _projects(library: JiraLibrary, pages: Pages | None) -> tuple[Project, ...]:
    if pages is None:
        return _listed(library, lambda client: client.projects(), _project)
    return tuple(_project(raw) for raw in pages("project/search"))


def _resolutions(library: JiraLibrary, pages: Pages | None) -> tuple[JiraValue, ...]:
    """By pages; from the whole list where Jira itself says that it has none (`resolution/search` is the younger of the two)."""
    try:
        if pages is not None:
            return tuple(_named(raw) for raw in pages("resolution/search"))
    except JiraRefusal as error:
        if not error.gone:
            raise
    return _all(library, lambda client: client.resolutions(), _named)


def _some(what: str, found: tuple[T, ...]) -> tuple[T, ...]:
    if not found:
        raise IncompleteRead(
            f"Jira shows the connector's account no {what} at all, which no Jira is without.",
            "Check in Jira that the account may use it and browse the projects that matter. What was known before stays in use.",
        )
    return found


def _listed(
    library: JiraLibrary, call: Callable[[jira.JIRA], Iterable[Any]], build: Callable[[Raw], T]
) -> tuple[T, ...]:
    return tuple(library.ask(lambda client: [build(found.raw) for found in call(client)]))


def _all(
    library: JiraLibrary, call: Callable[[jira.JIRA], Iterable[Any]], build: Callable[[Raw], T]
) -> tuple[T, ...]:
    """Everything of one kind; a kind that is switched off on the site (issue links) is empty."""
    try:
        return _listed(library, call, build)
    except JiraRefusal as error:
        if error.gone:
            return ()
        raise


def _field(raw: Raw) -> Field:
    schema = raw.get("schema") or {}
    scope = raw.get("scope") or {}
    project = (scope.get("project") or {}).get("id") if scope.get("type") == "PROJECT" else None
    return Field(
        id=str(raw["id"]),
        name=str(raw.get("name", raw["id"])),
        type=str(schema.get("type", "")),
        items=str(schema.get("items", "")),
        custom=str(schema.get("custom", "")),
        clause_names=tuple(str(name) for name in raw.get("clauseNames") or ()),
        project_ids=(str(project),) if project else (),
    )


def _status(raw: Raw) -> Status:
    category = raw.get("statusCategory") or {}
    return Status(str(raw["id"]), str(raw.get("name", "")), status_category(category.get("key")))


def _issue_type(raw: Raw) -> IssueType:
    level = raw.get("hierarchyLevel")
    known = level if isinstance(level, int) else -1 if raw.get("subtask") else 0
    return IssueType(str(raw["id"]), str(raw.get("name", "")), known)


def _project(raw: Raw) -> Project:
    return Project(str(raw["id"]), str(raw["key"]), str(raw.get("name", raw["key"])))


def _named(raw: Raw) -> JiraValue:
    return JiraValue(str(raw["id"]), str(raw.get("name", "")))


def _link_type(raw: Raw) -> LinkType:
    return LinkType(
        str(raw["id"]), str(raw.get("name", "")), str(raw.get("inward", "")), str(raw.get("outward", ""))
    )
