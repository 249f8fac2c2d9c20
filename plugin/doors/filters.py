"""What lists are narrowed by, as a request or a command says it: objectives by their columns, acts by words and time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field, create_model

from plugin.doors.model import Instant, ListQuery, PageQuery, SiteName, Word
from plugin.use_cases.accounts.audit import RecordSearch
from plugin.use_cases.objectives.objective_columns import filters, narrow_rows
from plugin.use_cases.objectives.objectives import RowSelection

if TYPE_CHECKING:
    ObjectivesQuery = PageQuery
else:
    ObjectivesQuery = create_model(
        "ObjectivesQuery",
        __base__=PageQuery,
        __doc__="Filters that all have to hold.",
        **{
            one.name: (Word | None, Field(None, description=one.description))
            if one.choices is None
            else (
                list[one.choices] | None,
                Field(None, max_length=len(one.choices), description=one.description),
            )
            for one in filters()
        },
    )


class AuditQuery(ListQuery):
    """Which acts."""

    text: Word | None = Field(None, description="Words that all occur, in any case.")
    site: SiteName | None = Field(None, description="Of one site alone.")
    since: Instant | None = Field(None, description="Not before this instant.")
    until: Instant | None = Field(None, description="Before this instant.")


def row_selection(site: str, query: ObjectivesQuery) -> RowSelection:
    """The same as the store is asked."""
    return narrow_rows(site, partial(getattr, query))


def search_of(query: AuditQuery) -> RecordSearch:
    """What to look for."""
    return RecordSearch(tuple((query.text or "").split()[:20]), query.site or "", query.since, query.until)
