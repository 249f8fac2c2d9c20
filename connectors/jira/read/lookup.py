"""What Jira lists nowhere as a whole and a mapping may name: an issue by its key, a person, the components and versions of a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from connectors.jira.http.errors import JiraRefusal
from connectors.jira.http.transport import Transport
from mappings.facts.catalogue import Version
from mappings.facts.issue import JiraValue, User
from mappings.imports.people import JiraPerson

T = TypeVar("T")
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class ProjectParts:
    """What issues of one project can be sorted by."""

    components: tuple[JiraValue, ...] = ()
    versions: tuple[JiraValue, ...] = ()
    order: tuple[Version, ...] = ()
    """The versions as the project has them in order."""


def issue_of(transport: Transport, api: str, key: str) -> JiraValue | None:
    """The issue that has this key, or had it before it was moved; None where Jira shows none."""
    found = _asked(lambda: transport.get(f"{api}/issue/{quote(key, safe='')}", {"fields": "summary"}).json())
    id_ = found.get("id") if isinstance(found, dict) else None
    return JiraValue(str(id_), key) if isinstance(id_, str | int) else None


def lacks_issue(transport: Transport, api: str, id_: str) -> bool:
    """Whether Jira says itself that it has no such issue, or shows none."""
    return _is_lacking(lambda: transport.get(f"{api}/issue/{quote(id_, safe='')}", {"fields": "summary"}))


def lacks_person(transport: Transport, api: str, id_: str, *, cloud: bool) -> bool:
    """Whether Jira says itself that it has nobody of this account id (Cloud) or user name (Data Center)."""
    return _is_lacking(lambda: transport.get(f"{api}/user", {"accountId" if cloud else "username": id_}))


def _is_lacking(call: Callable[[], object]) -> bool:
    try:
        call()
    except JiraRefusal as error:
        return error.gone
    return False


def project_parts(transport: Transport, api: str, project_id: str) -> ProjectParts:
    """The components and versions of a project; none where Jira does not show it."""
    found = _asked(lambda: transport.get(f"{api}/project/{quote(project_id, safe='')}").json())
    if not isinstance(found, dict):
        return ProjectParts()
    versions = found.get("versions")
    return ProjectParts(_named(found.get("components")), _named(versions), _versions(versions))


def people(transport: Transport, api: str, word: str, *, cloud: bool) -> tuple[User, ...]:
    """Whom Jira finds under a name or an e-mail address; nobody where the account may not look."""
    params = {"query" if cloud else "username": word, "maxResults": str(MOST_PEOPLE)}
    found = _asked(lambda: transport.get(f"{api}/user/search", params).json())
    listed = found if isinstance(found, list) else ()
    named = (_user(one, "accountId" if cloud else "name") for one in listed if isinstance(one, dict))
    return tuple(one for one in named if one is not None)


def person(transport: Transport, api: str, id_: str, *, cloud: bool) -> User | None:
    """Who has this account id (Cloud) or user name (Data Center); None where Jira shows nobody."""
    params = {"accountId" if cloud else "username": id_}
    found = _asked(lambda: transport.get(f"{api}/user", params).json())
    return _user(found, "accountId" if cloud else "name") if isinstance(found, dict) else None


def directory(transport: Transport, api: str, word: str, *, cloud: bool) -> tuple[JiraPerson, ...]:
    """Whom Jira lists for a name or an e-mail address, those who are not active too; nobody where the account may not look."""
    params = {"query" if cloud else "username": word, "maxResults": str(MOST_PEOPLE)}
    if not cloud:
        params["includeInactive"] = "true"
    found = _asked(lambda: transport.get(f"{api}/user/search", params).json())
    people_ = []
    for raw in found if isinstance(found, list) else ():
        user = _user(raw, "accountId" if cloud else "name") if isinstance(raw, dict) else None
        if user is not None:
            people_.append(JiraPerson(user.id, user.name, user.email, raw.get("active") is not False))
    return tuple(people_)


def _user(raw: dict[str, object], id_: str) -> User | None:
    known, shown, address = raw.get(id_), raw.get("displayName"), raw.get("emailAddress")
    if not isinstance(known, str) or not isinstance(shown, str):
        return None
    return User(known, shown, address if isinstance(address, str) else None)


def _named(raw: object) -> tuple[JiraValue, ...]:
    items = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    return tuple(
        JiraValue(str(one["id"]), str(one["name"])) for one in items if "id" in one and "name" in one
    )


def _versions(raw: object) -> tuple[Version, ...]:
    items = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    return tuple(
        Version(str(one["id"]), str(one["name"]), _switch(one, "released"), _switch(one, "archived"))
        for one in items
        if "id" in one and "name" in one
    )


def _switch(raw: dict[str, object], name: str) -> bool | None:
    said = raw.get(name)
    return said if isinstance(said, bool) else None


def _asked(call: Callable[[], T]) -> T | None:
    """None where Jira says no: a name that cannot be looked up is found with the first issue that shows it."""
    try:
        return call()
    except JiraRefusal:
        return None
