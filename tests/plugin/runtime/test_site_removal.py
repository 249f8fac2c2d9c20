"""What goes with a site that is removed; of one that the settings have too its work stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.store import Store
from connectors.store.people import audit
from plugin.runtime import saved_sites
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import remove_site
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
GOES = ["installations", "grants", "consents", "app_webhooks", "issue_sights", "account_people"]


@pytest.mark.parametrize("of_settings", [True, False])
def test_whatever_is_kept_of_a_site_goes_with_it(
    store: Store, of_settings: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[tuple[str, str]] = []

    def forgets(what: str) -> Any:
        return lambda _conn, name: gone.append((what, name))

    for one in GOES:
        monkeypatch.setattr(getattr(saved_sites, one), "forget", forgets(one))
    monkeypatch.setattr(saved_sites.sites, "forget_work", forgets("work"))
    monkeypatch.setattr(saved_sites.sites, "remove", lambda _conn, _name: True)
    monkeypatch.setattr(saved_sites, "_of_settings", lambda _connector, _name: of_settings)
    monkeypatch.setattr(saved_sites, "open_sites", lambda _connector: gone.append(("closed", "")))
    remove_site(Connector(read_settings(env_file=None), store, {}, lambda: NOW), "acme", "edith")
    work = [] if of_settings else [("work", "acme")]
    assert gone == [*((one, "acme") for one in GOES), *work, ("closed", "")]
    with store.read() as conn:
        (entry,) = audit.recent(conn, 9)
    assert (entry.who, entry.what, entry.site, entry.at) == ("edith", "site removed", "acme", NOW)


def test_of_a_site_that_was_never_added_nothing_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("nothing goes")

    for one in GOES:
        monkeypatch.setattr(getattr(saved_sites, one), "forget", never)
    with pytest.raises(Refusal):
        remove_site(Connector(read_settings(env_file=None), store, {}, lambda: NOW), "acme", "edith")
