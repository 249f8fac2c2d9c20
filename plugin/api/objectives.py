"""`/objectives`: the objectives with their key results, and the ledgers behind their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import Field

from mappings.check_in import Shows
from mappings.state import HealthLevel
from plugin.access.actor import Actor
from plugin.api.cursor import cursor, list_name, position
from plugin.api.finding import objective_of, site_of
from plugin.api.model import Given, Page, PageQuery, SiteQuery, Word
from plugin.api.operation import JSON, Call, Operation, Reply
from plugin.connector import Connector
from plugin.standing import exact_text, ledger_values, objective_values
from plugin.use_cases.objectives import SavedObjective, Wanted, every_objective, list_some


class HealthGiven(Given):
    """Health, the rule that fired, and a sentence with its figures."""

    level: HealthLevel
    rule: str
    sentence: str


class StandingCheckInGiven(Given):
    """What somebody said of a key result, and what follows: `shows` is what is shown, `derived` the progress Jira alone comes to.

    `asks`: a person has to look, for the rule that is named; with `shows: question` the check-in goes on being shown.
    """

    id: int
    by: str
    at: datetime
    value: float | None
    note: str
    shows: Shows
    asks: bool
    rule: str
    sentence: str
    derived: float | None


class KeyResultGiven(Given):
    """One key result. Numbers are floats; `…_exact` is the same number to its last digit. Null is unknown, never 0."""

    id: str
    key: str
    title: str
    rule: str
    kind: str
    nature: str
    contributing: bool
    weight: str | None
    progress: float | None
    progress_exact: str | None
    raw: float | None
    start: float | None
    current: float | None
    target: float | None
    measured_at: datetime | None
    reason: str
    health: HealthGiven
    check_in: StandingCheckInGiven | None


class ObjectiveGiven(Given):
    """One objective with its key results. Null is unknown, never 0."""

    site: str
    id: str
    key: str
    title: str
    url: str | None = Field(description="Where people see its issue in Jira.")
    rule: str
    project: str
    owner: str | None
    cycle: str | None
    commitment: str
    progress: float | None
    progress_exact: str | None
    delivery: float | None
    delivery_exact: str | None
    outcome: float | None
    outcome_exact: str | None
    expected: float | None
    expected_exact: str | None
    pace: float | None
    health: HealthGiven
    flags: list[str]
    aligned_to: list[str]
    key_results: list[KeyResultGiven]
    mapping_revision: str
    computed_at: datetime
    changed_at: datetime


class RowGiven(Given):
    """One row of a ledger. `share` is what it adds to the number; the shares of all rows sum to the total, exactly."""

    id: str
    key: str
    title: str
    status: str
    disposition: str
    weight: str | None
    progress: str | None
    share: str
    percent_points: float | None
    reason: str


class LedgerGiven(Given):
    """The rows behind a number."""

    total: str | None
    percent: float | None
    exact: bool
    rows: list[RowGiven]


class KeyResultLedgerGiven(LedgerGiven):
    """The rows behind a key result."""

    id: str
    key: str
    title: str


class NamedGiven(Given):
    """An objective by its names."""

    id: str
    key: str
    title: str


class LedgersGiven(Given):
    """Every ledger of an objective: of the headline, of what stands beside it, and of each key result."""

    objective: NamedGiven
    headline: LedgerGiven
    beside: LedgerGiven
    key_results: list[KeyResultLedgerGiven]


class ObjectivesQuery(PageQuery):
    """Filters that all have to hold."""

    cycle: Word | None = Field(None, description="The id of a cycle.")
    project: Word | None = Field(None, description="The key of a project.")
    health: list[HealthLevel] | None = Field(None, max_length=6, description="One or more levels.")
    owner: Word | None = Field(None, description="The owner's name, in any case.")
    text: Word | None = Field(None, description="Part of the title or the key, in any case.")
    aligned_to: Word | None = Field(None, description="The id of the objective they serve.")


def wanted(site: str, query: ObjectivesQuery) -> Wanted:
    """The same as the store is asked."""
    return Wanted(
        sites=(site,),
        cycles=(query.cycle,) if query.cycle else (),
        projects=(query.project,) if query.project else (),
        health=tuple(query.health or ()),
        text=query.text or "",
        owner_words=query.owner or "",
        aligned_to=query.aligned_to or "",
    )


def list_objectives(call: Call) -> Reply:
    """In the order of their ids, so that pages hold still while numbers move."""
    site, query = site_of(call), call.query
    name = list_name(f"objectives:{site}", query)
    after = position(query.cursor, name, (str,))
    last = None if after is None else str(after[0])
    found = list_some(call.connector, call.actor, wanted(site, query), query.limit + 1, last)
    shown = found[: query.limit]
    rows = [objective_given(call.connector, site, saved) for saved in shown]
    more = len(found) > query.limit
    return Reply(Page[ObjectiveGiven](items=rows, next=cursor(name, shown[-1].state.id) if more else None))


def one_objective(call: Call) -> Reply:
    """One objective by key, former key or id."""
    site, saved = objective_of(call)
    return Reply(objective_given(call.connector, site, saved))


def ledger(call: Call) -> Reply:
    """Why the number is what it is."""
    _, saved = objective_of(call)
    return Reply(LedgersGiven.model_validate(ledgers_of(saved)))


def ledgers_of(saved: SavedObjective) -> dict[str, Any]:
    """The headline's ledger, the one beside it, and one per key result."""
    state = saved.state
    return {
        "objective": {"id": state.id, "key": state.key, "title": state.title},
        "headline": ledger_values(state.ledger),
        "beside": ledger_values(state.beside),
        "key_results": [
            {"id": one.id, "key": one.key, "title": one.title, **ledger_values(one.measurement.ledger)}
            for one in state.key_results
        ],
    }


def objective_given(connector: Connector, site: str, saved: SavedObjective) -> ObjectiveGiven:
    """One objective as an answer shows it."""
    state = saved.state
    return ObjectiveGiven.model_validate(
        {
            **objective_values(state),
            "site": site,
            "url": browse_url(connector, site, state.key) if state.issue_id else None,
            "delivery_exact": exact_text(state.delivery),
            "outcome_exact": exact_text(state.outcome),
            "expected_exact": exact_text(state.expected),
            "mapping_revision": saved.mapping_revision,
            "computed_at": saved.computed_at,
            "changed_at": saved.changed_at,
        }
    )


def browse_url(connector: Connector, site: str, key: str) -> str | None:
    """Where people see an issue; None for what has no key."""
    known = connector.sites.get(site)
    return f"{known.browse_url.rstrip('/')}/browse/{key}" if known and key else None


def saved_objectives(
    connector: Connector, actor: Actor, site: str, query: ObjectivesQuery
) -> Iterator[SavedObjective]:
    """Every objective that passes, a few at a time."""
    return every_objective(connector, actor, wanted(site, query))


OPERATIONS = (
    Operation(
        "list_objectives",
        "GET",
        "/objectives",
        "viewer",
        "List objectives, filtered, a page at a time.",
        list_objectives,
        {JSON: Page[ObjectiveGiven]},
        ObjectivesQuery,
    ),
    Operation(
        "one_objective",
        "GET",
        "/objectives/{objective}",
        "viewer",
        "One objective with its key results.",
        one_objective,
        {JSON: ObjectiveGiven},
        SiteQuery,
    ),
    Operation(
        "ledger",
        "GET",
        "/objectives/{objective}/ledger",
        "viewer",
        "Why the number is what it is: every row, its weight and its share.",
        ledger,
        {JSON: LedgersGiven},
        SiteQuery,
    ),
)
