"""`goal`: the goal in Atlassian Goals that an objective feeds: status, score and a sentence, posted as an update. Cloud alone has them.

An update tells people, so it is posted once a day at most, twice where the status changed; and it is posted at all only while nobody
else posted after us. It is a message, and is never taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field as Described

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.part import MOST_PARTS, Alias, Part
from mappings.document.text.places import Path
from mappings.facts.catalogue import Field
from mappings.facts.goal import SOURCE, Goal, NamedGoal, Scoring, goal_key
from mappings.facts.local_time import day_start
from mappings.facts.moment import Moment
from mappings.fields import ReadingKind, field_type, schemas_reading
from mappings.fields.goals import LinkedGoals
from mappings.fields.paragraph import Paragraph
from mappings.numbers import percent
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import HealthLevel, KeyResultState
from mappings.write_back.target import (
    Aim,
    FieldLookup,
    MadeValue,
    Objection,
    Place,
    Request,
    RuleKey,
    Sent,
    WriteBasis,
    WriteRequest,
    WriteTarget,
)
from mappings.write_back.values import LABELS, VALUE_OF_NAME, Figures, ValuePart

if TYPE_CHECKING:
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import Document, WriteBackPart
    from mappings.write_back.plan import Change

LINKED, WRITTEN = LinkedGoals(), Paragraph()
READ_FROM = (*schemas_reading(ReadingKind.TEXT), LINKED.name)
PREFIX = "goal:"
PLACE_ID, METRICS_ID = f"{PREFIX}okr", f"{PREFIX}metrics"
WHY = "/why/"
LINK = " — why?"
"""What ends a summary, and leads to the page that explains the number."""
LONGEST_SUMMARY = 280
BEST_SCORE = 100
POSTS_A_DAY = 2
LONGEST_NAME = 200
STATUSES: Mapping[HealthLevel, str] = {
    HealthLevel.ACHIEVED: "on_track",
    HealthLevel.ON_TRACK: "on_track",
    HealthLevel.AT_RISK: "at_risk",
    HealthLevel.OFF_TRACK: "off_track",
    HealthLevel.PENDING: "pending",
}
"""The status that stands for a health; an unknown one has none, and nothing is posted."""
DONE = "done"
"""What an objective is that was achieved, once its cycle is closed."""
MIDDLES: Mapping[str, int] = {"on_track": 85, "at_risk": 50, "off_track": 15}
"""The middle of the band of scores that Atlassian shows as a status."""


class GoalPart(Part):
    """Which goal an objective feeds, said by a field of its issue or by a list, and what its score says."""

    field: Alias | None = Described(
        default=None,
        description="The alias of a field that says which goal: of Jira's own field of the goals that the issue is linked to, or of a text field with the key or the address of the goal.",
    )
    goals: dict[str, str] = Described(
        default={},
        max_length=MOST_PARTS,
        description="Goals by the key (or id) of the objective's issue; what stands here goes before the field.",
    )
    score: Literal["progress", "health"] = Described(
        default="progress",
        description="Where the site scores goals: progress in percent, or the middle of the band that stands for the health.",
    )


@dataclass(frozen=True, slots=True)
class GoalPlace(Place):
    """`{"goal": "HELLO-123", "id": "ari:…", "status": "at_risk", "score": 45, "summary": "45 % · at risk", "url": "https://…/why/10010"}`.

    What was found there has `by` and `at` besides: who posted it, and when.
    """

    @property
    def target(self) -> WriteTarget:
        return TARGET

    def equal(self, left: object, right: object) -> bool:
        """Same goal, same status, same score, same words; by whom and when does not matter."""
        return _said(left) == _said(right)

    def step(self, before: object, after: object) -> str:
        """`HELLO-123: on track 70 → at risk 45`."""
        named = _of(after, "goal") or _of(before, "goal")
        return f"{named}: {_words(before)} → {_words(after)}"

    def make(
        self, part: GoalPart, field_id: str | None, figures: Figures, basis: WriteBasis
    ) -> MadeValue | None:
        """What the goal is to say; nothing where no goal is named, the site is not known to have it, or nobody knows where the objective stands."""
        board = basis.goals
        named = named_goal(part, field_id, figures, basis)
        if board is None or board.scoring is None or named is None:
            return None
        closed = figures.objective is not None and figures.objective.id in basis.closed
        stands = _standing(part, figures, board.scoring, closed=closed)
        if stands is None:
            return None
        status, score = stands
        made: dict[str, object] = {"goal": named.key, "id": named.id, "status": status}
        if score is not None:
            made["score"] = score
        made["summary"] = _summary(figures)
        if basis.pages and figures.issue_id is not None:
            made["url"] = f"{basis.pages}{WHY}{figures.issue_id}"
        return MadeValue(made)


PLACE = GoalPlace(PLACE_ID, "Atlassian goal")


@dataclass(frozen=True, slots=True)
class MetricsPlace(Place):
    """`{"goal": "HELLO-123", "id": "ari:…", "metrics": {"10012": {"name": …, "type": "NUMERIC", "start": 99.5, "target": 99.95, "value": 99.8}}}`, by key result."""

    @property
    def target(self) -> WriteTarget:
        return TARGET

    def equal(self, left: object, right: object) -> bool:
        """Same goal, and the same numbers of the same key results; what a metric is called does not matter. No metrics are alike anywhere."""
        if not _metrics(left) and not _metrics(right):
            return True
        return _of(left, "id") == _of(right, "id") and _numbers(left) == _numbers(right)

    def step(self, before: object, after: object) -> str:
        """`HELLO-123: Raise availability 99.6 → 99.8`; only what differs is said."""
        old, new = _metrics(before), _metrics(after)
        named = _of(after, "goal") or _of(before, "goal")
        moved = [id_ for id_ in {**old, **new} if _number(old.get(id_)) != _number(new.get(id_))]
        return f"{named}: " + ", ".join(_moved(old.get(id_), new.get(id_)) for id_ in moved)

    def make(
        self, part: GoalPart, field_id: str | None, figures: Figures, basis: WriteBasis
    ) -> MadeValue | None:
        """One metric for each key result whose number is known; nothing where no goal is named."""
        named, objective = named_goal(part, field_id, figures, basis), figures.objective
        if named is None or objective is None:
            return None
        known = {one.id: metric for one in objective.key_results if (metric := _metric(one)) is not None}
        return MadeValue({"goal": named.key, "id": named.id, "metrics": known})


METRICS = MetricsPlace(METRICS_ID, "metrics of the Atlassian goal")


class GoalTarget(WriteTarget):
    """`goal: alias`, or `{field: alias, goals: {PLAT-12: HELLO-123}, score: progress}`."""

    option: ClassVar[str] = "goal"
    prefix: ClassVar[str] = PREFIX
    subjects: ClassVar[frozenset[str]] = frozenset({"objective"})
    permission: ClassVar[str] = "BROWSE_PROJECTS"
    recalled: ClassVar[bool] = True
    consults: ClassVar[bool] = True
    needs_goals: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = (
        "the alias of Jira's field of linked goals, or of a text field with the key or the address of a goal",
        "{goals: {PLAT-12: HELLO-123}, score: progress}",
    )

    @property
    def shape(self) -> RuleKey:
        told = "The goal in Atlassian Goals that gets status, score and a sentence: the alias of the field that names it, or {field, goals, score}."
        return Annotated[Alias | GoalPart | None, Described(description=told)], None

    def part(self, rule: WriteBackPart) -> GoalPart | None:
        said: str | GoalPart | None = getattr(rule, self.option)
        return GoalPart(field=said) if isinstance(said, str) else said

    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:
        part = self.part(rule)
        if part is None:
            return
        field = fields.get(part.field) if part.field is not None else None
        field_id = field.id if field else None
        for place, value in ((PLACE, "goal"), (METRICS, "goal_metrics")):
            yield Aim(place, value, partial(place.make, part, field_id), stays=True)

    def sources(self, rule: WriteBackPart) -> Iterator[tuple[Path, Alias]]:
        part = self.part(rule)
        if part is not None and part.field is not None:
            whole = isinstance(getattr(rule, self.option), str)
            yield (self.option,) if whole else (self.option, "field"), part.field

    def place(self, id_: str, field_of: FieldLookup) -> Place | None:  # noqa: ARG002
        return {PLACE_ID: PLACE, METRICS_ID: METRICS}.get(id_)

    # -- checks

    def check(self, document: Document, sources: Mapping[str, str], report: Report) -> None:  # noqa: ARG002
        """One rule feeds goals, and a goal is fed by one objective; a list names goals by what they are named."""
        ruled = False
        for index, rule in enumerate(document.write_back):
            part, path = self.part(rule), ("write_back", index, self.option)
            if part is None:
                continue
            if ruled:
                message = f"the goal of {rule.one} is written twice"
                report.add(Code.TWO_WRITERS, message, path, remedy="let one rule write it")
            ruled = True
            if part.field is None and not part.goals:
                message = "it is not said which goal an objective feeds"
                remedy = (
                    "name a field that holds the key of the goal, or list `goals:` by the objectives' keys"
                )
                report.add(Code.NO_GOAL_NAMED, message, path, valid=self.forms, remedy=remedy)
            self._check_list(part, path, report)

    def _check_list(self, part: GoalPart, path: Path, report: Report) -> None:
        fed: dict[str, str] = {}
        for objective, text in part.goals.items():
            key, at = goal_key(text), (*path, "goals", objective)
            if key is None:
                message = f"{show_value(text)} names no goal"
                remedy = "write its key, like HELLO-123, or its address"
                report.add(Code.WRONG_VALUE, message, at, value=text, valid=("HELLO-123",), remedy=remedy)
            elif key in fed:
                message = f"the goal {key} is fed by {fed[key]} already"
                report.add(Code.TWO_WRITERS, message, at, value=text, remedy="let one objective feed it")
            else:
                fed[key] = objective

    def check_bound(self, mapping: BoundMapping, report: Report) -> None:
        """The field that names a goal holds text, or the goals that the issue is linked to."""
        for index, rule in enumerate(mapping.document.write_back):
            for path, alias in self.sources(rule):
                field = mapping.fields.get(alias)
                if field is None or not field.type or names_goals(field):
                    continue
                message = f"the field {show_value(alias)} ({field.id}, {show_value(field.name)}) is of the type {field.type}, but the goal is read from it"
                remedy = "use Jira's own field of the goals that an issue is linked to, or a text field"
                at: Path = ("write_back", index, *path)
                report.add(Code.FIELD_TYPE, message, at, value=field.type, valid=READ_FROM, remedy=remedy)

    def check_basis(self, document: Document, basis: WriteBasis, report: Report) -> None:
        """Data Center has no Goals; a site may have none, or not that which a list names."""
        for index, rule in enumerate(document.write_back):
            part, path = self.part(rule), ("write_back", index, self.option)
            if part is None:
                continue
            board = basis.goals
            if basis.api != 3:
                message = "Atlassian Goals exist on Jira Cloud alone, and this site is a Data Center"
                report.add(Code.NO_GOALS, message, path, remedy="take `goal` out of write_back")
            elif board is not None and board.scoring is None:
                message = f"goals cannot be written: {board.problem or 'the site does not say whether it scores them'}"
                remedy = "run jira-okr goals check, which says what to do (docs/goals.md)"
                report.add(Code.NO_GOALS, message, path, remedy=remedy)
            elif board is not None:
                known = [one.key for one in board.goals]
                for objective, text in part.goals.items():
                    if goal_key(text) is not None and board.named(text) is None:
                        at = (*path, "goals", objective)
                        message = "the goal"
                        report.unknown(Code.UNKNOWN_GOAL, message, text, known, at, GOAL_UNKNOWN)

    # -- reading and writing

    def shown(self, api: object) -> bool:  # noqa: ARG002
        return False

    def readings(self, wanted: Mapping[str, Collection[str]], sent: Sent) -> Iterator[Request]:
        """The goal that was written last is asked for; where none was, there is nothing to read."""
        for issue_id, ids in wanted.items():
            for place_id in sorted(ids):
                id_ = _of(sent(issue_id, place_id), "id")
                if isinstance(id_, str):
                    asked = {"issue": issue_id, "place": place_id, "goal": id_}
                    yield Request("GET", "goal", params=asked, to="goals")

    def found(self, request: Request, answer: object) -> Mapping[str, Mapping[str, object]] | None:
        if answer is None:
            return {}
        if not isinstance(answer, Goal):
            return None
        issue_id, place_id = request.params["issue"], request.params["place"]
        latest = answer.latest
        if place_id == METRICS_ID:
            return {issue_id: {METRICS_ID: _measured(answer)}}
        if latest is None:
            return {issue_id: {}}
        read: dict[str, object] = {"goal": answer.key, "id": answer.id, "status": latest.status}
        if latest.score and answer.scoring == "OKR":
            read["score"] = latest.score
        read |= {"summary": latest.words.removesuffix(LINK), "by": latest.by}
        if latest.at is not None:
            read["at"] = latest.at.isoformat()
        return {issue_id: {PLACE_ID: read}}

    def looks_first(self, change: Change) -> bool:
        """Metrics tell nobody, and those of ours are of ours alone."""
        return change.field_id == PLACE_ID

    def turn(self, change: Change, today: Sequence[object], moment: Moment) -> datetime | None:
        """Once a day and goal; a second time where the status is another."""
        if change.field_id == METRICS_ID:
            return None
        posted = [one for one in today if _of(one, "id") == _of(change.after, "id")]
        moved = bool(posted) and _of(posted[-1], "status") != _of(change.after, "status")
        if not posted or (moved and len(posted) < POSTS_A_DAY):
            return None
        return day_start(moment.today + timedelta(days=1), moment.zone)

    def shared(self, value: object) -> str | None:
        """The goal: two objectives on one would each take the other's update for another hand's, and its metrics away."""
        id_ = _of(value, "id")
        return id_ if isinstance(id_, str) else None

    def alike(self, left: object, right: object) -> bool:
        """Whether both are of the same goal: an objective may feed another one, and come back."""
        return _of(left, "id") == _of(right, "id")

    def verdict(
        self,
        change: Change,
        found: object,
        last: object,
        released: datetime | None,
        failed: datetime | None = None,
    ) -> str:
        """Whatever somebody else posted after us stands until a person lets ours go."""
        if change.field_id == METRICS_ID or found is None or PLACE.equal(found, last):
            return ""
        said = _of(found, "at")
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
        if released is not None and at is not None and at < released:
            return ""
        ours = last is not None and self.alike(last, change.after)
        if not ours and (failed is None or (at is not None and at < failed)):
            return ""
        by = _of(found, "by") or "Somebody"
        return f"{by} posted on {_of(found, 'goal')} after us: {_words(found)}. Nothing is posted there until this is released."

    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """An update tells people, metrics do not: a request each."""
        for change in changes:
            if not isinstance(change.after, dict):
                continue
            if change.field_id == METRICS_ID:
                left = sorted(_metrics(change.before).keys() - _metrics(change.after).keys())
                body = {**change.after, "left": left, "issue": change.issue_id}
                yield WriteRequest(Request("PUT", "metrics", body, to="goals"), (change,))
            else:
                yield WriteRequest(Request("POST", "update", change.after, to="goals"), (change,))

    def words(self, change: Change, objection: Objection) -> str:  # noqa: ARG002
        return objection.message

    def remedy(self, change: Change, objection: Objection) -> str:
        named = _of(change.after, "goal")
        if objection.status in (401, 403, 404):
            return f"Give the connector's account access to {named} in Atlassian Goals, and see that the goal is not archived (jira-okr goals list)."
        return f"See what Atlassian says against the update of {named}, then retry; or take goal out of write_back."


TARGET = GoalTarget()
GOAL_UNKNOWN = "give the connector's account access to the goal, or name another (jira-okr goals list)"
_PROGRESS = ValuePart(value=VALUE_OF_NAME["progress_percent"].name)


def named_goal(part: GoalPart, field_id: str | None, figures: Figures, basis: WriteBasis) -> NamedGoal | None:
    """The goal that a list or a field of the issue names; None where the site is not known to have it, and where the issue is linked to several."""
    objective = figures.objective
    listed = part.goals.get(objective.key if objective else "") or part.goals.get(figures.issue_id or "")
    said = (listed,) if listed else goals_said(figures.held.get(field_id) if field_id is not None else None)
    return basis.goals.named(said[0]) if basis.goals is not None and len(said) == 1 else None


def goals_said(raw: object) -> tuple[str, ...]:
    """What a field says of goals, as Jira sent it: the one text, of a rich text what it reads, or the ids (or keys) of all that the issue is linked to."""
    text = WRITTEN.decode(raw)
    return (text,) if text is not None else tuple(one.id for one in LINKED.choices(raw))


def names_goals(field: Field) -> bool:
    """Whether a goal can be read from a field."""
    type_ = field_type(field)
    return type_ is not None and (type_.reading is ReadingKind.TEXT or type_.name == LINKED.name)


def _metric(one: KeyResultState) -> dict[str, object] | None:
    """What it is measured by: start, current and target value, or its progress in percent; None where that is unknown."""
    measured = one.measurement
    numbers = (measured.start, measured.current, measured.target)
    if all(number is not None for number in numbers) and measured.start != measured.target:
        start, value, target = (float(number) for number in numbers if number is not None)
        return {"name": _title(one), "type": "NUMERIC", "start": start, "target": target, "value": value}
    share = percent(measured.progress, 0, ACHIEVED_AT[one.commitment])
    if share is None:
        return None
    return {"name": _title(one), "type": "PERCENTAGE", "start": 0.0, "target": 100.0, "value": float(share)}


def _title(one: KeyResultState) -> str:
    return (one.title or one.key or one.id)[:LONGEST_NAME]


def _metrics(raw: object) -> Mapping[str, object]:
    found = _of(raw, "metrics")
    return found if isinstance(found, Mapping) else {}


def _number(raw: object) -> tuple[object, ...] | None:
    return tuple(_of(raw, name) for name in ("start", "target", "value")) if raw is not None else None


def _numbers(raw: object) -> dict[str, object]:
    return {id_: _number(metric) for id_, metric in _metrics(raw).items()}


def _moved(before: object, after: object) -> str:
    name = _of(after, "name") or _of(before, "name")
    old, new = ("none" if one is None else f"{_of(one, 'value'):g}" for one in (before, after))
    return f"{name} {old} → {new}"


def band(score: int) -> str:
    """The status that Atlassian makes of a score."""
    tenth = (score + 5) // 10
    return "off_track" if tenth <= 3 else "at_risk" if tenth <= 6 else "on_track"


def _measured(goal: Goal) -> dict[str, object]:
    """Our metrics of a goal, by key result."""
    metrics = {
        one.origin[1]: {"name": one.name, "start": one.start, "target": one.target, "value": one.value}
        for one in goal.metrics
        if one.origin[0] == SOURCE
    }
    return {"goal": goal.key, "id": goal.id, "metrics": metrics}


def _standing(
    part: GoalPart, figures: Figures, scoring: Scoring, *, closed: bool
) -> tuple[str, int | None] | None:
    """Status and score; None where either is unknown. A score makes the status, and 0 is none: then the status stands alone."""
    status = STATUSES.get(figures.health)
    if status is None:
        return None
    if closed and figures.health is HealthLevel.ACHIEVED:
        return DONE, None
    if scoring == "SIMPLE" or status not in MIDDLES:
        return status, None
    if part.score == "health":
        return status, MIDDLES[status]
    number = _PROGRESS.what.number(_PROGRESS, figures)
    if number is None:
        return None
    score = min(int(number), BEST_SCORE)
    if score < 1:
        return ("off_track" if status == "off_track" else "pending"), None
    return band(score), score


def _summary(figures: Figures) -> str:
    """`62 % · at risk`: nothing in it changes by the calendar alone."""
    number = _PROGRESS.what.number(_PROGRESS, figures)
    shown_number = "progress unknown" if number is None else _PROGRESS.what.words(number)
    return f"{shown_number} · {LABELS[figures.health].lower()}"[:LONGEST_SUMMARY]


def _of(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _said(raw: object) -> tuple[object, ...] | None:
    """Which goal says what; None for nothing."""
    if not isinstance(raw, Mapping):
        return None
    return tuple(raw.get(name) for name in ("id", "status", "score", "summary"))


def _words(raw: object) -> str:
    """`at risk 45, "45 % · at risk"`."""
    if not isinstance(raw, Mapping):
        return "nothing"
    said = [str(raw.get("status", "")).replace("_", " ")]
    if raw.get("score"):
        said.append(str(raw["score"]))
    return " ".join(said) + (f' "{raw["summary"]}"' if raw.get("summary") else "")
