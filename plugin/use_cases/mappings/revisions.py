"""Mapping revisions: which there are, which one rules, and since when."""

from __future__ import annotations

from connectors.store.mappings import revisions
from connectors.store.mappings.revisions import Activation, Revision
from connectors.store.sites import catalogues
from mappings.diagnostic import MappingError
from mappings.document.mapping import Mapping
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import VIEWER, question

__all__ = [
    "Activation",
    "Revision",
    "active",
    "bound",
    "find_named",
    "list_activations",
    "list_revisions",
    "revision",
]


@question(VIEWER)
def active(connector: Connector, _actor: Actor, site: str) -> Revision | None:
    """The one that rules a site, None where none does."""
    with connector.store.read() as conn:
        return revisions.active(conn, site)


@question(VIEWER)
def list_revisions(connector: Connector, _actor: Actor, site: str) -> tuple[Revision, ...]:
    """All of a site, the newest first."""
    with connector.store.read() as conn:
        return tuple(revisions.load_all(conn, site))


@question(VIEWER)
def list_activations(connector: Connector, _actor: Actor, site: str) -> tuple[Activation, ...]:
    """What was active when, the latest first."""
    with connector.store.read() as conn:
        return tuple(revisions.activations(conn, site))


@question(VIEWER)
def revision(connector: Connector, _actor: Actor, site: str, name: str) -> Revision | None:
    """The one whose id begins with this, None where it is none or not one alone."""
    with connector.store.read() as conn:
        return find_named(tuple(revisions.load_all(conn, site)), name)


@question(VIEWER)
def bound(connector: Connector, _actor: Actor, site: str) -> Mapping | None:
    """The mapping that rules a site, where it can be bound from what is stored: Jira is not asked."""
    with connector.store.read() as conn:
        known = catalogues.is_known(conn, site)
    if not known:
        return None
    try:
        return connector.context(site).mapping
    except (Refusal, MappingError):
        return None


def find_named(known: tuple[Revision, ...], name: str) -> Revision | None:
    """The same among those that are known."""
    matching = [one for one in known if one.revision.startswith(name)]
    return matching[0] if len(matching) == 1 else None
