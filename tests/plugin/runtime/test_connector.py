"""What a site is to a connector: what proves its deliveries and until when, its addresses, its versions; and what a refusal says at each door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.jira.http.errors import JiraError
from connectors.store import Store
from connectors.store.sites import api_versions
from mappings.facts.catalogue import Catalogue, ProjectVersions
from plugin.next_steps import Door, NextStep
from plugin.runtime import connector as module
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def site(**more: Any) -> Site:
    given = {
        "name": "main",
        "jira": None,
        "browse_url": "https://acme.atlassian.net",
        "webhook_secret": "new",
    }
    return Site(**{**given, **more})


@pytest.mark.parametrize(
    ("more", "secrets", "by_path"),
    [
        ({}, ("new",), False),
        ({"webhook_secret": None}, (), True),
        ({"webhook_secret": ""}, (), True),
        ({"webhook_secret": None, "former_secrets": ("old",)}, (), True),
        ({"former_secrets": ("old", "older")}, ("new", "old", "older"), False),
        ({"former_secrets": ("old",), "former_until": NOW}, ("new", "old"), False),
        ({"former_secrets": ("old",), "former_until": NOW - MS}, ("new",), False),
        ({"path_stays": True}, ("new",), True),
        ({"path_stays": True, "former_until": NOW}, ("new",), True),
        ({"path_stays": True, "former_until": NOW - MS}, ("new",), False),
    ],
)
def test_what_proves_a_delivery_at_a_time(
    more: dict[str, Any], secrets: tuple[str, ...], by_path: bool
) -> None:
    found = site(**more)
    assert (found.secrets_at(NOW), found.path_proves(NOW)) == (secrets, by_path)


@pytest.mark.parametrize(
    ("more", "secrets"),
    [
        ({}, ()),
        ({"former_app_secret": "old"}, ()),
        ({"app_secret": "app"}, ("app",)),
        ({"app_secret": "app", "former_app_secret": "old"}, ("app", "old")),
        ({"app_secret": "app", "former_app_secret": "old", "former_app_until": NOW}, ("app", "old")),
        ({"app_secret": "app", "former_app_secret": "old", "former_app_until": NOW - MS}, ("app",)),
        ({"app_secret": "app", "former_app_secret": "old", "former_until": NOW - MS}, ("app", "old")),
    ],
)
def test_what_proves_a_delivery_to_an_app_at_a_time(more: dict[str, Any], secrets: tuple[str, ...]) -> None:
    assert site(**more).app_secrets_at(NOW) == secrets


@pytest.mark.parametrize("end", ["", "/"])
def test_where_people_see_an_issue_and_what_a_search_finds(end: str) -> None:
    found = site(browse_url=f"https://jira.acme.example/jira{end}")
    assert found.issue_url("PLAT-7") == "https://jira.acme.example/jira/browse/PLAT-7"
    assert (
        found.search_url("key = A-1 AND b") == "https://jira.acme.example/jira/issues/?jql=key+%3D+A-1+AND+b"
    )


def test_a_refusal_says_what_to_do_in_the_words_of_each_door() -> None:
    step = NextStep("Look there", "jira-okr look --all", page="Looks", operation="GET /looks", tool="okr_look")  # fmt: skip
    refused = Refusal("Nothing is here.", "site", step)
    assert (str(refused), refused.about) == ("Nothing is here. Look there: page Looks.", "site")
    assert {door: refused.said_at(door) for door in Door} == {
        Door.PAGE: "Nothing is here. Look there: page Looks.",
        Door.COMMAND: "Nothing is here. Look there: jira-okr look --all.",
        Door.API: "Nothing is here. Look there: GET /api/v1/looks.",
        Door.TOOL: "Nothing is here. Look there: okr_look.",
    }
    plain = Refusal("Nothing is here.")
    assert (str(plain), plain.remedy_at(Door.API), plain.about) == ("Nothing is here.", "", "")


@pytest.fixture
def connector(store: Store) -> Connector:
    return Connector(read_settings(None), store, {}, lambda: NOW)


def test_a_site_that_is_not_there_is_looked_for_once_and_those_that_are_are_named(
    connector: Connector,
) -> None:
    with pytest.raises(Refusal) as refused:
        connector.site("third")
    assert refused.value.message == (
        "There is no site called 'third'. Known sites: none yet: add one, or set JIRA_OKR_JIRA__URL."
    )
    looked: list[int] = []

    def look() -> None:
        looked.append(1)
        connector.sites["late"] = site(name="late")

    connector.watch = SimpleNamespace(look=look)
    connector.sites = {"second": site(), "first": site()}
    assert connector.known_site("first") is not None
    assert looked == [], "it is known"
    assert connector.known_site("late") is not None
    with pytest.raises(Refusal, match="Known sites: first, late, second"):
        connector.site("third")
    assert looked == [1, 1]


@pytest.mark.parametrize(("deployment", "api"), [("cloud", 3), ("datacenter", 2)])
def test_which_api_a_site_has_is_asked_once(connector: Connector, deployment: str, api: int) -> None:
    connector.sites = {"main": site(jira=SimpleNamespace(deployment=deployment))}
    assert connector.api("main") == api
    connector.sites = {"main": site(jira=None)}
    assert connector.api("main") == api
    with connector.store.read() as conn:
        assert api_versions.get(conn, "main") == api


@pytest.mark.parametrize(("secret", "by_app"), [(None, False), ("s", True)])
def test_whose_webhook_has_to_be_kept_alive(connector: Connector, secret: str | None, by_app: bool) -> None:
    assert not connector.signs_in_by_app("main")
    connector.sites = {"main": site(app_secret=secret)}
    assert connector.signs_in_by_app("main") is by_app


def test_pages_are_where_somebody_said_alone(connector: Connector) -> None:
    assert connector.pages == ""
    connector.settings = read_settings(None, base_url="https://okr.acme.example/")
    assert connector.pages == "https://okr.acme.example"


KNOWN = ProjectVersions("1", ("one",))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "told", "fresh", "asked", "orders"),
    [
        ({"1"}, {}, False, [], {"1": ("one",)}),
        ({"1", "2"}, {"2": ("two",)}, False, ["2"], {"1": ("one",), "2": ("two",)}),
        ({"2"}, {"2": ()}, False, ["2"], {"1": ("one",), "2": ()}),
        ({"1"}, {"1": ("new",)}, True, ["1"], {"1": ("new",)}),
        ({"1"}, {"1": ()}, True, ["1"], {"1": ("one",)}),
        ({"1", "2", "3"}, {"2": (), "3": JiraError("away")}, False, ["2", "3"], {"1": ("one",)}),
        ({str(one) for one in range(1, 52)}, {}, False, [], {"1": ("one",)}),
    ],
    ids=[
        "known", "another", "one that tells none", "anew", "shown no more: the known order stands", "nobody can say",
        "too many",
    ],
)  # fmt: skip
def test_the_order_of_versions_is_asked_for_where_it_is_not_known(
    connector: Connector, monkeypatch: pytest.MonkeyPatch, wanted: set[str],
    told: dict[str, Any], fresh: bool, asked: list[str], orders: dict[str, Any],
) -> None:  # fmt: skip
    was_asked: list[str] = []

    def project_parts(id_: str) -> Any:
        was_asked.append(id_)
        if isinstance(told[id_], JiraError):
            raise told[id_]
        return SimpleNamespace(order=told[id_])

    monkeypatch.setattr(module, "projects_of", lambda _document, _catalogue: frozenset(wanted))
    monkeypatch.setattr(module, "MOST_PROJECTS", 50)
    connector.sites = {"main": site(jira=SimpleNamespace(project_parts=project_parts))}
    document: Any = None
    found = connector.with_orders("main", document, Catalogue(version_orders=(KNOWN,)), fresh=fresh)
    assert was_asked == asked
    assert {one.project_id: one.versions for one in found.version_orders} == orders
    assert [one.project_id for one in found.version_orders] == sorted(orders)
