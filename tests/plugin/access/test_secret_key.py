"""The key of the sessions where the settings have none."""

from __future__ import annotations

import threading

import pytest

from plugin.access.authentication.secret_key import FILE, kept_or_made, signing_key
from plugin.runtime.connector import Refusal
from plugin.runtime.settings import read_settings


def test_it_is_made_once_for_its_owner_alone(tmp_path) -> None:
    settings = read_settings(env_file=None, database_url=f"sqlite:///{tmp_path}/data/okr.sqlite3")
    first = signing_key(settings)
    path = tmp_path / "data" / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text().strip()) >= 64
    assert signing_key(settings) == first
    assert [one.name for one in path.parent.iterdir()] == [FILE]


def test_processes_that_start_together_use_the_same(tmp_path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept_or_made(tmp_path / FILE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_who_comes_second_uses_what_the_first_made(tmp_path, monkeypatch) -> None:
    def late(_length: int) -> str:
        (tmp_path / FILE).write_text("of the first\n")
        return "of the second"

    monkeypatch.setattr("plugin.access.authentication.secret_key.secrets.token_urlsafe", late)
    assert kept_or_made(tmp_path / FILE) == "of the first"
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_the_setting_rules_and_is_not_used_as_it_is(tmp_path) -> None:
    settings = read_settings(
        env_file=None, database_url=f"sqlite:///{tmp_path}/okr.sqlite3", secret_key="given by an operator"
    )
    assert signing_key(settings) != b"given by an operator"
    assert not (tmp_path / FILE).exists()


def test_with_a_database_elsewhere_it_is_kept_in_data(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(env_file=None, database_url="postgresql://okr:secret@db.example/okr")
    signing_key(settings)
    assert (tmp_path / "data" / FILE).exists()


def test_a_session_outlives_a_restart(house_with) -> None:
    before = house_with(secret_key=None)
    browser = before.signed_in("viewer")
    cookie = browser.client.get_cookie("jira_okr", domain="localhost")
    after = house_with(secret_key=None).browser()
    after.client.set_cookie("jira_okr", cookie.value, domain="localhost")
    assert after.is_in()


def test_where_none_can_be_kept_or_read_it_is_said_without_what_stands_there(tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / FILE).mkdir()
    (tmp_path / "strange").write_bytes(b"hidden-\xff-word")
    for path in (tmp_path / "file" / FILE, tmp_path / FILE, tmp_path / "strange"):
        with pytest.raises(Refusal, match="JIRA_OKR_SECRET_KEY is not set, and none can be kept in") as said:
            kept_or_made(path)
        assert str(path) in str(said.value)
        assert "hidden" not in str(said.value)
