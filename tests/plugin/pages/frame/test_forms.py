"""What is wrong with a form stands at its field and in the summary above, and what was typed comes back, but for secrets."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

ADDRESS = "Write an e-mail address, for example lee@acme.example."
SITE = {"url": "https://acme.example", "name": "acme", "email": "bot@acme.example", "token": "t0p-secret"}
REFUSED = (
    ("/people", {"email": "nobody", "name": "Lee", "role": "editor"}, {"email": ADDRESS}),
    ("/people", {"email": "", "name": "Lee"}, {"email": ADDRESS}),
    (
        "/people",
        {"email": "lee@acme.example", "role": "owner"},
        {"role": "'owner' is no role. Roles: viewer, editor, admin."},
    ),
    (
        "/account/tokens",
        {"name": "", "scope": "write", "days": "30"},
        {"name": "Give the token a name that says what uses it, for example: nightly export."},
    ),
    (
        "/account/tokens",
        {"name": "nightly export", "days": "30"},
        {"scope": "Nothing is no scope. Choose one or more of: read, write, admin, people."},
    ),
    (
        "/account/tokens",
        {"name": "nightly export", "scope": "read", "days": "ever"},
        {"days": "A token lasts 1 to 366 days."},
    ),
    (
        "/account/password",
        {"current": "", "password": "a", "again": "b"},
        {
            "current": "Type the password that you have now.",
            "again": "The two new passwords are not the same. Type both again.",
        },
    ),
    (
        "/account/password",
        {"current": "wrong", "password": "some quite long words", "again": "some quite long words"},
        {"current": "The current password is not right."},
    ),
    (
        "/setup",
        {**SITE, "name": "Acme", "deployment": "datacenter"},
        {"name": "The name of a site is made of small letters, digits and dashes, for example acme."},
    ),
    (
        "/setup",
        {**SITE, "token": " ", "token_expires": "soon"},
        {
            "token": "Give a token; it is not shown again, so type it anew where something else was wrong.",
            "token_expires": "soon is no day. Write it as year-month-day, for example 2027-03-01.",
        },
    ),
    (
        "/setup",
        {**SITE, "api_base": "there"},
        {
            "api_base": "there is no address. Write it as the browser shows it, for example https://acme.atlassian.net."
        },
    ),
)
OFFERED = {"owner": None, "ever": None}
"""What no select offers is not chosen there."""
SECRET = {"password", "again", "current", "token"}


@pytest.mark.parametrize(("address", "typed", "wrong"), REFUSED)
def test_a_refusal_stands_at_its_field(admin, address, typed, wrong):
    answer = admin.post(address, **typed)
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    summary = page.select_one("[role=alert]")
    led_to = {link["href"].removeprefix("#"): link.parent.get_text() for link in summary.select("a")}
    assert {name: said.partition(": ")[2] for name, said in led_to.items()} == wrong
    assert {one["id"].removeprefix("mistake-"): one.get_text() for one in page.select(".mistake")} == wrong
    for name in wrong:
        assert f"mistake-{name}" in page.select_one(f"#{name}")["aria-describedby"].split()
    assert {name: shown(page, name) for name in typed if name not in SECRET} == {
        name: OFFERED.get(value, value) for name, value in typed.items() if name not in SECRET
    }
    assert [one.get("value") for one in page.select("[type=password]") if one.get("value")] == []


def shown(page: BeautifulSoup, name: str) -> str | None:
    """What a field of a page holds now."""
    chosen = page.select_one(f"main [name={name}][checked], main select#{name} option[selected]")
    field = chosen or page.select_one(f"main input#{name}")
    return field.get("value") if field is not None else None


def test_a_site_is_removed_only_where_its_name_is_typed(admin, world):
    page = BeautifulSoup(
        admin.post("/sites/main/remove", confirm="man").get_data(as_text=True), "html.parser"
    )
    assert page.select_one("#mistake-confirm") is None  # the site of the settings has no such form
    assert page.select_one("[role=alert]").get_text() == (
        "Type main to confirm: Nothing was removed: type main to confirm it."
    )
    assert "main" in world.connector.sites


def test_signing_in_says_nothing_in_part_and_keeps_where_to_go(world):
    from plugin.runtime.application import create_app

    client = create_app(world.connector).test_client()
    page = BeautifulSoup(client.get("/sign-in?next=/kpis").text, "html.parser")
    token = page.select_one("[name=csrf_token]")["value"]
    sent = {"csrf_token": token, "email": " lee@acme.example ", "password": "", "next": "/kpis"}
    answer = client.post("/sign-in", data=sent)
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 401
    assert page.select_one("[role=alert]").get_text() == (
        "That e-mail address and password do not go together here. Try again, or ask an admin for a new password."
    )
    assert page.select(".mistake") == []
    assert page.select_one("#email")["value"] == "lee@acme.example"
    assert page.select_one("[name=next]")["value"] == "/kpis"
