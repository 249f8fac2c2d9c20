"""The webhook secret is changed at each door without losing a delivery: old and new are accepted, in signatures and headers, and then the new alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.jira.webhooks.signature import sign, static_secret
from connectors.sandbox import CONNECTOR, SandboxServer
from plugin.runtime.connector import Refusal
from plugin.runtime.saved_sites import open_sites
from plugin.use_cases.sites.secret_change import change_secret
from tests.actors import TESTER

FIRST = "the secret that was typed into Jira first"
ADDRESS = "https://okr.acme.example/webhooks/jira/acme"


@pytest.fixture(scope="module")
def jira():
    with SandboxServer(seed=None) as server:
        yield server


@pytest.fixture
def desk(jira, monkeypatch, request):
    """An admin's doors of a connector with the site acme, and its inbox."""
    monkeypatch.setenv("JIRA_OKR_GATEWAY_URL", jira.url)
    monkeypatch.setenv("JIRA_OKR_BASE_URL", "https://okr.acme.example")
    doors = request.getfixturevalue("doors_of")("admin")
    open_sites(doors.connector)
    number = iter(range(1000))

    class Desk:
        connector = doors.connector

        def add(self, **more):
            given = {"name": "acme", "url": jira.url, "email": CONNECTOR.email, "token": CONNECTOR.token}
            return doors.api("POST", "/sites", {**given, "webhook_secret": FIRST, **more})

        def takes(self, secret, header=False):
            said = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": str(next(number))}})
            proof = (
                {"X-OKR-Secret": static_secret(secret, "acme")}
                if header
                else {"X-Hub-Signature": sign(secret, said.encode())}
            )
            answer = doors.browser.post("/webhooks/jira/acme", data=said, headers=proof)
            return answer.status_code == 204

        def present(self):
            doors.connector.look()
            return doors.connector.sites["acme"].webhook_secret

        def pass_by(self, **span):
            clock = doors.connector.clock
            doors.connector.clock = lambda: clock() + timedelta(**span)

    made = Desk()
    made.doors = doors
    return made


def by_page(desk):
    assert desk.doors.page("/sites/acme/webhook/secret").status_code == 302


def by_api(desk):
    answer = desk.doors.api("POST", "/sites/acme/webhook/secret", {"days": 7})
    assert (answer.status_code, answer.json["in_jira"]) == (200, True)


def by_command(desk):
    assert "Jira has the new one." in desk.doors.command("webhook", "rotate", "--site", "acme").output


@pytest.mark.parametrize("change", [by_page, by_api, by_command])
def test_both_are_accepted_for_a_time(desk, jira, change):
    desk.add()
    assert desk.takes(FIRST)
    change(desk)
    second = desk.present()
    assert second not in (FIRST, None)
    assert [desk.takes(one) for one in (FIRST, second, "guessed")] == [True, True, False]
    assert [desk.takes(one, header=True) for one in (FIRST, second, "guessed")] == [True, True, False]
    assert ("webhook secret changed", "acme") in [(what, site) for what, _, site in desk.doors.audited()]
    assert any(one.secret == second for one in jira.site.webhooks.all.values() if "/jira/acme" in one.url)
    desk.pass_by(days=6)
    assert desk.takes(FIRST)
    desk.pass_by(days=2)
    assert [desk.takes(one) for one in (FIRST, second)] == [False, True]
    assert [desk.takes(one, header=True) for one in (FIRST, second)] == [False, True]


def shown_by_page(desk):
    answer = desk.doors.page("/setup/acme/webhook", show="secret")
    return answer.text if answer.status_code == 200 else ""


def shown_by_api(desk):
    answer = desk.doors.api("POST", "/sites/acme/webhook/secret/show")
    return answer.text if answer.status_code == 200 else ""


def shown_by_command(desk):
    ended = desk.doors.command("webhook", "show", "--secret", "--site", "acme")
    return ended.output if ended.exit_code == 0 else ""


SHOW = {"page": shown_by_page, "api": shown_by_api, "command": shown_by_command}


@pytest.mark.parametrize("door", SHOW)
def test_a_secret_is_shown_once_whatever_the_door_and_the_next_one_once_more(desk, door, monkeypatch):
    """Looking shows it to nobody; once somebody had it shown no door gives it, until another is made."""
    wizard = "plugin.pages.mappings.wizard"  # the page comes after an activation
    monkeypatch.setattr(f"{wizard}.revisions.list_activations", lambda *_: ("one",))
    for part in ("first_number", "past_part"):
        monkeypatch.setattr(f"{wizard}.{part}", lambda *_: None)
    desk.add()
    for _ in range(2):
        header = static_secret(desk.present(), "acme")
        looks = [desk.doors.look(page) for page in ("/sites/acme", "/setup/acme/webhook")]
        looks += [desk.doors.api("GET", "/sites/acme/webhook").text]
        looks += [desk.doors.command("webhook", "show", "--site", "acme").output]
        assert not [told for told in looks if desk.present() in told or header in told]
        shown = SHOW[door](desk)
        assert desk.present() in shown
        assert header in shown
        assert "data-refresh" not in shown  # a page that loads itself anew would show it no more
        assert "data-refresh" in desk.doors.look("/setup/acme/webhook")
        assert [show(desk) for show in SHOW.values()] == ["", "", ""]
        assert desk.doors.api("GET", "/sites/acme/webhook").json["secret"] == "shown"
        assert "was shown" in desk.doors.look("/setup/acme/webhook")
        by_api(desk)
    told = [(what, site) for what, _, site in desk.doors.audited()]
    assert told.count(("webhook secret shown", "acme")) == 2


def test_a_token_renewed_meanwhile_and_another_change_keep_what_was_promised(desk):
    desk.add()
    by_api(desk)
    second = desk.present()
    desk.doors.api("PUT", "/sites/acme/credential", {"token": CONNECTOR.token})
    by_api(desk)
    assert [desk.takes(one) for one in (FIRST, second, desk.present())] == [True, True, True]
    desk.pass_by(days=8)
    assert [desk.takes(one) for one in (FIRST, second, desk.present())] == [False, False, True]


def test_an_address_that_proved_deliveries_goes_on_doing_so(desk):
    desk.add(webhook_secret="")
    path = desk.connector.sites["acme"].path_token

    def by_address():
        said = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "7"}})
        return desk.doors.browser.post(f"/webhooks/jira/acme/{path}", data=said).status_code

    assert by_address() == 204
    by_api(desk)
    assert (by_address(), desk.takes(desk.present())) == (204, True)
    desk.pass_by(days=8)
    assert (by_address(), desk.takes(desk.present())) == (401, True)


def test_where_the_account_may_not_register_it_is_said_what_to_do(desk):
    desk.add(email="", token="sandbox-service-token")
    answer = desk.doors.api("POST", "/sites/acme/webhook/secret", {}).json
    assert (answer["in_jira"], answer["why"]) == (
        False,
        "The connector's account may not register webhooks.",
    )
    assert [desk.takes(one) for one in (FIRST, desk.present())] == [True, True]


def test_a_site_of_the_settings_is_told_how(desk):
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__FORMER_WEBHOOK_SECRET"):
        change_secret(desk.connector, TESTER, "main", ADDRESS)
    desk.add()
    with pytest.raises(Refusal, match="1 to 90 days"):
        change_secret(desk.connector, TESTER, "acme", ADDRESS, 0)
