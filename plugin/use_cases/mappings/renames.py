"""What Jira has renamed, written into a text: nothing changes by it but what people read. It is activated as any other edit."""

from __future__ import annotations

from connectors.store.mappings import revisions
from mappings.document.binder import bind_leniently
from mappings.document.names import compare, overlay
from mappings.document.text.renames import RewordedText
from mappings.document.text.renames import reword_text as with_names_of_today
from mappings.document.text.source import read_document
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.bindings import known_names
from plugin.use_cases.permission import ADMIN, question

__all__ = ["RewordedText", "reword"]


@question(ADMIN)
def reword(connector: Connector, _actor: Actor, site: str, text: str | None = None) -> RewordedText:
    """A text, else the active one, by the names that Jira has today. Raises Refusal where none is active."""
    today = connector.catalogue(site)
    with connector.store.read() as conn:
        if text is None:
            active = revisions.active(conn, site)
            if active is None:
                raise Refusal(f"No mapping is active for site {site!r}.")
            text = active.text
        document = read_document(text).document
        if document is None:
            return RewordedText(text)
        known = known_names(conn, site, document, today, look=False)
    mapping = bind_leniently(document, known).mapping
    renames = compare(mapping.names, known, today).renames if mapping is not None else ()
    return with_names_of_today(text, known, overlay(known, today), renames)
