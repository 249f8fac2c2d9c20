"""Jira Cloud's own field of the Atlassian goals that an issue is linked to. Its shape is told by public clients, not by Atlassian: read leniently."""

from __future__ import annotations

from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import CUSTOM, ShapeError
from mappings.fields.reference import ReferenceKind, list_values

KEY = f"{CUSTOM}goals"


class LinkedGoals(ReferenceKind):
    """`[{"id": "ari:cloud:townsquare:…:goal/…"}]`, with or without its key; decoded as ids and keys."""

    name: ClassVar[str] = "goals"
    schemas: ClassVar[tuple[str, ...]] = ("array", "any")

    def fits(self, field: Field) -> bool:
        return field.custom == KEY

    def things(self, raw: object) -> tuple[JiraValue, ...]:
        return tuple(_goal(one) for one in list_values(raw))


def _goal(one: object) -> JiraValue:
    if isinstance(one, str) and one.strip():
        return JiraValue(one.strip(), "")
    said = one if isinstance(one, dict) else {}
    id_, key = (said.get(name) for name in ("id", "key"))
    known = id_ if isinstance(id_, str) and id_ else key
    if not isinstance(known, str) or not known:
        raise ShapeError(f"{raw_text(one)} is no goal that this version knows")
    return JiraValue(known, key if isinstance(key, str) else "")
