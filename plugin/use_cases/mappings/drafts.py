"""What somebody has typed of a mapping and not activated yet: one text per account and site, kept at every pause of typing.

A draft changes nothing of the connector, so the audit log has when it was begun and dropped, not each pause.
"""

from __future__ import annotations

from connectors.store.mappings import drafts
from connectors.store.mappings.drafts import Draft
from connectors.store.people import audit
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = ["Draft", "drop", "keep", "own_draft"]


@question(VIEWER)
def own_draft(connector: Connector, actor: Actor, site: str) -> Draft | None:
    """The actor's own draft for this site, or None."""
    with connector.store.read() as conn:
        return drafts.get(conn, site, actor.account_id)


@act(ADMIN)
def keep(connector: Connector, actor: Actor, site: str, text: str, base: str | None = None) -> Draft:
    """Keep a text; a `base` of None leaves what it was begun from."""
    now, _ = connector.clock(), connector.site(site)  # one draft for each site that there is, and no more
    with connector.store.write() as conn:
        begun = drafts.get(conn, site, actor.account_id) is None
        draft = drafts.put(conn, site, actor.account_id, text.replace("\r\n", "\n"), now, base)
        if begun:
            audit.note(conn, actor.label, "mapping draft begun", now, {"base": draft.base}, site)
    return draft


@act(ADMIN)
def drop(connector: Connector, actor: Actor, site: str) -> None:
    """Forget the draft."""
    with connector.store.write() as conn:
        if drafts.remove(conn, site, actor.account_id):
            audit.note(conn, actor.label, "mapping draft dropped", connector.clock(), {}, site)
