"""Reading issues from Jira: ours against the `jira` library's `enhanced_search_issues`, same fields, same pages.

Beside it stand `requests` with msgspec, which decodes and checks nothing and so is the limit of what Python can do, and, where
`BENCH_RIVALS_PYTHON` names an interpreter that has them, atlassian-python-api and dlt's REST source:

    python3 -m venv rivals && rivals/bin/pip install atlassian-python-api dlt
    BENCH_RIVALS_PYTHON=rivals/bin/python python -m benchmarks read_issues

The pages are the sandbox's own answers, rendered once beforehand and then served as they are by a small server in a
process of its own: the sandbox renders more slowly than either client reads, and would be measured in their stead.
The connector streams, page by page, which the library cannot; reading with every issue kept is shown beside it.
Every client runs in a fresh process; memory is the growth of that process's peak while it reads.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio

ISSUES, QUICK_ISSUES = 20_000, 4_000
ROUNDS, QUICK_ROUNDS = 5, 3
PAGE = 100
SEARCH = "/rest/api/3/search/jql"
FIELDS = ("customfield_10016",)
"""Story points in the sandbox."""
JQL = "project is not EMPTY"
METADATA = {
    "serverInfo": b'{"deploymentType": "Cloud", "version": "1001.0.0", "versionNumbers": [1001, 0, 0]}'
}
"""What the library asks when it is made."""
RIVALS = "BENCH_RIVALS_PYTHON"
OTHERS = {"bare": "requests + msgspec", "atlassian": "atlassian-python-api", "dlt": "dlt"}
TOKEN = re.compile(rb'"nextPageToken"\s*:\s*"([^"]+)"')


def main(quick: bool = False) -> list[Ratio]:
    """Issues per second and peak memory, as ratios."""
    issues, rounds = (QUICK_ISSUES, QUICK_ROUNDS) if quick else (ISSUES, ROUNDS)
    rivals = ("atlassian", "dlt") if RIVALS in os.environ else ()
    clients = ("library", "streamed", "kept", "bare", *rivals)
    with _server(issues) as url:
        found = dict(zip(clients, _measure(clients, url, issues, rounds), strict=True))
    library, streamed, kept = found["library"], found["streamed"], found["kept"]
    others = [
        Ratio(
            f"issues per second of CPU, {how}",
            one["work"],
            found[rival]["work"],
            "issues/s",
            theirs_name=OTHERS[rival],
        )
        for rival in ("bare", *rivals)
        for how, one in (("streamed", streamed), ("all kept", kept))
    ]
    return [
        _rate("read issues, streamed", streamed, library, at_least=8.0),
        _rate("read issues, all kept", kept, library),
        Ratio(
            "issues per second of CPU, streamed",
            streamed["work"],
            library["work"],
            "issues/s",
            theirs_name="jira",
        ),
        _memory("memory of reading, streamed", streamed, library, at_most=0.15),
        _memory("memory of reading, all kept", kept, library, at_most=0.15),
        *others,
    ]


def _rate(
    name: str, ours: dict[str, float], theirs: dict[str, float], at_least: float | None = None
) -> Ratio:
    return Ratio(name, ours["rate"], theirs["rate"], "issues/s", at_least=at_least, theirs_name="jira")


def _memory(name: str, ours: dict[str, float], theirs: dict[str, float], at_most: float) -> Ratio:
    return Ratio(name, ours["peak"], theirs["peak"], "MB", at_most=at_most, theirs_name="jira")


def _measure(clients: tuple[str, ...], url: str, issues: int, rounds: int) -> list[dict[str, float]]:
    """The best of some runs, each in a process of its own, clients in turn so that all see the machine alike."""
    runs = [[json.loads(_output(client, url)) for client in clients] for _ in range(rounds)]
    for client, run in ((client, run) for row in runs for client, run in zip(clients, row, strict=True)):
        if run["count"] != issues:
            raise RuntimeError(f"{client} read {run['count']} of {issues} issues")
    return [
        {
            "rate": _best(of_one, "rate"),
            "work": _best(of_one, "work"),
            "peak": statistics.median(run["peak"] for run in of_one),
        }
        for of_one in zip(*runs, strict=True)
    ]


def _best(runs: Iterable[dict[str, float]], name: str) -> float:
    """The highest figure: whatever else the machine does only makes it lower."""
    return max(run[name] for run in runs)


def _output(client: str, url: str) -> str:
    from connectors.jira import core_fields

    python = os.environ[RIVALS] if client in ("atlassian", "dlt") else sys.executable
    fields = ",".join([*core_fields(), *FIELDS])
    command = [python, "-m", "benchmarks.read_issues", "client", client, url, fields]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextlib.contextmanager
def _server(issues: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.read_issues", "serve", str(issues)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# -- the server's process


def _serve(issues: int) -> None:
    """Serve the sandbox's pages; prints the address once it can be asked."""
    pages = _rendered(issues)
    handler = type("Handler", (_CannedPages,), {"pages": pages})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


class _CannedPages(BaseHTTPRequestHandler):
    """Answers a search with the page that its token names."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: dict[bytes, bytes]

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path != SEARCH:
            self._answer(METADATA.get(path.rpartition("/")[2], b"[]"))
            return
        token = re.search(r"nextPageToken=([^&]+)", query)
        self._answer(self.pages[token[1].encode() if token else b""])

    def do_POST(self) -> None:
        token = TOKEN.search(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.pages[token[1] if token else b""])

    def _answer(self, body: bytes) -> None:
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
        )
        self.wfile.write(head % len(body) + body)


def _rendered(issues: int) -> dict[bytes, bytes]:
    """The sandbox's pages by the token that asks for them, tokens made plain (`page-3`)."""
    from connectors.jira import core_fields
    from connectors.sandbox import CONNECTOR, SandboxServer, seed_many

    sandbox = SandboxServer(seed=None)
    seed_many(sandbox.sandbox, issues)
    client = sandbox.app.test_client()
    fields = [*core_fields(), *FIELDS]
    pages: dict[bytes, bytes] = {}
    token, last = "", False
    while not last:
        body = {
            "jql": JQL,
            "fields": fields,
            "maxResults": PAGE,
            **({"nextPageToken": token} if token else {}),
        }
        reply = client.post(SEARCH, json=body, auth=(CONNECTOR.email, CONNECTOR.token))
        if reply.status_code != 200:
            raise RuntimeError(f"the sandbox answered {reply.status_code}: {reply.text[:200]}")
        token = json.loads(reply.data).get("nextPageToken", "")
        last = not token
        name = b"page-%d" % len(pages) if pages else b""
        following = b"page-%d" % (len(pages) + 1)
        pages[name] = reply.data if last else reply.data.replace(token.encode(), following)
    return pages


# -- a client's process


def _client(name: str, url: str, fields: list[str]) -> None:
    """Read everything and print issues per second and the growth of the peak memory in MB."""
    read = CLIENTS[name](url, fields)
    before = _peak()
    started, worked = time.perf_counter(), time.process_time()
    count = read()
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    figures = {"rate": count / seconds, "work": count / work, "peak": max(_peak() - before, 0.1)}
    print(json.dumps({**figures, "count": count}))


def _library(url: str, fields: list[str]) -> Callable[[], int]:
    import jira

    client = jira.JIRA(server=url, options={"rest_api_version": "3"}, token_auth="x")
    return lambda: len(client.enhanced_search_issues(JQL, maxResults=False, fields=fields))


def _streamed(url: str, _fields: list[str]) -> Callable[[], int]:
    jira = _ours(url)
    return lambda: sum(len(page.issues) for page in jira.search(JQL, FIELDS))


def _kept(url: str, _fields: list[str]) -> Callable[[], int]:
    jira = _ours(url)
    return lambda: len([issue for page in jira.search(JQL, FIELDS) for issue in page.issues])


def _bare(url: str, fields: list[str]) -> Callable[[], int]:
    """Pages fetched and decoded to dictionaries, and nothing looked at."""
    import msgspec
    import requests

    session, decoder = requests.Session(), msgspec.json.Decoder()

    def read() -> int:
        count, body = 0, {"jql": JQL, "fields": fields, "maxResults": PAGE}
        while True:
            page = decoder.decode(session.post(url + SEARCH, json=body, timeout=60).content)
            count += len(page["issues"])
            if "nextPageToken" not in page:
                return count
            body["nextPageToken"] = page["nextPageToken"]

    return read


def _atlassian(url: str, fields: list[str]) -> Callable[[], int]:
    client: Any = importlib.import_module("atlassian").Jira(url=url, token="x", cloud=True)
    return lambda: len(client.enhanced_jql_get_list_of_tickets(JQL, fields=fields))


def _dlt(url: str, fields: list[str]) -> Callable[[], int]:
    """Its REST source, extracting alone: nothing is normalised or loaded."""
    rest: Any = importlib.import_module("dlt.sources.rest_api")
    paginator = {"type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "nextPageToken"}
    endpoint = {
        "path": SEARCH.strip("/"),
        "params": {"jql": JQL, "fields": ",".join(fields), "maxResults": PAGE},
        "paginator": paginator,
        "data_selector": "issues",
    }
    source = rest.rest_api_source(
        {"client": {"base_url": url}, "resources": [{"name": "issues", "endpoint": endpoint}]}
    )
    return lambda: sum(1 for _ in source.resources["issues"])


CLIENTS: dict[str, Callable[[str, list[str]], Callable[[], int]]] = {
    "library": _library,
    "streamed": _streamed,
    "kept": _kept,
    "bare": _bare,
    "atlassian": _atlassian,
    "dlt": _dlt,
}


def _ours(url: str):  # type: ignore[no-untyped-def]
    from connectors.jira import BearerCredentials, JiraAddress, connect

    jira = connect(JiraAddress("bench", url, BearerCredentials("x"), deployment="cloud"))
    jira.transport.get("/rest/api/3/serverInfo")  # the library asks this too when it is made
    return jira


def _peak() -> float:
    """The peak of this process in MB; the kernel's figure per memory map, as the other one survives an exec."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) / 1024
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(int(sys.argv[2]))
    elif sys.argv[1:2] == ["client"]:
        _client(sys.argv[2], sys.argv[3], sys.argv[4].split(","))
