"""Tokens for trying an account before anything is kept, what is forgotten of a site that changed, and that no token reaches the log."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.jira.sign_in.authorization import GrantedTokens, LostConsent, OAuthClient
from connectors.store import Store
from plugin.runtime import granted_tokens
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.granted_tokens import AttemptTokens, basis_of, client_of, clients_of
from plugin.runtime.processes.logs import SecretFilter
from plugin.runtime.settings import JiraSettings, Settings, read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CONSENT, SERVICE = "authorization_code", "client_credentials"


def jira(**more: Any) -> JiraSettings:
    given = {"url": "https://acme.example", "client_id": "an id", "client_secret": "a secret", **more}
    return JiraSettings.model_validate({name: value for name, value in given.items() if value is not None})


def tokens(access: str, refresh: str = "") -> GrantedTokens:
    return GrantedTokens(access=access, refresh=refresh, expires=NOW, scopes=("read:jira-work",))


def told(line: str) -> str:
    return SecretFilter()(None, "info", line)


class Server:
    """Atlassian's authorisation server, which counts."""

    def __init__(self) -> None:
        self.asked: list[tuple[OAuthClient, datetime]] = []

    def by_credential(self, client: OAuthClient, now: datetime) -> GrantedTokens:
        self.asked.append((client, now))
        return tokens(f"granted-token-{len(self.asked)}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(granted_tokens, "server_of", lambda _settings: made)
    return made


def test_a_service_account_is_granted_a_token_once_and_it_stays_out_of_the_log(server: Server) -> None:
    tried = AttemptTokens(Settings(), jira(grant=SERVICE), NOW)
    assert (tried.token(), tried.token()) == ("granted-token-1", "granted-token-1")
    assert server.asked == [(OAuthClient("an id", "a secret"), NOW)]
    assert not tried.refused("granted-token-1")
    assert told("with granted-token-1 at hand") == "with *** at hand"
    assert tried.scope_remedy == granted_tokens.SERVICE_SCOPES


def test_what_somebody_allowed_is_at_hand_or_has_to_be_allowed_first(server: Server) -> None:
    held = AttemptTokens(Settings(), jira(grant=CONSENT), NOW, tokens("held-access-1", "held-refresh-1"))
    assert held.token() == "held-access-1"
    assert told("held-access-1 held-refresh-1 held-other-1") == "*** *** held-other-1"
    assert held.scope_remedy == granted_tokens.CONSENT_SCOPES
    nothing = AttemptTokens(Settings(), jira(grant=CONSENT), NOW)
    with pytest.raises(LostConsent) as error:
        nothing.token()
    assert error.value.message == "Nobody has allowed the app to work with this Jira yet."
    assert error.value.remedy == granted_tokens.ALLOW
    assert server.asked == []


def test_an_app_has_an_id_and_a_secret_and_perhaps_a_former_one() -> None:
    present = OAuthClient("an id", "a secret")
    assert clients_of(jira()) == (present,)
    assert clients_of(jira(former_client_secret="before")) == (present, OAuthClient("an id", "before"))
    for half in ({"client_id": None}, {"client_secret": None}):
        with pytest.raises(Refusal, match="A client id and its secret belong together"):
            client_of(jira(**half))


def test_a_grant_is_of_one_jira_one_app_and_one_way() -> None:
    ours = basis_of(jira())
    assert len(ours) == 32
    same = [{"url": "https://acme.example/"}, {"client_secret": "another"}]
    other = [{"url": "https://other.example"}, {"client_id": "another"}, {"grant": CONSENT}]
    assert {basis_of(jira(**one)) for one in same} == {ours}
    assert len({ours, *(basis_of(jira(**one)) for one in other)}) == 4


def test_of_a_site_that_changed_nothing_is_kept_and_of_others_everything(store: Store) -> None:
    connector = Connector(read_settings(env_file=None), store, {}, lambda: NOW)
    kept: Any = SimpleNamespace()
    for worked_out in (connector._bound, connector._notifying, connector._sights):
        worked_out.update(main=kept, other=kept)  # type: ignore[call-arg]
    connector.forget("main")
    connector.forget("nowhere")
    for worked_out in (connector._bound, connector._notifying, connector._sights):
        assert worked_out == {"other": kept}
