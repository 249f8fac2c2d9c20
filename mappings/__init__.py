"""What should be true: mapping documents, JQL, progress rules, rollup, health and planning.

Pure: nothing here reads a clock, a file, a socket or a random number, and nothing here logs.

What stands in `__all__` is the calculator by itself, for other programs: `from mappings import assess`. It is described in docs/library.md and stays as it is
within a major version; whatever else the package holds may change with any version. A name is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mappings.diagnostic import Diagnostic, MappingError
    from mappings.document.binder import bind
    from mappings.document.mapping import Mapping
    from mappings.document.text.source import read_document
    from mappings.facts.catalogue import Catalogue, Field
    from mappings.facts.forest import Forest
    from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User
    from mappings.facts.moment import Moment
    from mappings.numbers import exact, percent, rounded
    from mappings.rollup.measurement import assess
    from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
    from mappings.rollup.state import Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

__all__ = [
    "Catalogue",
    "Contribution",
    "Diagnostic",
    "Disposition",
    "Field",
    "Forest",
    "Health",
    "HealthLevel",
    "Issue",
    "IssueType",
    "JiraValue",
    "KeyResultState",
    "Ledger",
    "Link",
    "Mapping",
    "MappingError",
    "Measurement",
    "Moment",
    "ObjectiveState",
    "Project",
    "Status",
    "User",
    "assess",
    "bind",
    "exact",
    "percent",
    "read_document",
    "rounded",
]

HOMES = {
    "mappings.diagnostic": ("Diagnostic", "MappingError"),
    "mappings.document.binder": ("bind",),
    "mappings.document.mapping": ("Mapping",),
    "mappings.document.text.source": ("read_document",),
    "mappings.facts.catalogue": ("Catalogue", "Field"),
    "mappings.facts.forest": ("Forest",),
    "mappings.facts.issue": ("Issue", "IssueType", "JiraValue", "Link", "Project", "Status", "User"),
    "mappings.facts.moment": ("Moment",),
    "mappings.numbers": ("exact", "percent", "rounded"),
    "mappings.rollup.measurement": ("assess",),
    "mappings.rollup.rows.ledger": ("Contribution", "Disposition", "Ledger"),
    "mappings.rollup.state": ("Health", "HealthLevel", "KeyResultState", "Measurement", "ObjectiveState"),
}
"""Where each name of the library stands."""


def __getattr__(name: str) -> object:
    """A name of the library, from where it stands."""
    for home, names in HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'mappings' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names of the library."""
    return sorted(__all__)
