"""Which addresses may be asked, with what words the others are refused, and what goes out and is taken in where one is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.deadline import Deadline
from connectors.deadline import cut_off as cut_off_after
from connectors.metrics.basis import connections
from connectors.metrics.basis.connections import (
    LARGEST_BODY,
    MOST_REDIRECTS,
    AllowedHosts,
    ConnectionFailure,
    NamedConnection,
    get_json,
    post,
    post_json,
    require_allowed,
)

HOSTS = (
    "metrics.acme.example",
    "http://plain.acme.example",
    "ported.acme.example:9090",
    "http://both.acme.example:8080",
    "https://written.acme.example",
    "*.below.acme.example",
    "203.0.114.7",
    "10.0.0.5",
    "169.254.169.254",
)
ALONE = "the address is none of http or https with a host alone"
ADD = "Add {} to JIRA_OKR_METRICS__HTTP_HOSTS (with http:// before it where it may be plain)."
LISTED = "Add the address itself to JIRA_OKR_METRICS__HTTP_HOSTS if it may be asked."


def refusal(outside: AllowedHosts, url: str) -> tuple[str, str, bool] | None:
    try:
        require_allowed(outside, url)
    except ConnectionFailure as error:
        return error.reason, error.remedy, error.refused
    return None


@pytest.mark.parametrize(
    "url",
    [
        "https://metrics.acme.example",
        "https://metrics.acme.example:443/figures?day=1",
        "http://plain.acme.example/figures",
        "http://plain.acme.example:80",
        "https://ported.acme.example:9090/",
        "http://both.acme.example:8080",
        "https://both.acme.example:8080",
        "https://written.acme.example",
        "https://a.below.acme.example",
        "https://a.b.below.acme.example",
        "https://203.0.114.7",
        "https://10.0.0.5",
    ],
)
def test_a_host_is_asked_at_its_port_and_plainly_where_that_is_said(url: str) -> None:
    assert refusal(AllowedHosts(HOSTS), url) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://metrics.acme.example", "http://metrics.acme.example:80"),
        ("http://metrics.acme.example:443", "http://metrics.acme.example:443"),
        ("https://metrics.acme.example:8443", "https://metrics.acme.example:8443"),
        ("https://plain.acme.example", "https://plain.acme.example:443"),
        ("http://plain.acme.example:443", "http://plain.acme.example:443"),
        ("https://ported.acme.example", "https://ported.acme.example:443"),
        ("http://ported.acme.example:9090", "http://ported.acme.example:9090"),
        ("http://both.acme.example", "http://both.acme.example:80"),
        ("http://written.acme.example", "http://written.acme.example:80"),
        ("https://below.acme.example", "https://below.acme.example:443"),
        ("https://notbelow.acme.example", "https://notbelow.acme.example:443"),
        ("https://acme.example", "https://acme.example:443"),
        ("https://xmetrics.acme.example", "https://xmetrics.acme.example:443"),
    ],
)
def test_any_other_host_or_port_is_refused_with_what_to_add(url: str, host: str) -> None:
    assert refusal(AllowedHosts(HOSTS), url) == (
        f"{host} is none of the hosts that may be asked",
        ADD.format(host.partition("://")[2]),
        True,
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://metrics.acme.example", ALONE),
        ("metrics.acme.example", ALONE),
        ("https://", ALONE),
        ("https://somebody@metrics.acme.example", ALONE),
        ("https://:word@metrics.acme.example", ALONE),
        ("https://metrics.acme.example:0", "metrics.acme.example:0 is no host"),
        ("https://metrics.acme.example:65536", "metrics.acme.example:65536 is no host"),
        ("https://metrics.acme.example:x", "metrics.acme.example:x is no host"),
        ("https://[metrics", "it is no address"),
        ("https://metrics.acme.example/a b", "it holds blanks, or signs that are not shown"),
        ("https://metrics.acme.example/\u00a0", "it holds blanks, or signs that are not shown"),
        ("https://metrics.acme.example/\u200b", "it holds blanks, or signs that are not shown"),
        ("https://metrics.acme.example\n", "it holds blanks, or signs that are not shown"),
    ],
)
def test_what_is_no_address_is_refused_for_good(url: str, reason: str) -> None:
    assert refusal(AllowedHosts(HOSTS), url) == (reason, "", True)


def test_a_number_is_asked_where_it_is_public_or_listed_and_never_that_of_a_machine() -> None:
    machine = "169.254.169.254 is at 169.254.169.254, an address where machines talk to their cloud"
    assert refusal(AllowedHosts(HOSTS), "https://169.254.169.254") == (machine, "", True)
    assert refusal(AllowedHosts(HOSTS, private=True), "https://169.254.169.254") == (machine, "", True)
    below = AllowedHosts(("*.0.0.6",))
    private = "10.0.0.6 is at 10.0.0.6, an address of a private network"
    assert refusal(below, "https://10.0.0.6") == (private, LISTED, True)
    assert refusal(AllowedHosts(("*.0.0.6",), private=True), "https://10.0.0.6") is None
    assert refusal(AllowedHosts(("https://10.0.0.6", "*.0.0.6")), "https://10.0.0.6") is None
    # a name is not looked up before it is asked
    assert refusal(AllowedHosts(("nowhere.invalid",)), "https://nowhere.invalid") is None


def test_the_setting_that_a_refusal_names_is_the_one_where_hosts_are_listed() -> None:
    outside = AllowedHosts(("*.0.0.6",), setting="JIRA_OKR_OTHER__HOSTS")
    for url, begins in (("https://a.example", "Add a.example:443 to "), ("https://10.0.0.6", "Add the address itself to ")):  # fmt: skip
        found = refusal(outside, url)
        assert found is not None
        assert found[1].startswith(f"{begins}JIRA_OKR_OTHER__HOSTS ")


class Listener:
    """A server that notes what reaches it and answers what it was told, redirects included."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status, self.body, self.location = 200, b'{"n": 7}', ""
        self.redirects = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                posted = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                listener.asked.append((self.command, self.path, dict(self.headers), posted))
                leads_on = listener.redirects > 0
                listener.redirects -= 1
                self.send_response(listener.status if leads_on or not listener.location else 200)
                if leads_on:
                    self.send_header("Location", listener.location)
                self.send_header("Content-Length", str(len(listener.body)))
                self.send_header("X-Invented", "told")
                self.end_headers()
                self.wfile.write(listener.body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.httpd = HTTPServer(("127.0.0.1", 0), Handler)
        self.netloc = f"127.0.0.1:{self.httpd.server_port}"
        self.url = f"http://{self.netloc}"

    def leads(self, status: int, location: str, times: int) -> None:
        self.status, self.location, self.redirects = status, location, times


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    thread = threading.Thread(target=made.httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.httpd.shutdown()
    made.httpd.server_close()
    thread.join()


def test_what_is_asked_for_says_who_asks_and_for_what(listener: Listener) -> None:
    outside = AllowedHosts((listener.url,))
    assert get_json(outside, f"{listener.url}?day=1&n=%20", 5, None) == (200, {"n": 7})
    assert get_json(outside, f"{listener.url}/figures", 5, None) == (200, {"n": 7})
    (method, path, headers, posted), (_, second, _, _) = listener.asked
    assert (method, path, posted, second) == ("GET", "/?day=1&n=%20", b"", "/figures")
    assert (headers["Accept"], headers["User-Agent"]) == ("application/json", "jira-okr")
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        (NamedConnection(host="127.0.0.1", token="an invented token"), "Bearer an invented token"),
        (NamedConnection(host="127.0.0.1", user="ada", password="a word"), "Basic YWRhOmEgd29yZA=="),
        (NamedConnection(host="127.0.0.1", user="ada", token="first"), "Bearer first"),
        (NamedConnection(host="127.0.0.1", password="a word"), None),
        (NamedConnection(host="elsewhere.example"), None),
    ],
)
def test_a_connection_says_its_secret_to_its_host(
    listener: Listener, secret: NamedConnection, header: str | None
) -> None:
    outside = AllowedHosts((listener.url,), {"figures": secret})
    assert get_json(outside, listener.url, 5, "Figures") == (200, {"n": 7})
    assert listener.asked[0][2].get("Authorization") == header


def test_a_secret_is_for_its_host_with_or_without_the_port(listener: Listener) -> None:
    for host, asked in ((listener.netloc, 1), ("127.0.0.1", 2), ("127.0.0.1:1", 2), ("", 2)):
        outside = AllowedHosts((listener.url,), {"figures": NamedConnection(host=host, token="invented")})
        if len(listener.asked) < asked:
            get_json(outside, listener.url, 5, "figures")
        else:
            with pytest.raises(ConnectionFailure) as error:
                get_json(outside, listener.url, 5, "figures")
            assert error.value.reason == (
                f"the secret of the connection figures is for {host or 'no host'}, not for {listener.netloc}"
            )
            assert error.value.remedy == "Write the host of the connection in the settings."
            assert error.value.refused
        assert len(listener.asked) == asked
    with pytest.raises(ConnectionFailure) as error:
        get_json(AllowedHosts((listener.url,)), listener.url, 5, "figures")
    assert error.value.reason == "there is no connection called figures (known: none)"
    assert error.value.remedy == "Set JIRA_OKR_METRICS__CONNECTIONS__FIGURES__…."
    assert error.value.refused


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_is_led_on_within_its_host_so_often_and_no_oftener(listener: Listener, status: int) -> None:
    outside = AllowedHosts((listener.url,))
    listener.leads(status, "../moved?day=2", MOST_REDIRECTS)
    assert get_json(outside, f"{listener.url}/a/figures", 5, None) == (200, {"n": 7})
    assert [path for _, path, *_ in listener.asked] == ["/a/figures", *["/moved?day=2"] * MOST_REDIRECTS]
    listener.asked.clear()
    listener.leads(status, "/moved", MOST_REDIRECTS + 1)
    with pytest.raises(ConnectionFailure) as error:
        get_json(outside, f"{listener.url}/figures", 5, None)
    assert (error.value.reason, error.value.refused) == (f"{listener.netloc} sends on and on", True)
    assert len(listener.asked) == MOST_REDIRECTS + 1 == 4


@pytest.mark.parametrize("status", [300, 304, 305, 306, 400, 503])
def test_no_other_answer_leads_anywhere(listener: Listener, status: int) -> None:
    listener.leads(status, "/moved", 1)
    listener.body = b""
    assert get_json(AllowedHosts((listener.url,)), listener.url, 5, None) == (status, None)
    assert len(listener.asked) == 1


def test_another_scheme_or_port_is_another_host(listener: Listener) -> None:
    port = listener.httpd.server_port
    outside = AllowedHosts((listener.url, f"http://127.0.0.1:{port + 1}"))
    for away in (f"https://{listener.netloc}/", f"//127.0.0.1:{port + 1}/"):
        listener.leads(302, away, 1)
        with pytest.raises(ConnectionFailure) as error:
            get_json(outside, listener.url, 5, None)
        there = away.rstrip("/").rpartition("/")[2]
        assert error.value.reason == f"{listener.netloc} sends on to another host, {there}"
        assert error.value.refused


def test_a_mebibyte_is_read_and_not_a_byte_more(listener: Listener) -> None:
    outside = AllowedHosts((listener.url,))
    assert LARGEST_BODY == 1024 * 1024
    listener.body = b"[" + b" " * (LARGEST_BODY - 2) + b"]"
    assert get_json(outside, listener.url, 20, None) == (200, [])
    listener.body += b" "
    with pytest.raises(ConnectionFailure) as error:
        get_json(outside, listener.url, 20, None)
    assert (error.value.reason, error.value.refused) == (
        f"the answer of {listener.netloc} is larger than 1 MiB",
        True,
    )


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 200_000, b"\xff"])
def test_what_is_no_json_is_refused_where_the_server_says_that_it_is_well(
    listener: Listener, body: bytes
) -> None:
    outside = AllowedHosts((listener.url,))
    listener.body = body
    with pytest.raises(ConnectionFailure) as error:
        get_json(outside, listener.url, 5, None)
    assert (error.value.reason, error.value.refused) == ("the answer is no JSON", True)
    listener.status = 502
    assert get_json(outside, listener.url, 5, None) == (502, None)


def test_what_is_posted_goes_out_once_and_the_words_of_the_answer_come_back(listener: Listener) -> None:
    outside = AllowedHosts((listener.url,))
    listener.leads(302, "/moved", 9)
    listener.body = b"no \xff"
    status, headers, words = post_json(outside, f"{listener.url}/in", b'{"a": 1}', 5, {"X-Key": "k"})
    assert (status, headers["X-Invented"], words) == (302, "told", "no \ufffd")
    ((method, path, sent, posted),) = listener.asked
    assert (method, path, posted) == ("POST", "/in", b'{"a": 1}')
    assert (sent["Content-Type"], sent["X-Key"]) == ("application/json; charset=utf-8", "k")
    post_json(outside, listener.url, b"", 5)
    post(outside, listener.url, b"a,b", 5, {"Content-Type": "text/csv"})
    assert [one[2]["Content-Type"] for one in listener.asked[1:]] == ["application/json; charset=utf-8", "text/csv"]  # fmt: skip
    assert [one[0] for one in listener.asked[1:]] == ["POST", "POST"]


def test_who_cannot_be_reached_is_an_outage_and_no_refusal(listener: Listener) -> None:
    listener.httpd.server_close()
    with pytest.raises(ConnectionFailure) as error:
        get_json(AllowedHosts((listener.url,)), listener.url, 5, None)
    assert error.value.reason.startswith(f"{listener.netloc} cannot be read: ")
    assert not error.value.refused
    with pytest.raises(ConnectionFailure) as error:
        get_json(AllowedHosts(("a..example",)), "https://a..example", 5, None)
    assert error.value.reason.startswith("a..example has no address: ")
    assert not error.value.refused


@pytest.mark.parametrize("place", ["a b.acme.example", "a\u00a0b.acme.example", "a\u200bb.acme.example"])
def test_where_a_redirect_leads_a_host_with_blanks_or_hidden_signs_is_none(place: str) -> None:
    """What leads on is not looked through as an address is that a person wrote."""
    outside = AllowedHosts(("*.acme.example",))
    with pytest.raises(ConnectionFailure, match="is no host") as refused:
        connections._allowed(outside, urlsplit(f"https://{place}/"))
    assert refused.value.refused


def test_a_host_that_is_listed_at_several_ports_is_asked_at_each() -> None:
    outside = AllowedHosts(("http://a.example:8080", "a.example:9090", "http://a.example"))
    for url in ("http://a.example:8080", "https://a.example:9090", "http://a.example"):
        assert refusal(outside, url) is None


@pytest.mark.parametrize(
    ("found", "asked", "reason"),
    [
        (("203.0.114.7", "203.0.114.8"), "203.0.114.7", ""),
        (("169.254.169.254", "10.0.0.9", "203.0.114.7", "203.0.114.8"), "203.0.114.7", ""),
        (("10.0.0.9", "10.0.0.5"), "10.0.0.5", ""),
        (("10.0.0.9", "10.0.0.8"), "", "a.example is at 10.0.0.9, an address of a private network"),
        (("169.254.169.254", "10.0.0.8"), "", "a.example is at 169.254.169.254, an address of a private network"),
        (("169.254.169.254", "169.254.170.2"), "", "a.example is at 169.254.169.254, an address where machines talk to their cloud"),
    ],
)  # fmt: skip
def test_of_several_addresses_the_first_that_may_be_is_asked(
    found: tuple[str, ...], asked: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = AllowedHosts(("a.example", "10.0.0.5"))
    monkeypatch.setattr(connections, "addresses", lambda host, port, seconds: found)
    if asked:
        assert connections._address(outside, "a.example", 443, 1.0) == asked
        return
    with pytest.raises(ConnectionFailure) as refused:
        connections._address(outside, "a.example", 443, 1.0)
    assert (refused.value.reason, refused.value.refused) == (reason, True)


def test_what_the_look_up_took_is_missing_for_the_answer(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five seconds three go by while the name is looked up."""
    given: list[float] = []
    now = [1000.0]

    def looked_up(_host: str, _port: int, seconds: float) -> tuple[str, ...]:
        given.append(seconds)
        now[0] += 3
        return ("127.0.0.1",)

    def cut_off(seconds: float, connected: Callable[[], socket | None]) -> AbstractContextManager[Deadline]:
        given.append(seconds)
        return cut_off_after(seconds, connected)

    monkeypatch.setattr(connections, "addresses", looked_up)
    monkeypatch.setattr(connections, "cut_off", cut_off)
    monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
    get_json(AllowedHosts((listener.url,)), listener.url, 5, None)
    assert given == [5, 2]
