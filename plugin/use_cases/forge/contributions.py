"""Which issues count for an objective, as a JQL function answers it: by their ids, which Jira then shows each person as far as they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from connectors.forge import precomputations
from connectors.forge.precomputations import Precomputation
from connectors.store.forge import installations
from connectors.store.forge.installations import AppInstallation
from mappings.numbers import count_of
from mappings.rollup.rows.ledger import Disposition, Ledger
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import FORGE, Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.forge.app_jira import holds_token, open_jira
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.objectives.objective_lookup import find_objective
from plugin.use_cases.permission import VIEWER, question

MOST_IDS = 1000
"""How many values Jira takes of a function."""
ENTERING = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.GAP, Disposition.CHECKED_IN})
Operator = Literal["in", "not in"]


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands in the place of the function in JQL, or why nothing does."""

    jql: str = ""
    fault: str = ""


@question(VIEWER)
def clause(connector: Connector, _actor: Actor, site: str, objective: str, operator: Operator) -> Clause:
    """`id in (10010, 10011)` for the issues that count for this objective (key, former key or id)."""
    saved = find_objective(connector, site, objective.strip())
    if saved is None:
        return Clause(fault=f"{objective[:100]} is no objective of the OKR connector.")
    ids = contributing_issues(saved.state)
    if len(ids) > MOST_IDS:
        return Clause(
            fault=f"{objective[:100]} is made of {count_of(len(ids), 'issue')}, and Jira takes {MOST_IDS} of a function."
        )
    return Clause(_jql(ids, operator))


def bring_up_to_date(connector: Connector, site: str) -> int:
    """Tell Jira the clauses that are others by now than those it keeps, as the app; how many.

    Raises the JiraError or Refusal of an installation that failed, once the others were told.
    """
    brought = 0
    failed: list[Exception] = []
    with connector.store.read() as conn:
        paired = installations.of_site(conn, site)
    for one in paired:
        if not holds_token(connector, one):
            continue
        try:
            brought += _bring(connector, site, one)
        except (JiraError, Refusal) as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return brought


def _bring(connector: Connector, site: str, installation: AppInstallation) -> int:
    """Through one installation, by its token."""
    jira = open_jira(connector, installation)
    try:
        changed = [
            (kept.id, found)
            for kept in precomputations.kept_by(jira)
            if (found := _clause_now(connector, site, kept)) and found != kept.value
        ]
        precomputations.bring(jira, changed)
    finally:
        jira.close()
    return len(changed)


def _clause_now(connector: Connector, site: str, kept: Precomputation) -> str:
    """What stands in its place now; empty where nothing does, or it is of no function of ours."""
    if len(kept.arguments) != 1 or kept.operator not in get_args(Operator):
        return ""
    operator: Operator = "in" if kept.operator == "in" else "not in"
    return clause(connector, FORGE, site, kept.arguments[0], operator).jql


def contributing_issues(state: ObjectiveState) -> tuple[str, ...]:
    """The issues behind its numbers, each once: key results that are issues, what they are measured by, what stands beside the headline, objectives that contribute."""
    ledgers: list[Ledger] = [state.ledger, state.beside]
    ledgers += [one.measurement.ledger for one in state.key_results]
    rows = (row for ledger in ledgers for row in ledger.rows if row.disposition in ENTERING)
    return tuple(dict.fromkeys(row.id for row in rows if row.id.isascii() and row.id.isdigit()))


def _jql(ids: tuple[str, ...], operator: Operator) -> str:
    if not ids:
        return "id = -1" if operator == "in" else "key is not EMPTY"
    return f"id {operator} ({', '.join(ids)})"
