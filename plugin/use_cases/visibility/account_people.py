"""Which person of a Jira an account is: proved, or said by an admin, which the record tells. Who is nobody there sees what a stranger sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.people import audit
from connectors.store.people.accounts import Account
from connectors.store.visibility import account_people as ties
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from mappings.facts.issue import User
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import ADMIN, PUBLIC, VIEWER, act, question

__all__ = [
    "AccountPerson",
    "PersonProof",
    "keep_person",
    "leave",
    "list_people",
    "people_of",
    "person_values",
    "tie",
    "tie_by_address",
    "untie",
]

PATIENCE_S = 2.0
RENEWED = timedelta(days=1)
"""How old a proof is at least that another sign-in renews."""


@question(ADMIN)
def list_people(connector: Connector, _actor: Actor) -> tuple[AccountPerson, ...]:
    """Who every account is, where somebody proved it."""
    with connector.store.read() as conn:
        return tuple(ties.load_all(conn))


@question(ADMIN)
def people_of(connector: Connector, _actor: Actor, account: Account) -> tuple[AccountPerson, ...]:
    """Who an account is, by site."""
    with connector.store.read() as conn:
        return tuple(ties.load_people(conn, account.id))


@act(ADMIN)
def tie(connector: Connector, actor: Actor, account: Account, site: str, name: str) -> AccountPerson:
    """An admin says who an account is in a Jira, by e-mail address, account id or user name. Refusal unless Jira knows exactly one."""
    jira = connector.site(site).jira
    named = jira.person(name)
    found = [named] if named is not None else [one for one in jira.people(name) if _is(one, name)]
    if len(found) != 1:
        known = "nobody" if not found else f"{len(found)} people"
        raise Refusal(
            f"Jira knows {known} of exactly this e-mail address, account id or user name: {name}. On Cloud people may hide their address "
            "from the connector's account; the account id always names one (it ends the address of their profile in Jira).",
            "person",
        )
    return _keep(connector, actor, account, site, found[0], PersonProof.ADMIN)


@act(ADMIN)
def untie(connector: Connector, actor: Actor, account: Account, site: str) -> bool:
    """The account is nobody in that Jira any more; whether it was somebody."""
    return _take_away(connector, actor, account.id, account.email, site)


@act(VIEWER)
def leave(connector: Connector, actor: Actor, site: str) -> bool:
    """The actor is nobody in that Jira any more; whether they were somebody."""
    return _take_away(connector, actor, actor.account_id, actor.label, site)


def _take_away(connector: Connector, actor: Actor, account_id: int, email: str, site: str) -> bool:
    with connector.store.write() as conn:
        was = ties.remove(conn, account_id, site)
        if was:
            detail = {"account": email}
            audit.note(conn, actor.label, "Jira person taken away", connector.clock(), detail, site)
    return was


@act(PUBLIC)
def tie_by_address(connector: Connector, actor: Actor, account: Account, address: str) -> None:
    """A provider vouches for this address: the account is the one person who has it in a Jira, where Jira shows exactly one.

    A sign-in waits for it two seconds at most; what Jira answers later counts from then on.
    """
    work = Thread(target=_look_up, args=(connector, actor, account, address), name="okr-people", daemon=True)
    work.start()
    work.join(PATIENCE_S)


def _look_up(connector: Connector, actor: Actor, account: Account, address: str) -> None:
    for site in list(connector.sites):
        try:
            _tie_at(connector, actor, account, site, address)
        except (JiraError, Refusal, StoreError):
            continue  # it is asked again at the next sign-in


def _tie_at(connector: Connector, actor: Actor, account: Account, site: str, address: str) -> None:
    with connector.store.read() as conn:
        known = ties.get(conn, account.id, site)
    if known is not None and known.proof is not PersonProof.PROVIDER and known.holds(connector.clock()):
        return  # it was proved, or said, in a way that counts for more
    listed = connector.site(site).jira.people(address)
    found = [one for one in listed if (one.email or "").casefold() == address.casefold()]
    if len(found) != 1:
        return
    now = connector.clock()
    if known is None or known.person != found[0].id or not known.holds(now):
        _keep(connector, actor, account, site, found[0], PersonProof.PROVIDER)
    elif now - known.proven_at > RENEWED:
        with connector.store.write() as conn:
            ties.put(conn, replace(known, proven_at=now))


def person_values(one: AccountPerson) -> PlainValues:
    """The same as programs have it."""
    return {
        "site": one.site,
        "person": one.person,
        "name": one.name,
        "proof": one.proof.value,
        "proven_at": one.proven_at.isoformat(),
        "ends": None if one.ends is None else one.ends.isoformat(),
    }


def _is(user: User, name: str) -> bool:
    return name.casefold() in {user.id.casefold(), (user.email or "").casefold()} - {""}


def _keep(
    connector: Connector, actor: Actor, account: Account, site: str, user: User, proof: PersonProof
) -> AccountPerson:
    by = account.email if proof is PersonProof.PROVIDER else actor.label
    with connector.store.write() as conn:
        return keep_person(conn, account, site, user, proof, by, connector.clock())


def keep_person(
    conn: Connection, account: Account, site: str, user: User, proof: PersonProof, by: str, now: datetime
) -> AccountPerson:
    """The account is this person from now on, and the audit log says by what and by whom."""
    made = AccountPerson(
        account_id=account.id, site=site, person=user.id, name=user.name, proof=proof, proven_at=now
    )
    ties.put(conn, made)
    detail = {"account": account.email, "person": user.id, "proof": proof.value}
    audit.note(conn, by, "Jira person named", now, detail, site)
    return made
