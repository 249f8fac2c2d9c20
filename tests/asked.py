"""Everything that can be asked over HTTP, made of what there is: each operation of the API with each of its parameters and bodies, and each page
with each name that it looks for in an address or a form. A door, a parameter or a field without a sample fails.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union, get_args, get_origin
from urllib.parse import quote, urlencode

from flask import Flask, Request
from pydantic import BaseModel
from werkzeug.datastructures import ImmutableMultiDict

from connectors.store.numbers import objectives
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.api import operations
from plugin.use_cases.mappings.revisions import active
from tests.sight import HIDDEN, OTHERS, samples

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from mappings.rollup.state import ObjectiveState
    from plugin.api.protocol.operation import Operation
    from plugin.mcp.protocol.tool import Tool
    from plugin.runtime.connector import Connector

API = "/api/v1"
APART = ("/api/", "/forge/", "/assets/", "/static/", "/mcp", "/webhooks/")
"""What begins so is no page: the API is asked by its operations, Forge and assistants by walks of their own, files are the same for all, and
deliveries of Jira are answered before anything of them is read."""
LAST = (
    "undo_carry",
    "reopen_cycle",
    "/review/<site>/<cycle>/carry/undo",
    "/review/<site>/<cycle>/reopen",
    "/account/sign-out-everywhere",
    "/sign-out",
)
"""What ends what others tell of."""
MOST_PAGES = 3
"""So many pages of a list are read."""
MOST_VALUES = 2
"""So many values of a name are asked of a page: it answers as the API does, which is asked all."""
Words = Mapping[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `door` is the operation or the rule that it is made for."""

    door: str
    method: str
    address: str
    query: tuple[tuple[str, str], ...] = ()
    body: object = None
    form: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """All that was told by whoever asks: it is no leak where it comes back."""
        return f"{self.method} {self.address}?{self.query} {json.dumps(self.body)} {self.form}"

    def open(self, client: FlaskClient, headers: Mapping[str, str]) -> TestResponse:
        """What is answered."""
        address = f"{self.address}?{urlencode(self.query)}" if self.query else self.address
        more: dict[str, Any] = {"data": dict_of_lists(self.form)} if self.form else {}
        if self.body is not None:
            more = {"data": json.dumps(self.body), "content_type": "application/json"}
        return client.open(address, method=self.method, headers=dict(headers), **more)


def dict_of_lists(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """A form as the client of the tests takes it."""
    made: dict[str, list[str]] = {}
    for name, value in pairs:
        made.setdefault(name, []).append(value)
    return made


def words(connector: Connector) -> dict[str, list[Any]]:
    """What is said for each name, wherever it stands; `door.name` is what is said at one door alone."""
    known = samples(connector)
    revision = active(connector, COMMAND_LINE, "main")
    assert revision is not None
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_objectives(conn, "main")]
    hidden, rows = max(
        ((one, rows_of(one)) for one in states if one.project_key == HIDDEN), key=lambda pair: len(pair[1])
    )
    first = next(one for one in states if one.id == known["objective"][0])
    parts = [part.id for one in (first, hidden) for part in one.key_results[:2]]
    today = connector.clock().date()
    days = [(today - timedelta(days=10)).isoformat(), "2026-06-30"]
    instants = [f"{days[0]}T00:00:00Z", "2000-01-01T00:00:00Z"]
    owners = sorted({one.owner for one in states if one.owner})[:1]
    teams = sorted({one.team for one in states if one.team})[:1] or ["Harbour"]
    objective = known["objective"]
    tried = revision.text.replace("issuetype = Epic", "issuetype = Epic AND summary ~ robot")
    return {
        **known,
        "issue": [*known["issue"], *rows[:1]],
        "site": ["main"],
        "cycle": known["cycle"],
        "into": known["cycle"],
        "project": [HIDDEN, "PLAT"],
        "projects": [[HIDDEN, "PLAT"]],
        "team": teams,
        "owner": owners,
        "text": [hidden.title.split()[0], hidden.key],
        "objectives": [objective[:2], [hidden.key]],
        "aligned_to": objective,
        "key_result": [*dict.fromkeys(parts), *(part.key for part in hidden.key_results[:1] if part.key)],
        "at": [*days, instants[0]],
        "since": [instants[0], days[0], "first", "cycle", "week"],
        "until": [instants[0], days[0]],
        "mapping": [revision.revision],
        "before": [1, revision.revision],
        "after": [2, revision.revision],
        "names": [["1", parts[0]]],
        "field": ["progress"],
        "fields": [["progress"]],
        "person": ["999999"],
        "name": ["main", revision.revision, "mine"],
        "said": [f"As {hidden.key} shows."],
        "reason": ["So it was agreed."],
        "note": ["So it was agreed."],
        "words": ["Progress"],
        "email": ["somebody@acme.example"],
        "url": ["http://127.0.0.1:1"],
        "confidence": ["low"],
        "issue_id": rows[:1],
        "jql": [f"project = {HIDDEN}"],
        "tried": ["epics"],
        "rule": ["epics"],
        "key": objective[-1:],
        "content": [b64encode(b"Goal,Kind\nFerries on time,Objective\n").decode()],
        "file": ["g.csv"],
        "labels": [["okr"]],
        "aliases": [["progress"]],
        "recipient": ["mail:lead@acme.example"],
        "subject": objective[:2],
        "goal": ["ari:cloud:townsquare::goal/1"],
        "address": [f"/?text={hidden.key}"],
        "date": days,
        "drafted": [revision.text, tried],
        "preview": ["0" * 64],
        "api_base": [""],
        "along": [parts[:1], [part.key for part in hidden.key_results[:1] if part.key]],
        "behind": [parts[1:2]],
        "current": ["wrong"],
        "new": ["also wrong"],
        "token": ["none"],
        "client_id": ["none"],
        "client_secret": ["none"],
        "pat": [""],
        "webhook_secret": [""],
        "code": ["000000"],
        "state": ["none"],
        "cloud_id": ["none"],
        "session": ["none"],
        "base": [revision.revision],
        "tool": ["spreadsheet"],
        "sheet": ["1"],
        "objective_type": ["Epic"],
        "key_result_type": ["Story"],
        "error": [""],
        "preset": ["epics-as-objectives", "columns"],
        "subscription": ["1"],
        "badge": ["1"],
        "act": ["send", "retry", "suspend", "resume"],
        "POST /account/digests/<act>.act": ["stop", "resume"],
        "POST /import/<site>/<int(max=9223372036854775807):number>/<act>.act": [
            "apply",
            "apply-changed",
            "give-up",
        ],
        "POST /people/<int(max=9223372036854775807):account_id>/<act>.act": [
            "role",
            "disable",
            "enable",
            "second-factor",
            "sign-out",
            "remove",
            "jira",
            "password",
        ],
        "POST /sites/<site>/subscriptions/<subscription>/<act>.act": [
            "secret",
            "test",
            "replay",
            "resume",
            "pause",
        ],
        "number": ["1"],
        "account_id": ["999999"],
        "token_id": ["999999"],
        "link": ["none"],
        # what pages call what is said
        "active": [revision.revision],
        "action": ["preview", "values"],
        "again": ["also wrong"],
        "alias": ["progress"],
        "all": ["1"],
        "answer": [f"As {hidden.key} shows."],
        "as": ["copy", "json"],
        "closed": ["Harbour"],
        "column": ["Goal", "1"],
        "columns": ["title: Goal"],
        "confirm": ["none"],
        "days": ["1"],
        "delta": ["1"],
        "deployment": ["cloud"],
        "erase-confirm": ["none"],
        "erase-email": ["somebody@acme.example"],
        "events": ["objective.changed"],
        "exact": ["1"],
        "from": days,
        "goals_token": ["none"],
        "group": ["team"],
        "hash": ["none"],
        "health": ["on_track", "at_risk"],
        "keep": [hidden.id],
        "lane": ["1"],
        "large": ["yes"],
        "learn": [hidden.id],
        "learnt_from": [hidden.id],
        "leave": [hidden.id],
        "level": ["on_track"],
        "line": ["3"],
        "link_client_id": ["none"],
        "link_client_secret": ["none"],
        "mapping_reason": ["So it was agreed."],
        "mode": ["nothing"],
        "next": ["/"],
        "order": ["progress", "key"],
        "out-email": ["somebody@acme.example"],
        "page": ["1"],
        "password": ["wrong"],
        "q": [hidden.title.split()[0], hidden.key],
        "role": ["viewer"],
        "row": rows[:2],
        "rows": ["all", "remaining"],
        "say": [hidden.id],
        "scope": ["read"],
        "score": ["0.5"],
        "seen": ["none"],
        "setup": ["1"],
        "show": ["1"],
        "start": ["keep"],
        "to": days,
        "token_expires": days[:1],
        "value": ["1"],
        "word": ["title"],
    }


def rows_of(state: ObjectiveState) -> list[str]:
    """The issues behind its number, by id."""
    ledgers = (part.measurement.ledger for part in state.key_results)
    return [row.id for ledger in ledgers for row in ledger.rows if row.id.isdigit()]


# -- the API


def asked_of_api(connector: Connector) -> Iterator[Asked]:
    """Each operation: with every sample of its address, with each value of each parameter, with each value of each part of its body."""
    known = words(connector)
    for one in sorted(operations(), key=lambda each: each.name in LAST):
        yield from _of_operation(one, known)


def _of_operation(one: Operation, known: Words) -> Iterator[Asked]:
    # The text of a body is a mapping, that of a query is looked for.
    drafted = {**known, "text": known["drafted"]}
    bodies = list(_variants(one.name, one.shapes["body"], drafted)) if "body" in one.shapes else [None]
    queries = list(_variants(one.name, one.shapes["query"], known)) if "query" in one.shapes else [{}]
    addresses = list(addresses_of(one.name, one.path, known, one.shapes.get("path")))
    for number in range(max(len(bodies), len(queries), len(addresses))):
        query = queries[min(number, len(queries) - 1)] or {}
        body = bodies[min(number, len(bodies) - 1)]
        yield Asked(one.name, one.method, API + addresses[number % len(addresses)], _pairs(query), body)


def _pairs(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _written(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def addresses_of(door: str, path: str, known: Words, shape: type[BaseModel] | None = None) -> Iterator[str]:
    parts = re.findall(r"[{<](?:[^:<>{}]+:)?([a-z_]+)[}>]", path)
    given = {
        name: known.get(f"{door}.{name}")
        or known.get(name)
        or (["1"] if name in OTHERS or _is_number(shape, name) else [])
        for name in parts
    }
    lacking = [name for name, values in given.items() if not values]
    assert not lacking, f"{door} {path}: give a sample for {lacking}"
    for number in range(max(map(len, given.values()), default=1)):
        address = path
        for name, values in given.items():
            written = quote(str(values[number % len(values)]), safe="")
            address = re.sub(rf"[{{<](?:[^:<>{{}}]+:)?{name}[}}>]", lambda _, text=written: text, address)
        yield address


def _is_number(shape: type[BaseModel] | None, name: str) -> bool:
    return shape is not None and int in _kinds(shape.model_fields[name].annotation)


def _variants(door: str, shape: type[BaseModel], known: Words) -> Iterator[dict[str, Any]]:
    """The shape with what it needs alone, with each value of each field beside that, and with all at once."""
    said = {
        field.alias or name: (
            field.is_required(),
            _values(door, field.alias or name, field.annotation, known),
        )
        for name, field in shape.model_fields.items()
        if name != "cursor"
    }
    least = {name: values[0] for name, (needed, values) in said.items() if needed}
    yield least
    for name, (_, values) in said.items():
        for value in values:
            if {**least, name: value} != least:
                yield {**least, name: value}
    whole = {name: values[0] for name, (_, values) in said.items()}
    if len(whole) > len(least) + 1:
        yield whole


def _kinds(annotation: Any) -> list[Any]:
    """What a value may be, without what is said about it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _kinds(one)]
    return [annotation]


def _values(door: str, name: str, annotation: Any, known: Words) -> list[Any]:
    if f"{door}.{name}" in known:
        return list(known[f"{door}.{name}"])
    kinds = [one for one in _kinds(annotation) if one is not type(None)]
    return [value for kind in kinds for value in _of_kind(door, name, kind, known)]


def _of_kind(door: str, name: str, kind: Any, known: Words) -> list[Any]:
    origin = get_origin(kind)
    if origin is Literal:
        return list(get_args(kind))
    if origin is list:
        if name in known and any(isinstance(one, list) for one in known[name]):
            return [one for one in known[name] if isinstance(one, list)]
        return [[one] for one in _values(door, name, get_args(kind)[0], known)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [one.value for one in kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return list(_variants(f"{door}.{name}", kind, known))[:2]
    if kind is bool:
        return [True, False]
    if kind in (int, float):
        return [one for one in known.get(name, [1]) if isinstance(one, int)] or [1]
    if kind is date:
        return list(known["date"])
    if isinstance(kind, type) and kind.__name__ in ("datetime", "AwareDatetime"):
        return list(known["since"])[:1]
    if origin is dict:
        return [{}]
    assert kind is str, f"{door}: nobody knows samples of {kind} for {name}"
    found = [one for one in known.get(name, []) if isinstance(one, str)]
    assert found, f"{door}: give a sample for {name}"
    return found


def answers_of_api(
    connector: Connector, client: FlaskClient, bearer: Callable[[str], Mapping[str, str]]
) -> Iterator[tuple[Asked, TestResponse]]:
    """What each of these is answered, page after page. `bearer` gives the headers by which an operation is asked."""
    for first in asked_of_api(connector):
        one: Asked | None = first
        for _ in range(MOST_PAGES):
            if one is None:
                break
            headers = {**bearer(one.door), **_seen(client, one, bearer)}
            answer = one.open(client, headers)
            yield one, answer
            told = answer.json if answer.is_json else None
            cursor = told.get("next") if isinstance(told, dict) and told.get("items") else None
            kept = tuple(pair for pair in one.query if pair[0] != "cursor")
            one = (
                replace(one, query=(*kept, ("cursor", cursor)))
                if isinstance(cursor, str) and one.method == "GET"
                else None
            )


def _seen(client: FlaskClient, one: Asked, bearer: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    """What proves that they change what they have seen, where that is wanted."""
    if one.door not in {each.name for each in operations() if each.matched}:
        return {}
    place = one.address.removesuffix("/rollback")
    tag = client.get(place, headers=dict(bearer(one.door))).headers.get("ETag")
    return {"If-Match": tag} if tag else {"If-None-Match": "*"}


# -- the pages


class Looked(ImmutableMultiDict[str, str]):
    """What came with a request, and the names that were looked for in it."""

    names: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        Looked.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        Looked.names.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, *args: Any, **more: Any) -> Any:
        """All values of a name."""
        Looked.names.add(key)
        return super().getlist(key, *args, **more)


class LookedAt(Request):
    """A request that notes for what names it is asked."""

    parameter_storage_class = Looked


def rules_of_pages(app: Flask) -> list[tuple[str, str]]:
    """Method and rule of each page."""
    return sorted(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(APART)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def answers_of_pages(
    connector: Connector, app: Flask, client: FlaskClient
) -> Iterator[tuple[Asked, TestResponse]]:
    """What each page answers: to its address alone, with each value of each name that it looks for, and with all of them together."""
    app.request_class = LookedAt
    known = words(connector)
    token = _token(client)
    for method, rule in sorted(rules_of_pages(app), key=lambda each: each[1] in LAST):
        for address in addresses_of(f"{method} {rule}", rule, known):
            yield from _answers_of_page(client, f"{method} {rule}", method, address, known, token)


def _answers_of_page(
    client: FlaskClient, door: str, method: str, address: str, known: Words, token: str
) -> Iterator[tuple[Asked, TestResponse]]:
    Looked.names.clear()

    def ask(pairs: tuple[tuple[str, str], ...]) -> tuple[Asked, TestResponse]:
        form = (("csrf_token", token), *pairs) if method == "POST" else ()
        one = Asked(door, method, address, pairs, form=form)
        return one, one.open(client, {})

    yield ask(())
    tried: dict[str, str] = {}
    while news := sorted(Looked.names - tried.keys() - {"csrf_token"}):
        for name in news:
            values = _page_values(door, name, known)
            tried[name] = values[0]
            for value in values:
                yield ask(((name, value),))
        yield ask(tuple(tried.items()))


def _page_values(door: str, name: str, known: Words) -> list[str]:
    found = known.get(f"{door}.{name}") or known.get(name) or []
    assert found, f"{door}: give a sample for {name}"
    return [
        str(part) for one in found[:MOST_VALUES] for part in (one if isinstance(one, list) else [one])[:1]
    ]


def _token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").get_data(as_text=True))
    assert found is not None
    return found[1]


# -- what assistants call


def arguments_of_tools(connector: Connector, tools: Iterable[Tool]) -> Iterator[tuple[Tool, dict[str, Any]]]:
    """What each tool is called with: what it needs, each value of each argument, all at once."""
    known = {**words(connector), "confirm": ["none"]}
    known["objective_key"], known["objective"] = known["objective"], known["objective"]
    known["differs_from"] = known["mapping"]
    known["ledger"] = ["headline", "beside", *known["key_result"]]
    for tool in tools:
        mine = {**known, "text": known["drafted"]} if tool.permission == "admin" else known
        for given in _variants(tool.name, tool.takes, mine):
            yield tool, given
