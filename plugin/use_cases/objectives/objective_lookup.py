"""Finds an objective by what a person types: an issue key (former keys too), an issue id or the id of a mapping objective."""

from __future__ import annotations

from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective
from plugin.runtime.connector import Connector, NotReady

__all__ = ["SavedObjective", "find_computed", "find_objective", "name_of", "objective_ids"]


def find_objective(connector: Connector, site: str, name: str) -> SavedObjective | None:
    """The stored objective, or None."""
    found = find_computed(connector, site, name)
    return None if found is None or found.state.plain else found


def find_computed(connector: Connector, site: str, name: str) -> SavedObjective | None:
    """The stored objective, or the plain parent that sums are written to, or None."""
    with connector.store.read() as conn:
        for objective_id in (name, mirror.id_of_key(conn, site, name.upper()), f"@{name}"):
            saved = objectives.load(conn, site, objective_id) if objective_id else None
            if saved is not None:
                return saved
    return None


def name_of(connector: Connector, site: str, objective_id: str) -> str:
    """How people call it: its key, else that of its issue, else its id."""
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id)
        issue = None if saved is not None else mirror.get(conn, site, [objective_id]).get(objective_id)
    key = saved.state.key if saved is not None else issue.key if issue is not None else ""
    return key or objective_id


def objective_ids(connector: Connector, site: str, names: tuple[str, ...]) -> list[str]:
    """The ids of the named objectives and plain parents, or of all; raises NotReady naming the ones nobody knows."""
    if not names:
        with connector.store.read() as conn:
            return objectives.ids(conn, site)
    found = {name: find_computed(connector, site, name) for name in names}
    unknown = [name for name, saved in found.items() if saved is None]
    if unknown:
        raise NotReady(
            f"No objective here is called {', '.join(unknown)}. jira-okr status --objectives lists the objectives; "
            "if the issue is new, run jira-okr sync first."
        )
    return [saved.state.id for saved in found.values() if saved is not None]
