"""The people of the simulated company: they found it, and then edit it by chance, one deed at a time."""

from __future__ import annotations

import random
from collections.abc import Callable

from connectors.sandbox import CONNECTOR, PEOPLE, Record, Sandbox
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import create, delete, edit, move
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import bulk_to_status, to_status
from connectors.sandbox.traffic.access import JiraAnswerError
from mappings.facts.entity_property import property_id

CYCLE, NEXT_CYCLE = "2026-Q4", "2027-Q1"
POINTS = (None, 0, 1, 2, 3, 5, 8)
ACTORS = tuple(person(one) for one in PEOPLE[:3])
OURS = person(CONNECTOR)
CONTRIBUTES, MEASURES = (
    next(kind for kind in scheme.LINK_TYPES if kind.name == name) for name in ("Contributes", "Measures")
)
PROPERTY_KEY = "okr.storm"
PROPERTY = property_id(PROPERTY_KEY)
TYPES = {one.name: one for one in scheme.ISSUE_TYPES}
"""Types by the name that they had first."""


class People:
    """Everyone who edits. `meddled` are fields of ours that somebody wrote by hand: (issue id, field id)."""

    def __init__(self, sandbox: Sandbox, dice: random.Random) -> None:
        self.sandbox = sandbox
        self.dice = dice
        self.version = "3" if sandbox.deployment == "cloud" else "2"
        self.meddled: set[tuple[str, str]] = set()
        self.remade: dict[str, str] = {}
        self.cycles: tuple[str, ...] = (CYCLE,)
        """What objectives are labelled with; the first at first."""
        self.deeds = 0

    # -- founding

    def found(self) -> None:
        """About forty issues: initiatives, epics, objectives, key results, work, sub-tasks, links. Nobody is told."""
        listeners, self.sandbox.listeners = self.sandbox.listeners, []
        for _ in range(2):
            self.make("Initiative")
        for number in range(6):
            made = self.make("Epic" if number < 4 else "Objective", labels=["okr", CYCLE])
            for _ in range(self.dice.randint(0, 2)):
                self.make("Key Result", parent=made, **self._measure())
            for _ in range(self.dice.randint(1, 5)):
                kind = self.dice.choice(("Story", "Task", "Bug"))
                self.make(kind, parent=made, **{scheme.POINTS: self.dice.choice(POINTS)})
        for _ in range(3):
            self.make("Sub-task", parent=self.some("Story", "Task"))
        for _ in range(4):
            self.link()
        self.sandbox.listeners = listeners
        self.deeds = 0

    def _measure(self) -> dict[str, object]:
        return {
            scheme.KR_START: self.dice.choice((0, 10)),
            scheme.KR_TARGET: self.dice.choice((10, 100)),
            scheme.KR_CURRENT: self.dice.choice((None, 5, 20)),
        }

    def make(
        self, kind: str, parent: Record | None = None, project: str = "", **fields: object
    ) -> Record | None:
        """Create an issue; where Jira refuses, nothing is made."""
        given: dict[str, object] = {
            "project": {
                "key": project
                or (parent.project.key if parent else self.dice.choice(list(self.sandbox.projects)))
            },
            "issuetype": {"id": self._type_id(kind)},
            "summary": f"{kind} {self.dice.randint(1, 999)}",
            **{name: value for name, value in fields.items() if value is not None},
        }
        if parent is not None:
            level = TYPES[kind].level
            given |= self._below(level, parent)
        try:
            return create(self.sandbox, {"fields": given}, self.version, self.someone())
        except JiraAnswerError:
            return None

    def _below(self, level: int, parent: Record | None) -> dict[str, object]:
        """The field that puts an issue of this level below another: Data Center has one of its own for each level."""
        if self.sandbox.deployment == "cloud" or level < 0:
            return {"parent": {"key": parent.key} if parent is not None else None}
        field = scheme.EPIC_LINK if level == 0 else scheme.PARENT_LINK
        return {field: parent.key if parent is not None else None}

    # -- choosing

    def someone(self):  # type: ignore[no-untyped-def]
        """Who does it."""
        return self.dice.choice(ACTORS)

    def _type_id(self, kind: str) -> str:
        """The id that the type has now, which may have been made anew."""
        id_ = TYPES[kind].id
        while id_ in self.remade:
            id_ = self.remade[id_]
        return id_

    def some(self, *kinds: str) -> Record | None:
        """An issue of one of these types, or of any."""
        wanted = {self._type_id(kind) for kind in kinds}
        found = [one for one in self.sandbox.records.values() if not kinds or one.type.id in wanted]
        return self.dice.choice(found) if found else None

    # -- everyday life

    def do_something(self) -> None:
        """One deed; what Jira refuses does not happen."""
        deed = self.dice.choices([one for one, _ in DEEDS], [weight for _, weight in DEEDS])[0]
        try:
            deed(self)
            self.deeds += 1
        except JiraAnswerError:
            pass

    def _edit(self, record: Record | None, **fields: object) -> None:
        if record is not None:
            edit(self.sandbox, record, {"fields": fields}, self.version, self.someone())

    def transition(self) -> None:
        record = self.some()
        if record is not None:
            status = self.dice.choice(self.sandbox.projects[record.project.key].statuses)
            resolution = self.dice.choice(scheme.RESOLUTIONS) if status.category == "done" else None
            to_status(self.sandbox, record, status, self.someone(), resolution=resolution)

    def estimate(self) -> None:
        self._edit(self.some("Story", "Task", "Bug"), **{scheme.POINTS: self.dice.choice(POINTS)})

    def measure(self) -> None:
        self._edit(
            self.some("Key Result"), **{scheme.KR_CURRENT: self.dice.choice((None, 0, 7, 30, 99, 150))}
        )

    def reset_target(self) -> None:
        field = self.dice.choice((scheme.KR_START, scheme.KR_TARGET, scheme.KR_WEIGHT))
        self._edit(self.some("Key Result"), **{field: self.dice.choice((None, 0, 1, 10, 100))})

    def reparent(self) -> None:
        above = self.some("Epic", "Objective", "Initiative", "Story")
        parent = above if above is not None and self.dice.random() < 0.8 else None
        record = self.some("Story", "Task", "Bug", "Key Result", "Sub-task", "Epic")
        if record is not None:
            self._edit(record, **self._below(record.type.level, parent))

    def relabel(self) -> None:
        cycle = self._cycle()
        labels = self.dice.choice((["okr", cycle], ["okr", cycle], ["okr"], [cycle], []))
        self._edit(self.some("Epic", "Objective"), labels=labels)

    def create(self) -> None:
        parent = self.some("Epic", "Objective", "Story")
        if parent is None:
            return
        kind = "Sub-task" if parent.type.level == 0 else self.dice.choice(("Story", "Bug", "Key Result"))
        more = self._measure() if kind == "Key Result" else {scheme.POINTS: self.dice.choice(POINTS)}
        self.make(kind, parent, **more)

    def begin(self) -> None:
        self.make(self.dice.choice(("Epic", "Objective")), labels=["okr", self._cycle()])

    def _cycle(self) -> str:
        return self.dice.choice(self.cycles) if len(self.cycles) > 1 else self.cycles[0]

    def delete(self) -> None:
        record = self.some()
        if record is not None and len(self.sandbox.records) > 25:
            delete(self.sandbox, record, self.someone(), with_subtasks=True)

    def move(self) -> None:
        record = self.some()
        if record is not None:
            others = [key for key in self.sandbox.projects if key != record.project.key]
            move(self.sandbox, record, self.dice.choice(others), self.someone())

    def link(self) -> None:
        if self.dice.random() < 0.5:
            source, target = self.some("Epic", "Objective"), self.some("Initiative", "Epic", "Objective")
            kind = CONTRIBUTES
        else:
            source, target, kind = self.some("Key Result", "Story"), self.some("Epic", "Objective"), MEASURES
        if source is not None and target is not None and source.id != target.id:
            self.sandbox.link(kind, source.id, target.id, self.someone())

    def unlink(self) -> None:
        if self.sandbox.links:
            self.sandbox.unlink(self.dice.choice(list(self.sandbox.links)), self.someone())

    def family(self) -> None:
        """Somebody edits below an objective and below the one that it contributes to, in one go."""
        joined = [one for one in self.sandbox.links.values() if one.type.id == CONTRIBUTES.id]
        if not joined:
            return
        row = self.dice.choice(joined)
        for above in (row.source, row.destination):
            below = [
                self.sandbox.records[one] for one in sorted(self.sandbox.children.get(above, ()), key=int)
            ]
            if below:
                record = self.dice.choice(below)
                measured = record.type.id == self._type_id("Key Result")
                field = scheme.KR_CURRENT if measured else scheme.POINTS
                self._edit(record, **{field: self.dice.randint(1, 9)})

    def bulk(self) -> None:
        chosen = [one for one in self.sandbox.records.values() if self.dice.random() < 0.3]
        status = self.dice.choice((scheme.TO_DO, scheme.IN_PROGRESS, scheme.DONE))
        bulk_to_status(self.sandbox, [one.id for one in chosen], status, self.someone())

    def meddle(self) -> None:
        """Somebody types into a field that is ours to write."""
        record = self.some("Epic", "Objective", "Key Result")
        if record is not None:
            self.meddled.add((record.id, scheme.OKR_PROGRESS))
            value = self.dice.choice((None, 1, 50, 100))
            # Many give the connector a person's account, or one that other tools share: what it types is no echo of ours.
            who = OURS if self.dice.random() < 1 / 3 else self.someone()
            edit(self.sandbox, record, {"fields": {scheme.OKR_PROGRESS: value}}, self.version, who)

    def meddle_with_property(self) -> None:
        """Something else writes the property that is ours, or removes it; of that Jira tells nobody who has not asked."""
        record = self.some("Epic", "Objective")
        if record is not None:
            self.meddled.add((record.id, PROPERTY))
            kept = self.sandbox.properties[record.id]
            value = self.dice.choice((None, {"progress_percent": 1, "health": "on_track"}, {}, "text"))
            kept.pop(PROPERTY_KEY, None)
            if value is not None:
                kept[PROPERTY_KEY] = value

    def chat(self) -> None:
        """An edit that concerns no number."""
        self._edit(self.some(), summary=f"Renamed {self.dice.randint(1, 999)}")


DEEDS: tuple[tuple[Callable[[People], None], int], ...] = (
    (People.transition, 14),
    (People.estimate, 8),
    (People.measure, 8),
    (People.reset_target, 3),
    (People.reparent, 6),
    (People.relabel, 4),
    (People.create, 6),
    (People.begin, 1),
    (People.delete, 3),
    (People.move, 4),
    (People.link, 4),
    (People.unlink, 2),
    (People.family, 4),
    (People.bulk, 1),
    (People.meddle, 2),
    (People.meddle_with_property, 1),
    (People.chat, 3),
)
