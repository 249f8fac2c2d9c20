"""Finds an objective by what a person types: an issue key (former keys too), an issue id or the id of a mapping objective."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection

from connectors.store.lists import cycle_lines, list_rows
from connectors.store.mirror import mirror
from connectors.store.mirror.names import names
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.work import due
from connectors.store.writes import written_values
from mappings.facts.forest import issue_order
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Connector, Refusal

__all__ = [
    "SavedObjective",
    "UnknownObjective",
    "computed_id",
    "find_computed",
    "find_objective",
    "find_stood",
    "name_objectives",
    "objective_ids",
]


class UnknownObjective(Refusal):
    """Nobody knows an objective of these names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"No objective here is called {', '.join(names)}; one whose issue is new is known after the next sync.",
            step=OBJECTIVES,
        )


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


def find_stood(connector: Connector, site: str, name: str, cycle_id: str) -> SavedObjective | None:
    """The objective as it stood when a cycle was over; as it stands, where it runs in that cycle; None where it does neither."""
    running = find_objective(connector, site, name)
    if running is not None and running.state.cycle_id != cycle_id:
        running = None
    with connector.store.read() as conn:
        version = cycle_lines.version_of(conn, site, cycle_id)
        if version is None or (version == cycle_lines.ENDED and running is not None):
            return running
        names = (name, mirror.id_of_key(conn, site, name.upper()), f"@{name}")
        ids = [id_ for id_ in (*names, cycle_lines.id_called(conn, site, cycle_id, name.upper())) if id_]
        stood = list_rows.load_as_stood(conn, site, cycle_id, ids)
    return next((stood[id_] for id_ in ids if id_ in stood), running)


def name_objectives(conn: Connection, site: str, objective_ids: Collection[str]) -> dict[str, str]:
    """How people call these: by key, else by that of their issue, else by id; without reading a ledger."""
    known = names(conn, site, objective_ids)
    strange = [id_ for id_ in objective_ids if id_ not in known]
    issues = mirror.get(conn, site, strange) if strange else {}
    keys = {id_: name.key for id_, name in known.items()} | {id_: one.key for id_, one in issues.items()}
    return {id_: keys.get(id_) or id_ for id_ in objective_ids}


def planned_ids(connector: Connector, site: str) -> list[str]:
    """Of whatever something may be written for, in the order of issues: the objectives and plain parents, what is due for the first
    time, and what is none any more while its values still stand in Jira.
    """
    today = connector.context(site).instant.today
    with connector.store.read() as conn:
        found = {*objectives.ids(conn, site), *due.ids(conn, site)}
        found |= written_values.objective_ids(conn, site, today)
    return sorted(found, key=issue_order)


def objective_ids(connector: Connector, site: str, names: Iterable[str]) -> list[str]:
    """The ids of those of `planned_ids` that are named, or of all; raises UnknownObjective naming the ones nobody knows."""
    wanted = tuple(names)
    if not wanted:
        return planned_ids(connector, site)
    found = {name: computed_id(connector, site, name) for name in wanted}
    if None in found.values():
        others = frozenset(planned_ids(connector, site))
        found = {name: id_ or _other_id(connector, site, name, others) for name, id_ in found.items()}
    unknown = [name for name, id_ in found.items() if id_ is None]
    if unknown:
        raise UnknownObjective(unknown)
    return [id_ for id_ in found.values() if id_ is not None]


def computed_id(connector: Connector, site: str, name: str) -> str | None:
    """The id of what `find_computed` finds, or None."""
    saved = find_computed(connector, site, name)
    return None if saved is None else saved.state.id


def _other_id(connector: Connector, site: str, name: str, others: frozenset[str]) -> str | None:
    with connector.store.read() as conn:
        id_ = mirror.id_of_key(conn, site, name.upper()) or name
    return id_ if id_ in others else None
