"""`/drafts` and `/sites/…/mapping/draft`: what you have written of a mapping and not activated yet, as in the editor of the pages."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plugin.api.mappings.revisions import tags_seen
from plugin.api.mappings.texts import TextBody
from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import JsonShape, ListQuery, OutcomeJson, Page, RevisionId
from plugin.doors.refusal import RequestRefusal
from plugin.use_cases.mappings.drafts import Draft, drop, keep, own_draft, own_drafts, version_of

ROUTES = Routes()


class DraftLineJson(JsonShape):
    """That you have a draft for a site."""

    site: str
    base: str = Field(description="The revision from which it was begun; empty for a preset, or nothing.")
    kept_at: datetime = Field(description="When it was kept last.")


class DraftJson(DraftLineJson):
    """Your draft for a site, as it was written."""

    text: str


class KeepDraft(TextBody):
    """A text to keep as your draft, whether it is a mapping yet or not."""

    base: RevisionId | None = Field(
        None, description="The revision from which it was begun. Left out, what was said before stays."
    )


@ROUTES.get("/drafts", "viewer", "Your drafts of mappings.")
def list_own_drafts(caller: Caller, query: ListQuery) -> Reply[Page[DraftLineJson]]:
    """One for each site where you have begun one, by site."""
    name = list_name("drafts", query)
    after = position(query.cursor, name, (str,))
    found = own_drafts(caller.connector, caller.actor)
    left = [site for site in found if after is None or site > str(after[0])]
    shown = left[: query.limit]
    rows = [DraftLineJson(site=site, base=found[site].base, kept_at=found[site].at) for site in shown]
    more = len(left) > len(shown)
    return Reply(Page[DraftLineJson](items=rows, next=cursor(name, shown[-1]) if more else None))


@ROUTES.get("/sites/{site}/mapping/draft", "viewer", "Your draft, with the ETag that a change of it needs.")
def read_draft(caller: Caller, path: SiteAddress) -> Reply[DraftJson]:
    """What the editor of the pages shows you, too."""
    site = site_of(caller, path)
    found = own_draft(caller.connector, caller.actor, site)
    if found is None:
        detail = f"You have no draft for {site}."
        remedy = f"PUT /api/v1/sites/{site}/mapping/draft begins one, with If-None-Match: *."
        raise RequestRefusal(404, "No draft", detail, remedy)
    return _json(site, found)


@ROUTES.put("/sites/{site}/mapping/draft", "admin", "Keep a text as your draft.", matched=True)
def keep_draft(caller: Caller, path: SiteAddress, body: KeepDraft) -> Reply[DraftJson]:
    """It changes nothing of the mapping that rules, and need not be right; it takes the place of the draft that you saw."""
    site = site_of(caller, path)
    return _json(
        site, keep(caller.connector, caller.actor, site, body.text, body.base, expected=_seen(caller, site))
    )


@ROUTES.delete("/sites/{site}/mapping/draft", "admin", "Drop your draft.", matched=True)
def drop_draft(caller: Caller, path: SiteAddress) -> Reply[OutcomeJson]:
    """The mapping that rules stays as it is."""
    site = site_of(caller, path)
    drop(caller.connector, caller.actor, site, expected=_seen(caller, site))
    return Reply(OutcomeJson(said=f"Your draft for {site} is dropped."))


def _seen(caller: Caller, site: str) -> frozenset[str]:
    return tags_seen(
        caller,
        "Say which draft you have seen.",
        f"GET /api/v1/sites/{site}/mapping/draft gives the ETag; send it as If-Match. Where you have none yet: If-None-Match: *.",
    )


def _json(site: str, found: Draft) -> Reply[DraftJson]:
    answer = DraftJson(site=site, base=found.base, kept_at=found.at, text=found.text)
    return Reply(answer, {"ETag": f'"{version_of(found)}"'})
