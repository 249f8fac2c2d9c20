"""What a number among the settings may be, and what it is where nobody sets it: tried at each edge, and one step beyond."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from plugin.runtime.settings import (
    ForgeSettings,
    JiraSettings,
    MailSettings,
    MetricConnectionSettings,
    MetricSettings,
    NotifySettings,
    OidcSettings,
    Settings,
    SignedWebhookSettings,
)

LIMITS: dict[str, tuple[float | None, float, float | None, float]] = {
    "trusted_proxies": (0, 0, 10, 1),
    "port": (8080, 0, 65_535, 1),
    "health_port": (None, 1, 65_535, 1),
    "workers": (2, 0, 64, 1),
    "http_threads": (8, 1, 64, 1),
    "http_processes": (1, 1, 32, 1),
    "heavy_processes": (2, 1, 16, 1),
    "gather_seconds": (0.2, 0, 10, 0.01),
    "quiet_seconds": (0.4, 0, 60, 0.01),
    "ceiling_seconds": (5.0, 0, 600, 0.01),
    "lease_seconds": (120.0, 1, 3600, 0.01),
    "heartbeat_seconds": (10.0, 0.1, 300, 0.01),
    "datacenter_calls_per_second": (20.0, 0.1, 1000, 0.01),
    "recent_minutes": (5, 0, 527_040, 1),
    "resync_minutes": (360, 0, 527_040, 1),
    "keep_deliveries_days": (7, 1, 36_500, 1),
    "keep_history_days": (90, 1, 36_500, 1),
    "keep_daily_history_days": (730, 1, 36_500, 1),
    "keep_daily_steps": (250_000, 0, 2_000_000_000, 1),
    "keep_audit_days": (730, 1, 36_500, 1),
    "keep_sign_ins_days": (None, 1, 36_500, 1),
}
"""What it is by itself, the least, the most, and the step from one to the next."""
WORDS: dict[str, object] = {
    "database_url": "sqlite:///data/okr.sqlite3",
    "authorization_url": "https://auth.atlassian.com/",
    "gateway_url": "https://api.atlassian.com/",
    "local_accounts": "on",
    "second_factor": "optional",
    "trusted_hosts": (),
    "host": "127.0.0.1",
    "kpi_metrics": False,
    "mcp": "off",
    "log_format": "plain",
    "access_log": "off",
    "metrics": MetricSettings(http_hosts=(), connections={}),
    "notify": NotifySettings(mail=None, slack={}, teams={}, google_chat={}, webhook={}, hosts=()),
}
"""What the others are where they are something."""


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("JIRA_OKR_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", LIMITS)
def test_a_number_is_taken_from_its_least_to_its_most(name: str) -> None:
    by_itself, least, most, step = LIMITS[name]
    assert getattr(Settings(), name) == by_itself
    for value in (least, most if most is not None else 100_000):
        assert getattr(Settings.model_validate({name: value}), name) == value
    for value in (least - step, most + step if most is not None else "many"):
        with pytest.raises(ValidationError, match=name):
            Settings.model_validate({name: value})


def test_every_setting_has_its_row_here_or_is_nothing_by_itself() -> None:
    plain = Settings()
    for name in Settings.model_fields:
        value = getattr(plain, name)
        if name in WORDS:
            assert (value if not hasattr(value, "scheme") else str(value)) == WORDS[name], name
        elif name not in LIMITS:
            assert value is None, name


@pytest.mark.parametrize(
    ("port", "taken"), [(0, False), (1, True), (65_535, True), (65_536, False), (587, True)]
)
def test_mail_goes_to_a_port_that_there_is(port: int, taken: bool) -> None:
    given = {"host": "m", "sender": "okr@acme.example", "port": port}
    if taken:
        assert MailSettings.model_validate(given).port == port
    else:
        with pytest.raises(ValidationError, match="port"):
            MailSettings.model_validate(given)


@pytest.mark.parametrize(
    ("part", "given", "wrong"),
    [
        (MailSettings, {"host": "", "sender": "okr@acme.example"}, "host"),
        (MailSettings, {"host": "m", "sender": "okr"}, "sender"),
        (MailSettings, {"host": "m", "sender": "OKR <okr@acme.example>"}, "sender"),
        (OidcSettings, {"issuer": "ldap://id.acme.example", "client_id": "a", "client_secret": "b"}, "issuer"),
        (ForgeSettings, {"app_id": "ari:cloud:ecosystem::app/12"}, "app_id"),
        (MetricSettings, {"http_host": ("metrics.acme.example",)}, "http_host"),
        (JiraSettings, {"url": "https://ada:word@acme.example"}, "url"),
        (JiraSettings, {"url": "https://acme.example", "api_base": "somewhere"}, "api_base"),
        (JiraSettings, {"url": "https://acme.example", "token": "Bearer abc"}, "token"),
        (Settings, {"local_accounts": "off"}, "local_accounts"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_name(
    part: type[BaseModel], given: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ValidationError) as error:
        part.model_validate(given)
    assert [str(one["loc"][0]) for one in error.value.errors()] == [wrong]


def test_parts_are_what_they_are_by_themselves() -> None:
    mail = MailSettings(host="m", sender="okr@acme.example")
    assert (mail.port, mail.security, mail.user, mail.password) == (587, "starttls", None, SecretStr(""))
    oidc = OidcSettings(issuer="https://id.acme.example", client_id="a", client_secret=SecretStr("b"))
    assert (oidc.label, oidc.scope, oidc.role_claim, oidc.roles, oidc.default_role) == (
        "single sign-on",
        "openid email profile",
        None,
        {},
        "viewer",
    )
    jira = JiraSettings.model_validate({"url": "https://acme.example"})
    assert (jira.name, jira.grant, jira.email, jira.token, jira.api_base) == (
        "main",
        "client_credentials",
        None,
        None,
        None,
    )
    nobody = MetricConnectionSettings()
    assert (nobody.host, nobody.user, nobody.token, nobody.password, nobody.url) == (
        ("", "") + (SecretStr(""),) * 3
    )
    app = ForgeSettings(app_id="ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000")
    assert str(app.keys_url) == "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"


@pytest.mark.parametrize(
    ("secret", "taken"),
    [
        ("x" * 15, False),
        ("x" * 16, True),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", True),
        ("whsec_no Base64 at all", False),
    ],
)
def test_a_secret_that_signs_is_long_enough_and_what_it_says_to_be(secret: str, taken: bool) -> None:
    given = {"url": "https://hook.acme.example", "secret": secret}
    if taken:
        assert SignedWebhookSettings.model_validate(given).secret.get_secret_value() == secret
    else:
        with pytest.raises(ValidationError, match="secret"):
            SignedWebhookSettings.model_validate(given)


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        ("", None),
        ("  ", None),
        ("abcdefgh" * 2, True),
        ("abcdefgh" * 2 + ",short", True),
        ("abcdefg" * 2 + "h", False),
        ("abcdef" * 2 + "abcd", True),
        ("abcde" * 4, False),
        (",abcdefghabcdefgh", False),
    ],
)
def test_the_key_is_long_and_of_many_characters_up_to_the_first_comma(key: str, taken: bool | None) -> None:
    if taken is False:
        with pytest.raises(ValidationError, match="secret_key"):
            Settings.model_validate({"secret_key": key})
        return
    found = Settings.model_validate({"secret_key": key}).secret_key
    assert (found.get_secret_value() if found else None) == (key if taken else None)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://logs.acme.example/in", "https://logs.acme.example/in"),
        (" https://logs.acme.example ", "https://logs.acme.example"),
        ("http://logs.acme.example:8080", "http://logs.acme.example:8080"),
        ("", None),
        ("  ", None),
        ("ftp://logs.acme.example", ValueError),
        ("https://", ValueError),
        ("https://ada@logs.acme.example", ValueError),
        ("https://logs.acme.example:0", ValueError),
        ("https://logs.acme.example:99999", ValueError),
    ],
)
def test_the_audit_log_goes_to_an_address(url: str, taken: object) -> None:
    if taken is ValueError:
        with pytest.raises(ValidationError, match="is no address that the audit log can be sent to"):
            Settings.model_validate({"audit_push_url": url})
    else:
        assert Settings.model_validate({"audit_push_url": url}).audit_push_url == taken


def test_where_people_reach_it_and_which_engine_it_is(tmp_path: Path) -> None:
    assert Settings().public_url == "http://127.0.0.1:8080"
    set_ = Settings.model_validate({"base_url": "https://okr.acme.example/"})
    assert set_.public_url == "https://okr.acme.example"
    for url, engine, name in (
        ("sqlite:///a", None, "embedded"),
        ("postgresql://h/d", None, "procrastinate"),
        ("postgresql://h/d", "embedded", "embedded"),
    ):
        assert Settings.model_validate({"database_url": url, "engine": engine}).engine_name == name
    assert Settings().authority is None
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    jira = {"url": "https://jira.acme.example", "ca_bundle": str(bundle)}
    assert Settings.model_validate({"jira": jira}).authority == str(bundle)


@pytest.mark.parametrize(
    ("given", "oauth", "consent", "gateway"),
    [
        ({}, False, False, True),
        ({"email": "a@acme.example"}, False, False, False),
        ({"pat": "p"}, False, False, False),
        ({"client_id": "c"}, True, False, True),
        ({"client_id": "c", "email": "a@acme.example"}, True, False, True),
        ({"client_id": "c", "grant": "authorization_code"}, True, True, True),
        ({"client_id": "c", "token": "t"}, False, False, True),
        ({"client_id": "c", "pat": "p"}, False, False, False),
        ({"grant": "authorization_code"}, False, False, True),
        ({"email": "a@acme.example", "api_base": "gateway"}, False, False, True),
        ({"client_id": "c", "api_base": "https://jira.acme.example"}, True, False, False),
    ],
)
def test_by_what_a_site_is_signed_in_to_and_where_its_api_is(
    given: dict[str, str], oauth: bool, consent: bool, gateway: bool
) -> None:
    jira = JiraSettings.model_validate({"url": "https://acme.example", **given})
    assert (jira.by_oauth, jira.by_consent, jira.by_gateway) == (oauth, consent, gateway)
