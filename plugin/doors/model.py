"""The two kinds of shapes at the border, and the small types they are made of. What is not in a shape is refused, or never given."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

MOST_ROWS = 200
USUAL_ROWS = 50
LONGEST_TEXT = 500
LONGEST_CURSOR = 2000
LARGEST_ID = 2**63 - 1

Word = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"), Field(strict=True)
]
"""A narrower bound stands in an `Annotated` around it: a `Field` that is the default of a property yields to this one."""
SiteName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Serial = Annotated[int, Field(ge=1, le=LARGEST_ID)]
RevisionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{4,64}$")]
MappingText = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")]
"""How long it may be is said by the reader of mappings, as a finding like any other."""
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")
"""How every instant begins (RFC 3339)."""


def _dated(given: object) -> object:
    """A number is no instant, written as text neither: it would be taken for so many seconds since 1970."""
    if not isinstance(given, datetime) and not (isinstance(given, str) and A_DAY.match(given)):
        raise ValueError("write an instant with its offset, for example 2026-11-22T10:00:00Z")
    return given


Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_dated)]
"""A body is read strictly, in which a text that went through a function of ours would be none of JSON any more, and so no instant."""

T = TypeVar("T")


class RequestPart(BaseModel):
    """What a request may say, in its body. Unknown names and values of another type are errors, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    place: ClassVar[str] = ""
    """Where its values come from: `path`, `query`, or empty for the body."""


class Address(RequestPart):
    """What an address names; all of it comes as text."""

    model_config = ConfigDict(strict=False)
    place: ClassVar[str] = "path"


class Query(RequestPart):
    """What a query may say; all of it comes as text, and what is left out is left out: there is no null in a query."""

    model_config = ConfigDict(strict=False)
    place: ClassVar[str] = "query"

    @classmethod
    def model_json_schema(cls, *args: Any, **more: Any) -> JsonSchemaValue:
        """Made once, for the reader of queries asks for it with each request."""
        return _made(super().model_json_schema, *args, **more)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler.resolve_ref_schema(handler(core))
        return {
            **found,
            "properties": {name: without_null(one) for name, one in found.get("properties", {}).items()},
        }


@cache
def _made(make: Callable[..., JsonSchemaValue], *args: Any, **more: Any) -> JsonSchemaValue:
    return make(*args, **more)


def without_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema of a parameter without the null that stands for its absence."""
    kept = {name: value for name, value in schema.items() if name != "default" or value is not None}
    choices = [choice for choice in kept.pop("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) > 1:
        kept["anyOf"] = choices
    return {**kept, **choices[0]} if len(choices) == 1 else kept


class JsonShape(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteQuery(Query):
    """Which site."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


class ListQuery(Query):
    """One page of a list."""

    limit: int = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="How many rows at most.")
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description="`next` of the page before, sent back as it came."
    )


class PageQuery(SiteQuery, ListQuery):
    """One page of a list of one site."""


class Page(JsonShape, Generic[T]):
    """Rows, and the cursor of the page after them; `next` is null on the last page."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Rows, and the cursor of the page after them; `next` is null on the last page."
        }
    )

    items: list[T]
    next: str | None = None


class OutcomeJson(JsonShape):
    """What was done, in one sentence."""

    said: str


JsonAny = Annotated[Any, Field(description="A JSON value, as Jira has it.")]
