"""A channel's side of a webhook on loopback: what was posted to it, and what it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Headers = dict[str, str]
Answer = tuple[int, Headers, str]
Judge = Callable[[Headers, bytes], Answer]


@dataclass
class Posted:
    """One call: its path, its headers by their names in small letters, its body, and the status it got."""

    path: str
    headers: Headers
    body: bytes
    status: int


@dataclass
class WebhookServer:
    """Answers as the service does (`judge`), or at first as it is told (`answers`)."""

    judge: Judge
    answers: list[Answer] = field(default_factory=list)
    posts: list[Posted] = field(default_factory=list)
    url: str = ""

    @property
    def taken(self) -> list[Posted]:
        """What it did not refuse."""
        return [one for one in self.posts if one.status < 300]

    def forget(self) -> None:
        """As it was at first."""
        self.posts.clear()
        self.answers.clear()


@contextmanager
def webhook_server(judge: Judge) -> Iterator[WebhookServer]:
    """One that runs meanwhile."""
    channel = WebhookServer(judge)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, said = channel.answers.pop(0) if channel.answers else judge(headers, body)
            channel.posts.append(Posted(self.path, headers, body, status))
            self.send_response_only(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_words: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    channel.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield channel
    finally:
        server.shutdown()
        server.server_close()
