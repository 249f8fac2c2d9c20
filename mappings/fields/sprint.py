"""Sprint fields: objects on Cloud, and on Data Center the text that Java makes of a sprint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import ShapeError, is_empty
from mappings.fields.instant import Instant
from mappings.fields.reference import ReferenceKind, list_values
from mappings.fields.thing_states import ACTIVE, CLOSED, SPRINT, STATES, ThingState

KEY = "com.pyxis.greenhopper.jira:gh-sprint"
PRINTED = re.compile(r"[\w.$]*Sprint@[0-9a-f]+\[(?P<parts>.*)\]", re.DOTALL)
PART = re.compile(r"(?:^|,)([A-Za-z]+)=")
STATE_PART = re.compile(r"([\[,]state=)[A-Za-z]*")


class Sprint(ReferenceKind):
    """`{"id": 266, "name": …, "state": …}`, or `…Sprint@1a2b[id=266,state=ACTIVE,name=…]`; several where it moved on."""

    name: ClassVar[str] = "sprint"
    schemas: ClassVar[tuple[str, ...]] = ("array",)

    def fits(self, field: Field) -> bool:
        return field.custom == KEY

    def things(self, raw: object) -> tuple[JiraValue, ...]:
        return tuple(_sprint(one) for one in list_values(raw))

    def refusal(self, raw: object) -> str:
        """One in a state that nobody knows is not among those that are open, closed or to come, nor among the others."""
        found = super().refusal(raw)
        if found or is_empty(raw):
            return found
        odd = [one for one in list_values(raw) if _stated(_parts_of(one)).state not in STATES[SPRINT]]
        return f"{raw_text(odd[0])} is no sprint in a state that this version knows" if odd else ""

    def stated(self, raw: object) -> tuple[ThingState, ...]:
        """Each `active`, `closed` or `future`, in small letters: Data Center writes them in large ones."""
        return tuple(_stated(_parts_of(one)) for one in list_values(raw))

    def in_states(self, raw: object, states: Mapping[str, str]) -> object:
        return [_in_state(one, states) for one in raw] if isinstance(raw, list) else _in_state(raw, states)


BEGAN: Mapping[str, tuple[str, ...]] = {ACTIVE: ("activatedDate", "startDate"), CLOSED: ("completeDate",)}
"""What says since when a sprint is in a state, the surest first: Cloud tells of a beginning by the day that was set for it alone."""


def _stated(parts: Mapping[str, object]) -> ThingState:
    id_, name, state = parts.get("id"), parts.get("name"), parts.get("state")
    state = state.lower() if isinstance(state, str) else ""
    dates = (Instant().decode(parts.get(part)) for part in BEGAN.get(state, ()))
    return ThingState(
        kind=SPRINT,
        id=str(id_) if isinstance(id_, int | str) else "",
        name=name if isinstance(name, str) else "",
        state=state,
        since=next((one for one in dates if one is not None), None),
    )


def _in_state(raw: object, states: Mapping[str, str]) -> object:
    state = states.get(_stated(_parts_of(raw)).id)
    if state is None:
        return raw
    if isinstance(raw, dict):
        return {**raw, "state": state}
    return STATE_PART.sub(lambda part: f"{part[1]}{state.upper()}", str(raw), count=1)


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
