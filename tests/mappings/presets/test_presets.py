"""Presets: complete, valid, bound to the site they are written for, described to editors, and with a page each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from mappings import presets
from mappings.document.binder import bind
from mappings.document.editor_schema import json_schema
from mappings.document.text.canonical import plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import IssueType, JiraValue, Project, Status
from mappings.kpi.sources import SOURCE_OPTIONS

DOCS = Path(__file__).parents[3] / "docs" / "presets"


def named(*names: str) -> tuple[JiraValue, ...]:
    return tuple(JiraValue(str(10000 + at), name) for at, name in enumerate(names))


HEALTH = named("Achieved", "On track", "At risk", "Off track", "Pending", "Unknown")
NUMBERS = ("Story point estimate", "KR start", "KR current", "KR target", "KR weight", "OKR progress")
SUMS = ("Points done", "Points total")
SITE = Catalogue(
    fields=(
        *(Field(f"customfield_{at}", name, "number", clause_names=(name,)) for at, name in enumerate(NUMBERS, 10050)),
        *(Field(f"customfield_{at}", name, "number", clause_names=(name,)) for at, name in enumerate(SUMS, 10064)),
        Field("customfield_10061", "OKR health", "option", options=HEALTH, clause_names=("OKR health",)),
        Field("customfield_10062", "OKR summary", "string", clause_names=("OKR summary",)),
        Field("customfield_10063", "KR query", "string", clause_names=("KR query",)),
    ),
    statuses=(Status("1", "To Do", "new"), Status("2", "In Progress", "indeterminate"), Status("3", "In Review", "indeterminate"), Status("4", "Done", "done")),
    issue_types=tuple(IssueType(str(at), name) for at, name in enumerate(("Initiative", "Epic", "Objective", "Key Result", "Story", "Task", "Bug", "Sub-task"))),
    projects=tuple(Project(str(at), key, key) for at, key in enumerate(("PLAT", "CORE", "GROW"))),
    resolutions=named("Done", "Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Declined", "Not Achieved"),
    priorities=named("Highest", "High", "Medium", "Low", "Lowest"),
    link_types=(LinkType("1", "Contributes", "is contributed to by", "contributes to"), LinkType("2", "Measures", "is measured by", "measures")),
)  # fmt: skip


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_valid_and_fits_its_site(name):
    result = read_document(presets.text(name), f"{name}.yaml")
    assert result.diagnostics == ()
    document = result.require()
    assert document.name == name
    mapping = bind(document, SITE, positions=result.positions)
    assert mapping.objectives
    jsonschema.validate(plain(document), json_schema())


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_commented_and_has_a_page(name):
    text = presets.text(name)
    assert text.startswith("# ")
    assert "Take this" in text
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert f"{name}" in page
    assert len(page.split()) > 80


SKETCHES = [
    (name, sketch)
    for name in presets.names()
    for text in (presets.text(name), (DOCS / f"{name}.md").read_text(encoding="utf-8"))
    for sketch in re.findall(r"\{kind: [^}]*…[^}]*\}", text)
]
"""Sources that a preset or its page only sketches, with `…` for what is one's own."""
KEYS = {
    get_args(options.model_fields["kind"].annotation)[0]: {
        key for key, info in options.model_fields.items() if info.is_required()
    }
    for options in SOURCE_OPTIONS
}


@pytest.mark.parametrize(("name", "sketch"), SKETCHES)
def test_a_source_that_is_sketched_names_every_key_it_needs(name, sketch):
    keys = set(re.findall(r"(\w+): ", sketch))
    kind = re.findall(r"kind: (\w+)", sketch)[0]
    assert KEYS[kind] <= keys, f"{name}: {sketch}"


def test_every_file_is_registered():
    files = {path.stem for path in Path(presets.__file__).parent.glob("*.yaml")}
    assert files == set(presets.names()) == {path.stem for path in DOCS.glob("*.md")}


def test_an_unknown_preset_names_the_valid_ones():
    with pytest.raises(KeyError, match="epics-as-objectives"):
        presets.text("../secrets")


def test_the_presets_use_every_section_of_the_document():
    written = {key for name in presets.names() for key in plain(read_document(presets.text(name)).require())}
    assert {"fields", "statuses", "cycles", "objectives", "kpis", "write_back", "brake"} <= written


def test_every_key_is_described_to_editors():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for model in [schema, *schema["$defs"].values()]:
        for name, described in model.get("properties", {}).items():
            assert described.get("description"), name


def test_the_schema_describes_every_key_bounds_its_numbers_and_repeats_no_key_as_a_title() -> None:
    schema = json_schema()
    models = [schema, *schema["$defs"].values()]
    keys = [(name, key) for model in models for name, key in model.get("properties", {}).items()]
    assert len(keys) > 50
    assert {name for name, key in keys if "title" in key} == set()
    assert {name for name, key in keys if not isinstance(key.get("description"), str)} == set()
    share = schema["$defs"]["BrakePart"]["properties"]["share"]
    assert (share["minimum"], share["maximum"]) == (0.0, 1.0)
    assert schema["properties"]["name"]["description"]
