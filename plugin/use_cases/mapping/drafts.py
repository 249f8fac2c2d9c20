"""What somebody has typed of a mapping and not activated yet: one text per account and site, kept at every pause of typing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.store import Store
from connectors.store.sites import facts


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, the revision it was begun from (empty: a preset or nothing), and when it was kept."""

    text: str
    base: str
    at: datetime


def read(store: Store, site: str, account: int) -> Draft | None:
    """The draft of this account for this site, or None."""
    with store.read() as conn:
        return facts.get(conn, site, _name(account), Draft | None)  # type: ignore[no-any-return]


def keep(store: Store, site: str, account: int, text: str, now: datetime, base: str | None = None) -> Draft:
    """Keep a text; a `base` of None leaves what it was begun from."""
    with store.write() as conn:
        if base is None:
            before = facts.get(conn, site, _name(account), Draft | None)
            base = before.base if before else ""
        draft = Draft(text.replace("\r\n", "\n"), base, now)
        facts.put(conn, site, _name(account), draft)
    return draft


def drop(store: Store, site: str, account: int) -> None:
    """Forget the draft."""
    with store.write() as conn:
        facts.take(conn, site, _name(account))


def _name(account: int) -> str:
    return f"draft:{account}"
