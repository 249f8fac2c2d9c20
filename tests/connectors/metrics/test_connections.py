"""Sources that ask other servers, against real ones: HTTP and TLS on loopback, Prometheus' own answers, SQLite, PostgreSQL."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from connectors.metrics import SOURCE_OF_KIND, readings
from connectors.metrics import sql as sql_source
from connectors.metrics.basis.connections import (
    LARGEST_BODY,
    AllowedHosts,
    ConnectionFailure,
    NamedConnection,
    post_json,
)
from connectors.metrics.basis.source import FailureKind, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.sources import HttpJsonOptions, PrometheusOptions, RangePart, SqlOptions

MONDAY = Period(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
NOW = datetime(2026, 11, 3, 0, 1, tzinfo=UTC)
LAST = 1793663999.999  # 2 November 2026, 23:59:59.999 UTC


@dataclass
class Server:
    """What it answers by path, and what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        return urlsplit(self.url).netloc

    def tells(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = status, raw, headers


def handler_of(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.path, self.headers.get("Authorization")))
            status, body, headers = server.answers.get(urlsplit(self.path).path, (404, b"{}", {}))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    yield from _running(None)


def _running(tls: ssl.SSLContext | None) -> Iterator[Server]:
    made = Server()
    httpd = HTTPServer(("127.0.0.1", 0), handler_of(made))
    if tls is not None:
        httpd.socket = tls.wrap_socket(httpd.socket, server_side=True)
    made.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def ask(options: Any, outside: AllowedHosts, period: Period = MONDAY, aggregate: str = "last") -> Any:
    reach = Reach(lambda _at: (), lambda _jql: pytest.fail("no JQL is meant"), UTC, outside=outside, aggregate=aggregate)  # fmt: skip
    return readings(options, period, reach, lambda: NOW)


def said(found: Any) -> object:
    """The value, or of which kind the failure is and why."""
    if isinstance(found, SourceFailure):
        return f"{found.kind}: {found.reason}"
    (one,) = found
    assert one.at == MONDAY.last
    return one.value


def http_json(server: Server, pointer: str = "/n", **more: Any) -> HttpJsonOptions:
    return HttpJsonOptions(kind="http_json", url=f"{server.url}/figures", pointer=pointer, **more)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/n", Fraction(1, 10)),
        ("/a~1b/m~0n/1", Fraction(7)),
        ("/text", Fraction(-5, 4)),
        ("/big", Fraction(12345678901234567890)),
        ("/yes", "no_data: /yes is true or false"),
        ("/none", "no_data: /none is null"),
        ("/a~1b", "no_data: /a~1b is an object"),
        ("/money", "no_data: /money is a text that is no plain decimal number"),
        ("/gone", "no_data: /gone leads nowhere: there is no “gone”"),
        ("/list/0", Fraction(1)),
        ("/list/1", Fraction(2)),
        ("/list/2", "no_data: /list/2 leads nowhere: there is no “2”"),
        ("/list/3", "no_data: /list/3 leads nowhere: there is no “3”"),
        ("/list/-", "no_data: /list/- leads nowhere: there is no “-”"),
        ("/list/01", "no_data: /list/01 leads nowhere: there is no “01”"),
        ("", "no_data: the document is an object"),
    ],
)
def test_a_number_is_read_exactly_or_said_to_be_none(server: Server, pointer: str, value: object) -> None:
    server.tells("/figures", {
        "n": 0.1, "a/b": {"m~n": [1, 7]}, "text": "-1.25", "big": 12345678901234567890, "yes": True, "none": None,
        "money": "1,234", "list": [1, 2],
    })  # fmt: skip
    assert said(ask(http_json(server, pointer), AllowedHosts((server.url,)))) == value


def test_what_is_no_json_number_or_no_answer_is_no_reading(server: Server) -> None:
    outside = AllowedHosts((server.url,))
    for body in (b'{"n": NaN}', b"<html>", b'{"n": 1', b'{"n": 1e400000}'):
        server.tells("/figures", body)
        assert isinstance(ask(http_json(server), outside), SourceFailure)
    server.tells("/figures", {"n": 7})
    assert said(ask(http_json(server, scale="0.01"), outside)) == Fraction(7, 100)
    for status, kind in (
        (500, "outage"),
        (429, "outage"),
        (404, "refused"),
        (401, "refused"),
        (204, "refused"),
    ):
        server.tells("/figures", {"n": 7} if status != 204 else b"", status)
        assert said(ask(http_json(server), outside)) == f"{kind}: the server answers {status}"
    server.tells("/figures", b"[" + b" " * LARGEST_BODY + b"]")
    assert (
        said(ask(http_json(server), outside))
        == f"refused: the answer of {server.netloc} is larger than 1 MiB"
    )


def test_only_listed_hosts_are_asked_and_private_addresses_only_by_their_address(server: Server) -> None:
    server.tells("/figures", {"n": 7})
    port = server.netloc.rpartition(":")[2]
    named = HttpJsonOptions(kind="http_json", url=f"http://localhost:{port}/figures", pointer="/n")
    for options, hosts in (
        (http_json(server), ()),
        (http_json(server), (server.netloc,)),  # without http:// it would have to be TLS
        (http_json(server), ("http://127.0.0.1:1",)),
        (named, (f"http://localhost:{port}",)),
        (named, (server.url,)),
    ):
        assert str(said(ask(options, AllowedHosts(hosts)))).startswith("refused: "), hosts
    assert server.asked == []
    assert said(ask(named, AllowedHosts((f"http://localhost:{port}", "127.0.0.1")))) == 7
    assert said(ask(named, AllowedHosts((f"http://localhost:{port}", "::1", server.url)))) == 7


def test_it_is_not_led_to_another_host_and_secrets_go_to_theirs_alone(server: Server) -> None:
    secret = NamedConnection(host="127.0.0.1", token="an invented token")
    outside = AllowedHosts(
        (server.url,), {"figures": secret, "other": replace(secret, host="metrics.acme.example")}
    )
    server.tells("/figures", {"n": 7})
    assert said(ask(http_json(server, connection="figures"), outside)) == 7
    assert server.asked.pop()[1] == "Bearer an invented token"
    assert said(ask(http_json(server, connection="other"), outside)) == (
        f"refused: the secret of the connection other is for metrics.acme.example, not for {server.netloc}"
    )
    assert said(ask(http_json(server, connection="nobody"), outside)) == (
        "refused: there is no connection called nobody (known: figures, other)"
    )
    assert server.asked == []
    server.tells("/figures", b"", 302, Location="/moved")
    server.tells("/moved", {"n": 8})
    assert said(ask(http_json(server), outside)) == 8
    for away in ("http://metrics.acme.example/", "http://127.0.0.1:1/"):
        server.tells("/figures", b"", 302, Location=away)
        assert "sends on to another host" in str(said(ask(http_json(server), outside)))
    server.tells("/figures", b"", 302, Location="/figures")
    assert "sends on and on" in str(said(ask(http_json(server), outside)))


def test_who_says_nothing_is_not_waited_for_longer_than_was_written() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        options = HttpJsonOptions(
            kind="http_json", url=f"http://127.0.0.1:{port}/", pointer="/n", timeout="1s"
        )
        found = ask(options, AllowedHosts((f"http://127.0.0.1:{port}",)))
    assert said(found) == f"outage: 127.0.0.1:{port} took too long"
    gone = ask(options, AllowedHosts((f"http://127.0.0.1:{port}",)))
    assert "Connection refused" in str(said(gone))


TRICKLED = 400
"""So many bytes there are, one a fiftieth of a second: many times what is waited for."""


@pytest.mark.parametrize("head", [b"Connection: close\r\n", b"Content-Length: %d\r\n" % TRICKLED])
def test_an_answer_that_trickles_is_cut_off_however_it_ends(head: bytes) -> None:
    """Of one that ends with its connection the library gives the socket away: each byte would be waited for anew."""
    told: list[int] = []

    def trickle(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.recv(4096)
            taken.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            for number in range(TRICKLED):
                taken.sendall(b" ")
                told.append(number)
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, args=(listening,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(ConnectionFailure, match="took too long"):
            post_json(AllowedHosts((url,)), url, b"{}", 0.5)
        thread.join()
    assert 0 < len(told) < TRICKLED, "it was not heard to its end"


@pytest.mark.parametrize(("written", "seconds"), [("1s", 1), ("10s", 10), ("30s", 30)])
def test_an_answer_is_waited_for_as_long_as_is_written(
    written: str, seconds: int, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def answered(_outside: AllowedHosts, _url: str, timeout: float, _connection: str | None) -> Any:
        given.append(timeout)
        return 404, None

    for module in ("http_json", "prometheus"):
        monkeypatch.setattr(f"connectors.metrics.{module}.get_json", answered)
    ask(http_json(server, timeout=written), AllowedHosts())
    ask(prometheus(server, timeout=written), AllowedHosts())
    assert given == [seconds, seconds]


def test_where_no_time_is_left_nobody_is_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        for left in (0, -0.5):
            with pytest.raises(ConnectionFailure, match="took too long"):
                post_json(AllowedHosts((url,)), url, b"{}", left)


def test_a_certificate_has_to_be_that_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(made).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "localhost.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    for server in _running(tls):
        server.tells("/figures", {"n": 7})
        outside = AllowedHosts((server.netloc, "127.0.0.1", "::1"))
        assert "certificate verify failed" in str(said(ask(http_json(server), outside)))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert said(ask(http_json(server), outside)) == 7


UP = {"__name__": "up", "job": "prometheus", "instance": "localhost:9090"}


def prometheus(server: Server, **more: Any) -> PrometheusOptions:
    return PrometheusOptions(kind="prometheus", url=server.url, query='up{job="prometheus"}', **more)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"resultType": "vector", "result": [{"metric": UP, "value": [LAST, "1"]}]}, Fraction(1)),
        ({"resultType": "vector", "result": [{"metric": {}, "value": [LAST, "1.5e-05"]}]}, Fraction(3, 200000)),
        ({"resultType": "scalar", "result": [LAST, "0.1"]}, Fraction(1, 10)),
        ({"resultType": "vector", "result": []}, "no_data: the query gives no series"),
        ({"resultType": "vector", "result": [{"metric": UP, "value": [LAST, "1"]}, {"metric": {}, "value": [LAST, "0"]}]},
         "ambiguous: the query gives 2 series"),
        ({"resultType": "vector", "result": [{"metric": UP, "value": [LAST, "NaN"]}]}, "no_data: the query gives NaN, which is no finite number"),
        ({"resultType": "scalar", "result": [LAST, "+Inf"]}, "no_data: the query gives +Inf, which is no finite number"),
        ({"resultType": "string", "result": [LAST, "7"]}, "no_data: the query gives a string, no number"),
        ({"resultType": "vector", "result": [{"metric": UP, "histogram": [LAST, {"count": "1"}]}]}, "no_data: the query gives nothing, which is no finite number"),
    ],
)  # fmt: skip
def test_prometheus_is_asked_for_the_last_millisecond(server: Server, data: object, value: object) -> None:
    server.tells("/api/v1/query", {"status": "success", "data": data})
    assert said(ask(prometheus(server), AllowedHosts((server.url,)))) == value
    asked = parse_qs(urlsplit(server.asked[0][0]).query)
    assert asked == {"query": ['up{job="prometheus"}'], "time": ["1793663999.999"]}


@pytest.mark.parametrize(
    ("aggregate", "value"), [("last", 3), ("sum", 6), ("mean", 2), ("min", 1), ("max", 3)]
)
def test_a_range_is_one_series_in_the_half_open_window(server: Server, aggregate: str, value: int) -> None:
    begin, end = 1793577600, 1793664000
    values = [[begin - 0.001, "90"], [begin, "1"], [begin + 300.5, "2"], [end - 0.001, "3"], [end, "90"]]
    server.tells("/api/v1/query_range", {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": UP, "values": values}]}})  # fmt: skip
    options = prometheus(server, range=RangePart(step="5m"))
    assert said(ask(options, AllowedHosts((server.url,)), aggregate=aggregate)) == value
    asked = parse_qs(urlsplit(server.asked[0][0]).query)
    assert (asked["start"], asked["end"], asked["step"]) == (["1793577600.000"], ["1793663999.999"], ["5m"])


def test_what_prometheus_refuses_is_told_in_its_words(server: Server) -> None:
    error = 'invalid parameter "query": 1:5: parse error: unexpected end of input'
    server.tells("/api/v1/query", {"status": "error", "errorType": "bad_data", "error": error}, 400)
    assert (
        said(ask(prometheus(server), AllowedHosts((server.url,))))
        == f"refused: Prometheus answers 400: {error}"
    )
    server.tells("/api/v1/query", b"<html>503</html>", 503)
    assert said(ask(prometheus(server), AllowedHosts((server.url,)))) == (
        "outage: Prometheus answers 503: nothing that can be read"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "no_data: the query gives a thing without a type, no number"),
        ({"result": []}, "no_data: the query gives a thing without a type, no number"),
        ({"resultType": "vector", "result": {}}, "no_data: the query gives a vector, no number"),
        ({"resultType": "vector", "result": [7]}, "no_data: the query gives nothing, which is no finite number"),
        ({"resultType": "vector", "result": [{"value": [LAST, "1", "2"]}]}, "no_data: the query gives nothing, which is no finite number"),
        ({"resultType": "scalar", "result": "1"}, "no_data: the query gives nothing, which is no finite number"),
        ({"resultType": "matrix", "result": [{"values": [[LAST + 1, "1"], [], 7]}]}, "no_data: the query gives no sample in the window"),
        ({"resultType": "matrix", "result": [{}]}, "no_data: the query gives no sample in the window"),
        ({"resultType": "matrix", "result": [{"values": [[LAST, "1"], [LAST, "x"]]}]}, "no_data: the query gives x, which is no finite number"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_prometheus_is_no_reading(server: Server, data: object, reason: str) -> None:
    for path in ("/api/v1/query", "/api/v1/query_range"):
        server.tells(path, {"status": "success", "data": data})
    options = prometheus(server, range=RangePart(step="5m")) if "matrix" in str(data) else prometheus(server)
    assert said(ask(options, AllowedHosts((server.url,)))) == reason


def test_a_prometheus_that_says_no_success_is_refused_whatever_its_status(server: Server) -> None:
    outside = AllowedHosts((server.url,))
    for told, words in (({"status": "error", "error": "no such tenant"}, "no such tenant"), ([], "nothing that can be read"), ({}, "nothing that can be read")):  # fmt: skip
        server.tells("/api/v1/query", told)
        assert said(ask(prometheus(server), outside)) == f"refused: Prometheus answers 200: {words}"
    server.tells("/prom/api/v1/query", {"status": "success", "data": {"resultType": "scalar", "result": [LAST, "4"]}})  # fmt: skip
    well = {"status": "success", "data": {"resultType": "scalar", "result": [LAST, "4"]}}
    for status, kind in ((500, "outage"), (429, "outage"), (404, "refused"), (204, "refused")):
        server.tells("/api/v1/query", well if status != 204 else b"", status)
        assert said(ask(prometheus(server), outside)) == (
            f"{kind}: Prometheus answers {status}: nothing that can be read"
        )
    below = PrometheusOptions(kind="prometheus", url=f"{server.url}/prom//", query="up")
    assert said(ask(below, outside)) == 4


def test_a_failure_says_what_to_do(server: Server, lite: AllowedHosts) -> None:
    """Of each kind that has advice, whole; the connection and the host are named by `test_addresses`."""
    series = {"metric": UP, "value": [LAST, "1"]}
    server.tells("/api/v1/query", {"status": "success", "data": {"resultType": "vector", "result": [series] * 3}})  # fmt: skip
    assert ask(prometheus(server), AllowedHosts((server.url,))) == SourceFailure(
        FailureKind.AMBIGUOUS, "the query gives 3 series", "Aggregate in the query, with sum() for example."
    )
    assert ask(prometheus(server), AllowedHosts()) == SourceFailure(
        FailureKind.REFUSED,
        f"{server.url} is none of the hosts that may be asked",
        f"Add {server.netloc} to JIRA_OKR_METRICS__HTTP_HOSTS (with http:// before it where it may be plain).",
    )
    assert ask(sql("SELECT 1, 2, 3"), lite) == SourceFailure(
        FailureKind.AMBIGUOUS, "the query gives 3 columns", "One row and one column are read."
    )
    assert ask(sql("SELECT :from, :day, :another"), lite) == SourceFailure(
        FailureKind.REFUSED,
        "the query names another, day, and only :from and :to are bound",
        "Write one SELECT.",
    )
    nobody = AllowedHosts((), {})
    assert ask(sql("SELECT 1"), nobody) == SourceFailure(
        FailureKind.REFUSED,
        "there is no connection called Shop (known: none)",
        "Set JIRA_OKR_METRICS__CONNECTIONS__SHOP__….",
    )


@pytest.mark.parametrize("query", ["DELETE FROM sale", "SELECT 1; DELETE FROM sale", " "])
def test_what_is_no_single_select_is_no_source(query: str) -> None:
    with pytest.raises(ValidationError):
        sql(query)


def sql(query: str) -> SqlOptions:
    return SqlOptions(kind="sql", connection="Shop", query=query)


@pytest.fixture
def lite(tmp_path: Path) -> AllowedHosts:
    path = tmp_path / "a shop.sqlite3"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE sale (at TEXT, price REAL)")
        for at, price in (("2026-11-01 23:59:59.999", 9), ("2026-11-02 00:00:00.000", 0.1), ("2026-11-02 12:00:00.000", 7)):  # fmt: skip
            conn.execute("INSERT INTO sale VALUES (?, ?)", (at, price))
    conn.close()
    return AllowedHosts((), {"shop": NamedConnection(url=f"sqlite:///{path}")})


@pytest.fixture
def elephant(postgres_url: str) -> AllowedHosts:
    return AllowedHosts((), {"shop": NamedConnection(url=postgres_url)})


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("SELECT sum(price) FROM sale WHERE at >= :from AND at < :to", Fraction(71, 10)),
        ("with s as (select price from sale) select count(*) from s;", Fraction(3)),
        ("SELECT price FROM sale", "ambiguous: the query gives more than one row"),
        ("SELECT 1, 2", "ambiguous: the query gives 2 columns"),
        ("SELECT price FROM sale WHERE price > 100", "no_data: the query gives nothing"),
        ("SELECT max(price) FROM sale WHERE price > 100", "no_data: the query gives nothing"),
        ("SELECT 'seven'", "no_data: the query gives something that is no finite number"),
        ("SELECT :day", "refused: the query names day, and only :from and :to are bound"),
        ("SELECT x FROM nowhere", "outage: the database says: no such table: nowhere"),
    ],
)
def test_one_cell_of_sqlite_is_read(lite: AllowedHosts, query: str, value: object) -> None:
    assert said(ask(sql(query), lite)) == value


@pytest.mark.parametrize(("microsecond", "said_so"), [(45_678, "045"), (999_000, "999"), (0, "000")])
def test_sqlite_is_told_instants_in_utc_to_the_millisecond(
    lite: AllowedHosts, microsecond: int, said_so: str
) -> None:
    begin = datetime(2026, 11, 2, 1, 2, 3, microsecond, tzinfo=timezone(timedelta(hours=2)))
    period = Period(begin, begin + timedelta(hours=1))
    for name, text in (("from", f"2026-11-01 23:02:03.{said_so}"), ("to", f"2026-11-02 00:02:03.{said_so}")):
        (one,) = ask(sql(f"SELECT :{name} = '{text}'"), lite, period)
        assert one.value == 1
    # what stands in a word or behind two colons is no place that is bound
    assert said(ask(sql("SELECT '2026-11-02T09:day' = 'x'"), lite)) == 0


def test_what_a_database_says_is_told_on_one_line_and_no_longer_than_can_be_read(lite: AllowedHosts) -> None:
    begins = "outage: the database says: "
    told = str(said(ask(sql(f'SELECT 1 FROM "a{" " * 9}b{"c" * 400}"'), lite)))
    assert told == (begins + "no such table: a b" + "c" * 400)[: len(begins) + 300]
    file = AllowedHosts((), {"shop": NamedConnection(url="no address")})
    assert (
        said(ask(sql("SELECT 1"), file))
        == "outage: the database says: the address of the database cannot be used"
    )


def test_a_query_that_runs_on_and_on_is_ended(
    lite: AllowedHosts, elephant: AllowedHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sql_source.LIMIT_SECONDS == 10
    monkeypatch.setattr(sql_source, "LIMIT_SECONDS", 1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    assert said(ask(sql(endless), lite)) == "outage: the database says: interrupted"
    assert said(ask(sql("SELECT pg_sleep(60)"), elephant)) == (
        "outage: the database says: canceling statement due to statement timeout"
    )


def test_a_query_that_takes_its_time_is_let_end(lite: AllowedHosts) -> None:
    """Of SQLite it is asked every ten thousand steps whether it takes too long: this one takes more, and not long."""
    counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT count(*) FROM n"
    assert said(ask(sql(counted), lite)) == 30_000


def test_the_file_of_sqlite_is_neither_made_nor_written(lite: AllowedHosts, tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite3"
    nowhere = AllowedHosts((), {"shop": NamedConnection(url=f"sqlite:///{missing}")})
    assert said(ask(sql("SELECT 1"), nowhere)) == "outage: the database says: unable to open database file"
    assert not missing.exists()
    wrong = AllowedHosts((), {"shop": NamedConnection(url="mysql://shop.acme.example/shop")})
    assert str(said(ask(sql("SELECT 1"), wrong))).startswith(
        "refused: a connection has an address like postgresql://"
    )
    assert SOURCE_OF_KIND["sql"].answers_late(sql("SELECT 1 WHERE now() < :to"))
    assert not SOURCE_OF_KIND["sql"].answers_late(sql("SELECT '2026'::date"))


def test_one_cell_of_postgresql_is_read_and_nothing_written(elephant: AllowedHosts) -> None:
    assert said(ask(sql("SELECT extract(epoch FROM :to - :from)"), elephant)) == 86_400
    assert said(ask(sql("SELECT 0.1::numeric + '0.2'::numeric"), elephant)) == Fraction(3, 10)
    assert said(ask(sql("SELECT 'NaN'::float8"), elephant)) == "no_data: the query gives something that is no finite number"  # fmt: skip
    assert said(ask(sql("SELECT NULL"), elephant)) == "no_data: the query gives nothing"
    assert "read-only transaction" in str(said(ask(sql("SELECT lo_create(0)"), elephant)))
