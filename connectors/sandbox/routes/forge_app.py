"""What Jira lets Forge apps do alone: values of their own fields, and the answers that it keeps of their JQL functions. Data Center has neither."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from connectors import typed_json
from connectors.sandbox.issue_json import stamp
from connectors.sandbox.site import answer, caller, flag, json_body, no_content, page_of, site, spend_write
from connectors.sandbox.site_state import values
from connectors.sandbox.site_state.edits import changes, put
from connectors.sandbox.site_state.forge_apps import InstalledApp, KeptAnswer, app_of
from connectors.sandbox.site_state.scheme import FieldDef
from connectors.sandbox.site_state.state import Json, Record, person
from connectors.sandbox.site_state.values import RefusedValueError, Writing
from connectors.sandbox.traffic.access import BAD_PAYLOAD, JiraAnswerError, visible

routes = Blueprint("forge_app", __name__)

NOT_THE_OWNER = "The request is not authenticated as the app that provided all the fields."
NOT_AN_APP = "The request is not authenticated as the app that provided the function."


class _Update(msgspec.Struct, forbid_unknown_fields=True):
    issueIds: list[int]  # noqa: N815 - Jira's name
    value: Any
    customField: str = ""  # noqa: N815


class _Updates(msgspec.Struct, forbid_unknown_fields=True):
    updates: list[_Update]


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    value: str | None = None
    error: str | None = None


class _Answers(msgspec.Struct, forbid_unknown_fields=True):
    values: list[_Answer]


class _Ids(msgspec.Struct, forbid_unknown_fields=True, rename={"ids": "precomputationIDs"}):
    ids: list[str]


@routes.post("/app/field/value")
def write_many() -> Response:
    said = _body(_Updates).updates
    return _write([(one.customField, one) for one in said])


@routes.put("/app/field/<key>/value")
def write_one(key: str) -> Response:
    return _write([(key, one) for one in _body(_Updates).updates])


def _write(said: list[tuple[str, _Update]]) -> Response:
    """All of it or nothing: whose the fields are, whether the issues are there, each place once, and what the fields hold."""
    app, sandbox = app_of(site().sandbox, caller()), site().sandbox
    fields = {key: sandbox.fields[key] for key, _ in said if key in sandbox.fields}
    if app is None or not all(map(app.owns, fields.values())):
        raise JiraAnswerError(403, (NOT_THE_OWNER,))
    unknown = sorted({key for key, _ in said} - fields.keys())
    if unknown:
        raise JiraAnswerError(404, (f"The custom field was not found: {', '.join(unknown)}.",))
    places = [(key, id_) for key, one in said for id_ in one.issueIds]
    if not places or len(places) != len(set(places)):
        raise JiraAnswerError(400, ("Combinations of custom field and issue should be unique.",))
    fresh: dict[str, Record] = {}
    for key, one in said:
        for id_ in one.issueIds:
            record = _issue(id_)
            known = fresh.get(record.id, record)
            fresh[record.id] = put(known, key, _read(fields[key], one.value, known))
    for record in fresh.values():
        spend_write(record)
    for record in fresh.values():
        _keep(sandbox.records[record.id], record)
    return no_content()


def _issue(id_: int) -> Record:
    try:
        return visible(site().sandbox, caller(), str(id_))
    except JiraAnswerError:
        raise JiraAnswerError(400, ("Some of the issues were not found.",)) from None


def _read(field: FieldDef, value: Any, record: Record) -> Any:
    try:
        return values.reader_of(field)(value, field, Writing(site().sandbox, "3", record))
    except RefusedValueError as problem:
        raise JiraAnswerError(400, (), {field.id: str(problem)}) from None


def _keep(old: Record, fresh: Record) -> None:
    """With a line of the history, as any edit; without one nobody is told, and the issue is no newer."""
    sandbox = site().sandbox
    site().calls.wrote(
        old.id,
        [
            one
            for one in fresh.customs.keys() | old.customs.keys()
            if fresh.customs.get(one) != old.customs.get(one)
        ],
    )
    if flag("generateChangelog", default=True):
        sandbox.commit(fresh, changes(sandbox, old, fresh), person(caller()))
    else:
        sandbox.hold(fresh)


@routes.get("/jql/function/computation")
def precomputations() -> Response:
    app = _app()
    wanted = request.args.getlist("functionKey")
    strange = [key for key in wanted if key not in map(app.ari, app.functions.values())]
    if strange:
        raise JiraAnswerError(404, (f"The function was not found: {strange[0]}.",))
    found = [_shown(app, one) for one in app.alive(site().sandbox.clock())]
    mine = [one for one in found if not wanted or one["functionKey"] in wanted]
    return answer(page_of(mine, 100, "jql/function/computation"))


@routes.post("/jql/function/computation/search")
def precomputations_by_id() -> Response:
    app, ids = _app(), _body(_Ids).ids
    known = {one.id: one for one in app.alive(site().sandbox.clock())}
    return answer(
        {
            "precomputations": [_shown(app, known[id_]) for id_ in ids if id_ in known],
            "notFoundPrecomputationIDs": [id_ for id_ in ids if id_ not in known],
        }
    )


@routes.post("/jql/function/computation")
def bring() -> Response:
    app, said = _app(), _body(_Answers).values
    known = {one.id: one for one in app.alive(site().sandbox.clock())}
    unknown = [one.id for one in said if one.id not in known]
    if any((one.value is None) == (one.error is None) for one in said):
        raise JiraAnswerError(400, ("Each update needs either a value or an error.",), bare=True)
    if unknown and not flag("skipNotFoundPrecomputations", default=False):
        return answer({"errorMessages": [], "notFoundPrecomputationIDs": unknown}, 404)
    for one in said:
        if one.id in known:
            kept = known[one.id]
            kept.value, kept.error, kept.updated = one.value or "", one.error or "", site().sandbox.clock()
    if unknown:
        return answer({"notFoundPrecomputationIDs": unknown})
    return no_content()


def _app() -> InstalledApp:
    found = app_of(site().sandbox, caller())
    if found is None:
        raise JiraAnswerError(403, (NOT_AN_APP,))
    return found


def _shown(app: InstalledApp, one: KeptAnswer) -> Json:
    said = {"error": one.error} if one.error else {"value": one.value}
    return {
        "id": one.id,
        "functionKey": app.ari(app.functions[one.name]),
        "functionName": one.name,
        "field": one.field,
        "operator": one.operator,
        "arguments": list(one.arguments),
        "created": stamp(one.created),
        "updated": stamp(one.updated),
        "used": stamp(one.used),
        **said,
    }


def _body(shape: Any) -> Any:
    json_body()
    try:
        return typed_json.decode(request.get_data(), shape)
    except msgspec.DecodeError:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True) from None
