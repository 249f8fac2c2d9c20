"""Atlassian Goals beside a site: which goals there are, whether they can be worked with, and which of them an objective feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connectors.goals import Goals, goals_of
from connectors.jira.http.errors import AuthFailure, JiraError, JiraRefusal
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people.audit import note
from mappings.facts.catalogue import Field
from mappings.facts.goal import Goal, GoalBoard, NamedGoal, Scoring, goal_key
from mappings.fields import Api, FieldValueError, field_type
from mappings.fields.goals import KEY as LINKED_GOALS
from mappings.numbers import count_of
from mappings.write_back.target import Request
from mappings.write_back.targets import goal as goal_target
from plugin.access.authorization.actor import Actor
from plugin.next_steps import GOALS, OBJECTIVES
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.context import Context
from plugin.sync.refresh.reread import read_again
from plugin.use_cases.kpis.creation import bring_in
from plugin.use_cases.objectives.objective_lookup import find_objective
from plugin.use_cases.permission import EDITOR, act, question

__all__ = ["Goal", "GoalCheck", "GoalTrial", "LinkedGoal", "check", "link", "list_goals", "try_out"]

CLOUD_ALONE = "Atlassian Goals exist on Jira Cloud alone; {site} is a Jira Data Center."
SWITCHED_OFF = "See in the browser whether the site has Goals and whether the connector's account may open it (docs/goals.md)."
NO_GOALS = "Create a goal in Atlassian Goals, or give the connector's account access to those there are."
TRIAL = "A trial of the OKR connector, which is taken back"
TRIAL_SCORE = 42
"""Neither the same from 0 to 10 nor beyond 100, and far from the edges of its band."""
UNREAD = "The site does not say what it made of the update."
NOT_YET = "Do not write goals on this site yet: what it scores by is not known here."
LOOK = "Look at {goal} in the browser, and delete the trial there."
NO_FIELD = (
    "The active mapping names no field that says which goal an objective feeds. Add one (write_back: goal: <alias>), "
    "or list the goal in the mapping (docs/mapping.md)."
)
ELSEWHERE = (
    "{issue} is linked to {goals} already. Take that link away in Jira (the field {field}), or say in the mapping which goal it "
    "feeds (write_back: goal: goals)."
)
UNKNOWN_LINKS = (
    "What the field {field} of {issue} holds cannot be read ({why}), and writing it would take away what it is linked to. Link it in Jira, "
    "or say in the mapping which goal it feeds (write_back: goal: goals)."
)
SEVERAL = "{issue} is linked to {several} ({goals}), so that none of them is fed by it."
CHOOSE = "Leave the link to the one that it feeds (the field {field} in Jira), or name that in the mapping (write_back: goal: goals)."
NO_POSTS = (
    "Make the connector's account an owner or contributor of the goals, or see who may post updates there."
)


@dataclass(frozen=True, slots=True)
class GoalObstacle:
    """What stands in the way, and what to do about it."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class GoalCheck:
    """What the gateway says: by what it knows the site, how goals are scored (None where it does not say), how many the account
    sees, and to how many of them it may post. What was not reached is None.
    """

    cloud_id: str | None = None
    scoring: Scoring | None = None
    goals: int | None = None
    posting: int | None = None
    findings: tuple[GoalObstacle, ...] = ()


@question(EDITOR)
def list_goals(connector: Connector, _actor: Actor, site: str) -> tuple[Goal, ...]:
    """Every goal that the connector's account sees and that is not archived, by key, with what was posted last. Raises JiraError."""
    goals = _goals(connector, site)
    ids = [one.id for one in goals.every()]
    return tuple(sorted(goals.standing(ids).values(), key=_by_key))


@question(EDITOR)
def check(connector: Connector, _actor: Actor, site: str) -> GoalCheck:
    """Ask the gateway, and write nothing. Raises JiraError where that says nothing of Goals: an outage, or a sign-in that failed."""
    goals = _goals(connector, site)
    try:
        cloud_id, scoring = goals.cloud_id, goals.scoring()
        found = goals.standing([one.id for one in goals.every()])
    except AuthFailure:
        raise
    except JiraRefusal as error:
        return GoalCheck(findings=(GoalObstacle(_said(error), f"{error.remedy} {SWITCHED_OFF}".strip()),))
    may = sum(one.may_post is not False for one in found.values())
    findings = []
    if not found:
        findings.append(GoalObstacle("The connector's account sees no goal.", NO_GOALS))
    elif not may:
        findings.append(GoalObstacle("The connector's account may post to none of the goals.", NO_POSTS))
    findings += _linked_twice(connector, site, found)
    return GoalCheck(
        cloud_id=cloud_id, scoring=scoring, goals=len(found), posting=may, findings=tuple(findings)
    )


def _linked_twice(connector: Connector, site: str, goals: Mapping[str, Goal]) -> Iterator[GoalObstacle]:
    """The objectives whose issues are linked to several goals, where the active mapping goes by that and its list names none for them."""
    try:
        context = connector.context(site)
    except Refusal:  # no mapping is active yet
        return
    board = GoalBoard(goals=tuple(NamedGoal(one.id, one.key) for one in goals.values()))
    for part, field in _linking(context):
        with connector.store.read() as conn:
            states = [one.state for one in objectives.load_all(conn, site)]
            issues = mirror.get(conn, site, [one.issue_id for one in states if one.issue_id is not None])
        for state in states:
            issue = issues.get(state.issue_id or "")
            said = goal_target.goals_said(issue.fields.get(field.id) if issue is not None else None)
            if len(said) < 2 or {state.key, state.issue_id} & part.goals.keys():
                continue
            message = SEVERAL.format(
                issue=state.key, several=count_of(len(said), "goal"), goals=_called(board, said)
            )
            yield GoalObstacle(message, CHOOSE.format(field=field.name))


def _linking(context: Context) -> Iterator[tuple[goal_target.GoalPart, Field]]:
    """The rule that goes by the goals an issue is linked to, and the field that shows them."""
    for rule in context.mapping.document.write_back:
        part = goal_target.TARGET.part(rule)
        field = (
            context.mapping.fields.get(part.field) if part is not None and part.field is not None else None
        )
        if part is not None and field is not None and field.custom == LINKED_GOALS:
            yield part, field


@dataclass(frozen=True, slots=True)
class GoalTrial:
    """What was posted for a trial, what the site made of it, and whether it was taken back again."""

    goal: str
    sent: tuple[str, int | None]
    held: tuple[str, int]
    taken_back: bool
    findings: tuple[GoalObstacle, ...] = ()


@act(EDITOR)
def try_out(connector: Connector, actor: Actor, site: str, goal: str) -> GoalTrial:
    """Post one update to a goal, read what the site made of it, and take it back. Whoever watches the goal may be told. Raises Refusal
    where there is no such goal, and JiraError.
    """
    goals = _goals(connector, site)
    found = _known(goals, goal)
    scored = found.scoring == "OKR"
    sent: tuple[str, int | None] = ("at_risk", TRIAL_SCORE) if scored else (found.status or "on_track", None)
    posted = goals.post(found.id, *sent, TRIAL, None)
    with connector.store.write() as conn:
        note(conn, actor.label, "goal tried out", connector.clock(), {"goal": found.key}, site)
    look = LOOK.format(goal=found.key)
    if posted is None:
        return GoalTrial(
            goal=found.key, sent=sent, held=("", 0), taken_back=False, findings=(GoalObstacle(UNREAD, look),)
        )
    held = (posted.status, posted.score)
    findings: list[GoalObstacle] = []
    if held != (sent[0], sent[1] or 0):
        findings.append(
            GoalObstacle(f"The site made {held[0]} {held[1]} of {sent[0]} {sent[1] or 0}.", NOT_YET)
        )
    try:
        goals.take_back(posted.id)
    except JiraError as error:
        findings.append(GoalObstacle(f"The trial could not be taken back: {_said(error)}", look))
        return GoalTrial(goal=found.key, sent=sent, held=held, taken_back=False, findings=tuple(findings))
    return GoalTrial(goal=found.key, sent=sent, held=held, taken_back=True, findings=tuple(findings))


@dataclass(frozen=True, slots=True)
class LinkedGoal:
    """Which goal an objective feeds from now on, and the field of its issue that says so."""

    objective: str
    goal: str
    field: str


@act(EDITOR)
def link(connector: Connector, actor: Actor, site: str, objective: str, goal: str) -> LinkedGoal:
    """Write the key of a goal into the field of an objective's issue that the mapping reads it from. Raises Refusal for what cannot be, and JiraError."""
    context = connector.context(site)
    field = _named_by(context)
    saved = find_objective(connector, site, objective)
    if saved is None or saved.state.issue_id is None:
        raise Refusal(f"{objective} is no objective with an issue here.", step=OBJECTIVES)
    named = _known(_goals(connector, site), goal)
    key, issue_id, called = named.key, saved.state.issue_id, saved.state.key
    values = {field.id: _said_of(context, issue_id, called, field, named)}
    context.tell(
        Request("PUT", f"/issue/{issue_id}", {"fields": values}, notifies=True, answer="edit"), called
    )
    connector.catalogue(site, fresh=True)
    with connector.store.write() as conn:
        note(conn, actor.label, "goal linked", connector.clock(), {"objective": called, "goal": key}, site)
    bring_in(context, issue_id)
    connector.announce()
    return LinkedGoal(called, key, field.name)


def _known(goals: Goals, named: str) -> Goal:
    """The goal that a key or an address names."""
    key = goal_key(named)
    found = next((one for one in goals.every() if one.key == key), None)
    if found is None:
        raise Refusal(f"{named} is no goal that the connector's account sees.", step=GOALS)
    return found


def _named_by(context: Context) -> Field:
    """The field that says which goal an objective feeds."""
    rules = context.mapping.document.write_back
    aliases = [alias for rule in rules for _, alias in goal_target.TARGET.sources(rule)]
    field = next((context.mapping.fields[one] for one in aliases if one in context.mapping.fields), None)
    if field is None:
        raise Refusal(NO_FIELD)
    return field


def _said_of(context: Context, issue_id: str, called: str, field: Field, goal: Goal) -> object:
    """What the field of an issue holds from now on. Links to other goals are somebody's, and are not taken away here."""
    if field.custom != LINKED_GOALS:
        return _encoded(field, goal.key, context.api)
    # As Jira has it now: somebody may have linked it since, and the mirror may be older.
    issue = next(iter(read_again(context, [issue_id]).issues), None)
    raw = issue.fields.get(field.id) if issue is not None else None
    strange = goal_target.LINKED.refusal(raw) if issue is not None else "Jira does not show the issue"
    if strange:
        raise Refusal(UNKNOWN_LINKS.format(field=field.name, issue=called, why=strange))
    linked = goal_target.goals_said(raw)
    others = [one for one in linked if one not in (goal.id, goal.key)]
    if others:
        raise Refusal(
            ELSEWHERE.format(issue=called, goals=_called(context.catalogue.goals, others), field=field.name)
        )
    return [{"id": goal.id}]


def _called(board: GoalBoard | None, names: Iterable[str]) -> str:
    """Goals, named by id or key, as people see them."""
    known = [(board.named(one) if board is not None else None) for one in names]
    return ", ".join(sorted(one.key if one is not None else "one out of sight" for one in known))


def _encoded(field: Field, key: str, api: Api) -> object:
    type_ = field_type(field)
    try:
        return type_.encode(key, field, api) if type_ is not None else key
    except FieldValueError as error:
        raise Refusal(f"{error}. Let the mapping read the goal from a text field.") from None


def _goals(connector: Connector, site: str) -> Goals:
    jira = connector.site(site).jira
    if jira.deployment != "cloud":
        raise Refusal(CLOUD_ALONE.format(site=site))
    return goals_of(jira)


def _said(error: JiraError) -> str:
    messages = error.messages if isinstance(error, JiraRefusal) else ()
    return " ".join(messages) or error.message


def _by_key(goal: Goal) -> tuple[str, int]:
    name, _, number = goal.key.rpartition("-")
    return name, int(number) if number.isdigit() else 0
