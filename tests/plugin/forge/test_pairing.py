"""Pairing: a code made in the connector, typed into Jira by somebody who administers the very Jira that the site is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.jira import BearerCredentials, JiraAddress, connect
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.people import audit, sign_in_attempts
from connectors.store.schema import forge_installation
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings
from plugin.use_cases.forge.pairing import list_installations, make_code, unpair
from tests.forge import APP_ID, PRODUCTION
from tests.forge_company import ADMIN_TOKEN, NORTH, READER_TOKEN, SOUTH, World

MOMENT = datetime(2026, 11, 29, 9, tzinfo=UTC)
BY_ADMIN = {"x-forge-oauth-user": ADMIN_TOKEN}


@pytest.fixture
def unpaired(world: World) -> World:
    """Nothing is paired, and nobody has tried."""
    with world.connector.store.write() as conn:
        installations.forget(conn, "main")
        sign_in_attempts.forget(conn, f"forge:{NORTH}")
    return world


def code(world: World, site: str = "main") -> str:
    return make_code(world.connector, COMMAND_LINE, site).shown


def typed(world: World, text: Any, tokens: dict[str, str] = BY_ADMIN, **changes: Any) -> Any:
    return world.post("/api/pair", "okr-admin", {"code": text}, tokens=tokens, **changes)


def test_a_jira_admin_pairs_with_a_code(unpaired: World) -> None:
    text = code(unpaired)
    assert len(text) == 11
    answer = typed(unpaired, f" {text.lower()} ")
    assert (answer.status_code, answer.json) == (200, {"site": "main"})
    (found,) = list_installations(unpaired.connector, COMMAND_LINE, "main")
    assert (found.environment, found.cloud_id, found.uninstalled_at) == ("PRODUCTION", NORTH, None)
    assert unpaired.audited()[:2] == ["Forge app paired", "Forge pairing code made"]


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["detail"]


def test_whoever_does_not_administer_jira_is_refused(unpaired: World) -> None:
    text = code(unpaired)
    assert refusal(typed(unpaired, text, {"x-forge-oauth-user": READER_TOKEN})) == (
        422,
        "Only a Jira admin may pair the app.",
    )
    assert typed(unpaired, text, {}).status_code == 422
    assert typed(unpaired, text, {"x-forge-oauth-user": "made-up"}).status_code == 422
    assert unpaired.installation() is None
    assert typed(unpaired, text).status_code == 200, "the code is unused yet"


def test_a_code_is_used_once(unpaired: World) -> None:
    text = code(unpaired)
    assert typed(unpaired, text).status_code == 200
    assert typed(unpaired, text).status_code == 422


def test_another_code_takes_the_place_of_the_first(unpaired: World) -> None:
    first, second = code(unpaired), code(unpaired)
    assert typed(unpaired, first).status_code == 422
    assert typed(unpaired, second).status_code == 200


def test_a_code_holds_for_a_quarter_of_an_hour(unpaired: World) -> None:
    text = code(unpaired)

    def later(**amount: int) -> World:
        moved = replace(unpaired.connector, clock=lambda: unpaired.connector.clock() + timedelta(**amount))
        return World(moved, unpaired.sandbox, unpaired.forge, create_app(moved))

    assert typed(later(minutes=15), text).status_code == 422
    assert typed(later(minutes=14, seconds=50), text).status_code == 200


@pytest.mark.parametrize("text", ["", "AAAAA-AAAAA", "x", "'; drop table", "A" * 41, 7, None, ["A"]])
def test_what_is_no_code_pairs_nothing(unpaired: World, text: Any) -> None:
    code(unpaired)
    assert typed(unpaired, text).status_code in (400, 422)
    assert unpaired.installation() is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": "A", "site": "south"}', b"\xff", b"[" * 5000])
def test_a_body_of_another_shape_is_400(unpaired: World, body: bytes) -> None:
    answer = unpaired.post("/api/pair", "okr-admin", body, tokens=BY_ADMIN)
    assert (answer.status_code, answer.content_type) == (400, "application/json")


def test_guessing_ends(unpaired: World) -> None:
    text = code(unpaired)
    for _ in range(10):
        assert "wrong" in typed(unpaired, "22222-22222").json["detail"]
    assert "Too many" in typed(unpaired, text).json["detail"]
    assert unpaired.installation() is None


def test_a_code_for_another_jira_pairs_nothing(unpaired: World) -> None:
    address = JiraAddress(
        "far",
        unpaired.sandbox.url,
        BearerCredentials("a token"),
        f"{unpaired.forge.gateway}/ex/jira/{SOUTH}",
        deployment="cloud",
    )
    sites = unpaired.connector.sites
    sites["far"] = replace(sites["main"], name="far", jira=connect(address))
    try:
        answer = typed(unpaired, code(unpaired, "far"))
    finally:
        del sites["far"]
    assert refusal(answer) == (422, f"The code is for {unpaired.sandbox.url}, which is another Jira.")
    assert unpaired.installation() is None


def test_there_is_no_code_for_a_data_center(unpaired: World) -> None:
    address = JiraAddress(
        "own", "https://jira.acme.example", BearerCredentials("a token"), deployment="datacenter"
    )
    sites = unpaired.connector.sites
    sites["own"] = replace(sites["main"], name="own", jira=connect(address))
    try:
        with pytest.raises(Refusal, match="Data Center"):
            make_code(unpaired.connector, COMMAND_LINE, "own")
    finally:
        del sites["own"]


def test_there_is_no_code_without_an_app(unpaired: World) -> None:
    plain = unpaired.connector.settings.model_copy(update={"forge": None})
    with pytest.raises(Refusal, match="JIRA_OKR_FORGE__APP_ID"):
        make_code(replace(unpaired.connector, settings=plain), COMMAND_LINE, "main")


@pytest.mark.parametrize(
    ("kept", "now", "left"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net/", ["main"]),
        ("https://acme.atlassian.net/", "https://acme.atlassian.net", ["main"]),
        ("https://acme.atlassian.net", "https://other.atlassian.net", []),
        ("https://acme.example/jira", "https://acme.example/jira2", []),
        (None, "https://other.atlassian.net", ["main"]),
    ],
)
def test_settings_that_name_another_jira_unpair_the_app_in_the_former(
    tmp_path: Path, kept: str | None, now: str, left: list[str]
) -> None:
    """`kept` None: paired before the address was kept, so that it is learnt at the first start."""

    def started(url: str) -> Connector:
        given = {"url": url, "email": "bot@acme.example", "token": "t"}
        settings = read_settings(None, database_url=f"sqlite:///{tmp_path}/okr.sqlite3", jira=given)
        return build_connector(settings, lambda: MOMENT)

    first = started(now if kept is None else kept)
    with first.store.write() as conn:
        key = InstallationKey(APP_ID, PRODUCTION, NORTH)
        installations.pair(conn, key, "PRODUCTION", "x", "main", MOMENT, url=kept or "")
        if kept is None:
            conn.execute(forge_installation.update().values(url=None))
    first.store.close()
    second = started(now)
    with second.store.read() as conn:
        assert [one.site for one in installations.of_site(conn, "main")] == left
        told = [(one.who, one.what) for one in audit.recent(conn, 10)]
    assert told == ([] if left else [("settings", "Forge app unpaired")])
    second.store.close()


def test_unpaired_it_is_turned_away(world: World) -> None:
    assert unpair(world.connector, COMMAND_LINE, "main") == 1
    assert world.post("/lifecycle", "app-lifecycle", {}).status_code == 403
    assert world.post("/lifecycle", "app-lifecycle", {}, **world.south()).status_code == 204
    assert unpair(world.connector, COMMAND_LINE, "main") == 0
