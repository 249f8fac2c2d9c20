"""The pages over an invented company, and over nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from docs.screenshots.company import Company, seeded
from plugin.pages import pages_blueprint

BROWSER = {"Accept": "text/html"}


def client_of(company: Company) -> FlaskClient:
    app = Flask("pages-under-test")
    app.register_blueprint(pages_blueprint(company))
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = BROWSER["Accept"]
    return client


@pytest.fixture(scope="session")
def company() -> Company:
    return seeded()


@pytest.fixture
def client(company: Company) -> FlaskClient:
    return client_of(company)


@pytest.fixture
def empty_client() -> FlaskClient:
    return client_of(Company())


@pytest.fixture
def client_for():
    return client_of
