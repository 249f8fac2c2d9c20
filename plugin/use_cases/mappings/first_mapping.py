"""The first mapping of a site: a preset made to fit it, what would be an objective, and the first number that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.store.numbers import objectives
from mappings import presets
from mappings.document.choices import scope_choice
from mappings.document.text.source import read_document
from mappings.fields import FieldPurpose
from mappings.numbers import count_of
from mappings.presets.adaptation import MARK, Adaptation, LackingField, adapt
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.objectives.objective_values import progress_text
from plugin.use_cases.permission import ADMIN, VIEWER, question

KINDS = {
    FieldPurpose.NUMBER: "Number",
    FieldPurpose.CHOICE: "Select list (single choice)",
    FieldPurpose.DAY: "Date picker",
    FieldPurpose.WORDS: "Short text",
}
"""What Jira calls a kind of field where it is made."""
MOST_SEEN = 50


@dataclass(frozen=True, slots=True)
class FittedPreset:
    """A preset made to fit, and how many issues its objectives would be: those with the label, and all of their types that run."""

    adaptation: Adaptation
    projects: tuple[str, ...]
    with_label: int
    every: int

    @property
    def marked(self) -> bool:
        """Whether a label tells the objectives: where nobody has set it yet, all of the type are meant."""
        return self.with_label > 0 or self.every == 0


class UnknownProject(Refusal):
    """A project is named that the account does not see."""

    def __init__(self, strange: Sequence[str], seen: Sequence[str]) -> None:
        shown = ", ".join(seen[:MOST_SEEN]) + (f" and {len(seen) - MOST_SEEN} more" * (len(seen) > MOST_SEEN))
        super().__init__(f"There is no project {', '.join(strange)}. The account sees: {shown}.")


@question(ADMIN)
def fit(
    connector: Connector, _actor: Actor, site: str, preset: str, projects: Sequence[str] = ()
) -> FittedPreset:
    """The preset with what this site has, by asking it. Raises KeyError for a name that is none, UnknownProject, JiraError."""
    document = read_document(presets.text(preset)).require()
    catalogue = connector.catalogue_for(site, document, fresh=True)
    seen = {one.key.casefold(): one.key for one in catalogue.projects}
    strange = [key for key in projects if key.casefold() not in seen]
    if strange:
        raise UnknownProject(strange, tuple(seen.values()))
    marked = adapt(document, catalogue, projects)
    every = adapt(document, catalogue, projects, marked=False)
    counts = [_count(connector, site, one.text) for one in (marked, every)]
    read = read_document(marked.text)
    scope = scope_choice(read.document.scope).projects if read.document else ()
    found = FittedPreset(marked, tuple(scope or ()), *counts)
    return found if found.marked else FittedPreset(every, found.projects, *counts)


def _count(connector: Connector, site: str, text: str) -> int:
    """How many issues the first rule of objectives selects, as Jira counts them."""
    document = read_document(text).document
    select = next((rule.select for rule in document.objectives if rule.select), "") if document else ""
    if document is None or not select:
        return 0
    return connector.site(site).jira.count(f"({document.scope}) AND ({select})")


def fit_notes(found: FittedPreset) -> tuple[str, ...]:
    """What was done to the preset, in sentences."""
    document = read_document(found.adaptation.text).document
    if document is not None and not document.objectives:
        which = "This makes no objectives yet: it writes sums on the issues it names."
    elif document is not None and not any(MARK in (rule.select or "") for rule in document.objectives):
        which = f"{count_of(found.every, 'issue is an objective', 'issues are objectives')}."
        if not found.every:
            which = "No issue is an objective yet: make issues of the types that are selected, or change what is selected."
    elif found.marked:
        which = count_of(
            found.with_label,
            f"issue carries the label {MARK} and is an objective.",
            f"issues carry the label {MARK} and are objectives.",
        )
        if not found.with_label:
            which = f"No issue is an objective yet: give the label {MARK} to those that are, or change what is selected."
    else:
        which = (
            f"No issue carries the label {MARK}, so all that run or were finished this year are objectives of the running cycle: "
            f"{found.every}. Narrow that down in the mapping, for example by a label."
        )
    return (which, *found.adaptation.notes)


def field_steps(lacking: Sequence[LackingField], projects: Sequence[str]) -> tuple[str, ...]:
    """What an administrator of Jira does by hand so that fields are there that the preset works with; what is written comes first. Without projects
    it is not said on which screens.
    """
    where = f"; put it on the edit screens of {', '.join(projects)}" if projects else ""
    told = []
    for one in sorted(lacking, key=lambda one: not one.written):
        options = f" with the options {', '.join(one.options)}" if one.options else ""
        told.append(f"{one.name}: {KINDS[one.kind]}{options}{where}. It is {one.use or 'read'}.")
    return tuple(told)


@dataclass(frozen=True, slots=True)
class FirstNumber:
    """An objective whose number can be looked at: of those that are known the one with the most behind it, which are so many issues."""

    id: str
    key: str
    title: str
    shown: str
    issues: int


@question(VIEWER)
def first_number(connector: Connector, _actor: Actor, site: str) -> FirstNumber | None:
    """Where to look first; None where no number is known yet."""
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_all(conn, site)]
    known = (one for one in states if one.progress is not None and not one.plain)
    best = max(known, key=_issues, default=None)
    if best is None:
        return None
    return FirstNumber(
        id=best.id,
        key=best.key or best.id,
        title=best.title,
        shown=progress_text(best),
        issues=_issues(best),
    )


def _issues(state: ObjectiveState) -> int:
    """How many lie below it, whether they count or are left out."""
    return len(state.touched - {state.issue_id, *state.aligned_to})
