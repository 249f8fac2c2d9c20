"""The webhook of an OAuth app: registered by itself, proved by a token, refreshed in time, found lost and made anew; over real HTTP to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.jira.http.errors import JiraRefusal
from connectors.jira.webhooks.app_webhooks import AppWebhookWish, care, wish
from connectors.jira.webhooks.delivery_token import proves, token_in
from connectors.jira.webhooks.registration import RegisteredWebhook
from connectors.store.work import inbox
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.jobs.schedules import Schedules
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.saved_sites import NewSite
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import status
from plugin.use_cases.health.webhook_state import is_ours
from plugin.use_cases.sites import consent, sites, webhook
from tests.plugin.use_cases.sites.oauth_firm import APP, MORNING, ROBOT, SECRETS, Firm, oauth_firm
from tests.webhook_server import webhook_server

HERE = "https://okr.acme.example/webhooks/jira/main"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    with oauth_firm(tmp_path_factory.mktemp("oauth")) as made:
        yield made


@pytest.fixture
def firm(house: Firm, tmp_path: Path) -> Iterator[Firm]:
    house.begin_anew(tmp_path)
    yield house
    house.sandbox.faults.clear()


@pytest.fixture
def connector(firm: Firm) -> Connector:
    made = firm.process()
    firm.connected(made)
    return made


def in_jira(firm: Firm) -> list[tuple[str, int]]:
    """The address of each that lives, and for how many days more."""
    living = [one for one in firm.sandbox.site.app_webhooks.all.values() if one.until > firm.now]
    return [(one.url, (one.until - firm.now).days) for one in living]


def an_hour_passes(connector: Connector) -> None:
    """The schedule of the webhook, as both engines run it."""
    schedules = Schedules(connector)
    schedules.run(next(one for one in schedules.all if one.name == "webhook"))


def troubles(connector: Connector) -> list[str]:
    return [
        one.sentence for one in concerns(status(connector, COMMAND_LINE, "main")) if one.kind == "webhook"
    ]


@contextmanager
def served(connector: Connector) -> Iterator[str]:
    """The webhook door on loopback; what Jira is answered is what the door answers."""
    client = create_app(connector).test_client()

    def judge(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        answer = client.post("/webhooks/jira/main", data=body, headers=headers)
        return answer.status_code, {}, answer.text

    with webhook_server(judge) as server:
        yield f"{server.url}/webhooks/jira/main"


def test_it_is_registered_without_an_administrator_and_twice_makes_one(
    firm: Firm, connector: Connector
) -> None:
    for _ in range(2):
        made = webhook.register(connector, COMMAND_LINE, "main", HERE)
        assert (in_jira(firm), made.expires) == ([(HERE, 30)], firm.now + timedelta(days=30))
    found, state = webhook.list_webhooks(connector, COMMAND_LINE, "main")
    assert [one.id for one in found] == [made.id]
    assert (state.registered, state.lacking, state.filters) == (True, (), ())
    assert "issuelink_created" not in made.events
    webhook.delete(connector, COMMAND_LINE, "main", made.id)
    an_hour_passes(connector)
    assert in_jira(firm) == []


def test_a_delivery_is_believed_by_the_token_of_the_app_and_not_by_that_of_another(
    firm: Firm, connector: Connector
) -> None:
    with served(connector) as address:
        webhook.register(connector, COMMAND_LINE, "main", address)
        connector.site("main").jira.edit("10001", {"labels": ["moved"]})
        assert firm.sandbox.settle()
        assert heard(connector) == 1
        firm.oauth.apps[APP].secret = "of another app altogether"
        connector.site("main").jira.edit("10001", {"labels": ["moved-again"]})
        assert firm.sandbox.settle()
        assert heard(connector) == 1
    found = status(connector, COMMAND_LINE, "main").sources
    assert [one.source for one in found] == ["app", "refused"]


def test_what_was_signed_with_the_former_secret_is_believed_while_another_takes_its_place(firm: Firm) -> None:
    firm.connected(firm.process())
    changed = firm.process(client_secret="the-next-secret-of-the-console", former_client_secret=SECRETS[APP])
    with served(changed) as address:
        webhook.register(changed, COMMAND_LINE, "main", address)
        changed.site("main").jira.edit("10001", {"labels": ["before-the-console"]})
        assert firm.sandbox.settle()
        assert heard(changed) == 1
        firm.oauth.apps[APP].secret = "the-next-secret-of-the-console"
        changed.site("main").jira.edit("10001", {"labels": ["after-it"]})
        assert firm.sandbox.settle()
        assert heard(changed) == 2
    assert [one.source for one in status(changed, COMMAND_LINE, "main").sources] == ["app"]


def added(firm: Firm, connector: Connector, name: str) -> None:
    """A site that is kept, and allowed."""
    given = NewSite(
        name, firm.sandbox.url, client_id=APP, client_secret=SECRETS[APP], grant="authorization_code"
    )
    consent.prepare(connector, COMMAND_LINE, given)
    firm.connected(connector, name)


def heard(connector: Connector) -> int:
    with connector.store.read() as conn:
        return len(inbox.recent(conn, "main", 10))


def test_it_is_refreshed_long_before_it_is_over_and_never_by_the_minute(
    firm: Firm, connector: Connector
) -> None:
    webhook.register(connector, COMMAND_LINE, "main", HERE)
    lived = []
    for _day in range(45):
        firm.later(days=1)
        an_hour_passes(connector)
        ((_address, days),) = in_jira(firm)
        lived.append(days)
    assert (min(lived), max(lived)) == (23, 30)
    assert lived.count(30) == 5
    assert troubles(connector) == []


def test_after_a_long_standstill_it_is_told_and_made_anew(firm: Firm, connector: Connector) -> None:
    webhook.register(connector, COMMAND_LINE, "main", HERE)
    firm.later(days=24)
    (sentence,) = troubles(connector)
    assert sentence.startswith("The webhook ends on 2026-12-29 08:00 UTC")
    firm.later(days=8)
    (sentence,) = troubles(connector)
    assert sentence.startswith("The webhook ended on 2026-12-29 08:00 UTC")
    assert in_jira(firm) == []
    an_hour_passes(connector)
    assert (in_jira(firm), troubles(connector)) == ([(HERE, 30)], [])
    assert "webhook registered again" in firm.audited(connector)


def test_what_jira_refuses_is_shown_until_it_is_mended(firm: Firm, connector: Connector) -> None:
    webhook.register(connector, COMMAND_LINE, "main", HERE)
    for family in firm.oauth._refresh.values():
        family.scopes -= {"manage:jira-webhook"}
    firm.later(days=8)
    an_hour_passes(connector)
    (sentence,) = troubles(connector)
    assert "scope does not match" in sentence
    with pytest.raises(JiraRefusal, match="scope does not match") as refused:
        webhook.register(connector, COMMAND_LINE, "main", HERE)
    assert "the scope manage:jira-webhook" in refused.value.remedy
    for family in firm.oauth._refresh.values():
        family.scopes |= {"manage:jira-webhook"}
    firm.later(hours=2)
    an_hour_passes(connector)
    assert troubles(connector) == []


def test_another_address_takes_the_place_of_the_former(firm: Firm, connector: Connector) -> None:
    webhook.register(connector, COMMAND_LINE, "main", HERE)
    moved = "https://goals.acme.example/webhooks/jira/main"
    webhook.register(connector, COMMAND_LINE, "main", moved)
    assert in_jira(firm) == [(moved, 30)]


def test_two_processes_that_register_at_once_leave_one(firm: Firm, connector: Connector) -> None:
    other = firm.process()
    jira = connector.site("main").jira
    register = jira.register_app_webhook

    def meanwhile(wished: AppWebhookWish) -> str:
        webhook.register(other, COMMAND_LINE, "main", HERE)
        return register(wished)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jira, "register_app_webhook", meanwhile)
        webhook.register(connector, COMMAND_LINE, "main", HERE)
    assert in_jira(firm) == [(HERE, 30)]
    an_hour_passes(other)
    assert in_jira(firm) == [(HERE, 30)]


def test_a_site_that_is_removed_takes_its_webhook_with_it_and_another_name_may_follow(firm: Firm) -> None:
    connector = firm.process(None)
    for name in ("main", "acme"):
        address = f"https://okr.acme.example/webhooks/jira/{name}"
        added(firm, connector, name)
        webhook.register(connector, COMMAND_LINE, name, address)
        assert in_jira(firm) == [(address, 30)]
        assert sites.remove(connector, COMMAND_LINE, name).withdrawn
        assert in_jira(firm) == []


def test_a_site_is_removed_though_jira_says_nothing_about_its_webhook(firm: Firm) -> None:
    connector = firm.process(None)
    added(firm, connector, "main")
    webhook.register(connector, COMMAND_LINE, "main", HERE)
    for family in firm.oauth._refresh.values():
        family.scopes -= {"manage:jira-webhook"}
    firm.later(hours=2)
    done = sites.remove(connector, COMMAND_LINE, "main")
    assert connector.known_site("main") is None
    assert not done.withdrawn
    assert "Remove its webhook" in done.webhook


def test_nobody_but_an_app_may(firm: Firm) -> None:
    firm.oauth.apps[ROBOT].scopes |= {"manage:jira-webhook"}
    jira = firm.process(ROBOT).site("main").jira
    with pytest.raises(JiraRefusal, match="Only Connect and OAuth"):
        jira.app_webhooks()


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (wish("https://a.example/x", [], ()), "jqlFilter|unsupported"),
        (wish("http://a.example/x", ["10000"], ()), "has to be https"),
        (wish("https://a.example/x", ["10000) OR (labels = a"], ()), "unsupported"),
    ],
)
def test_what_the_sandbox_takes_is_what_the_contract_describes(
    connector: Connector, wished: object, said: str
) -> None:
    with pytest.raises(JiraRefusal, match=said):
        connector.site("main").jira.register_app_webhook(wished)  # type: ignore[arg-type]


def test_of_an_app_that_is_not_public_its_owner_alone_is_told(firm: Firm, connector: Connector) -> None:
    firm.oauth.apps[APP].owner = "somebody-else"
    with served(connector) as address:
        webhook.register(connector, COMMAND_LINE, "main", address)
        connector.site("main").jira.edit("10001", {"labels": ["unheard"]})
        assert firm.sandbox.settle()
    assert heard(connector) == 0


def hook(
    number: int, url: str = HERE, days: float | None = 30, jql: str = "project in (1)"
) -> RegisteredWebhook:
    expires = None if days is None else MORNING + timedelta(days=days)
    return RegisteredWebhook(str(number), "", url, wish(HERE, ["1"]).events, jql, True, True, expires)


@pytest.mark.parametrize(
    ("found", "register", "refresh", "remove"),
    [
        ([], True, None, ()),
        ([hook(1)], False, None, ()),
        ([hook(1, days=23.1)], False, None, ()),
        ([hook(1, days=22.9)], False, "1", ()),
        ([hook(1, days=None)], False, "1", ()),
        ([hook(1, days=0)], True, None, ("1",)),
        ([hook(2), hook(1)], False, None, ("1",)),
        ([hook(1, days=5), hook(2, days=29)], False, None, ("1",)),
        ([hook(1, jql="project in (1, 2)")], True, None, ("1",)),
        ([hook(1, "https://former.example/webhooks/jira/main")], True, None, ("1",)),
        ([hook(1, "https://okr.acme.example/webhooks/jira/other")], True, None, ()),
    ],
)
def test_what_is_done_about_what_jira_has(
    found: list[RegisteredWebhook], register: bool, refresh: str | None, remove: tuple[str, ...]
) -> None:
    todo = care(wish(HERE, ["1"]), [one for one in found if is_ours(one, "main")], MORNING)
    assert (todo.register, todo.refresh, todo.remove) == (register, refresh, remove)


def token(secret: str = SECRETS[APP], algorithm: str = "HS256", **claims: object) -> str:
    key = OctKey.import_key(secret.ljust(64, "x") if algorithm != "HS256" else secret)
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


NOW = int(MORNING.timestamp())
UNSIGNED = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."


@pytest.mark.parametrize(
    ("given", "good"),
    [
        (token(exp=NOW + 10), True),
        (token(exp=NOW - 50), True),
        (token(exp=NOW - 70), False),
        (token(nbf=NOW + 50), True),
        (token(nbf=NOW + 70), False),
        (token(iss="whoever"), True),
        (token(exp="tomorrow"), False),
        (token("another secret"), False),
        (token(algorithm="HS512", exp=NOW + 10), False),
        (UNSIGNED, False),
        (token(exp=NOW + 10)[:-2] + "AA", False),
        ("a.b.c", False),
        ("", False),
    ],
)
def test_which_tokens_prove_a_delivery(given: str, good: bool) -> None:
    assert proves(SECRETS[APP], given, MORNING) is good
    assert not proves("", given, MORNING)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Bearer a.b.c", "a.b.c"),
        ("bearer  a.b.c ", "a.b.c"),
        ("Basic a.b.c", ""),
        ("Bearer abc", ""),
        ("Bearer a." + "b" * 9000 + ".c", ""),
        ("", ""),
    ],
)
def test_what_could_be_a_token_at_all(header: str, found: str) -> None:
    assert token_in({"authorization": header}) == found
