"""Settings that are misspelt are named, with the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from plugin.runtime.settings import (
    JiraSettings,
    Settings,
    SettingsError,
    _settings,
    read_settings,
    secret_settings,
)


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


WORD = "hidden-word-77"
ODD = {
    "nothing": "",
    "a blank": "  ",
    "a word": WORD,
    "a line end": f"{WORD}\nsecond-{WORD}",
    "no text": f"\udcff{WORD}",
    "a long number": "9" * 400,
    "no number": "nan",
    "less than nothing": "-1",
    "JSON": f'{{"a": "{WORD}"}}',
    "half a JSON": f"{{{WORD}",
    "an address of somebody": f"https://somebody:{WORD}@acme.example/",
    "two signs": f"postgresql://okr:first@{WORD}@host/okr?password={WORD}",
    "no port": f"http://acme.example:99999999/{WORD}",
    "half an address": f"http://[::1/{WORD}",
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_whatever_stands_in_a_setting_is_taken_or_named_and_never_shown(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting with every odd value: what is wrong is a sentence with its name."""
    tried = sorted(_settings(Settings))
    assert len(tried) > 90
    for name in tried:
        with monkeypatch.context() as given:
            given.setenv("JIRA_OKR_JIRA__URL", "https://acme.atlassian.net")
            given.setenv(name, value)
            said = _told()
            assert not said or name.split("__")[0] in said, f"{name} is not named: {said}"
            assert WORD not in said, name


def _told() -> str:
    try:
        read_settings(env_file=None)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "name",
    ["BASE_URL", "AUTHORIZATION_URL", "GATEWAY_URL", "JIRA__URL", "JIRA__API_BASE", "OIDC__ISSUER", "FORGE__KEYS_URL"],
)  # fmt: skip
def test_an_address_that_is_shown_is_nobodys(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.atlassian.net")
    monkeypatch.setenv(f"JIRA_OKR_{name}", f"https://somebody:{WORD}@acme.example/")
    with pytest.raises(
        SettingsError, match=rf"JIRA_OKR_{name} is not usable .*holds no user and no password"
    ):
        read_settings(env_file=None)


@pytest.mark.parametrize(
    "name", ["AUDIT_PUSH_TOKEN", "MCP_TOKEN", "JIRA__TOKEN", "JIRA__PAT", "JIRA__CLIENT_SECRET"]
)
def test_a_token_with_what_no_header_takes_is_refused_unseen(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library that sends it would say it in its error."""
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.atlassian.net")
    monkeypatch.setenv(f"JIRA_OKR_{name}", f"{WORD}\t\u2019")
    with pytest.raises(SettingsError, match=f"JIRA_OKR_{name} is not usable") as told:
        read_settings(env_file=None)
    assert WORD not in str(told.value)
    monkeypatch.setenv(f"JIRA_OKR_{name}", f" {WORD}\r\n")
    found: object = read_settings(env_file=None)
    for part in name.lower().split("__"):
        found = getattr(found, part)
    assert isinstance(found, SecretStr)
    assert found.get_secret_value() == WORD


def test_a_blank_secret_of_the_webhook_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_OKR_JIRA__URL", "https://acme.atlassian.net")
    monkeypatch.setenv("JIRA_OKR_JIRA__WEBHOOK_SECRET", "  ")
    monkeypatch.setenv("JIRA_OKR_JIRA__FORMER_WEBHOOK_SECRET", "one of before\n \nanother")
    jira = read_settings(env_file=None).jira
    assert jira is not None
    assert jira.webhook_secret is None
    assert jira.former_webhook_secret is not None
    assert jira.former_webhook_secret.get_secret_value().splitlines() == ["one of before", "another"]


def test_a_file_of_settings_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.env").write_bytes(f"JIRA_OKR_SECRET_KEY={WORD}\xfc\n".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"latin\.env cannot be read \(UnicodeDecodeError\)") as told:
        read_settings(str(tmp_path / "latin.env"))
    assert WORD not in str(told.value)


@pytest.mark.parametrize("name", sorted(secret_settings()))
def test_no_file_of_a_secret_ends_in_a_traceback(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "gone", tmp_path, tmp_path / "bytes", tmp_path / ("a" * 400)):
        monkeypatch.setenv(f"{name}_FILE", str(path))
        with pytest.raises(SettingsError, match=f"{name}_FILE names .*, which cannot be read"):
            read_settings(env_file=None)


@pytest.mark.parametrize("name", sorted(secret_settings()))
def test_an_empty_file_of_a_secret_is_no_secret_left_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names a file wants a secret: without a word sessions would be signed by another key, and deliveries be believed by less."""
    (tmp_path / "secret").write_text(" \r\n\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    with pytest.raises(SettingsError, match=f"{name}_FILE names .*, which is empty"):
        read_settings(env_file=None)


def test_a_file_of_a_secret_is_held_to_what_the_setting_is_held_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nul").write_bytes(f"{WORD}\0 and more letters".encode())
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL_FILE", str(tmp_path / "nul"))
    with pytest.raises(SettingsError, match=r"JIRA_OKR_DATABASE_URL_FILE names .*no text") as told:
        read_settings(env_file=None)
    assert WORD not in str(told.value)
