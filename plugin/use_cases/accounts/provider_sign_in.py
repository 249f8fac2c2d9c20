"""Signing in at a provider: from a provider's identity to an account: found by issuer and subject, linked by a verified address, or made."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.store.people import accounts, audit
from connectors.store.people.accounts import Account
from plugin.access.authentication import throttle
from plugin.access.authentication.provider import Identity, role_of
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.runtime.settings import OidcSettings
from plugin.use_cases.accounts.proof import FRESH
from plugin.use_cases.permission import PUBLIC, VIEWER, act


@act(PUBLIC)
def sign_in_by_provider(
    connector: Connector, _actor: Actor, settings: OidcSettings, identity: Identity, address: str
) -> Account:
    """The account that signs in, with the role its claims give; Refused where it may not."""
    role = role_of(settings, identity.claims)
    if role is None:
        raise AccessRefusal(
            "Your account at the provider has no role here. Ask an administrator of the connector for one."
        )
    with connector.store.write() as conn:
        account = _known(connector, conn, identity) or _made(connector, conn, identity, role)
        if account.disabled_at is not None:
            raise AccessRefusal("This account is closed. Ask an administrator of the connector.")
        account = _with_role(connector, conn, settings, account, role)
        detail = {"from": address, "by": identity.issuer}
        audit.note(conn, account.email, "signed in", connector.clock(), detail)
    return account


@act(VIEWER)
def prove(connector: Connector, actor: Actor, identity: Identity) -> None:
    """They said once more who they are at the provider. Refused where it was somebody else, or the provider does not say that it asked them."""
    said, now = identity.claims.get("auth_time"), connector.clock()
    with connector.store.write() as conn:
        account = accounts.by_identity(conn, identity.issuer, identity.subject)
        right = account is not None and account.id == actor.account_id
        fresh = isinstance(said, int) and abs(now.timestamp() - said) < FRESH.total_seconds()
        if not right or not fresh:
            reason = "another account" if not right else "no fresh auth_time"
            audit.note(conn, actor.label, "confirmation refused", now, {"reason": reason})
    if not right:
        raise AccessRefusal("You signed in at the provider as somebody else. Sign out here first.")
    if not fresh:
        raise AccessRefusal(
            "The provider did not say that it asked you (auth_time). Sign out here, sign in again, and go on within a quarter of an hour."
        )


@act(PUBLIC)
def note_failure(connector: Connector, _actor: Actor, address: str, reason: str) -> None:
    """Put a sign-in that did not work into the audit log, unless too many came from there of late."""
    if not throttle.noteworthy(connector.store, address, connector.clock()):
        return
    with connector.store.write() as conn:
        detail = {"from": address, "reason": reason}
        audit.note(conn, "unknown account", "sign-in failed", connector.clock(), detail)


def _known(connector: Connector, conn: Connection, identity: Identity) -> Account | None:
    account = accounts.by_identity(conn, identity.issuer, identity.subject)
    if account is not None or not identity.email:
        return account
    namesake = accounts.by_email(conn, identity.email)
    if namesake is None:
        return None
    # An address that the provider has not verified could be anybody's: it opens no account that is there already.
    if not identity.email_verified or namesake.identity is not None:
        raise AccessRefusal(
            f"There is an account {namesake.email} already, and the provider does not vouch that it is yours. "
            "Sign in with its password, or ask an administrator."
        )
    _link(connector, conn, namesake, identity)
    return namesake


def _made(connector: Connector, conn: Connection, identity: Identity, role: str) -> Account:
    if not identity.email:
        raise AccessRefusal(
            "The provider did not say your e-mail address. Ask an operator to add the scope email."
        )
    if role != Permission.ADMIN and not accounts.has_open(conn, Permission.ADMIN):
        raise AccessRefusal(
            "Nobody administers this connector yet. Let an operator open the link that jira-okr serve printed when it started; "
            "then sign in again."
        )
    account = members.insert(connector, conn, identity.email, identity.name, role, None)
    audit.note(
        conn, account.email, "account added", connector.clock(), {"account": account.email, "role": role}
    )
    _link(connector, conn, account, identity)
    return account


def _link(connector: Connector, conn: Connection, account: Account, identity: Identity) -> None:
    accounts.set_identity(conn, account.id, identity.issuer, identity.subject)
    detail = {"account": account.email, "issuer": identity.issuer, "subject": identity.subject}
    audit.note(conn, account.email, "account linked", connector.clock(), detail)


def _with_role(
    connector: Connector, conn: Connection, settings: OidcSettings, account: Account, role: str
) -> Account:
    """Where roles come from the provider they follow it at each sign-in; else they are what an admin made them here.

    The only admin stays one, whatever group is missing at the provider: nobody could let anybody in again.
    """
    if settings.role_claim is None or role == account.role:
        return account
    if role != Permission.ADMIN and members.is_only_admin(conn, account):
        kept = {"account": account.email, "said": role, "why": "the only admin"}
        audit.note(conn, settings.issuer, "role kept", connector.clock(), kept)
        return account
    accounts.set_role(conn, account.id, role)
    detail = {"account": account.email, "from": account.role, "to": role}
    audit.note(conn, settings.issuer, "role changed", connector.clock(), detail)
    return accounts.get(conn, account.id) or account
