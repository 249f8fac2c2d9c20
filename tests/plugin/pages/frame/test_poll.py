"""An open page asks by what it knows: it is answered with nothing while only ages went on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from docs.screenshots.company import seeded

LOOK = {"X-Poll": "1"}


@pytest.mark.parametrize("address", ["/", "/kpis", "/health", "/review", "/scorecard"])
def test_a_page_on_which_only_time_went_by_is_not_sent_again(client_for, address: str) -> None:
    company = seeded()
    client: FlaskClient = client_for(company)
    first = client.get(address, headers=LOOK)
    etag = first.headers["ETag"]
    assert etag.startswith('W/"')
    again = client.get(address, headers={**LOOK, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_ages_are_no_news_and_numbers_are(client_for, monkeypatch: pytest.MonkeyPatch) -> None:
    company = seeded()
    client: FlaskClient = client_for(company)
    first = client.get("/health", headers=LOOK)
    then = company.now() + timedelta(seconds=7)
    monkeypatch.setattr(company, "now", lambda: then)
    assert client.get("/health").data != first.data
    known = {**LOOK, "If-None-Match": first.headers["ETag"]}
    assert client.get("/health", headers=known).status_code == 304
    assert client.get("/?q=zzz", headers=known).status_code == 200


def test_a_visit_takes_the_page_as_it_is(client: FlaskClient) -> None:
    """A browser that kept a page would show old ages, and forms that are too old to be sent."""
    assert "ETag" not in client.get("/").headers


def test_pages_that_show_numbers_look_again_by_themselves(client: FlaskClient) -> None:
    for address in ("/", "/objectives/GROW-4", "/kpis", "/kpis/p1-bugs", "/review", "/health", "/scorecard"):
        assert re.search(r'<main [^>]*data-live="5000"', client.get(address).text), address
    assert "data-live" not in client.get("/objectives/NOPE-1").text
