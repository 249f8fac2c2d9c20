"""Talking to a site: what fails is told apart, nothing leaks, and nothing goes elsewhere."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import requests

from connectors.jira import (
    AuthFailure,
    BasicCredentials,
    BearerCredentials,
    IncompleteRead,
    Jira,
    JiraAddress,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
    Transport,
    connect,
)
from connectors.jira.http.errors import classify
from connectors.jira.http.governor import CallPermit, Governor, Wait
from connectors.jira.http.transport import new_session

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
PATH = "/rest/api/3/issue/10001"


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (401, {}, b"", AuthFailure),
        (403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, b"", AuthFailure),
        (200, {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}, b"{}", AuthFailure),
        (403, {}, b'{"errorMessages":["no"],"errors":{}}', JiraRefusal),
        (
            404,
            {},
            b'{"timestamp":"x","status":404,"error":"Not Found","message":"No message available"}',
            JiraRefusal,
        ),
        (410, {}, b'{"errorMessages":["removed"],"errors":{}}', JiraRefusal),
        (302, {"Location": "https://elsewhere.example/login"}, b"", JiraOutage),
        *((status, {}, b"<html><title>no</title>", JiraOutage) for status in (400, 403, 404, 410, 413, 451)),
        *((status, {}, b"", JiraOutage) for status in (400, 403, 404)),
        (404, {}, b'["no"]', JiraOutage),
        (404, {}, b"no such page", JiraOutage),
        (429, {"Retry-After": "3"}, b"", RateLimitError),
        *((status, {}, b"<html>", JiraOutage) for status in (408, 409, 425, 500, 502, 503, 504, 522, 599)),
    ],
)
def test_answers_are_told_apart(status, headers, body, kind):
    error = classify(status, headers, body, NOW)
    assert type(error) is kind
    assert error.message


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_good_answer_is_no_error(status):
    assert classify(status, {"X-Seraph-LoginReason": "OK"}, b"", NOW) is None


def test_refused_fields_are_named():
    said = {
        "errorMessages": ["First"],
        "errors": {"customfield_10060": "It is not on the appropriate screen, or unknown."},
    }
    error = classify(400, {}, json.dumps(said).encode(), NOW)
    assert error.fields == {"customfield_10060": "It is not on the appropriate screen, or unknown."}
    assert error.messages == ("First",)
    assert "screen" in error.remedy


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", JiraOutage),
        (b"[]", JiraOutage),
        (b"{", JiraOutage),
        (b"\xff", JiraOutage),
        (b'{"errorMessages": 7, "errors": []}', JiraOutage),
        (b'{"errors": {"a": {"b": 1}}}', JiraRefusal),
        (b"[" * 99_999, JiraOutage),
    ],
)
def test_strange_error_bodies_do_no_harm_and_refuse_nothing(body, kind):
    assert type(classify(400, {}, body, NOW)) is kind


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        (b'{"errorMessages":["Issue does not exist or you do not have permission to see it."]}', True),
        (b'{"errorMessages":[],"errors":{}}', True),
        (b'{"timestamp":"x","status":404,"error":"Not Found","message":"No message available"}', False),
        (b'{"message":"null for uri: /rest/api/2/issue/1","status-code":404}', False),
    ],
)
def test_only_jiras_own_word_says_that_something_is_gone(body, gone):
    assert classify(404, {}, body, NOW).gone is gone


def test_a_limit_tells_its_scope_and_time(stub, answer, transport):
    stub.on(
        "GET", PATH, answer(429, {}, {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"})
    )
    with pytest.raises(RateLimitError) as caught:
        transport.get(PATH)
    assert (caught.value.scope, caught.value.retry_after) == ("site", 1847.0)
    assert caught.value.until is not None


def test_credentials_go_to_the_site_and_into_no_text(stub, answer, transport, address, token, caplog):
    caplog.set_level(logging.DEBUG)
    stub.on("GET", PATH, answer(401, {"errorMessages": ["no"]}))
    with pytest.raises(AuthFailure) as caught:
        transport.get(PATH)
    assert stub.asked[0].headers["Authorization"].startswith("Basic ")
    secret = stub.asked[0].headers["Authorization"].split()[1]
    text = " ".join(
        [
            repr(address),
            repr(transport),
            repr(caught.value),
            str(caught.value),
            caplog.text,
            repr(BearerCredentials(token)),
        ]
    )
    assert token not in text
    assert secret not in text


def test_a_bearer_token_is_sent_as_such(stub, answer, token):
    stub.on("GET", PATH, answer(json={}))
    transport = Transport(JiraAddress("main", stub.url, BearerCredentials(token)))
    transport.get(PATH)
    transport.close()
    assert stub.asked[0].headers["Authorization"] == f"Bearer {token}"


def test_a_netrc_file_does_not_replace_the_credentials(stub, answer, transport, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    stub.on("GET", PATH, answer(json={}))
    transport.get(PATH)
    assert "b3RoZXI6b3RoZXI=" not in stub.asked[0].headers["Authorization"]


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "/rest/api/3/other"])
def test_redirects_are_not_followed(stub, answer, transport, target):
    stub.on("GET", PATH, answer(302, None, {"Location": target}))
    with pytest.raises(JiraOutage, match="redirect"):
        transport.get(PATH)
    assert len(stub.asked) == 1


def test_a_context_path_and_an_api_base_are_kept(stub, answer):
    stub.on("GET", f"/ex/jira/abc{PATH}", answer(json={"id": "10001"}))
    address = JiraAddress(
        "main", "https://acme.example/jira/", BasicCredentials("a", "b"), f"{stub.url}/ex/jira/abc/"
    )
    transport = Transport(address)
    assert transport.get(PATH).json() == {"id": "10001"}
    transport.close()
    assert address.browse("PLAT-1") == "https://acme.example/jira/browse/PLAT-1"


@pytest.mark.parametrize(
    "url",
    [
        "acme.example",
        "ftp://acme.example",
        "https://",
        "https://me:pw@acme.example",
        "https://acme.example/?a=1",
    ],
)
def test_addresses_that_cannot_be_are_refused(url):
    with pytest.raises(ValueError, match="must"):
        JiraAddress("main", url, BasicCredentials("a", "b"))


def test_packed_answers_are_unpacked(stub, answer, transport):
    packed = gzip.compress(b'{"id": "10001"}')
    stub.on("GET", PATH, answer(body=packed, headers={"Content-Encoding": "gzip"}))
    assert transport.get(PATH).json() == {"id": "10001"}


def test_an_answer_beyond_the_size_limit_is_refused_even_packed(stub, answer, address):
    packed = gzip.compress(b" " * 3_000_000)
    stub.on("GET", PATH, answer(body=packed, headers={"Content-Encoding": "gzip"}))
    transport = Transport(address, body_limit=1 << 20)
    with pytest.raises(JiraOutage, match="larger than 1 MiB"):
        transport.get(PATH)
    transport.close()


def test_a_sign_in_page_is_no_answer(stub, answer, transport):
    stub.on("GET", PATH, answer(body=b"<html>Sign in</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(JiraOutage, match="web page"):
        transport.get(PATH)


def test_torn_json_is_an_incomplete_read(stub, answer, transport):
    stub.on("GET", PATH, answer(body=b'{"id": "100'))
    with pytest.raises(IncompleteRead):
        transport.get(PATH).json()


@pytest.mark.parametrize("broken", ["hang_up", "torn"])
def test_a_read_is_repeated_once_when_the_connection_breaks(stub, answer, transport, broken):
    stub.on("GET", PATH, answer(json={"id": "1" * 100}, **{broken: True}), answer(json={"id": "10001"}))
    assert transport.get(PATH).json() == {"id": "10001"}
    assert len(stub.asked) == 2


def test_a_write_is_never_repeated(stub, answer, transport):
    stub.on("PUT", PATH, answer(hang_up=True), answer(204))
    with pytest.raises(JiraOutage):
        transport.put(PATH, {"fields": {}})
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_refusals_are_not_repeated_in_the_thread(stub, answer, transport, status):
    stub.on("GET", PATH, answer(status, {}))
    with pytest.raises((RateLimitError, JiraOutage)):
        transport.get(PATH)
    assert len(stub.asked) == 1


def test_a_site_that_does_not_answer_in_time(stub, answer, address):
    release = threading.Event()

    def serve(asked):
        release.wait(5)
        return answer(json={})

    stub.on("GET", PATH, serve)
    transport = Transport(address, timeout=(0.2, 0.1))
    with pytest.raises(JiraOutage, match="in time"):
        transport.get(PATH)
    release.set()
    transport.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_trickles_is_given_up(token, chunked):
    """Each byte comes in time, and the whole would never come to an end."""
    head = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: 100000\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle():
            client, _ = server.accept()
            with client, suppress(OSError):
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head)
                for _ in range(100):
                    client.sendall(b"1\r\n \r\n" if chunked else b" ")
                    time.sleep(0.05)

        threading.Thread(target=trickle, daemon=True).start()
        where = f"http://127.0.0.1:{server.getsockname()[1]}"
        transport = Transport(JiraAddress("main", where, BasicCredentials("a", token)), timeout=(1, 0.2))
        since = time.monotonic()
        with pytest.raises(JiraOutage, match="did not answer in time"):
            transport.get(PATH)
        assert time.monotonic() - since < 3
        transport.close()


def test_a_site_that_is_down(unused_port):
    transport = Transport(JiraAddress("main", f"http://127.0.0.1:{unused_port}", BasicCredentials("a", "b")))
    with pytest.raises(JiraOutage, match="Nothing answers at the address of Jira"):
        transport.get(PATH)
    transport.close()


def test_threads_have_sessions_of_their_own_and_cookies_do_not_stick(stub, answer, transport):
    stub.on("GET", PATH, answer(json={}, headers={"Set-Cookie": "JSESSIONID=1; Path=/"}))
    sessions = []

    def ask():
        transport.get(PATH)
        transport.get(PATH)
        sessions.append(transport._sessions.mine())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in sessions}) == 3
    transport.close()
    assert not any("Cookie" in asked.headers for asked in stub.asked)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_short_waits_of_the_governor_are_slept_and_long_ones_given_back(stub, answer, address):
    clock, governor = Clock(), Governor(jitter=lambda: 0.0)
    transport = Transport(address, governor=governor, clock=clock, sleep=clock.sleep)
    stub.on(
        "GET",
        PATH,
        answer(429, {}, {"Retry-After": "2", "RateLimit-Reason": "jira-burst-based"}),
        answer(json={}),
        answer(429, {}, {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-global-based"}),
    )
    with pytest.raises(RateLimitError):
        transport.get(PATH)
    assert transport.get(PATH).json() == {}
    assert clock.slept == [pytest.approx(2)]
    with pytest.raises(RateLimitError):
        transport.get(PATH)
    asked = len(stub.asked)
    with pytest.raises(RateLimitError) as caught:
        transport.get(PATH)
    transport.close()
    assert caught.value.retry_after == pytest.approx(1847)
    assert len(stub.asked) == asked


def test_background_work_is_told_to_the_governor(stub, answer, address):
    seen = []

    class Listening:
        def before(self, call, now) -> CallPermit | Wait:
            seen.append(call.background)
            return CallPermit()

        def after(self, call, status, headers, now) -> None: ...

    stub.on("GET", PATH, answer(json={}))
    jira = connect(address, governor=Listening())
    jira.transport.get(PATH)
    jira.in_background().transport.get(PATH)
    jira.transport.close()
    assert seen == [False, True]


def test_the_facade_shows_no_secret(address, token):
    assert token not in repr(Jira(Transport(address)))


def test_a_host_in_capitals_is_the_same_host(stub, answer, transport):
    stub.on("GET", PATH, answer(json={}))
    url = stub.url.replace("127.0.0.1", "LOCALHOST")
    shouting = Transport(JiraAddress("main", url, BasicCredentials("a", "b")))
    assert shouting.get(PATH).json() == {}
    shouting.close()


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "http://127.0.0.1:1/rest", "http://127.0.0.1.evil.example/"]
)
def test_a_session_refuses_every_other_address(address, url):
    session = new_session(address)
    with pytest.raises(requests.exceptions.InvalidURL):
        session.get(url)
    session.close()


def test_proxies_and_certificates_of_the_environment_are_used(monkeypatch, token):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.acme.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.acme.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/acme.pem")
    outside = new_session(JiraAddress("main", "https://acme.example", BearerCredentials(token)))
    inside = new_session(JiraAddress("main", "https://inside.acme.example", BearerCredentials(token)))
    assert outside.proxies["https"] == "http://proxy.acme.example:3128"
    assert "https" not in inside.proxies
    assert outside.verify == "/etc/ssl/acme.pem"
