"""The issues of key results that KPIs became: planned, refused with what to do, made once, and found again after a crash at any instruction.

What is kept before Jira is asked says that it was asked. Whoever finds that without an answer looks for the issue by the label of its episode, and
never makes another: after an hour a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.jira import (
    AuthFailure,
    CreatedIssue,
    CreateField,
    JiraError,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
)
from connectors.jira.metadata.permissions import CREATE
from connectors.store.cycles import closings
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from mappings.document.schema import KpiPart
from mappings.facts.issue import Issue, IssueType
from mappings.kpi.creation import PROPERTY, Hindrance, PlannedIssue, episode_label, misfit, planned_issue
from mappings.kpi.episode import Creation, KpiState, KpiStatus, accept, open_key_result
from mappings.numbers import count_of
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.context import Context
from plugin.sync.reconcile.creation import (
    LOOKED_FOR_AFTER,
    PATIENCE,
    fields_by_kind,
    issues_of_label,
    make_issue,
    parent_places,
    unfilled_fields,
)
from plugin.sync.refresh.reread import land_issues, read_again, with_readings
from plugin.use_cases.kpis.board import objective_of, required_part
from plugin.use_cases.permission import EDITOR, question

CONNECTOR_ITSELF = "jira-okr"
AGAIN_AFTER = timedelta(hours=1)
"""When what was refused is tried again by itself."""
REQUIRED_OF_US = "Make it optional or give it a default in Jira; or make the issue there and name it."
UNANSWERED = "Jira was asked to make the issue, and its answer never came."
LOOKING = (
    "It is looked for by its label {label} each minute; if it is not found within an hour, a person is asked."
)
ASKING = "Look in Jira for the label {label}. Where the issue is there, name it; where it is not, have it made again, or dismiss."
CLOSED = "Name another one when you accept, correct `promote.objective`, or carry the objective forward."
BRAKED = "{key_results} at once want to be made, more than the brake of the mapping lets pass."

log = structlog.get_logger("jira_okr.kpis")


@dataclass(frozen=True, slots=True)
class CreationPlan:
    """What would be made in Jira. Where there is a hindrance, nothing would be.

    `parents` are the fields that may name the parent, the likeliest first, with what they would hold.
    """

    planned: PlannedIssue | None
    kind: IssueType | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    parents: tuple[tuple[str, object], ...] = ()
    hindrances: tuple[Hindrance, ...] = ()


@question(EDITOR)
def creation_plan(
    connector: Connector, _actor: Actor, site: str, id_: str, objective: str = ""
) -> CreationPlan:
    """What accepting without an issue would make, as Jira would have it now; nothing is made. Refusal where nothing is proposed.

    `objective` is the key of the issue under which it would be made, where that is not the one that the mapping names.
    """
    context = connector.context(site)
    part = required_part(context.mapping, id_)
    with connector.store.read() as conn:
        state = kpis.get(conn, site, id_)
    if state.status is not KpiStatus.KR_PROPOSED and not state.wanted:
        raise Refusal(f"No key result is proposed for “{id_}”.")
    return _plan(context, part, _under(state, objective.strip().upper()))


def have_made(connector: Connector, by: str, site: str, part: KpiPart, objective: str = "") -> None:
    """A person (`by`) accepts, and the connector makes the issue; said again, where it waits for a person. Refusal where it cannot be.

    `objective` is the key of the issue under which it is made, where that is not the one that the mapping names.
    """
    context = connector.context(site)
    with connector.store.read() as conn:
        state = kpis.get(conn, site, part.id)
    if part.promote is None or part.promote.create is None:
        raise Refusal(
            f"Name the issue that is the key result of “{part.id}”: its mapping does not say as what one would be made (promote.create)."
        )
    creation = state.creation
    if creation is not None and creation.tried is not None and not creation.asks:
        raise Refusal(
            f"{UNANSWERED} {LOOKING.format(label=episode_label(context.site, part.id, state.episode))}"
        )
    plan = _plan(context, part, _under(state, objective))
    if plan.hindrances:
        raise Refusal(" ".join(f"{one.message} {one.remedy}" for one in plan.hindrances))

    def decided(conn: Connection, now: KpiState) -> KpiState:
        if (now.status, now.episode, now.creation) != (state.status, state.episode, state.creation):
            raise Refusal(f"“{part.id}” was decided by somebody else a moment ago: look at it again.")
        _note(conn, connector, by, site, now, part.id, "key result of a KPI accepted")
        return accept(_under(now, objective), by)

    _change(connector, site, part.id, decided)
    _go_on(connector, context, part)


def _under(state: KpiState, objective: str) -> KpiState:
    """What is proposed, under this objective instead."""
    if not objective or state.proposal is None:
        return state
    return replace(state, proposal=replace(state.proposal, objective=objective))


def make_wanted(connector: Connector, site: str) -> None:
    """Make what is wanted and stands nowhere yet, in the order in which the episodes began."""
    context = connector.context(site)
    parts = {one.id: one for one in context.mapping.document.kpis if one.promote and one.promote.create}
    if not parts:
        return
    with connector.store.read() as conn:
        states = {id_: kpis.get(conn, site, id_) for id_ in parts}
    waiting = [id_ for id_, state in states.items() if state.wanted]
    waiting.sort(key=lambda id_: (states[id_].began or datetime.min.replace(tzinfo=UTC), id_))
    unasked = [id_ for id_ in waiting if states[id_].creation is None]
    if len(unasked) > context.mapping.document.brake.floor:
        for id_ in unasked:
            said = BRAKED.format(key_results=count_of(len(unasked), "key result"))
            held = Creation(said=said, remedy="Accept or dismiss each of them.", asks=True)
            _put(connector, site, id_, states[id_], held)
        waiting = [id_ for id_ in waiting if id_ not in unasked]
    for id_ in waiting:
        _go_on(connector, context, parts[id_])


def _go_on(connector: Connector, context: Context, part: KpiPart) -> None:
    """The next step of one of them. What Jira cannot answer now is told, and tried again."""
    with connector.store.read() as conn:
        state = kpis.get(conn, context.site, part.id)
    creation, now = state.creation or Creation(), connector.clock()
    if not state.wanted or creation.asks or (creation.again is not None and creation.again > now):
        return
    try:
        if creation.tried is None:
            _begin(connector, context, part, state)
        elif now - creation.tried >= LOOKED_FOR_AFTER:
            _look(connector, context, part, state, creation.tried)
    except JiraError as error:
        log.warning("key result not made", site=context.site, kpi=part.id, error=str(error))
        _put(
            connector,
            context.site,
            part.id,
            state,
            replace(creation, said=error.message, remedy=error.remedy),
        )


def _begin(connector: Connector, context: Context, part: KpiPart, state: KpiState) -> None:
    if _found(connector, context, part, state):
        return
    plan = _plan(context, part, state)
    if plan.hindrances:
        _refuse(connector, context.site, part, state, plan.hindrances)
        return
    asked = _claim(connector, context.site, part, state)
    if asked is None:
        return
    try:
        made = _make(context, plan)
    except JiraRefusal as error:
        _refuse(connector, context.site, part, asked, (Hindrance(error.message, error.remedy),))
    except (RateLimitError, AuthFailure) as error:
        # Both are said before anything is made.
        before = replace(_creation(asked), tried=None, said=error.message, remedy=error.remedy)
        _put(connector, context.site, part.id, asked, before)
    except JiraOutage as error:
        label = episode_label(context.site, part.id, state.episode)
        unsure = replace(
            _creation(asked), said=f"{UNANSWERED} ({error.message})", remedy=LOOKING.format(label=label)
        )
        _put(connector, context.site, part.id, asked, unsure)
    else:
        _record(connector, context, part, asked, made.id, made.key, "key result of a KPI created")


def _look(connector: Connector, context: Context, part: KpiPart, state: KpiState, tried: datetime) -> None:
    """Whether what Jira was asked for is there. It is never asked for again without a person."""
    if _found(connector, context, part, state) or connector.clock() - tried < PATIENCE:
        return
    remedy = ASKING.format(label=episode_label(context.site, part.id, state.episode))
    asking = replace(_creation(state), said=UNANSWERED, remedy=remedy, asks=True)
    _put(connector, context.site, part.id, state, asking)


def _claim(connector: Connector, site: str, part: KpiPart, state: KpiState) -> KpiState | None:
    """Keep that Jira is asked, before it is; None where another does so already, or nothing is wanted any more."""

    def asked(_conn: Connection, now: KpiState) -> KpiState | None:
        creation = now.creation or Creation()
        if not now.wanted or now.episode != state.episode or creation.tried is not None:
            return None
        return replace(
            now, creation=replace(creation, tried=connector.clock(), said="", remedy="", again=None)
        )

    return _change(connector, site, part.id, asked)


def _make(context: Context, plan: CreationPlan) -> CreatedIssue:
    property_ = {PROPERTY: plan.planned.property} if plan.planned is not None else {}
    return make_issue(context, plan.fields, plan.parents, property_)


def _found(connector: Connector, context: Context, part: KpiPart, state: KpiState) -> bool:
    """Whether an issue carries the label of this episode: then that is the key result, the oldest where there are several."""
    label = episode_label(context.site, part.id, state.episode)
    with connector.store.read() as conn:
        objective = objective_of(conn, context.site, state)
        below = mirror.subtree(conn, context.site, [objective.id]) if objective is not None else []
    there = issues_of_label(context, label, (one for one in below if label in one.labels))
    if not there:
        return False
    first, *others = there
    more = {"others": [one.key for one in others]} if others else {}
    _record(connector, context, part, state, first.id, first.key, "key result of a KPI found again", more)
    return True


def _record(
    connector: Connector,
    context: Context,
    part: KpiPart,
    state: KpiState,
    issue_id: str,
    key: str,
    what: str,
    more: Mapping[str, object] | None = None,
) -> None:
    """Keep which issue it is; where it was decided otherwise meanwhile, that is told and the issue is left alone."""
    who = _creation(state).by or CONNECTOR_ITSELF

    def stands(conn: Connection, now: KpiState) -> KpiState | None:
        mine = now.wanted and now.episode == state.episode
        if now.key_result == issue_id:
            return None
        said = what if mine else f"{what}, though it was not wanted any more"
        _note(conn, connector, who, context.site, state, part.id, said, {"issue": key, **(more or {})})
        return open_key_result(now, issue_id) if mine else None

    _change(connector, context.site, part.id, stands)
    bring_in(context, issue_id)


def bring_in(context: Context, *issue_ids: str) -> None:
    """Read what was made or moved, so that it is known before Jira tells of it; where that fails, the next read finds it."""
    try:
        read_at = context.clock()
        read = read_again(context, issue_ids)
        issues = with_readings(context, read.issues, {})
    except JiraError as error:
        log.info("what was made is read later", site=context.site, issues=list(issue_ids), error=str(error))
        return
    inside = [one for one in issues if context.holds(one)]
    with context.store.write() as conn:
        land_issues(context, conn, inside, set(), read_at)


def _refuse(
    connector: Connector, site: str, part: KpiPart, state: KpiState, why: tuple[Hindrance, ...]
) -> None:
    said, remedy = " ".join(one.message for one in why), " ".join(dict.fromkeys(one.remedy for one in why))

    def refused(conn: Connection, now: KpiState) -> KpiState | None:
        if not now.wanted or now.episode != state.episode:
            return None
        creation = now.creation or Creation()
        if creation.said != said:
            _note(
                conn,
                connector,
                CONNECTOR_ITSELF,
                site,
                now,
                part.id,
                "key result of a KPI refused",
                {"said": said},
            )
        again = connector.clock() + AGAIN_AFTER
        return replace(now, creation=replace(creation, tried=None, said=said, remedy=remedy, again=again))

    _change(connector, site, part.id, refused)


# -- what is planned --------------------------------------------------------------------------------------------


def _plan(context: Context, part: KpiPart, state: KpiState) -> CreationPlan:
    """What would be made: by the mapping and the mirror first, then as Jira's permissions and create screen have it."""
    with context.store.read() as conn:
        objective = objective_of(conn, context.site, state)
        over = closed_cycle_of(conn, context.site, objective)
    planned = planned_issue(context.mapping, context.catalogue, part, state, objective, context.site)
    if isinstance(planned, Hindrance):
        return CreationPlan(None, hindrances=(planned,))
    if over and objective is not None:
        said = f"The objective {objective.key} ran in {over}, which is closed: nothing that is made below it would count."
        return CreationPlan(planned, hindrances=(Hindrance(said, CLOSED),))
    try:
        return _checked(context, planned)
    except JiraRefusal as error:
        return CreationPlan(planned, hindrances=(Hindrance(error.message, error.remedy),))


def closed_cycle_of(conn: Connection, site: str, objective: Issue | None) -> str:
    """The closed cycle that an objective stands in for good; empty where it runs, carried forward or not."""
    if objective is None:
        return ""
    record = closings.load_standing(conn, site, [objective.id]).get(objective.id)
    saved = objectives.load(conn, site, objective.id)
    stays = record is not None and (saved is None or saved.state.cycle_id in (None, record.cycle_id))
    return record.cycle_id if record is not None and stays else ""


def _checked(context: Context, planned: PlannedIssue) -> CreationPlan:
    jira, project = context.jira, planned.project
    if not jira.permissions(project.key, (CREATE,))[CREATE]:
        return CreationPlan(
            planned,
            hindrances=(
                Hindrance(
                    f"The connector's account may not create issues in {project.key}.",
                    "Give it the permission Create issues in that project.",
                ),
            ),
        )
    offered = frozenset(jira.create_types(project.id))
    kind = next((one for one in planned.types if one.id in offered), None)
    if kind is None:
        word = planned.types[0].name if planned.types else "That"
        return CreationPlan(
            planned,
            hindrances=(
                Hindrance(
                    f"{word} is no issue type that can be created in {project.key}.",
                    "Add it to the issue type scheme of that project, or write another `promote.create.type`.",
                ),
            ),
        )
    screen = jira.create_fields(project.id, kind.id)
    parents = _parents(context, planned, kind, screen)
    fields: dict[str, object] = {
        "project": {"id": project.id},
        "issuetype": {"id": kind.id},
        "summary": planned.summary,
        "labels": list(planned.labels),
        **planned.numbers,
    }
    given = {*fields, *(place for place, _ in parents)}
    return CreationPlan(
        planned=planned,
        kind=kind,
        fields=fields,
        parents=parents,
        hindrances=(*_misfits(context, planned, kind, parents), *_gaps(context, planned, screen, given)),
    )


def _misfits(
    context: Context, planned: PlannedIssue, kind: IssueType, parents: tuple[tuple[str, object], ...]
) -> tuple[Hindrance, ...]:
    if planned.parent is None:
        return ()
    said = misfit(planned, kind) if context.api == 3 else ""
    if not said and not parents:
        said = f"The create screen of {kind.name} in {planned.project.key} has no field that names the parent {planned.parent.key}."
    remedy = "Write a type of the level below it as `promote.create.type`, or `relation: {label: …}`."
    return (Hindrance(said, remedy),) if said else ()


def _gaps(
    context: Context, planned: PlannedIssue, screen: Mapping[str, CreateField], given: set[str]
) -> tuple[Hindrance, ...]:
    """Fields that we would fill and the screen lacks, and those that it requires and we do not fill."""
    where, names = planned.project.key, context.field_names
    lacking = [
        Hindrance(
            f"The field “{names.get(id_, id_)}” is not on the create screen in {where}.",
            "Add it to that screen; without its label the issue could not be found again."
            if id_ == "labels"
            else "Add it to that screen, or leave it out of `promote.create.fields`.",
        )
        for id_ in ("labels", *planned.numbers)
        if id_ not in screen
    ]
    required = [
        Hindrance(f"The create screen in {where} requires the field “{one.name}”.", REQUIRED_OF_US)
        for one in unfilled_fields(screen, given)
    ]
    return (*lacking, *required)


def _parents(
    context: Context, planned: PlannedIssue, kind: IssueType, screen: Mapping[str, CreateField]
) -> tuple[tuple[str, object], ...]:
    parent = planned.parent
    if parent is None:
        return ()
    return tuple(parent_places(context, kind, parent.id, parent.key, fields_by_kind(screen)))


# -- what is kept -----------------------------------------------------------------------------------------------


def _change(
    connector: Connector, site: str, id_: str, change: Callable[[Connection, KpiState], KpiState | None]
) -> KpiState | None:
    """The state after a change in one transaction, alone; None where nothing changed."""
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        news = change(conn, kpis.get(conn, site, id_))
        if news is not None:
            kpis.put(conn, site, id_, news, connector.clock())
    return news


def _put(connector: Connector, site: str, id_: str, before: KpiState, creation: Creation) -> None:
    """Keep how far it is, where nobody moved it meanwhile."""

    def told(_conn: Connection, now: KpiState) -> KpiState | None:
        mine = now.wanted and now.episode == before.episode and now.creation == before.creation
        return replace(now, creation=creation) if mine and creation != now.creation else None

    _change(connector, site, id_, told)


def _creation(state: KpiState) -> Creation:
    return state.creation or Creation()


def _note(
    conn: Connection,
    connector: Connector,
    who: str,
    site: str,
    state: KpiState,
    id_: str,
    what: str,
    more: Mapping[str, object] | None = None,
) -> None:
    detail = {"kpi": id_, "episode": state.episode, **(more or {})}
    audit.note(conn, who, what, connector.clock(), detail, site)
