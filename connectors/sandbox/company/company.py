"""Fills a sandbox: with the demo's company and the history of its quarters, or with very many plain issues for benchmarks."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from connectors.sandbox.company.northwind import (
    BUGS,
    EXTRAS,
    GOALS,
    INITIATIVES,
    RUNNING,
    STEPS,
    SUBTASKS,
    Quarter,
    SeedMetric,
    SeedObjective,
    quarter,
    quarters,
)
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.documents import document
from connectors.sandbox.site_state.edits import changes, put
from connectors.sandbox.site_state.state import MILLISECOND, Record, Sandbox, person
from connectors.sandbox.site_state.transitions import to_status
from mappings.facts.issue import IssueType, JiraValue, Status, User

POINTS = (1, 2, 3, 5, 8)
NOT_DONE_THINGS = ("Won't Do", "Duplicate", "Cannot Reproduce", "Won't Fix")
RESOLUTION = {one.name: one for one in scheme.RESOLUTIONS}
PAST = 0.58
"""How much of the running quarter is over when a metric stands at its `now`."""
CARD_POINTS = (3, 5)
CARDS_A_PLACE = 3
"""Cards that are invited to be dragged weigh so much and are so few that each step of one moves its objective by a whole percent."""


@dataclass(slots=True)
class _PlannedIssue:
    """An issue that is going to be made; `id` is known once it is."""

    id: str = ""


@contextmanager
def _silently(sandbox: Sandbox) -> Iterator[None]:
    """Seeding tells no webhook."""
    listeners, sandbox.listeners = sandbox.listeners, []
    try:
        yield
    finally:
        sandbox.listeners = listeners


def seed_company(sandbox: Sandbox, seed: int, now: datetime) -> None:
    """Put Northwind Robotics into an empty sandbox, as it stands at `now`: in the quarter of that day, with the one before behind it.

    The same seed tells the same story on every day of a quarter, as far as it has gone; nothing happens after `now`.
    """
    with sandbox.lock, _silently(sandbox):
        _Story(sandbox, seed, now).tell()


class _Story:
    """Plans everything that happens in two quarters, then lets happen what happened by now, in order of time.

    What is planned never depends on how much of it is over: each part draws from a chance of its own.
    """

    def __init__(self, sandbox: Sandbox, seed: int, now: datetime) -> None:
        self.sandbox = sandbox
        self.seed = seed
        self.random = self.chance("")
        self.now = now
        self.cycles = quarters(now.date())
        self.deeds: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.serial = itertools.count()
        self.people = [person(one) for one in scheme.PEOPLE]
        self.initiatives: list[_PlannedIssue] = []
        self.goals: list[_PlannedIssue] = []
        self.metrics: list[_PlannedIssue] = []

    def chance(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")  # noqa: S311 - repeatable, not secret

    def tell(self) -> None:
        self.versions()
        for project, title in INITIATIVES:
            self.initiatives.append(self.initiative(project, title))
        for goal in GOALS:
            self.goals.append(self.goal(goal))
        self.bugs()
        self.measures()
        for at, _, deed in sorted(self.deeds, key=lambda one: one[:2]):
            if at <= self.now:
                deed(at)
        if self.sandbox.deployment == "cloud":
            self.goals_app()

    def goals_app(self) -> None:
        """The company's goals in Atlassian's own app, of which nobody has posted anything: one of each initiative, and below them one of
        each objective of the running quarter.
        """
        book, records = self.sandbox.goals, self.sandbox.records
        above = [book.add(records[one.id].summary, scheme.PEOPLE[0]) for one in self.initiatives]
        for goal, made in zip(GOALS, self.goals, strict=True):
            record = records.get(made.id)
            if goal.cycle == RUNNING and record is not None:
                parent = above[goal.initiative] if goal.initiative is not None else None
                book.add(record.summary, scheme.PEOPLE[0], parent, record.due)

    def versions(self) -> None:
        for key in self.sandbox.projects:
            self.sandbox.versions[key] = [
                JiraValue(self.sandbox.next_id("version"), cycle.id) for cycle in self.cycles
            ]
            self.sandbox.components[key] = [
                JiraValue(self.sandbox.next_id("component"), name)
                for name in ("Backend", "Frontend", "Hardware")
            ]

    # -- telling ----------------------------------------------------------------------------------------------

    def at(self, day: date, spread: float = 8.0) -> datetime:
        """Some working hour of a day."""
        start = datetime.combine(day, time(8), UTC)
        return start + timedelta(
            hours=self.random.uniform(0, spread), milliseconds=self.random.randint(0, 999)
        )

    def do(self, when: datetime, deed: Callable[[datetime], None]) -> None:
        self.deeds.append((when, next(self.serial), deed))

    def make(
        self,
        when: datetime,
        project: str,
        kind: IssueType,
        title: str,
        parent: _PlannedIssue | None = None,
        **more: object,
    ) -> _PlannedIssue:
        """Plan the making of an issue; `more` sets attributes of the record."""
        made, author = _PlannedIssue(), self.random.choice(self.people)

        def deed(at: datetime) -> None:
            definition = self.sandbox.projects[project]
            made.id = self.sandbox.next_id("issue")
            record = Record(
                id=made.id, key=self.sandbox.next_key(project), project=definition.project, type=kind, status=definition.statuses[0], summary=title, created=at, updated=at, status_changed=at, creator=author, reporter=author,
                parent_id=parent.id if parent else None,
            )  # fmt: skip
            self.sandbox.add(replace(record, **more), author, announce=False)  # type: ignore[arg-type]

        self.do(when, deed)
        return made

    def turn(
        self,
        when: datetime,
        made: _PlannedIssue,
        status: Status,
        who: User,
        resolution: JiraValue | None = None,
    ) -> None:
        """Plan a change of status."""

        def deed(at: datetime) -> None:
            record = self.sandbox.records[made.id]
            to_status(self.sandbox, record, status, who, resolution=resolution, at=at)

        self.do(when, deed)

    def set(self, when: datetime, made: _PlannedIssue, field_id: str, value: object, who: User) -> None:
        """Plan a change of a field."""

        def deed(at: datetime) -> None:
            record = self.sandbox.records[made.id]
            fresh = put(record, field_id, value)
            self.sandbox.commit(fresh, changes(self.sandbox, record, fresh), who, "issue_updated", at=at)

        self.do(when, deed)

    # -- objectives -------------------------------------------------------------------------------------------

    def initiative(self, project: str, title: str) -> _PlannedIssue:
        made = self.make(
            self.at(self.cycles[0].start - timedelta(days=21)),
            project,
            scheme.INITIATIVE,
            title,
            description=document(f"Northwind {self.cycles[RUNNING].start.year}: {title}."),
        )
        self.turn(self.at(self.cycles[0].start + timedelta(days=1)), made, scheme.IN_PROGRESS, self.people[0])
        return made

    def goal(self, goal: SeedObjective) -> _PlannedIssue:
        cycle = self.cycles[goal.cycle]
        self.random = self.chance(goal.title)
        planned = cycle.start - timedelta(days=self.random.randint(8, 16))
        owner = self.random.choice(self.people)
        under = self.initiatives[goal.initiative] if goal.initiative is not None else None
        kind = scheme.OBJECTIVE if goal.as_objective else scheme.EPIC
        made = self.make(
            self.at(planned), goal.project, kind, goal.title, under if goal.child_of_initiative else None,
            labels=("okr", cycle.id, *([f"bsc-{goal.perspective}"] if goal.perspective else ())),
            assignee=owner, due=cycle.end, fix_versions=self.version(goal.project, cycle),
        )  # fmt: skip
        self.turn(self.at(cycle.start), made, scheme.IN_PROGRESS, owner)
        if under is not None:
            self.contribute(self.at(planned, 20), made, under)
        for metric in goal.metrics:
            self.metrics.append(self.metric(goal, cycle, made, metric, owner))
        if goal.metrics:
            for place in goal.work:
                self.work(goal, cycle, made, place)
        else:
            self.cards(goal, cycle, made)
        if goal.cycle != RUNNING:
            self.turn(self.at(cycle.end), made, scheme.DONE, owner)
        return made

    def version(self, project: str, cycle: Quarter) -> tuple[JiraValue, ...]:
        return tuple(one for one in self.sandbox.versions[project] if one.name == cycle.id)

    def contribute(self, when: datetime, made: _PlannedIssue, to: _PlannedIssue) -> None:
        kind = next(one for one in scheme.LINK_TYPES if one.name == "Contributes")
        self.do(when + timedelta(days=1), partial(self.join, kind, made, to, self.people[0]))

    def join(
        self, kind: scheme.LinkTypeDef, made: _PlannedIssue, to: _PlannedIssue, who: User, _at: datetime
    ) -> None:
        before = {one: self.sandbox.records[one] for one in (made.id, to.id)}
        self.sandbox.link(kind, made.id, to.id, who, announce=False)
        for (
            issue_id,
            record,
        ) in before.items():  # a link is no news: the issue was last updated when it was before
            self.sandbox.records[issue_id] = self.sandbox.index[issue_id] = replace(record, cache={})

    def metric(
        self, goal: SeedObjective, cycle: Quarter, parent: _PlannedIssue, metric: SeedMetric, owner: User
    ) -> _PlannedIssue:
        values = {
            scheme.KR_START: metric.start,
            scheme.KR_TARGET: metric.target,
            scheme.KR_WEIGHT: metric.weight,
            scheme.KR_QUERY: metric.query,
        }
        customs = {name: value for name, value in values.items() if value is not None}
        self.random = self.chance(metric.title)
        born = self.at(cycle.start - timedelta(days=self.random.randint(1, 6)))
        made = self.make(
            born, goal.project, scheme.KEY_RESULT, metric.title, parent,
            labels=(cycle.id,), assignee=owner, due=cycle.end, customs=customs,
        )  # fmt: skip
        self.turn(self.at(cycle.start), made, scheme.IN_PROGRESS, owner)
        if metric.now is not None and metric.start is not None:
            way = (metric.start, metric.now, metric.target)
            self.readings(goal, cycle, made, way, born, owner)
        if goal.cycle != RUNNING:
            missed = metric.now is None or metric.now != metric.target
            verdict = (
                RESOLUTION["Not Achieved"] if missed and self.random.random() < 0.4 else RESOLUTION["Done"]
            )
            self.turn(self.at(cycle.end), made, scheme.DONE, owner, verdict)
        return made

    def readings(
        self,
        goal: SeedObjective,
        cycle: Quarter,
        made: _PlannedIssue,
        way: tuple[float, float, float | None],
        born: datetime,
        owner: User,
    ) -> None:
        """The start as it is made, then one reading a week, wandering to the target: a running metric keeps its pace."""
        start, now, target = way
        whole = all(float(one).is_integer() for one in (start, now)) and abs(now - start) > 5
        self.set(born + timedelta(hours=1), made, scheme.KR_CURRENT, start, owner)
        days = [cycle.start + timedelta(days=step) for step in range(3, (cycle.end - cycle.start).days, 7)]
        until = (
            PAST * (cycle.end - cycle.start).days if goal.cycle == RUNNING else (days[-1] - cycle.start).days
        )
        for day in days:
            wobble = self.random.uniform(-0.06, 0.06)
            share = (day - cycle.start).days / until + (0.0 if day == days[-1] else wobble)
            value = start + (now - start) * max(0.0, share)
            if target is not None and (value - target) * (target - start) > 0 and goal.cycle == RUNNING:
                value = target
            self.set(self.at(day), made, scheme.KR_CURRENT, round(value, 0 if whole else 2), owner)

    # -- work -------------------------------------------------------------------------------------------------

    def work(self, goal: SeedObjective, cycle: Quarter, parent: _PlannedIssue, place: str) -> None:
        for step in self.random.sample(STEPS, self.random.randint(3, 5)):
            kind = self.random.choice((scheme.STORY, scheme.STORY, scheme.TASK))
            self.item(goal, cycle, parent, kind, step.format(place))
        if self.random.random() < 0.6:
            self.item(goal, cycle, parent, scheme.BUG, self.random.choice(BUGS).format(place))

    def cards(self, goal: SeedObjective, cycle: Quarter, parent: _PlannedIssue) -> None:
        """The work of an objective that its cards move: all planned before the quarter begins, one of them done, one never."""
        titles = [
            step.format(place) for place in goal.work for step in self.random.sample(STEPS, CARDS_A_PLACE)
        ]
        length = (cycle.end - cycle.start).days
        for number, title in enumerate(titles):
            owner = self.random.choice(self.people)
            made = self.make(
                self.at(cycle.start - timedelta(days=6)), goal.project, self.random.choice((scheme.STORY, scheme.TASK)),
                title[0].upper() + title[1:], parent, assignee=owner, priority=self.random.choice(scheme.PRIORITIES[:4]),
                customs={scheme.POINTS: self.random.choice(CARD_POINTS)},
                components=(self.random.choice(self.sandbox.components[goal.project]),),
            )  # fmt: skip
            done = self.at(cycle.start + timedelta(days=number / len(titles) * length / goal.pace - 2))
            started = max(
                done - timedelta(days=self.random.uniform(5, 14)), self.at(cycle.start - timedelta(days=4))
            )
            if number == len(titles) - 1:
                self.turn(
                    self.at(cycle.start + timedelta(days=0.7 * length)), made, scheme.IN_PROGRESS, owner
                )
                continue
            self.turn(started, made, scheme.IN_PROGRESS, owner)
            if goal.project == "CORE":
                self.turn(started + (done - started) * 0.7, made, scheme.IN_REVIEW, owner)
            self.turn(done, made, scheme.DONE, owner)

    def item(
        self, goal: SeedObjective, cycle: Quarter, parent: _PlannedIssue, kind: IssueType, title: str
    ) -> None:
        self.random = self.chance(f"{goal.title}: {title}")
        length = (cycle.end - cycle.start).days
        begun = self.random.uniform(-0.05, 0.92)
        born = self.at(cycle.start + timedelta(days=begun * length - self.random.uniform(4, 15)))
        owner = self.random.choice(self.people)
        made = self.make(
            born, goal.project, kind, title[0].upper() + title[1:], parent, assignee=owner, labels=self.tags(),
            priority=self.random.choice(scheme.PRIORITIES[:4]), customs=self.estimate(),
            components=(self.random.choice(self.sandbox.components[goal.project]),),
        )  # fmt: skip
        self.course(goal, cycle, made, born, begun, owner)
        if kind is scheme.STORY and self.random.random() < 0.3:
            self.pieces(goal, made, born, owner)

    def tags(self) -> tuple[str, ...]:
        return (
            (self.random.choice(("customer", "tech-debt", "quick-win")),)
            if self.random.random() < 0.3
            else ()
        )

    def estimate(self) -> dict[str, float]:
        return {} if self.random.random() < 0.15 else {scheme.POINTS: self.random.choice(POINTS)}

    def course(
        self,
        goal: SeedObjective,
        cycle: Quarter,
        made: _PlannedIssue,
        born: datetime,
        begun: float,
        owner: User,
    ) -> None:
        """The way of an issue through its workflow: started in the quarter, done sooner or later by the pace of the team."""
        length = (cycle.end - cycle.start).days
        started = max(
            born + timedelta(hours=3),
            self.at(cycle.start + timedelta(days=max(0.0, begun) * length / goal.pace)),
        )
        done = started + timedelta(days=self.random.uniform(2, 14))
        if self.random.random() < 0.07:
            verdict = RESOLUTION[self.random.choice(NOT_DONE_THINGS)]
            self.turn(started + timedelta(days=1), made, scheme.DONE, owner, verdict)
            return
        self.turn(started, made, scheme.IN_PROGRESS, owner)
        if goal.project == "CORE":
            self.turn(started + (done - started) * 0.7, made, scheme.IN_REVIEW, owner)
        if self.random.random() < 0.1 and goal.cycle != RUNNING:
            return
        self.turn(done, made, scheme.DONE, owner)

    def pieces(self, goal: SeedObjective, parent: _PlannedIssue, born: datetime, owner: User) -> None:
        for title in self.random.sample(SUBTASKS, self.random.randint(2, 4)):
            made = self.make(
                born + timedelta(hours=5), goal.project, scheme.SUBTASK, title, parent, assignee=owner
            )
            begun = born + timedelta(days=self.random.uniform(2, 30))
            self.turn(begun, made, scheme.IN_PROGRESS, owner)
            if self.random.random() < 0.7:
                self.turn(begun + timedelta(days=self.random.uniform(1, 6)), made, scheme.DONE, owner)

    def bugs(self) -> None:
        for project in self.sandbox.projects:
            self.random = self.chance(f"the bugs of {project}")
            for _ in range(EXTRAS.bugs_per_project):
                title = self.random.choice(BUGS).format(self.random.choice(EXTRAS.bug_places))
                day = self.cycles[0].start + timedelta(days=self.random.uniform(0, 140))
                made = self.make(
                    self.at(day),
                    project,
                    scheme.BUG,
                    title[0].upper() + title[1:],
                    priority=self.random.choice(scheme.PRIORITIES[:3]),
                )
                if self.random.random() < 0.6:
                    self.turn(
                        self.at(day + timedelta(days=self.random.randint(2, 25))),
                        made,
                        scheme.DONE,
                        self.people[1],
                    )

    def measures(self) -> None:
        """Two metrics that measure an objective of another team, by link."""
        kind = next(one for one in scheme.LINK_TYPES if one.name == "Measures")
        for metric, goal in ((0, 1), (8, 6)):
            self.do(
                self.at(self.cycles[RUNNING].start),
                partial(self.join, kind, self.metrics[metric], self.goals[goal], self.people[0]),
            )


# -- benchmarks -------------------------------------------------------------------------------------------------


def seed_many(sandbox: Sandbox, issues: int, seed: int = 1, per_epic: int = 20) -> int:
    """Add `issues` plain issues (one in `per_epic` an epic labelled okr, the others its stories), without history; returns their number."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    with sandbox.lock, _silently(sandbox):
        projects = list(sandbox.projects.values())
        start = sandbox.clock() - timedelta(days=60)
        epic: Record | None = None
        for number in range(issues):
            at = start + number * MILLISECOND
            if number % per_epic == 0 or epic is None:
                epic = _epic(sandbox, projects[number // per_epic % len(projects)], at, number)
            else:
                _story(sandbox, epic, at, number, chance)
    return issues


def _bare(sandbox: Sandbox, project: scheme.ProjectDef, kind: IssueType, title: str, at: datetime) -> Record:
    author = User(scheme.PEOPLE[0].id, scheme.PEOPLE[0].name, scheme.PEOPLE[0].email)
    key = sandbox.next_key(project.project.key)
    status = project.statuses[0]
    return Record(
        id=sandbox.next_id("issue"),
        key=key,
        project=project.project,
        type=kind,
        status=status,
        summary=title,
        created=at,
        updated=at,
        status_changed=at,
        creator=author,
        reporter=author,
    )


def _epic(sandbox: Sandbox, project: scheme.ProjectDef, at: datetime, number: int) -> Record:
    cycle = quarter(sandbox.clock().date())
    bare = _bare(sandbox, project, scheme.EPIC, f"Objective number {number}", at)
    return sandbox.add(replace(bare, labels=("okr", cycle.id)), bare.creator, announce=False)


def _story(sandbox: Sandbox, epic: Record, at: datetime, number: int, chance: random.Random) -> None:
    project = sandbox.projects[epic.project.key]
    bare = _bare(sandbox, project, scheme.STORY, f"Piece of work number {number}", at)
    status = chance.choice(project.statuses)
    done = status.category == "done"
    record = replace(
        bare,
        parent_id=epic.id,
        status=status,
        resolution=scheme.RESOLUTIONS[0] if done else None,
        resolved=at if done else None,
        customs={scheme.POINTS: chance.choice(POINTS)},
    )
    sandbox.add(record, bare.creator, announce=False)
