"""`app_set`: fields that our Forge app brought along. The app alone may write them, those of many issues in one call.

Such a write needs no screen and no permission to edit, tells nobody, and leaves no line in the history of the issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.text.places import Path
from mappings.facts.app_field import app_field_id, app_place_id, owner_of
from mappings.facts.catalogue import Field
from mappings.fields import field_type
from mappings.write_back.target import Aim, FieldLookup, Objection, Place, Request, WriteRequest, WriteTarget
from mappings.write_back.targets.field import FieldPlace, FieldTarget

if TYPE_CHECKING:
    from mappings.document.checks.live.writes import LiveFacts
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import WriteBackPart
    from mappings.write_back.plan import Change

PATH = "/app/field/value"
UNHEARD = 401
"""Jira was not asked: nobody can call as the app, and the objection says why and what to do."""
MOST_TOGETHER = 100
"""Changes in one call. Jira documents no limit; what it finds too much is halved."""


@dataclass(frozen=True, slots=True)
class AppFieldPlace(FieldPlace):
    """A field of the app's own."""

    @property
    def target(self) -> WriteTarget:
        return TARGET


class AppFieldTarget(FieldTarget):
    """Fields of the app by alias: `app_set: {okr_progress: {value: progress_percent}}`."""

    option: ClassVar[str] = "app_set"
    prefix: ClassVar[str] = app_place_id("")
    permission: ClassVar[str] = "BROWSE_PROJECTS"
    ages: ClassVar[bool] = False
    together: ClassVar[bool] = True

    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:
        for alias, part in self.part(rule).items():
            place = app_field_place(fields[alias]) if alias in fields else None
            if place is not None:
                yield Aim(place, part.value, partial(place.make, part), rule.on_leave == "leave")

    def place(self, id_: str, field_of: FieldLookup) -> Place | None:
        field = field_of(app_field_id(id_) or "")
        return None if field is None else app_field_place(field)

    def mirrored(self, id_: str) -> tuple[str, ...]:
        field_id = app_field_id(id_)
        return (id_,) if field_id is None else (id_, field_id)

    # -- checks

    def check_owner(self, alias: str, field: Field, path: Path, report: Report) -> None:
        if owner_of(field.custom) is None:
            message = (
                f"the field {show_value(alias)} ({field.id}, {show_value(field.name)}) is none of a Forge app"
            )
            remedy = "write it under `set`; `app_set` is for the fields that the app brings along"
            report.add(Code.FIELD_OWNER, message, path, value=field.id, remedy=remedy, key=True)

    def check_live(self, mapping: BoundMapping, facts: LiveFacts, report: Report) -> None:
        """No screen has to hold such a field, but its app has to be paired."""
        for index, rule in enumerate(mapping.document.write_back):
            for alias in self.part(rule):
                field = mapping.fields.get(alias)
                owner = owner_of(field.custom) if field is not None else None
                if field is None or owner is None or any(owner.is_of(*one) for one in facts.apps):
                    continue
                message = f"the field {show_value(field.name)} ({field.id}) is of a Forge app that is not paired with this site"
                remedy = "pair the app, or choose a field of the app that is paired"
                report.add(
                    Code.FIELD_OWNER,
                    message,
                    ("write_back", index, self.option, alias),
                    value=field.id,
                    remedy=remedy,
                    key=True,
                )

    # -- writing

    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """As few calls as may be: issues that get the same value in a field stand together."""
        left = iter(changes)
        while part := tuple(islice(left, MOST_TOGETHER)):
            body = {"updates": list(_updates(part))}
            request = Request("POST", PATH, body, {"generateChangelog": "false"}, answer="nothing", to="app")
            yield WriteRequest(request, part)

    def words(self, change: Change, objection: Objection) -> str:
        return objection.fields.get(app_field_id(change.field_id) or "") or objection.message

    def remedy(self, change: Change, objection: Objection) -> str:
        if objection.status == UNHEARD:
            return objection.remedy
        if objection.status == 403:
            return f"{change.field_name} is of another Forge app, or of another environment of it, than the one that is paired. Map the field of that one."
        if objection.status == 404:
            return f"The app no longer brings {change.field_name} along: check the mapping."
        return (
            f"Check that {change.issue_key} still exists and that the app may see it (Jira settings, Apps, the app's access), "
            f"and what {change.field_name} accepts; then retry."
        )


TARGET = AppFieldTarget()


def app_field_place(field: Field) -> AppFieldPlace | None:
    """The place that a field of an app is; None for a field of nobody's, and for a type that this version does not write."""
    type_ = field_type(field)
    if type_ is None or owner_of(field.custom) is None:
        return None
    return AppFieldPlace(app_place_id(field.id), field.name, field, type_)


def owned_by(request: Request) -> str:
    """The id of a field that a request of ours writes: its owner is who has to send it."""
    updates = request.body["updates"] if isinstance(request.body, dict) else []
    return str(updates[0]["customField"])


def _updates(changes: Iterable[Change]) -> Iterator[dict[str, object]]:
    """By field and value the issues that get it."""
    same: dict[tuple[str, str], tuple[object, list[int]]] = {}
    for change in changes:
        field = app_field_id(change.field_id) or change.field_id
        same.setdefault((field, repr(change.after)), (change.after, []))[1].append(int(change.issue_id))
    for (field, _), (value, issues) in same.items():
        yield {"customField": field, "issueIds": issues, "value": value}
