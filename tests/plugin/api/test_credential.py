"""The day on which a site's token expires, by API."""

from __future__ import annotations

from typing import Any

from connectors.sandbox import CONNECTOR


def test_a_day_comes_back_as_it_was_given(own_api: Any) -> None:
    site = {
        "name": "second",
        "url": own_api.sandbox.url,
        "email": CONNECTOR.email,
        "token": CONNECTOR.token,
    }
    for wrong in ("soon", "2020-01-01"):
        assert own_api.call("POST", "/sites", {**site, "token_expires": wrong}).status_code in (400, 409, 422)
    assert "second" not in own_api.connector.sites
    added = own_api.call("POST", "/sites", {**site, "token_expires": "2099-03-01"})
    assert (added.status_code, added.json["token_expires"]) == (201, "2099-03-01")
    assert own_api.get("/sites/second")["token_expires"] == "2099-03-01"
    assert own_api.get("/sites/main")["token_expires"] is None
    assert own_api.call("POST", "/sites/second/test").json["token_expires"] == "2099-03-01"
    assert own_api.get("/sites/second/status")["credential_expires"] == "2099-03-01"
    assert own_api.get("/sites/main/status")["credential_expires"] is None
    path = "/sites/second/credential"
    assert own_api.call("PUT", path, {"token": "wrong", "token_expires": "2099-09-01"}).status_code == 502
    assert own_api.call("PUT", path, {"token_expires": "2099-09-01"}, role="editor").status_code == 403
    assert own_api.get("/sites/second")["token_expires"] == "2099-03-01"
    renewed = own_api.call("PUT", path, {"token": CONNECTOR.token, "token_expires": "2099-09-01"})
    assert (renewed.status_code, renewed.json["token_expires"]) == (200, "2099-09-01")
    assert CONNECTOR.token not in renewed.text
    assert own_api.call("PUT", path, {}).json["token_expires"] is None
    assert own_api.call("PUT", "/sites/main/credential", {}).status_code == 409
