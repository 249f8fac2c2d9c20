"""The sandbox site as the domain's catalogue: what its JQL is checked against."""

from __future__ import annotations

from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import Sandbox
from mappings.facts.catalogue import Catalogue, Field, LinkType, ProjectVersions, Version


def catalogue_of(sandbox: Sandbox, account: scheme.Account | None = None) -> Catalogue:
    """Everything that a caller knows by name, whose time zone and account it has; without one everything."""
    return Catalogue(
        fields=tuple(
            Field(
                id=one.id,
                name=one.name,
                type=one.type,
                items=one.items,
                custom=one.custom,
                clause_names=one.clauses,
                project_ids=(),
                options=one.every_option,
            )
            for one in sandbox.fields.values()
        ),
        statuses=sandbox.statuses,
        issue_types=sandbox.types,
        projects=tuple(
            one.project
            for one in sandbox.projects.values()
            if account is None or sandbox.may_browse(account, one.project)
        ),
        resolutions=sandbox.resolutions,
        priorities=scheme.PRIORITIES,
        link_types=tuple(LinkType(one.id, one.name, one.inward, one.outward) for one in scheme.LINK_TYPES),
        version_orders=tuple(
            ProjectVersions(
                one.project.id,
                tuple(
                    Version(each.id, each.name, each.id in sandbox.released, archived=False)
                    for each in sandbox.versions[one.project.key]
                ),
            )
            for one in sandbox.projects.values()
            if account is None or sandbox.may_browse(account, one.project)
        ),
        time_zone=account.time_zone if account else "UTC",
        account_id=account.id if account else None,
    )
