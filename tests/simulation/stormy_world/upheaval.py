"""What happens to a site beyond its issues' everyday: things out of sight, renamed, deleted, unreadable. What can be undone is undone in the calm."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import msgspec

from connectors.sandbox import Record, Sandbox, administration
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import FieldDef

GARBAGE: tuple[dict[str, object], ...] = (
    {"duedate": "20260-01-01"},
    {"resolutiondate": "0001-01-01T00:00:00.000+1400"},
    {"created": "yesterday"},
    {"labels": "okr"},
    {"status": None},
    {"issuetype": {"id": 7}},
    {"updated": None},
    {"summary": msgspec.Raw(b'"Half a character \\ud83d"')},
)
"""What one issue may show in the place of the truth."""
SOURCES = (scheme.POINTS, scheme.KR_CURRENT, scheme.KR_TARGET)
"""Fields that numbers are made of."""


class Upheaval:
    """One seed's administrators and accidents. `happened` counts what came to pass, by its name."""

    def __init__(self, sandbox: Sandbox, dice: random.Random) -> None:
        self.sandbox = sandbox
        self.dice = dice
        self.happened: Counter[str] = Counter()
        self.remade: dict[str, str] = {}
        """The types that were made anew: the id before and the one after."""
        self.fields_anew = False
        self._trash: list[FieldDef] = []
        self._serial = 0

    def happen(self) -> None:
        """One of what is enabled."""
        name = self.dice.choice(ENABLED)
        HAPPENINGS[name](self)
        self.happened[name] += 1

    def mend(self) -> None:
        """Everything is in sight and readable again; names stay what they became."""
        for issue_id in list(self.sandbox.forbidden):
            self._reveal(issue_id)
        for key in list(self.sandbox.projects):
            administration.open_project(self.sandbox, key)
        for field in self._trash:
            administration.restore_field(self.sandbox, field)
        self._trash.clear()
        for issue_id in list(self.sandbox.garbage):
            self._clean(issue_id)

    # -- out of sight

    def hide(self) -> None:
        """An issue is put behind a security level, or another comes out from behind it."""
        hidden = [one for one in self.sandbox.forbidden if one in self.sandbox.records]
        if hidden and self.dice.random() < 0.5:
            self._reveal(self.dice.choice(sorted(hidden)))
            return
        record = self._some()
        if record is not None:
            self.sandbox.forbid(record.id)

    def _reveal(self, issue_id: str) -> None:
        if issue_id in self.sandbox.records:
            self.sandbox.pardon(issue_id)
        else:
            self.sandbox.forbidden.discard(issue_id)

    def close(self) -> None:
        """The account loses a project, or gets one back."""
        key = self.dice.choice(sorted(self.sandbox.projects))
        if self.sandbox.closed:
            for one in list(self.sandbox.projects):
                administration.open_project(self.sandbox, one)
        else:
            administration.close_project(self.sandbox, key)

    # -- names

    def rename_value(self) -> None:
        """A status or a resolution gets another name."""
        self._serial += 1
        if self.dice.random() < 0.5:
            status = self.dice.choice(self.sandbox.statuses)
            administration.rename_status(self.sandbox, status.id, f"Status {self._serial}")
        else:
            solved = self.dice.choice(self.sandbox.resolutions)
            administration.rename_resolution(self.sandbox, solved.id, f"Solved {self._serial}")

    def rename_type(self) -> None:
        """An issue type gets another name."""
        self._serial += 1
        kind = self.dice.choice(self.sandbox.types)
        administration.rename_type(self.sandbox, kind.id, f"Kind {self._serial}")

    def remake_type(self) -> None:
        """An issue type is deleted and made anew, under the name that it had first and another id."""
        self._serial += 1
        kind = self.dice.choice(self.sandbox.types)
        origin = kind.id
        while before := next((old for old, new in self.remade.items() if new == origin), None):
            origin = before
        name = next(one.name for one in scheme.ISSUE_TYPES if one.id == origin)
        if any(one.name == name and one.id != kind.id for one in self.sandbox.types):
            return
        self.remade[kind.id] = f"{19000 + self._serial}"
        administration.remake_type(self.sandbox, kind.id, name, self.remade[kind.id])

    def rename_project(self) -> None:
        """A project gets another key."""
        self._serial += 1
        administration.rename_project(
            self.sandbox, self.dice.choice(sorted(self.sandbox.projects)), f"NEW{self._serial}"
        )

    def rename_field(self) -> None:
        """A custom field gets another name."""
        self._serial += 1
        customs = [one.id for one in scheme.CUSTOM_FIELDS if one.id in self.sandbox.fields]
        administration.rename_field(self.sandbox, self.dice.choice(customs), f"Field {self._serial}")

    def delete_field(self) -> None:
        """A field that numbers are made of goes into the trash, or comes back from it."""
        if self._trash:
            administration.restore_field(self.sandbox, self._trash.pop())
            return
        there = [one for one in SOURCES if one in self.sandbox.fields]
        if there:
            self._trash.append(administration.delete_field(self.sandbox, self.dice.choice(there)))

    def remake_field(self) -> None:
        """A field that numbers are made of goes for good, and a new one has its first name: the mapping has to be activated anew for it."""
        there = [one for one in SOURCES if one in self.sandbox.fields]
        if self.fields_anew or not there:
            return
        id_ = self.dice.choice(there)
        name = next(one.name for one in scheme.CUSTOM_FIELDS if one.id == id_)
        administration.rename_field(self.sandbox, id_, name)
        administration.remake_field(self.sandbox, id_, "customfield_19990")
        self.fields_anew = True

    # -- unreadable

    def spoil(self) -> None:
        """One issue shows garbage, or the truth again."""
        if self.sandbox.garbage and self.dice.random() < 0.5:
            self._clean(self.dice.choice(sorted(self.sandbox.garbage)))
            return
        record = self._some()
        if record is not None:
            self.sandbox.spoil(record.id, **self.dice.choice(GARBAGE))

    def _clean(self, issue_id: str) -> None:
        if issue_id in self.sandbox.records:
            self.sandbox.spoil(issue_id)
        self.sandbox.garbage.pop(issue_id, None)

    def archive(self) -> None:
        """An issue is archived, or another comes back from the archive."""
        shelved = [
            self.sandbox.records[one] for one in sorted(self.sandbox.archived & self.sandbox.records.keys())
        ]
        if shelved and self.dice.random() < 0.5:
            administration.restore(self.sandbox, self.dice.choice(shelved))
            return
        record = self._some()
        if record is not None:
            administration.archive(self.sandbox, record)

    def _some(self) -> Record | None:
        records = list(self.sandbox.records.values())
        return self.dice.choice(records) if records else None


HAPPENINGS: dict[str, Callable[[Upheaval], None]] = {
    "hidden issues": Upheaval.hide,
    "closed projects": Upheaval.close,
    "renamed values": Upheaval.rename_value,
    "renamed fields": Upheaval.rename_field,
    "renamed types": Upheaval.rename_type,
    "types made anew": Upheaval.remake_type,
    "renamed projects": Upheaval.rename_project,
    "deleted fields": Upheaval.delete_field,
    "fields made anew": Upheaval.remake_field,
    "garbage": Upheaval.spoil,
    "archived issues": Upheaval.archive,
}
ENABLED = (
    "hidden issues",
    "closed projects",
    "renamed values",
    "renamed fields",
    "renamed types",
    "types made anew",
    "renamed projects",
    "deleted fields",
    "fields made anew",
    "garbage",
    "archived issues",
)
"""What takes part: the others wait until the connector withstands them."""
