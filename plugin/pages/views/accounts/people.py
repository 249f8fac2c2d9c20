"""Accounts and tokens as rows of a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from plugin.pages.views.words.moments import MomentText, when, when_known
from plugin.use_cases.accounts.own_account import SessionSummary
from plugin.use_cases.accounts.people import Account
from plugin.use_cases.accounts.tokens import ApiToken


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account; `signs_in` says by what."""

    id: int
    email: str
    name: str
    role: str
    signs_in: str
    created: MomentText
    disabled: MomentText | None
    is_me: bool
    factor: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token. Its text is not known here."""

    id: int
    name: str
    scopes: str
    created: MomentText
    expires: MomentText | None
    used: MomentText | None
    expired: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One place where they are signed in."""

    name: str
    browser: str
    address: str
    begun: MomentText
    seen: MomentText
    is_this: bool


def account_row(account: Account, me: int, factor: bool, now: datetime, zone: tzinfo) -> AccountRow:
    """The account as the list of people shows it."""
    ways = [("password", account.password_hash is not None), ("single sign-on", account.identity is not None)]
    return AccountRow(
        id=account.id,
        email=account.email,
        name=account.name,
        role=account.role,
        signs_in=" and ".join(way for way, has in ways if has) or "not yet: set a password",
        created=when(account.created_at, now, zone),
        disabled=when_known(account.disabled_at, now, zone),
        is_me=account.id == me,
        factor=factor,
    )


def session_row(one: SessionSummary, now: datetime, zone: tzinfo) -> SessionRow:
    """The session as its owner sees it."""
    begun, seen = when(one.begun, now, zone), when(one.seen, now, zone)
    return SessionRow(
        name=one.name,
        browser=browser_name(one.browser),
        address=one.address,
        begun=begun,
        seen=seen,
        is_this=one.is_this,
    )


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(said: str) -> str:
    """`Firefox on Linux` of what a browser calls itself; its first words where it is none that is known."""
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    system = next((name for mark, name in SYSTEMS if mark in said), "")
    return " on ".join(part for part in (browser, system) if part) or said[:40]


def token_row(token: ApiToken, now: datetime, zone: tzinfo) -> TokenRow:
    """The token as its owner sees it."""
    return TokenRow(
        id=token.id,
        name=token.name,
        scopes=", ".join(sorted(token.scopes)),
        created=when(token.created_at, now, zone),
        expires=when_known(token.expires_at, now, zone),
        used=when_known(token.last_used_at, now, zone),
        expired=token.expires_at is not None and token.expires_at <= now,
    )
