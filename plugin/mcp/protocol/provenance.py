"""Where an answer comes from: the site, the mapping, how old the data is, and why it may not be all."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from plugin.mcp.protocol.quotation import quoted_fields
from plugin.mcp.protocol.shapes import Answer, Provenance
from plugin.mcp.protocol.tool import ToolAsker
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import SiteStatus, vitals
from plugin.use_cases.mappings import revisions
from plugin.use_cases.objectives.objectives import SavedObjective

CHANGES_NOTHING = frozenset({"renamed", "no_webhook", "credential"})
"""Concerns that no number is less complete or less current by."""


def provenance(
    asking: ToolAsker,
    site: str,
    gives: type[Answer],
    path: str = "/",
    shown: Iterable[SavedObjective] = (),
) -> Provenance:
    """That of an answer about these objectives; `path` is the page where a person sees the same."""
    connector, actor = asking.connector, asking.actor
    stands = next(one for one in vitals(connector, actor) if one.site == site)
    active = revisions.active(connector, actor, site)
    ruling = None if active is None else active.revision
    of_numbers = {one.mapping_revision for one in shown}
    reasons = [*_reasons(stands), *_other_revisions(of_numbers, ruling)]
    heard = stands.heard
    return Provenance(
        site=site,
        mapping_revision=next(iter(of_numbers)) if len(of_numbers) == 1 else ruling,
        asked_at=stands.at,
        data_as_of=heard,
        data_age_seconds=None if heard is None else max(0, int((stands.at - heard).total_seconds())),
        partial=bool(reasons),
        partial_because=reasons,
        untrusted=list(quoted_fields(gives)),
        page=connector.settings.public_url + path,
    )


def page_of_objective(asking: ToolAsker, site: str, saved: SavedObjective) -> str:
    """The path of the page that explains an objective."""
    asked = {"site": site} if len(asking.connector.sites) > 1 else {}
    if saved.served_then is not None and saved.state.cycle_id:
        asked |= {"cycle": saved.state.cycle_id}
    query = f"?{urlencode(asked)}" if asked else ""
    return f"/objectives/{quote(saved.state.key or saved.state.id, safe='')}{query}"


def _reasons(stands: SiteStatus) -> list[str]:
    found = [f"{one.word}: {one.sentence}" for one in concerns(stands) if one.kind not in CHANGES_NOTHING]
    if stands.due:
        count = "1 objective waits" if stands.due == 1 else f"{stands.due} objectives wait"
        found.append(f"{count} to be computed anew.")
    return found


def _other_revisions(of_numbers: set[str], ruling: str | None) -> list[str]:
    others = sorted(of_numbers - {ruling})
    return [f"Numbers shown are of mapping {', '.join(others)}; {ruling} rules now."] if others else []
