"""The audit log as evidence: bound entry to entry, sealed with a key of the operator, forgotten from its beginning, and checked."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store import StoreError
from connectors.store.database import json_text
from connectors.store.people import audit, audit_chain
from connectors.store.people.audit_chain import BEGINNING, BoundEntry, Seal, chain_entry, commitment
from mappings.numbers import count_of
from plugin.access.authentication.secret_key import seal_keys
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, act

ERASED = "person erased"
FORGOTTEN = "words of sign-ins forgotten"
SIGN_INS = (
    "signed in",
    "session ended",
    "sign-in failed",
    "sign-in held off",
    "token refused",
    "not allowed",
    "confirmation refused",
    "Jira sign-in refused",
)
"""Acts whose words have a time of their own: who came, from where, and who was turned away."""
STAND_IN = "forgotten"
UNBOUND = "unbound"
"""In the detail of an erasure, and of words that were forgotten: how many entries have words that are not bound any more, by it and by those whose word it took over."""
PLACES = "entries without their words"
"""Which these are, as positions of the chain ("3-9,12"): once they are forgotten nothing else may be reworded in their stead. What was noted before 1.0.0 tells the number alone."""
UNPLACED = "unplaced"
"""How many of these are told of by number alone."""
UNSIGNED = ""
"""Of a seal that only says where the chain begins, where there is no key."""
SHOWN = 20
"""So many findings are told; where more is wrong, all of it has to be looked at anyway."""


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What a check of the audit log found: how many entries it holds, since when, how many of them a person was erased from, and what is wrong.

    `seals` is None where there is no key to seal with: whoever has the database could write another chain.
    """

    entries: int
    since: datetime | None
    seals: int | None
    reworded: int
    findings: tuple[str, ...]


def seal(connector: Connector) -> int:
    """Bind what was noted since, and seal where the chain stands where there is a key for it; how many entries were bound.

    A record from before there was a chain may be long: it is bound part by part, so that nobody who acts waits for all of it.
    """
    bound = 0
    while _waits(connector):
        with connector.store.write() as conn:
            bound += audit_chain.bind(conn, _nonce)
            if seal_keys(connector.settings):
                _seal_end(connector, conn)
    return bound


def bind_waiting(conn: Connection) -> None:
    """Bind what was noted since, within the transaction of who rewords it."""
    while audit_chain.bind(conn, _nonce):
        pass


def _waits(connector: Connector) -> bool:
    with connector.store.read() as conn:
        return audit_chain.unbound(conn) > 0


def forget_old(connector: Connector) -> int:
    """Forget entries older than the operator's setting, from the beginning of the chain, which then begins at a seal; how many."""
    before = connector.clock() - timedelta(days=connector.settings.keep_audit_days)
    seal(connector)
    with connector.store.write() as conn:
        last = audit_chain.older(conn, before)
        if last is None:
            return 0
        audit_chain.put_seal(conn, _sealed(connector, last.position, last.chain))
        return audit_chain.forget_until(conn, last.position)


def forget_sign_ins(connector: Connector) -> int:
    """Take the words of entries on signing in that are older than the operator's setting for them; what, when and the chain stay. How many."""
    days = connector.settings.keep_sign_ins_days
    if days is None:
        return 0
    before, forgotten = connector.clock() - timedelta(days=days), 0
    seal(connector)
    while True:
        with connector.store.write() as conn:
            old = audit_chain.with_words(conn, SIGN_INS, before)
            if not old:
                return forgotten
            for link in old:
                audit_chain.reword(conn, link, STAND_IN, "{}")
            told = UnboundWords(frozenset(link.position for link in old)).detail()
            audit.note(conn, "settings", FORGOTTEN, connector.clock(), {**told, "days": days})
        forgotten += len(old)


@dataclass(frozen=True, slots=True)
class UnboundWords:
    """Entries whose words are not bound any more: by position, and so many more of which nobody says which they are."""

    positions: frozenset[int] = frozenset()
    unplaced: int = 0

    def __or__(self, other: UnboundWords) -> UnboundWords:
        return UnboundWords(self.positions | other.positions, self.unplaced + other.unplaced)

    def detail(self) -> dict[str, object]:
        """As an entry tells it."""
        told: dict[str, object] = {
            UNBOUND: len(self.positions) + self.unplaced,
            PLACES: _runs(self.positions),
        }
        return {**told, UNPLACED: self.unplaced} if self.unplaced else told


def _runs(positions: Iterable[int]) -> str:
    """`3-9,12`."""
    found: list[list[int]] = []
    for position in sorted(positions):
        if found and found[-1][1] == position - 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def _placed(runs: str) -> frozenset[int]:
    ends = [run.partition("-") for run in runs.split(",") if run]
    return frozenset(one for first, _, last in ends for one in range(int(first), int(last or first) + 1))


@act(ADMIN)
def verify(connector: Connector, actor: Actor) -> ChainCheck:
    """Hold every entry against the chain and every seal against its signature. That it was checked is noted, where the database takes it."""
    with suppress(StoreError):  # what was noted of late is then not bound yet, and is not looked at
        seal(connector)
    with connector.store.read() as conn:
        found = check_chain(audit_chain.links(conn), audit_chain.seals(conn), seal_keys(connector.settings))
    told = {"entries": found.entries, "findings": len(found.findings)}
    with suppress(StoreError), connector.store.write() as conn:
        audit.note(conn, actor.label, "audit log checked", connector.clock(), told)
    return found


def check_chain(links: Iterable[BoundEntry], seals: Sequence[Seal], keys: Sequence[bytes]) -> ChainCheck:
    """What is wrong with a chain, held against its seals by the keys that may have made them."""
    findings = [
        f"The seal at {one.position} is not of a key of ours." for one in seals if not _ours(one, keys)
    ]
    good = {one.position: one.chain for one in seals if _ours(one, keys)}
    position, chain, since, entries = 0, BEGINNING, None, 0
    loose, told = set[int](), UnboundWords()
    for link in links:
        if since is None:
            since, position, chain = link.at, link.position - 1, good.get(link.position - 1, BEGINNING)
            if position and position not in good:
                findings.append(
                    f"What stood before entry {link.position} is gone, and no seal says how it ended."
                )
        if link.position != position + 1:
            findings.append(f"Between the entries {position} and {link.position} some are gone.")
        if chain_entry(chain, link.position, link.at, link.site, link.what, link.commitment) != link.chain:
            findings.append(
                f"Entry {link.position} ({link.what}, {link.at:%Y-%m-%d %H:%M} UTC) was changed, or what stood before it."
            )
        if link.nonce is not None and commitment(link.nonce, link.who, link.detail) != link.commitment:
            findings.append(
                f"Who or how of entry {link.position} ({link.what}, {link.at:%Y-%m-%d %H:%M} UTC) was changed."
            )
        if link.nonce is None:
            loose.add(link.position)
        told |= told_as_erased(link)
        position, chain, entries = link.position, link.chain, entries + 1
        if good.get(position, chain) != chain:
            findings.append(f"The seal at {position} says that the chain stood otherwise there.")
    if good and max(good) > position:
        findings.append(f"Entries from {position + 1} to {max(good)} were sealed, and are gone.")
    known = len(loose & told.positions) + told.unplaced
    if len(loose) > known:
        findings.append(
            f"{count_of(len(loose), 'entry has other words than it was', 'entries have other words than they were')} noted with; {known} {'is' if known == 1 else 'are'} told of as erased or forgotten."
        )
    return ChainCheck(
        entries=entries,
        since=since,
        seals=len(good) if keys else None,
        reworded=len(loose),
        findings=tuple(findings[:SHOWN]),
    )


def _ours(one: Seal, keys: Sequence[bytes]) -> bool:
    if not keys:
        return one.signature == UNSIGNED
    return any(
        hmac.compare_digest(one.signature, sign_position(key, one.position, one.chain)) for key in keys
    )


def told_as_erased(link: BoundEntry) -> UnboundWords:
    """Which entries an erasure, or a forgetting, says that are not bound any more; none where it is not bound any more itself."""
    if link.what not in (ERASED, FORGOTTEN) or link.nonce is None:
        return UnboundWords()
    detail = json_text.decode(link.detail, dict[str, object])
    places, unplaced = detail.get(PLACES), detail.get(UNPLACED, 0)
    if isinstance(places, str):
        return UnboundWords(_placed(places), unplaced if isinstance(unplaced, int) else 0)
    count = detail.get(UNBOUND)
    return UnboundWords(unplaced=count if isinstance(count, int) else 0)


def _seal_end(connector: Connector, conn: Connection) -> None:
    at = audit_chain.end(conn)
    if at is not None:
        audit_chain.put_seal(conn, _sealed(connector, *at))


def _sealed(connector: Connector, position: int, chain: str) -> Seal:
    keys = seal_keys(connector.settings)
    signature = sign_position(keys[0], position, chain) if keys else UNSIGNED
    return Seal(position=position, chain=chain, at=connector.clock(), signature=signature)


def sign_position(key: bytes, position: int, chain: str) -> str:
    """The signature of where the chain stands."""
    return hmac.new(key, f"{position}:{chain}".encode(), "sha256").hexdigest()


def _nonce() -> str:
    return secrets.token_hex(16)
