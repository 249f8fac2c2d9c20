"""Fields that a preset works with and a site lacks, created in Jira by whoever consents: what it would do, doing it, and undoing it.

Jira Cloud takes all of it by its API. Data Center has no call for options nor for the screens of projects, so there a choice is left to people, and a
field goes on Jira's default screen alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.jira.http.errors import JiraError, JiraRefusal
from connectors.jira.write.custom_field import DescribedField, FieldWish, Screen
from connectors.store.mappings import revisions
from connectors.store.people import audit
from mappings.fields import FieldPurpose
from mappings.presets.adaptation import LackingField
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import deployment_of
from plugin.use_cases.health.faults import describe_error
from plugin.use_cases.mappings.first_mapping import field_steps
from plugin.use_cases.permission import ADMIN, act, question

__all__ = [
    "CreatedField",
    "DescribedField",
    "FieldCreation",
    "create_fields",
    "created_fields",
    "foresee_fields",
    "trash_field",
]

ADMINISTER = "ADMINISTER"
BY_HAND = "Or create them by hand, as the steps say."


@dataclass(frozen=True, slots=True)
class FieldCreation:
    """What creating fields would do: which ones, on which screens, what is left to people; `refusal` says why the account may not, and is empty where it may."""

    fields: tuple[LackingField, ...]
    place: str
    by_hand: tuple[str, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class CreatedField:
    """What became of one: its id, empty where there is none, and what of it is not done, in sentences."""

    name: str
    id: str
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        done = f"{self.name} is created ({self.id})." if self.id else f"{self.name} is not created."
        return " ".join((done, *self.left))


@question(ADMIN)
def foresee_fields(
    connector: Connector, _actor: Actor, site: str, lacking: Sequence[LackingField], projects: Sequence[str]
) -> FieldCreation:
    """What it would do, without doing it: Jira is only asked. `projects` are keys."""
    return _foresee(connector, site, lacking, projects)[0]


@act(ADMIN)
def create_fields(
    connector: Connector, actor: Actor, site: str, lacking: Sequence[LackingField], projects: Sequence[str]
) -> tuple[CreatedField, ...]:
    """Create them one by one, each noted as soon as it is there. What Jira declines is told beside the rest, and nothing is taken back; a field whose
    name is there by now is left alone. Raises Refusal with what is missing where the account may not.
    """
    planned, screens = _foresee(connector, site, lacking, projects)
    if planned.refusal:
        raise Refusal(planned.refusal)
    there = {one.name.casefold(): one.id for one in connector.site(site).jira.catalogue().fields}
    made: list[CreatedField] = []
    for one in planned.fields:
        if one.name.casefold() in there:
            made.append(CreatedField(one.name, "", (f"It is there already: {there[one.name.casefold()]}.",)))
            continue
        try:
            field_id = connector.site(site).jira.create_field(
                FieldWish(one.name, one.kind, one.options, _description(site, one))
            )
        except JiraError as error:
            made.append(CreatedField(one.name, "", (describe_error(error),)))
            if isinstance(error, JiraRefusal):
                continue
            break
        with connector.store.write() as conn:
            detail = {"field": field_id, "name": one.name}
            audit.note(conn, actor.label, "field created", connector.clock(), detail, site)
        made.append(_finished(connector, site, CreatedField(one.name, field_id), one.options, screens))
    return tuple(made)


@question(ADMIN)
def created_fields(connector: Connector, _actor: Actor, site: str) -> tuple[DescribedField, ...]:
    """Fields of this site that were created here and are still there, known by what stands below their names. Raises Refusal on Data Center, which
    does not tell.
    """
    if deployment_of(connector, site) != "cloud":
        raise Refusal(
            "Jira Data Center does not tell which fields were created here; the audit log does (field created). Delete them in Jira, under "
            "Administration, Issues, Custom fields: what they hold goes with them for good."
        )
    known = connector.site(site).jira.described_fields()
    return tuple(one for one in known if one.description.endswith(_signature(site)))


@act(ADMIN)
def trash_field(connector: Connector, actor: Actor, site: str, field_id: str) -> DescribedField:
    """Move a field that was created here to Jira's trash, where it can be restored with its values for 60 days. Raises Refusal for another field, and
    for one that the mapping that rules works with.
    """
    found = next((one for one in created_fields(connector, actor, site) if one.id == field_id), None)
    if found is None:
        raise Refusal(f"{field_id} is no field of {site} that was created here, or it is gone already.")
    if field_id in _ruling_fields(connector, site):
        raise Refusal(
            f"The mapping that rules {site} works with {found.name} ({field_id}). Activate one without it first."
        )
    connector.site(site).jira.trash_field(field_id)
    with connector.store.write() as conn:
        detail = {"field": field_id, "name": found.name}
        audit.note(conn, actor.label, "field moved to trash", connector.clock(), detail, site)
    return found


def _foresee(
    connector: Connector, site: str, lacking: Sequence[LackingField], projects: Sequence[str]
) -> tuple[FieldCreation, tuple[Screen | None, ...]]:
    """The same with the screens; None among them is Jira's default screen."""
    cloud = deployment_of(connector, site) == "cloud"
    ours = tuple(one for one in lacking if cloud or one.kind is not FieldPurpose.CHOICE)
    by_hand = field_steps([one for one in lacking if one not in ours], projects)
    jira = connector.site(site).jira
    planned = FieldCreation(ours, "Jira's default screen", by_hand)
    if not ours:
        return planned, ()
    try:
        if not jira.permissions(None, (ADMINISTER,))[ADMINISTER]:
            refusal = (
                f"{jira.myself().name} may not create fields in Jira: that takes the global permission Administer Jira. Give it to the account for "
                f"as long as the set-up lasts; the connector needs it for nothing else. {BY_HAND}"
            )
            return replace(planned, refusal=refusal), ()
        if not cloud:
            own = "Where a project has screens of its own, put them there in Jira: Administration, Issues, Screens."
            return replace(planned, by_hand=(*by_hand, own)), (None,)
        ids = {one.key: one.id for one in jira.catalogue().projects if one.key in projects}
        screens = jira.screens(tuple(ids.values()))
    except JiraError as error:
        return replace(planned, refusal=f"{describe_error(error)} {BY_HAND}"), ()
    shown = {project for screen in screens for project in screen.projects}
    place = f"the screens of {', '.join(key for key, one in ids.items() if one in shown)}"
    alone = [key for key, one in ids.items() if one not in shown]
    if alone:
        steps = (
            f"{', '.join(alone)}: managed by a team, whose fields nobody else can add. Add them there in Jira: "
            "Project settings, Issue types, the type, Fields."
        )
        by_hand = (*by_hand, steps)
    return replace(planned, place=place if shown else "no screen", by_hand=by_hand), screens


def _finished(
    connector: Connector,
    site: str,
    made: CreatedField,
    options: Sequence[str],
    screens: Sequence[Screen | None],
) -> CreatedField:
    """The field with its options and on its screens; what is declined is told, and the rest goes on."""
    jira = connector.site(site).jira
    left: list[str] = []
    if options:
        try:
            jira.add_options(made.id, options)
        except JiraError as error:
            left.append(
                f"Its options are to be added by hand ({', '.join(options)}): {describe_error(error)}"
            )
    for screen in screens:
        try:
            jira.put_on(screen, made.id)
        except JiraError as error:
            where = "Jira's default screen" if screen is None else f"screen {screen.id}"
            left.append(f"It is to be put on {where} by hand: {describe_error(error)}")
    return replace(made, left=tuple(left))


def _ruling_fields(connector: Connector, site: str) -> frozenset[str]:
    """Ids of the fields that the mapping which rules reads or writes, whether it calls them by id or by name."""
    with connector.store.read() as conn:
        ruling = revisions.active(conn, site)
    if ruling is None:
        return frozenset()
    return connector.context(site).mapping.field_ids()


def _description(site: str, field: LackingField) -> str:
    use = f"It is {field.use}. " if field.use else ""
    return f"{use}{_signature(site)}"


def _signature(site: str) -> str:
    """What a field that was created here ends with, below its name."""
    return f"Created by the OKR connector for its site {site}."
