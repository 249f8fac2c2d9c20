"""Proving who one is in a Jira by signing in there once: at Atlassian (Cloud), or at the Jira itself by its application link (Data Center).

What comes back is an account id or a user name. The access token that told it is dropped with the answer, and no other is asked for.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from connectors.jira.http.errors import AuthFailure, IncompleteRead, JiraError, JiraRefusal
from connectors.jira.sign_in.authorization import LostConsent, OAuthClient, signed_in_user
from connectors.jira.sign_in.identity import AtlassianIdentity, IdentityServer, LinkIdentity, SignInTrip
from connectors.jira.sign_in.scopes import MissingScope
from connectors.store.people import accounts, audit
from connectors.store.sites import consents
from connectors.store.sites.consents import BegunConsent
from connectors.store.visibility import account_people as ties
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from mappings.facts.issue import User
from mappings.numbers import count_of
from plugin.access.authentication import throttle
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization.actor import Actor
from plugin.next_steps import APPLICATION_LINK, NextStep
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.granted_tokens import server_of
from plugin.use_cases.accounts.proof import require_proof
from plugin.use_cases.permission import PUBLIC, VIEWER, act, question
from plugin.use_cases.visibility.account_people import keep_person

__all__ = [
    "AccountPerson",
    "BegunSignIn",
    "JiraSignIn",
    "SignInReturn",
    "SignInStanding",
    "begin",
    "finish",
    "note_stray",
    "own_ways",
    "sign_in_standing",
]

VALID = timedelta(minutes=10)
CALLBACK = "/account/jira/callback"
"""The path of ours that the app in Atlassian's developer console has as a callback URL; each Data Center has one of its own below it."""
MOST = 10
"""So often somebody may begin it in a quarter of an hour: each round asks Atlassian, or that Jira, some questions."""
REFUSED = "Jira sign-in refused"
SETTINGS = (
    "An operator sets JIRA_OKR_JIRA_SIGN_IN__CLIENT_ID and JIRA_OKR_JIRA_SIGN_IN__CLIENT_SECRET to those of an OAuth 2.0 (3LO) app with the "
    "User identity API."
)
LINK_SETTINGS = "An operator sets JIRA_OKR_JIRA__LINK_CLIENT_ID and JIRA_OKR_JIRA__LINK_CLIENT_SECRET to those of an application link of that Jira."
SAID = {
    "access_denied": "You did not allow it there, so nothing was changed.",
    "server_error": "Nothing was changed: the sign-in there has a fault of its own just now. Try again later.",
    "temporarily_unavailable": "Nothing was changed: the sign-in there is not available just now. Try again later.",
}
"""Errors of OAuth 2.0 (RFC 6749, 4.1.2.1) that are no fault of the set-up."""
MISSET = (
    "Signing in with this Jira is not set up right, so nothing was changed. Tell an administrator of the connector: the audit log says "
    "what was answered."
)


@dataclass(frozen=True, slots=True)
class SignInStanding:
    """Whether people can prove who they are by signing in with a Jira; `lacks` says what has to be set where they cannot."""

    site: str
    is_cloud: bool
    callback: str
    """The path that the app, or the application link, sends browsers back to."""
    lacks: str = ""
    step: NextStep | None = None

    @property
    def ready(self) -> bool:
        """Whether they can."""
        return not self.lacks


@dataclass(frozen=True, slots=True)
class JiraSignIn:
    """Who the actor is at a site (None where nobody proved it), and whether that counts still; whether they may sign in there, and where."""

    site: str
    person: AccountPerson | None
    holds: bool
    ready: bool
    place: str


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """Where the browser goes, until when it may come back, and what it has to bring along (`verifier`) in a session of ours."""

    site: str
    address: str
    until: datetime
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInReturn:
    """With what a browser came back to `callback`, in which session of ours, and from where."""

    callback: str
    session: str = field(repr=False)
    verifier: str = field(repr=False)
    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    address: str = ""


@question(VIEWER)
def sign_in_standing(connector: Connector, _actor: Actor, site: str) -> SignInStanding:
    """What stands in the way of signing in with a Jira, if anything does."""
    found = connector.site(site)
    lacks, step = _lacking(connector, found)
    return SignInStanding(
        site=site, is_cloud=found.is_cloud, callback=_callback_path(found), lacks=lacks, step=step
    )


@question(VIEWER)
def own_ways(connector: Connector, actor: Actor) -> tuple[JiraSignIn, ...]:
    """Who the actor is in each Jira, and where they may prove it."""
    with connector.store.read() as conn:
        known = {one.site: one for one in ties.load_people(conn, actor.account_id)}
    now = connector.clock()
    return tuple(
        JiraSignIn(
            site=name,
            person=(tie := known.get(name)),
            holds=tie is not None and tie.holds(now),
            ready=_way(connector, site) is not None,
            place="Atlassian" if site.is_cloud else site.browse_url,
        )
        for name, site in connector.sites.items()
    )


@act(VIEWER)
def begin(connector: Connector, actor: Actor, site: str, session: str, callback: str) -> BegunSignIn:
    """Send the browser of this session off. Raises MissingProof where they did not say of late who they are, and Refusal for what cannot be."""
    now = connector.clock()
    require_proof(actor, now)
    server, client = _ready(connector, connector.site(site))
    held = throttle.pause_of(connector.store, f"jira-sign-in:{actor.account_id}", MOST, now)
    if held:
        raise Refusal(
            f"You began this {MOST} times of late. Wait {count_of(ceil(held.total_seconds() / 60), 'minute')}."
        )
    trip = SignInTrip(callback, secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    begun = BegunConsent(
        state=hash_of(trip.state),
        site=site,
        actor=_traveller(actor, session),
        callback=callback,
        until=now + VALID,
    )
    with connector.store.write() as conn:
        consents.forget_begun(conn, begun.actor)
        consents.put(conn, begun, now)
    return BegunSignIn(site, server.sign_in_address(client.id, trip), begun.until, trip.verifier)


@act(VIEWER)
def finish(connector: Connector, actor: Actor, back: SignInReturn) -> AccountPerson:
    """The account of the actor is whoever came back. Raises Refusal, and JiraError where nobody answered; then nothing is changed."""
    now, traveller = connector.clock(), _traveller(actor, back.session)
    with connector.store.write() as conn:
        begun = consents.take(conn, hash_of(back.state), traveller, now)
    if begun is None or begun.callback != back.callback or not back.verifier:
        raise _refused(
            connector,
            actor,
            back,
            "not begun here",
            "This sign-in was not begun by you in this browser, was used already, or has run out after ten minutes. Begin it again.",
        )
    if back.error or not back.code:
        error = back.error if re.fullmatch(r"[a-z_]{1,40}", back.error) else "no code"
        raise _refused(connector, actor, back, error, SAID.get(error, MISSET), begun.site)
    site = connector.site(begun.site)
    user = _asked(connector, actor, site, back)
    return _kept(connector, actor, site, user, back)


@act(PUBLIC)
def note_stray(connector: Connector, actor: Actor, address: str) -> None:
    """Put into the audit log that somebody came back from a sign-in who is not signed in here, unless too many did of late."""
    _note(connector, actor.label, address, "nobody is signed in here")


def _lacking(connector: Connector, site: Site) -> tuple[str, NextStep | None]:
    """What has to be set, and the step that does it where it is not one of the settings; nothing where people can sign in."""
    given = connector.settings.jira
    if _way(connector, site) is not None:
        return "", None
    if site.is_cloud:
        return SETTINGS, None
    if given is not None and given.name == site.name:
        return LINK_SETTINGS, None
    return "It has no application link here.", APPLICATION_LINK


def _callback_path(site: Site) -> str:
    """Where browsers come back to. A Data Center has its own, so that the answer of one is never taken for that of another (RFC 9700, 4.4)."""
    return CALLBACK if site.is_cloud else f"{CALLBACK}/{site.name}"


def _asked(connector: Connector, actor: Actor, site: Site, back: SignInReturn) -> User:
    """Who the server says it was; of Cloud, as that site itself knows them."""
    server, client = _ready(connector, site)
    trip = SignInTrip(back.callback, back.state, back.verifier)
    try:
        found = server.account(client, back.code, trip, connector.clock())
    except LostConsent:
        said = "The code that came back is taken no more: it holds for some minutes, once. Begin it again."
        raise _refused(connector, actor, back, "code not taken", said, site.name) from None
    except MissingScope:
        raise _refused(connector, actor, back, "the app lacks read:me", MISSET, site.name) from None
    except AuthFailure:
        raise _refused(connector, actor, back, "client id or secret not taken", MISSET, site.name) from None
    except JiraRefusal as error:
        raise _refused(connector, actor, back, f"answered {error.status}", MISSET, site.name) from None
    except JiraError as error:
        unreadable = isinstance(error, IncompleteRead)
        reason = "an answer that cannot be read" if unreadable else "no answer"
        _note(connector, actor.label, back.address, reason, site.name)
        raise
    if not site.is_cloud:
        return found
    known = site.jira.person(found.id)
    if known is None or known.id != found.id:
        said = (
            f"You signed in at Atlassian as {found.name}, and the Jira at {site.browse_url} shows nobody of that account to the connector. "
            "Sign in at Atlassian with the account that you use there."
        )
        raise _refused(connector, actor, back, f"{found.id} is nobody at this site", said, site.name)
    return signed_in_user(known.id, known.name)


def _kept(connector: Connector, actor: Actor, site: Site, user: User, back: SignInReturn) -> AccountPerson:
    """Unless somebody else is this person here already."""
    now, other = connector.clock(), ""
    with connector.store.write() as conn:
        ties.lock_people(conn, site.name)
        account = accounts.get(conn, actor.account_id)
        if account is None or account.disabled_at is not None:
            raise Refusal("This account is closed. Ask an administrator of the connector.")
        for one in ties.accounts_of(conn, site.name, user.id):
            holder = accounts.get(conn, one.account_id)
            if one.account_id != account.id and one.holds(now) and holder is not None:
                other = holder.email
        if not other:
            return keep_person(conn, account, site.name, user, PersonProof.JIRA, actor.label, now)
    raise _refused(
        connector,
        actor,
        back,
        f"{user.id} is another account already",
        f"{user.name} of {site.name} is tied to another account of this connector already. Where that is yours too, let go of it there "
        "(Your account, In Jira); else ask an administrator, who takes it away under People.",
        site.name,
        held_by=other,
    )


def _way(connector: Connector, site: Site) -> tuple[IdentityServer, OAuthClient] | None:
    """Where people of a site sign in, and as which client we send them there."""
    given = connector.settings.jira_sign_in
    if site.link is not None:
        return LinkIdentity(site.jira.transport), site.link
    if site.is_cloud and given is not None:
        client = OAuthClient(given.client_id, given.client_secret.get_secret_value())
        return AtlassianIdentity(server_of(connector.settings)), client
    return None


def _ready(connector: Connector, site: Site) -> tuple[IdentityServer, OAuthClient]:
    found = _way(connector, site)
    if found is None:
        raise Refusal(f"Nobody can sign in with the Jira of {site.name} here yet. Ask an administrator.")
    return found


def _traveller(actor: Actor, session: str) -> str:
    """Whoever begins it in one session finishes it in that session, and nowhere else."""
    if not session or not actor.account_id:
        raise Refusal("Only who signed in here in a browser can do this.")
    return f"account {actor.account_id} in {hash_of(session)}"


def _refused(
    connector: Connector,
    actor: Actor,
    back: SignInReturn,
    reason: str,
    said: str,
    site: str = "",
    **more: str,
) -> Refusal:
    _note(connector, actor.label, back.address, reason, site, **more)
    return Refusal(said)


def _note(connector: Connector, who: str, address: str, reason: str, site: str = "", **more: str) -> None:
    now = connector.clock()
    if throttle.noteworthy(connector.store, address, now, kind="jira-sign-in"):
        with connector.store.write() as conn:
            audit.note(conn, who, REFUSED, now, {"from": address, "reason": reason, **more}, site)
