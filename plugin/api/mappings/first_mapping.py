"""`/sites/…/mapping/fit` and `/sites/…/fields`: a preset fitted to a site, and the fields that it lacks, created in Jira."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from mappings import presets
from plugin.api.protocol.addresses import FieldAddress, SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, OutcomeJson, RequestPart, Word
from plugin.doors.refusal import invalid, not_found
from plugin.next_steps import PRESETS
from plugin.use_cases.mappings.first_mapping import FittedPreset, UnknownProject, fit, fit_notes
from plugin.use_cases.sites.field_creation import (
    create_fields,
    created_fields,
    foresee_fields,
    trash_field,
)

ROUTES = Routes()
MOST_PROJECTS_ASKED = 100
MOST_FIELDS_ASKED = 50


class PresetFitBody(RequestPart):
    """A preset, and the projects to fit it to."""

    preset: Word = Field(description="The name of a preset; GET /api/v1/presets lists them.")
    projects: list[Word] = Field(
        default_factory=list,
        max_length=MOST_PROJECTS_ASKED,
        description="Keys of projects; the first that are seen where none is named.",
    )


class CreateFields(PresetFitBody):
    """Which of the fields that it lacks to create in Jira."""

    aliases: list[Word] = Field(
        min_length=1,
        max_length=MOST_FIELDS_ASKED,
        description="Their names in the mapping, as `lacking` has them.",
    )


class LackingFieldJson(JsonShape):
    """A field that the preset works with and the site does not have."""

    alias: str = Field(description="What the mapping calls it.")
    name: str
    kind: str = Field(description="What it has to hold: number, choice, day or words.")
    options: list[str] = Field(description="Of a choice: the options that the preset writes.")
    use: str = Field(description="What the preset works with it for.")
    written: bool = Field(description="Whether the connector would write it.")
    creatable: bool = Field(description="Whether it can be created by API on this deployment.")


class PresetFitJson(JsonShape):
    """The preset with what the site has, what was changed in it, and what creating the lacking fields would do."""

    text: str = Field(
        description="The mapping as YAML; empty where nothing of the preset is left on this site."
    )
    projects: list[str] = Field(description="Keys of the projects that it was fitted to.")
    notes: list[str] = Field(description="What was changed or left out, in sentences.")
    lacking: list[LackingFieldJson] = Field(description="Fields that the site does not have.")
    place: str = Field(description="On which screens they would go.")
    by_hand: list[str] = Field(description="What is left to people in Jira, in sentences.")
    refusal: str = Field(description="Why the account may not create them; empty where it may.")


class FieldCreationJson(JsonShape):
    """What became of one field."""

    name: str
    id: str = Field(description="Its id in Jira; empty where it was not created.")
    left: list[str] = Field(description="What of it is not done, in sentences.")


class FieldCreationsJson(JsonShape):
    """What became of each."""

    created: list[FieldCreationJson] = Field(
        description="The fields in the order in which they were asked for."
    )


class OwnFieldJson(JsonShape):
    """A field that was created here and is still there."""

    id: str
    name: str
    description: str = Field(description="What stands below its name in Jira.")


class OwnFieldsJson(JsonShape):
    """All of them."""

    fields: list[OwnFieldJson] = Field(description="Those that are still there.")


@ROUTES.post("/sites/{site}/mapping/fit", "admin", "A preset with what this site has.", heavy=True)
def fit_preset(caller: Caller, path: SiteAddress, body: PresetFitBody) -> Reply[PresetFitJson]:
    """Asks Jira, and changes nothing: the text is neither kept nor activated."""
    site = site_of(caller, path)
    found = _fitted(caller, site, body)
    lacking = found.adaptation.lacking
    planned = foresee_fields(caller.connector, caller.actor, site, lacking, found.projects)
    rows = [
        LackingFieldJson(
            alias=one.alias,
            name=one.name,
            kind=one.kind,
            options=list(one.options),
            use=one.use,
            written=one.written,
            creatable=one in planned.fields,
        )
        for one in lacking
    ]
    return Reply(
        PresetFitJson(
            text=found.adaptation.text,
            projects=list(found.projects),
            notes=list(fit_notes(found)),
            lacking=rows,
            place=planned.place,
            by_hand=list(planned.by_hand),
            refusal=planned.refusal,
        )
    )


@ROUTES.post("/sites/{site}/fields", "admin", "Create in Jira fields that a preset lacks.", heavy=True)
def create_lacking_fields(caller: Caller, path: SiteAddress, body: CreateFields) -> Reply[FieldCreationsJson]:
    """One by one; what Jira declines is told beside the rest, and nothing is taken back."""
    site = site_of(caller, path)
    found = _fitted(caller, site, body)
    known = {one.alias: one for one in found.adaptation.lacking}
    strange = [alias for alias in body.aliases if alias not in known]
    if strange:
        raise invalid("/aliases", f"The preset lacks no {', '.join(strange)}.", _of(sorted(known)))
    made = create_fields(
        caller.connector, caller.actor, site, [known[one] for one in body.aliases], found.projects
    )
    return Reply(
        FieldCreationsJson(
            created=[FieldCreationJson(name=one.name, id=one.id, left=list(one.left)) for one in made]
        )
    )


@ROUTES.get("/sites/{site}/fields", "admin", "Fields that were created here in Jira.", heavy=True)
def list_created_fields(caller: Caller, path: SiteAddress) -> Reply[OwnFieldsJson]:
    """Jira Cloud tells; Data Center does not, and answers 409."""
    site = site_of(caller, path)
    found = created_fields(caller.connector, caller.actor, site)
    rows = [OwnFieldJson(id=one.id, name=one.name, description=one.description) for one in found]
    return Reply(OwnFieldsJson(fields=rows))


@ROUTES.delete("/sites/{site}/fields/{field}", "admin", "Move a field to Jira's trash.", heavy=True)
def trash_created_field(caller: Caller, path: FieldAddress) -> Reply[OutcomeJson]:
    """One that was created here, and that the ruling mapping does not work with."""
    site = site_of(caller, path)
    gone = trash_field(caller.connector, caller.actor, site, path.field)
    return Reply(
        OutcomeJson(said=f"{gone.name} ({gone.id}) is in Jira's trash, where it can be restored for 60 days.")
    )


def _fitted(caller: Caller, site: str, asked: PresetFitBody) -> FittedPreset:
    if asked.preset not in presets.names():
        raise not_found("preset", asked.preset, PRESETS)
    try:
        return fit(caller.connector, caller.actor, site, asked.preset, asked.projects)
    except UnknownProject as error:
        raise invalid("/projects", str(error), "Name projects that the account sees.") from error


def _of(known: Sequence[str]) -> str:
    return f"It lacks: {', '.join(known)}." if known else "It lacks nothing."
