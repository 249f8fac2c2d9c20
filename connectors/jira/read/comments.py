"""The comments of an issue, read to the last one: a list that is cut short would look like comments that were deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport
from connectors.jira.wire.instant import instant
from mappings.explain.comment import document_lines, plain_lines
from mappings.facts.comment import Comment
from mappings.facts.issue import User
from mappings.numbers import count_of

PAGE = 100
MOST_PAGES = 50
INTERNAL = "sd.public.comment"
"""The property by which Jira Service Management calls a comment internal."""


def comments(transport: Transport, api: str, issue_id: str) -> tuple[Comment, ...]:
    """All comments that the account may see, the oldest first. Raises IncompleteRead where Jira's answers do not agree."""
    found: dict[str, Comment] = {}
    for _ in range(MOST_PAGES):
        query = {"startAt": str(len(found)), "maxResults": str(PAGE), "expand": "properties"}
        said = transport.get(f"{api}/issue/{issue_id}/comment", query).json()
        page = said.get("comments") if isinstance(said, dict) else None
        total = said.get("total") if isinstance(said, dict) else None
        if not isinstance(page, list) or not isinstance(total, int):
            raise IncompleteRead(f"Jira's answer about the comments of issue {issue_id} is no page of them.")
        before = len(found)
        found |= {one.id: one for one in _read(page, issue_id)}
        if len(found) == total:
            return tuple(sorted(found.values(), key=lambda one: (one.created, int(one.id))))
        if len(found) == before or len(found) > total:
            break
    raise IncompleteRead(
        f"Jira showed {count_of(len(found), 'comment')} of issue {issue_id}, and counts another number."
    )


def _read(page: list[object], issue_id: str) -> Iterator[Comment]:
    for one in page:
        said: Mapping[str, object] = one if isinstance(one, dict) else {}
        id_, created = str(said.get("id", "")), _instant(said.get("created"))
        if not (id_.isascii() and id_.isdigit()) or created is None:
            raise IncompleteRead(f"Jira shows a comment of issue {issue_id} without id or time.")
        updated = _instant(said.get("updated")) or created
        yield Comment(
            id=id_,
            author=_person(said.get("author")),
            created=created,
            updated=updated,
            lines=_lines(said.get("body")),
            hidden=_hidden(said),
        )


def _instant(text: object) -> datetime | None:
    try:
        return instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _person(said: object) -> User | None:
    if not isinstance(said, dict):
        return None
    id_ = said.get("accountId") or said.get("name") or said.get("key")
    if not isinstance(id_, str):
        return None
    name, email = said.get("displayName"), said.get("emailAddress")
    return User(id_, name if isinstance(name, str) else id_, email if isinstance(email, str) else None)


def _lines(body: object) -> tuple[str, ...]:
    if isinstance(body, str):
        return plain_lines(body)
    return document_lines(body) if isinstance(body, dict) else ()


def _hidden(said: Mapping[str, object]) -> bool:
    """Restricted to a role or a group, or internal to a service desk."""
    if said.get("visibility") or said.get("jsdPublic") is False:
        return True
    properties = said.get("properties")
    told = (one for one in properties if isinstance(one, dict)) if isinstance(properties, list) else ()
    values = (one.get("value") for one in told if one.get("key") == INTERNAL)
    return any(isinstance(value, dict) and value.get("internal") in (True, "true") for value in values)
