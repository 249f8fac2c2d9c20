"""Parents on Data Center: Epic Link and Parent Link hold the parent's key, the mirror wants its id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from urllib.parse import quote

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.read.parent_memory import ParentMemory
from connectors.jira.wire.issue_decoder import DecodedIssues
from connectors.jira.wire.shapes import ID_PAGES
from mappings.facts.issue import Issue

KEY = re.compile(r"^[A-Z][A-Z0-9_]*-\d+$")
CHUNK = 100
REFUSED = 400
MOST_KEYS = 50_000
"""So many keys are remembered while one search is read: some megabytes, however large the site."""


class SeenKeys:
    """Ids by key of what the pages of one read have shown or named so far: a parent is looked up once for all of its children."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._ids: dict[str, str] = {}
        self._most = most

    def learn(self, ids: Mapping[str, str]) -> None:
        """Remember these; beyond the limit the oldest are forgotten, which costs another look."""
        self._ids.update(ids)
        for key in list(islice(self._ids, max(len(self._ids) - self._most, 0))):
            del self._ids[key]

    def of(self, keys: Iterable[str]) -> dict[str, str]:
        """Those of these keys that were seen."""
        return {key: self._ids[key] for key in keys if key in self._ids}


def with_parents(
    transport: Transport,
    issues: tuple[Issue, ...],
    batch: DecodedIssues,
    sight: ParentMemory,
    seen: SeenKeys,
) -> tuple[Issue, ...]:
    """The issues with `parent_id` set from the keys their parent fields hold.

    Where the parent is out of sight it stays the one that was known, as long as the key is still that of this parent; else there is
    none.
    """
    seen.learn(batch.keys)
    if not batch.parent_keys:
        return issues
    named = {batch.parent_keys[issue.id] for issue in issues if issue.id in batch.parent_keys}
    ids = seen.of(named)
    found = ids_of(transport, named - ids.keys(), sight)
    seen.learn(found)
    ids.update(found)
    unseen = {id_: key for id_, key in batch.parent_keys.items() if key not in ids}
    standing = sight.standing(unseen) if unseen else {}
    return tuple(replace(issue, parent_id=_parent(issue, batch, ids, standing)) for issue in issues)


def ids_of(transport: Transport, keys: Iterable[str], sight: ParentMemory) -> dict[str, str]:
    """Ids by key, of the issues Jira shows. What was out of sight a while ago is not asked for."""
    named = {key for key in keys if KEY.match(key)}
    wanted = sorted(named - sight.hidden(named))
    found: dict[str, str] = {}
    for at in range(0, len(wanted), CHUNK):
        found.update(_ids_of(transport, wanted[at : at + CHUNK]))
    unseen = [key for key in wanted if key not in found]
    if unseen:
        sight.hide(unseen)
    return found


def _parent(
    issue: Issue, batch: DecodedIssues, ids: Mapping[str, str], standing: Mapping[str, str]
) -> str | None:
    key = batch.parent_keys.get(issue.id)
    return ids.get(key) or standing.get(issue.id) if key else issue.parent_id


def _ids_of(transport: Transport, keys: list[str]) -> dict[str, str]:
    body = {
        "jql": f"key in ({', '.join(keys)})",
        "fields": ["id"],
        "maxResults": CHUNK,
        "startAt": 0,
        "validateQuery": False,
    }
    try:
        answer = transport.post("/rest/api/2/search", body, reads=True).read(ID_PAGES)
    except JiraRefusal as error:
        if error.status != REFUSED:
            raise
        if len(keys) == 1:
            issue_id = _id_of(transport, keys[0])
            return {keys[0]: issue_id} if issue_id else {}
        middle = len(keys) // 2
        return {**_ids_of(transport, keys[:middle]), **_ids_of(transport, keys[middle:])}
    found = {wire.key: wire.id for wire in answer.issues}
    for key in keys:
        # a key from before a move is not in the answer under its old name; reading it by name follows the move
        if key not in found and (issue_id := _id_of(transport, key)):
            found[key] = issue_id
    return found


def _id_of(transport: Transport, key: str) -> str | None:
    try:
        answer = transport.get(f"/rest/api/2/issue/{quote(key)}", {"fields": "id"}).json()
    except JiraRefusal as error:
        if error.gone or error.forbidden:
            return None
        raise
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
        raise IncompleteRead(f"Jira's answer for {key} holds no id.")
    return str(answer["id"])
