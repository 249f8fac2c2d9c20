"""What settings become: how the database is opened, where a site is asked, and who announces work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import system_clock
from connectors.store import Store, open_store, upgrade
from plugin.jobs.queue import QueueAnnouncer
from plugin.runtime import composition
from plugin.runtime.composition import announcer_for, build_connector, site_from
from plugin.runtime.connector import Refusal
from plugin.runtime.settings import JiraSettings, read_settings
from plugin.sync.announcement import SILENT

KEY = "an invented key that is long enough"
SITE = "https://acme.atlassian.net"
CLIENT = {"client_id": "c", "client_secret": "an invented secret"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = open_store(f"sqlite:///{Path(tmp_path_factory.mktemp('composition')) / 'okr.sqlite3'}")
    upgrade(made)
    return made


@pytest.mark.parametrize(("words", "opened"), [({}, "open_store"), ({"writes": True}, "open_store"), ({"writes": False}, "open_to_read")])  # fmt: skip
def test_a_database_is_opened_to_write_unless_nothing_is_to_be_written(
    words: dict[str, bool], opened: str, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def opens(name: str) -> Callable[[str], Store]:
        return lambda url: told.append(f"{name} {url}") or kept

    for name in ("open_store", "open_to_read"):
        monkeypatch.setattr(composition, name, opens(name))
    connector = build_connector(read_settings(None, database_url="sqlite:///a"), **words)
    assert told == [f"{opened} sqlite:///a"]
    assert (connector.sites, connector.clock, connector.announcer) == ({}, system_clock, SILENT)


@pytest.mark.parametrize(
    ("given", "browse", "api", "gateway"),
    [
        ({"email": "a@acme.example", "token": "t"}, SITE, SITE, ""),
        ({"token": "t"}, SITE, SITE, "https://api.atlassian.com"),
        ({"email": "a@acme.example", "token": "t", "api_base": "gateway"}, SITE, SITE, "https://api.atlassian.com"),
        ({"email": "a@acme.example", "token": "t", "api_base": "https://api.acme.example/jira/"}, SITE, "https://api.acme.example/jira", ""),
        ({"token": "t", "api_base": "https://api.acme.example"}, SITE, "https://api.acme.example", ""),
        (CLIENT, SITE, SITE, "https://api.atlassian.com"),
        ({"pat": "p", "url": "https://jira.acme.example/jira/"}, "https://jira.acme.example/jira", "https://jira.acme.example/jira", ""),
    ],
)  # fmt: skip
def test_where_a_site_is_asked(
    given: dict[str, Any], browse: str, api: str, gateway: str, kept: Store
) -> None:
    jira = JiraSettings.model_validate({"url": SITE, **given})
    site = site_from(jira, read_settings(None, secret_key=KEY), kept)
    address = site.jira.transport.address
    assert (site.browse_url, address.browse_url, address.api_base) == (browse, browse, api)
    assert address.gateway.rstrip("/") == gateway
    assert (site.is_cloud, site.name, site.webhook_secret) == ("pat" not in given, "main", None)


def test_the_secret_of_an_app_proves_deliveries_where_a_person_allowed_it_alone(kept: Store) -> None:
    given = {"url": SITE, **CLIENT, "former_client_secret": "a former secret"}
    settings = read_settings(None, secret_key=KEY)
    consented = JiraSettings.model_validate({**given, "grant": "authorization_code"})
    site = site_from(consented, settings, kept)
    assert (site.app_secret, site.former_app_secret) == ("an invented secret", "a former secret")
    site = site_from(JiraSettings.model_validate(given), settings, kept)
    assert (site.app_secret, site.former_app_secret) == (None, None)
    given = {"url": SITE, "token": "t", "webhook_secret": "one", "former_webhook_secret": "two\nthree"}
    site = site_from(JiraSettings.model_validate(given), settings, kept)
    assert (site.webhook_secret, site.former_secrets) == ("one", ("two", "three"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": "t", "goals_email": "a@acme.example"}, "The account for Atlassian Goals is incomplete."),
        ({"token": "t", "goals_token": "g"}, "The account for Atlassian Goals is incomplete."),
        ({"pat": "p", "link_client_id": "l"}, "The application link is incomplete."),
        ({"pat": "p", "link_client_secret": "an invented secret"}, "The application link is incomplete."),
        ({"token": "t", "link_client_id": "l", "link_client_secret": "s"}, "An application link is of Jira Data Center;"),
        ({}, "The Jira account is incomplete."),
        ({"email": "a@acme.example"}, "The Jira account is incomplete."),
        ({"client_id": "c"}, "A client id and its secret belong together."),
    ],
)  # fmt: skip
def test_half_of_what_belongs_together_is_refused(given: dict[str, Any], said: str, kept: Store) -> None:
    with pytest.raises(Refusal) as refused:
        site_from(JiraSettings.model_validate({"url": SITE, **given}), read_settings(None), kept)
    assert str(refused.value).startswith(said)


def test_accounts_and_links_that_are_whole_are_taken(kept: Store) -> None:
    goals = {"url": SITE, "token": "t", "goals_email": "g@acme.example", "goals_token": "g"}
    address = site_from(JiraSettings.model_validate(goals), read_settings(None), kept).jira.transport.address
    assert address.goals is not None
    assert address.goals.email == "g@acme.example"
    link = {"url": SITE, "pat": "p", "link_client_id": "l", "link_client_secret": "s"}
    site = site_from(JiraSettings.model_validate(link), read_settings(None), kept)
    assert site.link is not None
    assert (site.link.id, site.link.secret) == ("l", "s")
    assert site.jira.transport.address.goals is None


def test_work_is_announced_by_the_engine_of_the_settings(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Any] = []
    monkeypatch.setattr(composition, "install", installed.append)
    assert announcer_for(kept, read_settings(None)) is SILENT
    distributed = read_settings(None, engine="procrastinate")
    with pytest.raises(Refusal, match="The procrastinate engine needs PostgreSQL"):
        announcer_for(kept, distributed)
    assert installed == []
    on_postgresql: Any = type("Database", (), {"dialect": "postgresql"})()
    assert isinstance(announcer_for(on_postgresql, distributed), QueueAnnouncer)
    assert installed == [on_postgresql]
