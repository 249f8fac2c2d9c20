"""By which host the connector is reached, that browsers stay on https, and what is no instant."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from plugin.doors.model import Instant


@pytest.mark.parametrize(
    ("host", "status"),
    [("okr.test", 200), ("OKR.test:8443", 200), ("127.0.0.1:8080", 200), ("okr.internal", 200), ("evil.example", 400)],
)  # fmt: skip
def test_a_request_names_a_host_by_which_people_come(house_with, host, status) -> None:
    house = house_with(trusted_hosts=["okr.internal"])
    assert house.browser().get("/sign-in", headers={"Host": host}).status_code == status


def test_another_host_is_refused_in_the_words_of_the_door(house_with) -> None:
    client = house_with().app.test_client()
    answer = client.get("/api/v1/me", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "JIRA_OKR_TRUSTED_HOSTS" in answer.json["detail"]


def test_load_balancers_ask_by_any_address(house) -> None:
    assert house.app.test_client().get("/healthz", headers={"Host": "10.1.2.3:8080"}).status_code == 200


def test_without_base_url_any_host_will_do(house_with) -> None:
    house = house_with(base_url=None)
    assert house.browser().get("/sign-in", headers={"Host": "okr.elsewhere"}).status_code == 200


def test_behind_a_proxy_with_https_browsers_are_told_to_stay_on_it(house_with) -> None:
    house = house_with(base_url="https://okr.test")
    answer = house.browser().get("/sign-in", base_url="http://okr.test")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_over_http_nobody_is_told_so(house) -> None:
    assert "Strict-Transport-Security" not in house.browser().get("/sign-in").headers


@pytest.mark.parametrize("text", ["0.5", "1700000000", "2026-11-22", "yesterday", "2026-11-22T10:00:00"])
def test_what_is_no_instant_is_none(text) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


def test_an_instant_of_the_api_is_refused_where_it_is_a_number(house) -> None:
    browser = house.signed_in("admin")
    assert browser.get("/api/v1/audit?since=0.5").status_code == 422
    assert browser.get("/api/v1/audit?since=2026-11-22T10:00:00Z").status_code == 200
