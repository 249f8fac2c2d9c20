"""SECRET_KEY is changed in two steps: the new key before the former one, then, once all is sealed anew, the new one alone."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from connectors.clock import system_clock
from connectors.store import Store
from connectors.store.sites import sites
from plugin.access.authentication.secret_key import signing_key
from plugin.cli import cli
from plugin.runtime.composition import path_token
from plugin.runtime.credentials_vault import CredentialsVault
from plugin.runtime.settings import Settings, read_settings

OLD, NEW = "the former key of this test", "the new key of this very test"


def settings(keys: str) -> Settings:
    return read_settings(None, secret_key=keys)


def test_what_is_derived_changes_with_the_first_key_alone() -> None:
    before, between, after = settings(OLD), settings(f"{NEW}, {OLD}"), settings(NEW)
    assert signing_key(before) != signing_key(between) == signing_key(after)
    assert path_token("main", before) != path_token("main", between) == path_token("main", after)


@pytest.fixture
def sealed(sqlite_store: Store) -> Store:
    """A store with a site whose credentials the former key sealed."""
    ciphertext = CredentialsVault(OLD).seal({"email": "a@acme.example", "token": "t"})
    with sqlite_store.write() as conn:
        sites.put(conn, "acme", {"url": "http://127.0.0.1:9"}, ciphertext, system_clock())
    return sqlite_store


def reseal(store: Store, keys: str) -> Result:
    url = store.engine.url.render_as_string(hide_password=False).replace("+pysqlite", "")
    environment = {"JIRA_OKR_DATABASE_URL": url, "JIRA_OKR_SECRET_KEY": keys}
    return CliRunner().invoke(cli, ["site", "reseal"], env=environment)


def test_stored_credentials_are_sealed_with_the_first_key_so_that_the_former_one_can_go(
    sealed: Store,
) -> None:
    assert reseal(sealed, NEW).exit_code == 1
    for _ in range(2):
        told = reseal(sealed, f"{NEW},{OLD}")
        assert (told.exit_code, told.output) == (0, "Sealed with the first key: acme.\n")
    with sealed.read() as conn:
        kept = sites.get(conn, "acme")
    assert kept is not None
    assert CredentialsVault(NEW).open(kept.credentials or b"") == {"email": "a@acme.example", "token": "t"}
    assert kept.settings == {"url": "http://127.0.0.1:9"}
