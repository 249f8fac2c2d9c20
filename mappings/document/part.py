"""What every part of a mapping document is made of; the parts themselves stand in `schema`, or with the target that is written."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

MOST_PARTS = 200
"""Entries of any list or mapping: far more than a mapping needs, few enough to be compared with each other."""

Alias = str


class Part(BaseModel):
    """Base of every part of the document: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def parts(base: type[Part] = Part) -> Iterator[type[Part]]:
    """Every kind of part there is, wherever it is declared."""
    for kind in base.__subclasses__():
        yield kind
        yield from parts(kind)
