"""Atlassian's frame around a page of the Forge app: it serves the built bundle under the production policy, and answers its bridge.

What a page asks of the connector goes there as Forge sends it, with a token that says where the page stands and who looks. What it asks of Jira
goes to the sandbox as the person who looks.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response, request, send_from_directory
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.forge_company import ADMIN_TOKEN, World

POLICY = (
    "default-src 'none'; script-src 'self' https://forge.cdn.prod.atlassian-dev.net; style-src 'self'; "
    "img-src 'self' data: https:; font-src 'self' https:; connect-src 'self' https://*.atlassian.com; "
    "form-action 'none'; base-uri 'none'"
)
"""As Atlassian's own package makes it for a production environment, without `sandbox`: no inline script or style, nothing of ours to connect to."""
DARK = {"mode": "dark", "values": {"--ds-text": "#bfc1c4", "--ds-surface": "#1f1f21"}}
BRIDGE = Path(__file__).with_name("forge_bridge.js")


@dataclass
class Frame:
    """One page that stands somewhere in Jira; `person` looks at it, with these credentials at the sandbox."""

    world: World
    bundle: Path
    connector: str
    module: str = "okr-context"
    issue: str | None = None
    person: tuple[str, str] = ("", "")
    theme: dict[str, Any] = field(default_factory=lambda: {"mode": "light", "values": {}})
    url: str = ""
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def app(self) -> Flask:
        made = Flask("frame", static_folder=None)
        made.add_url_rule("/", "page", self.page)
        made.add_url_rule(
            "/global-bridge.js", "stub", lambda: send_from_directory(BRIDGE.parent, BRIDGE.name)
        )
        made.add_url_rule(
            "/assets/<name>", "asset", lambda name: send_from_directory(self.bundle / "assets", name)
        )
        made.add_url_rule("/favicon.ico", "icon", lambda: Response(status=204))
        made.add_url_rule("/bridge", "bridge", self.bridge, methods=["POST"])
        made.after_request(under_policy)
        return made

    def page(self) -> str:
        """The page of the bundle, with the bridge as Atlassian puts it in: the first thing of the head."""
        text = (self.bundle / "index.html").read_text()
        return text.replace("<head>", '<head><script src="/global-bridge.js"></script>', 1)

    def bridge(self) -> Response:
        said = json.loads(request.get_data())
        self.asked.append(said["name"])
        answer = getattr(self, f"on_{said['name']}", None)
        if answer is None:
            return Response(json.dumps({"fault": f"{said['name']} is no call of the bridge"}))
        return Response(json.dumps({"value": answer(said.get("data") or {})}))

    def on_getContext(self, _data: Any) -> Any:  # noqa: N802 - the bridge's own name
        return {"moduleKey": self.module, "extension": {"issue": {"id": self.issue}}, "locale": "en-GB"}

    def on_enableTheming(self, _data: Any) -> Any:  # noqa: N802
        return self.theme

    def on_navigate(self, data: Any) -> Any:
        self.opened.append(data["url"])
        return None

    def on_invoke(self, data: Any) -> Any:
        """As Forge calls a remote."""
        assert data["invokeType"] == "ui-remote-fetch"
        more = {} if self.issue is None else {"context__extension": {"issue": {"id": self.issue}}}
        headers = self.world.forge.headers(self.world.now, self.module, **more)
        answer = requests.request(
            data["method"],
            self.connector + data["path"],
            headers={**headers, **data.get("headers", {}), "x-forge-oauth-user": ADMIN_TOKEN},
            json=data.get("body"),
            timeout=25,
            allow_redirects=False,
        )
        given = {name: [value] for name, value in answer.headers.items()}
        payload = {
            "status": answer.status_code,
            "headers": given,
            "body": answer.json() if answer.content else None,
        }
        return {"success": True, "payload": payload}

    def on_fetchProduct(self, data: Any) -> Any:  # noqa: N802
        """As Jira answers the person who looks."""
        init = data["fetchRequestInit"]
        answer = requests.request(
            init.get("method", "GET"),
            self.world.sandbox.url + data["restPath"],
            headers=dict(init["headers"]),
            data=init.get("body"),
            auth=self.person,
            timeout=25,
        )
        return {"status": answer.status_code, "statusText": "", "headers": {}, "body": answer.text}


def under_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


class Silent(WSGIRequestHandler):
    def log(self, *_words: Any) -> None:
        """No access log."""


@contextmanager
def framed(frame: Frame) -> Iterator[Frame]:
    """One that is served meanwhile."""
    server = make_server("127.0.0.1", 0, frame.app(), threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    frame.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield frame
    finally:
        server.shutdown()
        server.server_close()
