"""What the library of HTTP raises is told in our words, without its own, which hold addresses and headers.

A certificate, a proxy and a name that cannot be resolved are not at hand for a real server to break; `responses` raises what they raise.
"""

from __future__ import annotations

import pytest
import requests
import responses
from requests import exceptions

from connectors.jira import BasicCredentials, JiraAddress, JiraOutage, Transport

SITE = "https://acme.example"
PATH = "/rest/api/3/issue/10001"
LEAK = "https://bot:very-secret-token@acme.example/?os_password=very-secret-token"


@pytest.fixture
def transport():
    made = Transport(JiraAddress("main", SITE, BasicCredentials("bot@acme.example", "very-secret-token")))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("raised", "message", "remedy", "calls"),
    [
        (
            exceptions.SSLError(LEAK),
            "Jira's TLS certificate is not trusted.",
            "Install the certificate authority of your Jira on this machine, or name its file in JIRA_OKR_JIRA__CA_BUNDLE (REQUESTS_CA_BUNDLE where the settings name no Jira); all authorities that are needed have to be in that file. Where Jira asks for a client's certificate, name it in JIRA_OKR_JIRA__CLIENT_CERT.",
            1,
        ),
        (
            exceptions.ProxyError(LEAK),
            "The proxy refused the connection.",
            "Check HTTPS_PROXY and NO_PROXY. Where the proxy asks for a sign-in, its address holds user and password, as in http://user:password@proxy.acme.example:3128.",
            1,
        ),
        (exceptions.ConnectTimeout(LEAK), "Jira did not answer in time.", None, 1),
        (exceptions.ReadTimeout(LEAK), "Jira did not answer in time.", None, 1),
        (exceptions.ConnectionError(LEAK), "The connection to Jira broke.", None, 2),
        (exceptions.ChunkedEncodingError(LEAK), "The connection to Jira broke.", None, 2),
        (exceptions.InvalidHeader(LEAK), "The call to Jira failed (InvalidHeader).", None, 1),
        (exceptions.ContentDecodingError(LEAK), "The call to Jira failed (ContentDecodingError).", None, 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, requests.RequestException) else "",
)
def test_what_breaks_is_told_in_our_words_and_only_a_broken_read_is_repeated(
    transport, raised, message, remedy, calls
):
    with responses.RequestsMock() as jira:
        jira.get(SITE + PATH, body=raised)
        with pytest.raises(JiraOutage) as caught:
            transport.get(PATH)
        assert len(jira.calls) == calls
    assert caught.value.message == message
    assert remedy is None or caught.value.remedy == remedy
    assert "very-secret-token" not in f"{caught.value!s} {caught.value!r} {caught.value.remedy}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("raised", [exceptions.ConnectionError(LEAK), exceptions.ReadTimeout(LEAK)])
@pytest.mark.parametrize("write", ["put", "post", "delete"])
def test_a_write_that_broke_is_never_sent_again(transport, raised, write):
    with responses.RequestsMock() as jira:
        jira.add(write.upper(), SITE + PATH, body=raised)
        with pytest.raises(JiraOutage):
            transport.delete(PATH) if write == "delete" else getattr(transport, write)(PATH, {"fields": {}})
        assert len(jira.calls) == 1


def test_every_try_is_told_to_the_observer(transport):
    told = []
    transport.observer = lambda call, outcome: told.append((call.method, outcome))
    with responses.RequestsMock() as jira:
        jira.get(SITE + PATH, body=exceptions.ConnectionError(LEAK))
        jira.get(SITE + PATH, json={"id": "10001"})
        assert transport.get(PATH).json() == {"id": "10001"}
    assert told == [("GET", "broken"), ("GET", "ok")]
