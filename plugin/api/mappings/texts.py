"""`/mappings`, `/presets` and what is asked of a text before it is activated: validate, check, preview."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from mappings import presets
from mappings.diagnostic import Diagnostic, has_errors
from mappings.document.editor_schema import json_schema
from mappings.write_back.preview import (
    KeyResultDifference,
    ObjectiveDifference,
    ProgressAndHealth,
    RowDifference,
)
from plugin.api.protocol.addresses import PresetAddress, SiteAddress
from plugin.api.protocol.failures import fault_of
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.api.work.freshness import JobJson, job_json
from plugin.doors.model import JsonShape, MappingText, RequestPart
from plugin.doors.problem import Fault
from plugin.doors.refusal import not_found
from plugin.next_steps import READ_FOR_MAPPING
from plugin.use_cases.mappings.mapping_life import PreviewedMapping, check_text, preview_text, read_text
from plugin.use_cases.mappings.renames import reword
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.work.background_jobs import latest_job
from plugin.use_cases.work.site_read import READING, begin_reading

ROUTES = Routes()

YAML = "application/yaml"
MOST_ROWS_SHOWN = 500


class TextBody(RequestPart):
    """A mapping as a person writes it."""

    text: MappingText = Field(description="YAML, or the same as JSON.")


class FindingsJson(JsonShape):
    """Everything there is to say about a text; it may be activated where `valid`."""

    valid: bool
    findings: list[Fault]


class OptionalTextBody(RequestPart):
    """A mapping as a person writes it; left out, the active one is meant."""

    text: MappingText | None = Field(default=None, description="YAML, or the same as JSON.")


class RewordingJson(JsonShape):
    """The text by the names of today, how many places say another name now, and those that a person has to see to."""

    text: str
    changed: int
    left: list[Fault]


class StandingJson(JsonShape):
    """Where an objective or key result stands."""

    progress: float | None
    progress_exact: str | None
    health: str
    plain: bool = Field(
        description="It is no objective: sums are written to it, and nothing of it is judged."
    )


class RowDifferenceJson(JsonShape):
    """An issue that would be treated differently, and how."""

    id: str
    key: str
    title: str
    reason: str


class KeyResultDifferenceJson(JsonShape):
    """One key result before and after; null where it is not there."""

    id: str
    key: str
    title: str
    before: StandingJson | None
    after: StandingJson | None
    rows: list[RowDifferenceJson] = Field(description="The rows that differ.")


class ObjectiveDifferenceJson(KeyResultDifferenceJson):
    """One objective before and after, with the key results that differ."""

    key_results: list[KeyResultDifferenceJson]
    unwritten: str = Field(
        description="Why nothing of it would be written to Jira; empty where everything is."
    )


class PreviewJson(JsonShape):
    """What activating would do. `hash` is what activation is bound to; `held` says why the large-change stop would hold it."""

    revision: str
    hash: str
    writes: int
    issues: int
    calls: int
    held: str | None
    missing_fields: list[str]
    unread: str = Field(
        description="What the local copy does not hold yet and is read before it is activated; empty where that is nothing."
    )
    looked_at: int
    objectives: list[ObjectiveDifferenceJson]


class PresetJson(JsonShape):
    """A mapping to begin with."""

    name: str
    text: str


class PresetsJson(JsonShape):
    """The presets, the simplest first."""

    items: list[PresetJson]


class SchemaJson(JsonShape):
    """A JSON Schema."""

    model_config = ConfigDict(extra="allow", frozen=True)


@ROUTES.post(
    "/mappings/validate",
    "viewer",
    "Say everything that is wrong with a text, without asking Jira.",
    heavy=True,
)
def validate_mapping(_call: Caller, body: TextBody) -> Reply[FindingsJson]:
    """Shape, cross-references, JQL and advice; asks no Jira."""
    return Reply(findings_json(read_text(body.text)))


def findings_json(found: tuple[Diagnostic, ...]) -> FindingsJson:
    """Findings as an answer shows them."""
    return FindingsJson(valid=not has_errors(found), findings=[fault_of(one) for one in found])


def preview_json(previewed: PreviewedMapping) -> PreviewJson:
    """A preview as an answer shows it: the objectives about which anything would be different."""
    found = previewed.preview
    return PreviewJson(
        revision=found.revision,
        hash=found.hash,
        writes=found.cost.writes,
        issues=found.cost.issues,
        calls=found.cost.calls,
        held=previewed.hold.reason if previewed.hold else None,
        missing_fields=list(previewed.missing_fields),
        unread=previewed.unread.said,
        looked_at=len(found.objectives),
        objectives=[difference_json(one) for one in found.changed],
    )


def difference_json(one: ObjectiveDifference) -> ObjectiveDifferenceJson:
    """One objective before and after."""
    key_results = [
        KeyResultDifferenceJson.model_validate(_sides(changed))
        for changed in one.key_results
        if changed.changed
    ]
    sides = {**_sides(one), "key_results": key_results, "unwritten": one.unwritten}
    return ObjectiveDifferenceJson.model_validate(sides)


def _sides(one: ObjectiveDifference | KeyResultDifference) -> dict[str, object]:
    return {
        "id": one.id,
        "key": one.key,
        "title": one.title,
        "before": _standing(one.before),
        "after": _standing(one.after),
        "rows": [_row(row) for row in one.rows[:MOST_ROWS_SHOWN]],
    }


def _standing(found: ProgressAndHealth | None) -> StandingJson | None:
    if found is None:
        return None
    exact = exact_text(found.progress)
    return StandingJson(
        progress=number(found.progress), progress_exact=exact, health=found.health.value, plain=found.plain
    )


def _row(row: RowDifference) -> RowDifferenceJson:
    return RowDifferenceJson(id=row.id, key=row.key, title=row.title, reason=row.reason)


@ROUTES.get("/mappings/schema", "viewer", "The JSON Schema of mapping documents.")
def mapping_schema(_call: Caller) -> Reply[SchemaJson]:
    """JSON Schema 2020-12, every key described."""
    return Reply(SchemaJson.model_validate(json_schema()))


@ROUTES.get("/presets", "viewer", "Mappings to begin with.")
def list_presets(_call: Caller) -> Reply[PresetsJson]:
    """All of them, with their texts."""
    return Reply(
        PresetsJson(items=[PresetJson(name=name, text=presets.text(name)) for name in presets.names()])
    )


@ROUTES.get("/presets/{preset}", "viewer", "The text of a preset.", answers={YAML: None})
def one_preset(_call: Caller, path: PresetAddress) -> Reply[JsonShape]:
    """The text of one, comments included."""
    name = path.preset
    if name not in presets.names():
        raise not_found("preset", name, f"Presets: {', '.join(presets.names())}.")
    return Reply(body=presets.text(name), media=YAML)


@ROUTES.post(
    "/sites/{site}/mapping/check",
    "admin",
    "Check a text against the live Jira: fields, types, screens, options, permissions.",
    heavy=True,
)
def check_mapping(caller: Caller, path: SiteAddress, body: TextBody) -> Reply[FindingsJson]:
    """Everything, the live Jira included."""
    return Reply(findings_json(check_text(caller.connector, caller.actor, site_of(caller, path), body.text)))


@ROUTES.post(
    "/sites/{site}/mapping/preview",
    "admin",
    "What activating a text would do: every objective before and after, and the writes.",
    heavy=True,
)
def preview_mapping(caller: Caller, path: SiteAddress, body: TextBody) -> Reply[PreviewJson]:
    """The real planner in dry run over the local copy; asks Jira nothing."""
    return Reply(preview_json(preview_text(caller.connector, caller.actor, site_of(caller, path), body.text)))


@ROUTES.post(
    "/sites/{site}/mapping/read",
    "admin",
    "Read from Jira what the preview of a text needs, in the background.",
    status=202,
)
def read_for_preview(caller: Caller, path: SiteAddress, body: TextBody) -> Reply[JobJson]:
    """Writes nothing to Jira, and drops nothing of the local copy; where a reading goes on already, that one is told of."""
    site = site_of(caller, path)
    started = begin_reading(caller.connector, caller.actor, site, body.text)
    return Reply(_reading_json(caller, site, started), {"Location": f"/api/v1/sites/{site}/mapping/read"})


@ROUTES.get("/sites/{site}/mapping/read", "admin", "How far the latest reading for a preview is.")
def show_reading(caller: Caller, path: SiteAddress) -> Reply[JobJson]:
    """How far the latest one is, or what came of it."""
    return Reply(_reading_json(caller, site_of(caller, path), False))


def _reading_json(caller: Caller, site: str, started: bool) -> JobJson:
    found = latest_job(caller.connector, caller.actor, site, READING)
    if found is None:
        raise not_found("reading", site, READ_FOR_MAPPING)
    return job_json(site, found, started)


@ROUTES.post(
    "/sites/{site}/mapping/reword",
    "admin",
    "Write the names that Jira has today into a text; it is neither kept nor activated.",
    heavy=True,
)
def reword_mapping(caller: Caller, path: SiteAddress, body: OptionalTextBody) -> Reply[RewordingJson]:
    """Means the same by other words; comments and form stay. Without a text, of the active mapping."""
    found = reword(caller.connector, caller.actor, site_of(caller, path), body.text)
    left = [fault_of(one) for one in found.left]
    return Reply(RewordingJson(text=found.text, changed=found.changed, left=left))
