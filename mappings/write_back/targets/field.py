"""`set`: fields of the issue. One edit carries all fields of an issue, and one bad field refuses it whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

import pydantic

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.part import MOST_PARTS, Alias
from mappings.document.text.places import Path
from mappings.facts.app_field import owner_of
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue, JiraValue
from mappings.fields import Api, FieldPurpose, FieldType, FieldValueError, field_type, schemas_holding
from mappings.fields.select import as_said, by_id, known_option
from mappings.write_back.echo import EventValue
from mappings.write_back.target import (
    Aim,
    FieldLookup,
    MadeValue,
    Objection,
    Place,
    Request,
    RuleKey,
    WriteBasis,
    WriteRequest,
    WriteTarget,
)
from mappings.write_back.values import Figures, Form, ValuePart

if TYPE_CHECKING:
    from mappings.document.checks.live.writes import EditableField, EditScreen, LiveFacts
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import Document, WriteBackPart
    from mappings.write_back.plan import Change

LEVELS = ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")


@dataclass(frozen=True, slots=True)
class FieldPlace(Place):
    """A field of an issue, and its type."""

    field: Field
    type: FieldType

    @property
    def target(self) -> WriteTarget:
        return TARGET

    def equal(self, left: object, right: object) -> bool:
        return self.type.equal(left, right)

    def step(self, before: object, after: object) -> str:
        return self.type.step(before, after)

    def cleared(self, api: Api) -> object:
        return self._encoded(None, self.field, api).raw

    def says(self, told: EventValue, value: object) -> bool:
        """The words of a changelog as well as a whole value."""
        if told.whole:
            return self.type.equal(told.value, value)
        raw = self.type.from_change(told.id, told.text)
        return (raw is not None or not (told.id or told.text)) and self.type.equal(raw, value)

    def make(self, part: ValuePart, figures: Figures, basis: WriteBasis) -> MadeValue | None:
        """The raw value for the field, or None where it is to be left as it is: its type cannot hold such a value, or it is unknown."""
        value = part.what
        if self.type.holding not in value.held_by:
            return None
        taken = value.take(figures)
        if value.form is Form.LEVEL:
            if taken == "unknown" and part.unknown == "leave":
                return None
            return self._labelled(part.label(figures.health), figures.issue, basis.api)
        said = value.number(part, figures) if value.is_number else taken
        if said is None and part.unknown == "leave":
            return None
        if isinstance(said, Decimal) and self.type.holding is not FieldPurpose.NUMBER:
            said = value.words(said)
        if isinstance(said, date) and self.type.holding is not FieldPurpose.DAY:
            said = said.isoformat()
        return self._encoded(said, self.field, basis.api)

    def _labelled(self, label: str | None, issue: Issue | None, api: Api) -> MadeValue:
        """What stands for a level: of a select field the option of the context that the issue is of.

        One that the context lacks is asked for all the same: Jira refuses it, and people hear of it. Cleared, nobody would.
        """
        own = self.field if issue is None else self.field.within(issue.project.id, issue.type.id)
        if label is None or own is self.field or known_option(JiraValue("", label), own) is not None:
            return self._encoded(label, own, api)
        return MadeValue(as_said(label, self.field))

    def _encoded(self, value: object, field: Field, api: Api) -> MadeValue:
        """The value as JSON; what the field cannot hold clears it, since a value left behind would be a wrong one."""
        try:
            return MadeValue(self.type.encode(value, field, api))
        except FieldValueError:
            return MadeValue(self.type.encode(None, field, api))


class FieldTarget(WriteTarget):
    """Fields by alias: `set: {okr_progress: {value: progress_percent}}`."""

    option: ClassVar[str] = "set"
    prefix: ClassVar[str] = ""
    ages: ClassVar[bool] = True
    several: ClassVar[bool] = True

    @property
    def shape(self) -> RuleKey:
        return Annotated[dict[Alias, ValuePart], pydantic.Field(max_length=MOST_PARTS)], {}

    def part(self, rule: WriteBackPart) -> Mapping[Alias, ValuePart]:
        found: Mapping[Alias, ValuePart] = getattr(rule, self.option)
        return found

    def fields(self, rule: WriteBackPart) -> Mapping[str, ValuePart]:
        return self.part(rule)

    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:
        for alias, part in self.part(rule).items():
            place = field_place(fields[alias]) if alias in fields else None
            if place is not None:
                yield Aim(place, part.value, partial(place.make, part), rule.on_leave == "leave")

    def values(self, rule: WriteBackPart) -> Iterator[tuple[Path, str]]:
        for alias, part in self.part(rule).items():
            yield (self.option, alias, "value"), part.value

    def options(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[tuple[Field, str]]:
        """What stands for the levels of health in a select field."""
        for alias, part in self.part(rule).items():
            field = fields.get(alias)
            type_ = field_type(field) if field is not None else None
            if field is not None and type_ is not None and type_.holding is FieldPurpose.CHOICE:
                words = part.wanted_options.values() if part.what.form is Form.LEVEL else ()
                yield from ((field, word) for word in words)

    def place(self, id_: str, field_of: FieldLookup) -> Place | None:
        field = field_of(id_)
        return None if field is None else field_place(field)

    # -- checks

    def check(self, document: Document, sources: Mapping[str, str], report: Report) -> None:
        """Two writers of one field, loops, unknown aliases, options that a value does not have."""
        writers: dict[tuple[Path | str, str], str] = {}
        for index, rule in enumerate(document.write_back):
            for alias, part in self.part(rule).items():
                path: Path = ("write_back", index, self.option, alias)
                identity = field_identity(document, alias)
                _check_alias(document, alias, path, report)
                _check_loop(alias, sources.get(identity), path, report)
                # An issue is a plain parent by one rule alone: several may write one field.
                key = (rule.target or path[:2], identity)
                if key in writers:
                    _two_writers(alias, writers[key], rule.one, path, report)
                writers.setdefault(key, alias)
                _check_value(part, path, report)

    def check_bound(self, mapping: BoundMapping, report: Report) -> None:
        """Types of fields, and options of select fields."""
        for index, rule in enumerate(mapping.document.write_back):
            for alias, part in self.part(rule).items():
                field = mapping.fields.get(alias)
                path: Path = ("write_back", index, self.option, alias)
                if field is not None and field.type:
                    _check_type(alias, field, part, path, report)
                    self.check_owner(alias, field, path, report)

    def check_owner(self, alias: str, field: Field, path: Path, report: Report) -> None:
        """What an app brought along nobody else can write."""
        if owner_of(field.custom) is not None:
            message = f"the field {show_value(alias)} ({field.id}, {show_value(field.name)}) is of a Forge app, which alone may write it"
            remedy = "write it under `app_set`, or take a field of Jira's own"
            report.add(Code.FIELD_OWNER, message, path, value=field.id, remedy=remedy, key=True)

    def check_live(self, mapping: BoundMapping, facts: LiveFacts, report: Report) -> None:
        """Screens, contexts and the options on them; where no issue of a kind could be found nothing can be said."""
        seen = {target for screen in facts.screens for target in screen.targets}
        for index, rule in enumerate(mapping.document.write_back):
            screens = [screen for screen in facts.screens if rule.subject in screen.targets]
            for alias, part in self.part(rule).items():
                if alias in mapping.fields:
                    path: Path = ("write_back", index, self.option, alias)
                    _check_screens(mapping.fields[alias], part, screens, path, report)
            if facts.screens and self.part(rule) and rule.subject not in seen:
                message = f"no issue is {rule.one} now, so its edit screens could not be checked"
                remedy = f"check again when there is one, or correct the `{'parents' if rule.target is None else 'select'}` that should find it"
                report.warn(Code.NOTHING_SELECTED, message, ("write_back", index), remedy=remedy)
        for access in facts.access if any(map(self.part, mapping.document.write_back)) else ():
            if access.lacks("ADMINISTER_PROJECTS") and not access.lacks(self.permission):
                key = access.project.key
                message = f"every write in {key} sends mail to watchers: keeping it silent needs Administer projects"
                remedy = f"grant the connector's account Administer projects in {key}, or accept the mail"
                report.warn(Code.NOTIFICATIONS_SENT, message, ("write_back",), value=key, remedy=remedy)

    # -- writing

    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """One edit for all of them."""
        every = tuple(changes)
        if every:
            values = {change.field_id: by_id(change.after) for change in every}
            path = f"/issue/{every[0].issue_id}"
            request = Request("PUT", path, {"fields": values}, notifies=True, answer="edit")
            yield WriteRequest(request, every)

    def remedy(self, change: Change, objection: Objection) -> str:
        message = objection.fields.get(change.field_id, "")
        if "screen" in message:
            return (
                f"Add the field {change.field_name} ({change.field_id}) to the edit screen used by {change.issue_key}, "
                "give the connector's account permission to edit it, or take the field out of write_back."
            )
        if "ption" in message and isinstance(change.after, dict):
            what = change.after.get("value") or change.after.get("id")
            return (
                f'Add the option "{what}" to {change.field_name} in the context that {change.issue_key} is of '
                "(its project and type), or name one of that context under `options`."
            )
        if objection.status == 404:
            return f"Check that {change.issue_key} still exists and that the connector's account may see it."
        if objection.status == 403:
            return f"Give the connector's account the Edit issues permission in the project of {change.issue_key}."
        return (
            objection.remedy or f"Check what {change.field_name} accepts on {change.issue_key}, then retry."
        )


TARGET = FieldTarget()


def field_place(field: Field) -> FieldPlace | None:
    """The place that a field is; None for a type that this version does not write."""
    type_ = field_type(field)
    return None if type_ is None else FieldPlace(field.id, field.name, field, type_)


def field_identity(document: Document, alias: str) -> str:
    """What decides whether two aliases are one field: the id, else the name; the alias itself where neither is known."""
    part = document.fields.get(alias)
    if part is None:
        return f"alias {alias}"
    return part.id or f"name {str(part.name).casefold()}"


def _two_writers(alias: str, first: str, target: str, path: Path, report: Report) -> None:
    message = (
        f"the field {show_value(alias)} of {target} is written twice; {show_value(first)} writes it already"
    )
    report.add(Code.TWO_WRITERS, message, path, value=alias, remedy="let one rule write it", key=True)


def _check_alias(document: Document, alias: str, path: Path, report: Report) -> None:
    if alias not in document.fields:
        remedy = "add the alias under `fields`, or use one that is there"
        report.unknown(Code.UNKNOWN_ALIAS, "the field alias", alias, document.fields, path, remedy)


def _check_loop(alias: str, source: str | None, path: Path, report: Report) -> None:
    if source is not None:
        message = (
            f"the field {show_value(alias)} is written here and read by a rule (as {show_value(source)})"
        )
        remedy = "write to a field of its own; a number must not be derived from itself"
        report.add(Code.TARGET_IS_SOURCE, message, path, value=alias, remedy=remedy, key=True)


def _check_value(part: ValuePart, path: Path, report: Report) -> None:
    if not part.what.is_number and "round" in part.model_fields_set:
        message = f"`round` has no effect on {show_value(part.value)}"
        report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "round"), remedy="remove it")
    if part.options is None:
        return
    if part.what.form is not Form.LEVEL:
        message = f"`options` belong to health, not to {show_value(part.value)}"
        remedy = "remove `options`, or write `value: health`"
        report.add(Code.OPTIONS_WITHOUT_HEALTH, message, (*path, "options"), remedy=remedy)
        return
    missing = [level for level in LEVELS if level not in part.options]
    if missing:
        message = f"no option is written for {', '.join(missing)}; the field is cleared then"
        remedy = "add an option for each level"
        report.warn(
            Code.HEALTH_LEVEL_WITHOUT_OPTION, message, (*path, "options"), valid=LEVELS, remedy=remedy
        )


def _check_type(alias: str, field: Field, part: ValuePart, path: Path, report: Report) -> None:
    fitting = schemas_holding(part.what.held_by)
    if field.type not in fitting:
        message = (
            f"the field {show_value(alias)} ({field.id}, {show_value(field.name)}) is of the type {field.type}, "
            f"but {show_value(part.value)} is written to it"
        )
        remedy = "use a field of a fitting type, or write another value"
        report.add(Code.FIELD_TYPE, message, path, value=field.type, valid=fitting, remedy=remedy)
    elif (
        part.what.form is Form.LEVEL
        and field.type in schemas_holding((FieldPurpose.CHOICE,))
        and field.options
    ):
        remedy = "write an option of the field under `options`, or add this one to the field in Jira"
        _check_options(part, field.options, show_value(field.name), remedy, path, report)


def _check_options(
    part: ValuePart, options: Sequence[JiraValue], whose: str, remedy: str, path: Path, report: Report
) -> None:
    known = {text for option in options for text in (option.id, option.name)}
    valid = list(dict.fromkeys(option.name for option in options))
    for level, name in part.wanted_options.items():
        if name not in known:
            place = path if part.options is None else (*path, "options", level)
            report.unknown(
                Code.UNKNOWN_OPTION, f"for {level} the option of {whose}", name, valid, place, remedy
            )


def _check_screens(
    wanted: Field, part: ValuePart, screens: list[EditScreen], path: Path, report: Report
) -> None:
    """A field that can be written nowhere refuses the mapping; one that is missing on some screens is a warning for each."""
    nowhere = not any(wanted.id in screen.fields for screen in screens)
    for screen in screens:
        editable = screen.fields.get(wanted.id)
        if editable is None:
            _missing(wanted, screen, path, report, nowhere=nowhere)
        elif "set" not in editable.operations:
            allowed = ", ".join(editable.operations) or "nothing"
            message = f"{_named(wanted)} cannot be set on {screen.name}; Jira allows {allowed}"
            remedy = "write to another field"
            report.add(Code.FIELD_NOT_SETTABLE, message, path, value=wanted.id, remedy=remedy, key=True)
        elif part.what.form is Form.LEVEL and editable.options:
            _check_screen_options(wanted, part, screen, editable, path, report)


def _check_screen_options(
    wanted: Field, part: ValuePart, screen: EditScreen, editable: EditableField, path: Path, report: Report
) -> None:
    whose = f"{show_value(wanted.name)} on {screen.name}"
    remedy = "write an option of the field, or add this one to its context in Jira"
    _check_options(part, editable.options, whose, remedy, path, report)


def _missing(wanted: Field, screen: EditScreen, path: Path, report: Report, *, nowhere: bool) -> None:
    outside = wanted.project_ids and screen.project.id not in wanted.project_ids
    code = Code.FIELD_CONTEXT if outside else Code.FIELD_NOT_ON_SCREEN
    why = (
        "does not exist in that project"
        if outside
        else "is not on the edit screen, or this account may not edit it"
    )
    message = f"{_named(wanted)} cannot be written on {screen.name}: it {why}"
    remedy = f"add {show_value(wanted.name)} to the context and the edit screen of {screen.name}"
    if nowhere:
        report.add(code, message, path, value=wanted.id, remedy=remedy, key=True)
    else:
        until = f"{remedy}; until then it stays empty there"
        report.warn(code, message, path, value=wanted.id, remedy=until, key=True)


def _named(wanted: Field) -> str:
    return f"the field {show_value(wanted.name)} ({wanted.id})"
