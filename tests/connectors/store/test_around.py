"""The smaller memories: catalogue, sites, audit, accounts, tokens, limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.store import Store
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.people import accounts, audit, tokens
from connectors.store.sites import catalogues, sites
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import JiraValue

HOUR = timedelta(hours=1)


def test_the_catalogue_is_kept_until_it_is_forgotten(store: Store, now: datetime) -> None:
    catalogue = Catalogue(fields=(Field("customfield_1", "Points", options=(JiraValue("1", "A"),)),))
    with store.write() as conn:
        assert (catalogues.get(conn, "main"), catalogues.is_known(conn, "main")) == (None, False)
        catalogues.put(conn, "main", Catalogue(), now)
        catalogues.put(conn, "main", catalogue, now + HOUR)
        assert (catalogues.get(conn, "main"), catalogues.read_at(conn, "main")) == (catalogue, now + HOUR)
        assert catalogues.get(conn, "other") is None
        catalogues.forget(conn, "main")
        assert (catalogues.is_known(conn, "main"), catalogues.read_at(conn, "main")) == (False, None)


def test_sites_keep_their_secrets_to_themselves(store: Store, now: datetime) -> None:
    with store.write() as conn:
        sites.put(conn, "main", {"url": "https://jira.example.com"}, b"cipher", now)
        sites.put(conn, "main", {"url": "https://jira.example.org"}, b"c2", now + HOUR)
        found = sites.get(conn, "main")
        assert found is not None
        assert (found.settings["url"], found.credentials) == ("https://jira.example.org", b"c2")
        assert (found.created_at, found.updated_at) == (now, now + HOUR)
        assert "c2" not in repr(found)
        assert [saved.name for saved in sites.load_all(conn)] == ["main"]
        assert sites.remove(conn, "main")
        assert sites.get(conn, "main") is None
        assert not sites.remove(conn, "main")


def test_the_audit_log_reads_newest_first_page_by_page(store: Store, now: datetime) -> None:
    with store.write() as conn:
        for number in range(5):
            audit.note(conn, "ada", f"act {number}", now + number * HOUR, {"number": number}, "main")
        first = audit.recent(conn, 2)
        second = audit.recent(conn, 2, before_id=first[-1].id)
        assert [entry.what for entry in (*first, *second)] == ["act 4", "act 3", "act 2", "act 1"]
        assert first[0].detail == {"number": 4}


def test_accounts_are_found_by_address_without_case(store: Store, now: datetime) -> None:
    with store.write() as conn:
        assert not accounts.has_open(conn, "admin")
        ada = accounts.add(conn, "Ada@Example.com", "Ada", "admin", "$argon2id$x", now)
        assert ada is not None
        assert accounts.add(conn, "ada@example.COM ", "Other", "viewer", None, now) is None
        accounts.set_role(conn, ada, "editor")
        accounts.set_password(conn, ada, "$argon2id$y")
        accounts.disable(conn, ada, now)
        found = accounts.by_email(conn, "ADA@example.com")
        assert found == accounts.get(conn, ada)
        assert found is not None
        assert (found.role, found.password_hash, found.disabled_at) == ("editor", "$argon2id$y", now)
        assert "argon2" not in repr(found)
        accounts.enable(conn, ada)
        assert [account.disabled_at for account in accounts.load_all(conn)] == [None]


def test_a_token_holds_until_it_expires_or_is_revoked_or_its_account_is_disabled(
    store: Store, now: datetime
) -> None:
    with store.write() as conn:
        ada = accounts.add(conn, "ada@example.com", "Ada", "admin", None, now)
        assert ada is not None
        token_id = tokens.add(conn, ada, "ci", "hash-1", ["read", "write"], now, now + HOUR)
        token = tokens.valid(conn, "hash-1", now)
        assert token is not None
        assert (token.id, token.scopes) == (token_id, {"read", "write"})
        assert tokens.valid(conn, "hash-2", now) is None
        assert tokens.valid(conn, "hash-1", now + HOUR) is None
        tokens.note_use(conn, token, now)
        assert [found.last_used_at for found in tokens.load_all(conn, ada)] == [now]
        accounts.disable(conn, ada, now)
        assert tokens.valid(conn, "hash-1", now) is None
        assert tokens.revoke(conn, token_id)
        assert tokens.load_all(conn) == []


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(store: Store, now: datetime) -> None:
    with store.write() as conn:
        ada = accounts.add(conn, "ada@example.com", "Ada", "admin", None, now)
        assert ada is not None
        tokens.add(conn, ada, "ci", "h", [], now)
        for seconds in (0, 59, 60):
            at = now + timedelta(seconds=seconds)
            token = tokens.valid(conn, "h", at)
            assert token is not None
            tokens.note_use(conn, token, at)
            noted = tokens.load_all(conn)[0].last_used_at
            assert noted == (at if seconds != 59 else now)


def test_what_is_paired_with_another_address_is_to_be_unpaired_whichever_comes_first(
    store: Store, now: datetime
) -> None:
    key = InstallationKey("app", "production", "cloud")
    with store.write() as conn:
        installations.pair(conn, key, "PRODUCTION", "1", "main", now, url="https://m.example.com/")
        held = {
            (site, url): installations.holds(conn, site, url)
            for site in ("main", "other")
            for url in ("https://a.example.com", "https://m.example.com", "https://z.example.com")
        }
        assert [one for one, holds in held.items() if not holds] == [
            ("main", "https://a.example.com"),
            ("main", "https://z.example.com"),
        ]
        assert installations.hold_to(conn, "other", "https://z.example.com") == 0
        assert installations.hold_to(conn, "main", "https://m.example.com") == 0
        assert installations.hold_to(conn, "main", "https://a.example.com") == 1
