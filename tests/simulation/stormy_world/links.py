"""The links of ours on the issues of the site, as Jira shows them: no search does, so whoever judges looks there."""

from __future__ import annotations

from connectors.sandbox import Sandbox
from mappings.facts.issue import Issue
from mappings.write_back.targets import remote_link

LINKS = tuple(one.id for one in remote_link.PLACES.values())
HISTORY = remote_link.TARGET.history
"""By what a history tells of them."""


def link_of(sandbox: Sandbox, issue_id: str, place_id: str) -> object:
    """What a link of ours says there; None where there is none."""
    held = sandbox.remote_links.get(issue_id, {}).get(remote_link.global_id(issue_id, place_id))
    asked = next(remote_link.TARGET.readings({issue_id: [place_id]}, lambda *_: None))
    found = remote_link.TARGET.found(asked, held) or {}
    return found.get(issue_id, {}).get(place_id)


def links_of(sandbox: Sandbox, issue_id: str) -> dict[str, object]:
    """Those that are there."""
    found = {id_: link_of(sandbox, issue_id, id_) for id_ in LINKS}
    return {id_: one for id_, one in found.items() if one is not None}


def only_linked_since(sandbox: Sandbox, ours: Issue) -> bool:
    """Whether nothing but links was written since the mirror knew an issue: an echo of that is not read again."""
    later = [one for one in sandbox.histories[ours.id] if one.created > ours.updated]
    return bool(later) and all(item.field in HISTORY for one in later for item in one.items)
