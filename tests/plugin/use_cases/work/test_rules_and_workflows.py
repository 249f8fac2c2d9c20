"""Requests of automation rules and post functions of workflows: the same inbox, proved by a header or a signature, read again by id or key."""

from __future__ import annotations

import json

import pytest
import requests

from connectors.jira.webhooks.signature import sign, static_secret
from connectors.sandbox import CONNECTOR
from connectors.store.mirror import mirror
from connectors.store.work import inbox
from plugin.sync.refresh.reread import refresh

RULE = {"issue": "PLAT-40"}


@pytest.fixture
def desk(company):
    """Sends a body to the connector as it came, and says what became of it."""
    client, connector = company.browser, company.connector
    secret = connector.site("main").webhook_secret

    class Desk:
        header = static_secret(secret, "main")

        def post(self, said, **headers):
            body = json.dumps(said).encode()
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.post(
                "/webhooks/jira/main", data=body, content_type="application/json", headers=headers
            )

        def send(self, said, **headers):
            return self.post(said, **headers).status_code

        def signed(self, said):
            return self.send(said, X_Hub_Signature=sign(secret, json.dumps(said).encode()))

        def came(self):
            with connector.store.read() as conn:
                return [(one.status, one.note) for one in reversed(inbox.recent(conn, "main", 20))]

    made = Desk()
    made.doors, made.connector = company, connector
    return made


def test_a_rule_shows_its_header_and_what_it_sends_again_is_news(desk):
    before = len(desk.came())
    assert desk.send(RULE, X_OKR_Secret=desk.header) == 204
    assert desk.send(RULE, X_OKR_Secret=f" {desk.header} ") == 204
    assert len(desk.came()) - before == 2
    refresh(desk.connector.context("main"), "a test")
    assert desk.came()[-2:] == [("done", "request of an automation rule")] * 2


@pytest.mark.parametrize(
    "said", [{}, {"issue": "{{issue.key}}"}, {"issues": []}, [], "PLAT-40", {"webhookEvent": "done"}]
)
def test_a_request_of_a_rule_that_asks_for_nothing_is_answered_what_to_send(desk, said):
    """It was taken in with 204 and ignored: nobody learnt that the rule did nothing."""
    before = desk.came()
    answer = desk.post(said, X_OKR_Secret=desk.header)
    assert answer.status_code == 400
    assert '{"issue": "{{issue.key}}"}' in answer.text
    assert answer.text[0].isupper()
    assert desk.came() == before
    assert desk.signed(said) == 204  # Jira would lose an event by a 400


@pytest.mark.parametrize("wrong", ["", "guessed", "of another site", "signing"])
def test_whoever_does_not_know_it_is_turned_away(desk, wrong):
    secret = desk.connector.site("main").webhook_secret
    given = {"of another site": static_secret(secret, "acme"), "signing": secret}.get(wrong, wrong)
    before = desk.came()
    assert desk.send(RULE, X_OKR_Secret=given) == 401
    assert desk.came() == before


def test_a_signed_post_function_is_told_apart_by_its_time(desk):
    before = len(desk.came())
    said = {"transition": {"id": 31}, "issue": {"id": "10001"}, "timestamp": 1_793_000_000_000}
    assert [desk.signed(said), desk.signed(said), desk.signed({**said, "timestamp": 1_793_000_000_001})] == [
        204
    ] * 3
    assert len(desk.came()) - before == 2
    refresh(desk.connector.context("main"), "a test")
    assert desk.came()[-1] == ("done", "workflow post function")


def test_an_issue_that_nobody_knew_is_found_by_its_key(desk):
    jira = desk.doors.environment["JIRA_OKR_JIRA__URL"]
    fields = {"project": {"key": "PLAT"}, "issuetype": {"name": "Story"}, "summary": "A story of a rule"}
    made = requests.post(
        f"{jira}/rest/api/3/issue",
        json={"fields": fields},
        auth=(CONNECTOR.email, CONNECTOR.token),
        timeout=10,
    ).json()
    assert desk.send({"issues": [made["key"], "PLAT-99999"]}, X_OKR_Secret=desk.header) == 204
    refresh(desk.connector.context("main"), "a test")
    with desk.connector.store.read() as conn:
        found = mirror.get(conn, "main", [made["id"]])
    assert found[made["id"]].summary == "A story of a rule"
    assert desk.came()[-1] == ("done", "request of an automation rule")


def test_the_secret_of_the_settings_is_printed_on_the_machine_alone(desk):
    told = desk.doors.api("GET", "/sites/main/webhook").json
    assert (told["header"], told["secret"]) == ("X-OKR-Secret", "setting")
    assert told["events"][:3] == ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted"]
    secret = desk.connector.site("main").webhook_secret
    page = desk.doors.look("/setup/main/webhook")
    assert "X-OKR-Secret" in page
    refused = desk.doors.api("POST", "/sites/main/webhook/secret/show")
    assert (refused.status_code, "jira-okr webhook show" in refused.json["remedy"]) == (409, True)
    tried = desk.doors.page("/setup/main/webhook", show="secret")
    assert tried.status_code == 409
    plain = desk.doors.command("webhook", "show").output
    assert "https://okr.acme.example/webhooks/jira/main" in plain
    for told in (page, refused.text, tried.text, plain):
        assert secret not in told
        assert desk.header not in told
    for _ in range(2):  # who runs commands there has the settings
        shown = desk.doors.command("webhook", "show", "--secret").output
        assert f"Secret         {secret}" in shown
        assert f"X-OKR-Secret: {desk.header}" in shown
