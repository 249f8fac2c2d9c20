"""What happens reaches a program at least once, signed as Standard Webhooks has it: over a real HTTP server that refuses, hangs up and comes back."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from connectors.store.numbers import objectives
from connectors.store.people import audit
from connectors.store.subscriptions import subscriptions as kept
from connectors.store.work import outbox
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.credentials_vault import vault
from plugin.runtime.settings import NotifySettings
from plugin.use_cases.check_ins.check_ins import Statement, check_in
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.subscriptions.subscriptions import (
    SubscriptionRefusal,
    list_subscriptions,
    pause,
    relay,
    renew_secret,
    replay,
    resume,
    send_test,
    subscribe,
    subscription_values,
    unsubscribe,
)
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility
from tests.actors import TESTER
from tests.webhook_server import Posted, WebhookServer, webhook_server


def verified(posted: Posted, secret: str) -> bool:
    """As docs/subscriptions.md says that a receiver does it."""
    said = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    key = b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + b64encode(hmac.new(key, said, sha256).digest()).decode()
    return hmac.compare_digest(expected, posted.headers["webhook-signature"])


@pytest.fixture
def hub() -> Iterator[WebhookServer]:
    with webhook_server(lambda _headers, _body: (204, {}, "")) as server:
        yield server


@pytest.fixture
def told_hand(quarter: tuple[Any, str, str, list[str]], hub: WebhookServer) -> tuple[Any, str, str]:
    hand, epic, metric, _ = quarter
    notify = NotifySettings(hosts=(hub.url, "127.0.0.1"))
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    return hand, epic, metric


def bodies(hub: WebhookServer) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in hub.taken]


def said(hand: Any, epic: str, metric: str, value: int) -> None:
    statement = Statement(key_result=metric, value=Fraction(value), note="counted by hand")
    check_in(hand.connector, TESTER, "main", epic, statement)
    hand.work_off()


def test_each_event_comes_once_signed_with_numbers_and_ids(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    made = subscribe(hand.connector, TESTER, "main", f"{hub.url}/okr")
    relay(hand.connector, "main")
    assert hub.posts == []  # what was before is no news
    said(hand, epic, metric, 10)
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="counted")
    hand.work_off()
    for _ in range(3):
        relay(hand.connector, "main")
    found = bodies(hub)
    assert sorted(one["type"] for one in found) == ["check_in.made", "cycle.closed", "objective.changed"]
    by_type = {one["type"]: one["data"] for one in found}
    assert (by_type["check_in.made"]["objective"], by_type["check_in.made"]["value"]) == (epic, 10)
    changed = by_type["objective.changed"]
    assert (changed["objective"], changed["progress_before"], changed["progress"]) == (epic, 0.45, 0.75)
    assert changed["progress_exact"] == "3/4"
    assert by_type["cycle.closed"]["cycle"] == "2026-Q4"
    assert all(verified(one, made.secret) for one in hub.taken)
    assert len({one.headers["webhook-id"] for one in hub.taken}) == 3
    assert not any(verified(one, "whsec_" + b64encode(b"another" * 5).decode()) for one in hub.taken)
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.sent, shown.waiting, shown.state) == (3, 0, "active")
    assert made.secret not in repr(shown)


def test_what_is_not_acknowledged_comes_again_with_the_same_id_and_the_rest_after_it(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    said(hand, epic, metric, 6)
    said(hand, epic, metric, 7)
    hub.answers += [(503, {}, "busy")]
    relay(hand.connector, "main")
    assert [one.status for one in hub.posts] == [503]
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.waiting, "503" in shown.note, shown.failing_since is not None) == (2, True, True)
    hand.clock.now += timedelta(minutes=2)
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == [6, 7]
    assert hub.posts[0].headers["webhook-id"] == hub.taken[0].headers["webhook-id"]
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.sent, shown.failing_since, shown.note) == (2, None, "")


def test_a_process_killed_after_the_post_posts_it_again_and_loses_nothing(
    told_hand: tuple[Any, str, str], hub: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, epic, metric = told_hand
    subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    said(hand, epic, metric, 6)

    class Killed(BaseException):
        pass

    def killed(*_args: Any) -> None:
        raise Killed

    for place, name in ((kept, "put"), (outbox, "note_sent")):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, killed)
            with pytest.raises(Killed):
                relay(hand.connector, "main")
    hand.clock.now += timedelta(minutes=3)
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == [6, 6]
    assert len({one.headers["webhook-id"] for one in hub.taken}) == 1


def test_an_address_that_takes_nothing_for_days_is_dead_until_somebody_resumes_it(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    made = subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    said(hand, epic, metric, 6)
    hub.answers += [(500, {}, "")] * 20
    for _ in range(12):
        relay(hand.connector, "main")
        hand.clock.now += timedelta(hours=12)
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.state, shown.waiting) == ("dead", 1)
    tried = len(hub.posts)
    hub.forget()
    relay(hand.connector, "main")
    assert (hub.posts, tried >= 8) == ([], True)
    with hand.connector.store.write() as conn:
        outbox.prune(conn, "main", hand.clock.now - timedelta(days=90))
    assert list_subscriptions(hand.connector, TESTER, "main")[0].waiting == 1
    with hand.connector.store.read() as conn:
        assert audit.recent(conn, 1)[0].what == "subscription given up"
    resume(hand.connector, TESTER, "main", made.subscription.id)
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == [6]


def test_one_that_is_paused_gets_nothing_until_it_is_resumed_then_all_in_order(
    told_hand: tuple[Any, str, str], hub: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, epic, metric = told_hand
    made = subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    for value in (5, 6):
        said(hand, epic, metric, value)
    true = outbox.take

    def paused_meanwhile(*args: Any) -> bool:
        """Another process pauses it while the first event is on its way, which is declined: it stays paused."""
        monkeypatch.setattr(outbox, "take", true)
        kept.change(args[0], "main", made.subscription.id, state=kept.SubscriptionState.PAUSED)
        return true(*args)

    monkeypatch.setattr(outbox, "take", paused_meanwhile)
    hub.answers += [(503, {}, "busy")]
    relay(hand.connector, "main")
    hand.clock.now += timedelta(hours=1)
    relay(hand.connector, "main")
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.state, shown.waiting, [one.status for one in hub.posts]) == ("paused", 2, [503])
    resume(hand.connector, TESTER, "main", made.subscription.id)
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == [5, 6]
    assert pause(hand.connector, TESTER, "main", made.subscription.id).state == "paused"


def test_a_test_is_posted_at_once_signed_and_says_what_was_answered(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, _, _ = told_hand
    made = subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    tried = send_test(hand.connector, TESTER, "main", made.subscription.id)
    assert (tried.taken, tried.answer) == (True, "The subscription answers 204")
    [posted] = hub.taken
    assert (verified(posted, made.secret), json.loads(posted.body)["type"]) == (True, "test")
    # Who asked stands in the audit log, and is no matter of the receiver's.
    assert json.loads(posted.body)["data"] == {"subscription": made.subscription.id}
    hub.answers += [(500, {}, "no such queue")]
    tried = send_test(hand.connector, TESTER, "main", made.subscription.id)
    assert (tried.taken, tried.answer) == (False, "The subscription answers 500 no such queue")
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.state, shown.sent, shown.waiting, shown.failing_since) == ("active", 0, 0, None)
    with pytest.raises(PermissionRefusal):
        send_test(hand.connector, Actor("bo", Permission.EDITOR), "main", made.subscription.id)


def test_one_that_says_that_it_is_gone_is_dead_at_once(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    said(hand, epic, metric, 6)
    hub.answers += [(410, {}, "")]
    relay(hand.connector, "main")
    assert list_subscriptions(hand.connector, TESTER, "main")[0].state == "dead"
    with hand.connector.store.write() as conn:
        outbox.prune(conn, "main", hand.clock.now + timedelta(minutes=1))
    assert list_subscriptions(hand.connector, TESTER, "main")[0].waiting == 0


def test_events_are_replayed_with_their_ids_and_signed_by_the_secret_of_now(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    made = subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    since = hand.clock.now
    said(hand, epic, metric, 6)
    relay(hand.connector, "main")
    with hand.connector.store.write() as conn:
        kept.reseal(conn, vault(hand.connector.settings).renewed)
    fresh = renew_secret(hand.connector, TESTER, "main", made.subscription.id)
    assert replay(hand.connector, TESTER, "main", made.subscription.id, since) == 1
    relay(hand.connector, "main")
    first, second = hub.taken
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (verified(first, made.secret), verified(second, made.secret), verified(second, fresh.secret)) == (
        True,
        False,
        True,
    )
    assert replay(hand.connector, TESTER, "main", made.subscription.id, datetime(2030, 1, 1, tzinfo=UTC)) == 0
    unsubscribe(hand.connector, TESTER, "main", made.subscription.id)
    said(hand, epic, metric, 8)
    relay(hand.connector, "main")
    assert len(hub.posts) == 2
    with hand.connector.store.read() as conn:
        assert outbox.recent(conn, "main", 10) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/okr",
        "https://10.0.0.5/okr",
        "https://[::1]/",
        "https://u:p@hub.example/",
        "ftp://x",
        "https://a:b/",
        "https://hub.example:0/",
        "https://hub.example:70000/",
        "https://hub.example\n/okr",
        "https://hub example/",
    ],
)
def test_an_address_that_may_not_be_posted_to_is_refused(quarter: tuple[Any, ...], url: str) -> None:
    hand = quarter[0]
    with pytest.raises(SubscriptionRefusal):
        subscribe(hand.connector, TESTER, "main", url)
    with pytest.raises(SubscriptionRefusal, match=r"objective\.changed"):
        subscribe(hand.connector, TESTER, "main", "https://hub.example", ["objective.lost"])
    with pytest.raises(PermissionRefusal):
        subscribe(hand.connector, Actor("edith", Permission.EDITOR), "main", "https://hub.example")


def test_a_port_that_nobody_listed_is_refused_before_it_is_kept(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    """The host is listed, as http and with the port of the hub alone."""
    hand, _, _ = told_hand
    for url in ("http://127.0.0.1:1/okr", "https://127.0.0.1:8443/okr"):
        with pytest.raises(SubscriptionRefusal, match=r"none of the hosts .*JIRA_OKR_NOTIFY__HOSTS"):
            subscribe(hand.connector, TESTER, "main", url)
    assert list_subscriptions(hand.connector, TESTER, "main") == ()


def test_of_an_address_only_the_host_is_told(told_hand: tuple[Any, str, str], hub: WebhookServer) -> None:
    """What stands behind it lets anybody post there, at many hubs."""
    hand, _, _ = told_hand
    made = subscribe(hand.connector, TESTER, "main", f"{hub.url}/services/T0/password?key=more")
    told = json.dumps(subscription_values(made.subscription)) + repr(made.subscription)
    with hand.connector.store.read() as conn:
        told += repr(kept.of_site(conn, "main")) + repr(audit.recent(conn, 1))
    assert hub.url.removeprefix("http://") in told
    assert ("password" in told, "more" in told) == (False, False)


def test_a_name_that_means_a_private_address_by_now_gets_nothing(
    quarter: tuple[Any, str, str, list[str]],
) -> None:
    hand, epic, metric, _ = quarter
    subscribe(hand.connector, TESTER, "main", "https://localhost/okr", ["check_in.made"])
    said(hand, epic, metric, 6)
    relay(hand.connector, "main")
    (shown,) = list_subscriptions(hand.connector, TESTER, "main")
    assert (shown.sent, "private network" in shown.note) == (0, True)


def test_whoever_gets_an_event_sees_of_an_issue_what_strangers_see_also_when_it_waited(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    made = subscribe(hand.connector, TESTER, "main", hub.url, ["objective.changed", "check_in.made"])
    with hand.connector.store.read() as conn:
        saved = objectives.load(conn, "main", epic)
    assert saved is not None
    since = hand.clock.now
    named = Statement(key_result=metric, value=Fraction(10), note=f"see {saved.state.key}")
    check_in(hand.connector, TESTER, "main", epic, named)
    hand.work_off()
    relay(hand.connector, "main")
    data = {one["type"]: one["data"] for one in bodies(hub)}
    assert data["objective.changed"]["title"] == saved.state.title
    hub.forget()
    change_visibility(hand.connector, COMMAND_LINE, "main", Visibility.TITLES)
    hand.edit(epic, summary="Called otherwise by now")
    hand.land(epic)
    hand.work_off()
    replay(hand.connector, TESTER, "main", made.subscription.id, since)
    relay(hand.connector, "main")
    data = {one["type"]: one["data"] for one in bodies(hub)}
    changed = data["objective.changed"]
    assert (changed["key"], changed["title"], changed["progress_exact"]) == (
        None,
        "An issue you may not see",
        "3/4",
    )
    assert data["check_in.made"]["note"] == "see an issue you may not see"
    assert all(verified(one, made.secret) for one in hub.taken)
    assert saved.state.title not in "".join(one.body.decode() for one in hub.taken)


def test_the_order_is_that_of_the_happening_and_what_is_forgotten_is_not_told_anew(
    told_hand: tuple[Any, str, str], hub: WebhookServer
) -> None:
    hand, epic, metric = told_hand
    subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made", "cycle.closed"])
    for value in range(1, 13):
        check_in(
            hand.connector,
            TESTER,
            "main",
            epic,
            Statement(key_result=metric, value=Fraction(value), note="n"),
        )
    hand.work_off()
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == list(range(1, 13))
    hub.forget()
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="counted")
    relay(hand.connector, "main")
    assert [one["type"] for one in bodies(hub)] == ["cycle.closed"]
    hub.forget()
    hand.clock.now += timedelta(days=hand.connector.settings.keep_history_days, minutes=1)
    with hand.connector.store.write() as conn:
        outbox.prune(conn, "main", hand.clock.now - timedelta(days=hand.connector.settings.keep_history_days))
    relay(hand.connector, "main")
    assert hub.posts == []


def test_an_address_that_is_no_name_fails_alone(told_hand: tuple[Any, str, str], hub: WebhookServer) -> None:
    hand, epic, metric = told_hand
    subscribe(hand.connector, TESTER, "main", f"https://{'a' * 64}.example/okr", ["check_in.made"])
    subscribe(hand.connector, TESTER, "main", hub.url, ["check_in.made"])
    said(hand, epic, metric, 6)
    relay(hand.connector, "main")
    assert [one["data"]["value"] for one in bodies(hub)] == [6]
    found = list_subscriptions(hand.connector, TESTER, "main")
    assert sorted((one.sent, "has no address" in one.note) for one in found) == [(0, True), (1, False)]
