"""Search, count, JQL checking, and bulk reads."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from flask import Blueprint, Response, g, request

from connectors import typed_json
from connectors.sandbox.issue_json import Fields, IssueWriter
from connectors.sandbox.search import allowed_size
from connectors.sandbox.site import answer, caller, json_body, raw, site, writer
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.scheme import PEOPLE
from connectors.sandbox.site_state.state import Json, Record, person
from connectors.sandbox.traffic.access import BAD_PAYLOAD, JiraAnswerError, bad_request
from mappings.jql import JqlError, parse

routes = Blueprint("search", __name__)

GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline"
    " is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
BAD_SIZE = "The max results parameter has to be between 1 and 5,000."
SEARCH_BODY = frozenset(
    {
        "jql",
        "fields",
        "maxResults",
        "nextPageToken",
        "expand",
        "properties",
        "fieldsByKeys",
        "reconcileIssues",
    }
)
BULK_BODY = frozenset({"issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"})
HEAVY_EXPANDS = frozenset(
    {"changelog", "editmeta", "operations", "renderedFields", "transitions", "versionedRepresentations"}
)
MOST_PROPERTIES = 5
MULTI_VALUE = frozenset({"comment", "worklog", "attachment"})


@routes.route("/search/jql", methods=["GET", "POST"])
def search_jql() -> Response:
    if site().sandbox.deployment == "datacenter":
        raise JiraAnswerError(404, ("null for uri: " + request.path,))
    asked = _asked_by_get() if request.method == "GET" else _asked_by_post()
    if not 1 <= asked["maxResults"] <= 5000:
        raise bad_request(BAD_SIZE)
    size = allowed_size(asked["maxResults"], asked["fields"] or ["id"])
    live = [str(one) for one in asked["reconcileIssues"]]
    records, token = site().searcher.page(asked["jql"], caller(), size, asked["nextPageToken"], live)
    return raw(_page_text(records, asked, token))


def _asked_by_get() -> Json:
    args = request.args
    try:
        size = int(args.get("maxResults", 50))
        live = [int(one) for one in split_members(args.getlist("reconcileIssues"))]
    except ValueError:
        raise bad_request(BAD_PAYLOAD) from None
    return {
        "jql": args.get("jql", ""),
        "fields": split_members(args.getlist("fields")),
        "maxResults": size,
        "nextPageToken": args.get("nextPageToken") or None,
        "expand": args.get("expand", ""),
        "properties": allowed_properties(split_members(args.getlist("properties"))),
        "reconcileIssues": live[:50],
    }


def split_members(entries: Iterable[str]) -> list[str]:
    """The members of a query parameter that may be repeated, and may hold several with commas between."""
    return [one for entry in entries for one in entry.split(",") if one]


def allowed_properties(keys: list[str]) -> list[str]:
    """The keys, or 400 where they are more than Jira shows."""
    if len(keys) > MOST_PROPERTIES:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True)
    return keys


class _SearchBody(msgspec.Struct, forbid_unknown_fields=True):
    jql: str = ""
    fields: list[str] = []
    maxResults: int = 50  # noqa: N815 - Jira's name
    nextPageToken: str | None = None  # noqa: N815
    expand: str | None = ""
    properties: list[str] | None = []
    fieldsByKeys: bool = False  # noqa: N815
    reconcileIssues: list[int] = []  # noqa: N815


def _asked_by_post() -> Json:
    json_body(SEARCH_BODY)
    try:
        body = typed_json.decode(request.get_data(), _SearchBody)
    except msgspec.ValidationError:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True) from None
    if len(body.reconcileIssues) > 50:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True)
    said = {"expand": body.expand or "", "properties": allowed_properties(body.properties or [])}
    return {name: getattr(body, name) for name in body.__struct_fields__} | said


def _page_text(records: list[Record], asked: Json, token: str | None) -> bytes:
    fault = g.get("fault")
    if fault == "empty_page":
        return b'{"issues":[],"isLast":true}'
    if fault == "duplicate_token" and asked["nextPageToken"]:
        token = asked["nextPageToken"]
    issues = b",".join(_issue_texts(records, asked))
    end: Json = {"isLast": token is None} | ({"nextPageToken": token} if token else {})
    if fault == "last_with_token":
        end["isLast"] = True
    if fault == "lost_token":
        end = {"total": len(site().searcher.ids(asked["jql"], caller()))}
    tail = msgspec.json.encode(end)
    extra = b"".join(b"," + msgspec.json.encode(part)[1:-1] for part in _expanded(asked))
    return b'{"issues":[' + issues + b"]," + tail[1:-1] + extra + b"}"


def _issue_texts(records: list[Record], asked: Json) -> list[bytes]:
    texts, render = _plain_texts(records, asked), writer()
    pairs = zip(records, texts, strict=True)
    return [render.with_properties(record, text, asked["properties"]) for record, text in pairs]


def _plain_texts(records: list[Record], asked: Json) -> list[bytes]:
    render, named = writer(), asked["fields"] or ["id"]
    if all(name in ("id", "key") for name in named):
        with_key = "key" in named
        return [msgspec.json.encode(_bare(render, one, with_key)) for one in records]
    fields = render.chosen(named, "*all")
    if "changelog" in asked["expand"]:
        return [msgspec.json.encode(_with_changelog(render, one, fields)) for one in records]
    return [render.encoded(one, fields) for one in records]


def _bare(render: IssueWriter, record: Record, with_key: bool) -> Json:
    return {"expand": "", **render.reference(record)} if with_key else {"id": record.id}


def _with_changelog(render: IssueWriter, record: Record, fields: Fields) -> Json:
    return render.issue(record, fields) | {"changelog": changelog_page(render, record)}


def changelog_page(render: IssueWriter, record: Record) -> Json:
    """What `expand=changelog` gives: the newest 40 entries first on Cloud, all of them in order of time on Data Center."""
    histories = render.sandbox.histories.get(record.id, [])
    shown = histories if render.view.datacenter else histories[:-41:-1]
    if g.get("fault") == "lost_history":
        shown = shown[: len(shown) // 2]
    return {
        "startAt": 0,
        "maxResults": len(shown),
        "total": len(histories),
        "histories": [render.history(one) for one in shown],
    }


def _expanded(asked: Json) -> list[Json]:
    fields = writer().chosen(asked["fields"] or ["id"], "*all")
    parts: list[Json] = []
    if "names" in asked["expand"]:
        parts.append({"names": {one: site().sandbox.fields[one].name for one in fields}})
    return parts


@routes.route("/search", methods=["GET", "POST"])
def old_search() -> Response:
    if site().sandbox.deployment == "cloud":
        raise JiraAnswerError(410, (GONE,))
    given = request.args.to_dict() if request.method == "GET" else json_body()
    start, size = int(given.get("startAt", 0)), min(int(given.get("maxResults", 50)), 1000)
    if g.get("fault") == "shifted_page" and start:
        _delete_before(given.get("jql", ""), start)
    ids = site().searcher.ids(given.get("jql", ""), caller(), bounded=False)
    fields, expand = given.get("fields") or [], str(given.get("expand") or "")
    render = writer()
    chosen = render.chosen([fields] if isinstance(fields, str) else fields, "*navigable")
    shown = [site().sandbox.index[one] for one in ids[start : start + size]]
    if g.get("fault") == "empty_page":
        shown = []
    deep = "changelog" in expand
    texts = [
        msgspec.json.encode(_with_changelog(render, one, chosen)) if deep else render.encoded(one, chosen)
        for one in shown
    ]
    total = start + len(shown) if g.get("fault") == "lost_token" else len(ids)
    if not size:
        total += _miscounted()
    head = {"expand": "names,schema", "startAt": start, "maxResults": size, "total": total}
    return raw(msgspec.json.encode(head)[:-1] + b',"issues":[' + b",".join(texts) + b"]}")


def _delete_before(jql: str, start: int) -> None:
    """Somebody deletes what stood right before this place."""
    sandbox = site().sandbox
    before = site().searcher.ids(jql, caller(), bounded=False)[:start]
    record = sandbox.records.get(before[-1]) if before else None
    if record is not None:
        delete(sandbox, record, person(PEOPLE[0]), with_subtasks=True)


@routes.post("/search/approximate-count")
def approximate_count() -> Response:
    body = json_body({"jql"})
    count = len(site().searcher.ids(str(body.get("jql", "")), caller()))
    return answer({"count": count + _miscounted()})


def _miscounted() -> int:
    """How many a count has too many."""
    return 2 if g.get("fault") == "miscount" else 0


@routes.post("/jql/parse")
def jql_parse() -> Response:
    body = json_body({"queries"})
    strict = request.args.get("validation", "strict") == "strict"
    return answer({"queries": [_parsed(str(one), strict) for one in body.get("queries", ())]})


def _parsed(jql: str, strict: bool) -> Json:
    try:
        parse(jql)
        if strict:
            site().searcher.compile(jql, caller())
    except JqlError as problem:
        return {"query": jql, "errors": [finding.message for finding in problem.findings]}
    return {"query": jql}


@routes.post("/issue/bulkfetch")
def bulk_fetch() -> Response:
    body = json_body(BULK_BODY)
    asked, fields, expand = (
        body.get("issueIdsOrKeys") or [],
        body.get("fields") or [],
        body.get("expand") or [],
    )
    keys = body.get("properties") or []
    if not asked or not all(isinstance(one, list) for one in (asked, fields, expand, keys)):
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True)
    allowed_properties(keys)
    if len(asked) > _bulk_limit(fields, expand):
        raise bad_request(f"The number of issues to fetch cannot exceed {_bulk_limit(fields, expand)}.")
    refused = sorted(site().sandbox.unfetchable.intersection(str(one) for one in asked))
    if refused:
        raise bad_request(f"Issue {refused[0]} cannot be had.")
    render = writer()
    chosen = render.chosen(fields, "*navigable")
    texts = [_bulk_text(render, one, chosen, expand, keys) for one in _bulk_records(asked)]
    if g.get("fault") == "empty_page":
        texts = []
    return raw(b'{"issues":[' + b",".join(texts) + b'],"issueErrors":[]}')


def _bulk_text(
    render: IssueWriter, record: Record, fields: Fields, expand: list[str], keys: list[str]
) -> bytes:
    deep = "changelog" in expand
    text = (
        msgspec.json.encode(_with_changelog(render, record, fields))
        if deep
        else render.encoded(record, fields)
    )
    return render.with_properties(record, text, keys)


def _bulk_limit(fields: list[str], expand: list[str]) -> int:
    plain = 1 <= len(fields) <= 100 and not any(
        one.startswith(("*", "-")) or one in MULTI_VALUE for one in fields
    )
    return 1000 if plain and not HEAVY_EXPANDS & set(expand) else 100


def _bulk_records(asked: list[str]) -> list[Record]:
    """Those that exist and are visible, once each, by ascending id; the others are silently absent."""
    found = {record.id: record for one in asked if (record := site().sandbox.find(str(one))) is not None}
    shows, who = site().sandbox.shows, caller()
    return [found[one] for one in sorted(found, key=int) if shows(who, found[one])]


@routes.post("/changelog/bulkfetch")
def bulk_changelog() -> Response:
    body = json_body({"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"})
    asked, wanted = body.get("issueIdsOrKeys") or [], set(body.get("fieldIds") or [])
    if not 1 <= len(asked) <= 1000 or len(wanted) > 10:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True)
    size, start = min(int(body.get("maxResults", 1000)), 10_000), _history_offset(body.get("nextPageToken"))
    rows = [
        (record.id, history)
        for record in _bulk_records(asked)
        for history in site().sandbox.histories.get(record.id, ())
        if not wanted or any(item.field_id in wanted for item in history.items)
    ]
    logs: dict[str, list[Json]] = {}
    render = writer()
    for issue_id, history in rows[start : start + size]:
        entry = render.history(history)
        entry["items"] = [one for one in entry["items"] if not wanted or one.get("fieldId") in wanted]
        entry["created"] = int(history.created.timestamp() * 1000)
        logs.setdefault(issue_id, []).append(entry)
    if g.get("fault") == "lost_history" and logs:
        next(iter(logs.values()))[-1]["created"] = "not to be had"
    if g.get("fault") == "empty_page":
        logs, rows = {}, []
    page: Json = {
        "issueChangeLogs": [{"issueId": one, "changeHistories": found} for one, found in logs.items()]
    }
    if start + size < len(rows):
        page["nextPageToken"] = f"history-{start + size}"
    return answer(page)


def _history_offset(token: str | None) -> int:
    if not token:
        return 0
    if not token.startswith("history-") or not token.removeprefix("history-").isdigit():
        raise bad_request("The provided next page token is invalid or expired.")
    return int(token.removeprefix("history-"))
