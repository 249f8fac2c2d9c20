"""Settings that are misspelt are named, with the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.runtime.settings import JiraSettings, SettingsError, read_settings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("JIRA_OKR_PROT", "JIRA_OKR_PORT"),
        ("JIRA_OKR_DATABSE_URL", "JIRA_OKR_DATABASE_URL"),
        ("JIRA_OKR_JIRA_URL", "JIRA_OKR_JIRA__URL"),
        ("JIRA_OKR_OIDC_ISSUER", "JIRA_OKR_OIDC__ISSUER"),
        ("JIRA_OKR_JIRA__TOKN", "JIRA_OKR_JIRA__TOKEN"),
        ("JIRA_OKR_KEEP_AUDIT", "JIRA_OKR_KEEP_AUDIT_DAYS"),
    ],
)
def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as said:
        read_settings(None)
    assert f"{name} is no setting. Did you mean {meant}?" in str(said.value).splitlines()
    monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(f"{name}=1\n")
    with pytest.raises(SettingsError) as said:
        read_settings(str(tmp_path / ".env"))
    assert f"{name} is no setting. Did you mean {meant}?" in str(said.value).splitlines()


@pytest.mark.parametrize(
    "name", ["JIRA_OKR_SERVICE_HOST", "JIRA_OKR_SERVICE_PORT", "JIRA_OKR_PORT_8080_TCP", "OTHER_PROT"]
)
def test_what_kubernetes_adds_and_what_others_read_is_let_be(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert read_settings(None).port == 8080


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_OKR_WORKERS", "many")
    monkeypatch.setenv("JIRA_OKR_HOTS", "0.0.0.0")
    with pytest.raises(SettingsError) as said:
        read_settings(None)
    assert [line.split()[0] for line in str(said.value).splitlines()] == ["JIRA_OKR_WORKERS", "JIRA_OKR_HOTS"]


def test_another_file_of_settings_is_named_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "other.env"
    file.write_text("JIRA_OKR_PORT=4711\nJIRA_OKR_WORKERS=3\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("JIRA_OKR_PORT=9\n")
    monkeypatch.setenv("JIRA_OKR_ENV_FILE", str(file))
    monkeypatch.setenv("JIRA_OKR_WORKERS", "5")
    assert (read_settings().port, read_settings().workers) == (4711, 5)
    monkeypatch.setenv("JIRA_OKR_ENV_FILE", str(tmp_path / "gone.env"))
    with pytest.raises(SettingsError, match=r"JIRA_OKR_ENV_FILE names .*gone\.env, which is no file here"):
        read_settings()


def test_a_secret_may_come_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("key", "a key of many letters\n"),
        ("token", "a-token-of-jira"),
        ("url", "sqlite:///here.db\n"),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.atlassian.net")
    monkeypatch.setenv("JIRA_OKR_JIRA__TOKEN_FILE", str(tmp_path / "token"))
    found = read_settings(env_file=None)
    assert found.secret_key is not None
    assert found.secret_key.get_secret_value() == "a key of many letters"
    assert found.database_url == "sqlite:///here.db"
    assert found.jira is not None
    assert found.jira.token is not None
    assert found.jira.token.get_secret_value() == "a-token-of-jira"
    assert str(found.jira.url) == "https://acme.atlassian.net/"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "SECRET_KEY_FILE",
            "/nowhere/key",
            "JIRA_OKR_SECRET_KEY_FILE names /nowhere/key, which cannot be read",
        ),
        ("TRUSTED_HOSTS", "okr.internal", "JIRA_OKR_TRUSTED_HOSTS is not usable (its value is no JSON)"),
        ("NOTIFY__SLACK", "https://hooks.slack.test/hidden-word", "JIRA_OKR_NOTIFY__SLACK is not usable"),
        ("SECRET_KEY", "a" * 16, "at least 6 different characters"),
        (
            "AUDIT_PUSH_URL",
            "syslog+tcp://siem.test:hidden-word",
            "JIRA_OKR_AUDIT_PUSH_URL is not usable",
        ),
    ],
)
def test_what_cannot_be_read_is_a_sentence_without_the_value(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"JIRA_OKR_{name}", value)
    with pytest.raises(SettingsError) as told:
        read_settings(env_file=None)
    assert said in str(told.value)
    assert "hidden-word" not in str(told.value)


def test_secrets_that_have_names_come_by_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("METRICS__CONNECTIONS", '{"figures": {"host": "metrics.test", "token": "hidden-word"}}'),
        ("NOTIFY__SLACK", '{"okr": "https://hooks.slack.test/hidden-word"}'),
    ):
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(f"JIRA_OKR_{name}_FILE", str(tmp_path / name))
    found = read_settings(env_file=None)
    assert found.metrics.connections["figures"].token.get_secret_value() == "hidden-word"
    assert found.notify.slack["okr"].get_secret_value() == "https://hooks.slack.test/hidden-word"
    (tmp_path / "NOTIFY__SLACK").write_text("https://hooks.slack.test/hidden-word")
    with pytest.raises(
        SettingsError, match=r"JIRA_OKR_NOTIFY__SLACK_FILE names .*, which holds no JSON"
    ) as told:
        read_settings(env_file=None)
    assert "hidden-word" not in str(told.value)


@pytest.mark.parametrize("name", ["HOST", "NOTIFY__HOSTS", "JIRA__EMAIL"])
def test_the_file_of_what_is_no_secret_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.example")
    monkeypatch.setenv(f"JIRA_OKR_{name}_FILE", str(tmp_path / "file"))
    with pytest.raises(SettingsError, match=rf"{name}_FILE is no setting\. Secrets alone may come by a file"):
        read_settings(env_file=None)


def test_a_secret_is_not_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("a key of many letters")
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY", "another key of many letters")
    with pytest.raises(SettingsError, match="are both set"):
        read_settings(env_file=None)


@pytest.mark.parametrize(
    ("given", "granted"),
    [
        ({"client_id": "robot"}, True),
        ({"client_id": "robot", "token": "lasting"}, False),
        ({"client_id": "robot", "pat": "lasting"}, False),
        ({"pat": "lasting"}, False),
        ({"token": "lasting"}, False),
        ({}, False),
    ],
)
def test_tokens_are_granted_to_an_app_that_has_none_that_lasts(given: dict[str, str], granted: bool) -> None:
    assert JiraSettings.model_validate({"url": "https://acme.example", **given}).by_oauth is granted


@pytest.mark.parametrize(
    ("given", "taken"),
    [("gateway", "gateway"), ("", None), ("https://api.acme.example", "https://api.acme.example/")],
)
def test_where_the_api_is(given: str, taken: str | None) -> None:
    assert JiraSettings.model_validate({"url": "https://acme.example", "api_base": given}).api_base == taken
