"""The two kinds of shapes at the border, and the small types they are made of. What is not in a shape is refused, or never given."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MOST_ROWS = 200
USUAL_ROWS = 50
LONGEST_TEXT = 500
LONGEST_CURSOR = 2000
LARGEST_ID = 2**63 - 1

Word = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"), Field(strict=True)
]
SiteName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Serial = Annotated[int, Field(ge=1, le=LARGEST_ID)]
RevisionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{4,64}$")]
MappingText = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")]
"""How long it may be is said by the reader of mappings, as a finding like any other."""
Instant = AwareDatetime

T = TypeVar("T")


class Asked(BaseModel):
    """What a request may say. Unknown names and values of another type are errors, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Given(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteQuery(Asked):
    """Which site."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


class ListQuery(Asked):
    """One page of a list."""

    limit: int = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="How many rows at most.")
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description="`next` of the page before, sent back as it came."
    )


class PageQuery(SiteQuery, ListQuery):
    """One page of a list of one site."""


class Page(Given, Generic[T]):
    """Rows, and the cursor of the page after them; `next` is null on the last page."""

    items: list[T]
    next: str | None = None


class Done(Given):
    """What was done, in one sentence."""

    said: str


JsonAny = Annotated[Any, Field(description="A JSON value, as Jira has it.")]
