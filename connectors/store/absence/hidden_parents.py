"""What Jira does not show to the account, remembered for a day: parents by key, which every read would ask for anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from connectors.store.database.engine import Store
from connectors.store.database.instant import to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.mirror import mirror
from connectors.store.schema import hidden_parent as table

LONGEST = timedelta(days=1)
"""After that it is asked for again: a permission may have been given."""


class HiddenParents:
    """The memory of one site, shared by all its processes."""

    def __init__(self, store: Store, site: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._site = site
        self._clock = clock

    def hidden(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of these keys that were out of sight within the last day."""
        since = to_ms(self._clock() - LONGEST)
        with self._store.read() as conn:
            mine = (table.c.site == self._site, table.c.at > since, among(conn, table.c.key, keys))
            return frozenset(conn.execute(select(table.c.key).where(*mine)).scalars())

    def hide(self, keys: Iterable[str]) -> None:
        """Jira does not show these, now. What is older than a day goes."""
        now = self._clock()
        rows = [{"site": self._site, "key": key, "at": to_ms(now)} for key in sorted(set(keys))]
        if not rows:
            return
        with self._store.write() as conn:
            old = (table.c.site == self._site, table.c.at <= to_ms(now - LONGEST))
            conn.execute(delete(table).where(*old))
            statement = insert_into(conn, table)
            conn.execute(
                statement.on_conflict_do_update(
                    index_elements=[table.c.site, table.c.key], set_={"at": statement.excluded.at}
                ),
                rows,
            )

    def standing(self, named: Mapping[str, str]) -> dict[str, str]:
        """Of issues by id that name a parent by a key out of sight: the id of the parent that the mirror has, where it has that very key."""
        with self._store.read() as conn:
            known = mirror.get(conn, self._site, named)
            parents = {id_: one.parent_id for id_, one in known.items() if one.parent_id}
            keys = {one.id: one.key for one in mirror.get(conn, self._site, set(parents.values())).values()}
        return {id_: parent for id_, parent in parents.items() if keys.get(parent) == named[id_]}

    def show(self, keys: Iterable[str]) -> None:
        """These can be seen now."""
        with self._store.write() as conn:
            conn.execute(delete(table).where(table.c.site == self._site, among(conn, table.c.key, keys)))
