"""What somebody would try who means harm: keys that everybody knows, forged sessions, floods, other people's links."""

from __future__ import annotations

import hashlib

import pytest
from flask.sessions import TaggedJSONSerializer
from itsdangerous import URLSafeTimedSerializer

from connectors.store.database.instant import to_ms
from plugin.access import audit_export
from plugin.access.authentication import throttle
from plugin.access.authentication.secret_key import FILE, signing_key
from plugin.runtime.composition import path_token
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import NewSite, settings_of
from plugin.runtime.settings import SettingsError, read_settings


@pytest.mark.parametrize("blank", ["", "   ", "\t"])
def test_a_key_left_blank_is_none(tmp_path, blank) -> None:
    """Else everybody could sign sessions with it: it is blank in the example of the settings."""
    settings = read_settings(
        env_file=None, database_url=f"sqlite:///{tmp_path}/okr.sqlite3", secret_key=blank
    )
    assert settings.secret_key is None
    assert signing_key(settings) != hashlib.sha256(b"sessions:" + blank.encode()).digest()
    assert (tmp_path / FILE).exists()
    assert path_token("main", settings) is None
    sealed = vault(settings).seal({"token": "one"})
    assert vault(settings).open(sealed) == {"token": "one"}


@pytest.mark.parametrize("key", ["secret", "changeme", "x" * 15, "short," + "x" * 40, ",", "a" * 15 + ", "])
def test_a_key_that_can_be_guessed_is_refused(key) -> None:
    with pytest.raises(SettingsError, match="JIRA_OKR_SECRET_KEY") as refused:
        read_settings(env_file=None, secret_key=key)
    assert key not in str(refused.value).replace(", ", "")


def test_a_short_key_of_former_times_may_stand_behind_a_new_one() -> None:
    assert read_settings(env_file=None, secret_key="a long new key 1,short").secret_key is not None


def test_a_session_signed_with_the_key_of_the_example_opens_nothing(house_with) -> None:
    house = house_with(secret_key="")
    account = house.account("admin")
    at = to_ms(house.clock())
    claim = {
        "account": account.id,
        "generation": 0,
        "since": to_ms(account.created_at),
        "id": "x",
        "begun": at,
        "seen": at,
    }
    key = hashlib.sha256(b"sessions:").digest()
    signer = URLSafeTimedSerializer(
        key,
        salt="cookie-session",
        serializer=TaggedJSONSerializer(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )
    browser = house.browser()
    browser.client.set_cookie("jira_okr", signer.dumps(claim), domain="localhost")
    assert not browser.is_in()


def test_an_address_that_is_no_text_is_nobodys(postgres_store, tmp_path, house) -> None:
    house = type(house)(postgres_store, tmp_path)
    answer = house.browser().sign_in("lee\0@acme.example", "correct horse battery staple")
    assert answer.status_code == 401


def test_somebody_who_chooses_an_address_each_time_is_held_all_the_same(house_with) -> None:
    """A proxy may pass on `X_Forwarded_For`, which servers cannot tell from its own header; and there are many addresses."""
    house = house_with(trusted_proxies=1)
    house.account("viewer")
    house.account("editor")
    stranger = house.browser()
    codes = []
    for number in range(throttle.PER_ACCOUNT + 1):
        stranger.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"10.0.{number // 250}.{number % 250}"
        codes.append(stranger.sign_in("viewer@acme.example", "a guess of somebody").status_code)
    assert codes == [401] * throttle.PER_ACCOUNT + [429]
    assert stranger.sign_in("editor@acme.example", "correct horse battery staple").status_code == 302
    house.clock.forward(minutes=16)
    assert house.browser().sign_in("viewer@acme.example", "correct horse battery staple").status_code == 302


def test_one_address_cannot_hold_an_account_for_others(house_with) -> None:
    house = house_with(trusted_proxies=1)
    house.account("viewer")
    stranger, owner = house.browser(), house.browser()
    stranger.client.environ_base["HTTP_X_FORWARDED_FOR"] = "10.0.0.1"
    for _ in range(throttle.PER_ACCOUNT + 5):
        stranger.sign_in("viewer@acme.example", "a guess of somebody")
    owner.client.environ_base["HTTP_X_FORWARDED_FOR"] = "10.0.0.2"
    assert owner.sign_in("viewer@acme.example", "correct horse battery staple").status_code == 302


@pytest.fixture
def federated(house_with):
    """A house whose provider is away."""
    oidc = {"issuer": "http://127.0.0.1:9/realm", "client_id": "okr", "client_secret": "a client secret"}
    return house_with(oidc=oidc)


@pytest.mark.parametrize("path", ["/sign-in/oidc", "/sign-in/oidc/callback?error=access_denied&state=x"])
def test_a_link_from_elsewhere_signs_nobody_out(federated, path) -> None:
    browser = federated.signed_in("viewer")
    answer = browser.get(path)
    assert (answer.status_code, answer.location) == (302, "/")
    assert browser.is_in()


def test_a_flood_of_made_up_answers_does_not_fill_the_audit_log(federated) -> None:
    stranger = federated.browser()
    for number in range(throttle.PER_ADDRESS + 20):
        path = f"/sign-in/oidc/callback?error=e&error_description={number}&state=x"
        assert stranger.get(path).status_code == 403
    assert len(federated.log()) == throttle.PER_ADDRESS
    federated.account("viewer")
    assert (
        federated.browser().sign_in("viewer@acme.example", "correct horse battery staple").status_code == 302
    )
    federated.clock.forward(minutes=16)
    stranger.get("/sign-in/oidc/callback?error=late&state=x")
    assert [what for _, what, _ in federated.log()][:2] == ["sign-in failed", "signed in"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/",
        "http://0.0.0.0:8080",
        "http://224.0.0.1",
    ],
)
@pytest.mark.parametrize("name", ["url", "api_base"])
def test_addresses_that_are_never_jira_are_not_asked(house, url, name) -> None:
    """A cloud machine answers there with credentials of its own."""
    given = {"url": "https://acme.example", name: url}
    with pytest.raises(Refusal, match="is no Jira"):
        settings_of(house.connector, NewSite("acme", email="a@acme.example", token="t", **given))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "https://10.1.2.3/jira", "http://[fd12::5]/", "http://jira"]
)
def test_addresses_of_ones_own_network_are_asked(house, url) -> None:
    found = settings_of(house.connector, NewSite("acme", url, email="a@acme.example", token="t"))
    assert str(found.url).startswith(url.rstrip("/"))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1+1",
        "\uff0bA1",
        "\uff0dA1",
        "\uff20A1",
    ],
)
def test_no_spreadsheet_takes_a_text_for_a_formula(text) -> None:
    assert audit_export.cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-1.5", "+3", "-1e9", "plain", "a=b", ""])
def test_numbers_and_plain_texts_stay_as_they_are(text) -> None:
    assert audit_export.cell(text) == text
