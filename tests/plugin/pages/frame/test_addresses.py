"""Addresses that nothing can have, on both databases."""

from __future__ import annotations

import pytest
from flask import Flask

from docs.screenshots.company import NOW
from plugin.pages import pages_blueprint
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings


@pytest.mark.parametrize("address", ["/objectives/a%00b", "/why/a%00b", "/?q=a%00b"])
def test_a_name_that_no_database_takes_is_not_here(store, address):
    site = Site(name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None)
    app = Flask("addresses")
    app.register_blueprint(
        pages_blueprint(
            StoredSources(Connector(Settings(_env_file=None), store, {"main": site}, lambda: NOW))
        )
    )
    assert app.test_client().get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/objectives/%ed%a0%80", "/mapping/main/diff?before=%00", "/mapping/main/revisions/%00", "/sites/%00"],
)
def test_nor_where_things_are_changed(admin, address):
    assert admin.get(address).status_code == 404
