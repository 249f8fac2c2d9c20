"""`/sites/…/mapping`: the active mapping, its revisions, activation bound to a preview, rollback, differences, export."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import Field

from mappings.document.text.canonical import export, to_json
from mappings.document.text.source import read_document
from mappings.json_value import PlainValues
from plugin.api.mappings.texts import YAML, PreviewJson, TextBody, preview_json
from plugin.api.protocol.addresses import RevisionAddress, SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import JSON, Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.model import JsonAny, JsonShape, ListQuery, Page, Query, RequestPart, RevisionId
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import FIRST_MAPPING, REVISIONS, Door
from plugin.use_cases.mappings import revisions
from plugin.use_cases.mappings.comparison import differences
from plugin.use_cases.mappings.mapping_life import NONE_ACTIVE, Expected, begin_activation, rollback
from plugin.use_cases.mappings.revisions import Revision

ROUTES = Routes()

PACKED = re.compile(r':(br|gzip)"$')
"""An answer that was sent packed has a tag of its own; what it shows is the same."""
QUOTED = re.compile(r'"[^"]*"')
NO_TAG = f'"{NONE_ACTIVE}"'


class RevisionJson(JsonShape):
    """One revision; `revision` names exactly its content."""

    revision: str
    author: str
    created_at: datetime
    activated_at: datetime | None
    active: bool


class MappingJson(RevisionJson):
    """A revision with its text, as it was written."""

    text: str


class DifferenceJson(JsonShape):
    """One place where two mappings differ."""

    path: str
    kind: str
    before: JsonAny
    after: JsonAny


class DifferencesJson(JsonShape):
    """Where two revisions differ."""

    before: str
    after: str
    changes: list[DifferenceJson]


class ActivationBody(TextBody):
    """A text to activate, and the preview that was seen of it."""

    preview: str = Field(
        pattern="^[0-9a-f]{64}$", description="`hash` of the preview: exactly that is done, or nothing."
    )
    accept_large_change: bool = Field(
        False, description="Go on although the large-change stop (brake) holds it."
    )


class RollbackBody(RequestPart):
    """Where to go back to."""

    revision: RevisionId | None = Field(None, description="The one that was active before where left out.")
    accept_large_change: bool = Field(
        False, description="Go on although the large-change stop (brake) holds it."
    )


class DiffQuery(Query):
    """Which two revisions."""

    before: RevisionId = Field(description="A revision, or its first characters.")
    after: RevisionId | None = Field(None, description="The active one where left out.")


class ExportQuery(Query):
    """Which revision, and as what."""

    revision: RevisionId | None = Field(None, description="The active one where left out.")
    format: Literal["yaml", "json"] = Field("yaml", description="Either can be imported again.")


@ROUTES.get("/sites/{site}/mapping", "viewer", "The active mapping, with the ETag that a change of it needs.")
def active_mapping(caller: Caller, path: SiteAddress) -> Reply[MappingJson]:
    """The mapping that rules now; its ETag is what a change of it has to name in If-Match."""
    found = find_revision(caller, site_of(caller, path), None)
    return Reply(mapping_json(found), {"ETag": tag(found)})


@ROUTES.put(
    "/sites/{site}/mapping",
    "admin",
    "Activate a text, bound to the preview that was seen of it.",
    heavy=True,
    matched=True,
)
def activate_mapping(caller: Caller, path: SiteAddress, body: ActivationBody) -> Reply[PreviewJson]:
    """Activate exactly what was previewed, or refuse because the world moved. What is unread is read first, in the background."""
    site = site_of(caller, path)
    previewed = begin_activation(
        caller.connector,
        caller.actor,
        site,
        body.text,
        agreed=body.preview,
        expected=expected_revision(caller, site),
        large=body.accept_large_change,
    )
    headers = {} if previewed.unread else {"ETag": f'"{previewed.preview.revision}"'}
    return Reply(preview_json(previewed), headers)


@ROUTES.post(
    "/sites/{site}/mapping/rollback",
    "admin",
    "Go back to the revision that was active before, or to another one.",
    heavy=True,
    matched=True,
)
def roll_back_mapping(caller: Caller, path: SiteAddress, body: RollbackBody) -> Reply[MappingJson]:
    """Activate a former revision."""
    site = site_of(caller, path)
    target = rollback(
        caller.connector,
        caller.actor,
        site,
        body.revision,
        expected=expected_revision(caller, site),
        large=body.accept_large_change,
    )
    found = find_revision(caller, site, target)
    return Reply(mapping_json(found), {"ETag": tag(found)})


def expected_revision(caller: Caller, site: str) -> Expected:
    """What the caller has seen as active: the tags of If-Match, none where If-None-Match is `*`; 428 where neither says anything."""
    return tags_seen(
        caller,
        "Say which mapping you have seen as active.",
        f"GET /api/v1/sites/{site}/mapping gives the ETag; send it as If-Match. Where no mapping is active yet: If-None-Match: *.",
    )


def tags_seen(caller: Caller, detail: str, remedy: str) -> frozenset[str]:
    """The tags of If-Match without their quotes, the empty one where If-None-Match is `*`; 428 in these words where neither says anything."""
    match, none_match = caller.headers.get("If-Match"), caller.headers.get("If-None-Match")
    named = [PACKED.sub('"', one.strip()) for one in (match or "").split(",") if one.strip()]
    if none_match == "*":
        named.append(NO_TAG)
    if not named:
        raise RequestRefusal(428, "Precondition required", detail, remedy)
    return frozenset(one[1:-1] for one in named if QUOTED.fullmatch(one))


def tag(found: Revision) -> str:
    """The ETag of a revision."""
    return f'"{found.revision}"'


@ROUTES.get("/sites/{site}/mapping/revisions", "viewer", "Every revision, newest first.")
def list_revisions(caller: Caller, path: SiteAddress, query: ListQuery) -> Reply[Page[RevisionJson]]:
    """Newest first."""
    site = site_of(caller, path)
    name = list_name(f"revisions:{site}", query)
    begun = number_after(query.cursor, name) or 0
    found = revisions.list_revisions(caller.connector, caller.actor, site)
    shown = found[begun : begun + query.limit]
    more = len(found) > begun + len(shown)
    return Reply(
        Page[RevisionJson](
            items=[RevisionJson.model_validate(_values(one)) for one in shown],
            next=cursor(name, begun + len(shown)) if more else None,
        )
    )


@ROUTES.get("/sites/{site}/mapping/revisions/{revision}", "viewer", "One revision with its text.")
def one_revision(caller: Caller, path: RevisionAddress) -> Reply[MappingJson]:
    """A revision with its text."""
    return Reply(mapping_json(find_revision(caller, site_of(caller, path), path.revision)))


@ROUTES.get("/sites/{site}/mapping/diff", "viewer", "Where two revisions differ.")
def mapping_diff(caller: Caller, path: SiteAddress, query: DiffQuery) -> Reply[DifferencesJson]:
    """What differs between two revisions, place by place."""
    site = site_of(caller, path)
    before, after = (find_revision(caller, site, name) for name in (query.before, query.after))
    found = differences(before.text, after.text)
    return Reply(
        DifferencesJson(
            before=before.revision,
            after=after.revision,
            changes=[
                DifferenceJson(path=one.path, kind=one.kind.value, before=one.before, after=one.after)
                for one in found
            ],
        )
    )


@ROUTES.get(
    "/sites/{site}/mapping/export",
    "viewer",
    "A mapping in its canonical form, as YAML or JSON.",
    answers={YAML: None, JSON: None},
)
def export_mapping(caller: Caller, path: SiteAddress, query: ExportQuery) -> Reply[JsonShape]:
    """The canonical form; importing it again changes nothing."""
    document = read_document(find_revision(caller, site_of(caller, path), query.revision).text).require()
    if query.format == "json":
        return Reply(body=to_json(document), media=JSON)
    return Reply(body=export(document), media=YAML)


def find_revision(caller: Caller, site: str, name: str | None) -> Revision:
    """The active revision, or the one whose id begins with `name`."""
    found = (
        revisions.active(caller.connector, caller.actor, site)
        if name is None
        else revisions.revision(caller.connector, caller.actor, site, name)
    )
    if found is not None:
        return found
    if name is not None:
        raise not_found("revision", name, REVISIONS)
    detail = f"No mapping is active for site {site!r}."
    raise RequestRefusal(404, "No mapping", detail, FIRST_MAPPING.at(Door.API))


def mapping_json(found: Revision) -> MappingJson:
    """A revision as an answer shows it."""
    return MappingJson.model_validate({**_values(found), "text": found.text})


def _values(found: Revision) -> PlainValues:
    return {
        "revision": found.revision,
        "author": found.author,
        "created_at": found.created_at,
        "activated_at": found.activated_at,
        "active": found.active,
    }
