"""Sprint fields: objects on Cloud, and on Data Center the text that Java makes of a sprint."""

from __future__ import annotations

import re
from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import ShapeError
from mappings.fields.reference import ReferenceKind, list_values

KEY = "com.pyxis.greenhopper.jira:gh-sprint"
PRINTED = re.compile(r"[\w.$]*Sprint@[0-9a-f]+\[(?P<parts>.*)\]", re.DOTALL)
PART = re.compile(r"(?:^|,)([A-Za-z]+)=")


class Sprint(ReferenceKind):
    """`{"id": 266, "name": …, "state": …}`, or `…Sprint@1a2b[id=266,state=ACTIVE,name=…]`; several where it moved on."""

    name: ClassVar[str] = "sprint"
    schemas: ClassVar[tuple[str, ...]] = ("array",)

    def fits(self, field: Field) -> bool:
        return field.custom == KEY

    def things(self, raw: object) -> tuple[JiraValue, ...]:
        return tuple(_sprint(one) for one in list_values(raw))

    def states(self, raw: object) -> frozenset[str]:
        """`active`, `closed` and `future`, in small letters: Data Center writes them in large ones."""
        found = (_parts_of(one).get("state") for one in list_values(raw))
        return frozenset(state.lower() for state in found if isinstance(state, str))


def _parts_of(raw: object) -> dict[str, object]:
    if isinstance(raw, dict):
        return raw
    printed = PRINTED.fullmatch(raw) if isinstance(raw, str) else None
    return dict(_parts(printed["parts"])) if printed is not None else {}


def _sprint(raw: object) -> JiraValue:
    parts = _parts_of(raw)
    id_, name = parts.get("id"), parts.get("name")
    if isinstance(id_, bool) or not isinstance(id_, int | str) or not str(id_).strip():
        raise ShapeError(f"{raw_text(raw)} is no sprint that this version knows")
    return JiraValue(str(id_), name if isinstance(name, str) else "")


def _parts(text: str) -> list[tuple[str, str]]:
    """`id=266,state=ACTIVE,name=Sprint 3, the last,goal=`: a comma begins a part only before a word and `=`."""
    marks = list(PART.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found = [(mark[1], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return found[::-1]  # of a name that stands twice the first one counts: the second is part of a text
