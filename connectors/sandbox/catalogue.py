"""The sandbox site as the domain's catalogue: what its JQL is checked against."""

from __future__ import annotations

from connectors.sandbox import scheme
from connectors.sandbox.state import Sandbox
from mappings.catalogue import Catalogue, Field, LinkType


def catalogue_of(sandbox: Sandbox, account: scheme.Account | None = None) -> Catalogue:
    """Everything the site knows by name; time zone and account are those of the caller."""
    return Catalogue(
        fields=tuple(
            Field(one.id, one.name, one.type, one.items, one.custom, one.clauses, (), one.options)
            for one in sandbox.fields.values()
        ),
        statuses=scheme.STATUSES,
        issue_types=scheme.ISSUE_TYPES,
        projects=tuple(one.project for one in sandbox.projects.values()),
        resolutions=scheme.RESOLUTIONS,
        priorities=scheme.PRIORITIES,
        link_types=tuple(LinkType(one.id, one.name, one.inward, one.outward) for one in scheme.LINK_TYPES),
        time_zone=account.time_zone if account else "UTC",
        account_id=account.id if account else None,
    )
