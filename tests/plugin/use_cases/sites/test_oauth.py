"""OAuth 2.0: an app that a Jira user allows, and a service account; tokens that are renewed once for all processes, over real HTTP to the sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
import requests
from click.testing import CliRunner

from connectors.jira import AuthFailure, JiraOutage, RateLimitError
from connectors.jira.sign_in import authorization
from connectors.jira.sign_in.authorization import AuthorizationServer, LostConsent, OAuthClient
from connectors.jira.sign_in.scopes import MissingScope
from connectors.sandbox import SERVICE
from connectors.sandbox.traffic.faults import Fault
from connectors.store import StoreError
from connectors.store.sites import grants
from connectors.store.sites import sites as store_sites
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.cli import cli
from plugin.next_steps import ALLOW_APP, Door
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.granted_tokens import LEASE
from plugin.runtime.saved_sites import NewSite, open_sites, reseal_sites, settings_of
from plugin.use_cases.sites import consent, sites
from tests.plugin.use_cases.sites.oauth_firm import (
    APP,
    ASKED,
    CALLBACK,
    MORNING,
    ROBOT,
    SECRETS,
    Firm,
    oauth_firm,
)

ALLOW = ALLOW_APP.at(Door.PAGE)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    with oauth_firm(tmp_path_factory.mktemp("oauth")) as made:
        yield made


@pytest.fixture
def firm(house: Firm, tmp_path: Path) -> Iterator[Firm]:
    house.begin_anew(tmp_path)
    yield house
    house.sandbox.faults.clear()


def grant(connector: Connector, site: str = "main") -> grants.Grant:
    with connector.store.read() as conn:
        found = grants.get(conn, site)
    assert found is not None
    return found


def new_site(url: str, client: str = APP, name: str = "acme") -> NewSite:
    kind = "authorization_code" if client == APP else "client_credentials"
    return NewSite(name, url, client_id=client, client_secret=SECRETS[client], grant=kind)


def test_a_service_account_signs_in_by_itself_and_once_for_all_processes(firm: Firm) -> None:
    first, second = firm.process(ROBOT), firm.process(ROBOT)
    assert first.site("main").jira.myself().name == "OKR Service Account"
    assert second.site("main").jira.permissions(None, ["BROWSE_PROJECTS"]) == {"BROWSE_PROJECTS": True}
    assert first.site("main").jira.transport.base.endswith("/ex/jira/5f0a0000-0000-4000-8000-0000000000c1")
    assert firm.oauth.tokens == 1
    firm.later(minutes=54)
    second.site("main").jira.myself()
    assert firm.oauth.tokens == 1
    firm.later(minutes=2)
    for connector in (first, second):
        connector.site("main").jira.myself()
    assert firm.oauth.tokens == 2


def test_a_jira_user_allows_the_app_and_it_goes_on_for_hours(firm: Firm) -> None:
    serve, worker = firm.process(), firm.process()
    with pytest.raises(LostConsent, match=ALLOW):
        worker.site("main").jira.myself()
    done = firm.connected(serve)
    assert (done.site, done.tested and done.tested.account, done.choices) == ("main", "OKR Connector", ())
    for _hour in range(5):
        for connector in (serve, worker, firm.process()):
            assert connector.site("main").jira.myself().name == "OKR Connector"
        firm.later(minutes=57)
    assert firm.oauth.refreshes == 4
    assert firm.audited(serve) == ["consent given", "consent asked for"]


def test_what_is_kept_is_ciphertext_and_no_token_is_in_it(firm: Firm) -> None:
    connector = firm.process()
    firm.connected(connector)
    kept = (firm.folder / "okr.sqlite3").read_bytes()
    (family,) = firm.oauth._refresh.values()
    for secret in (family.refresh, *firm.oauth._access):
        assert secret.encode() not in kept
    before = grant(connector)
    settings = connector.settings.model_copy(
        update={
            "secret_key": type(connector.settings.secret_key)("new secret " * 4 + "," + "kept secret " * 4)
        }
    )
    connector.settings = settings
    sites.add(connector, COMMAND_LINE, new_site(firm.sandbox.url, ROBOT, "robot"))
    connector.site("robot").jira.myself()
    sealed = grant(connector, "robot").tokens
    with connector.store.write() as conn:
        grants.put(conn, "of a lost key", "basis", b"sealed by nobody here", firm.now, firm.now)
    assert reseal_sites(connector, "tester") == ["main", "robot"]
    assert grant(connector, "robot").tokens != sealed
    assert grant(connector).tokens != before.tokens
    alone = connector.settings.model_copy(
        update={"secret_key": type(connector.settings.secret_key)("new secret " * 4)}
    )
    for name, lasting in (("main", "refresh"), ("robot", "access")):
        assert vault(alone).open(grant(connector, name).tokens or b"")[lasting], "without the former key"
    assert grant(connector, "of a lost key").tokens == b"sealed by nobody here"


def test_a_storm_of_processes_renews_once(firm: Firm) -> None:
    """The server revokes all where two use one refresh token."""
    processes = [firm.process() for _ in range(4)]
    firm.connected(processes[0])
    for connector in processes:
        connector.site("main").jira.permissions(None, ["BROWSE_PROJECTS"])
    firm.later(hours=2)
    told: list[Any] = []

    def work(connector: Connector) -> None:
        try:
            told.append(connector.site("main").jira.permissions(None, ["BROWSE_PROJECTS"]))
        except Exception as error:
            told.append(error)

    waits = threading.Semaphore(0)

    def step(seconds: float) -> None:
        waits.release()
        time.sleep(seconds)

    for connector in processes:
        source: Any = connector.site("main").jira.transport.address.credentials
        source.source._sleep = step
    threads = [threading.Thread(target=work, args=(one,)) for one in processes for _ in range(3)]
    with firm.sandbox.sandbox.lock:
        for one in threads:
            one.start()
        for _process in processes[1:]:
            assert waits.acquire(timeout=10), "while one asks the others wait"
    for one in threads:
        one.join()
    assert told == [{"BROWSE_PROJECTS": True}] * 12
    assert firm.oauth.refreshes == 1
    assert grant(processes[0]).fault == ""


def test_a_token_that_jira_takes_no_more_is_renewed_once_and_the_call_made_again(firm: Firm) -> None:
    connector = firm.process()
    firm.connected(connector)
    jira = connector.site("main").jira
    jira.myself()
    firm.oauth.expire()
    assert jira.permissions(None, ["BROWSE_PROJECTS"]) == {"BROWSE_PROJECTS": True}, "by our own transport"
    firm.oauth.expire()
    assert jira.myself().name == "OKR Connector", "by the library"
    assert firm.oauth.refreshes == 2
    firm.sandbox.faults.add(Fault("unauthorized", times=2))
    with pytest.raises(AuthFailure):
        jira.permissions(None, ["BROWSE_PROJECTS"])
    assert firm.oauth.refreshes == 3, "once, then it fails"


def test_a_consent_that_is_taken_back_says_what_to_do_and_is_asked_for_no_more(firm: Firm) -> None:
    connector, other = firm.process(), firm.process()
    firm.connected(connector)
    firm.oauth.revoke(APP)
    with pytest.raises(LostConsent, match="was taken back") as told:
        connector.site("main").jira.myself()
    assert ALLOW in told.value.remedy
    asked = firm.oauth.refreshes
    for one in (connector, other):
        with pytest.raises(LostConsent):
            one.site("main").jira.myself()
    assert firm.oauth.refreshes == asked == 1
    standing = consent.consent_standing(connector, COMMAND_LINE, "main")
    assert standing is not None
    assert "was taken back" in standing.fault
    firm.connected(other)
    assert connector.site("main").jira.myself().name == "OKR Connector", "here too, without a restart"


def test_a_wrong_secret_sends_nobody_to_consent(firm: Firm) -> None:
    firm.connected(firm.process())
    firm.later(hours=2)
    wrong = firm.process(client_secret="of another app")
    with pytest.raises(AuthFailure, match="not with this secret") as told:
        wrong.site("main").jira.myself()
    assert not isinstance(told.value, LostConsent)
    assert firm.process().site("main").jira.myself().name == "OKR Connector", "nothing is lost"
    service = firm.process(ROBOT, client_secret="of another robot")
    with pytest.raises(AuthFailure, match=r"admin\.atlassian\.com"):
        service.site("main").jira.myself()


def test_who_dies_between_asking_and_keeping_loses_the_consent_and_it_says_so(firm: Firm) -> None:
    """Atlassian takes the former token for some minutes; the sandbox never does."""
    dying, heir = firm.process(), firm.process()
    firm.connected(dying)
    firm.later(hours=2)
    known = grant(dying)
    with dying.store.write() as conn:
        assert grants.take(conn, "main", known.generation, "the dead", firm.now, firm.now.replace(hour=11))
    source: Any = dying.site("main").jira.transport.address.credentials
    opened = source.source._open(known)
    source.source._asked(opened)
    assert firm.oauth.refreshes == 1
    firm.later(hours=2)
    with pytest.raises(LostConsent, match="A process ended between asking") as told:
        heir.site("main").jira.myself()
    assert ALLOW in told.value.remedy
    assert firm.oauth.refreshes == 2


def test_a_token_is_kept_although_the_database_is_away_for_a_moment_longer_each_time(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = firm.process()
    firm.connected(connector)
    firm.later(hours=2)
    credentials: Any = connector.site("main").jira.transport.address.credentials
    slept: list[float] = []
    credentials.source._sleep = slept.append
    keep, tries = grants.keep, 0

    def away(*given: Any) -> bool:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise StoreError("away", "a database", "start it")
        return keep(*given)

    monkeypatch.setattr(grants, "keep", away)
    assert connector.site("main").jira.permissions(None, ["BROWSE_PROJECTS"]) == {"BROWSE_PROJECTS": True}
    assert slept == [pytest.approx(0.05), pytest.approx(0.1), pytest.approx(0.15)]
    assert firm.oauth.refreshes == 1


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_token(firm: Firm) -> None:
    connector = firm.process()
    firm.connected(connector)
    firm.later(hours=2)
    firm.oauth.lose_answer = True
    with pytest.raises(JiraOutage, match="authorisation server cannot answer"):
        connector.site("main").jira.myself()
    with pytest.raises(LostConsent, match="A process ended between asking"):
        connector.site("main").jira.myself()
    assert firm.oauth.refreshes == 2


def test_tokens_that_no_key_opens_are_asked_for_anew_by_a_service_account_and_allowed_anew_by_a_person(
    firm: Firm,
) -> None:
    consented = firm.process()
    firm.connected(consented)
    known = grant(consented)
    with consented.store.write() as conn:
        grants.put(conn, "main", known.basis, b"sealed by nobody here", known.expires_at, firm.now)
    with pytest.raises(AuthFailure, match="The tokens of the site cannot be opened") as told:
        firm.process().site("main").jira.myself()
    assert told.value.remedy.endswith(ALLOW)
    assert "JIRA_OKR_SECRET_KEY" in told.value.remedy
    assert firm.oauth.refreshes == 0

    service = firm.process(ROBOT)
    service.site("main").jira.myself()
    known, asked = grant(service), firm.oauth.tokens
    with service.store.write() as conn:
        grants.put(conn, "main", known.basis, b"sealed by nobody here", known.expires_at, firm.now)
    assert firm.process(ROBOT).site("main").jira.myself().name == "OKR Service Account"
    assert firm.oauth.tokens == asked + 1


def test_while_another_renews_a_token_that_still_holds_is_used(firm: Firm) -> None:
    first, second = firm.process(), firm.process()
    firm.connected(first)
    firm.later(minutes=56)
    known = grant(first)
    with first.store.write() as conn:
        until = firm.now.replace(minute=59)
        assert grants.take(conn, "main", known.generation, "slow", firm.now, until)
    assert second.site("main").jira.myself().name == "OKR Connector"
    assert firm.oauth.refreshes == 0


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("read:jira-user",), "the scope read:jira-user, to see whose account it is"),
        (("offline_access",), "the scope offline_access, to go on working"),
        (("read:jira-work", "read:jira-user"), "the scope read:jira-work, .*; the scope read:jira-user, "),
    ],
)
def test_scopes_that_are_missing_are_named_one_by_one(
    firm: Firm, without: tuple[str, ...], said: str
) -> None:
    connector = firm.process()
    answer = firm.allowed(firm.begun(connector), without=without)
    with pytest.raises(Refusal, match=said) as told:
        consent.finish(connector, COMMAND_LINE, answer["state"], answer["code"])
    assert "Permissions, Jira API" in str(told.value)
    with pytest.raises(LostConsent):
        connector.site("main").jira.myself()


def test_without_the_scope_to_write_it_reads_and_says_so(firm: Firm) -> None:
    connector = firm.process()
    answer = firm.allowed(firm.begun(connector), without=("write:jira-work",))
    done = consent.finish(connector, COMMAND_LINE, answer["state"], answer["code"])
    assert done.tested is not None
    assert done.tested.missing_scopes == ("write:jira-work",)
    assert ALLOW in done.tested.scope_remedy


def test_a_service_account_without_a_scope_is_told_how_to_get_it(firm: Firm) -> None:
    app = firm.oauth.apps[ROBOT]
    firm.oauth.apps[ROBOT] = replace(app, scopes=frozenset({"read:jira-user"}))
    connector = firm.process(None)
    with pytest.raises(MissingScope, match="read:jira-work") as told:
        sites.add(connector, COMMAND_LINE, new_site(firm.sandbox.url, ROBOT))
    assert "chosen when it is made" in told.value.remedy
    assert "acme" not in connector.sites


ADA, BOB = Actor("ada@acme.example", Permission.ADMIN, 1), Actor("bob@acme.example", Permission.ADMIN, 2)


def test_what_comes_back_counts_once_for_who_began_it_and_for_a_quarter_of_an_hour(firm: Firm) -> None:
    connector = firm.process()

    def begun() -> dict[str, str]:
        return firm.allowed(consent.begin(connector, ADA, "main", CALLBACK).address)

    first = begun()
    with pytest.raises(Refusal, match="not begun by you"):
        consent.finish(connector, BOB, first["state"], first["code"])
    with pytest.raises(Refusal, match="not begun by you"):
        consent.finish(connector, ADA, "made up", first["code"])
    assert consent.finish(connector, ADA, first["state"], first["code"]).tested is not None
    with pytest.raises(Refusal, match="used already"):
        consent.finish(connector, ADA, first["state"], first["code"])
    late = begun()
    firm.later(minutes=15)
    with pytest.raises(Refusal, match="has run out"):
        consent.finish(connector, ADA, late["state"], late["code"])


def test_who_declines_changes_nothing(firm: Firm) -> None:
    connector = firm.process()
    firm.connected(connector)
    said = firm.allowed(firm.begun(connector), "decline")
    with pytest.raises(Refusal, match="Nobody allowed it: Atlassian says access_denied"):
        consent.finish(connector, COMMAND_LINE, said["state"], refusal=said["error"])
    assert connector.site("main").jira.myself().name == "OKR Connector"


def test_a_site_is_kept_and_then_allowed(firm: Firm) -> None:
    connector = firm.process(None)
    open_sites(connector)
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    with pytest.raises(LostConsent, match="Nobody has allowed"):
        connector.site("acme").jira.myself()
    assert firm.connected(connector, "acme").tested is not None
    assert connector.site("acme").jira.myself().name == "OKR Connector"
    other = firm.process(None)
    open_sites(other)
    assert other.site("acme").jira.myself().name == "OKR Connector"
    sites.remove(connector, COMMAND_LINE, "acme")
    with connector.store.read() as conn:
        assert grants.get(conn, "acme") is None


def test_a_site_elsewhere_is_chosen_among_those_that_were_allowed(firm: Firm) -> None:
    """Under another address than the one that was typed."""
    connector = firm.process(None)
    open_sites(connector)
    north = {
        "id": "99999999-2222-4333-8444-555555555555",
        "url": "https://other.atlassian.net",
        "name": "other",
    }
    firm.sandbox.site.other_resources = [{**north, "scopes": list(ASKED)}]
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url.replace("127.0.0.1", "localhost")))
    shown = "2026-11-01T10:00:00+00:00"
    with connector.store.write() as conn:
        kept = store_sites.get(conn, "acme")
        assert kept is not None
        settings = {**kept.settings, "secret_shown_at": shown}
        store_sites.put(conn, "acme", settings, kept.credentials, connector.clock())
    asked = firm.connected(connector, "acme")
    assert asked.tested is None
    assert [one.name for one in asked.choices] == ["northwind", "other"]
    with pytest.raises(LostConsent):
        connector.site("acme").jira.myself()
    done = consent.finish(connector, COMMAND_LINE, asked.state, cloud_id=asked.choices[0].id)
    assert done.tested is not None
    assert connector.site("acme").browse_url == firm.sandbox.url
    assert connector.site("acme").jira.myself().name == "OKR Connector"
    with connector.store.read() as conn:
        chosen = store_sites.get(conn, "acme")
    assert chosen is not None
    assert chosen.settings["secret_shown_at"] == shown, "a secret that was shown is not shown again"


def test_the_site_of_the_settings_is_the_one_that_they_name(firm: Firm) -> None:
    connector = firm.process(url=firm.sandbox.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(Refusal, match=f"for {firm.sandbox.url}, and not for http://localhost"):
        firm.connected(connector)


def test_what_was_allowed_for_another_jira_or_app_counts_nothing(firm: Firm) -> None:
    firm.connected(firm.process())
    moved = firm.process(url=firm.sandbox.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(LostConsent, match="Nobody has allowed"):
        moved.site("main").jira.myself()
    assert firm.process().site("main").jira.myself().name == "OKR Connector"


def test_half_a_pair_is_named(firm: Firm) -> None:
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__CLIENT_SECRET"):
        firm.process(client_secret=None)
    with pytest.raises(Refusal, match="client id with its secret"):
        consent.prepare(firm.process(None), COMMAND_LINE, NewSite("acme", firm.sandbox.url, client_id="x"))
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__GRANT=authorization_code"):
        consent.begin(firm.process(ROBOT), COMMAND_LINE, "main", CALLBACK)


ASKS = {
    "audience": "api.atlassian.com",
    "client_id": APP,
    "scope": "read:jira-work",
    "redirect_uri": CALLBACK,
    "state": "s",
    "response_type": "code",
    "prompt": "consent",
}


@pytest.mark.parametrize("name", sorted(ASKS))
def test_the_sandbox_asks_nobody_where_a_part_of_the_address_is_missing(firm: Firm, name: str) -> None:
    address = f"{firm.sandbox.url}/authorize"
    assert "Accept" in requests.get(address, params=ASKS, timeout=10).text
    lacking = {one: value for one, value in ASKS.items() if one != name}
    assert requests.get(address, params=lacking, timeout=10).status_code == 400


def test_a_refresh_token_that_is_used_twice_ends_everything_at_the_sandbox(firm: Firm) -> None:
    client = {"client_id": APP, "client_secret": SECRETS[APP]}

    def post(**said: str) -> requests.Response:
        return requests.post(f"{firm.sandbox.url}/oauth/token", json={**client, **said}, timeout=10)

    asked = {**ASKS, "scope": "read:jira-user offline_access"}
    code = firm.oauth.consent(firm.oauth.asked(asked), asked)
    first = post(grant_type="authorization_code", code=code, redirect_uri=CALLBACK).json()
    second = post(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.json()["refresh_token"] != first["refresh_token"]
    again = post(grant_type="refresh_token", refresh_token=first["refresh_token"])
    told = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
    assert (again.status_code, again.json()) == (403, told)
    assert post(grant_type="refresh_token", refresh_token=second.json()["refresh_token"]).status_code == 403
    place = f"{firm.sandbox.url}/ex/jira/5f0a0000-0000-4000-8000-0000000000c1/rest/api/3/myself"
    bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert requests.get(place, headers=bearer, timeout=10).status_code == 401


def test_another_secret_is_kept_for_both_kinds(firm: Firm) -> None:
    connector = firm.process(None)
    open_sites(connector)
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    sites.add(connector, COMMAND_LINE, new_site(firm.sandbox.url, ROBOT, "robot"))
    firm.connected(connector, "acme")
    for client in (APP, ROBOT):
        app = firm.oauth.apps[client]
        app.secret = "another-secret-of-the-console"
    firm.later(hours=2)
    with pytest.raises(AuthFailure, match="not with this secret"):
        connector.site("acme").jira.myself()
    with pytest.raises(AuthFailure):
        sites.renew(connector, COMMAND_LINE, "robot", "a wrong one", None)
    for name in ("acme", "robot"):
        sites.renew(connector, COMMAND_LINE, name, "another-secret-of-the-console", None)
        assert connector.site(name).jira.myself().name


PROCESS = """
import sys
from datetime import datetime
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
now = datetime.fromisoformat(sys.argv[1])
jira = build_connector(read_settings(None), lambda: now).site("main").jira
sys.stdin.readline()
print(jira.myself().name, jira.permissions(None, ["BROWSE_PROJECTS"]))
"""


@pytest.mark.slow
def test_processes_beside_one_postgresql_renew_once(firm: Firm, postgres_url: str) -> None:
    """Real ones, of the distributed engine, let go at the same moment. The server revokes all where two use one refresh token."""
    firm.database = postgres_url
    firm.connected(firm.process())
    firm.later(hours=2)
    named = {
        "DATABASE_URL": postgres_url,
        "SECRET_KEY": "kept secret " * 4,
        "AUTHORIZATION_URL": firm.sandbox.url,
        "GATEWAY_URL": firm.sandbox.url,
        "JIRA__URL": firm.sandbox.url,
        "JIRA__CLIENT_ID": APP,
        "JIRA__CLIENT_SECRET": SECRETS[APP],
        "JIRA__GRANT": "authorization_code",
    }
    environment = {**os.environ, **{f"JIRA_OKR_{name}": value for name, value in named.items()}}
    words = [sys.executable, "-c", PROCESS, firm.now.isoformat()]
    running = [
        subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=90) for one in running]
    assert [out.splitlines()[-1:] for out, _ in told] == [["OKR Connector {'BROWSE_PROJECTS': True}"]] * 4, (
        told
    )
    assert firm.oauth.refreshes == 1
    firm.begin_anew(firm.folder)


def test_another_secret_may_be_entered_before_the_console_knows_it(firm: Firm) -> None:
    connector = firm.process(None)
    open_sites(connector)
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    firm.connected(connector, "acme")
    sites.renew(connector, COMMAND_LINE, "acme", "the-next-secret-of-the-console", None)
    firm.later(hours=2)
    assert connector.site("acme").jira.myself().name == "OKR Connector", "by the former one"
    firm.oauth.apps[APP].secret = "the-next-secret-of-the-console"
    firm.later(hours=2)
    assert connector.site("acme").jira.myself().name == "OKR Connector", "by the new one"
    site = connector.site("acme")
    assert site.app_secrets_at(firm.now) == ("the-next-secret-of-the-console", SECRETS[APP])
    firm.later(days=8)
    assert site.app_secrets_at(firm.now) == ("the-next-secret-of-the-console",)


def test_by_command_without_a_server(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = firm.process(None)
    for name, value in (
        ("DATABASE_URL", connector.settings.database_url),
        ("SECRET_KEY", "kept secret " * 4),
        ("AUTHORIZATION_URL", firm.sandbox.url),
        ("GATEWAY_URL", firm.sandbox.url),
        ("BASE_URL", CALLBACK.removesuffix("/consent")),
    ):
        monkeypatch.setenv(f"JIRA_OKR_{name}", value)

    def typed(secret: str, instead: str = "") -> Any:
        """As a person does it: what is printed is opened, and what it led to is typed, or something `instead`."""
        said: list[str] = []
        monkeypatch.setattr(click, "prompt", lambda text, **_more: said.append(text) or answers(text))
        monkeypatch.setattr("plugin.cli.operation.site.say", printed.append)

        def answers(text: str) -> str:
            if text == "Client secret":
                return secret
            (address,) = [word for one in printed for word in one.split() if "/authorize?" in word]
            back = firm.allowed(address)
            return f"{CALLBACK}?{instead or 'code={code}&state={state}'}".format(**back)

        return CliRunner().invoke(cli, words)

    printed: list[str] = []
    words = ["site", "add", "acme", firm.sandbox.url, "--client-id", APP, "--consent"]
    done = typed(SECRETS[APP])
    assert done.exit_code == 0, (done.output, done.exception, printed)
    assert any("knows us as OKR Connector" in one for one in printed)
    printed.clear()
    words = ["site", "connect", "acme"]
    for instead in ("code={code}", "error=access_denied", "state={state}", "scope=read"):
        done = typed("", instead)
        assert (done.exit_code, "not the address that Atlassian led to" in done.output) == (2, True), instead
        printed.clear()
    done = typed("", "error=access_denied&state={state}")
    assert isinstance(done.exception, Refusal)
    assert "access_denied" in str(done.exception)
    printed.clear()
    done = typed("")
    assert done.exit_code == 0, (done.output, done.exception, printed)
    assert "Running servers and workers go on with it within seconds." in printed


def test_what_nobody_has_allowed_yet_takes_the_place_of_no_site_that_works(firm: Firm) -> None:
    connector = firm.process(None)
    open_sites(connector)
    sites.add(connector, COMMAND_LINE, new_site(firm.sandbox.url, ROBOT))
    with pytest.raises(Refusal, match="There is a site 'acme' already"):
        consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    assert connector.site("acme").jira.myself().name == "OKR Service Account"
    consent.prepare(connector, COMMAND_LINE, new_site("https://mistyped.atlassian.net", name="other"))
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url, name="other"))
    firm.connected(connector, "other")
    with pytest.raises(Refusal, match="There is a site 'other' already"):
        consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url, name="other"))
    assert connector.site("other").jira.myself().name == "OKR Connector"


@pytest.mark.parametrize("meanwhile", ["removed", "another"])
def test_a_site_that_changes_while_what_was_allowed_is_tried_gets_none_of_it(
    firm: Firm, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector, other = firm.process(None), firm.process(None)
    for one in (connector, other):
        open_sites(one)
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    answer = firm.allowed(firm.begun(connector, "acme"))
    tried = consent.test_site

    def try_slowly(site: Any) -> Any:
        found = tried(site)
        sites.remove(other, COMMAND_LINE, "acme")
        if meanwhile == "another":
            consent.prepare(other, COMMAND_LINE, new_site("https://south.atlassian.net"))
        return found

    monkeypatch.setattr(consent, "test_site", try_slowly)
    with pytest.raises(Refusal, match="was changed or removed meanwhile"):
        consent.finish(connector, COMMAND_LINE, answer["state"], answer["code"])
    with connector.store.read() as conn:
        assert grants.get(conn, "acme") is None
        kept = store_sites.get(conn, "acme")
    assert (kept and kept.settings["url"]) == (
        "https://south.atlassian.net/" if meanwhile == "another" else None
    )


def test_another_account_in_the_place_of_an_app_leaves_nothing_of_it(firm: Firm) -> None:
    connector = firm.process(None)
    open_sites(connector)
    consent.prepare(connector, COMMAND_LINE, new_site(firm.sandbox.url))
    firm.connected(connector, "acme")
    begun = firm.allowed(firm.begun(connector, "acme"))
    sites.add(connector, COMMAND_LINE, new_site(firm.sandbox.url, ROBOT))
    with connector.store.read() as conn:
        assert grants.get(conn, "acme") is None
    with pytest.raises(Refusal, match="not begun by you"):
        consent.finish(connector, COMMAND_LINE, begun["state"], begun["code"])
    assert connector.site("acme").jira.myself().name == "OKR Service Account"


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (403, '{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}', LostConsent, "taken back"),
        (403, '{"error":"unauthorized_client","error_description":"refresh_token is invalid"}', LostConsent, "taken back"),
        (401, '{"error":"access_denied","error_description":"Unauthorized"}', AuthFailure, "not with this secret"),
        (403, "<html>Blocked by the proxy</html>", JiraOutage, "cannot answer now: Something else answered"),
        (200, "<html>Sign in to the guest network</html>", JiraOutage, "cannot answer now: A web page"),
        (302, "", JiraOutage, "cannot answer now: Jira answers with a redirect"),
        (429, "", RateLimitError, "rate limit is reached"),
        (503, "", JiraOutage, "cannot answer now"),
        (200, '{"token_type":"Bearer"}', JiraOutage, "cannot be read"),
        (200, '{"access_token":" ","expires_in":3600}', JiraOutage, "holds no token"),
        (200, '{"access_token":"' + "a" * (1 << 20) + '","expires_in":3600}', JiraOutage, "larger than 1 MiB"),
    ],
)  # fmt: skip
def test_what_the_authorisation_server_may_answer(
    status: int, body: str, kind: type[Exception], said: str
) -> None:
    """Only its own word that the token is worth nothing ends a consent."""
    kinds = "application/json" if body.startswith("{") else "text/html"
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kinds}\r\nContent-Length: {len(body)}\r\nLocation: http://127.0.0.1:9/\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            heard, _ = listener.accept()
            with heard:
                asked = b""
                while not asked.endswith(b"}"):
                    asked += heard.recv(1 << 16)
                heard.sendall((head + body).encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(kind, match=said) as told:
            AuthorizationServer(address, address).by_refresh(OAuthClient("app", "shh"), "r-secret", MORNING)
        thread.join(10)
    assert isinstance(told.value, LostConsent) == (kind is LostConsent)
    assert "shh" not in str(told.value)
    assert "r-secret" not in str(told.value)


def test_a_server_that_never_answers_holds_nobody_up_and_the_next_may_ask_at_once(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(authorization.TIMEOUT_S) < LEASE.total_seconds() / 2
    monkeypatch.setattr(authorization, "TIMEOUT_S", (0.5, 0.3))
    firm.connected(firm.process())
    firm.later(hours=2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = firm.process(server=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(JiraOutage, match="cannot answer now"):
            hanging.site("main").jira.myself()
        assert time.monotonic() - began < 3
    assert grant(hanging).lease_until is None
    assert firm.process().site("main").jira.myself().name == "OKR Connector"
    assert firm.oauth.refreshes == 1


@pytest.mark.parametrize("hours", [-3, 3])
def test_whose_clock_is_wrong_does_not_matter(firm: Firm, hours: int) -> None:
    """How long a token holds is told as a length, and kept by our own clock."""
    firm.oauth._clock = lambda: firm.now + timedelta(hours=hours)
    connector = firm.process()
    firm.connected(connector)
    for _part in range(9):
        assert connector.site("main").jira.myself().name == "OKR Connector"
        firm.later(minutes=20)
    assert firm.oauth.refreshes == 2


def test_tokens_are_asked_for_by_the_proxy_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    given = b'{"access_token":"by-the-proxy","expires_in":3600,"scope":"read:jira-work"}'
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pass_on() -> None:
            heard, _ = listener.accept()
            with heard:
                while not asked or not asked[-1].endswith(b"}"):
                    asked.append(heard.recv(1 << 16))
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(given)}\r\n\r\n"
                heard.sendall(head.encode() + given)

        thread = threading.Thread(target=pass_on, daemon=True)
        thread.start()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server = AuthorizationServer("http://auth.acme.example", "http://api.acme.example")
        assert server.by_credential(OAuthClient("robot", "shh"), MORNING).access == "by-the-proxy"
        thread.join(10)
    assert b"".join(asked).startswith(b"POST http://auth.acme.example/oauth/token HTTP/1.1")


def test_another_jira_account_is_warned_of_and_the_same_is_not(firm: Firm) -> None:
    connector = firm.process()
    assert firm.connected(connector).warning == ""
    assert firm.connected(connector).warning == ""
    firm.oauth.apps[APP].account = SERVICE.id
    warning = firm.connected(connector).warning
    assert warning.startswith(
        "The connector worked as OKR Connector before, and works as OKR Service Account"
    )
    assert firm.connected(connector).warning == ""


@pytest.mark.parametrize(("given", "place"), [({"client_id": "an app"}, "client_secret"), ({}, "token")])
def test_what_a_new_site_lacks_is_told_where_it_is_to_be_written(
    firm: Firm, given: dict[str, str], place: str
) -> None:
    with pytest.raises(Refusal) as told:
        settings_of(firm.process(None), NewSite("acme", "https://acme.atlassian.net", **given))
    assert told.value.about == place


def test_a_site_that_is_added_goes_by_the_certificates_of_the_house(firm: Firm) -> None:
    files = {}
    for name in ("ca_bundle", "client_cert", "client_key"):
        files[name] = firm.folder / f"{name}.pem"
        files[name].write_text("unread until it is needed")
    connector = firm.process(ROBOT, **files)
    kept = settings_of(connector, new_site("https://acme.atlassian.net", ROBOT))
    assert {name: getattr(kept, name) for name in files} == files
    alone = firm.process(None)
    assert settings_of(alone, new_site("https://acme.atlassian.net", ROBOT)).ca_bundle is None
