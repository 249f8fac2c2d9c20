"""The day on which a site's token expires: entered in the form or by command, kept with the site, shown where people look."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store.people import audit
from connectors.store.sites import sites
from plugin.access.authorization.actor import MONITORING
from plugin.cli import cli
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.processes.metrics import render_metrics
from plugin.runtime.saved_sites import NewSite, add_site, open_sites
from plugin.use_cases.health.status import installation
from plugin.use_cases.sites.token_renewal import renew

GIVEN = {"name": "acme", "deployment": "cloud", "email": CONNECTOR.email, "token": CONNECTOR.token}


@pytest.fixture
def today(world):
    return world.connector.clock().date()


@pytest.fixture
def run(world, monkeypatch):
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", world.connector.settings.database_url)
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY", world.connector.settings.secret_key.get_secret_value())
    return lambda *words, **more: CliRunner().invoke(cli, list(words), **more)


def test_a_day_that_is_entered_is_kept_and_known_after_a_start(admin, world):
    admin.post("/setup", url=world.sandbox.url, token_expires="2099-03-01", **GIVEN)
    assert world.connector.sites["acme"].token_expires == date(2099, 3, 1)
    other = build_connector(world.connector.settings)
    try:
        open_sites(other)
        assert other.sites["acme"].token_expires == date(2099, 3, 1)
        assert other.sites["main"].token_expires is None
    finally:
        other.store.close()


@pytest.mark.parametrize(("day", "said"), [("2020-01-01", "2020-01-01 is over"), ("soon", "year-month-day")])
def test_a_day_that_cannot_be_keeps_nothing(admin, world, day, said):
    answer = admin.post("/setup", url=world.sandbox.url, token_expires=day, **GIVEN)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert page.select_one("[name=token_expires]")["value"] == day
    assert "acme" not in world.connector.sites


def test_a_site_stays_when_its_day_has_come(admin, world, today):
    admin.post("/setup", url=world.sandbox.url, token_expires=today.isoformat(), **GIVEN)
    world.connector.clock = lambda clock=world.connector.clock: clock() + timedelta(days=2)
    world.connector.sites = {"main": world.connector.sites["main"]}
    world.connector.watch = None
    open_sites(world.connector)
    assert world.connector.sites["acme"].token_expires == today


def test_by_command(run, world):
    words = ("site", "add", "acme", world.sandbox.url, "--email", CONNECTOR.email)
    wrong = run(*words, "--token-expires", "soon", input=f"{CONNECTOR.token}\n")
    assert wrong.exit_code == 2
    added = run(*words, "--token-expires", "2099-03-01", input=f"{CONNECTOR.token}\n")
    assert added.exit_code == 0, added.output
    assert "expires 1 Mar 2099" in run("site", "list", env={"COLUMNS": "300"}).output
    assert [one["token_expires"] for one in json.loads(run("site", "list", "--json").output)] == [
        "2099-03-01"
    ]


def cell(page, site):
    part = BeautifulSoup(page, "html.parser").find("h2", string=site).find_parent("section")
    return part.find("dt", string="Credential").find_next_sibling("dd")


def test_sync_health_shows_it_and_says_where_it_is_entered(admin, desk, world, today):
    soon = today + timedelta(days=3)
    admin.post("/setup", url=world.sandbox.url, token_expires=soon.isoformat(), **GIVEN)
    page = admin.text("/health")
    assert "expiry not known" in cell(page, "main").text
    assert cell(page, "main").a["href"] == "/sites/main#credential"
    assert f"{soon:%b %Y}, in 3 days" in cell(page, "acme").text
    assert cell(page, "acme")["class"] == ["is-at_risk"]
    viewed = cell(desk("viewer").text("/health"), "acme")
    assert "in 3 days" in viewed.text
    assert viewed.a is None


def test_status_and_metrics_tell_it(admin, run, world, today):
    soon = today + timedelta(days=3)
    admin.post("/setup", url=world.sandbox.url, token_expires=soon.isoformat(), **GIVEN)
    told = run("status", "--site", "acme")
    assert told.exit_code == 1
    assert "token for Jira: expires" in told.output
    assert "to do: Make a new token" in told.output
    found = json.loads(run("status", "--site", "acme", "--json").output)["credential"]
    assert (found["expires"], found["state"], found["days_left"]) == (soon.isoformat(), "soon", 3)
    families = {
        f.name: f
        for f in text_string_to_metric_families(
            render_metrics(installation(world.connector, MONITORING)).decode()
        )
    }
    samples = families["jira_okr_credential_expires_seconds"].samples
    left = {one.labels["site"]: one.value for one in samples}
    assert set(left) == {"acme"}
    assert 3 * 86_400 <= left["acme"] <= 4 * 86_400


def test_what_is_far_off_is_no_reason_to_act(admin, run, world):
    admin.post("/setup", url=world.sandbox.url, token_expires="2099-03-01", **GIVEN)
    told = run("status", "--site", "acme")
    assert "token for Jira: expires 1 Mar 2099" in told.output
    assert "Token expires" not in told.output


def test_another_token_is_tried_first_and_leaves_the_webhook_as_it_is(admin, world):
    admin.post("/setup", url=world.sandbox.url, token_expires="2099-03-01", **GIVEN)
    before = world.connector.sites["acme"]
    refused = admin.post("/sites/acme/credential", token="wrong", token_expires="2099-09-01")
    assert refused.status_code == 422
    assert "did not accept the credentials" in refused.get_data(as_text=True)
    assert world.connector.sites["acme"] is before
    kept = admin.post("/sites/acme/credential", token=CONNECTOR.token, token_expires="2099-09-01")
    assert "Jira takes the new token" in kept.get_data(as_text=True)
    after = world.connector.sites["acme"]
    assert (after.token_expires, after.webhook_secret) == (date(2099, 9, 1), before.webhook_secret)
    assert after.jira.myself().name
    with world.connector.store.read() as conn:
        noted = audit.recent(conn, 1)[0]
    assert (noted.what, noted.site) == ("site credential changed", "acme")
    assert noted.detail == {"token": "new", "expires": "2099-09-01"}


def test_the_day_alone_is_entered_and_taken_away(admin, world):
    admin.post("/setup", url=world.sandbox.url, **GIVEN)
    assert "2099" in admin.post("/sites/acme/credential", token_expires="2099-09-01").get_data(as_text=True)
    assert 'value="2099-09-01"' in admin.text("/sites/acme")
    assert admin.post("/sites/acme/credential", token_expires="2020-01-01").status_code == 422
    assert world.connector.sites["acme"].token_expires == date(2099, 9, 1)
    admin.post("/sites/acme/credential", token_expires="")
    assert world.connector.sites["acme"].token_expires is None
    assert world.connector.sites["acme"].jira.myself().name


def test_a_site_of_the_settings_says_which_setting_it_is(admin):
    assert "JIRA_OKR_JIRA__TOKEN_EXPIRES" in admin.text("/sites/main")
    answer = admin.post("/sites/main/credential", token_expires="2099-09-01")
    assert answer.status_code == 422
    assert "was not added here" in answer.get_data(as_text=True)


def test_renewing_by_command(admin, run, world):
    admin.post("/setup", url=world.sandbox.url, token_expires="2099-03-01", **GIVEN)
    refused = run("site", "renew", "acme", "--token-expires", "2099-09-01", input="wrong\n")
    assert refused.exit_code == 1
    renewed = run("site", "renew", "acme", "--token-expires", "2099-09-01", input=f"{CONNECTOR.token}\n")
    assert renewed.exit_code == 0, renewed.output
    assert "expires 1 Sep 2099" in renewed.output
    assert "knows us as" in renewed.output
    emptied = run("site", "renew", "acme", "--same-token")
    assert "expiry not known" in emptied.output
    world.connector.watch.look()
    assert world.connector.sites["acme"].token_expires is None


def test_a_personal_access_token_stays_one(world):
    connector = world.connector
    with SandboxServer(seed=None, deployment="datacenter") as jira:
        add_site(connector, NewSite("acme", jira.url, pat=CONNECTOR.token), "tester")
        assert renew(connector, "acme", CONNECTOR.token, date(2099, 9, 1), "tester") is not None
        assert connector.sites["acme"].jira.myself().name
    with connector.store.read() as conn:
        saved = sites.get(conn, "acme")
    assert vault(connector.settings).open(saved.credentials) == {"pat": CONNECTOR.token}
    assert saved.settings["token_expires"] == "2099-09-01"


def test_a_kept_site_behind_one_of_the_settings_is_not_renewed_unseen(world):
    connector = world.connector
    sealed = vault(connector.settings).seal({"pat": "p"})
    with connector.store.write() as conn:
        sites.put(conn, "main", {"url": world.sandbox.url}, sealed, connector.clock())
    with pytest.raises(Refusal, match="comes from the settings"):
        renew(connector, "main", "", date(2099, 9, 1), "tester")
