"""The sandbox Jira without sockets: a requests adapter that calls its application in this very thread."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from stormy_world.clock import VirtualClock
from stormy_world.links import LINKS, link_of
from stormy_world.perils import SAFE, Perils
from urllib3 import HTTPResponse
from werkzeug.test import run_wsgi_app

from connectors.jira import BasicCredentials, BearerCredentials, Jira, JiraAddress
from connectors.jira.http.address import Deployment
from connectors.jira.http.governor import Governor
from connectors.jira.http.transport import Transport, new_session
from connectors.sandbox import CONNECTOR, Record, Sandbox
from connectors.sandbox.application import create_app
from connectors.sandbox.site import Site
from mappings.facts.app_field import app_field_id, app_place_id
from mappings.facts.entity_property import property_id, property_key
from mappings.write_back.targets import app_field, remote_link

URL = "http://jira.example.test"
MOMENT = 0.001
"""What a call takes in a storm, at least: whether a read began before a write ended is told by the clock."""


@cache
def application(deployment: str) -> Flask:
    """The sandbox's application, which serves one site after the other: it is dear to make."""
    return create_app(Site(Sandbox(VirtualClock(), deployment), URL, None))  # type: ignore[arg-type]


class NoSockets(BaseAdapter):
    """Hands requests to the sandbox's application, and keeps account of writes that bring nothing new."""

    def __init__(self, site: Site, perils: Perils) -> None:
        super().__init__()
        self.site = site
        self.app = application(site.sandbox.deployment)
        self.sandbox = site.sandbox
        self.perils = perils
        self.page_size = 100
        self.repeats: Counter[tuple[str, str]] = Counter()
        self.took: Callable[[str, str, object], None] = lambda _issue, _field, _value: None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.perils.chances != SAFE:
            self.sandbox.clock.sleep(MOMENT)  # type: ignore[attr-defined]
        self.perils.call(f"before {request.method}")
        self._shorten(request)
        before, linked, as_app = self._fields(request), self._links(request), self._app_fields(request)
        self.app.extensions["sandbox"] = self.site
        chunks, status, headers = run_wsgi_app(self.app, environ_of(request), buffered=True)
        body = b"".join(chunks)
        self._count_repeats(before)
        self._count_links(linked)
        if status.startswith("2"):
            self._count_app_fields(as_app)
        self.perils.call(f"after {request.method}")
        if "X-Sandbox-Cut" in headers:
            timed_out = status.startswith("504")
            raise requests.ReadTimeout() if timed_out else requests.ConnectionError()
        return _response(request, status, dict(headers.items()), body)

    def close(self) -> None:
        """There is nothing to close."""

    def _shorten(self, request: requests.PreparedRequest) -> None:
        """Jira may give fewer issues on a page than it was asked for; this one does."""
        body = request.body
        if "/search" not in (request.url or "") or not body:
            return
        asked = json.loads(body)
        if asked.get("maxResults", 0) > self.page_size and asked.get("fields") != ["id"]:
            request.prepare_body(None, None, json={**asked, "maxResults": self.page_size})

    def _fields(self, request: requests.PreparedRequest) -> tuple[str, dict[str, Any]] | None:
        parts = urlsplit(request.url or "").path.split("/")
        if request.method not in ("PUT", "DELETE") or parts[4:5] != ["issue"] or len(parts) not in (6, 8):
            return None
        record = self.sandbox.find(parts[5])
        return (record.id, self._kept(record)) if record else None

    def holds(self, issue_id: str, field: str) -> object:
        """What a field or a property of an issue holds, as Jira shows it."""
        record = self.sandbox.records.get(issue_id)
        if record is None:
            return None
        if property_key(field) is not None:
            return self._kept(record).get(field)
        if field in LINKS:
            return link_of(self.sandbox, record.id, field)
        return self.sandbox.issue(record).fields.get(app_field_id(field) or field)

    def _app_fields(self, request: requests.PreparedRequest) -> dict[tuple[str, str], object]:
        """What the places hold that one call of the Forge app writes to."""
        if not (request.url or "").partition("?")[0].endswith(app_field.PATH):
            return {}
        said = json.loads(request.body or b"{}")["updates"]
        places = [(str(id_), app_place_id(one["customField"])) for one in said for id_ in one["issueIds"]]
        return {place: self.holds(*place) for place in places}

    def _count_app_fields(self, before: dict[tuple[str, str], object]) -> None:
        for place, value in before.items():
            now = self.holds(*place)
            if now == value:
                self.repeats[place] += 1
            self.took(*place, now)

    def _links(self, request: requests.PreparedRequest) -> tuple[str, dict[str, object]] | None:
        """The links of an issue before one of them is written."""
        parts = urlsplit(request.url or "").path.split("/")
        if request.method not in ("POST", "DELETE") or parts[4:5] != ["issue"] or parts[6:] != ["remotelink"]:
            return None
        record = self.sandbox.find(parts[5])
        return (
            None
            if record is None
            else (record.id, {id_: link_of(self.sandbox, record.id, id_) for id_ in LINKS})
        )

    def _count_links(self, before: tuple[str, dict[str, object]] | None) -> None:
        """What became of the links of an issue by a call of ours: one that says the same as it did was written for nothing."""
        record = None if before is None else self.sandbox.records.get(before[0])
        if before is None or record is None or not self.linked:
            return
        place_id = f"{remote_link.PREFIX}{self.linked.pop().rpartition('subject=')[2]}"
        now = link_of(self.sandbox, record.id, place_id)
        if now == before[1][place_id]:
            self.repeats[record.id, place_id] += 1
        self.took(record.id, place_id, now)

    def _kept(self, record: Record) -> dict[str, Any]:
        """What the places of an issue hold: its custom fields and its entity properties."""
        properties = self.sandbox.properties.get(record.id, {})
        return {**record.customs, **{property_id(key): value for key, value in properties.items()}}

    def _count_repeats(self, before: tuple[str, dict[str, Any]] | None) -> None:
        """An accepted edit that names a field and leaves its value as it was."""
        wrote, self.wrote = self.wrote, []
        self.linked = [one for one in wrote if one.startswith("remotelink:")]
        if before is None:
            return
        issue_id, customs = before
        record = self.sandbox.records.get(issue_id)
        for field in wrote:
            if record is None:
                continue
            kept = self._kept(record)
            if kept.get(field) == customs.get(field):
                self.repeats[issue_id, field] += 1
            if field in self.sandbox.fields or property_key(field) is not None:
                self.took(issue_id, field, self.holds(issue_id, field))

    wrote: list[str] = []  # noqa: RUF012 - replaced for each request
    linked: list[str] = []  # noqa: RUF012


def environ_of(request: requests.PreparedRequest) -> dict[str, Any]:
    """The request as WSGI has it."""
    url = urlsplit(request.url or "")
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else body
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "SERVER_NAME": "jira.example.test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(data),
        "wsgi.errors": BytesIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        text = value if isinstance(value, str) else value.decode()
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return environ


def _response(
    request: requests.PreparedRequest, status: str, headers: dict[str, str], body: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code = int(status.split()[0])
    response.headers = CaseInsensitiveDict(headers)
    response.raw = HTTPResponse(BytesIO(body), headers, response.status_code, preload_content=False)
    response.url = request.url or ""
    response.request = request
    return response


def connected(site: Site, perils: Perils, clock: VirtualClock, *, governed: bool) -> tuple[Jira, NoSockets]:
    """Our client on this sandbox, with or without a governor."""
    address = address_of(site)
    session, adapter = new_session(address), NoSockets(site, perils)
    session.mount(URL, adapter)
    counted = site.calls.wrote

    def wrote(issue_id: str, fields: list[str]) -> None:
        counted(issue_id, fields)
        adapter.wrote = fields

    site.calls.wrote = wrote  # type: ignore[method-assign]
    governor = Governor(jitter=lambda: 0.1) if governed else None
    transport = Transport(address, session, governor=governor, clock=clock.seconds, sleep=clock.sleep)
    jira = Jira(transport)
    jira._library._client._session.mount(URL, adapter)
    # One thread plays all workers: the one that comes in the midst of another's call must not wait for it for ever.
    jira._library._lock = threading.RLock()
    # asked for once, by this client: what works in the background has a library of its own, which would look for sockets
    assert jira._parent_fields is not None
    return jira, adapter


def address_of(site: Site) -> JiraAddress:
    """The site as an admin enters it: an API token on Cloud, a personal access token on Data Center."""
    deployment: Deployment = "cloud" if site.sandbox.deployment == "cloud" else "datacenter"
    token = BasicCredentials(CONNECTOR.email, CONNECTOR.token)
    credentials = token if deployment == "cloud" else BearerCredentials(CONNECTOR.token)
    return JiraAddress("main", URL, credentials, deployment=deployment)


def sandbox_site(clock: VirtualClock, post: Any, deployment: Deployment = "cloud") -> Site:
    """An empty site that gives its messages to this post office."""
    sandbox = Sandbox(clock, deployment)
    return Site(sandbox, URL, post, monotonic=clock.seconds)
