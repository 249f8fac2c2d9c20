"""The access log: who asked for what, by the template of the route, never by the address."""

from __future__ import annotations

from structlog.testing import capture_logs

SECRET = "an-unguessable-end-of-a-path"


def test_each_request_is_a_line_without_what_its_address_holds(house_with) -> None:
    house = house_with(access_log="on")
    viewer = house.signed_in("viewer")
    with capture_logs() as lines:
        viewer.client.get("/account?q=hidden-word")
        viewer.client.get("/audit")
        house.app.test_client().post(f"/webhooks/jira/main/{SECRET}", data=b"{}")
        house.app.test_client().get(f"/set-up/{SECRET}")
        house.app.test_client().get(f"/nowhere/{SECRET}")
    told = [(one["route"], one["status"], one["account"]) for one in lines if one["event"] == "request"]
    assert told[:2] == [("/account", 200, 1), ("/audit", 403, 1)]
    assert [route for route, _, _ in told[2:]] == [
        "/webhooks/jira/<site>/<path_token>",
        "/set-up/<link>",
        "(no route)",
    ]
    assert SECRET not in str(lines)
    assert "hidden-word" not in str(lines)


def test_it_is_off_unless_asked_for(house) -> None:
    with capture_logs() as lines:
        house.browser().get("/sign-in")
    assert [one for one in lines if one["event"] == "request"] == []
