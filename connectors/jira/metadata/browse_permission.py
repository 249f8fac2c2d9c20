"""Which issues another person may see, as Jira itself says. Whoever is not named in an answer may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import msgspec

from connectors import typed_json
from connectors.jira.http.errors import AuthFailure, JiraRefusal
from connectors.jira.http.transport import Params, Transport
from connectors.jira.sign_in.credentials import NoCredentials

MOST_ISSUES = 1_000
"""So many issues Cloud checks in one call; with more it refuses all."""
MOST_USERS = 100
BROWSE = "BROWSE_PROJECTS"
NOBODY = ""
"""The person who has not signed in at Jira."""


class _Grant(msgspec.Struct):
    permission: str
    issues: tuple[int, ...]


class _Grants(msgspec.Struct, rename="camel"):
    project_permissions: tuple[_Grant, ...]


class _Browser(msgspec.Struct):
    name: str = ""


GRANTS = typed_json.decoder(_Grants)
BROWSERS = typed_json.decoder(list[_Browser])


def seen_on_cloud(transport: Transport, person: str, ids: Sequence[str]) -> Iterator[dict[str, bool]]:
    """By issue, in batches; of other people Jira tells administrators alone (JiraRefusal with status 403 to anybody else)."""
    for start in range(0, len(ids), MOST_ISSUES):
        part = ids[start : start + MOST_ISSUES]
        asked: dict[str, object] = {
            "projectPermissions": [{"permissions": [BROWSE], "issues": [int(one) for one in part]}]
        }
        if person:
            asked["accountId"] = person
        granted = _granted(transport, asked)
        yield {one: one in granted for one in part}


def _granted(transport: Transport, asked: dict[str, object]) -> frozenset[str]:
    found = transport.post("/rest/api/3/permissions/check", asked, reads=True).read(GRANTS)
    mine = (grant for grant in found.project_permissions if grant.permission == BROWSE)
    return frozenset(str(one) for grant in mine for one in grant.issues)


def seen_on_datacenter(
    transport: Transport, person: str, keys: Mapping[str, str]
) -> Iterator[dict[str, bool]]:
    """By issue, one call each; `keys` are those of the issues. Of people Jira looks at a thousand only: one past them looks as if they may not."""
    for issue_id, key in keys.items():
        try:
            yield {issue_id: _browses(transport, person, key)}
        except JiraRefusal as error:
            if not error.gone:
                raise
            yield {issue_id: False}


def _browses(transport: Transport, person: str, key: str) -> bool:
    params: Params = {"issueKey": key, "username": person, "maxResults": MOST_USERS}
    found = transport.get("/rest/api/2/user/viewissue/search", params).read(BROWSERS)
    return any(one.name == person for one in found)


def seen_by_strangers(transport: Transport, ids: Sequence[str], *, cloud: bool) -> Iterator[dict[str, bool]]:
    """By issue, asked without credentials at the address where people browse: of a Jira that lets no stranger in, none."""
    address = replace(transport.address, credentials=NoCredentials(), api_base="", gateway="")
    with closing(Transport(address, timeout=transport.timeout, governor=transport.governor)) as stranger:
        for start in range(0, len(ids), MOST_ISSUES):
            part = ids[start : start + MOST_ISSUES]
            if not cloud:
                yield from ({one: _let_in(stranger, one)} for one in part)
                continue
            try:
                yield from seen_on_cloud(stranger, NOBODY, part)
            except (AuthFailure, JiraRefusal):
                yield dict.fromkeys(part, False)


def _let_in(stranger: Transport, issue_id: str) -> bool:
    try:
        stranger.get(f"/rest/api/2/issue/{issue_id}", {"fields": "id"})
    except (AuthFailure, JiraRefusal):
        return False
    return True
