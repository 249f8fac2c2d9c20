"""The first account: a one-time link, no default password."""

from __future__ import annotations

import re

import pytest

from connectors.store.people import accounts, set_up_links
from plugin.access.authorization.actor import COMMAND_LINE, NOBODY
from plugin.access.authorization.refusal import AccessRefusal
from plugin.use_cases.accounts import set_up

PASSWORD = "correct horse battery staple"
FORM = {"email": "lee@acme.example", "name": "Lee", "password": PASSWORD, "again": PASSWORD}


def printed(house) -> str:
    """The path of the link that `serve` prints."""
    said = set_up.invite(house.connector, COMMAND_LINE, "http://127.0.0.1:1")
    found = re.search(r"http://okr\.test(/set-up/\S+)", said)
    assert found, said
    return found.group(1)


def test_the_link_makes_an_admin_who_is_signed_in(house) -> None:
    link = printed(house)
    browser = house.browser()
    answer = browser.post(link, link, **FORM)
    assert (answer.status_code, answer.location) == (302, "/")
    assert browser.get("/audit").status_code == 200
    assert house.log()[0] == ("lee@acme.example", "first account made", {"account": "lee@acme.example"})
    assert set_up.invite(house.connector, COMMAND_LINE, "http://127.0.0.1:1") is None


def test_the_link_works_once(house) -> None:
    link = printed(house)
    late = house.browser()
    token = re.search(r'csrf_token" value="([^"]+)', late.get(link).text).group(1)
    house.browser().post(link, link, **FORM)
    again = late.client.post(link, data={**FORM, "csrf_token": token, "email": "mallory@acme.example"})
    assert again.status_code == 410
    assert late.get(link).status_code == 410
    with house.connector.store.read() as conn:
        assert [one.email for one in accounts.load_all(conn)] == ["lee@acme.example"]


def test_of_two_who_use_it_together_one_gets_it(house) -> None:
    text = printed(house).rpartition("/")[2]
    set_up.make_first_account(house.connector, NOBODY, text, "lee@acme.example", "Lee", PASSWORD)
    with pytest.raises(AccessRefusal, match="used or has run out"):
        set_up.make_first_account(house.connector, NOBODY, text, "mallory@acme.example", "", PASSWORD)


def test_the_link_runs_out(house) -> None:
    link = printed(house)
    house.clock.forward(hours=24)
    assert house.browser().get(link).status_code == 410


def test_a_later_start_replaces_the_link(house) -> None:
    first, second = printed(house), printed(house)
    assert house.browser().get(first).status_code == 410
    assert house.browser().get(second).status_code == 200


def test_a_guess_is_no_link_and_takes_nothing_away(house) -> None:
    link = printed(house)
    assert house.browser().get("/set-up/guess").status_code == 410
    with pytest.raises(AccessRefusal):
        set_up.make_first_account(house.connector, NOBODY, "guess", "lee@acme.example", "Lee", PASSWORD)
    assert house.browser().get(link).status_code == 200


def test_only_a_hash_of_the_link_is_kept(house) -> None:
    text = printed(house).rpartition("/")[2]
    with house.connector.store.read() as conn:
        assert text not in str(set_up_links.get(conn))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"again": "another"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"email": "nobody"}, "Write an e-mail address"),
        ({"email": "a b@acme.example"}, "Write an e-mail address"),
    ],
)
def test_a_slip_leaves_the_link_unused(house, fields, said) -> None:
    link = printed(house)
    browser = house.browser()
    answer = browser.post(link, link, **{**FORM, **fields})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert browser.post(link, link, **FORM).status_code == 302


def test_the_sign_in_page_says_where_the_link_is_while_there_is_nobody(house) -> None:
    assert "Nobody administers this connector yet" in house.browser().get("/sign-in").text
    house.account("admin")
    assert "Nobody administers this connector yet" not in house.browser().get("/sign-in").text


def test_without_base_url_the_link_leads_to_where_it_is_served(house_with) -> None:
    house = house_with(base_url=None)
    assert "http://127.0.0.1:4711/set-up/" in set_up.invite(
        house.connector, COMMAND_LINE, "http://127.0.0.1:4711"
    )
