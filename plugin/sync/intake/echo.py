"""Our own writes coming back. Known by what they say, whoever did it: an account may be shared, and its people edit by hand too."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from connectors.jira import Hints
from connectors.store.mirror import mirror
from connectors.store.writes import writes
from connectors.store.writes.writes import Write
from mappings.write_back.echo import EventValue
from mappings.write_back.target import Place
from plugin.sync.context import Context


def is_echo(context: Context, conn: Connection, hints: Hints) -> bool:
    """Whether a delivery says no more than that places of ours hold what we wrote last, which the mirror knows.

    Anything else is read again: another value, another field beside, an event without a value.
    """
    told = _told_by_id(context, hints)
    places = {place.id: place for place in context.mapping.places()}
    if not told or not hints.issue_ids or not all(ids <= places.keys() for ids in told):
        return False
    return all(_knows(context, conn, issue_id, told, places) for issue_id in hints.issue_ids)


def _told_by_id(context: Context, hints: Hints) -> dict[frozenset[str], EventValue | None]:
    """What is said of everything that changed, None where nothing is; where a name tells of one place among several, all of them together."""
    found = {frozenset({id_}): hints.told.get(id_) for id_ in hints.beside}
    for name in hints.changed_fields:
        among = _ids_beside(context, name)
        ids = [among] if among else [frozenset({id_}) for id_ in context.field_ids([name])]
        found |= dict.fromkeys(ids, hints.told.get(name))
    return found


def _ids_beside(context: Context, name: str) -> frozenset[str]:
    """The places that are no fields and that a changelog tells of by this name."""
    return frozenset(place.id for place in context.mapping.places() if name in place.target.history)


def _knows(
    context: Context,
    conn: Connection,
    issue_id: str,
    told: Mapping[frozenset[str], EventValue | None],
    places: Mapping[str, Place],
) -> bool:
    known = mirror.get(conn, context.site, [issue_id]).get(issue_id)
    if known is None:
        return False

    def is_ours(id_: str, said: EventValue | None) -> bool:
        write = writes.on_record(conn, context.site, issue_id, id_)
        return _is_ours(places[id_], said, write, places[id_].actual(known))

    return all(any(is_ours(id_, said) for id_ in ids) for ids, said in told.items())


def _is_ours(place: Place, told: EventValue | None, write: Write | None, mirrored: object) -> bool:
    """A write under way is in the mirror only once it is settled."""
    if told is None or write is None or not place.says(told, write.after):
        return False
    return write.outcome is None or place.equal(mirrored, write.after)
