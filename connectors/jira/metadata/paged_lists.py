"""Lists of metadata that Cloud gives page by page (`startAt`, `values`, `isLast`), in place of the ones it is about to take away."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport

PAGE = 50
MOST_PAGES = 400


def read_pages(
    transport: Transport, path: str, asked: Mapping[str, str] = MappingProxyType({})
) -> list[Mapping[str, object]]:
    """Everything that is listed there, as far as it is `asked` for. Raises IncompleteRead for pages that are none of Jira's, or that end before their total.

    A bare list is taken for the whole: so it came where there were no pages yet, and so it comes from what stands in for Jira.
    """
    found: list[Mapping[str, object]] = []
    for _ in range(MOST_PAGES):
        page = _page_of(
            transport.get(path, {**asked, "startAt": len(found), "maxResults": PAGE}).json(),
            begun=bool(found),
        )
        values = page.get("values")
        if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
            raise IncompleteRead(f"Jira's answer to {path} lists nothing.")
        found += values
        total = page.get("total")
        if page.get("isLast") is True or (not values and total == len(found)):
            if isinstance(total, int) and len(found) < total:
                break
            return found
        if not values:
            break
    raise IncompleteRead(f"Jira's pages of {path} end after {len(found)}, and are more by its own account.")


def _page_of(answer: object, *, begun: bool) -> Mapping[str, object]:
    """The answer as a page; one without values where it is none."""
    if isinstance(answer, list) and answer and not begun:
        return {"values": answer, "isLast": True}
    return answer if isinstance(answer, dict) else {}
