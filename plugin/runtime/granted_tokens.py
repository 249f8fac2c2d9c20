"""The tokens of an app or a service account (OAuth 2.0), kept sealed in the store and shared by all processes: one of them renews, the others wait.

A refresh token is used up by asking, so the next is kept before anybody uses what came with it. Where a process died in between,
the next one asks with the former token: Atlassian takes it for some ten minutes. Later that ends the consent, and the message says why.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.jira.http.errors import AuthFailure, JiraError, JiraOutage
from connectors.jira.sign_in.authorization import (
    AuthorizationServer,
    GrantedTokens,
    LostConsent,
    OAuthClient,
)
from connectors.store import Store, StoreError
from connectors.store.sites import grants
from connectors.store.sites.grants import Grant
from plugin.next_steps import ALLOW_APP, Door
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import CredentialsVault, vault
from plugin.runtime.processes.logs import conceal_passing
from plugin.runtime.settings import JiraSettings, Settings

MARGIN = timedelta(minutes=5)
"""A token is renewed so long before its end."""
LEASE = timedelta(seconds=60)
"""Longer than asking can take."""
PATIENCE_S = 20.0
"""How long others wait for who renews."""
STEP_S = 0.05
KEPT_TRIES = 5
ALLOW = ALLOW_APP.at(Door.PAGE)
LOST = "A process ended between asking for the next token and keeping it, and Atlassian takes the former one for some minutes only."
CONSENT_SCOPES = f"Add them to the app (developer.atlassian.com, your app, Permissions, Jira API). {ALLOW}"
SERVICE_SCOPES = (
    "The scopes of a service account's credential are chosen when it is made: make a new one with the scopes read:jira-work, read:jira-user, "
    "write:jira-work at admin.atlassian.com (Directory, Service accounts), and enter its client id and secret."
)


def server_of(settings: Settings) -> AuthorizationServer:
    """Atlassian's authorisation server, as the settings have it."""
    return AuthorizationServer(str(settings.authorization_url), str(settings.gateway_url), settings.authority)


def client_of(jira: JiraSettings) -> OAuthClient:
    """The app or credential of a site; Refusal where half of it is missing."""
    if not jira.client_id or jira.client_secret is None:
        raise Refusal(
            "A client id and its secret belong together. Set JIRA_OKR_JIRA__CLIENT_ID and JIRA_OKR_JIRA__CLIENT_SECRET.",
            "client_secret",
        )
    return OAuthClient(jira.client_id, jira.client_secret.get_secret_value())


def clients_of(jira: JiraSettings) -> tuple[OAuthClient, ...]:
    """The app with the secret it has, and with the one it had before: which of them holds is seen by asking."""
    present, former = client_of(jira), jira.former_client_secret
    return (present,) if former is None else (present, OAuthClient(present.id, former.get_secret_value()))


def basis_of(jira: JiraSettings) -> str:
    """Of what Jira and what app a grant is: for another of either it counts nothing."""
    material = "\n".join((jira.grant, jira.client_id or "", str(jira.url).rstrip("/")))
    return hashlib.sha256(material.encode()).hexdigest()[:32]


def seal(keys: CredentialsVault, tokens: GrantedTokens) -> bytes:
    """As they are kept."""
    conceal_passing(tokens.access, tokens.refresh)
    return keys.seal({"access": tokens.access, "refresh": tokens.refresh, "scopes": " ".join(tokens.scopes)})


class AttemptTokens:
    """For trying an account before anything of it is kept: tokens at hand, or those of a service account asked for once."""

    def __init__(
        self, settings: Settings, jira: JiraSettings, now: datetime, held: GrantedTokens | None = None
    ) -> None:
        self.scope_remedy = CONSENT_SCOPES if jira.by_consent else SERVICE_SCOPES
        self._settings, self._jira, self._now, self._held = settings, jira, now, held
        if held is not None:
            conceal_passing(held.access, held.refresh)

    def token(self) -> str:
        """The one token."""
        if self._held is None:
            if self._jira.by_consent:
                raise _unasked()
            self._held = server_of(self._settings).by_credential(client_of(self._jira), self._now)
            conceal_passing(self._held.access)
        return self._held.access

    def refused(self, _token: str) -> bool:
        """There is no other."""
        return False


@dataclass(frozen=True, slots=True)
class _OpenedTokens:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: datetime


class StoredTokens:
    """The tokens of one site. Threads share it; processes share the store behind it."""

    def __init__(
        self,
        settings: Settings,
        jira: JiraSettings,
        store: Store,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.scope_remedy = CONSENT_SCOPES if jira.by_consent else SERVICE_SCOPES
        self._jira, self._store, self._clock, self._sleep = jira, store, clock, sleep
        self._clients, self._basis = clients_of(jira), basis_of(jira)
        self._server, self._keys = server_of(settings), vault(settings)
        self._holder = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._known: _OpenedTokens | None = None

    def token(self) -> str:
        """One that holds, renewed first where it is about to end. Raises JiraError."""
        known = self._known
        if known is not None and known.expires - self._clock() > MARGIN:
            return known.access
        with self._lock:
            return self._found("").access

    def refused(self, token: str) -> bool:
        """Whether there is another by now; a stranger's token has us look once, too."""
        with self._lock:
            return self._found(token).access != token

    def _found(self, refused: str) -> _OpenedTokens:
        """From the store, renewed there by us or by another."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now, grant = self._clock(), self._grant()
            opened = self._open(grant)
            good = opened is not None and opened.access != refused
            if opened is not None and good and opened.expires - now > MARGIN:
                self._known = opened
                return opened
            if self._take(grant, now):
                renewed = self._renewed(grant, opened)
                if renewed is not None:
                    self._known = renewed
                    return renewed
            elif opened is not None and good and opened.expires > now:
                return opened
            if time.monotonic() > deadline:
                raise JiraOutage("Another process is renewing the sign-in to Jira, and is not done with it.")
            self._sleep(STEP_S)

    def _grant(self) -> Grant:
        """As it is kept; of a service account it begins by itself."""
        with self._store.read() as conn:
            found = grants.get(conn, self._jira.name)
        if found is None or found.basis != self._basis:
            if self._jira.by_consent:
                raise _unasked()
            with self._store.write() as conn:
                grants.put(conn, self._jira.name, self._basis, None, None, self._clock())
                found = grants.get(conn, self._jira.name)
        if found is None or found.fault:
            fault = found.fault if found is not None else "The grant was taken away meanwhile."
            raise LostConsent(fault, ALLOW, 403)
        return found

    def _open(self, grant: Grant) -> _OpenedTokens | None:
        if grant.tokens is None or grant.expires_at is None:
            return None
        try:
            kept = self._keys.open(grant.tokens)
        except Refusal as error:
            if self._jira.by_consent:
                raise AuthFailure(
                    "The tokens of the site cannot be opened.",
                    f"{error} {ALLOW}",
                ) from None
            return None
        conceal_passing(kept["access"], kept["refresh"])
        return _OpenedTokens(kept["access"], kept["refresh"], grant.expires_at)

    def _take(self, grant: Grant, now: datetime) -> bool:
        """Whether we renew it. While another does, whoever waits looks on and writes nothing."""
        if grant.lease_until is not None and grant.lease_until > now:
            return False
        with self._store.write() as conn:
            return grants.take(conn, grant.site, grant.generation, self._holder, now, now + LEASE)

    def _renewed(self, grant: Grant, opened: _OpenedTokens | None) -> _OpenedTokens | None:
        """Asked for and kept; None where somebody allowed it anew meanwhile."""
        try:
            given = self._asked(opened)
        except LostConsent as gone:
            fault = f"{gone.message} {LOST}" if grant.begun_at is not None else gone.message
            with self._store.write() as conn:
                grants.end(conn, grant.site, grant.generation, self._holder, fault)
            raise LostConsent(fault, ALLOW, gone.status) from None
        except JiraError:
            with self._store.write() as conn:
                grants.let_go(conn, grant.site, grant.generation, self._holder)
            raise
        kept = self._kept(grant, given)
        return _OpenedTokens(given.access, given.refresh, given.expires) if kept else None

    def _asked(self, opened: _OpenedTokens | None) -> GrantedTokens:
        """With the former secret where the present one does not hold yet; what is said of the present one is what counts."""
        present, *former = self._clients
        try:
            return self._asked_as(present, opened)
        except LostConsent:
            raise
        except AuthFailure:
            for client in former:
                with contextlib.suppress(AuthFailure):
                    return self._asked_as(client, opened)
            raise

    def _asked_as(self, client: OAuthClient, opened: _OpenedTokens | None) -> GrantedTokens:
        now = self._clock()
        if not self._jira.by_consent:
            return self._server.by_credential(client, now)
        if opened is None or not opened.refresh:
            raise LostConsent(
                "What was allowed has run out, and cannot be renewed: offline_access was not allowed."
            )
        return self._server.by_refresh(client, opened.refresh, now)

    def _kept(self, grant: Grant, given: GrantedTokens) -> bool:
        """Whatever happens to the database meanwhile: what is not kept now is lost."""
        tokens = seal(self._keys, given)
        for tries in range(1, KEPT_TRIES + 1):
            try:
                with self._store.write() as conn:
                    return grants.keep(
                        conn, grant.site, grant.generation, self._holder, tokens, given.expires
                    )
            except StoreError:
                if tries == KEPT_TRIES:
                    raise
                self._sleep(tries * STEP_S)
        return False


def _unasked() -> LostConsent:
    return LostConsent("Nobody has allowed the app to work with this Jira yet.", ALLOW)
