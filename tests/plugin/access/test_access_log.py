"""The access log: who asked for what, by the template of the route, never by the address."""

from __future__ import annotations

import pytest

SECRET = "an-unguessable-end-of-a-path"


class Lines:
    """What is logged, in the place of the log."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []

    def info(self, event: str, **values: object) -> None:
        self.told.append({"event": event, **values})


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    made = Lines()
    monkeypatch.setattr("plugin.doors.access_log.log", made)
    return made


def test_each_request_is_a_line_without_what_its_address_holds(house_with, lines: Lines) -> None:
    house = house_with(access_log="on")
    viewer = house.signed_in("viewer")
    lines.told.clear()
    viewer.client.get("/account?q=hidden-word")
    viewer.client.get("/audit")
    house.app.test_client().post(f"/webhooks/jira/main/{SECRET}", data=b"{}")
    house.app.test_client().get(f"/set-up/{SECRET}")
    house.app.test_client().get(f"/nowhere/{SECRET}")
    told = [(one["route"], one["status"], one["account"]) for one in lines.told]
    assert told[:2] == [("/account", 200, 1), ("/audit", 403, 1)]
    assert [route for route, _, _ in told[2:]] == [
        "/webhooks/jira/<site>/<path_token>",
        "/set-up/<link>",
        "(no route)",
    ]
    assert SECRET not in str(lines.told)
    assert "hidden-word" not in str(lines.told)


def test_it_is_off_unless_asked_for(house, lines: Lines) -> None:
    house.browser().get("/sign-in")
    assert lines.told == []
