"""Sprints that begin and end, and versions that are released and called back: of that no issue is edited, and every number may move."""

from __future__ import annotations

import random
from collections.abc import Callable

from stormy_world.people import ACTORS

from connectors.sandbox import Record, Sandbox, administration
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import put, put_in_sprint
from connectors.sandbox.site_state.state import Json
from mappings.facts.issue import JiraValue

FIRST_SPRINT, SPRINTS = 31, 8
VERSIONS = {"PLAT": ("1.0", "1.1"), "CORE": ("7", "8"), "GROW": ("G",)}
EVENTS = ("sprint_started", "sprint_closed", "jira:version_released", "jira:version_unreleased")
WORK = ("Story", "Task", "Bug")
SELECTED = "issuetype in (Story, Task, Bug, Sub-task)"
SCOPED = "project in (PLAT, CORE)"


def by_plan(text: str) -> str:
    """Our mapping, where of the work that counts what is in a sprint that runs or is over, or in a version that is released; bugs of open versions are out of scope."""
    counted = f"{SELECTED} AND (Sprint in openSprints() OR Sprint in closedSprints() OR fixVersion in releasedVersions())"
    scope = f"{SCOPED} AND (issuetype != Bug OR fixVersion is EMPTY OR fixVersion in releasedVersions() OR Sprint in openSprints())"
    return (
        text.replace("name: everything-at-once", "name: by-plan")
        .replace(f"scope: {SCOPED}", f"scope: {scope}")
        .replace(f"select: {SELECTED}", f"select: {counted}")
    )


class Planning:
    """One seed's plans. `happened` counts what came to pass without an edit of any issue."""

    def __init__(self, sandbox: Sandbox, dice: random.Random) -> None:
        self.sandbox = sandbox
        self.dice = dice
        self.happened = 0
        self._sprints: list[Json] = [
            {
                "id": FIRST_SPRINT + number,
                "name": f"Sprint {number + 1}",
                "boardId": 1,
                "goal": "",
                "state": "future",
            }
            for number in range(SPRINTS)
        ]
        self._versions: list[JiraValue] = []

    def found(self) -> None:
        """The first sprint runs; half of the work is planned, and nobody is told."""
        self._sprints[0] = self._turned(self._sprints[0], "active")
        for key, names in VERSIONS.items():
            made = [JiraValue(self.sandbox.next_id("version"), name) for name in names]
            self.sandbox.versions[key] += made
            self._versions += made
        for record in self._work():
            if self.dice.random() < 0.5:
                record = put(record, scheme.SPRINT, [self.dice.choice(self._sprints[:3])])
            self.sandbox.hold(self._versioned(record))

    def happen(self) -> None:
        """Something of it."""
        self.dice.choice(HAPPENINGS)(self)

    def turn_sprint(self) -> None:
        """The running sprint ends, and the next one begins, at once or some time."""
        running = self._at("active")
        if running is not None:
            self._change(running, "closed", "sprint_closed")
        if running is None or self.dice.random() < 0.7:
            following = self._at("future")
            if following is not None:
                self._change(following, "active", "sprint_started")

    def release(self) -> None:
        """A version is released, or called back."""
        version = self.dice.choice(self._versions)
        released = version.id not in self.sandbox.released
        administration.release(self.sandbox, version, self.dice.choice(ACTORS), released=released)
        self.happened += 1

    def plan(self) -> None:
        """People put an issue into a sprint, or into none: that is an edit, as any other."""
        record = self._some()
        if record is not None:
            open_ones = [one for one in self._sprints if one["state"] != "closed"]
            put_in_sprint(
                self.sandbox, record, self.dice.choice([None, *open_ones[:3]]), self.dice.choice(ACTORS)
            )

    def _change(self, number: int, state: str, event: str) -> None:
        self._sprints[number] = self._turned(self._sprints[number], state)
        administration.change_sprint(self.sandbox, self._sprints[number], self.dice.choice(ACTORS), event)
        self.happened += 1

    def _turned(self, sprint: Json, state: str) -> Json:
        """In another state, since now."""
        now = self.sandbox.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {**sprint, "state": state, "startDate" if state == "active" else "completeDate": now}

    def _at(self, state: str) -> int | None:
        return next((number for number, one in enumerate(self._sprints) if one["state"] == state), None)

    def _work(self) -> list[Record]:
        return [one for one in self.sandbox.records.values() if one.type.name in WORK]

    def _some(self) -> Record | None:
        work = self._work()
        return self.dice.choice(work) if work else None

    def _versioned(self, record: Record) -> Record:
        known = self.sandbox.versions[record.project.key]
        chosen = (self.dice.choice(known),) if known and self.dice.random() < 0.6 else ()
        return put(record, "fixVersions", chosen)


HAPPENINGS: tuple[Callable[[Planning], None], ...] = (
    Planning.turn_sprint,
    Planning.turn_sprint,
    Planning.release,
    Planning.plan,
    Planning.plan,
    Planning.plan,
)
