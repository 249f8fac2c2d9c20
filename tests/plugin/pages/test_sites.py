"""Sites by page: tested at once, kept encrypted, opened again at the next start, removed."""

from __future__ import annotations

import threading
import time

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.people import audit
from connectors.store.reads import read_requests
from connectors.store.sites import catalogues, sites
from connectors.store.work import due, inbox
from plugin.cli import cli
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import CredentialsVault
from plugin.runtime.saved_sites import NewSite, add_site, open_sites, remove_site

GIVEN = {"name": "acme", "deployment": "cloud", "email": CONNECTOR.email, "token": CONNECTOR.token}


def test_a_site_is_tested_kept_and_opened_again(admin, world):
    answer = admin.post("/setup", url=world.sandbox.url, **GIVEN)
    assert "Jira answers" in answer.get_data(as_text=True)
    connector = world.connector
    with connector.store.read() as conn:
        saved = sites.get(conn, "acme")
        noted = audit.recent(conn, 1)[0]
    assert CONNECTOR.token.encode() not in saved.credentials
    assert CONNECTOR.token not in str(saved.settings)
    assert (noted.what, noted.who, noted.site) == ("site added", "admin@acme.example", "acme")
    connector.sites = {name: site for name, site in connector.sites.items() if name != "acme"}
    connector.watch = None
    open_sites(connector)
    assert connector.site("acme").jira.myself().name
    assert connector.site("acme").webhook_secret


def test_a_wrong_token_keeps_nothing_and_loses_nothing_typed(admin, world):
    answer = admin.post("/setup", url=world.sandbox.url, **{**GIVEN, "token": "wrong"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert world.sandbox.url in page
    assert CONNECTOR.email in page
    assert "wrong" not in page
    assert "acme" not in world.connector.sites


def test_an_address_without_its_scheme_is_taken_and_the_field_lets_it_pass(admin, world):
    """Browsers show addresses without https://, and a field of the type url refuses these before anybody is asked."""
    page = BeautifulSoup(admin.text("/setup"), "html.parser")
    assert page.select_one("input[name=url]")["type"] == "text"
    answer = admin.post("/setup", url="nowhere.acme.invalid/browse/ABC-1", **GIVEN)
    assert (answer.status_code, "acme" in world.connector.sites) == (422, False)
    assert "https://nowhere.acme.invalid/rest/api/2" in answer.get_data(as_text=True)


def test_a_token_without_an_account_that_reaches_nobody_says_for_what_it_was_taken(admin):
    given = {**GIVEN, "email": "", "url": "https://nowhere.acme.invalid"}
    said = admin.post("/setup", **given).get_data(as_text=True)
    assert "taken for that of a service account" in said
    assert "taken for that of a service account" not in admin.post(
        "/setup", **{**given, "email": CONNECTOR.email}
    ).get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Main Site"}, "small letters"),
        ({"name": "main"}, "comes from the settings"),
        ({"url": "acme"}, "is no address"),
        ({"token": ""}, "API token"),
    ],
)
def test_what_cannot_be_is_said(admin, world, change, said):
    answer = admin.post("/setup", **{"url": world.sandbox.url, **GIVEN, **change})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_removing_takes_the_name_as_proof(admin, world):
    admin.post("/setup", url=world.sandbox.url, **GIVEN)
    assert "Nothing was removed" in admin.post("/sites/acme/remove", confirm="no").get_data(as_text=True)
    admin.post("/sites/acme/remove", confirm="acme")
    assert "acme" not in world.connector.sites
    with world.connector.store.read() as conn:
        assert sites.get(conn, "acme") is None


def test_the_site_of_the_settings_is_not_removed(world):
    with pytest.raises(Refusal, match="settings"):
        remove_site(world.connector, "main", "tester")


def test_a_secret_shows_in_no_repr():
    assert "hush" not in repr(NewSite("acme", "https://acme.example", token="hush", webhook_secret="hush"))


def test_a_site_whose_key_is_lost_is_left_out_and_can_be_entered_anew(world):
    connector = world.connector
    new = NewSite("acme", world.sandbox.url, email=CONNECTOR.email, token=CONNECTOR.token)
    add_site(connector, new, "tester")
    with connector.store.write() as conn:
        sites.put(
            conn, "acme", {"url": world.sandbox.url}, CredentialsVault("other").seal({}), connector.clock()
        )
    open_sites(connector)
    assert set(connector.sites) == {"main"}
    add_site(connector, new, "tester")
    open_sites(connector)
    assert set(connector.sites) == {"main", "acme"}


def test_keys_are_changed_one_after_another():
    old, both, new = CredentialsVault("old"), CredentialsVault("new, old"), CredentialsVault("new")
    sealed = old.seal({"token": "t"})
    assert both.open(sealed) == {"token": "t"}
    with pytest.raises(Refusal, match="JIRA_OKR_SECRET_KEY"):
        new.open(sealed)
    assert new.open(both.renew(sealed)) == {"token": "t"}


def test_removing_by_command_looks_before_it_asks(world, monkeypatch):
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", world.connector.settings.database_url)
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY", world.connector.settings.secret_key.get_secret_value())
    unknown = CliRunner().invoke(cli, ["site", "remove", "acme"], input="y\n")
    assert unknown.output == ""
    assert "No Jira site is known yet" in str(unknown.exception)
    new = NewSite("acme", world.sandbox.url, email=CONNECTOR.email, token=CONNECTOR.token)
    add_site(world.connector, new, "tester")
    assert CliRunner().invoke(cli, ["site", "remove", "acme"], input="n\n").exit_code == 1
    assert "acme" in world.connector.sites
    assert CliRunner().invoke(cli, ["site", "remove", "acme"], input="y\n").exit_code == 0
    world.connector.watch.look()
    assert set(world.connector.sites) == {"main"}


def test_another_jira_under_a_name_is_not_shown_to_the_app_in_the_former(world):
    def added(url):
        add_site(world.connector, NewSite("acme", url, "", CONNECTOR.email, CONNECTOR.token), "ada")
        with world.connector.store.read() as conn:
            return [one.key.cloud_id for one in installations.of_site(conn, "acme")]

    added(world.sandbox.url)
    with world.connector.store.write() as conn:
        key = InstallationKey("app", "production", "north")
        now = world.connector.clock()
        installations.pair(conn, key, "PRODUCTION", "0a3a", "acme", now, url=world.sandbox.url)
    assert added(world.sandbox.url) == ["north"], "the same Jira, with other credentials"
    assert added(world.sandbox.url.replace("127.0.0.1", "localhost")) == []


def test_a_removed_site_leaves_no_work_behind_and_begins_anew_when_it_comes_back(world):
    connector = world.connector
    new = NewSite("acme", world.sandbox.url, email=CONNECTOR.email, token=CONNECTOR.token)
    add_site(connector, new, "tester")
    connector.catalogue("acme")
    with connector.store.write() as conn:
        due.mark(conn, "acme", ["10001"], connector.clock(), "a test")
        due.mark(conn, "main", ["10001"], connector.clock(), "a test")
        inbox.store(conn, "acme", "d-1", b"{}", connector.clock())
    remove_site(connector, "acme", "tester")
    with connector.store.read() as conn:
        assert due.pending_count(conn, "acme") == 0
        assert due.pending_count(conn, "main") > 0
        assert inbox.load_pending(conn, 9) == []
    add_site(connector, new, "tester")
    with connector.store.read() as conn:
        assert not catalogues.is_known(conn, "acme")
        assert read_requests.is_open(conn, "acme")
        assert not read_requests.is_open(conn, "main")


def test_one_look_serves_all_who_ask_at_once(world, monkeypatch):
    watch, looks = open_sites(world.connector), []
    monkeypatch.setattr(
        "plugin.runtime.saved_sites.sites.load_all", lambda conn: looks.append(time.sleep(0.2)) or []
    )
    together = threading.Barrier(12)

    def ask() -> None:
        together.wait(20)  # on a busy machine the last thread began after the first look had ended
        watch.look()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(looks) <= 2


def test_what_people_see_is_chosen_on_the_page_of_the_site(admin, world):
    for mode, said in (("titles_by_permission", "main shows: "), ("everyone", "main shows: ")):
        answer = admin.post("/sites/main/visibility", mode=mode)
        assert answer.status_code == 200
        assert answer.request.path == "/sites/main"
        assert said in answer.text
        assert world.connector.site("main")
    assert admin.post("/sites/main/visibility", mode="nobody").status_code == 422
