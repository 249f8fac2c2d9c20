"""What goes with a site that is removed; of one that the settings have too its work stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from connectors.store import Store
from connectors.store.people import audit
from connectors.store.schema import project_sight
from connectors.store.visibility import counted_spans, past_sights
from connectors.store.visibility.counted_spans import CountedSpan
from plugin.runtime import saved_sites
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import remove_site
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
GOES = [
    "installations",
    "grants",
    "consents",
    "app_webhooks",
    "issue_sights",
    "account_people",
    "past_sights",
]


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


def test_what_objectives_counted_stays_with_their_history_and_what_people_saw_goes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = CountedSpan("7", "8", 1, 2)
    with store.write() as conn:
        counted_spans.note_past(conn, "acme", [span])
        past_sights.note(conn, "acme", "ada", ["10"], NOW)
    monkeypatch.setattr(saved_sites.sites, "remove", lambda _conn, _name: True)
    monkeypatch.setattr(saved_sites, "open_sites", lambda _connector: None)
    remove_site(Connector(read_settings(env_file=None), store, {}, lambda: NOW), "acme", "edith")
    with store.read() as conn:
        assert counted_spans.load_all(conn, "acme") == [span]
        assert conn.execute(select(project_sight)).all() == []


def test_of_a_site_that_was_never_added_nothing_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("nothing goes")

    for one in GOES:
        monkeypatch.setattr(getattr(saved_sites, one), "forget", never)
    with pytest.raises(Refusal):
        remove_site(Connector(read_settings(env_file=None), store, {}, lambda: NOW), "acme", "edith")
