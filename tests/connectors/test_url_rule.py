"""Routes are declared without being compiled, and build the addresses that werkzeug's own build."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError, Rule

from connectors.url_rule import UrlRule

ROUTES = (
    ("/", "home", {}),
    ("/issues/<key>", "issue", {}),
    ("/issues/<key>/fields/<int:number>", "field", {}),
    ("/pages/", "first", {"defaults": {"page": 1}}),
    ("/static/<path:filename>", "file", {}),
)
ADDRESSES = (
    ("home", {}, "/"),
    ("home", {"since": "a day"}, "/?since=a+day"),
    ("issue", {"key": "PLAT 1/ü"}, "/issues/PLAT%201/%C3%BC"),
    ("field", {"key": "PLAT-1", "number": 7, "more": ["a", "b"]}, "/issues/PLAT-1/fields/7?more=a&more=b"),
    ("first", {}, "/pages/"),
    ("file", {"filename": "a/b c.css"}, "/static/a/b%20c.css"),
)


def an_app(rule: type[Rule] = UrlRule) -> Flask:
    app = Flask("routes", static_folder=None)
    app.url_rule_class = rule
    for path, name, more in ROUTES:
        app.add_url_rule(path, name, lambda **_: "", **more)
    return app


@pytest.mark.parametrize(("name", "values", "address"), ADDRESSES)
def test_it_builds_the_addresses_of_its_parent(name: str, values: dict[str, Any], address: str) -> None:
    for rule in (UrlRule, Rule):
        with an_app(rule).test_request_context():
            assert url_for(name, **values) == address
            assert url_for(name, **values) == address


def test_an_address_that_lacks_a_value_is_refused() -> None:
    with an_app().test_request_context(), pytest.raises(BuildError):
        url_for("field", key="PLAT-1")


def test_nothing_is_compiled_until_an_address_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    inherited = Rule._compile_builder

    def counted(self: Rule, append_unknown: bool = True) -> Any:
        compiled.append(self.endpoint)
        return inherited(self, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", counted)
    app = an_app()
    assert app.test_client().get("/issues/PLAT-1").status_code == 200
    assert compiled == []
    with app.test_request_context():
        url_for("issue", key="PLAT-1")
        url_for("issue", key="PLAT-2")
    assert compiled == ["issue"]
