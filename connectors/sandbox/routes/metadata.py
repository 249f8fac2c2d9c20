"""What the site is made of: server, people, fields, statuses, types, projects, permissions, create screens."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connectors.sandbox.issue_json import (
    category_json,
    link_type_json,
    named_json,
    priority_json,
    project_json,
    stamp,
    status_json,
    type_json,
    user_json,
    version_json,
)
from connectors.sandbox.site import answer, caller, json_body, page_of, site, view, whole_parameter
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import Account, ProjectDef
from connectors.sandbox.site_state.screens import create_fields, create_types, field_json, schema_json
from connectors.sandbox.site_state.state import Json, person
from connectors.sandbox.traffic.access import JiraAnswerError, bad_request

routes = Blueprint("metadata", __name__)
tokens = Blueprint("tokens", __name__)

NOT_SIGNED_IN = "Client must be authenticated to access this resource."


@routes.get("/serverInfo")
def server_info() -> Response:
    sandbox = site().sandbox
    cloud = sandbox.deployment == "cloud"
    numbers = [1001, 0, 0] if cloud else list(site().version)
    shared = {
        "baseUrl": site().base_url,
        "version": "1001.0.0-SNAPSHOT" if cloud else ".".join(map(str, numbers)),
        "versionNumbers": numbers,
        "deploymentType": "Cloud" if cloud else "Server",
        "buildNumber": 100_294,
        "buildDate": "2026-11-01T00:00:00.000+0000",
        "serverTime": stamp(sandbox.clock()),
        "scmInfo": "sandbox",
        "serverTitle": "Northwind Robotics",
    }
    cloudy = {"displayUrl": site().base_url, "serverTimeZone": "UTC", "defaultLocale": {"locale": "en_US"}}
    return answer(shared | cloudy if cloud else shared)


@routes.get("/myself")
def myself() -> Response:
    if not caller().id:
        raise JiraAnswerError(401, (NOT_SIGNED_IN,))
    return answer(_user(caller()))


def _user(account: Account) -> Json:
    found = user_json(view(), site().sandbox, person(account)) or {}
    return found | {
        "locale": "en_US",
        "groups": {"size": 0, "items": []},
        "applicationRoles": {"size": 0, "items": []},
        "expand": "groups,applicationRoles",
    }


@tokens.get("/tokens")
def personal_tokens() -> Response:
    """The tokens of whoever asks, by name; none of them says that it is the one that is used."""
    found = [
        {"id": number, "name": one.name, "createdAt": "2026-01-05T08:00:00.000+0000"}
        | ({} if one.expires is None else {"expiringAt": one.expires})
        for number, one in enumerate(caller().personal_tokens, start=1)
    ]
    return answer(found)


@routes.get("/user/search")
def users() -> Response:
    query = (request.args.get("query") or request.args.get("username") or "").lower()
    found = [one for one in site().sandbox.accounts.values() if query in f"{one.name} {one.email}".lower()]
    return answer([user_json(view(), site().sandbox, person(one)) for one in found[:50]])


@routes.get("/user")
def one_user() -> Response:
    """Somebody by account id (Cloud) or user name (Data Center)."""
    cloud = site().sandbox.deployment == "cloud"
    wanted = request.args.get("accountId" if cloud else "username", "")
    for one in site().sandbox.accounts.values():
        shown = user_json(view(), site().sandbox, person(one)) or {}
        if wanted and shown.get("accountId" if cloud else "name") == wanted:
            return answer(shown)
    raise JiraAnswerError(404, ("Specified user does not exist or you do not have required permissions",))


@routes.get("/field")
def fields() -> Response:
    return answer([field_json(one) for one in site().sandbox.fields.values()])


@routes.get("/field/search")
def field_search() -> Response:
    if not caller().may("ADMINISTER", None):
        raise JiraAnswerError(403, ("Only Jira administrators can access custom fields.",))
    wanted, query = request.args.getlist("type"), request.args.get("query", "").lower()
    found = [
        {"id": one.id, "key": one.id, "name": one.name, "schema": schema_json(one), "isLocked": False}
        | ({"description": one.description} if one.is_custom else {})
        for one in site().sandbox.fields.values()
        if query in one.name.lower() and (not wanted or ("custom" if one.is_custom else "system") in wanted)
    ]
    return answer(page_of(found, 50, "field/search"))


@routes.get("/status")
def statuses() -> Response:
    return answer([status_json(view(), one) for one in site().sandbox.statuses])


@routes.get("/statuses/search")
def status_search() -> Response:
    words = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}
    found = [
        {
            "id": one.id,
            "name": one.name,
            "statusCategory": words[one.category or "new"],
            "scope": {"type": "GLOBAL"},
            "description": "",
        }
        for one in site().sandbox.statuses
    ]
    return answer(page_of(found, 200, "statuses/search"))


@routes.get("/statuscategory")
def categories() -> Response:
    return answer([category_json(view(), key) for key in scheme.CATEGORIES])


@routes.get("/issuetype")
def issue_types() -> Response:
    return answer([type_json(view(), one) for one in site().sandbox.types])


@routes.get("/priority")
def priorities() -> Response:
    return answer([priority_json(view(), one) for one in scheme.PRIORITIES])


@routes.get("/priority/search")
def priority_search() -> Response:
    found = [priority_json(view(), one) | {"isDefault": one.name == "Medium"} for one in scheme.PRIORITIES]
    return answer(page_of(found, 50, "priority/search"))


@routes.get("/resolution")
def resolutions() -> Response:
    return answer([named_json(view(), "resolution", one) for one in site().sandbox.resolutions])


@routes.get("/resolution/search")
def resolution_search() -> Response:
    found = [named_json(view(), "resolution", one) for one in site().sandbox.resolutions]
    return answer(page_of(found, 50, "resolution/search"))


@routes.get("/issueLinkType")
def link_types() -> Response:
    return answer({"issueLinkTypes": [link_type_json(view(), one) for one in scheme.LINK_TYPES]})


# -- projects ---------------------------------------------------------------------------------------------------


def _projects() -> list[ProjectDef]:
    sandbox = site().sandbox
    return [one for one in sandbox.projects.values() if sandbox.may_browse(caller(), one.project)]


def _project(project: ProjectDef) -> Json:
    return project_json(view(), project.project, project.category) | {
        "style": "classic",
        "isPrivate": False,
        "properties": {},
    }


def _project_or_404(key: str) -> ProjectDef:
    for one in _projects():
        if key in (one.project.key, one.project.id):
            return one
    raise JiraAnswerError(404, (f"No project could be found with key '{key}'.",))


@routes.get("/project")
def projects() -> Response:
    return answer([_project(one) for one in _projects()])


@routes.get("/project/search")
def project_search() -> Response:
    keys = request.args.getlist("keys")
    found = [_project(one) for one in _projects() if not keys or one.project.key in keys]
    return answer(page_of(found, 50, "project/search"))


@routes.get("/project/<key>")
def project(key: str) -> Response:
    found = _project_or_404(key)
    extra: Json = {
        "issueTypes": [type_json(view(), one) for one in site().sandbox.types],
        "versions": [
            version_json(view(), site().sandbox, one) for one in site().sandbox.versions[found.project.key]
        ],
        "components": [
            named_json(view(), "component", one) for one in site().sandbox.components[found.project.key]
        ],
        "roles": {},
        "assigneeType": "UNASSIGNED",
        "lead": user_json(view(), site().sandbox, person(scheme.PEOPLE[0])),
    }
    return answer(_project(found) | extra)


@routes.get("/project/<key>/statuses")
def project_statuses(key: str) -> Response:
    found = _project_or_404(key)
    return answer(
        [
            {
                "self": view().link(f"issuetype/{kind.id}"),
                "id": kind.id,
                "name": kind.name,
                "subtask": kind.level < 0,
                "statuses": [status_json(view(), one) for one in found.statuses],
            }
            for kind in site().sandbox.types
        ]
    )


# -- permissions and create screens -----------------------------------------------------------------------------


@routes.get("/mypermissions")
def my_permissions() -> Response:
    cloud = site().sandbox.deployment == "cloud"
    asked = request.args.get("permissions") if cloud else None  # Data Center knows no such parameter
    if asked is None and cloud:
        raise bad_request("The 'permissions' query parameter is required.")
    names = asked.split(",") if asked else list(scheme.PERMISSIONS)
    unknown = sorted(set(names) - set(scheme.PERMISSIONS))
    if unknown:
        raise bad_request(f"Unrecognized permission: {', '.join(unknown)}")
    return answer({"permissions": {name: _permission(name, _asked_project()) for name in names}})


def _asked_project() -> str | None:
    args = request.args
    issue = args.get("issueKey") or args.get("issueId")
    if issue:
        record = site().sandbox.find(issue)
        if record is None:
            raise JiraAnswerError(404, ("Issue does not exist or you do not have permission to see it.",))
        return record.project.key
    key = args.get("projectKey") or args.get("projectId")
    return _project_or_404(key).project.key if key else None


def _permission(name: str, project_key: str | None) -> Json:
    site_wide = name in ("ADMINISTER", "BULK_CHANGE")
    return {
        "id": str(scheme.PERMISSIONS.index(name)),
        "key": name,
        "name": name.replace("_", " ").title(),
        "type": "GLOBAL" if site_wide else "PROJECT",
        "description": "",
        "havePermission": caller().may(name, None if site_wide else project_key),
    }


MOST_CHECKED = 1_000
ONLY_ADMINS = "Only Jira administrators can perform this operation."


@routes.post("/permissions/check")
def check_permissions() -> Response:
    """Of which of these issues and projects somebody has a permission (Cloud). What is unknown or of nobody's sight is left out."""
    if site().sandbox.deployment == "datacenter":
        raise JiraAnswerError(404, ("null for uri: /rest/api/2/permissions/check",))
    body = json_body({"accountId", "globalPermissions", "projectPermissions"})
    account = _checked_account(body.get("accountId"))
    granted: list[Json] = []
    for asked in body.get("projectPermissions") or []:
        for name in asked.get("permissions") or []:
            if name not in scheme.PERMISSIONS:
                raise JiraAnswerError(400, (), {str(name): "Unrecognized permission"})
            granted.append(_checked(account, name, asked.get("issues") or [], asked.get("projects") or []))
    own = [one for one in body.get("globalPermissions") or [] if account.may(one, None)]
    return answer({"globalPermissions": own, "projectPermissions": granted})


def _checked_account(account_id: object) -> Account:
    if account_id is None or account_id == caller().id:
        return caller()
    if not caller().administrator:
        raise JiraAnswerError(403, (ONLY_ADMINS,))
    found = site().sandbox.accounts.get(str(account_id))
    if found is None:
        raise bad_request("Invalid account ID.")
    return found


def _checked(account: Account, name: str, issues: list[object], projects: list[object]) -> Json:
    if len(issues) > MOST_CHECKED or len(projects) > MOST_CHECKED:
        raise bad_request("Too many issues or projects.")
    sandbox = site().sandbox
    records = [sandbox.records.get(str(one)) for one in issues]
    known = [one.project for one in sandbox.projects.values() if int(one.project.id) in projects]
    return {
        "permission": name,
        "issues": [
            int(one.id)
            for one in records
            if one is not None and sandbox.shows(account, one) and account.may(name, one.project.key)
        ],
        "projects": [int(one.id) for one in known if account.may(name, one.key)],
    }


MOST_BROWSERS, LOOKED_AT = 100, 1_000


@routes.get("/user/viewissue/search")
def browsers() -> Response:
    """Who may browse an issue, by a part of their name: of the first thousand people alone, and nobody where no name is asked for."""
    if not caller().id:
        raise JiraAnswerError(401, (NOT_SIGNED_IN,))
    key, word = request.args.get("issueKey", ""), request.args.get("username", "").lower()
    if not key:
        raise bad_request("No project or issue key was provided.")
    record = site().sandbox.find(key)
    if record is None or not site().sandbox.shows(caller(), record):
        raise JiraAnswerError(404, ("The requested issue was not found.",))
    most = min(whole_parameter("maxResults", 50), MOST_BROWSERS)
    shown = [
        user_json(view(), site().sandbox, person(one))
        for one in list(site().sandbox.accounts.values())[:LOOKED_AT]
        if word and site().sandbox.shows(one, record)
    ]
    named = [one for one in shown if one is not None and word in _words_of(one)]
    return answer(named[:most])


def _words_of(user: Json) -> str:
    return " ".join(str(user.get(name, "")) for name in ("name", "displayName", "emailAddress")).lower()


@routes.get("/issue/createmeta/<key>/issuetypes")
def create_meta_types(key: str) -> Response:
    project_key = _project_or_404(key).project.key
    may = caller().may("CREATE_ISSUES", project_key)
    return _listed(create_types(site().sandbox, view(), project_key) if may else [], "issueTypes")


def _listed(found: list[Json], name: str) -> Response:
    """A page, whose list Cloud calls by its name and Data Center `values`."""
    start, most = whole_parameter("startAt", 0), min(whole_parameter("maxResults", 50), 200)
    part, sizes = found[start : start + most], {"startAt": start, "maxResults": most, "total": len(found)}
    if site().sandbox.deployment == "datacenter":
        return answer({**sizes, "isLast": start + most >= len(found), "values": part})
    return answer({**sizes, name: part})


@routes.get("/issue/createmeta/<key>/issuetypes/<type_id>")
def create_meta_fields(key: str, type_id: str) -> Response:
    project_key = _project_or_404(key).project.key
    kind = next((one for one in site().sandbox.types if one.id == type_id), None)
    if kind is None:
        raise JiraAnswerError(404, ("The issue type could not be found.",))
    if not caller().may("CREATE_ISSUES", project_key):
        return _listed([], "fields")
    return _listed(create_fields(site().sandbox, view(), project_key, kind), "fields")
