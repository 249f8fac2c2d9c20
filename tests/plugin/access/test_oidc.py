"""Sign-in at an OIDC provider: a real one over HTTP on loopback, honest at first, then lying in every way one can."""

from __future__ import annotations

import base64
import gzip
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import Connection
from werkzeug.serving import make_server

from connectors.clock import system_seconds
from connectors.jira import BasicCredentials, Jira, JiraAddress, connect
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.site_state.scheme import VIEWER
from connectors.store.people import accounts
from connectors.store.people.accounts import Account
from connectors.store.visibility import account_people
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from plugin.access.authentication.provider import Identity, role_of
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Site
from plugin.runtime.settings import OidcSettings
from plugin.use_cases.accounts.provider_sign_in import prove

ADMIN = "admin@acme.example"
CLIENT, SECRET = "okr-connector", "a client secret, quite long"
CALLBACK = "http://okr.test/sign-in/oidc/callback"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


class OidcServer:
    """An OIDC provider: discovery, authorize, token, userinfo and keys; codes are used once, PKCE and secrets are checked."""

    def __init__(self, callback: str = CALLBACK) -> None:
        self.callback = callback
        self.person: dict[str, Any] = {
            "sub": "248289",
            "email": "lee@acme.example",
            "email_verified": True,
            "name": "Lee",
        }
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.key: Any = KEY
        self.metadata: dict[str, Any] = {}
        self.answer: dict[str, str] = {}
        self.userinfo: dict[str, Any] = {}
        self.userinfo_calls = 0
        self.token_calls: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realm"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()

    def _app(self) -> Flask:
        app = Flask("oidc-provider")
        app.add_url_rule(
            "/realm/.well-known/openid-configuration", "discovery", lambda: jsonify(self.discovery())
        )
        app.add_url_rule("/realm/authorize", "authorize", self.authorize)
        app.add_url_rule("/realm/token", "token", self.token, methods=["POST"])
        app.add_url_rule("/realm/userinfo", "userinfo", self.told)
        app.add_url_rule("/realm/keys", "keys", lambda: jsonify(KeySet([KEY]).as_dict(private=False)))
        return app

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.metadata,
        }  # fmt: skip

    def authorize(self) -> Any:
        asked = request.args.to_dict()
        if (
            asked["client_id"] != CLIENT
            or asked["redirect_uri"] != self.callback
            or asked["code_challenge_method"] != "S256"
        ):
            return "not for you", 400
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return redirect(
            f"{self.callback}?{urlencode({'code': code, 'state': asked['state'], **self.answer})}"
        )

    def token(self) -> Any:
        form = request.form.to_dict()
        self.token_calls.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        given = base64.b64decode(request.headers.get("Authorization", "Basic ")[6:]).decode()
        if given != f"{CLIENT}:{SECRET}":
            return jsonify(error="invalid_client"), 401
        if (
            asked is None
            or create_s256_code_challenge(form.get("code_verifier", "")) != asked["code_challenge"]
        ):
            return jsonify(error="invalid_grant"), 400
        answer = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        if self.header:
            answer["id_token"] = self.id_token(asked["nonce"])
        return jsonify(answer)

    def id_token(self, nonce: str) -> str:
        now = int(system_seconds())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            parts = [
                base64.urlsafe_b64encode(str(jwt_part).replace("'", '"').encode()).rstrip(b"=").decode()
                for jwt_part in (self.header, claims)
            ]
            return f"{parts[0]}.{parts[1].replace('True', 'true')}."
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    def told(self) -> Any:
        self.userinfo_calls += 1
        return jsonify(self.userinfo)


@pytest.fixture
def provider() -> Iterator[OidcServer]:
    server = OidcServer()
    yield server
    server.close()


@pytest.fixture
def federated(house_with, provider):
    """Makes a house that knows the provider."""

    def made(**oidc: Any):
        settings = {
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "label": "Acme",
            **oidc,
        }
        house = house_with(oidc=settings)
        house.account("admin", ADMIN)
        return house

    return made


def came(conn: Connection) -> list[Account]:
    """Everybody but the admin who was there before."""
    return [one for one in accounts.load_all(conn) if one.email != ADMIN]


def go(browser, wanted: str = "/", tamper=lambda query: query) -> Any:
    """Sign in as a browser does: to the provider, and back with what it sends."""
    away = browser.get(f"/sign-in/oidc?next={wanted}", base_url="http://okr.test")
    assert away.status_code == 302, away.text
    back = requests.get(away.location, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    query = {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}
    return browser.get(f"/sign-in/oidc/callback?{urlencode(tamper(query))}", base_url="http://okr.test")


def is_in(browser) -> bool:
    return browser.get("/account", base_url="http://okr.test").status_code == 200


def refused(house, answer, browser) -> bool:
    """Refused, said so, nobody signed in, nothing made, and noted."""
    with house.connector.store.read() as conn:
        nobody = not came(conn)
    return (
        answer.status_code == 403 and not is_in(browser) and nobody and house.log()[0][1] == "sign-in failed"
    )


def test_a_stranger_with_the_providers_word_becomes_a_viewer(federated, provider) -> None:
    house = federated()
    browser = house.browser()
    assert "Sign in with Acme" in browser.get("/sign-in").text
    answer = go(browser, "/health")
    assert (answer.status_code, answer.location) == (302, "/health")
    assert is_in(browser)
    with house.connector.store.read() as conn:
        [account] = came(conn)
    assert (account.email, account.name, account.role) == ("lee@acme.example", "Lee", "viewer")
    assert account.identity == (provider.issuer, "248289")
    assert account.password_hash is None
    assert [what for _, what, _ in house.log()] == ["signed in", "account linked", "account added"]


def test_the_same_subject_is_the_same_account_whatever_its_address(federated, provider) -> None:
    house = federated()
    go(house.browser())
    provider.person["email"] = "lee.married@acme.example"
    assert go(house.browser()).status_code == 302
    with house.connector.store.read() as conn:
        assert len(came(conn)) == 1


def test_the_way_back_never_leads_elsewhere(federated) -> None:
    assert go(federated().browser(), "https://evil.example/").location == "/"


def test_pkce_state_and_nonce_are_sent_and_the_verifier_stays_home(federated, provider) -> None:
    browser = federated().browser()
    away = browser.get("/sign-in/oidc", base_url="http://okr.test")
    query = parse_qs(urlsplit(away.location).query)
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["nonce"][0]) >= 20
    assert len(query["state"][0]) >= 20
    assert "code_verifier" not in query


def test_another_state_is_refused_before_the_code_is_used(federated, provider) -> None:
    house = federated()
    browser = house.browser()
    assert refused(house, go(browser, tamper=lambda query: {**query, "state": "planted"}), browser)
    assert provider.token_calls == []


def test_an_answer_in_a_browser_that_did_not_ask_is_refused(federated, provider) -> None:
    house = federated()
    attacker, victim = house.browser(), house.browser()
    away = attacker.get("/sign-in/oidc", base_url="http://okr.test")
    back = requests.get(away.location, allow_redirects=False, timeout=10).headers["Location"]
    answer = victim.get(back.removeprefix("http://okr.test"), base_url="http://okr.test")
    assert refused(house, answer, victim)


def test_a_code_works_once(federated, provider) -> None:
    house = federated()
    kept = {}
    go(house.browser(), tamper=lambda query: kept.setdefault("first", query))
    browser = house.browser()
    answer = go(browser, tamper=lambda query: {**query, "code": kept["first"]["code"]})
    assert (answer.status_code, is_in(browser)) == (403, False)


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "replayed"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": 1_700_000_000}},
    "issued in the future": {"claims": {"iat": 4_000_000_000}},
    "without an end": {"claims": {"exp": None}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "another-client"}},
    "another audience, authorised by itself": {"claims": {"aud": "another-client", "azp": CLIENT}},
    "another party": {"claims": {"aud": [CLIENT, "b"], "azp": "b"}},
    "no subject": {"claims": {"sub": None}},
    "an access token of somebody else": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "alg none": {"header": {"alg": "none"}},
    "alg none, offered": {"header": {"alg": "none"}, "metadata": {"id_token_signing_alg_values_supported": ["none", "RS256"]}},
    "signed with the client's secret": {
        "header": {"alg": "HS256", "kid": "one"},
        "key": OctKey.import_key(SECRET),
        "metadata": {"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    },
    "signed with another key of the same name": {"key": OTHER},
    "signed with a key nobody knows": {"header": {"alg": "RS256", "kid": "two"}},
    "no id_token": {"header": {}},
    "an answer of another issuer": {"answer": {"iss": "https://evil.example"}},
    "metadata of another issuer's": {"metadata": {"issuer": "https://evil.example"}},
}  # fmt: skip


WHY = {
    "another nonce": "nonce",
    "no nonce": "nonce",
    "expired": "expired",
    "issued in the future": "future",
    "without an end": "exp",
    "another issuer": "iss",
    "another audience": "aud",
    "another audience, authorised by itself": "aud",
    "another party": "azp",
    "no subject": "sub",
    "an access token of somebody else": "at_hash",
    "alg none": "'none' is not allowed",
    "alg none, offered": "'none' is not allowed",
    "signed with the client's secret": "'HS256' is not allowed",
    "signed with another key of the same name": "bad_signature",
    "signed with a key nobody knows": "No key for kid",
    "no id_token": "no id_token",
    "an answer of another issuer": "another issuer answered",
    "metadata of another issuer's": "issuer of the metadata differs",
}
"""What the log says about each: it is refused for what is wrong with it, not by chance."""


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_signs_nobody_in(federated, provider, lie) -> None:
    house = federated()
    browser = house.browser()
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    if "issuer" in LIES[lie].get("metadata", {}):
        answer = browser.get("/sign-in/oidc", base_url="http://okr.test")
        assert "they have to be the same" in answer.text
    else:
        answer = go(browser)
    assert refused(house, answer, browser)
    assert WHY[lie] in house.log()[0][2]["reason"]


def test_what_the_provider_refuses_is_said(federated, provider) -> None:
    house = federated()
    browser = house.browser()
    browser.get("/sign-in/oidc", base_url="http://okr.test")
    answer = browser.get("/sign-in/oidc/callback?error=access_denied&state=x", base_url="http://okr.test")
    assert refused(house, answer, browser)


def test_a_provider_that_is_away_is_said(federated, provider) -> None:
    house = federated(issuer="http://127.0.0.1:9/realm")
    browser = house.browser()
    answer = browser.get("/sign-in/oidc", base_url="http://okr.test")
    assert "cannot be reached" in answer.text
    assert refused(house, answer, browser)


def test_a_verified_address_opens_the_account_that_has_it(federated) -> None:
    house = federated()
    house.account("admin", "lee@acme.example")
    browser = house.browser()
    assert go(browser).status_code == 302
    with house.connector.store.read() as conn:
        [account] = came(conn)
    assert account.role == "admin"
    assert account.identity is not None


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_is_not_verified_opens_nothing(federated, provider, verified) -> None:
    house = federated()
    house.account("admin", "lee@acme.example")
    provider.person["email_verified"] = verified
    browser = house.browser()
    answer = go(browser)
    assert (answer.status_code, is_in(browser)) == (403, False)
    assert "does not vouch" in answer.text


@pytest.fixture
def jira() -> Iterator[Jira]:
    with SandboxServer() as server:
        yield connect(JiraAddress("main", server.url, BasicCredentials(CONNECTOR.email, CONNECTOR.token)))


@pytest.mark.parametrize(("verified", "who"), [(True, [VIEWER.id]), (False, [])])
def test_who_has_a_verified_address_is_the_person_of_it_in_jira(
    federated, provider, jira, verified, who
) -> None:
    house = federated()
    house.connector.sites["main"] = Site("main", jira, "https://acme.example", None)
    provider.person |= {"email": VIEWER.email, "email_verified": verified}
    assert go(house.browser()).status_code == 302
    with house.connector.store.read() as conn:
        ties = account_people.load_all(conn)
    assert [one.person for one in ties] == who
    assert {one.proof for one in ties} <= {PersonProof.PROVIDER}


def test_what_an_admin_said_of_somebody_holds_against_the_address(federated, provider, jira) -> None:
    house = federated()
    house.connector.sites["main"] = Site("main", jira, "https://acme.example", None)
    account = house.account("viewer", VIEWER.email)
    said = AccountPerson(
        account_id=account.id,
        site="main",
        person="of the admin",
        name="Vera",
        proof=PersonProof.ADMIN,
        proven_at=house.connector.clock(),
    )
    with house.connector.store.write() as conn:
        account_people.put(conn, said)
    provider.person |= {"email": VIEWER.email, "email_verified": True}
    assert go(house.browser()).status_code == 302
    with house.connector.store.read() as conn:
        assert account_people.load_all(conn) == [said]


@pytest.mark.parametrize(("days", "proof"), [(89, PersonProof.JIRA), (90, PersonProof.PROVIDER)])
def test_who_signed_in_with_jira_is_that_person_until_it_has_run_out(
    federated, provider, jira, days, proof
) -> None:
    house = federated()
    house.connector.sites["main"] = Site("main", jira, "https://acme.example", None)
    account = house.account("viewer", VIEWER.email)
    proved = AccountPerson(
        account_id=account.id,
        site="main",
        person="another",
        name="Vera",
        proof=PersonProof.JIRA,
        proven_at=house.connector.clock() - timedelta(days=days),
    )
    with house.connector.store.write() as conn:
        account_people.put(conn, proved)
    provider.person |= {"email": VIEWER.email, "email_verified": True}
    assert go(house.browser()).status_code == 302
    with house.connector.store.read() as conn:
        [found] = account_people.load_all(conn)
    assert found.proof is proof


def test_a_sign_in_does_not_wait_for_a_jira_that_hangs(federated, provider, jira, monkeypatch) -> None:
    house, release = federated(), threading.Event()
    house.connector.sites["main"] = Site("main", jira, "https://acme.example", None)
    monkeypatch.setattr(jira, "people", lambda _word: (release.wait(20), ())[1])
    monkeypatch.setattr("plugin.use_cases.visibility.account_people.PATIENCE_S", 0.1)
    began, browser = time.monotonic(), house.browser()
    assert go(browser).status_code == 302
    waited = time.monotonic() - began
    release.set()
    assert waited < 5
    assert is_in(browser)


def test_another_subject_never_takes_over_an_account(federated, provider) -> None:
    house = federated()
    go(house.browser())
    provider.person["sub"] = "another"
    browser = house.browser()
    assert go(browser).status_code == 403
    assert not is_in(browser)


def test_a_closed_account_stays_closed(federated) -> None:
    house = federated()
    go(house.browser())
    with house.connector.store.write() as conn:
        accounts.disable(conn, came(conn)[0].id, house.clock())
    browser = house.browser()
    assert go(browser).status_code == 403
    assert not is_in(browser)


def test_roles_follow_the_claim_at_each_sign_in(federated, provider) -> None:
    house = federated(role_claim="groups", roles={"okr-admins": "admin", "okr-editors": "editor"})
    for groups, role in (
        (["staff", "okr-editors"], "editor"), (["okr-admins", "okr-editors"], "admin"), ("okr-editors", "editor"), ([], "viewer"), (None, "viewer"), ({"a": 1}, "viewer"),
    ):  # fmt: skip
        provider.claims = {"groups": groups}
        go(house.browser())
        with house.connector.store.read() as conn:
            assert [one.role for one in came(conn)] == [role]


def test_nobody_comes_in_by_the_provider_before_there_is_an_admin(federated, provider) -> None:
    house = federated(role_claim="groups", roles={"okr-admins": "admin"})
    with house.connector.store.write() as conn:
        accounts.remove(conn, accounts.load_all(conn)[0].id)
    browser = house.browser()
    answer = go(browser)
    assert refused(house, answer, browser)
    assert "the link that jira-okr serve printed" in answer.text
    assert "Nobody administers this connector yet" in house.browser().get("/sign-in").text
    provider.claims = {"groups": ["okr-admins"]}
    assert go(browser).status_code == 302
    with house.connector.store.read() as conn:
        assert [one.role for one in came(conn)] == ["admin"]


def test_the_only_admin_stays_one_whatever_group_is_missing(federated, provider) -> None:
    house = federated(role_claim="groups", roles={"okr-admins": "admin"})
    provider.claims = {"groups": ["okr-admins"]}
    go(house.browser())
    with house.connector.store.write() as conn:
        accounts.set_role(conn, accounts.by_email(conn, ADMIN).id, "viewer")
    provider.claims = {}
    assert go(house.browser()).status_code == 302
    with house.connector.store.read() as conn:
        assert [one.role for one in came(conn)] == ["admin"]
    kept = [(who, detail["said"]) for who, what, detail in house.log() if what == "role kept"]
    assert kept == [(provider.issuer, "viewer")]


def test_without_a_role_claim_the_role_given_here_stays(federated) -> None:
    house = federated()
    go(house.browser())
    with house.connector.store.write() as conn:
        accounts.set_role(conn, came(conn)[0].id, "editor")
    go(house.browser())
    with house.connector.store.read() as conn:
        assert [one.role for one in came(conn)] == ["editor"]


def test_with_default_none_only_those_with_a_role_come_in(federated, provider) -> None:
    house = federated(role_claim="groups", roles={"okr": "viewer"}, default_role="none")
    browser = house.browser()
    assert refused(house, go(browser), browser)
    provider.claims = {"groups": ["okr"]}
    assert go(browser).status_code == 302


def test_an_address_may_come_from_userinfo_of_the_same_subject_alone(federated, provider) -> None:
    house = federated()
    provider.person = {"sub": "248289"}
    provider.userinfo = {"sub": "somebody else", "email": "boss@acme.example", "email_verified": True}
    browser = house.browser()
    assert refused(house, go(browser), browser)
    provider.userinfo["sub"] = "248289"
    assert go(browser).status_code == 302
    with house.connector.store.read() as conn:
        assert [one.email for one in came(conn)] == ["boss@acme.example"]


def test_userinfo_is_not_asked_where_the_token_has_the_address(federated, provider) -> None:
    assert go(federated().browser()).status_code == 302
    assert provider.userinfo_calls == 0


def test_a_provider_without_userinfo_is_not_taken_for_one_that_is_down(federated, provider) -> None:
    provider.person, provider.metadata = {"sub": "1"}, {"userinfo_endpoint": None}
    answer = go(federated().browser())
    assert (answer.status_code, provider.userinfo_calls) == (403, 0)
    assert "cannot be reached" not in answer.text


@pytest.mark.parametrize(
    ("subject", "asked", "told", "reason"),
    [
        ("248289", timedelta(0), "", ""),
        ("248289", timedelta(minutes=14), "", ""),
        ("248289", timedelta(minutes=15), "did not say that it asked you", "no fresh auth_time"),
        ("248289", timedelta(minutes=-15), "did not say that it asked you", "no fresh auth_time"),
        ("248289", None, "did not say that it asked you", "no fresh auth_time"),
        ("somebody", timedelta(0), "as somebody else", "another account"),
        ("somebody", None, "as somebody else", "another account"),
        ("nobody", timedelta(0), "as somebody else", "another account"),
    ],
)
def test_who_says_once_more_who_they_are_is_believed_while_it_is_fresh_and_refusals_are_noted(
    federated, provider, subject, asked, told, reason
) -> None:
    house = federated()
    connector = house.connector
    go(house.browser())
    provider.person |= {"sub": "somebody", "email": "sam@acme.example"}
    go(house.browser())
    with connector.store.read() as conn:
        lee = accounts.by_identity(conn, provider.issuer, "248289")
    said = {} if asked is None else {"auth_time": int((connector.clock() - asked).timestamp())}
    identity = Identity(provider.issuer, subject, "", False, "", said)
    actor, before = Actor("Lee", Permission.VIEWER, lee.id), house.log()
    if not told:
        prove(connector, actor, identity)
        assert house.log() == before
        return
    with pytest.raises(AccessRefusal, match=told):
        prove(connector, actor, identity)
    assert house.log()[0] == ("Lee", "confirmation refused", {"reason": reason})
    assert house.log()[1:] == before


def test_a_key_that_was_changed_at_the_provider_is_found(federated, provider, monkeypatch) -> None:
    house = federated()
    assert go(house.browser()).status_code == 302
    fresh = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    monkeypatch.setitem(globals(), "KEY", fresh)
    provider.key, provider.header = fresh, {"alg": "RS256", "kid": "two"}
    assert go(house.browser()).status_code == 302


def test_without_settings_there_is_no_other_way_in(house) -> None:
    assert house.browser().get("/sign-in/oidc").status_code == 404
    assert "Sign in with" not in house.browser().get("/sign-in").text


def test_the_highest_role_wins() -> None:
    settings = OidcSettings(
        issuer="https://i",
        client_id="c",
        client_secret="s",
        role_claim="g",
        roles={"a": "viewer", "b": "admin"},
    )
    assert role_of(settings, {"g": ["a", "b", 5]}) == "admin"


@pytest.mark.parametrize("attack", ["packed", "trickled"])
def test_a_provider_that_floods_or_trickles_holds_nobody_up(federated, provider, monkeypatch, attack) -> None:
    """A few KB that unpack to 30 MB, and a body of which a byte comes now and then."""
    monkeypatch.setattr("plugin.access.authentication.provider.TIMEOUT_S", 0.2)

    def packed() -> Any:
        zeros = gzip.compress(b'{"issuer": "https://another.test", "more": "' + b"0" * 30_000_000 + b'"}', 1)
        return Response(zeros, headers={"Content-Encoding": "gzip"}, content_type="application/json")

    def trickled() -> Any:
        def drops() -> Iterator[bytes]:
            while True:
                yield b" "
                time.sleep(0.05)

        return Response(drops(), content_type="application/json")

    provider.server.app.view_functions["discovery"] = packed if attack == "packed" else trickled
    house = federated()
    began = time.monotonic()
    answer = house.browser().get("/sign-in/oidc", base_url="http://okr.test")
    assert answer.status_code == 403
    assert "cannot be reached" in answer.text
    assert time.monotonic() - began < 15, "it trickles without end"
